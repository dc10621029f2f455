//! A store's goods and their stock.

use serde_json::{Value, json};

use super::super::{Refusal, Reply};
use super::StoreCall;
use crate::clock::beijing_text;
use crate::state::SandboxState;
use crate::stores::{StockRefused, StoreItem, StoreVariant, major, page};

/// Parameters of the list of what is on sale.
pub(super) const ON_SALE: &[&str] = &[
    "fields",
    "q",
    "cid",
    "seller_cids",
    "page_no",
    "page_size",
    "has_discount",
    "has_showcase",
    "order_by",
    "is_taobao",
    "is_ex",
    "start_modified",
    "end_modified",
];

/// Parameters of a change of stock.
pub(super) const QUANTITY: &[&str] = &["num_iid", "sku_id", "outer_id", "quantity", "type"];

/// Fields of a listed item.
const LISTED: &[&str] = &[
    "num_iid",
    "title",
    "pic_url",
    "num",
    "price",
    "outer_id",
    "modified",
    "cid",
    "approve_status",
    "nick",
    "list_time",
    "type",
];

/// Fields of a whole item.
const WHOLE: &[&str] = &[
    "num_iid",
    "title",
    "pic_url",
    "item_img",
    "num",
    "price",
    "outer_id",
    "barcode",
    "cid",
    "modified",
    "created",
    "approve_status",
    "sku",
    "nick",
    "desc",
    "type",
];

/// The list ends here: whoever has more asks by times of change. The number is not in the sheet.
const DEEPEST: usize = 100_000;

/// Items asked for at once.
const AT_ONCE: usize = 20;

/// `taobao.items.onsale.get`.
pub(super) fn on_sale(call: &StoreCall<'_>) -> Reply {
    let fields = call.fields(LISTED, &[])?;
    let (number, size) = call.page(40, 200)?;
    if number.saturating_mul(size) > DEEPEST {
        return Err(Refusal::remote("isv.page-limit-exceeded", "翻页条数超过限制，请按修改时间分段查询"));
    }
    let (from, until) = (call.time("start_modified")?, call.time("end_modified")?);
    let words = call.call.params.text("q");
    let category = call.call.params.text("cid");
    call.read(|store| {
        let wanted = |item: &&StoreItem| {
            item.on_sale
                && item.changed_within(from, until)
                && words.is_none_or(|words| item.title.contains(words))
                && category.is_none_or(|category| item.category_id.to_string() == category)
        };
        let (rows, total) = page(store.shelf.all().filter(wanted).collect(), number, size);
        let rows: Vec<Value> = rows.into_iter().map(|item| fields.of(dressed(call.call.state, item))).collect();
        // An empty list is no list.
        let items = if rows.is_empty() { json!({}) } else { json!({"item": rows}) };
        json!({"total_results": total, "items": items})
    })
}

/// `taobao.items.seller.list.get`: those that are gone are left out.
pub(super) fn list(call: &StoreCall<'_>) -> Reply {
    let fields = call.fields(WHOLE, &[("item_img", "item_imgs"), ("sku", "skus")])?;
    let numbers = call.needed("num_iids")?.split(',').map(str::parse::<u64>).collect::<Result<Vec<_>, _>>();
    let numbers = numbers.map_err(|_| Refusal::wrong("num_iids"))?;
    if numbers.len() > AT_ONCE {
        return Err(Refusal::wrong("num_iids"));
    }
    call.read(|store| {
        let found = numbers.iter().filter_map(|number| store.shelf.item(*number));
        let rows: Vec<Value> = found.map(|item| fields.of(dressed(call.call.state, item))).collect();
        let items = if rows.is_empty() { json!({}) } else { json!({"item": rows}) };
        json!({"items": items})
    })
}

fn dressed(state: &SandboxState, item: &StoreItem) -> Value {
    let pictures = || item.pictures.iter().map(|number| state.photograph_url(*number));
    let images: Vec<Value> = pictures().zip(1..).map(|(url, place)| json!({"id": place, "url": url})).collect();
    let only = item.variants.first().filter(|_| !item.has_choices());
    let mut whole = json!({
        "num_iid": item.number, "title": item.title, "pic_url": pictures().next(), "item_imgs": {"item_img": images},
        "num": item.quantity(), "price": major(item.prices().0, "CNY"),
        "outer_id": only.map_or_else(|| format!("G{}", item.number), |variant| variant.code.clone()),
        "barcode": only.map(|variant| variant.barcode.as_str()), "cid": item.category_id, "type": "fixed",
        "modified": beijing_text(item.changed_at), "created": beijing_text(item.created_at), "nick": "", "desc": "",
        "list_time": beijing_text(item.created_at), "approve_status": if item.on_sale { "onsale" } else { "instock" },
    });
    if item.has_choices() {
        let rows: Vec<Value> = item.variants.iter().map(sku).collect();
        whole = crate::json::joined(whole, json!({"skus": {"sku": rows}}));
    }
    whole
}

fn sku(variant: &StoreVariant) -> Value {
    // Two numbers of the platform before each name and value.
    let named = |(name, value): &(String, String)| format!("20509:{}:{name}:{value}", variant.number % 100_000);
    json!({
        "sku_id": variant.number, "price": major(variant.price_minor, "CNY"), "quantity": variant.quantity,
        "outer_id": variant.code, "barcode": variant.barcode,
        "properties_name": variant.specs.iter().map(named).collect::<Vec<_>>().join(";"),
        "status": if variant.on_sale { "normal" } else { "delete" },
    })
}

/// `taobao.item.quantity.update`.
pub(super) fn quantity(call: &StoreCall<'_>) -> Reply {
    let number = call.id("num_iid")?.ok_or_else(|| Refusal::missing("num_iid"))?;
    let quantity = call.needed_integer("quantity")?;
    let full = call.call.integer("type", 1, 1, 2)? == 1;
    if full && quantity < 0 {
        return Err(Refusal::wrong("quantity"));
    }
    let (sku, code) = (call.id("sku_id")?, call.call.params.text("outer_id"));
    let variant = call.read(|store| {
        let item = store.shelf.item(number);
        let item = item.ok_or_else(|| Refusal::remote("isv.item-not-exist", "商品不存在"))?;
        let mut fitting = item.variants.iter().filter(|variant| match (sku, code) {
            (Some(sku), _) => variant.number == sku && item.has_choices(),
            (None, Some(code)) => variant.code == code,
            (None, None) => true,
        });
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only.number),
            _ => Err(Refusal::remote("isv.sku-not-exist", "商品的SKU不存在或未指定")),
        }
    })??;
    let set = call.call.state.store_stocks(&call.store, variant, quantity, full);
    set.map_err(|refused| match refused {
        StockRefused::Negative => Refusal::remote("isv.invalid-quantity", "库存不能小于0"),
        StockRefused::NoVariant => Refusal::remote("isv.item-not-exist", "商品不存在"),
    })?;
    call.read(|store| {
        let item = store.shelf.item(number);
        json!({"item": {"num_iid": number, "num": item.map_or(0, StoreItem::quantity),
            "modified": item.map(|item| beijing_text(item.changed_at))}})
    })
}
