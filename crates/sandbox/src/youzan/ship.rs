//! Sending an order, whole or by lines.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, HERE, Refusal, Reply};
use crate::stores::{ParcelNote, ParcelRefused, StoreOrderLine};

/// `youzan.logistics.express.get`.
pub(super) fn companies(call: &Call<'_>) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    let Nothing {} = call.parameters()?;
    let row = |carrier: &crate::stores::Carrier| json!({"id": carrier.number, "name": carrier.name, "display": 1});
    Ok(json!({"allExpress": HERE.carriers().iter().map(row).collect::<Vec<Value>>()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    tid: String,
    oids: Option<String>,
    is_no_express: i64,
    out_stype: Option<u64>,
    out_sid: Option<String>,
    #[serde(rename = "outer_sender.sender_mobile")]
    sender_mobile: Option<String>,
}

/// `youzan.logistics.online.confirm`.
pub(super) fn confirm(call: &Call<'_>) -> Reply {
    let asked: Confirm = call.parameters()?;
    let bad = || Refusal::service(105_000_003, "参数错误");
    // Without express nothing is carried; it is not played.
    if asked.is_no_express != 0 || asked.sender_mobile.is_some() {
        return Err(bad());
    }
    let carrier = asked.out_stype.ok_or_else(bad)?.to_string();
    if HERE.carrier_by_number(&carrier).is_none() {
        return Err(Refusal::service(105_000_003, "快递公司不存在"));
    }
    let lines = asked.oids.as_ref().map(|oids| lines(call, &asked.tid, oids)).transpose()?;
    let number = asked.out_sid.as_deref().unwrap_or_default();
    let note = ParcelNote { carrier: &carrier, number, lines: lines.as_deref(), corrects: false };
    call.state.store_ships(&call.store, &asked.tid, &note).map_err(refusal)?;
    Ok(json!({"is_success": true}))
}

/// The lines that `oids` names, each whole.
fn lines(call: &Call<'_>, order: &str, oids: &str) -> Result<Vec<(u64, i64)>, Refusal> {
    call.read(|store| {
        let order = store.orders.get(order).ok_or_else(|| refusal(ParcelRefused::NoOrder))?;
        let whole = |line: &StoreOrderLine| (line.key, line.quantity - line.shipped);
        let line = |key: &str| order.lines.iter().find(|line| line.key.to_string() == key).map(whole);
        let found: Option<Vec<_>> = oids.split(',').map(line).collect();
        found.ok_or_else(|| refusal(ParcelRefused::NoSuchLine))
    })?
}

fn refusal(refused: ParcelRefused) -> Refusal {
    match refused {
        ParcelRefused::NoOrder => Refusal::service(102_570_007, "订单不存在"),
        ParcelRefused::NoNumber | ParcelRefused::NoSuchLine => Refusal::service(105_000_003, "参数错误"),
        ParcelRefused::AlreadySent | ParcelRefused::TooMany => Refusal::service(102_570_020, "商品已发货"),
        ParcelRefused::NotPaid
        | ParcelRefused::Held
        | ParcelRefused::Refunding
        | ParcelRefused::Ended
        | ParcelRefused::NothingToCorrect => Refusal::service(102_510_001, "订单状态不允许发货"),
    }
}
