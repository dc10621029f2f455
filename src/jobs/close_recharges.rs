//! Closes recharges that were not paid in time.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::recharge;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let (ended, more) = recharge::close_overdue(app).await?;
    Ok(if more { Done::PartOf(ended) } else { Done::AllOf(ended) })
}
