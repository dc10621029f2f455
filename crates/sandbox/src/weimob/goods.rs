//! Goods and their stock. Amounts are yuan, as numbers here.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Refusal, Reply};
use crate::stores::{StockRefused, StoreItem, StoreVariant, major, number, page};

/// Rows of a page, at most. The sheet's examples have 20.
const LARGEST_PAGE: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct List {
    page_num: usize,
    page_size: usize,
    query_parameter: Narrowed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Narrowed {
    goods_status: Option<i64>,
    search: Option<String>,
    start_update_time: Option<i64>,
    end_update_time: Option<i64>,
}

/// `goods/getList`.
pub(super) fn list(call: &Call<'_>) -> Reply {
    let asked: List = call.parameters()?;
    if asked.page_num == 0 || asked.page_size == 0 || asked.page_size > LARGEST_PAGE {
        return Err(Refusal::new("9002", "分页参数错误"));
    }
    let narrowed = &asked.query_parameter;
    let seconds = |ms: Option<i64>| ms.map(|ms| ms.div_euclid(1_000));
    let (from, until) = (seconds(narrowed.start_update_time), seconds(narrowed.end_update_time));
    call.read(|store| {
        let wanted = |item: &&StoreItem| {
            item.changed_within(from, until)
                && narrowed.goods_status.is_none_or(|status| (status == 0) == item.on_sale)
                && narrowed.search.as_ref().is_none_or(|words| item.title.contains(words))
        };
        let (rows, total) = page(store.shelf.all().filter(wanted).collect(), asked.page_num, asked.page_size);
        let row = |item: &StoreItem| {
            let (least, most) = item.prices();
            json!({
                "goodsId": item.number, "title": item.title, "outerGoodsCode": format!("G{}", item.number),
                "isMultiSku": item.has_choices(), "isOnline": item.on_sale, "isCanSell": item.quantity() > 0,
                "goodsPrice": {"minSalePrice": number(&major(least, "CNY")), "maxSalePrice": number(&major(most, "CNY"))},
                "goodsStock": {"goodsStockNum": item.quantity()},
                "defaultImageUrl": item.pictures.first().map(|number| call.state.photograph_url(*number)),
            })
        };
        let rows: Vec<Value> = rows.into_iter().map(row).collect();
        json!({"pageNum": asked.page_num, "pageSize": asked.page_size, "totalCount": total, "pageList": rows})
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Get {
    goods_id: u64,
}

/// `goods/get`.
pub(super) fn get(call: &Call<'_>) -> Reply {
    let asked: Get = call.parameters()?;
    let found = call.read(|store| {
        let item = store.shelf.item(asked.goods_id)?;
        let pictures: Vec<String> = item.pictures.iter().map(|number| call.state.photograph_url(*number)).collect();
        Some(json!({
            "goodsId": item.number, "title": item.title, "isOnline": item.on_sale, "goodsImageUrl": pictures,
            "isMultiSku": item.has_choices(), "skuList": item.variants.iter().map(sku).collect::<Vec<_>>(),
        }))
    })?;
    found.ok_or_else(|| Refusal::new("9010", "商品不存在"))
}

fn sku(variant: &StoreVariant) -> Value {
    let spec = |(name, value): &(String, String)| json!({"specName": name, "specValueName": value});
    json!({
        "skuId": variant.number, "outerSkuCode": variant.code, "salePrice": number(&major(variant.price_minor, "CNY")),
        "skuStockNum": variant.quantity, "skuBarCode": variant.barcode,
        "skuSpecList": variant.specs.iter().map(spec).collect::<Vec<_>>(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Update {
    goods_list: Vec<GoodsStock>,
    quantity_edit_type: i64,
    warehouse_id: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct GoodsStock {
    goods_id: u64,
    sku_list: Vec<SkuStock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SkuStock {
    sku_id: u64,
    stock_num: i64,
}

/// `stock/update`: 0 overwrites, 1 adds. Lines that fail are listed under a code of success.
pub(super) fn stock(call: &Call<'_>) -> Reply {
    let asked: Update = call.parameters()?;
    if !matches!(asked.quantity_edit_type, 0 | 1) || asked.goods_list.is_empty() {
        return Err(Refusal::new("9002", "参数错误"));
    }
    let warehouse = call.read(|store| store.setting("warehouse_id").to_owned())?;
    if asked.warehouse_id.is_some_and(|given| given.to_string() != warehouse) {
        return Err(Refusal::new("9011", "仓库不存在"));
    }
    let mut failed: Vec<Value> = Vec::new();
    for goods in &asked.goods_list {
        for line in &goods.sku_list {
            let belongs = call.read(|store| {
                store.shelf.variant(line.sku_id).is_some_and(|(item, _)| item.number == goods.goods_id)
            })?;
            let set = match belongs {
                true => {
                    call.state.store_stocks(&call.store, line.sku_id, line.stock_num, asked.quantity_edit_type == 0)
                }
                false => Err(StockRefused::NoVariant),
            };
            let words = match set {
                Ok(_) => continue,
                Err(StockRefused::NoVariant) => "sku 不存在",
                Err(StockRefused::Negative) => "库存不能小于0",
            };
            failed.push(json!({"goodsId": goods.goods_id, "skuIdSet": [line.sku_id], "message": words}));
        }
    }
    Ok(json!({"failList": failed}))
}
