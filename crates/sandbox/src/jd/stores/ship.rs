//! Sending an order.

use serde::Deserialize;
use serde_json::{Value, json};

use super::orders::failure;
use super::{HERE, Reply, StoreCall};
use crate::stores::{ParcelNote, ParcelRefused};

/// `jingdong.get.vender.carrier`.
pub(super) fn carriers(call: &StoreCall<'_>) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    let Nothing {} = call.parameters()?;
    let rows: Vec<Value> = HERE
        .carriers()
        .iter()
        .map(|carrier| json!({"id": carrier.number, "name": carrier.name, "remark": ""}))
        .collect();
    Ok(json!({"getVenderCarrierResult": rows}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Send {
    order_id: u64,
    /// The spelling is the platform's.
    logi_copr_id: u64,
    logi_no: String,
    install_id: Option<u64>,
}

/// `jingdong.pop.order.shipment`: the order in one parcel.
pub(super) fn send(call: &StoreCall<'_>) -> Reply {
    let asked: Send = call.parameters()?;
    let (carrier, order) = (asked.logi_copr_id.to_string(), asked.order_id.to_string());
    let installed = call.read(|store| store.setting("install_id").to_owned())?;
    let foreign = asked.install_id.is_some_and(|given| given.to_string() != installed);
    let result = if HERE.carrier_by_number(&carrier).is_none() || foreign {
        failure("10400010", "物流公司不存在")
    } else {
        let note = ParcelNote { carrier: &carrier, number: &asked.logi_no, lines: None, corrects: false };
        match call.state.store_ships(&call.store, &order, &note) {
            Ok(()) => json!({"success": true, "englishErrCode": "success", "chineseErrCode": "成功", "numberCode": 0}),
            Err(refused) => told(refused),
        }
    };
    Ok(json!({"sopjosshipment_result": result}))
}

fn told(refused: ParcelRefused) -> Value {
    match refused {
        ParcelRefused::NoOrder => failure("10400001", "订单不存在"),
        ParcelRefused::NoNumber => failure("10400009", "运单号不能为空"),
        ParcelRefused::AlreadySent => failure("10400002", "订单已出库，不能重复出库"),
        ParcelRefused::Held | ParcelRefused::Refunding => failure("10400003", "订单已锁定，不能出库"),
        ParcelRefused::NotPaid
        | ParcelRefused::Ended
        | ParcelRefused::NothingToCorrect
        | ParcelRefused::NoSuchLine
        | ParcelRefused::TooMany => failure("10400004", "订单状态不能出库"),
    }
}
