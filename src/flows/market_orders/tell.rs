//! Telling a platform of a parcel, once. A platform that has heard of it and whose answer was lost is not
//! told again: the order is read first, and what it says decides.

use chrono::Duration;
use gateways::marketplaces::{
    ApiError, ErrorClass, Priority, RemoteCarrier, RemoteOrder, RemoteOrderState, Shipment, ShippedLine,
};
use kernel::Failure;
use kernel::id::MarketShipmentId;
use serde_json::json;

use crate::app::{App, Store};
use crate::areas::market_orders::entity::{order, shipment};
use crate::areas::market_orders::service::{self, Noted};
use crate::areas::market_orders::shipments::{self, Said};
use crate::areas::market_orders::state::{EventKind, RemoteState, ShipmentState};
use crate::areas::market_orders::{MarketOrderError, query};
use crate::areas::shops::query::Shop;
use crate::areas::stores::query as stores;
use crate::areas::stores::state::StoreState;
use crate::flows::effects::Delivery;

/// The pause while a store waits for its merchant or an operator.
const STORE_RESTS: Duration = Duration::minutes(10);

/// Tells the platform of a parcel, unless it knows it.
#[tracing::instrument(skip_all, fields(%shipment))]
pub async fn tell(app: &App, shop: &Shop, shipment: MarketShipmentId) -> Result<Delivery, Failure> {
    let conn = app.db.reader();
    let Some(row) = shipments::by_id(conn, shop.id, shipment).await? else { return Ok(Delivery::Done) };
    if matches!(row.state, ShipmentState::Told | ShipmentState::HereOnly) {
        return Ok(Delivery::Done);
    }
    let order = query::by_id(conn, shop.id, row.order_id).await?;
    let of = stores::store(conn, shop.id, row.store_id).await?;
    match of.state {
        StoreState::Active => {}
        StoreState::Removed => return refuse(app, &row, "the store was taken off").await,
        state => return Ok(Delivery::After(format!("the store is {}", kernel::words::wire(&state)), STORE_RESTS)),
    }
    let store = match app.marketplaces.store(shop, &of) {
        Ok(store) => store,
        Err(error) => return Ok(Delivery::After(error.to_string(), STORE_RESTS)),
    };
    let is_correction = corrects_a_told_one(app, &row, &order).await?;
    if row.asked_at.is_some() || row.state == ShipmentState::Refused {
        match look(&store, &order, &row, is_correction).await {
            Ok(Known::Has) => return has(app, &row, None).await,
            Ok(Known::HasNot) => {}
            Ok(Known::Unclear(why)) => return refuse(app, &row, &why).await,
            Ok(Known::Waits(why)) => return Ok(Delivery::Later(why)),
            Err(error) => return Ok(later(&error)),
        }
    }
    let wall = app.clock.wall();
    if !app.db.write(async |tx| Ok(shipments::asked(tx, &row, Some(wall), app.clock.now()).await?)).await? {
        return Ok(Delivery::Later("another worker tells it".to_owned()));
    }
    let row = shipment::Model { state: ShipmentState::Pending, asked_at: Some(wall), ..row };
    let parcel = parcel(&order, &row, is_correction)?;
    let channel = store.channel.clone().with_priority(Priority::Stock);
    match store.market.hurried.ship(&channel, &parcel).await {
        Ok(shipped) => has(app, &row, shipped.external_id).await,
        Err(error) => not_taken(app, &row, &error).await,
    }
}

fn parcel(order: &order::Model, row: &shipment::Model, correction: bool) -> Result<Shipment, MarketOrderError> {
    let packed = shipments::packed(row)?;
    let lines = packed.into_iter().map(|one| ShippedLine { line_key: one.line_key, quantity: one.quantity });
    Ok(Shipment {
        order_id: order.external_id.clone(),
        carrier: RemoteCarrier {
            id: row.carrier_id.clone(),
            code: row.carrier_code.clone(),
            name: row.carrier_name.clone(),
        },
        tracking_number: row.tracking_no.clone(),
        lines: lines.collect(),
        completes: row.completes,
        correction,
        extra: order.extra.clone(),
    })
}

/// A correction of what the platform never took is a first telling.
async fn corrects_a_told_one(app: &App, row: &shipment::Model, order: &order::Model) -> Result<bool, Failure> {
    let Some(id) = row.corrects else { return Ok(false) };
    let before = shipments::by_id(app.db.reader(), row.shop_id, id).await?;
    let is_sent_there = matches!(order.remote_state, RemoteState::PartShipped | RemoteState::Shipped);
    Ok(is_sent_there || before.is_some_and(|before| before.state == ShipmentState::Told))
}

/// What a platform's order says of a parcel that it may have heard of.
#[derive(Debug, PartialEq, Eq)]
enum Known {
    Has,
    HasNot,
    /// An operator has to look.
    Unclear(String),
    /// Not now.
    Waits(String),
}

async fn look(
    store: &Store,
    order: &order::Model,
    row: &shipment::Model,
    is_correction: bool,
) -> Result<Known, ApiError> {
    let numbers = [order.external_id.clone()];
    let channel = store.channel.clone().with_priority(Priority::Stock);
    let mut walk = store.market.hurried.orders_by_ids(&channel, &numbers, None)?;
    while let Some(page) = walk.next_page().await? {
        if let Some(remote) = page.rows.first() {
            return Ok(known(remote, row, is_correction));
        }
    }
    Ok(Known::Unclear("the platform no longer has the order".to_owned()))
}

fn known(remote: &RemoteOrder, row: &shipment::Model, is_correction: bool) -> Known {
    use RemoteOrderState as S;
    let plain = |number: &str| number.trim().to_uppercase();
    let ours = plain(&row.tracking_no);
    if remote.parcels.iter().any(|parcel| plain(&parcel.tracking_number) == ours) {
        return Known::Has;
    }
    let others = remote.parcels.first().map(|parcel| parcel.tracking_number.clone());
    match (remote.state, others) {
        (S::PaidUnshipped, _) => Known::HasNot,
        // Telling a correction twice leaves one parcel.
        (S::PartShipped | S::Shipped | S::Done, _) if is_correction => Known::HasNot,
        (S::Shipped | S::Done, Some(other)) => Known::Unclear(format!("the platform has the parcel {other}")),
        // It names no parcels. All was sent, and that is what we told.
        (S::Shipped | S::Done, None) if row.completes => Known::Has,
        (S::PartShipped, Some(_)) => Known::HasNot,
        (S::PartShipped, None) if row.completes => Known::HasNot,
        (S::Shipped | S::Done | S::PartShipped, None) => {
            Known::Unclear("the platform does not say which parcels it has".to_owned())
        }
        (S::Refunding | S::Held, _) => Known::Waits(format!("the order is {} there", remote.state.word())),
        (S::Unpaid | S::Cancelled | S::Unknown, _) => {
            Known::Unclear(format!("the order is {} there", remote.state.word()))
        }
    }
}

fn later(error: &ApiError) -> Delivery {
    match error.retry_after.and_then(|wait| Duration::from_std(wait).ok()) {
        Some(wait) => Delivery::After(error.to_string(), wait),
        None => Delivery::Later(error.to_string()),
    }
}

/// What becomes of a parcel whose telling failed.
async fn not_taken(app: &App, row: &shipment::Model, error: &ApiError) -> Result<Delivery, Failure> {
    match error.class {
        // It may have been heard: the next try reads the order first.
        ErrorClass::Upstream | ErrorClass::Malformed | ErrorClass::Conflict => Ok(later(error)),
        ErrorClass::Business
        | ErrorClass::BadRequest
        | ErrorClass::NotFound
        | ErrorClass::Retired
        | ErrorClass::Unsupported => refuse(app, row, &error.to_string()).await,
        // Turned away at the door: nothing was heard.
        _ => {
            app.db.write(async |tx| Ok(shipments::asked(tx, row, None, app.clock.now()).await?)).await?;
            Ok(later(error))
        }
    }
}

async fn has(app: &App, row: &shipment::Model, external_id: Option<String>) -> Result<Delivery, Failure> {
    write(app, row, &Said::Has(external_id), EventKind::Told, "").await?;
    Ok(Delivery::Done)
}

async fn refuse(app: &App, row: &shipment::Model, why: &str) -> Result<Delivery, Failure> {
    write(app, row, &Said::No(why.to_owned()), EventKind::Refused, why).await?;
    Ok(Delivery::Dead(why.to_owned()))
}

async fn write(app: &App, row: &shipment::Model, said: &Said, kind: EventKind, why: &str) -> Result<(), Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            if shipments::said(tx, row, said, now).await? {
                let detail = json!({ "shipment_id": row.id, "tracking_no": row.tracking_no, "why": why });
                let noted = Noted { order: row.order_id, kind, actor: "platform".to_owned(), detail };
                service::note(tx, row.shop_id, &[noted], now).await?;
            }
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use gateways::marketplaces::money::Money;
    use gateways::marketplaces::{OrderTimes, Receiver, RemoteParcel};
    use kernel::Fen;
    use kernel::id::{MarketOrderId, OperatorId, ShopId, StoreId};

    fn remote(state: RemoteOrderState, parcels: &[&str]) -> RemoteOrder {
        let parcel = |number: &&str| RemoteParcel { carrier: None, tracking_number: (*number).to_owned() };
        RemoteOrder {
            external_id: "1".to_owned(),
            origin: None,
            state,
            wire_state: String::new(),
            total: Money::cny(Fen::from_fen(1)),
            shipping: None,
            lines: Vec::new(),
            receiver: Receiver::default(),
            buyer: None,
            buyer_note: None,
            times: OrderTimes::default(),
            parcels: parcels.iter().map(parcel).collect(),
            extra: json!({}),
        }
    }

    fn row(completes: bool) -> shipment::Model {
        let now = kernel::Time::from_timestamp(1_795_400_000, 0).unwrap();
        shipment::Model {
            id: MarketShipmentId::new(),
            shop_id: ShopId::new(),
            store_id: StoreId::new(),
            order_id: MarketOrderId::new(),
            carrier_id: "44".to_owned(),
            carrier_code: None,
            carrier_name: "顺丰".to_owned(),
            tracking_no: "sf1 ".to_owned(),
            lines: json!([]),
            completes,
            corrects: None,
            state: ShipmentState::Pending,
            asked_at: Some(now),
            external_id: None,
            error: None,
            operator_id: OperatorId::new(),
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn a_parcel_that_the_platform_names_was_heard_and_one_of_an_unsent_order_was_not() {
        use RemoteOrderState as S;
        assert_eq!(known(&remote(S::Shipped, &["SF1"]), &row(true), false), Known::Has);
        assert_eq!(known(&remote(S::PaidUnshipped, &[]), &row(true), false), Known::HasNot);
        assert_eq!(known(&remote(S::Shipped, &[]), &row(true), false), Known::Has);
        assert_eq!(known(&remote(S::PartShipped, &["SF0"]), &row(false), false), Known::HasNot);
    }

    #[test]
    fn what_only_an_operator_can_tell_is_left_to_him() {
        use RemoteOrderState as S;
        for (state, parcels, completes) in
            [(S::Shipped, vec!["YT9"], true), (S::PartShipped, vec![], false), (S::Cancelled, vec![], true)]
        {
            let said = known(&remote(state, &parcels), &row(completes), false);
            assert!(matches!(said, Known::Unclear(_)), "{state:?} {said:?}");
        }
        assert_eq!(known(&remote(S::Shipped, &["YT9"]), &row(true), true), Known::HasNot, "a correction goes out");
        assert!(matches!(known(&remote(S::Refunding, &[]), &row(true), false), Known::Waits(_)));
    }
}
