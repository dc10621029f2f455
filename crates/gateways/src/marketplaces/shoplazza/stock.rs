//! Stock of one variant a call.

use reqwest::Method;
use serde_json::json;

use super::super::account::Account;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::stock::{LineResult, StockChange, StockLine, StockSink};
use super::types::Written;
use super::{API, Shoplazza, answer, at_store};

impl StockSink for Shoplazza {
    /// Path and shape are unconfirmed.
    fn push(&self, account: &Account, lines: &[StockLine]) -> Result<HttpRequest, ApiError> {
        let line = lines.first().ok_or_else(|| ApiError::bad_request("no line"))?;
        let StockChange::Set(quantity) = line.change else {
            return Err(ApiError::unsupported("stock is set here, not changed"));
        };
        let id = line.external_sku_id.as_deref().ok_or_else(|| ApiError::bad_request("a line without variant"))?;
        let body = json!({"variant": {"id": id, "inventory_quantity": quantity}});
        let path = format!("{API}/variants/{}", segment(id));
        at_store(HttpRequest::json("variant.update", Method::PUT, path, &body), account)
    }

    fn read(&self, lines: &[StockLine], reply: &HttpReply) -> Result<Vec<LineResult>, ApiError> {
        let body: Written = answer::body(reply)?;
        body.variant.ok_or_else(|| ApiError::malformed("no variant"))?;
        Ok(lines.iter().map(LineResult::applied).collect())
    }
}
