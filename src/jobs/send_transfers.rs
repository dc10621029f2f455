//! Sends the transfers of granted withdrawals and asks about those under way.

use futures::StreamExt;
use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::areas::payouts::transfers;
use crate::flows::payout;

/// Transfers a run.
const AT_MOST: u64 = 100;
/// Exchanges with the platform at the same time.
const SIDE_BY_SIDE: usize = 8;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let due = transfers::due(app.db.reader(), app.clock.wall(), AT_MOST).await?;
    let count = u64::try_from(due.len()).unwrap_or(AT_MOST);
    futures::stream::iter(due)
        .for_each_concurrent(SIDE_BY_SIDE, async |(shop, id)| {
            let outcome = match app.shops.by_id(shop) {
                Ok(shop) => payout::exchange(app, &shop, id, true).await,
                Err(error) => Err(error.into()),
            };
            if let Err(failure) = outcome {
                tracing::error!(transfer = %id, %failure, "a transfer could not be worked on");
            }
        })
        .await;
    Ok(if count == AT_MOST { Done::PartOf(count) } else { Done::AllOf(count) })
}
