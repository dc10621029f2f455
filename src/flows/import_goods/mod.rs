//! Importing a marketplace's goods: a run is begun, then worked on page by page.
//!
//! One page is fetched outside any transaction; then one transaction writes its goods, what is known
//! of the other side, and the cursor. A process that dies loses at most the page at hand, and the
//! next one begins at the cursor. Affiliate goods are shown and jumped to, never sold here; a store's own
//! goods ([`own`]) are sold here, from our stock.

mod affiliate;
mod listing;
mod matching;
mod own;
mod page;
mod pictures;
mod preview;
mod refused;
mod renewal;
mod terms;

use chrono::Duration;
use futures::StreamExt;
use gateways::marketplaces::Capabilities;
use kernel::failure::Invalid;
use kernel::id::{ImportId, OperatorId, StoreId};
use kernel::{Failure, ListingKind};
use serde_json::json;

use crate::app::App;
use crate::areas::goods::categories;
use crate::areas::market_accounts::entity::import_run;
use crate::areas::market_accounts::rules::Wish;
use crate::areas::market_accounts::service::{self, NewRun};
use crate::areas::market_accounts::{MarketError, query, quota};
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::platform::request_keys::Once;

pub use matching::{match_store, matching, tie_by_hand};
pub use page::step;
pub use pictures::{copy_due, try_pictures_again};
pub use preview::{Looked, Preview, PreviewVariant, preview};
pub use refused::workbook as refusals_workbook;
pub use renewal::begin_due;
pub use terms::{
    Account, has_stores, items_of_links, map_categories, mapped_categories, set_price_rule, set_rate, store_called,
    store_of_shop,
};

/// How long a worker has a run to himself; one who waits for a platform prolongs it.
const LEASE: Duration = Duration::seconds(30);
/// Runs taken up at once.
const RUNS_AT_ONCE: u64 = 4;

/// What an operator asks for.
#[derive(Clone, Debug)]
pub struct Order {
    /// The marketplace's id.
    pub marketplace: String,
    /// Which of the shop's accounts there: of affiliate accounts a shop has one.
    pub account: Option<String>,
    /// The store, for its own goods.
    pub store: Option<StoreId>,
    /// As what the goods are listed.
    pub listing: ListingKind,
    /// Which goods; checked.
    pub wish: Wish,
}

/// Begins a run; a job works on it.
///
/// # Errors
/// `marketplace.unknown`, `marketplace.not_configured`, `marketplace.listing_not_offered`,
/// `validation.failed` for a category that is not there.
#[tracing::instrument(skip_all, fields(shop = %shop.id, marketplace = order.marketplace))]
pub async fn start(
    app: &App,
    shop: &Shop,
    by: Option<OperatorId>,
    order: &Order,
    once: &Once<import_run::Model>,
) -> Result<import_run::Model, Failure> {
    check_listing(app, shop, order)?;
    let new = NewRun {
        shop: shop.id,
        marketplace: order.marketplace.clone(),
        account: order.account.clone(),
        store: order.store,
        listing: order.listing,
        renewal: false,
        wish: order.wish.clone(),
    };
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            if let Some(category) = order.wish.category_id
                && categories::by_id(tx, shop.id, category).await?.is_none()
            {
                return Err(Invalid::field("category_id", "unknown", "no such category").into());
            }
            let row = service::begin(tx, &new, now).await?;
            let what = json!({ "marketplace": new.marketplace, "wish": row.query });
            audit::note(tx, shop.id, by, "import.start", row.id, what, now).await?;
            once.keep(tx, &row, app.clock.wall()).await?;
            Ok(row)
        })
        .await
}

/// Refuses goods of a kind that the marketplace does not give, and accounts that are not there.
fn check_listing(app: &App, shop: &Shop, order: &Order) -> Result<(), Failure> {
    let market = app.marketplaces.of(shop, &order.marketplace)?;
    // Whoever makes promotion links settles with us as an affiliate; he is never a store of ours.
    let (gives, word) = match market.descriptor.capabilities.has(Capabilities::LINKS) {
        true => (ListingKind::Affiliate, "affiliate"),
        false => (ListingKind::Own, "own"),
    };
    if order.listing != gives {
        return Err(MarketError::ListingNotOffered { marketplace: order.marketplace.clone(), given: word }.into());
    }
    let named = order.account.as_deref();
    if order.store.is_none() && named.is_some_and(|account| account != market.channel.connector().app()) {
        let (marketplace, detail) = (order.marketplace.clone(), "the shop has no account of this name".to_owned());
        return Err(MarketError::NotConfigured { marketplace, detail }.into());
    }
    if gives == ListingKind::Own && order.store.is_none() {
        return Err(Invalid::field("account", "required", "which store").into());
    }
    Ok(())
}

/// An operator stops a run where it is.
///
/// # Errors
/// `import.not_found`, `import.wrong_state`.
pub async fn pause(app: &App, shop: &Shop, by: OperatorId, id: ImportId) -> Result<import_run::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            service::pause(tx, &query::run(tx, shop.id, id).await?, now).await?;
            audit::note(tx, shop.id, by, "import.pause", id, json!({}), now).await?;
            Ok(query::run(tx, shop.id, id).await?)
        })
        .await
}

/// An operator lets a paused or failed run go on at its cursor; a stop of the marketplace is lifted
/// with it.
///
/// # Errors
/// `import.not_found`, `import.wrong_state`, `marketplace.not_configured`.
pub async fn resume(
    app: &App,
    shop: &Shop,
    by: Option<OperatorId>,
    id: ImportId,
) -> Result<import_run::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let run = query::run(tx, shop.id, id).await?;
            service::resume(tx, &run, now).await?;
            let lifted = quota::lift(tx, &app.marketplaces.of(shop, &run.marketplace)?.quota_scope()).await?;
            audit::note(tx, shop.id, by, "import.resume", id, json!({ "stop_lifted": lifted }), now).await?;
            Ok(query::run(tx, shop.id, id).await?)
        })
        .await
}

/// Works on what is due: one page of a few runs, those that waited longest first. Tells how many.
pub async fn work(app: &App) -> Result<u64, Failure> {
    let (wall, now) = (app.clock.wall(), app.clock.now());
    if !query::anything_due(app.db.reader(), wall, now).await? {
        return Ok(0);
    }
    let claimed = app
        .db
        .write(async |tx| {
            service::wake(tx, now).await?;
            Ok(service::claim(tx, RUNS_AT_ONCE, LEASE, wall).await?)
        })
        .await?;
    let count = u64::try_from(claimed.len()).unwrap_or(RUNS_AT_ONCE);
    futures::stream::iter(claimed)
        .for_each_concurrent(None, async |run| {
            let id = run.id;
            let outcome = match app.shops.by_id(run.shop_id) {
                Ok(shop) => step(app, &shop, run).await.map(|_| ()),
                Err(error) => Err(error.into()),
            };
            if let Err(failure) = outcome {
                tracing::error!(import = %id, %failure, "an import could not be worked on; its lease ends in time");
            }
        })
        .await;
    Ok(count)
}

/// Takes up one run for a caller who stays with it; `None` when another works on it or it is not
/// running.
pub async fn take_up(app: &App, shop: &Shop, id: ImportId) -> Result<Option<import_run::Model>, Failure> {
    let (wall, now) = (app.clock.wall(), app.clock.now());
    app.db
        .write(async |tx| {
            service::wake(tx, now).await?;
            Ok(service::claim_one(tx, shop.id, id, LEASE, wall).await?)
        })
        .await
}
