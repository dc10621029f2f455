//! Stock of one product a call, each variation by warehouse.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::account::Account;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::stock::{LineResult, StockChange, StockLine, StockSink};
use super::Wish;
use super::types::One;

/// More is refused over there.
const MOST: i64 = 500_000;

impl StockSink for Wish {
    fn most_units(&self) -> Option<i64> {
        Some(MOST)
    }

    fn fitting(&self, lines: &[StockLine], most: usize) -> usize {
        let first = lines.first().map(|line| &line.external_item_id);
        lines.iter().take(most).take_while(|line| Some(&line.external_item_id) == first).count()
    }

    fn push(&self, _: &Account, lines: &[StockLine]) -> Result<HttpRequest, ApiError> {
        let first = lines.first().ok_or_else(|| ApiError::bad_request("no line"))?;
        let variations: Result<Vec<Value>, ApiError> = lines.iter().map(variation).collect();
        let path = format!("/api/v3/products/{}", segment(&first.external_item_id));
        let body = json!({"variations": variations?});
        Ok(HttpRequest::json("updateProduct", Method::PUT, path, &body).at(self.host()))
    }

    fn read(&self, lines: &[StockLine], reply: &HttpReply) -> Result<Vec<LineResult>, ApiError> {
        let body: One<Value> = reply.json()?;
        body.data.ok_or_else(|| ApiError::malformed("no data"))?;
        Ok(lines.iter().map(LineResult::applied).collect())
    }
}

fn variation(line: &StockLine) -> Result<Value, ApiError> {
    let StockChange::Set(quantity) = line.change else {
        return Err(ApiError::unsupported("stock is set here, not changed"));
    };
    let id = line.external_sku_id.as_deref().ok_or_else(|| ApiError::bad_request("a line without variation"))?;
    let told = line.extra.get("warehouse").and_then(Value::as_str);
    let warehouse = line.location.as_deref().or(told);
    let warehouse = warehouse.ok_or_else(|| ApiError::bad_request("the variation has no warehouse"))?;
    let inventory = json!({"warehouse_id": warehouse, "inventory": quantity.clamp(0, MOST)});
    Ok(json!({"id": id, "inventories": [inventory]}))
}
