//! A seller's products: the list by status, and one with its variants.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, Refusal, list as wrapped, pacific};
use crate::rest::amount::decimal;
use crate::stores::{Store, StoreItem, page};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    #[serde(default = "first")]
    current_page: usize,
    #[serde(default = "twenty")]
    page_size: usize,
    product_status_type: String,
    #[serde(default)]
    product_id: Option<u64>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    gmt_create_start: Option<String>,
    #[serde(default)]
    gmt_create_end: Option<String>,
    #[serde(default)]
    gmt_modified_start: Option<String>,
    #[serde(default)]
    gmt_modified_end: Option<String>,
}

fn first() -> usize {
    1
}

fn twenty() -> usize {
    20
}

/// Reads a bound in the coast's wall clock.
pub(super) fn bound(name: &str, text: Option<&String>) -> Result<Option<i64>, Refusal> {
    text.map(|text| pacific::parse(text).ok_or_else(|| Refusal::parameter(name))).transpose()
}

/// `aliexpress.solution.product.list.get`.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Refusal> {
    let query: Query = call.json("aeop_a_e_product_list_query")?;
    let wanted = match query.product_status_type.as_str() {
        "onSelling" => Some(true),
        "offline" => Some(false),
        "auditing" | "editingRequired" => None,
        _ => return Err(Refusal::parameter("product_status_type")),
    };
    if query.current_page == 0 || !(1..=100).contains(&query.page_size) {
        return Err(Refusal::parameter("page_size"));
    }
    let modified = [
        bound("gmt_modified_start", query.gmt_modified_start.as_ref())?,
        bound("gmt_modified_end", query.gmt_modified_end.as_ref())?,
    ];
    let created = [
        bound("gmt_create_start", query.gmt_create_start.as_ref())?,
        bound("gmt_create_end", query.gmt_create_end.as_ref())?,
    ];
    let within = |at: i64, [from, until]: [Option<i64>; 2]| {
        from.is_none_or(|from| at >= from) && until.is_none_or(|until| at <= until)
    };
    let world = call.state.world();
    let store = call.store(&world)?;
    let fits = |item: &&StoreItem| {
        wanted == Some(item.on_sale)
            && within(item.changed_at, modified)
            && within(item.created_at, created)
            && query.product_id.is_none_or(|id| id == item.number)
            && query.subject.as_ref().is_none_or(|words| item.title.contains(words.as_str()))
    };
    let (shown, total) = page(store.shelf.all().filter(fits).collect(), query.current_page, query.page_size);
    let rows: Vec<Value> = shown.into_iter().map(|item| row(call, store, item)).collect();
    let mut result = json!({"success": true, "product_count": total, "current_page": query.current_page,
        "total_page": total.div_ceil(query.page_size)});
    if let (Value::Object(members), false) = (&mut result, rows.is_empty()) {
        members.insert("aeop_a_e_product_display_d_t_o_list".to_owned(), wrapped("item_display_dto", rows));
    }
    Ok(Answer::Wrapped(result))
}

fn pictures(call: &Call<'_>, item: &StoreItem) -> String {
    let urls: Vec<String> = item.pictures.iter().map(|number| call.state.photograph_url(*number)).collect();
    urls.join(";")
}

fn row(call: &Call<'_>, store: &Store, item: &StoreItem) -> Value {
    let (least, most) = item.prices();
    json!({"product_id": item.number, "subject": item.title, "currency_code": store.currency,
        "product_min_price": decimal(least, &store.currency), "product_max_price": decimal(most, &store.currency),
        "gmt_create": pacific::text(item.created_at), "gmt_modified": pacific::text(item.changed_at),
        "image_u_r_ls": pictures(call, item)})
}

/// `aliexpress.solution.product.info.get`.
pub(super) fn info(call: &Call<'_>) -> Result<Answer, Refusal> {
    let number: u64 = call.needed("product_id")?.parse().map_err(|_| Refusal::parameter("product_id"))?;
    let world = call.state.world();
    let store = call.store(&world)?;
    let gone = || Refusal::service("F00-00-10007-007", "The product does not exist");
    let item = store.shelf.item(number).ok_or_else(gone)?;
    let skus = item.variants.iter().map(|one| {
        let properties: Vec<Value> = one
            .specs
            .iter()
            .map(|(name, value)| {
                json!({"sku_property_id": 14, "property_value_id": 193, "sku_property_name": name,
                "sku_property_value": value, "property_value_definition_name": value})
            })
            .collect();
        let mut sku = json!({"id": format!("14:{}", one.number), "sku_price": decimal(one.price_minor, &store.currency),
            "ipm_sku_stock": one.quantity, "sku_stock": one.quantity > 0, "currency_code": store.currency,
            "barcode": one.barcode});
        if let Value::Object(members) = &mut sku {
            if !one.code.is_empty() {
                members.insert("sku_code".to_owned(), json!(one.code));
            }
            if !properties.is_empty() {
                members.insert("aeop_s_k_u_property_list".to_owned(), wrapped("global_aeop_sku_property", properties));
            }
        }
        sku
    });
    Ok(Answer::Wrapped(json!({"success": true, "product_id": number, "subject": item.title,
        "currency_code": store.currency, "category_id": item.category_id,
        "product_status_type": if item.on_sale { "onSelling" } else { "offline" },
        "gmt_create": pacific::text(item.created_at), "gmt_modified": pacific::text(item.changed_at),
        "image_u_r_ls": pictures(call, item),
        "aeop_ae_product_s_k_us": wrapped("global_aeop_ae_product_sku", skus.collect())})))
}
