//! Makes leaders' receivers known to the platform when it could not be asked at once.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::profit_sharing;

/// Receivers of a shop a run.
const AT_MOST: u64 = 20;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let mut tried = 0;
    for shop in app.shops.all().iter() {
        tried += profit_sharing::register_waiting(app, shop, AT_MOST).await?;
    }
    Ok(Done::AllOf(tried))
}
