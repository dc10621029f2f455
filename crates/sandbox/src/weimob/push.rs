//! Messages to the application. How they are signed is unconfirmed; they carry a value all the same.

use serde_json::json;

use super::HERE;
use crate::crypto;
use crate::pay::SignedNotice;
use crate::state::SandboxState;
use crate::stores::{Happening, Hook, StoreEvent};

/// The message that tells of `event`, with its topic; nothing where the platform is silent.
pub(crate) fn message(state: &SandboxState, hook: &Hook, event: &StoreEvent) -> Option<(String, SignedNotice)> {
    let (topic, what) = match event.what {
        Happening::OrderPlaced => ("weimob_shop.order", "create"),
        Happening::OrderPaid
        | Happening::OrderSent
        | Happening::OrderDone
        | Happening::OrderCancelled
        | Happening::OrderChanged => ("weimob_shop.order", "statusUpdate"),
        Happening::RefundAsked => ("weimob_shop.rights", "create"),
        Happening::ItemChanged => ("weimob_shop.goods", "update"),
        Happening::StockChanged => ("weimob_shop.goods", "stockUpdate"),
        Happening::Uninstalled => return None,
    };
    let app = state.keys().stores.on(HERE)?;
    let id = format!("wm{:012}", state.world().next_number());
    let number = event.number.parse::<u64>().ok();
    let bos = event.store.seller.parse::<u64>().ok();
    let about = match topic {
        "weimob_shop.goods" => json!({"goodsId": number, "bosId": bos}),
        _ => json!({"orderNo": number, "bosId": bos}),
    };
    let about = about.to_string();
    let sign = crypto::md5_hex([app.id.as_str(), &id, &about, app.secret.as_str()].concat().as_bytes());
    let body = json!({"id": id, "topic": topic, "event": what, "sign": sign, "msgBody": about});
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    let notice = SignedNotice { url: hook.address.clone(), headers, body: body.to_string().into_bytes() };
    Some((format!("{topic}/{what}"), notice))
}
