//! Stock of up to twenty products a call, each variant by the merchant's code.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::account::Account;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::stock::{LineResult, StockChange, StockLine, StockSink};
use super::answer::result;
use super::types::{Updated, UpdatedProduct};
use super::{AliExpress, read};

const UPDATE: &str = "aliexpress.solution.batch.product.inventory.update";
const MOST_PRODUCTS: usize = 20;

impl StockSink for AliExpress {
    fn fitting(&self, lines: &[StockLine], most: usize) -> usize {
        let mut products: Vec<&str> = Vec::new();
        for (nth, line) in lines.iter().take(most).enumerate() {
            if products.contains(&line.external_item_id.as_str()) {
                continue;
            }
            if products.len() == MOST_PRODUCTS {
                return nth;
            }
            products.push(&line.external_item_id);
        }
        most
    }

    fn push(&self, _: &Account, lines: &[StockLine]) -> Result<HttpRequest, ApiError> {
        let mut products: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
        for line in lines {
            let StockChange::Set(quantity) = line.change else {
                return Err(ApiError::unsupported("stock is set here, not changed"));
            };
            let code = line.sku_code.as_deref().ok_or_else(|| ApiError::bad_request("a variant without sku_code"))?;
            let id = line.external_item_id.parse().map_err(|_| ApiError::bad_request("products have numbers here"))?;
            products.entry(id).or_default().push(json!({"sku_code": code, "inventory": quantity}));
        }
        let products: Vec<Value> = products
            .into_iter()
            .map(|(id, skus)| json!({"product_id": id, "multiple_sku_update_list": skus}))
            .collect();
        // Misspelt over there.
        Ok(read(UPDATE).with("mutiple_product_update_list", json!(products).to_string()))
    }

    fn read(&self, lines: &[StockLine], reply: &HttpReply) -> Result<Vec<LineResult>, ApiError> {
        let body: Updated = result(reply, UPDATE)?;
        let whole = body.update_success.text();
        if whole.is_none() && body.update_failed_list.0.is_empty() && body.update_successful_list.0.is_empty() {
            return Err(ApiError::malformed("no outcome"));
        }
        let of = |list: &'_ [UpdatedProduct], line: &StockLine| {
            list.iter().position(|one| one.product_id.text() == Some(&line.external_item_id))
        };
        let judge = |line: &StockLine| {
            let failed = of(&body.update_failed_list.0, line).and_then(|nth| body.update_failed_list.0.get(nth));
            if let Some(failed) = failed {
                let code = failed.error_code.text().unwrap_or("refused");
                let said = failed.error_message.text().unwrap_or_default();
                return LineResult::refused(line, ApiError::new(ErrorClass::Business, code, said));
            }
            if of(&body.update_successful_list.0, line).is_some() || whole == Some("true") {
                return LineResult::applied(line);
            }
            let code = body.update_error_code.text().unwrap_or("not_updated");
            let said = body.update_error_message.text().unwrap_or_default();
            LineResult::refused(line, ApiError::new(ErrorClass::Business, code, said))
        };
        Ok(lines.iter().map(judge).collect())
    }
}
