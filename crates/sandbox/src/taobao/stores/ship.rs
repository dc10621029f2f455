//! Sending an order, whole or by lines.

use serde_json::{Value, json};

use super::super::{Refusal, Reply};
use super::{HERE, StoreCall};
use crate::stores::{ParcelNote, ParcelRefused, StoreOrderLine};

/// Parameters of a parcel.
pub(super) const SEND: &[&str] =
    &["tid", "company_code", "out_sid", "is_split", "sub_tid", "sender_id", "cancel_id", "feature", "seller_ip"];

/// `taobao.logistics.companies.get`.
pub(super) fn companies(call: &StoreCall<'_>) -> Reply {
    let fields = call.fields(&["id", "code", "name", "reg_mail_no"], &[])?;
    let rows: Vec<Value> = HERE
        .carriers()
        .iter()
        .map(|carrier| json!({"id": carrier.number, "code": carrier.code, "name": carrier.name, "reg_mail_no": ""}))
        .map(|row| fields.of(row))
        .collect();
    Ok(json!({"logistics_companies": {"logistics_company": rows}}))
}

/// `taobao.logistics.offline.send`.
pub(super) fn send(call: &StoreCall<'_>) -> Reply {
    let (order, number) = (call.needed("tid")?, call.needed("out_sid")?);
    let code = call.needed("company_code")?;
    let carrier = HERE.carrier_by_code(code);
    let carrier = carrier.ok_or_else(|| Refusal::remote("isv.logistics-company-not-exist", "物流公司不存在"))?;
    let split = match call.call.integer("is_split", 0, 0, 1)? {
        0 if call.call.params.text("sub_tid").is_some() => return Err(Refusal::wrong("sub_tid")),
        0 => None,
        _ => Some(lines(call, order)?),
    };
    let note = ParcelNote { carrier: carrier.name, number, lines: split.as_deref(), corrects: false };
    call.call.state.store_ships(&call.store, order, &note).map_err(refusal)?;
    Ok(json!({"shipping": {"is_success": true}}))
}

/// The lines that `sub_tid` names, each whole.
fn lines(call: &StoreCall<'_>, order: &str) -> Result<Vec<(u64, i64)>, Refusal> {
    let wanted: Vec<&str> = call.needed("sub_tid")?.split(',').collect();
    call.read(|store| {
        let order = store.orders.get(order).ok_or_else(|| refusal(ParcelRefused::NoOrder))?;
        let whole = |line: &StoreOrderLine| (line.key, line.quantity - line.shipped);
        let line = |key: &&str| order.lines.iter().find(|line| line.key.to_string() == **key).map(whole);
        let found: Option<Vec<_>> = wanted.iter().map(line).collect();
        found.ok_or_else(|| refusal(ParcelRefused::NoSuchLine))
    })?
}

fn refusal(refused: ParcelRefused) -> Refusal {
    let (code, words) = match refused {
        ParcelRefused::NoOrder => ("isv.logistics-offline-service-error:P38", "订单不存在"),
        ParcelRefused::NoNumber => ("isv.logistics-offline-service-error:B04", "运单号不能为空"),
        ParcelRefused::AlreadySent | ParcelRefused::TooMany => {
            ("isv.logistics-offline-service-error:B150", "发货异常，订单已经发货")
        }
        ParcelRefused::NoSuchLine => ("isv.logistics-offline-service-error:P16", "子订单不存在"),
        ParcelRefused::NotPaid
        | ParcelRefused::Held
        | ParcelRefused::Refunding
        | ParcelRefused::Ended
        | ParcelRefused::NothingToCorrect => ("isv.logistics-offline-service-error:B27", "订单状态不允许发货"),
    };
    Refusal::remote(code, words)
}
