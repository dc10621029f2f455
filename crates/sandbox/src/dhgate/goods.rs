//! Items and their variants.

use serde_json::{Value, json};

use super::door::paged;
use super::{Call, Refusal, Reply};
use crate::clock::beijing_text;
use crate::json::joined;
use crate::rest::amount::number;
use crate::stores::StoreItem;

/// `dh.item.list`.
pub(super) fn list(call: &Call<'_>) -> Reply {
    let on_sale = match call.needed("state")? {
        "100100" => true,
        "100101" => false,
        _ => return Err(Refusal::parameter("state")),
    };
    let (from, until) = (call.moment("operateDateStart")?, call.moment("operateDateEnd")?);
    if until < from {
        return Err(Refusal::parameter("operateDateEnd"));
    }
    let (at, size) = (call.number("pages", 1, 1, 1_000_000)?, call.number("pageSize", 20, 1, 100)?);
    let world = call.state.world();
    let store = call.store(&world)?;
    let fits = |item: &&StoreItem| item.on_sale == on_sale && (from..=until).contains(&item.changed_at);
    let (shown, counts) = paged(store.shelf.all().filter(fits).collect(), at, size);
    let rows: Vec<Value> = shown.into_iter().map(|item| row(call, item)).collect();
    Ok(joined(counts, json!({"itemList": rows})))
}

fn row(call: &Call<'_>, item: &StoreItem) -> Value {
    let picture = item.pictures.first().map(|number| call.state.photograph_url(*number));
    json!({"itemCode": item.number, "itemName": item.title, "itemImgUrl": picture,
        "state": if item.on_sale { "100100" } else { "100101" }, "operateDate": beijing_text(item.changed_at)})
}

fn with_item<T>(call: &Call<'_>, read: impl FnOnce(&StoreItem) -> T) -> Result<T, Refusal> {
    let number: u64 = call.needed("itemCode")?.parse().map_err(|_| Refusal::parameter("itemCode"))?;
    let world = call.state.world();
    let item = call.store(&world)?.shelf.item(number);
    let gone = || Refusal::Method("201", "item does not exist".to_owned(), "check itemCode".to_owned());
    Ok(read(item.ok_or_else(gone)?))
}

/// `dh.item.get`.
pub(super) fn one(call: &Call<'_>) -> Reply {
    with_item(call, |item| row(call, item))
}

/// `dh.item.sku.list`.
pub(super) fn skus(call: &Call<'_>) -> Reply {
    with_item(call, |item| {
        let rows = item.variants.iter().map(|variant| {
            let place = json!({"inventoryLocation": "CN", "skuInventoryQty": variant.quantity,
                "saleStatus": if variant.on_sale { 1 } else { 0 }});
            json!({"itemCode": item.number, "skuId": variant.number, "skuCode": variant.code,
                "retailPrice": number(variant.price_minor, "USD"), "inventory": variant.quantity,
                "itemSkuInvenList": [place]})
        });
        json!({"itemSkuList": rows.collect::<Vec<_>>()})
    })
}
