//! Sending an order.

use serde_json::{Value, json};

use super::super::{Refusal, Reply};
use super::{HERE, StoreCall};
use crate::stores::{Carrier, ParcelNote, ParcelRefused};

/// Parameters of a parcel.
pub(super) const SEND: &[&str] = &["order_sn", "logistics_id", "tracking_number", "redelivery_type"];

/// `pdd.logistics.companies.get`.
pub(super) fn companies(_: &StoreCall<'_>) -> Reply {
    let row = |carrier: &Carrier| -> Value {
        json!({"id": carrier.number, "code": carrier.code, "logistics_company": carrier.name, "available": 1})
    };
    let gone = json!({"id": 3, "code": "OLD", "logistics_company": "已停用快递", "available": 0});
    let rows: Vec<Value> = HERE.carriers().iter().map(row).chain([gone]).collect();
    Ok(json!({"logistics_companies": rows}))
}

/// `pdd.logistics.online.send`: one parcel an order; a second first one is refused.
pub(super) fn send(call: &StoreCall<'_>) -> Reply {
    let params = call.call.params;
    let (order, number) = (params.needed("order_sn")?, params.needed("tracking_number")?);
    let carrier = call.needed_integer("logistics_id")?.to_string();
    let corrects = call.integer("redelivery_type", 1, 1, 2)? == 2;
    if HERE.carrier_by_number(&carrier).is_none() {
        return Err(Refusal(50_001, "快递公司不存在".to_owned()));
    }
    let note = ParcelNote { carrier: &carrier, number, lines: None, corrects };
    call.call.state.store_ships(&call.store, order, &note).map_err(|refused| {
        let words = match refused {
            ParcelRefused::NoOrder => "订单不存在",
            ParcelRefused::NoNumber => "运单号不能为空",
            ParcelRefused::NotPaid | ParcelRefused::Ended => "订单状态不允许发货",
            ParcelRefused::Held => "订单处于风控审核中，不允许发货",
            ParcelRefused::Refunding => "订单正在售后中，不允许发货",
            ParcelRefused::AlreadySent => "订单已发货，请勿重复发货",
            ParcelRefused::NothingToCorrect => "订单未发货，不能修改运单",
            ParcelRefused::NoSuchLine | ParcelRefused::TooMany => "发货商品有误",
        };
        Refusal(50_001, words.to_owned())
    })?;
    super::succeeded()
}
