//! Buyers are forgotten whom a platform's message wants to be forgotten.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::market_orders;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let (done, more) = market_orders::forget_asked(app).await?;
    Ok(if more { Done::PartOf(done) } else { Done::AllOf(done) })
}
