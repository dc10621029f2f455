//! Orders of stores that wait for units take them as soon as there are any.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::market_orders;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let filled = market_orders::fill(app).await?;
    Ok(if filled > 0 { Done::PartOf(filled) } else { Done::AllOf(0) })
}
