//! What operators decide about an order: that it is to be sent, that it is not, which SKU a line sells.

use kernel::failure::Invalid;
use kernel::id::{MarketOrderId, MarketOrderLineId, SkuId};
use kernel::{Code, Failure, Time};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::record::Changes;
use super::sight::{self, Whole};
use super::stock::{self, Ask, Moves};
use crate::app::App;
use crate::areas::goods;
use crate::areas::market_orders::entity::{line, order};
use crate::areas::market_orders::error::LineTold;
use crate::areas::market_orders::rules::{Units, wanted};
use crate::areas::market_orders::state::{EndedBy, EventKind, LineMatch, OrderEvent, Oversold};
use crate::areas::market_orders::{MarketOrderError, feeds, query, service, telling};
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store;
use crate::areas::stores::skus::{self, Listed};
use crate::areas::stores::state::MatchedBy;
use crate::flows::stores::Sight;

/// What came of one order of many.
#[derive(Debug)]
pub struct Confirmed {
    /// The order.
    pub id: MarketOrderId,
    /// Why it was not confirmed, if it was not.
    pub refused: Option<Failure>,
}

/// Confirms an order: it is to be sent. Units that it lacks are taken first, if there are some.
///
/// # Errors
/// `market_order.wrong_state`, also while the platform holds it or a refund is under way;
/// `market_order.unmatched`; `market_order.short`.
pub async fn confirm(app: &App, shop: &Shop, who: Sight, id: MarketOrderId) -> Result<Whole, Failure> {
    let (seen, _) = sight::one(app, who, id).await?;
    changed(app, shop, who, &seen, async |tx, changes, now| {
        let order = held(changes)?;
        let claims = order.remote_state.claims() == Some(true);
        let next = order.state.after(OrderEvent::Confirmed).filter(|_| claims && !order.held && !order.refunding);
        let next = next.ok_or_else(|| MarketOrderError::wrong_state(order))?;
        let policy = policy_of(tx, order).await?;
        let moves = changes.settle(tx, shop, (policy, Ask::Operator), now).await?;
        ready(&changes.lines)?;
        let order = held_mut(changes)?;
        let (kind, _) = telling::come(order, OrderEvent::Confirmed, next, None, now);
        Ok((moves, kind, json!({})))
    })
    .await
}

/// All that is still sold is matched and there.
fn ready(lines: &[line::Model]) -> Result<(), MarketOrderError> {
    let sold = || lines.iter().filter(|line| line.wants > 0);
    let unmatched: Vec<_> = sold().filter(|line| line.sku_id.is_none()).map(|line| LineTold::of(line, None)).collect();
    if !unmatched.is_empty() {
        return Err(MarketOrderError::Unmatched(unmatched));
    }
    let missing = |line: &line::Model| Some(Units::of(line).missing()).filter(|units| *units > 0);
    let short: Vec<_> = sold().filter_map(|line| Some(LineTold::of(line, Some(missing(line)?)))).collect();
    if short.is_empty() { Ok(()) } else { Err(MarketOrderError::Short(short)) }
}

/// Confirms many orders, each for itself.
pub async fn confirm_all(app: &App, shop: &Shop, who: Sight, ids: &[MarketOrderId]) -> Result<Vec<Confirmed>, Failure> {
    let mut done = Vec::with_capacity(ids.len());
    for id in ids {
        let refused = match confirm(app, shop, who, *id).await {
            Ok(_) => None,
            Err(failure) if failure.code() == Code::Internal => return Err(failure),
            Err(failure) => Some(failure),
        };
        done.push(Confirmed { id: *id, refused });
    }
    Ok(done)
}

/// Ends an order on our side: what it took goes back on sale, except what was sent. The platform is not
/// told: it has no such call, so the operator cancels there too.
///
/// # Errors
/// `market_order.wrong_state`.
pub async fn cancel(app: &App, shop: &Shop, who: Sight, id: MarketOrderId, reason: &str) -> Result<Whole, Failure> {
    let (seen, _) = sight::one(app, who, id).await?;
    changed(app, shop, who, &seen, async |tx, changes, now| {
        let order = held_mut(changes)?;
        let next = order.state.after(OrderEvent::Cancelled).filter(|_| order.state.is_before_shipping());
        let next = next.ok_or_else(|| MarketOrderError::wrong_state(order))?;
        let (kind, _) = telling::come(order, OrderEvent::Cancelled, next, Some(EndedBy::Operator), now);
        for line in &mut changes.lines {
            line.wants = wanted(false, line.quantity, line.shipped);
        }
        let moves = changes.settle(tx, shop, (Oversold::Review, Ask::Itself), now).await?;
        Ok((moves, kind, json!({ "reason": reason })))
    })
    .await
}

/// Notes something about an order; an empty text is none.
pub async fn put_note(app: &App, shop: &Shop, who: Sight, id: MarketOrderId, note: &str) -> Result<Whole, Failure> {
    let (seen, _) = sight::one(app, who, id).await?;
    changed(app, shop, who, &seen, async |_, changes, now| {
        let order = held_mut(changes)?;
        order.note = Some(note.to_owned()).filter(|note| !note.is_empty());
        order.updated_at = now;
        Ok((Moves::default(), EventKind::Noted, json!({ "note": note })))
    })
    .await
}

/// Which SKU a line sells, as an operator says.
#[derive(Clone, Copy, Debug)]
pub struct Match {
    /// The line.
    pub line: MarketOrderLineId,
    /// Ours.
    pub sku: SkuId,
    /// Whether the store's listing is tied to it, for all later orders.
    pub remember: bool,
}

/// Gives a line a SKU; what it had taken of another goes back.
///
/// # Errors
/// `market_order.not_found`, `sku.not_found`; `market_order.wrong_state` once something was sent.
pub async fn match_line(app: &App, shop: &Shop, who: Sight, id: MarketOrderId, wish: Match) -> Result<Whole, Failure> {
    let (seen, store) = sight::one(app, who, id).await?;
    let known = goods::query::skus_by_ids(app.db.reader(), shop.id, &[wish.sku]).await?;
    if known.values().all(|sku| sku.removed_at.is_some()) {
        return Err(crate::areas::stock::StockError::SkuNotFound(wish.sku).into());
    }
    changed(app, shop, who, &seen, async |tx, changes, now| {
        let order = held(changes)?;
        let (policy, wrong) = (policy_of(tx, order).await?, MarketOrderError::wrong_state(order));
        let line = changes.lines.iter_mut().find(|line| line.id == wish.line).ok_or(MarketOrderError::NotFound)?;
        if line.shipped > 0 {
            return Err(wrong.into());
        }
        let mut moves = Moves::default();
        if line.sku_id != Some(wish.sku) {
            moves = stock::let_go(tx, shop.id, line, now).await?;
            line.sku_id = Some(wish.sku);
        }
        line.matched_by = Some(LineMatch::Hand);
        line.updated_at = now;
        if wish.remember {
            tie(tx, shop, &store, line, wish.sku, now).await?;
        }
        let what = json!({ "line_id": wish.line, "sku_id": wish.sku, "remember": wish.remember });
        let moves = moves.and(changes.settle(tx, shop, (policy, Ask::Operator), now).await?);
        Ok((moves, EventKind::Matched, what))
    })
    .await
}

/// Ties the store's listing of a line to a SKU.
async fn tie(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    store: &store::Model,
    line: &line::Model,
    sku: SkuId,
    now: Time,
) -> Result<(), Failure> {
    let Some(item) = line.external_item_id.clone() else {
        return Err(Invalid::field("remember", "invalid", "the platform names no item").into());
    };
    let key = (item.clone(), line.external_sku_id.clone().unwrap_or_default());
    let mut listed = skus::of_items(conn, store.id, &[&item]).await?;
    if !listed.contains_key(&key) {
        let fresh = Listed {
            external_item_id: item.clone(),
            external_sku_id: key.1.clone(),
            sku_code: line.sku_code.clone(),
            barcode: None,
            title: line.title.clone(),
            spec: line.spec.clone(),
            on_sale: true,
            shown: None,
            extra: Value::Null,
        };
        skus::put(conn, shop.id, store.id, &[fresh], now).await?;
        listed = skus::of_items(conn, store.id, &[&item]).await?;
    }
    if let Some(row) = listed.get(&key) {
        skus::tie(conn, row, Some((sku, MatchedBy::Hand)), now).await?;
    }
    Ok(())
}

pub(super) async fn policy_of(conn: &impl ConnectionTrait, order: &order::Model) -> Result<Oversold, Failure> {
    let feed = feeds::of_store(conn, order.shop_id, order.store_id).await?;
    Ok(feed.map_or(Oversold::Review, |feed| feed.oversold))
}

pub(super) fn held(changes: &Changes) -> Result<&order::Model, MarketOrderError> {
    changes.orders.first().ok_or(MarketOrderError::NotFound)
}

pub(super) fn held_mut(changes: &mut Changes) -> Result<&mut order::Model, MarketOrderError> {
    changes.orders.first_mut().ok_or(MarketOrderError::NotFound)
}

/// Changes one order in one transaction, with its timeline, the audit log and the gate.
async fn changed(
    app: &App,
    shop: &Shop,
    who: Sight,
    seen: &order::Model,
    change: impl AsyncFn(&sea_orm::DatabaseTransaction, &mut Changes, Time) -> Result<(Moves, EventKind, Value), Failure>,
) -> Result<Whole, Failure> {
    let (moves, whole) = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            let order = query::lock(tx, shop.id, seen.id).await?;
            let mut changes = Changes::of(order, query::lines(tx, seen.id).await?);
            let (moves, kind, detail) = change(tx, &mut changes, now).await?;
            let word = kernel::words::wire(&kind);
            audit::note(tx, shop.id, who.operator, &format!("market_order.{word}"), seen.id, detail.clone(), now)
                .await?;
            changes.note(seen.id, kind, &format!("operator:{}", who.operator), detail);
            service::put_orders(tx, &changes.orders).await?;
            changes.put(tx, shop, now).await?;
            let order = query::by_id(tx, shop.id, seen.id).await?;
            Ok((moves, Whole::of(tx, order).await?))
        })
        .await?;
    moves.tell_gate(app, shop.id).await;
    Ok(whole)
}
