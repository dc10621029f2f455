//! Goods and their stock. Prices are fen here.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Refusal, Reply};
use crate::clock::beijing_text;
use crate::crypto;
use crate::state::SandboxState;
use crate::stores::{StockRefused, StoreItem, StoreVariant, page};

/// The list shows fewer goods than this: whoever has more asks by times of change.
const DEEPEST: usize = 4_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    page_no: usize,
    page_size: usize,
    update_time_start: Option<i64>,
    update_time_end: Option<i64>,
    order_by: Option<String>,
    channel: Option<i64>,
    q: Option<String>,
}

/// `youzan.items.onsale.get`.
pub(super) fn on_sale(call: &Call<'_>) -> Reply {
    listing(call, true)
}

/// `youzan.items.inventory.get`.
pub(super) fn off_sale(call: &Call<'_>) -> Reply {
    listing(call, false)
}

fn listing(call: &Call<'_>, on_sale: bool) -> Reply {
    let asked: Listing = call.parameters()?;
    let fits = (1..=100).contains(&asked.page_no) && (1..200).contains(&asked.page_size);
    if !fits || asked.page_no.saturating_mul(asked.page_size) >= DEEPEST {
        return Err(Refusal::service(105_000_003, "分页参数超出限制"));
    }
    if asked.channel.is_some_and(|channel| channel != 0) || asked.order_by.is_some() {
        return Err(Refusal::service(105_000_003, "参数不支持"));
    }
    // Milliseconds, both ends included.
    let until = asked.update_time_end.map(|ms| ms.div_euclid(1_000));
    let from = asked.update_time_start.map(|ms| ms.div_euclid(1_000) + i64::from(ms.rem_euclid(1_000) > 0));
    call.read(|store| {
        let wanted = |item: &&StoreItem| {
            item.on_sale == on_sale
                && item.changed_within(from, until)
                && asked.q.as_ref().is_none_or(|words| item.title.contains(words))
        };
        // The newest first.
        let (rows, total) = page(store.shelf.all().rev().filter(wanted).collect(), asked.page_no, asked.page_size);
        let rows: Vec<Value> = rows.into_iter().map(|item| listed(call.state, item)).collect();
        json!({"count": total, "items": rows})
    })
}

fn listed(state: &SandboxState, item: &StoreItem) -> Value {
    let alias = crypto::sha256_hex(&format!("youzan/{}", item.number));
    let alias = alias.get(..15).unwrap_or_default();
    json!({
        "item_id": item.number, "alias": alias, "title": item.title, "price": item.prices().0,
        "quantity": item.quantity(), "item_no": code_of(item), "image": picture(state, item),
        "created_time": beijing_text(item.created_at), "update_time": beijing_text(item.changed_at),
        "detail_url": format!("https://h5.youzan.com/v2/goods/{alias}"), "post_fee": 0, "item_type": 0,
    })
}

/// The item's own code: that of its only variant.
fn code_of(item: &StoreItem) -> String {
    let only = item.variants.first().filter(|_| !item.has_choices());
    only.map_or_else(|| format!("G{}", item.number), |variant| variant.code.clone())
}

fn picture(state: &SandboxState, item: &StoreItem) -> String {
    item.pictures.first().map_or(String::new(), |number| state.photograph_url(*number))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    item_id: u64,
}

fn gone() -> Refusal {
    Refusal::service(123_005_001, "商品不存在")
}

/// `youzan.item.detail.get`.
pub(super) fn detail(call: &Call<'_>) -> Reply {
    let asked: One = call.parameters()?;
    call.read(|store| {
        let item = store.shelf.item(asked.item_id).ok_or_else(gone)?;
        let images: Vec<Value> = item
            .pictures
            .iter()
            .map(|number| json!({"id": number, "url": call.state.photograph_url(*number)}))
            .collect();
        let skus: Vec<Value> = item.variants.iter().filter(|_| item.has_choices()).map(sku).collect();
        Ok(json!({
            "item_id": item.number, "title": item.title, "price": item.prices().0, "quantity": item.quantity(),
            "item_no": code_of(item), "is_listing": item.on_sale, "item_imgs": images, "sku_list": skus,
            "created_time": beijing_text(item.created_at), "update_time": beijing_text(item.changed_at),
        }))
    })?
}

fn sku(variant: &StoreVariant) -> Value {
    let property = |((name, value), place): (&(String, String), u64)| json!({"kid": place, "vid": variant.number % 100_000, "k": name, "v": value});
    let properties: Vec<Value> = variant.specs.iter().zip(1..).map(property).collect();
    json!({
        "sku_id": variant.number, "price": variant.price_minor, "quantity": variant.quantity, "sku_no": variant.code,
        "sku_barcode": variant.barcode, "properties_name_json": Value::Array(properties).to_string(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quantity {
    item_id: u64,
    sku_id: Option<u64>,
    quantity: i64,
    #[serde(rename = "type")]
    kind: i64,
}

/// `youzan.item.quantity.update`: 0 sets, 1 adds.
pub(super) fn quantity(call: &Call<'_>) -> Reply {
    let asked: Quantity = call.parameters()?;
    if !matches!(asked.kind, 0 | 1) {
        return Err(Refusal::Gateway(5001, "参数类型错误"));
    }
    let variant = call.read(|store| {
        let item = store.shelf.item(asked.item_id).ok_or_else(gone)?;
        let fits = |variant: &&StoreVariant| match asked.sku_id {
            Some(0) | None => !item.has_choices(),
            Some(sku) => variant.number == sku && item.has_choices(),
        };
        let found = item.variants.iter().find(fits).map(|variant| variant.number);
        found.ok_or_else(|| Refusal::service(123_004_002, "SKU不存在"))
    })??;
    let set = call.state.store_stocks(&call.store, variant, asked.quantity, asked.kind == 0);
    set.map_err(|refused| match refused {
        StockRefused::NoVariant => gone(),
        StockRefused::Negative => Refusal::service(105_000_003, "库存不能小于0"),
    })?;
    Ok(json!({"is_success": true}))
}
