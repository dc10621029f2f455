//! Proves once an hour that the books are right.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    Ok(Done::AllOf(flows::verify_books::verify_hourly(app).await?))
}
