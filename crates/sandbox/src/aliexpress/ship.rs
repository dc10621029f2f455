//! Parcels, and the services that the platform knows.

use serde_json::{Value, json};

use super::{Answer, Call, Refusal, list as wrapped};
use crate::stores::{ParcelNote, ParcelRefused, StorePlatform};

/// Parameters of `aliexpress.solution.order.fulfill`.
pub(super) const FULFILL: &[&str] =
    &["out_ref", "send_type", "logistics_no", "service_name", "tracking_website", "description"];

/// `aliexpress.solution.order.fulfill`.
pub(super) fn fulfill(call: &Call<'_>) -> Result<Answer, Refusal> {
    let order = call.needed("out_ref")?;
    let service = call.needed("service_name")?;
    let number = call.needed("logistics_no")?;
    let whole = match call.needed("send_type")? {
        "all" => true,
        "part" => false,
        _ => return Err(Refusal::parameter("send_type")),
    };
    if StorePlatform::Aliexpress.carriers().iter().all(|carrier| carrier.code != service) {
        return Ok(refused("SERVICE_NAME_INVALID", "The logistics service does not exist"));
    }
    // A part names no lines; the platform only takes note that more will come.
    let part = if whole { None } else { first_piece(call, order)? };
    let note = ParcelNote { carrier: service, number, lines: part.as_ref().map(std::slice::from_ref), corrects: false };
    Ok(match call.state.store_ships(&call.of, order, &note) {
        Ok(()) => Answer::Wrapped(json!({"result_success": true})),
        Err(ParcelRefused::NoOrder) => refused("ORDER_NOT_EXIST", "The order does not exist"),
        Err(ParcelRefused::Held) => refused("ORDER_RISK_CONTROL", "The order is under risk control"),
        Err(_) => refused("ORDER_STATUS_INVALID", "The order cannot be sent in its status"),
    })
}

/// One piece of the first line that is left, unless it would be the last one.
fn first_piece(call: &Call<'_>, order: &str) -> Result<Option<(u64, i64)>, Refusal> {
    let world = call.state.world();
    let Some(order) = call.store(&world)?.orders.get(order) else { return Ok(None) };
    let left: i64 = order.lines.iter().map(|line| line.quantity - line.shipped).sum();
    let line = order.lines.iter().find(|line| line.shipped < line.quantity);
    Ok(line.filter(|_| left > 1).map(|line| (line.key, 1)))
}

fn refused(code: &str, words: &str) -> Answer {
    Answer::Wrapped(json!({"result_success": false, "result_error_code": code, "result_error_desc": words}))
}

/// `aliexpress.logistics.redefining.listlogisticsservice`.
pub(super) fn services(_: &Call<'_>) -> Result<Answer, Refusal> {
    let row = |carrier: &crate::stores::Carrier| {
        json!({"service_name": carrier.code, "display_name": carrier.name, "logistics_company": carrier.code,
            "min_process_day": 1, "max_process_day": 5, "tracking_no_regex": "^[A-Z0-9]{6,20}$"})
    };
    let rows: Vec<Value> = StorePlatform::Aliexpress.carriers().iter().map(row).collect();
    Ok(Answer::Bare(json!({"result_success": true, "result_list": wrapped("aeop_logistics_service_result", rows)})))
}
