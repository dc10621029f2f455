//! `aliexpress.solution.batch.product.inventory.update`: each product by itself, half of them may fail.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, Refusal, list as wrapped};

const MOST_PRODUCTS: usize = 20;
const MOST_SKUS: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Product {
    product_id: u64,
    multiple_sku_update_list: Vec<Sku>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sku {
    sku_code: String,
    inventory: i64,
}

/// Runs the update.
pub(super) fn update(call: &Call<'_>) -> Result<Answer, Refusal> {
    let products: Vec<Product> = call.json("mutiple_product_update_list")?;
    let too_long = products.iter().any(|product| !(1..=MOST_SKUS).contains(&product.multiple_sku_update_list.len()));
    if products.is_empty() || products.len() > MOST_PRODUCTS || too_long {
        return Err(Refusal::parameter("mutiple_product_update_list"));
    }
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for product in &products {
        match one(call, product)? {
            Ok(()) => done.push(json!({"product_id": product.product_id})),
            Err((code, words)) => {
                failed.push(json!({"product_id": product.product_id, "error_code": code, "error_message": words}));
            }
        }
    }
    let mut answer = json!({"update_success": failed.is_empty() || !done.is_empty()});
    if let Value::Object(members) = &mut answer {
        let lists = [("update_successful_list", done), ("update_failed_list", failed)];
        for (name, rows) in lists.into_iter().filter(|(_, rows)| !rows.is_empty()) {
            members.insert(name.to_owned(), wrapped("synchronize_product_response_dto", rows));
        }
    }
    Ok(Answer::Bare(answer))
}

/// A product's variants, all or none.
fn one(call: &Call<'_>, product: &Product) -> Result<Result<(), (&'static str, &'static str)>, Refusal> {
    let mut found = Vec::new();
    {
        let world = call.state.world();
        let Some(item) = call.store(&world)?.shelf.item(product.product_id) else {
            return Ok(Err(("PRODUCT_NOT_EXIST", "product not found")));
        };
        for sku in &product.multiple_sku_update_list {
            let variant = item.variants.iter().find(|one| !one.code.is_empty() && one.code == sku.sku_code);
            let Some(variant) = variant else { return Ok(Err(("SKU_NOT_EXIST", "sku_code not found"))) };
            if !(0..=999_999).contains(&sku.inventory) {
                return Ok(Err(("INVENTORY_INVALID", "inventory must be from 0 to 999999")));
            }
            found.push((variant.number, sku.inventory));
        }
    }
    for (variant, quantity) in found {
        if call.state.store_stocks(&call.of, variant, quantity, true).is_err() {
            return Ok(Err(("SKU_NOT_EXIST", "sku_code not found")));
        }
    }
    Ok(Ok(()))
}
