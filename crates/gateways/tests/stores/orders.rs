//! Orders and parcels.

use std::collections::BTreeMap;

use gateways::marketplaces::{
    Capabilities, Channel, ErrorClass, Private, RemoteOrder, RemoteOrderState, Shipment, ShippedLine, Window,
};
use sandbox::stores::{OrderStage, Purchase, RefundStage, StoreOrder};
use serde_json::Value;

use crate::stage::{Stage, all, lately};

/// Buys one or two variants of the store's `nth` item.
fn buys(stage: &Stage, nth: usize, purchase: &Purchase) -> String {
    let items = stage.stores().items(&stage.store);
    let basket: Vec<(u64, i64)> =
        items[nth].variants.iter().take(2).zip(1..).map(|(one, count)| (one.number, count)).collect();
    stage.stores().buy(&stage.store, &basket, purchase).unwrap()
}

pub async fn a_window_is_read(stage: Stage) {
    let stores = stage.stores();
    let dear =
        Purchase { postage_minor: 600, discount_minor: 100, note: "放门口".to_owned(), ..Purchase::default() };
    let paid = buys(&stage, 0, &dear);
    let unpaid = buys(&stage, 1, &Purchase { unpaid: true, ..Purchase::default() });
    let cancelled = buys(&stage, 2, &Purchase::default());
    stores.cancel(&stage.store, &cancelled).unwrap();
    let claimed = buys(&stage, 3, &Purchase::default());
    stores.ask_refund(&stage.store, &claimed).unwrap();

    let (channel, _) = stage.authorised().await;
    let window = lately();
    let told = all(stage.engine.orders(&channel, &window, None).unwrap()).await;
    let told: BTreeMap<String, RemoteOrder> =
        told.into_iter().map(|order| (order.external_id.clone(), order)).collect();
    for id in [&paid, &unpaid, &cancelled, &claimed] {
        let order = stores.order(&stage.store, id).unwrap();
        match told.get(id) {
            Some(told) => compare(&stage, told, &order),
            None => assert!(order.paid_at.is_none() && !stage.row.tells.unpaid_orders, "{id} was not told"),
        }
    }
    assert_eq!(told[&paid].buyer_note.as_deref().unwrap_or("放门口"), "放门口");

    let long_ago = Window { from: window.from - chrono::TimeDelta::hours(2), until: window.from };
    let long_ago = Window { from: long_ago.until - chrono::TimeDelta::minutes(20), ..long_ago };
    assert!(all(stage.engine.orders(&channel, &long_ago, None).unwrap()).await.is_empty());

    let ids = [paid.clone(), claimed.clone()];
    let told = all(stage.engine.orders_by_ids(&channel, &ids, None).unwrap()).await;
    assert_eq!(told.len(), 2);
    for told in &told {
        compare(&stage, told, &stores.order(&stage.store, &told.external_id).unwrap());
    }
    opens(&stage, &channel, &told[0], &stores.order(&stage.store, &told[0].external_id).unwrap()).await;
}

/// Sealed data is opened where the platform opens it.
async fn opens(stage: &Stage, channel: &Channel, told: &RemoteOrder, order: &StoreOrder) {
    let Private::Sealed { cipher, .. } = &told.receiver.phone else { return };
    let ciphers = [cipher.clone()];
    match stage.engine.reveal(channel, &told.external_id, &ciphers).await {
        Ok(opened) => {
            assert_eq!(
                (opened[0].cipher.as_str(), opened[0].plain.as_str()),
                (cipher.as_str(), order.receiver.phone.as_str())
            );
        }
        Err(error) => assert_eq!(error.class, ErrorClass::Unsupported, "{error}"),
    }
}

fn compare(stage: &Stage, told: &RemoteOrder, order: &StoreOrder) {
    assert_eq!(told.state, state_of(stage, order), "{}: {}", order.id, told.wire_state);
    assert_eq!(
        (told.total.minor, told.total.currency.code()),
        (order.total_minor(), stage.row.currency),
        "{}",
        order.id
    );
    if let Some(shipping) = told.shipping {
        assert_eq!(shipping.minor, order.postage_minor);
    }
    let seconds = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| at.timestamp());
    assert_eq!(seconds(told.times.created_at), Some(order.created_at));
    assert_eq!(seconds(told.times.modified_at), Some(order.changed_at));
    if told.times.paid_at.is_some() {
        assert_eq!(seconds(told.times.paid_at), order.paid_at);
    }
    assert_eq!(told.lines.len(), order.lines.len());
    for (told, line) in told.lines.iter().zip(&order.lines) {
        assert_eq!(told.external_item_id.as_deref().unwrap_or_default(), line.item.to_string());
        if !line.specs.is_empty() {
            assert_eq!(told.external_sku_id.as_deref(), Some(line.variant.to_string().as_str()));
        }
        assert_eq!(told.sku_code.as_deref(), Some(line.code.as_str()));
        assert_eq!(told.quantity, line.quantity);
        assert!(told.title.starts_with(&line.title), "{}", told.title);
        assert!(told.unit_price.is_none_or(|price| price.minor == line.price_minor));
    }
    let paid: Option<i64> = told.lines.iter().map(|line| line.paid.map(|paid| paid.minor)).sum();
    assert!(paid.is_none_or(|paid| (paid - (order.total_minor() - order.postage_minor)).abs() <= 1), "{paid:?}");
    assert!(!format!("{:?}", told.receiver).contains(&order.receiver.phone), "a receiver is no text for a log");
    let place = |told: &Option<String>| told.clone().unwrap_or_default();
    assert!(place(&told.receiver.city).is_empty() || place(&told.receiver.city) == order.receiver.city);
    if stage.row.tells.parcels {
        let parcels: Vec<&str> = told.parcels.iter().map(|parcel| parcel.tracking_number.as_str()).collect();
        let sent: Vec<&str> = order.parcels.iter().map(|parcel| parcel.number.as_str()).collect();
        assert_eq!(parcels, sent, "{}", order.id);
    }
}

/// The states our words have for what is there; some platforms lock an order while a claim is open.
fn state_of(stage: &Stage, order: &StoreOrder) -> RemoteOrderState {
    match order.stage {
        OrderStage::Unpaid => RemoteOrderState::Unpaid,
        OrderStage::Cancelled => RemoteOrderState::Cancelled,
        OrderStage::Paid | OrderStage::PartShipped if order.held => RemoteOrderState::Held,
        OrderStage::Paid | OrderStage::PartShipped if order.refund == RefundStage::Asked => stage.row.tells.claimed,
        OrderStage::Paid => RemoteOrderState::PaidUnshipped,
        OrderStage::PartShipped => RemoteOrderState::PartShipped,
        OrderStage::Shipped => RemoteOrderState::Shipped,
        OrderStage::Done => RemoteOrderState::Done,
    }
}

pub async fn many_orders_are_read(stage: Stage) {
    let mut bought: Vec<String> = (0..120).map(|nth| buys(&stage, nth % 40, &Purchase::default())).collect();
    let (channel, _) = stage.authorised().await;
    let window = lately();
    let told = all(stage.engine.orders(&channel, &window, None).unwrap()).await;
    let mut told: Vec<String> = told.into_iter().map(|order| order.external_id).collect();
    told.sort_unstable();
    // A page may come twice where the platform is read backwards.
    told.dedup();
    bought.sort_unstable();
    assert_eq!(told, bought);
}

pub async fn a_parcel_is_told(stage: Stage) {
    let id = buys(&stage, 0, &Purchase::default());
    let unpaid = buys(&stage, 1, &Purchase { unpaid: true, ..Purchase::default() });
    let (channel, _) = stage.authorised().await;
    if !channel.connector().descriptor().capabilities.has(Capabilities::SHIP) {
        let refused = stage.engine.ship(&channel, &parcel(&stage, &channel, &id, "SF1").await).await.unwrap_err();
        assert_eq!(refused.class, ErrorClass::Unsupported);
        return;
    }
    let shipment = parcel(&stage, &channel, &id, "SF1234567890").await;
    stage.engine.ship(&channel, &shipment).await.unwrap();
    let order = stage.stores().order(&stage.store, &id).unwrap();
    assert_eq!(order.stage, OrderStage::Shipped);
    let sent: Vec<&str> = order.parcels.iter().map(|parcel| parcel.number.as_str()).collect();
    assert_eq!(sent, ["SF1234567890"]);
    let ids = [id.clone()];
    let told = all(stage.engine.orders_by_ids(&channel, &ids, None).unwrap()).await;
    compare(&stage, &told[0], &order);

    let again = stage.engine.ship(&channel, &parcel(&stage, &channel, &id, "SF99").await).await.unwrap_err();
    assert!(matches!(again.class, ErrorClass::Business | ErrorClass::Conflict | ErrorClass::BadRequest), "{again}");
    let early = stage.engine.ship(&channel, &parcel(&stage, &channel, &unpaid, "SF98").await).await.unwrap_err();
    assert!(!early.class.may_pass(), "{early}");
    assert_eq!(stage.stores().order(&stage.store, &id).unwrap().parcels.len(), 1);
    assert!(stage.stores().order(&stage.store, &unpaid).unwrap().parcels.is_empty());
}

/// The whole of an order in one parcel, with the first carrier that the platform knows.
async fn parcel(stage: &Stage, channel: &Channel, id: &str, number: &str) -> Shipment {
    let carriers = stage.engine.carriers(channel).await.unwrap_or_default();
    let ids = [id.to_owned()];
    let told = all(stage.engine.orders_by_ids(channel, &ids, None).unwrap()).await;
    let line = |line: &gateways::marketplaces::RemoteOrderLine| ShippedLine {
        line_key: line.line_key.clone(),
        quantity: line.quantity,
    };
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
