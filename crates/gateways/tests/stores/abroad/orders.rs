//! Orders and parcels.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use gateways::marketplaces::{
    Capabilities, Channel, ErrorClass, RemoteOrder, RemoteOrderLine, Shipment, ShippedLine, Window,
};
use sandbox::stores::{OrderStage, Purchase, StoreOrder};
use serde_json::Value;

use super::rows::{Abroad, Shape};
use crate::stage::{Stage, all, lately};

/// Buys `count` variants of the store's `nth` item.
fn buys(stage: &Stage, nth: usize, count: usize, purchase: &Purchase) -> String {
    let items = stage.stores().items(&stage.store);
    let basket: Vec<(u64, i64)> =
        items[nth].variants.iter().take(count).zip(1..).map(|(one, pieces)| (one.number, pieces)).collect();
    stage.stores().buy(&stage.store, &basket, purchase).unwrap()
}

fn order(stage: &Stage, id: &str) -> StoreOrder {
    stage.stores().order(&stage.store, id).unwrap()
}

/// What a window tells, by the platform's numbers. What is not paid may lack its price and is skipped.
async fn window(stage: &Stage, channel: &Channel, window: &Window) -> BTreeMap<String, RemoteOrder> {
    let mut walk = stage.engine.orders(channel, window, None).unwrap();
    let (mut told, mut pages) = (BTreeMap::new(), 0);
    while let Some(page) = walk.next_page().await.unwrap() {
        assert!(page.skipped.is_empty() || !stage.row.tells.unpaid_orders, "{:?}", page.skipped);
        told.extend(page.rows.into_iter().map(|order| (order.external_id.clone(), order)));
        pages += 1;
        assert!(pages < 5_000, "the walk does not end");
    }
    told
}

pub async fn a_window_is_read(abroad: Abroad) {
    let (shape, stage) = abroad.set();
    let stores = stage.stores();
    let dear = Purchase {
        postage_minor: 600,
        discount_minor: if shape.discounts { 100 } else { 0 },
        note: "leave it at the door".to_owned(),
        ..Purchase::default()
    };
    let paid = buys(&stage, 0, 2, &dear);
    let unpaid = buys(&stage, 1, 2, &Purchase { unpaid: true, ..Purchase::default() });
    let cancelled = buys(&stage, 2, 2, &Purchase::default());
    stores.cancel(&stage.store, &cancelled).unwrap();
    let claimed = buys(&stage, 3, 2, &Purchase::default());
    stores.ask_refund(&stage.store, &claimed).unwrap();
    let held = buys(&stage, 5, 1, &Purchase::default());
    stores.hold(&stage.store, &held, true).unwrap();

    let (channel, _) = stage.authorised().await;
    let now = lately();
    let told = window(&stage, &channel, &now).await;
    for id in [&paid, &unpaid, &cancelled, &claimed] {
        let order = order(&stage, id);
        if order.paid_at.is_none() && !stage.row.tells.unpaid_orders {
            assert!((shape.order_ids)(&order).iter().all(|id| !told.contains_key(id)), "{id} is not paid");
            continue;
        }
        compare(&shape, &stage, &told, &order);
    }
    let held = &told[&(shape.order_ids)(&order(&stage, &held))[0]];
    assert!(stage.row.id == "shoplazza" || !held.state.may_be_shipped(), "{} may not be sent", held.wire_state);

    if !shape.open_ended {
        let until = now.from;
        let long_ago = Window { from: until - TimeDelta::minutes(20), until };
        assert!(window(&stage, &channel, &long_ago).await.is_empty());
    }
    let ids: Vec<String> = [&paid, &claimed].into_iter().flat_map(|id| (shape.order_ids)(&order(&stage, id))).collect();
    let told = all(stage.engine.orders_by_ids(&channel, &ids, None).unwrap()).await;
    assert_eq!(told.len(), ids.len());
    let told: BTreeMap<String, RemoteOrder> =
        told.into_iter().map(|order| (order.external_id.clone(), order)).collect();
    compare(&shape, &stage, &told, &order(&stage, &paid));
    compare(&shape, &stage, &told, &order(&stage, &claimed));
}

fn compare(shape: &Shape, stage: &Stage, told: &BTreeMap<String, RemoteOrder>, order: &StoreOrder) {
    let ids = (shape.order_ids)(order);
    let parts: Vec<&RemoteOrder> =
        ids.iter().map(|id| told.get(id).unwrap_or_else(|| panic!("{id} was not told"))).collect();
    let seconds = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| at.timestamp());
    for part in &parts {
        assert_eq!(part.state, (shape.state)(order), "{}: {}", order.id, part.wire_state);
        assert_eq!(part.total.currency.code(), stage.row.currency);
        assert!(part.times.created_at.is_none() || seconds(part.times.created_at) == Some(order.created_at));
        assert!(part.times.paid_at.is_none() || seconds(part.times.paid_at) == order.paid_at);
        if part.times.modified_at.is_some() || stage.row.id != "aliexpress" {
            assert_eq!(seconds(part.times.modified_at), Some(order.changed_at), "{}", order.id);
        }
        assert!(!format!("{:?}", part.receiver).contains(&order.receiver.phone), "a receiver is no text for a log");
        let city = part.receiver.city.clone().unwrap_or_default();
        assert!(city.is_empty() || city == order.receiver.city);
    }
    assert_eq!(parts.iter().map(|part| part.total.minor).sum::<i64>(), (shape.total)(order), "{}", order.id);
    let lines: Vec<&RemoteOrderLine> = parts.iter().flat_map(|part| &part.lines).collect();
    assert_eq!(lines.len(), order.lines.len());
    for (told, line) in lines.iter().zip(&order.lines) {
        assert_eq!(told.sku_code.as_deref(), Some(line.code.as_str()));
        assert!(told.quantity == line.quantity || order.stage == OrderStage::Cancelled, "{}", told.quantity);
        assert!(told.title.starts_with(&line.title), "{}", told.title);
        assert!(told.unit_price.is_none_or(|price| price.minor == line.price_minor));
    }
}

pub async fn many_orders_are_read(abroad: Abroad) {
    let (shape, stage) = abroad.set();
    let bought: Vec<String> = (0..210).map(|nth| buys(&stage, nth % 40, 2, &Purchase::default())).collect();
    let (channel, _) = stage.authorised().await;
    let told: Vec<String> = window(&stage, &channel, &lately()).await.into_keys().collect();
    let mut there: Vec<String> = bought.iter().flat_map(|id| (shape.order_ids)(&order(&stage, id))).collect();
    there.sort_unstable();
    assert_eq!(told, there);
}

pub async fn a_parcel_is_told(abroad: Abroad) {
    let (shape, stage) = abroad.set();
    let id = buys(&stage, 0, 1, &Purchase::default());
    let number = (shape.order_ids)(&order(&stage, &id)).remove(0);
    let (channel, _) = stage.authorised().await;
    let shipment = parcel(&stage, &channel, &number, "SF1234567890").await;
    if !channel.connector().descriptor().capabilities.has(Capabilities::SHIP) {
        let refused = stage.engine.ship(&channel, &shipment).await.unwrap_err();
        assert_eq!(refused.class, ErrorClass::Unsupported);
        return;
    }
    stage.engine.ship(&channel, &shipment).await.unwrap();
    let sent = order(&stage, &id);
    assert_eq!(sent.stage, OrderStage::Shipped);
    assert_eq!(sent.parcels.len(), 1);
    assert_eq!(sent.parcels[0].number, "SF1234567890");
    let ids = [number.clone()];
    let told = all(stage.engine.orders_by_ids(&channel, &ids, None).unwrap()).await;
    let told = told.into_iter().map(|order| (order.external_id.clone(), order)).collect();
    compare(&shape, &stage, &told, &sent);

    let again = Shipment { tracking_number: "SF99".to_owned(), ..shipment };
    match stage.engine.ship(&channel, &again).await {
        Ok(_) => assert!(shape.corrects, "a second parcel was taken"),
        Err(error) => {
            assert!(!shape.corrects, "{error}");
            let known = [ErrorClass::Business, ErrorClass::Conflict, ErrorClass::BadRequest];
            assert!(known.contains(&error.class), "{error}");
        }
    }
    let sent = order(&stage, &id);
    assert_eq!(sent.parcels.len(), 1);
    assert_eq!(sent.parcels[0].number, if shape.corrects { "SF99" } else { "SF1234567890" });

    if stage.row.tells.unpaid_orders {
        let unpaid = buys(&stage, 1, 1, &Purchase { unpaid: true, ..Purchase::default() });
        let number = (shape.order_ids)(&order(&stage, &unpaid)).remove(0);
        let early = parcel(&stage, &channel, &number, "SF98").await;
        let early = stage.engine.ship(&channel, &early).await.unwrap_err();
        assert!(!early.class.may_pass(), "{early}");
        assert!(order(&stage, &unpaid).parcels.is_empty());
    }
}

/// The whole of an order in one parcel, with the first carrier that the platform knows.
async fn parcel(stage: &Stage, channel: &Channel, id: &str, number: &str) -> Shipment {
    let carriers = stage.engine.carriers(channel).await.unwrap_or_default();
    let ids = [id.to_owned()];
    let told = all(stage.engine.orders_by_ids(channel, &ids, None).unwrap()).await;
    let line = |line: &RemoteOrderLine| ShippedLine { line_key: line.line_key.clone(), quantity: line.quantity };
    Shipment {
        order_id: id.to_owned(),
        carrier: carriers.into_iter().next().unwrap_or_else(|| stage.row.carrier()),
        tracking_number: number.to_owned(),
        lines: told[0].lines.iter().map(line).collect(),
        completes: true,
        correction: false,
        extra: Value::Null,
    }
}
