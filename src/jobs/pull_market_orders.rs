//! Reads stores' orders: hourly, and at once when an operator asks.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::market_orders;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let pages = market_orders::work(app).await?;
    Ok(if pages > 0 { Done::PartOf(pages) } else { Done::AllOf(0) })
}
