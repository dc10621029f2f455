//! Reads the complaints of the last days, in case a notice was lost.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::complaints;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    Ok(Done::AllOf(complaints::watch(app).await?))
}
