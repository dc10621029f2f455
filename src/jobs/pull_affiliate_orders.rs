//! Reads what marketplaces sold through our links: hourly, and at once when an operator asks.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::affiliate_orders;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let pages = affiliate_orders::work(app).await?;
    Ok(if pages > 0 { Done::PartOf(pages) } else { Done::AllOf(0) })
}
