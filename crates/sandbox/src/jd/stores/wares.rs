//! A store's goods (wares, with SKUs below them) and their stock.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refusal, Reply, StoreCall, only, wrong};
use crate::clock::beijing_text;
use crate::jd::yuan;
use crate::state::SandboxState;
use crate::stores::{StockRefused, StoreItem, StoreVariant, page};

/// Rows of a page, at most.
const LARGEST_PAGE: usize = 100;

/// On sale, in the platform's numbers.
const ON_SALE: i64 = 8;

/// Taken down by the merchant.
const TAKEN_DOWN: i64 = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Search {
    #[serde(default)]
    ware_id: Vec<u64>,
    search_key: Option<String>,
    search_field: Option<String>,
    category_id: Option<i64>,
    ware_status_value: Option<Vec<i64>>,
    order_field: Option<Vec<String>>,
    order_type: Option<Vec<String>>,
    page_no: usize,
    page_size: usize,
    field: Option<String>,
}

/// `jingdong.ware.read.searchWare4Valid`.
pub(super) fn search(call: &StoreCall<'_>) -> Reply {
    let asked: Search = call.parameters()?;
    if asked.page_no == 0 {
        return Err(wrong("pageNo"));
    }
    if asked.page_size == 0 || asked.page_size > LARGEST_PAGE {
        return Err(wrong("pageSize"));
    }
    if asked.order_field.is_some() || asked.order_type.is_some() || asked.search_field.is_some() {
        return Err(wrong("orderField"));
    }
    let fields = asked.field.as_deref().unwrap_or("wareId,title");
    call.read(|store| {
        let status = |item: &StoreItem| if item.on_sale { ON_SALE } else { TAKEN_DOWN };
        let wanted = |item: &&StoreItem| {
            (asked.ware_id.is_empty() || asked.ware_id.contains(&item.number))
                && asked.search_key.as_ref().is_none_or(|words| item.title.contains(words))
                && asked.category_id.is_none_or(|category| item.category_id == category)
                && asked.ware_status_value.as_ref().is_none_or(|wanted| wanted.contains(&status(item)))
        };
        let found = store.shelf.all().filter(wanted).collect();
        let (rows, total) = page(found, asked.page_no, asked.page_size);
        let row = |item: &StoreItem| {
            let code = item.variants.first().map_or("", |variant| variant.code.as_str());
            only(
                fields,
                json!({
                    "wareId": item.number, "title": item.title, "logo": picture(call.state, item),
                    "categoryId": item.category_id, "wareStatus": status(item), "jdPrice": yuan(item.prices().0),
                    "stockNum": item.quantity(), "outerId": code, "itemNum": code,
                    "barcode": item.variants.first().map(|variant| variant.barcode.as_str()),
                    "modified": beijing_text(item.changed_at), "created": beijing_text(item.created_at),
                }),
            )
        };
        let rows: Vec<Value> = rows.into_iter().map(row).collect();
        json!({"page": {"pageNo": asked.page_no, "pageSize": asked.page_size, "totalItem": total, "data": rows}})
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Skus {
    #[serde(default)]
    ware_id: Vec<u64>,
    #[serde(default)]
    sku_id: Vec<u64>,
    page_no: usize,
    /// The spelling differs from that of the other list.
    #[serde(rename = "page_size")]
    page_size: usize,
    field: Option<String>,
}

/// `jingdong.sku.read.searchSkuList`.
pub(super) fn skus(call: &StoreCall<'_>) -> Reply {
    let asked: Skus = call.parameters()?;
    if asked.ware_id.len() > 20 || asked.sku_id.len() > 20 || asked.page_no == 0 {
        return Err(wrong("wareId"));
    }
    if asked.page_size == 0 || asked.page_size > LARGEST_PAGE {
        return Err(wrong("page_size"));
    }
    let fields = asked.field.as_deref().unwrap_or("skuId,wareId");
    call.read(|store| {
        let items: Vec<&StoreItem> = match (asked.ware_id.as_slice(), asked.sku_id.as_slice()) {
            ([], []) => store.shelf.all().collect(),
            ([], skus) => skus.iter().filter_map(|sku| store.shelf.item_of_variant(*sku)).collect(),
            (wares, _) => wares.iter().filter_map(|ware| store.shelf.item(*ware)).collect(),
        };
        let of = |item| move |variant| (item, variant);
        let all = items.into_iter().flat_map(|item: &StoreItem| item.variants.iter().map(of(item)));
        let wanted = all.filter(|(_, variant): &(&StoreItem, &StoreVariant)| {
            asked.sku_id.is_empty() || asked.sku_id.contains(&variant.number)
        });
        let (rows, total) = page(wanted.collect(), asked.page_no, asked.page_size);
        let row = |(item, variant): (&StoreItem, &StoreVariant)| only(fields, sku(call.state, item, variant));
        let rows: Vec<Value> = rows.into_iter().map(row).collect();
        json!({"page": {"pageNo": asked.page_no, "pageSize": asked.page_size, "totalItem": total, "data": rows}})
    })
}

fn sku(state: &SandboxState, item: &StoreItem, variant: &StoreVariant) -> Value {
    let attribute =
        |(name, value): &(String, String)| json!({"attrId": "1000", "attrName": name, "attrValueAlias": [value]});
    let values = variant.specs.iter().map(|(_, value)| value.as_str());
    let name = std::iter::once(item.title.as_str()).chain(values).collect::<Vec<_>>().join(" ");
    json!({
        "skuId": variant.number, "wareId": item.number, "wareTitle": item.title,
        "skuName": name,
        "status": if variant.on_sale { 1 } else { 2 }, "jdPrice": yuan(variant.price_minor),
        "stockNum": variant.quantity, "outerId": variant.code, "barCode": variant.barcode,
        "logo": picture(state, item), "categoryId": item.category_id,
        "saleAttrs": variant.specs.iter().map(attribute).collect::<Vec<_>>(),
        "modified": beijing_text(item.changed_at),
    })
}

fn picture(state: &SandboxState, item: &StoreItem) -> String {
    item.pictures.first().map_or(String::new(), |number| state.photograph_url(*number))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Stock {
    sku_id: u64,
    stock_num: i64,
    store_id: Option<u64>,
}

/// `jingdong.stock.write.updateSkuStock`: the whole value, never a difference.
pub(super) fn stock(call: &StoreCall<'_>) -> Reply {
    let asked: Stock = call.parameters()?;
    let warehouse = call.read(|store| store.setting("store_id").to_owned())?;
    if asked.store_id.is_some_and(|given| given != 0 && given.to_string() != warehouse) {
        return Err(Refusal(50, "仓库不存在".to_owned()));
    }
    match call.state.store_stocks(&call.store, asked.sku_id, asked.stock_num, true) {
        Ok(_) => Ok(json!({"success": true})),
        Err(StockRefused::NoVariant) => Err(Refusal(50, "SKU不存在".to_owned())),
        Err(StockRefused::Negative) => Err(wrong("stockNum")),
    }
}
