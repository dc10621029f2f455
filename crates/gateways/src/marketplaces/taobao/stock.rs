//! Stock, one variant a call.

use super::super::account::Account;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::stock::{LineResult, StockChange, StockLine, StockSink, is_repeatable};
use super::Taobao;
use super::types::QuantityReply;

impl StockSink for Taobao {
    /// `taobao.item.quantity.update`: 1 sets, 2 adds.
    fn push(&self, _: &Account, lines: &[StockLine]) -> Result<HttpRequest, ApiError> {
        let line = lines.first().ok_or_else(|| ApiError::bad_request("no line"))?;
        let (quantity, kind) = match line.change {
            StockChange::Set(quantity) if quantity < 0 => return Err(ApiError::bad_request("a negative quantity")),
            StockChange::Set(quantity) => (quantity, "1"),
            StockChange::Add(quantity) => (quantity, "2"),
        };
        Ok(HttpRequest::gateway_read("taobao.item.quantity.update")
            .with("num_iid", &line.external_item_id)
            .with_some("sku_id", line.external_sku_id.as_deref())
            .with("quantity", quantity.to_string())
            .with("type", kind)
            .repeatable(is_repeatable(lines)))
    }

    fn read(&self, lines: &[StockLine], reply: &HttpReply) -> Result<Vec<LineResult>, ApiError> {
        let body: QuantityReply = reply.json()?;
        let done = body.item_quantity_update_response;
        done.ok_or_else(|| ApiError::malformed("no item_quantity_update_response"))?;
        Ok(lines.iter().map(LineResult::applied).collect())
    }
}
