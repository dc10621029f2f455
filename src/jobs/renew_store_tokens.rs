//! Stores' tokens are renewed before they end, also where nothing else is going on.

use futures::StreamExt;
use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::areas::stores::tokens;

/// Stores of one round.
const AT_ONCE: u64 = 20;
/// Renewals under way together.
const TOGETHER: usize = 4;

/// Renews what is due; says how many stores were asked about.
pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let due = tokens::due(app.db.reader(), app.clock.wall(), AT_ONCE).await?;
    let count = u64::try_from(due.len()).unwrap_or(0);
    futures::stream::iter(due)
        .for_each_concurrent(TOGETHER, async |row| {
            let Ok(shop) = app.shops.by_id(row.shop_id) else { return };
            match app.marketplaces.store(&shop, &row) {
                Ok(store) => {
                    if let Err(error) = store.keeper.renew_if_due().await {
                        tracing::warn!(store = %row.id, marketplace = row.marketplace, %error, "a renewal failed");
                    }
                }
                Err(error) => {
                    tracing::warn!(store = %row.id, marketplace = row.marketplace, %error, "a store cannot be renewed");
                }
            }
        })
        .await;
    // Those that failed are due still: they wait for the next round.
    Ok(Done::AllOf(count))
}
