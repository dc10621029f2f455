//! Stock, one variant a call.

use super::super::account::Account;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::stock::{LineResult, StockChange, StockLine, StockSink, is_repeatable};
use super::Pinduoduo;
use super::types::QuantityReply;

impl StockSink for Pinduoduo {
    /// `pdd.goods.quantity.update`: 1 sets, 2 adds.
    fn push(&self, _: &Account, lines: &[StockLine]) -> Result<HttpRequest, ApiError> {
        let line = lines.first().ok_or_else(|| ApiError::bad_request("no line"))?;
        let (quantity, kind) = match line.change {
            StockChange::Set(quantity) if quantity < 0 => return Err(ApiError::bad_request("a negative quantity")),
            StockChange::Set(quantity) => (quantity, "1"),
            StockChange::Add(quantity) => (quantity, "2"),
        };
        let by_code = line.sku_code.as_deref().filter(|_| line.external_sku_id.is_none());
        Ok(HttpRequest::gateway_read("pdd.goods.quantity.update")
            .with("goods_id", &line.external_item_id)
            .with_some("sku_id", line.external_sku_id.as_deref())
            .with_some("outer_id", by_code)
            .with("quantity", quantity.to_string())
            .with("update_type", kind)
            .repeatable(is_repeatable(lines)))
    }

    fn read(&self, lines: &[StockLine], reply: &HttpReply) -> Result<Vec<LineResult>, ApiError> {
        let body: QuantityReply = reply.json()?;
        let body = body.goods_quantity_update_response;
        let done = body.ok_or_else(|| ApiError::malformed("no goods_quantity_update_response"))?.is_success.is_true();
        let refusal = ApiError::new(ErrorClass::Business, "not_updated", "the platform did not take the quantity");
        let judge = |line: &StockLine| match done {
            true => LineResult::applied(line),
            false => LineResult::refused(line, refusal.clone()),
        };
        Ok(lines.iter().map(judge).collect())
    }
}
