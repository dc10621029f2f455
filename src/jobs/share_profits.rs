//! Plans the sharing of settled orders, sends what is planned, asks what became of it, and asks back
//! what refunds take (R-72 … R-74).

use futures::StreamExt;
use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::areas::payouts::{returns, sharings};
use crate::flows::profit_sharing;

/// Orders of a shop, and requests of all, a run.
const AT_MOST: u64 = 100;
/// Exchanges with the platform at the same time; it counts 30 a second and merchant.
const SIDE_BY_SIDE: usize = 8;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let (mut full, mut planned) = (false, 0);
    for shop in app.shops.all().iter() {
        let orders = profit_sharing::due_orders(app, shop, AT_MOST).await?;
        for order in &orders {
            match profit_sharing::plan(app, shop, *order).await {
                Ok(true) => planned += 1,
                Ok(false) => {}
                Err(failure) => tracing::error!(%order, %failure, "an order's sharing could not be planned"),
            }
        }
        full |= planned >= AT_MOST;
    }
    let due = sharings::due(app.db.reader(), app.clock.wall(), AT_MOST).await?;
    let count = u64::try_from(due.len()).unwrap_or(AT_MOST);
    futures::stream::iter(due)
        .for_each_concurrent(SIDE_BY_SIDE, async |(shop, id)| {
            let outcome = match app.shops.by_id(shop) {
                Ok(shop) => profit_sharing::exchange(app, &shop, id).await,
                Err(error) => Err(error.into()),
            };
            if let Err(failure) = outcome {
                tracing::error!(sharing = %id, %failure, "a share could not be worked on");
            }
        })
        .await;
    let backs = returns::due(app.db.reader(), app.clock.wall(), AT_MOST).await?;
    full |= u64::try_from(backs.len()).unwrap_or(AT_MOST) == AT_MOST;
    futures::stream::iter(&backs)
        .for_each_concurrent(SIDE_BY_SIDE, async |(shop, id)| {
            let outcome = match app.shops.by_id(*shop) {
                Ok(shop) => profit_sharing::exchange_return(app, &shop, *id).await,
                Err(error) => Err(error.into()),
            };
            if let Err(failure) = outcome {
                tracing::error!(back = %id, %failure, "a return could not be worked on");
            }
        })
        .await;
    let done = planned + count + u64::try_from(backs.len()).unwrap_or_default();
    Ok(if full || count == AT_MOST { Done::PartOf(done) } else { Done::AllOf(done) })
}
