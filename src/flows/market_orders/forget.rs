//! Receivers are forgotten: when their time is over, when an operator says so, and when a platform tells that
//! somebody must be forgotten.

use chrono::Duration;
use gateways::marketplaces::Erasure;
use kernel::Failure;
use kernel::id::{MarketOrderId, ShopId, StoreId, StoreNoticeId};
use serde_json::json;

use super::sight;
use crate::app::App;
use crate::areas::market_orders::query::{self, Whose};
use crate::areas::market_orders::service::{self, Noted};
use crate::areas::market_orders::state::EventKind;
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::{store, store_notice};
use crate::areas::stores::{StoreError, notices, query as stores};
use crate::flows::stores::Sight;

/// Orders whose receivers are forgotten at a time.
const AT_ONCE: u64 = 500;
/// Messages followed in one round.
const MESSAGES: u64 = 50;
/// Orders of one message that are looked for at a time.
const NUMBERS: usize = 500;

/// Forgets the receiver of one order; says whether there was one.
pub async fn erase(app: &App, shop: &Shop, who: Sight, id: MarketOrderId) -> Result<bool, Failure> {
    let (order, _) = sight::one(app, who, id).await?;
    let by = Wish { shop: shop.id, actor: &format!("operator:{}", who.operator), notice: None };
    let erased = forget_these(app, by, &[order.id]).await? > 0;
    app.db
        .write(async |tx| {
            let what = json!({ "erased": erased });
            Ok(audit::note(tx, shop.id, who.operator, "market_order.erased", id, what, app.clock.now()).await?)
        })
        .await?;
    Ok(erased)
}

/// A person wants to be forgotten, as an operator was told: by the numbers of his orders, or by the buyer's
/// id there. Says how many orders were touched.
pub async fn forget(
    app: &App,
    shop: ShopId,
    store: StoreId,
    (numbers, buyer): (&[String], Option<&str>),
    actor: &str,
) -> Result<u64, Failure> {
    let by = Wish { shop, actor, notice: None };
    let mut forgotten = forget_of(app, by, store, Whose::Numbered(numbers)).await?;
    if let Some(buyer) = buyer {
        forgotten += forget_of(app, by, store, Whose::Buyer(&[buyer.to_owned()])).await?;
    }
    Ok(forgotten)
}

/// Forgets receivers whose time is over, shop by shop; says how many.
pub async fn forget_due(app: &App) -> Result<u64, Failure> {
    let mut forgotten = 0;
    for shop in app.shops.all().iter() {
        let before = app.clock.now() - Duration::days(shop.settings.market_receiver_days);
        let due = query::to_forget(app.db.reader(), shop.id, before, AT_ONCE).await?;
        forgotten += forget_these(app, Wish { shop: shop.id, actor: "system", notice: None }, &due).await?;
    }
    Ok(forgotten)
}

/// Erases what platforms' messages ask to be erased. Says of how many messages, and whether more may wait.
///
/// A message is over when nothing is left that it names, so a process that dies is followed by one that goes
/// on; one that fails stands in nobody's way.
pub async fn forget_asked(app: &App) -> Result<(u64, bool), Failure> {
    let due = notices::to_erase(app.db.reader(), MESSAGES).await?;
    let mut done = 0;
    for notice in &due {
        match heed(app, notice).await {
            Ok(()) => done += 1,
            Err(failure) => tracing::error!(notice = %notice.id, %failure, "buyer data could not be erased as asked"),
        }
    }
    Ok((done, done == MESSAGES))
}

async fn heed(app: &App, notice: &store_notice::Model) -> Result<(), Failure> {
    let wish = notice.erases.clone().unwrap_or_default();
    let wish: Erasure = serde_json::from_value(wish)
        .map_err(|error| sea_orm::DbErr::Json(error.to_string()))
        .map_err(StoreError::Db)?;
    for store in concerned(app, notice, &wish).await? {
        let by = Wish { shop: store.shop_id, actor: "platform", notice: Some(notice.id) };
        match &wish {
            Erasure::Orders(numbers) => {
                for some in numbers.chunks(NUMBERS) {
                    forget_of(app, by, store.id, Whose::Numbered(some)).await?;
                }
            }
            Erasure::Buyer(names) => {
                forget_of(app, by, store.id, Whose::Buyer(names)).await?;
            }
            Erasure::Store => {
                forget_of(app, by, store.id, Whose::Everybody).await?;
            }
        }
    }
    app.db
        .write(async |tx| {
            if notices::erased(tx, notice.id, app.clock.wall()).await? {
                let row = notices::one(tx, notice.shop_id, notice.id).await?;
                // eBay tells of thousands a day whom nobody here has met.
                if row.erased.is_some_and(|orders| orders > 0) {
                    let what = json!({ "topic": row.topic, "orders": row.erased });
                    audit::note(tx, row.shop_id, None, "store_notice.erased", row.id, what, app.clock.now()).await?;
                }
            }
            Ok(())
        })
        .await
}

/// The stores whose orders a message speaks of. One about a merchant is kept for each entry of his store.
async fn concerned(app: &App, notice: &store_notice::Model, wish: &Erasure) -> Result<Vec<store::Model>, Failure> {
    let conn = app.db.reader();
    let own = stores::store(conn, notice.shop_id, notice.store_id).await?;
    if !matches!(wish, Erasure::Buyer(_)) {
        return Ok(vec![own]);
    }
    // A platform tells each app once; other shops of this installation may use the same.
    let mut all = stores::at(conn, own.shop_id, &own.marketplace).await?;
    let app_of = |shop: &Shop| {
        let market = app.marketplaces.of(shop, &own.marketplace).ok()?;
        Some(market.channel.connector().app().to_owned())
    };
    let ours = app.shops.by_id(own.shop_id).ok().and_then(|shop| app_of(&shop));
    for shop in app.shops.all().iter().filter(|shop| shop.id != own.shop_id) {
        if ours.is_some() && app_of(shop) == ours {
            all.extend(stores::at(conn, shop.id, &own.marketplace).await?);
        }
    }
    Ok(all)
}

/// Who wants orders forgotten.
#[derive(Clone, Copy)]
struct Wish<'a> {
    shop: ShopId,
    actor: &'a str,
    notice: Option<StoreNoticeId>,
}

/// Forgets the receivers of a store's orders, some at a time; says of how many.
async fn forget_of(app: &App, by: Wish<'_>, store: StoreId, whose: Whose<'_>) -> Result<u64, Failure> {
    let mut forgotten = 0;
    loop {
        let some = query::unforgotten(app.db.reader(), store, whose, AT_ONCE).await?;
        forgotten += forget_these(app, by, &some).await?;
        if u64::try_from(some.len()).unwrap_or(0) < AT_ONCE {
            return Ok(forgotten);
        }
    }
}

async fn forget_these(app: &App, by: Wish<'_>, orders: &[MarketOrderId]) -> Result<u64, Failure> {
    if orders.is_empty() {
        return Ok(0);
    }
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let erased = service::erase_receivers(tx, orders, now).await?;
            if erased == 0 {
                return Ok(0);
            }
            let noted = |order: &MarketOrderId| Noted {
                order: *order,
                kind: EventKind::Erased,
                actor: by.actor.to_owned(),
                detail: json!({}),
            };
            service::note(tx, by.shop, &orders.iter().map(noted).collect::<Vec<_>>(), now).await?;
            if let Some(notice) = by.notice {
                notices::count_erased(tx, notice, erased).await?;
            }
            Ok(erased)
        })
        .await
}
