//! Receives orders that nobody confirmed in time.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    Ok(Done::AllOf(flows::receipt::receive_due(app).await?))
}
