//! Messages to the application: what happened to an order or an item.

use serde_json::json;

use super::{HERE, trades};
use crate::crypto;
use crate::pay::SignedNotice;
use crate::state::SandboxState;
use crate::stores::{Happening, Hook, StoreEvent};

/// The message that tells of `event`, with its topic; nothing where the platform is silent.
pub(crate) fn message(state: &SandboxState, hook: &Hook, event: &StoreEvent) -> Option<(String, SignedNotice)> {
    let topic = match event.what {
        Happening::OrderPlaced => "trade_TradeCreate",
        Happening::OrderPaid => "trade_TradeBuyerPay",
        Happening::OrderSent => "trade_TradeSellerShip",
        Happening::OrderDone => "trade_TradeSuccess",
        Happening::OrderCancelled => "trade_TradeClose",
        Happening::RefundAsked => "trade_refund_BuyerCreated",
        Happening::ItemChanged => "ITEM_STATE",
        Happening::StockChanged => "youzan_item_SkuStockChanged",
        Happening::OrderChanged | Happening::Uninstalled => return None,
    };
    let app = state.keys().stores.on(HERE)?;
    let (status, version, message_id) = {
        let mut world = state.world();
        let number = world.next_number();
        let order = world.stores.store(&event.store)?.orders.get(&event.number);
        let status = order.map_or("", trades::status_of);
        (status, number, format!("{number:08}-0000-4812-b635-a6be199f3300"))
    };
    let about = match event.what {
        Happening::ItemChanged | Happening::StockChanged => json!({"item_id": event.number.parse::<u64>().ok()}),
        _ => json!({"tid": event.number, "status": status}),
    };
    let encoded: String = url::form_urlencoded::byte_serialize(about.to_string().as_bytes()).collect();
    let body = json!({
        "client_id": app.id, "kdt_id": event.store.seller.parse::<u64>().ok(), "id": event.number, "type": topic,
        "status": status, "msg": encoded, "msg_id": message_id, "version": version, "sendCount": 1, "mode": 1,
        "test": false,
    });
    let body = body.to_string().into_bytes();
    let whole = [app.id.as_bytes(), &body, app.secret.as_bytes()].concat();
    let headers = [
        ("Content-Type", "application/json".to_owned()),
        ("Event-Sign", crypto::md5_hex(&whole)),
        ("Event-Type", topic.to_owned()),
        ("Client-Id", app.id.clone()),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Some((topic.to_owned(), SignedNotice { url: hook.address.clone(), headers, body }))
}
