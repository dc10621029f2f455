//! Tells stores the stock that changed: every second, so that what a sale leaves is everywhere within two.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::stock_channels;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    Ok(Done::AllOf(stock_channels::work(app).await?))
}
