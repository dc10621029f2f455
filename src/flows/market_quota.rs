//! What of the platforms' calls a day is used, by whom, and what has stopped them.

use std::collections::HashMap;

use kernel::id::{OperatorId, StoreId};
use kernel::{Failure, Time};
use serde_json::json;

use crate::app::App;
use crate::areas::market_accounts::quota::{self, SPENT, Usage};
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::areas::stores;

/// One app's calls today.
pub struct Quota {
    /// The marketplace's id.
    pub marketplace: &'static str,
    /// The app the platform counts to.
    pub app: String,
    /// Calls a day; none is no limit of ours.
    pub limit: Option<u32>,
    /// Calls today.
    pub used: i64,
    /// Whether the platform saw a risk in us: nothing is sent until an operator lifts it.
    pub stopped: bool,
    /// Until when nothing is sent, because the day's calls are used up.
    pub spent_until: Option<Time>,
    /// Its hosts that are left alone because they do not answer.
    pub left_alone: Vec<String>,
    /// Today's calls by merchant, most first.
    pub by_merchant: Vec<(Merchant, i64)>,
}

/// Whose calls.
pub struct Merchant {
    /// His id at the platform.
    pub external_id: String,
    /// The shop's store that is his.
    pub store: Option<StoreId>,
}

/// The calls of every marketplace that the shop can use.
pub async fn of_shop(app: &App, shop: &Shop) -> Result<Vec<Quota>, Failure> {
    app.marketplaces.note_calls().await?;
    let rows = stores::query::list(app.db.reader(), shop.id).await?;
    let known: HashMap<(&str, &str), StoreId> =
        rows.iter().filter_map(|row| Some(((row.marketplace.as_str(), row.external_id.as_deref()?), row.id))).collect();
    let mut all = Vec::new();
    for id in gateways::marketplaces::REGISTRY.iter().map(|entry| entry.descriptor.id) {
        if let Ok(market) = app.marketplaces.of(shop, id) {
            all.push(of_market(app, &market, &known).await?);
        }
    }
    Ok(all)
}

async fn of_market(
    app: &App,
    market: &crate::app::Market,
    known: &HashMap<(&str, &str), StoreId>,
) -> Result<Quota, Failure> {
    let (conn, now, scope) = (app.db.reader(), app.clock.now(), market.quota_scope());
    let (stopped, counted) = match quota::usage(conn, &scope, now).await? {
        Usage::Stopped => (true, 0),
        Usage::Calls(counted) => (false, counted),
    };
    let told_over = counted >= SPENT;
    let used = if told_over { counted - SPENT } else { counted };
    let is_spent = told_over || market.per_day.is_some_and(|limit| used >= i64::from(limit));
    let marketplace = market.descriptor.id;
    // Another shop of the installation may use the same app; its merchants are nobody of this one.
    let merchants = quota::by_merchant(conn, &scope, now).await?.into_iter().filter_map(|(external_id, used)| {
        let store = known.get(&(marketplace, external_id.as_str())).copied();
        store.is_some().then_some((Merchant { external_id, store }, used))
    });
    Ok(Quota {
        marketplace,
        app: market.channel.connector().app().to_owned(),
        limit: market.per_day,
        used,
        stopped,
        spent_until: is_spent.then(|| quota::next_day(now)),
        left_alone: app.marketplaces.left_alone(market),
        by_merchant: merchants.collect(),
    })
}

/// An operator lifts what has stopped a marketplace's calls: a stop, or the platform's word that the day
/// is over. Tells whether there was one.
///
/// # Errors
/// `marketplace.unknown`, `marketplace.not_configured`.
pub async fn lift(app: &App, shop: &Shop, by: OperatorId, marketplace: &str) -> Result<bool, Failure> {
    let scope = app.marketplaces.of(shop, marketplace)?.quota_scope();
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let stop = quota::lift(tx, &scope).await?;
            let day = quota::reopen(tx, &scope, now).await?;
            let detail = json!({ "stop": stop, "day": day });
            audit::note(tx, shop.id, by, "market_quota.lift", marketplace, detail, now).await?;
            Ok(stop || day)
        })
        .await
}
