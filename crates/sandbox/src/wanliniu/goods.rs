//! Goods with their variants.

use serde_json::{Value, json};

use super::{Call, Reply};
use crate::rest::amount::number;
use crate::stores::{Store, StoreItem, StoreVariant};

/// What the list takes.
pub(super) const PARAMETERS: &[&str] = &["page", "limit", "modify_time", "end_time", "goods_code"];

/// `goodswithspeclist`.
pub(super) fn list(call: &Call<'_>) -> Reply {
    let (from, until) = (call.moment("modify_time")?, call.moment("end_time")?);
    let code = call.fields.text("goods_code");
    let world = call.state.world();
    let store = call.store(&world)?;
    let fits =
        |item: &&StoreItem| item.changed_within(from, until) && code.is_none_or(|code| code == item.number.to_string());
    let shown = call.paged(store.shelf.all().filter(fits).collect(), 200)?;
    Ok(shown.into_iter().map(|item| row(call, store, item)).collect())
}

fn row(call: &Call<'_>, store: &Store, item: &StoreItem) -> Value {
    let picture = item.pictures.first().map(|number| call.state.photograph_url(*number));
    let specs: Vec<Value> = item.variants.iter().map(|one| spec(store, one)).collect();
    json!({"goods_code": item.number.to_string(), "goods_name": item.title, "pic": picture,
        "status": if item.on_sale { 1 } else { 0 }, "catagory_name": item.category, "specs": specs})
}

fn spec(store: &Store, one: &StoreVariant) -> Value {
    let value = |place: usize| one.specs.get(place).map(|(_, value)| value.as_str());
    json!({"spec_code": one.code, "spec1": value(0), "spec2": value(1), "bar_code": one.barcode,
        "sale_price": number(one.price_minor, &store.currency), "sys_spec_uid": format!("{:X}", one.number)})
}
