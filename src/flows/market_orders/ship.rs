//! An operator sends a parcel: what is in it counts as sent at once, and an effect tells the platform.

use gateways::marketplaces::{Capabilities, RemoteCarrier};
use kernel::failure::Invalid;
use kernel::id::{MarketOrderId, MarketOrderLineId, MarketShipmentId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::carriers;
use super::decide::{held, held_mut};
use super::record::Changes;
use super::sight::{self, Whole};
use crate::app::App;
use crate::areas::market_orders::entity::{line, order, shipment};
use crate::areas::market_orders::error::LineTold;
use crate::areas::market_orders::rules::Units;
use crate::areas::market_orders::shipments::{self, Packed};
use crate::areas::market_orders::state::{EventKind, OrderEvent, OrderState, ShipmentState};
use crate::areas::market_orders::{MarketOrderError, feeds, query, service, telling};
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store;
use crate::flows::effects::Effect;
use crate::flows::stores::Sight;
use crate::platform::request_keys::Once;

/// What an operator sends.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Who carries it: a code, a name, or the platform's id of the carrier.
    pub carrier: String,
    /// Its number there.
    pub tracking_no: String,
    /// Pieces by line; empty: all that was not sent yet.
    pub lines: Vec<(MarketOrderLineId, i64)>,
    /// The parcel it corrects.
    pub corrects: Option<MarketShipmentId>,
}

/// Sends a parcel of a confirmed order, or corrects one.
///
/// # Errors
/// `market_order.wrong_state`, also while the platform holds the order or a refund is under way;
/// `market_order.carrier_unknown`; `market_order.short`; `market_order.one_parcel` for a part of an order
/// that the platform takes whole or not at all.
pub async fn ship(
    app: &App,
    shop: &Shop,
    who: Sight,
    id: MarketOrderId,
    parcel: &Parcel,
    once: &Once<Whole>,
) -> Result<Whole, Failure> {
    let (seen, store) = sight::one(app, who, id).await?;
    let (carrier, is_told) = carrier_for(app, shop, &seen, &store, parcel).await?;
    let whole = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            let order = query::lock(tx, shop.id, id).await?;
            let mut changes = Changes::of(order, query::lines(tx, id).await?);
            let content = match parcel.corrects {
                Some(corrected) => correction(tx, &changes, corrected).await?,
                None => packed(&mut changes, &parcel.lines, now)?,
            };
            if is_told && !content.completes && !takes_parts(&store) {
                return Err(MarketOrderError::OneParcel(left_behind(&changes)).into());
            }
            let row = shipment::Model {
                id: MarketShipmentId::new(),
                shop_id: shop.id,
                store_id: store.id,
                order_id: id,
                carrier_id: carrier.id.clone(),
                carrier_code: carrier.code.clone(),
                carrier_name: carrier.name.clone(),
                tracking_no: parcel.tracking_no.clone(),
                lines: content.lines,
                completes: content.completes,
                corrects: parcel.corrects,
                state: if is_told { ShipmentState::Pending } else { ShipmentState::HereOnly },
                asked_at: None,
                external_id: None,
                error: None,
                operator_id: who.operator,
                created_at: now,
                updated_at: now,
            };
            note(tx, shop, who, &mut changes, &row, now).await?;
            if is_told {
                Effect::MarketShipment { shipment: row.id }.put(tx, shop.id, app.clock.wall()).await?;
            }
            shipments::add(tx, row).await?;
            service::put_orders(tx, &changes.orders).await?;
            changes.put(tx, shop, now).await?;
            let whole = Whole::of(tx, query::by_id(tx, shop.id, id).await?).await?;
            once.keep(tx, &whole, app.clock.wall()).await?;
            Ok(whole)
        })
        .await?;
    app.bell.ring();
    Ok(whole)
}

async fn note(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    who: Sight,
    changes: &mut Changes,
    row: &shipment::Model,
    now: Time,
) -> Result<(), Failure> {
    let what = json!({
        "shipment_id": row.id, "carrier": row.carrier_name, "tracking_no": row.tracking_no, "corrects": row.corrects,
        "told": row.state == ShipmentState::Pending,
    });
    audit::note(conn, shop.id, who.operator, "market_order.shipped", row.order_id, what.clone(), now).await?;
    changes.note(row.order_id, EventKind::Shipped, &format!("operator:{}", who.operator), what);
    Ok(())
}

/// The platform's carrier, and whether the platform is told at all.
async fn carrier_for(
    app: &App,
    shop: &Shop,
    order: &order::Model,
    row: &store::Model,
    parcel: &Parcel,
) -> Result<(RemoteCarrier, bool), Failure> {
    let feed = feeds::of_store(app.db.reader(), shop.id, row.id).await?;
    let offered = gateways::marketplaces::find(&row.marketplace)
        .is_some_and(|entry| entry.descriptor.capabilities.has(Capabilities::SHIP));
    if !offered || feed.is_some_and(|feed| !feed.push_shipments) {
        return Ok((carriers::as_said(&parcel.carrier), false));
    }
    let store = app.marketplaces.store(shop, row)?;
    Ok((carriers::resolve(app, &store, order, &parcel.carrier).await?, true))
}

/// Whether the platform takes an order in several parcels.
fn takes_parts(row: &store::Model) -> bool {
    gateways::marketplaces::find(&row.marketplace)
        .is_some_and(|entry| entry.descriptor.capabilities.has(Capabilities::PARTS))
}

/// The lines of which something would still be to be sent, with how much.
fn left_behind(changes: &Changes) -> Vec<LineTold> {
    let behind = changes.lines.iter().filter(|line| left(line) > 0);
    behind.map(|line| LineTold::of(line, Some(left(line)))).collect()
}

/// What is in a parcel.
struct Content {
    lines: Value,
    completes: bool,
}

/// Packs pieces of an order's lines; what is packed counts as sent, and the order with its last piece.
fn packed(changes: &mut Changes, wanted: &[(MarketOrderLineId, i64)], now: Time) -> Result<Content, Failure> {
    let order = held(changes)?;
    if order.state != OrderState::Confirmed || order.held || order.refunding {
        return Err(MarketOrderError::wrong_state(order).into());
    }
    let mut inside = Vec::new();
    for line in &mut changes.lines {
        let pieces = pieces_of(line, wanted)?;
        if pieces == 0 {
            continue;
        }
        line.shipped += pieces;
        line.updated_at = now;
        inside.push(Packed { line_key: line.line_key.clone(), quantity: pieces });
    }
    if inside.is_empty() || wanted.iter().any(|(id, _)| changes.lines.iter().all(|line| line.id != *id)) {
        return Err(Invalid::field("lines", "invalid", "nothing of these lines is left to be sent").into());
    }
    let completes = changes.lines.iter().all(|line| left(line) == 0);
    if completes {
        let order = held_mut(changes)?;
        if let Some(next) = order.state.after(OrderEvent::Shipped) {
            telling::come(order, OrderEvent::Shipped, next, None, now);
        }
    }
    Ok(Content { lines: json!(inside), completes })
}

fn left(line: &line::Model) -> i64 {
    (line.wants - line.shipped).max(0)
}

/// How many pieces of a line are packed.
fn pieces_of(line: &line::Model, wanted: &[(MarketOrderLineId, i64)]) -> Result<i64, Failure> {
    let left = left(line);
    let pieces = match wanted.iter().position(|(id, _)| *id == line.id) {
        None if wanted.is_empty() => left,
        None => return Ok(0),
        Some(place) => {
            let pieces = wanted.get(place).map_or(0, |(_, pieces)| *pieces);
            if !(1..=left).contains(&pieces) {
                let field = format!("lines[{place}].quantity");
                return Err(Invalid::field(field, "out_of_range", format!("1 to {left}")).into());
            }
            pieces
        }
    };
    let units = Units::of(line);
    let there = if units.unlimited { pieces } else { units.held() - line.shipped };
    if pieces > there {
        return Err(MarketOrderError::Short(vec![LineTold::of(line, Some(pieces - there))]).into());
    }
    Ok(pieces)
}

/// A parcel told before under a wrong number or carrier: the same pieces again.
async fn correction(
    conn: &impl ConnectionTrait,
    changes: &Changes,
    corrected: MarketShipmentId,
) -> Result<Content, Failure> {
    let order = held(changes)?;
    let before = shipments::by_id(conn, order.shop_id, corrected).await?;
    let before = before.filter(|row| row.order_id == order.id).ok_or(MarketOrderError::NotFound)?;
    if before.state == ShipmentState::Pending || order.state.is_over() {
        return Err(MarketOrderError::wrong_state(order).into());
    }
    Ok(Content { lines: before.lines, completes: before.completes })
}
