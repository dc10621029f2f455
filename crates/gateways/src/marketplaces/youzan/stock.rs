//! Stock, one variant a call.

use serde_json::json;

use super::super::account::Account;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest, json_id};
use super::super::stock::{LineResult, StockChange, StockLine, StockSink, is_repeatable};
use super::types::{Outcome, Reply};
use super::{Youzan, call};

impl StockSink for Youzan {
    /// `youzan.item.quantity.update`: 0 sets, 1 adds.
    fn push(&self, _: &Account, lines: &[StockLine]) -> Result<HttpRequest, ApiError> {
        let line = lines.first().ok_or_else(|| ApiError::bad_request("no line"))?;
        let (quantity, kind) = match line.change {
            StockChange::Set(quantity) if quantity < 0 => return Err(ApiError::bad_request("a negative quantity")),
            StockChange::Set(quantity) => (quantity, 0),
            StockChange::Add(quantity) => (quantity, 1),
        };
        let mut wanted = json!({"item_id": json_id(&line.external_item_id), "quantity": quantity, "type": kind});
        if let (Some(sku), Some(fields)) = (&line.external_sku_id, wanted.as_object_mut()) {
            fields.insert("sku_id".to_owned(), json_id(sku));
        }
        Ok(call("youzan.item.quantity.update", "3.0.0", &wanted).repeatable(is_repeatable(lines)))
    }

    fn read(&self, lines: &[StockLine], reply: &HttpReply) -> Result<Vec<LineResult>, ApiError> {
        let body: Reply<Outcome> = reply.json()?;
        let done = body.data.ok_or_else(|| ApiError::malformed("no data"))?.is_success;
        let failed = done.text().is_some() && !done.is_true();
        let refusal = ApiError::new(ErrorClass::Business, "not_updated", "the platform did not take the quantity");
        let judge = |line: &StockLine| match failed {
            false => LineResult::applied(line),
            true => LineResult::refused(line, refusal.clone()),
        };
        Ok(lines.iter().map(judge).collect())
    }
}
