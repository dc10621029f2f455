//! Lines that wait: for units, which they take as soon as there are any, the oldest first; and for a SKU,
//! once the store's listing or a code names one.

use std::collections::BTreeSet;

use kernel::Failure;
use kernel::id::{MarketOrderId, ShopId};
use serde_json::json;

use super::matching;
use super::record::Changes;
use super::stock::{Ask, Moves};
use crate::app::App;
use crate::areas::market_orders::entity::feed;
use crate::areas::market_orders::query;
use crate::areas::market_orders::rules::Units;
use crate::areas::market_orders::state::{EventKind, Oversold};
use crate::areas::shops::query::Shop;
use crate::areas::stock;

/// Orders of one round.
const AT_ONCE: usize = 50;
/// Orders whose lines are looked at again after a reading.
const REMATCHED: u64 = 50;

/// Gives units to lines that wait for some; says how many orders got any.
pub async fn fill(app: &App) -> Result<u64, Failure> {
    let mut filled = 0;
    for shop in query::shops_waiting(app.db.reader()).await? {
        let shop = app.shops.by_id(shop)?;
        for order in servable(app, shop.id).await? {
            filled += u64::from(serve(app, &shop, order).await?);
        }
    }
    Ok(filled)
}

/// Orders that wait for a SKU of which there is something, the oldest first.
async fn servable(app: &App, shop: ShopId) -> Result<Vec<MarketOrderId>, Failure> {
    let waiting = query::waiting(app.db.reader(), shop, None).await?;
    let skus: BTreeSet<_> = waiting.iter().map(|one| one.sku).collect();
    let skus: Vec<_> = skus.into_iter().collect();
    let free = stock::query::free(app.db.reader(), shop, &skus).await?;
    let mut orders = Vec::new();
    for one in waiting.iter().filter(|one| free.get(&one.sku).is_some_and(|free| free.is_none_or(|units| units > 0))) {
        if !orders.contains(&one.order) && orders.len() < AT_ONCE {
            orders.push(one.order);
        }
    }
    Ok(orders)
}

async fn serve(app: &App, shop: &Shop, id: MarketOrderId) -> Result<bool, Failure> {
    let moves = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            let order = query::lock(tx, shop.id, id).await?;
            let lines = query::lines(tx, id).await?;
            let missing = |lines: &[_]| lines.iter().map(|line| Units::of(line).missing()).sum::<i64>();
            let before = missing(&lines);
            let mut changes = Changes::of(order, lines);
            let moves = changes.settle(tx, shop, (Oversold::Wait, Ask::Itself), now).await?;
            let units = before - missing(&changes.lines);
            if units > 0 {
                changes.note(id, EventKind::Filled, "system", json!({ "units": units }));
            }
            changes.put(tx, shop, now).await?;
            Ok((units > 0).then_some(moves))
        })
        .await?;
    let Some(moves) = moves else { return Ok(false) };
    moves.tell_gate(app, shop.id).await;
    Ok(true)
}

/// Matches lines of a store's open orders that match something by now.
pub(super) async fn rematch(app: &App, shop: &Shop, feed: &feed::Model) -> Result<u64, Failure> {
    let orders = query::with_unmatched(app.db.reader(), feed.store_id, REMATCHED).await?;
    let mut matched = 0;
    for (id, mut lines) in query::lines_of(app.db.reader(), &orders).await? {
        if matching::fill(app.db.reader(), shop.id, feed.store_id, &mut lines).await? == 0 {
            continue;
        }
        let moves = app
            .db
            .write(async |tx| {
                let now = app.clock.now();
                let order = query::lock(tx, shop.id, id).await?;
                let mut changes = Changes::of(order, query::lines(tx, id).await?);
                let moves = changes.settle(tx, shop, (feed.oversold, Ask::Itself), now).await?;
                changes.note(id, EventKind::Matched, "system", json!({}));
                changes.put(tx, shop, now).await?;
                Ok::<Moves, Failure>(moves)
            })
            .await?;
        moves.tell_gate(app, shop.id).await;
        matched += 1;
    }
    Ok(matched)
}
