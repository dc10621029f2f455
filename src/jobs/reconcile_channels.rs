//! Reads what stores show: once a day each, and at once when an operator asks.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::stock_channels;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let pages = stock_channels::reconcile(app).await?;
    Ok(if pages > 0 { Done::PartOf(pages) } else { Done::AllOf(0) })
}
