//! Stock, one variant a call.

use serde_json::json;

use super::super::account::Account;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest, json_id};
use super::super::gates::jd::answer;
use super::super::loose::Loose;
use super::super::stock::{LineResult, StockChange, StockLine, StockSink};
use super::types::StockReply;
use super::{Jd, call};

/// The warehouse of a store that has one.
const ONLY_STORE: &str = "0";

impl StockSink for Jd {
    /// `jingdong.stock.write.updateSkuStock` sets a quantity.
    fn push(&self, account: &Account, lines: &[StockLine]) -> Result<HttpRequest, ApiError> {
        let line = lines.first().ok_or_else(|| ApiError::bad_request("no line"))?;
        let StockChange::Set(quantity) = line.change else {
            return Err(ApiError::unsupported("a quantity can only be set here"));
        };
        if quantity < 0 {
            return Err(ApiError::bad_request("a negative quantity"));
        }
        let sku = line.external_sku_id.as_deref().ok_or_else(|| ApiError::bad_request("no variant"))?;
        let store = line.location.clone().or_else(|| account.text("store_id"));
        let store = store.unwrap_or_else(|| ONLY_STORE.to_owned());
        Ok(call(
            "jingdong.stock.write.updateSkuStock",
            &json!({"skuId": json_id(sku), "stockNum": quantity, "storeId": json_id(&store)}),
        ))
    }

    fn read(&self, lines: &[StockLine], reply: &HttpReply) -> Result<Vec<LineResult>, ApiError> {
        let body: StockReply = answer::flat(reply)?;
        // An answer that passed and says nothing of failure is a success; examples show both.
        let failed = body.success.is_some_and(|success: Loose| success.text().is_some() && !success.is_true());
        let refusal = ApiError::new(ErrorClass::Business, "not_updated", "the platform did not take the quantity");
        let judge = |line: &StockLine| match failed {
            false => LineResult::applied(line),
            true => LineResult::refused(line, refusal.clone()),
        };
        Ok(lines.iter().map(judge).collect())
    }
}
