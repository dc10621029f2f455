//! Receivers of stores' orders are forgotten some time after the order's end.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::market_orders;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    Ok(Done::AllOf(market_orders::forget_due(app).await?))
}
