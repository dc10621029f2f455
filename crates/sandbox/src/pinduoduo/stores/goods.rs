//! A store's goods and their stock.

use serde_json::{Value, json};

use super::super::{Refusal, Reply};
use super::{StoreCall, wrong};
use crate::state::SandboxState;
use crate::stores::{StockRefused, StoreItem, StoreVariant, major, page};

/// Parameters of the list.
pub(super) const LIST: &[&str] = &["page", "page_size", "is_onsale", "outer_id", "goods_name"];

/// Parameters of a change of stock.
pub(super) const QUANTITY: &[&str] = &["goods_id", "sku_id", "outer_id", "quantity", "update_type"];

/// The price of one buyer alone, above that of a group.
const ALONE_PERCENT: i64 = 110;

/// `pdd.goods.list.get`: no prices here.
pub(super) fn list(call: &StoreCall<'_>) -> Reply {
    let (number, size) = call.page(1, 100)?;
    let on_sale = match call.call.params.integer("is_onsale")? {
        None => None,
        Some(0) => Some(false),
        Some(1) => Some(true),
        Some(_) => return Err(wrong("is_onsale")),
    };
    let code = call.call.params.text("outer_id");
    let name = call.call.params.text("goods_name");
    // One filter counts, in this order.
    let wanted = |item: &&StoreItem| match (on_sale, code, name) {
        (Some(on_sale), _, _) => item.on_sale == on_sale,
        (None, Some(code), _) => item.variants.iter().any(|variant| variant.code == code),
        (None, None, Some(name)) => item.title.contains(name),
        (None, None, None) => true,
    };
    call.read(|store| {
        let (rows, total) = page(store.shelf.all().filter(wanted).collect(), number, size);
        let rows: Vec<Value> = rows.into_iter().map(|item| listed(call.call.state, item)).collect();
        json!({"total_count": total, "goods_list": rows})
    })
}

fn listed(state: &SandboxState, item: &StoreItem) -> Value {
    json!({
        "goods_id": item.number, "goods_name": item.title,
        "image_url": picture(state, item), "thumb_url": picture(state, item),
        "is_more_sku": i32::from(item.variants.len() > 1), "is_onsale": i32::from(item.on_sale),
        "goods_quantity": item.quantity(), "goods_reserve_quantity": 0,
        "sku_list": item.variants.iter().map(|variant| sku(item, variant)).collect::<Vec<_>>(),
    })
}

fn sku(item: &StoreItem, variant: &StoreVariant) -> Value {
    json!({
        "sku_id": variant.number, "spec": spec(variant), "sku_quantity": variant.quantity,
        "outer_id": variant.code, "outer_goods_id": format!("G{}", item.number),
        "is_sku_onsale": i32::from(variant.on_sale), "reserve_quantity": 0,
    })
}

/// The values alone: the platform does not name its dimensions here.
fn spec(variant: &StoreVariant) -> String {
    variant.specs.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(",")
}

fn picture(state: &SandboxState, item: &StoreItem) -> String {
    item.pictures.first().map_or(String::new(), |number| state.photograph_url(*number))
}

/// The item that `goods_id` names.
fn asked(call: &StoreCall<'_>) -> Result<u64, Refusal> {
    u64::try_from(call.needed_integer("goods_id")?).map_err(|_| wrong("goods_id"))
}

fn gone() -> Refusal {
    Refusal(50_001, "商品不存在".to_owned())
}

/// `pdd.goods.information.get`: prices are texts in yuan.
pub(super) fn information(call: &StoreCall<'_>) -> Reply {
    let number = asked(call)?;
    let state = call.call.state;
    let found = call.read(|store| {
        let item = store.shelf.item(number)?;
        let priced = |variant: &StoreVariant| {
            crate::json::joined(
                sku(item, variant),
                json!({
                    "group_price": major(variant.price_minor, "CNY"),
                    "single_price": major(variant.price_minor * ALONE_PERCENT / 100, "CNY"), "sku_img": "",
                }),
            )
        };
        Some(json!({"goods_info": {
            "goods_id": item.number, "goods_sn": "", "goods_name": item.title, "goods_type": 1,
            "cat_id": item.category_id, "image_url": picture(state, item), "is_onsale": i32::from(item.on_sale),
            "goods_quantity": item.quantity(), "sku_list": item.variants.iter().map(priced).collect::<Vec<_>>(),
        }}))
    })?;
    found.ok_or_else(gone)
}

/// `pdd.goods.detail.get`: prices are integers in fen.
pub(super) fn detail(call: &StoreCall<'_>) -> Reply {
    let number = asked(call)?;
    let state = call.call.state;
    let found = call.read(|store| {
        let item = store.shelf.item(number)?;
        let pictures: Vec<String> = item.pictures.iter().map(|number| state.photograph_url(*number)).collect();
        let status = if item.on_sale { if item.quantity() > 0 { 1 } else { 3 } } else { 2 };
        let row = |variant: &StoreVariant| {
            let specs: Vec<Value> =
                variant.specs.iter().map(|(name, value)| json!({"parent_name": name, "spec_name": value})).collect();
            json!({
                "sku_id": variant.number, "multi_price": variant.price_minor,
                "price": variant.price_minor * ALONE_PERCENT / 100, "quantity": variant.quantity, "spec": specs,
                "weight": 1_000, "out_sku_sn": variant.code, "is_onsale": i32::from(variant.on_sale),
            })
        };
        Some(json!({
            "goods_id": item.number, "goods_name": item.title, "cat_id": item.category_id, "status": status,
            "carousel_gallery_list": pictures, "sku_list": item.variants.iter().map(row).collect::<Vec<_>>(),
        }))
    })?;
    found.ok_or_else(gone)
}

/// `pdd.goods.quantity.update`.
pub(super) fn quantity(call: &StoreCall<'_>) -> Reply {
    let (number, quantity) = (asked(call)?, call.needed_integer("quantity")?);
    let full = match call.integer("update_type", 1, 1, 2)? {
        1 if quantity < 0 => return Err(wrong("quantity")),
        kind => kind == 1,
    };
    let sku = call.call.params.integer("sku_id")?;
    let code = call.call.params.text("outer_id");
    let variant = call.read(|store| {
        let item = store.shelf.item(number).ok_or_else(gone)?;
        let mut fitting = item.variants.iter().filter(|variant| match (sku, code) {
            (Some(sku), _) => u64::try_from(sku) == Ok(variant.number),
            (None, Some(code)) => variant.code == code,
            (None, None) => true,
        });
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only.number),
            (None, _) => Err(Refusal(50_001, "sku不存在".to_owned())),
            (Some(_), Some(_)) => Err(Refusal(50_001, "sku不唯一，请指定sku_id".to_owned())),
        }
    })??;
    match call.call.state.store_stocks(&call.store, variant, quantity, full) {
        Ok(_) => super::succeeded(),
        Err(StockRefused::NoVariant) => Err(gone()),
        Err(StockRefused::Negative) => Err(Refusal(50_001, "库存不能小于0".to_owned())),
    }
}
