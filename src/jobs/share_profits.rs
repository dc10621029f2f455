//! Plans the sharing of settled orders, sends what is planned, asks what became of it, and asks back
//! what refunds take (R-72 … R-74).

use std::fmt::Display;

use futures::StreamExt;
use kernel::Failure;
use kernel::id::ShopId;

use super::Done;
use crate::app::App;
use crate::areas::payouts::{returns, sharings};
use crate::areas::shops::query::Shop;
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
    let wall = app.clock.wall();
    let shares = sharings::due(app.db.reader(), wall, AT_MOST).await?;
    let shares = each(app, shares, async |shop, id| profit_sharing::exchange(app, shop, id).await).await;
    let backs = returns::due(app.db.reader(), wall, AT_MOST).await?;
    let backs = each(app, backs, async |shop, id| profit_sharing::exchange_return(app, shop, id).await).await;
    full |= shares == AT_MOST || backs == AT_MOST;
    let done = planned + shares + backs;
    Ok(if full { Done::PartOf(done) } else { Done::AllOf(done) })
}

/// Works on everything that is due, some side by side, and says how much it was; what fails is told
/// and keeps nothing else waiting.
async fn each<Id: Copy + Display>(
    app: &App,
    due: Vec<(ShopId, Id)>,
    work: impl AsyncFn(&Shop, Id) -> Result<(), Failure>,
) -> u64 {
    let count = u64::try_from(due.len()).unwrap_or(AT_MOST);
    futures::stream::iter(due)
        .for_each_concurrent(SIDE_BY_SIDE, async |(shop, id)| {
            let outcome = match app.shops.by_id(shop) {
                Ok(shop) => work(&shop, id).await,
                Err(error) => Err(error.into()),
            };
            if let Err(failure) = outcome {
                tracing::error!(request = %id, %failure, "a share or its return could not be worked on");
            }
        })
        .await;
    count
}
