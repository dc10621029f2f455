//! Parcels, and the ways of shipping.

use serde_json::{Value, json};

use super::{Call, Refusal, Reply};
use crate::stores::{ParcelNote, StorePlatform};

/// `dh.order.delivery.save`.
pub(super) fn save(call: &Call<'_>) -> Reply {
    let id = call.needed("orderNo")?;
    let number = call.needed("deliveryNo")?;
    let way = call.needed("shippingType")?;
    let carrier = StorePlatform::Dhgate.carriers().iter().find(|carrier| carrier.code == way);
    let carrier = carrier.ok_or_else(|| Refusal::parameter("shippingType"))?;
    let part = match call.needed("deliveryState")? {
        "1" => None,
        "2" => first_piece(call, id)?,
        _ => return Err(Refusal::parameter("deliveryState")),
    };
    let lines = part.as_ref().map(std::slice::from_ref);
    let note = ParcelNote { carrier: carrier.code, number, lines, corrects: false };
    let refused =
        |_| Refusal::Method("302", "order cannot be sent in its status".to_owned(), "check orderStatus".to_owned());
    call.state.store_ships(&call.of, id, &note).map_err(refused)?;
    Ok(json!({"result": true}))
}

/// A part names no lines: one piece of the first that is left, unless it would be the last.
fn first_piece(call: &Call<'_>, id: &str) -> Result<Option<(u64, i64)>, Refusal> {
    let world = call.state.world();
    let Some(order) = call.store(&world)?.orders.get(id) else { return Ok(None) };
    let left: i64 = order.lines.iter().map(|line| line.quantity - line.shipped).sum();
    let line = order.lines.iter().find(|line| line.shipped < line.quantity);
    Ok(line.filter(|_| left > 1).map(|line| (line.key, 1)))
}

/// `dh.shipping.typelist`.
pub(super) fn types(_: &Call<'_>) -> Reply {
    let row = |carrier: &crate::stores::Carrier| json!({"shippingType": carrier.code, "name": carrier.name});
    let rows: Vec<Value> = StorePlatform::Dhgate.carriers().iter().map(row).collect();
    Ok(json!({"shippingTypeList": rows}))
}
