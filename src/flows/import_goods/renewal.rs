//! Goods shown from a marketplace are looked at again: their price is the marketplace's, and those it
//! no longer has leave the shelf. A renewal is a run like any other, of ids that have waited longest,
//! and leaves most of a day's calls to imports, orders and shoppers.

use chrono::Duration;
use kernel::id::ShopId;
use kernel::{Failure, ListingKind, Time};

use crate::app::App;
use crate::areas::market_accounts::entity::import_run;
use crate::areas::market_accounts::query;
use crate::areas::market_accounts::remote::{self, Origin};
use crate::areas::market_accounts::rules::{By, Wish};
use crate::areas::market_accounts::service::{self, NewRun};
use crate::areas::market_accounts::state::RunState;

/// Goods of one renewal.
const GOODS_AT_ONCE: u64 = 500;
/// How long a marketplace is left alone after a renewal has failed.
const AFTER_FAILURE: Duration = Duration::hours(6);

/// Begins a renewal for every marketplace with goods to look at, one at a time each. Says how many.
pub async fn begin_due(app: &App) -> Result<u64, Failure> {
    let mut begun = 0;
    for (shop, marketplace) in remote::stale_marketplaces(app.db.reader(), app.clock.now()).await? {
        begun += u64::from(begin(app, shop, &marketplace).await?);
    }
    Ok(begun)
}

async fn begin(app: &App, shop: ShopId, marketplace: &str) -> Result<bool, Failure> {
    // Without a connection nothing can be asked; the goods stay as they are.
    let usable = app.shops.by_id(shop).is_ok_and(|shop| app.marketplaces.of(&shop, marketplace).is_ok());
    if !usable {
        return Ok(false);
    }
    let origin = Origin { shop, marketplace, account: "", listing: ListingKind::Affiliate };
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            if query::last_renewal(tx, shop, marketplace).await?.is_some_and(|last| !lets_another(&last, now)) {
                return Ok(false);
            }
            let ids = remote::stale(tx, origin, now, GOODS_AT_ONCE).await?;
            if ids.is_empty() {
                return Ok(false);
            }
            let limit = i64::try_from(ids.len()).unwrap_or(i64::MAX);
            let new = NewRun {
                shop,
                marketplace: marketplace.to_owned(),
                account: None,
                store: None,
                listing: origin.listing,
                renewal: true,
                wish: Wish { by: By::Ids(ids), limit, category_id: None, own: None },
            };
            service::begin(tx, &new, now).await?;
            Ok(true)
        })
        .await
}

/// Whether a renewal may follow `last`: it has ended, or failed long enough ago.
fn lets_another(last: &import_run::Model, now: Time) -> bool {
    match last.state {
        RunState::Done => true,
        RunState::Failed => last.updated_at + AFTER_FAILURE <= now,
        RunState::Running | RunState::Paused => false,
    }
}
