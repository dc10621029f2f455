//! Stock of one listing a call. The platform takes it in and applies it later; issues may come after.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::account::Account;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::stock::{LineOutcome, LineResult, StockChange, StockLine, StockSink};
use super::types::Patched;
use super::{Amazon, map};

/// The merchant's own channel.
const OWN: &str = "DEFAULT";

impl StockSink for Amazon {
    fn push(&self, account: &Account, lines: &[StockLine]) -> Result<HttpRequest, ApiError> {
        let line = lines.first().ok_or_else(|| ApiError::bad_request("no line"))?;
        let StockChange::Set(quantity) = line.change else {
            return Err(ApiError::unsupported("stock is set here, not changed"));
        };
        let told = |name: &str| line.extra.get(name).and_then(Value::as_str);
        let channel = told("channel").unwrap_or(OWN);
        if channel.starts_with(map::AMAZONS_OWN) {
            return Err(ApiError::unsupported("these goods lie at Amazon, which counts them itself"));
        }
        let kind = told("product_type").ok_or_else(|| ApiError::bad_request("the listing has no product type"))?;
        let sku = line.sku_code.as_deref().unwrap_or(&line.external_item_id);
        let value = json!([{"fulfillment_channel_code": channel, "quantity": quantity}]);
        let body = json!({
            "productType": kind,
            "patches": [{"op": "replace", "path": "/attributes/fulfillment_availability", "value": value}],
        });
        let path = format!("/listings/2021-08-01/items/{}/{}", segment(&account.id), segment(sku));
        let request = HttpRequest::json("patchListingsItem", Method::PATCH, path, &body);
        self.ask(request.asking("marketplaceIds", self.site(account)?.external_id), account)
    }

    fn read(&self, lines: &[StockLine], reply: &HttpReply) -> Result<Vec<LineResult>, ApiError> {
        let body: Patched = reply.json()?;
        let issue = body.issues.0.iter().find(|issue| issue.severity.text() == Some("ERROR")).or(body.issues.0.first());
        let judge = |line: &StockLine| match body.status.text() {
            Some("ACCEPTED" | "VALID") => Ok(LineResult { key: line.key.clone(), outcome: LineOutcome::Accepted }),
            Some(status) => {
                let code = issue.and_then(|issue| issue.code.text()).unwrap_or(status);
                let said = issue.and_then(|issue| issue.message.text()).unwrap_or("the listing was not taken");
                Ok(LineResult::refused(line, ApiError::new(ErrorClass::Business, code, said)))
            }
            None => Err(ApiError::malformed("no status")),
        };
        lines.iter().map(judge).collect()
    }
}
