//! Raises leaders to the highest level they have reached.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::leader_levels;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    leader_levels::raise_at_times(app).await.map(Done::AllOf)
}
