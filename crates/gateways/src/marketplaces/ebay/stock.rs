//! Stock of up to twenty-five items a call, in the item and in its offer: buyers see the smaller number.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::account::Account;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::stock::{LineResult, StockChange, StockLine, StockSink};
use super::types::{Updated, UpdatedRow};
use super::{Ebay, sites};

const PATH: &str = "/sell/inventory/v1/bulk_update_price_quantity";

impl StockSink for Ebay {
    fn push(&self, account: &Account, lines: &[StockLine]) -> Result<HttpRequest, ApiError> {
        let requests: Result<Vec<Value>, ApiError> = lines.iter().map(line_request).collect();
        let body = json!({"requests": requests?});
        let mut request = HttpRequest::json("bulkUpdatePriceQuantity", Method::POST, PATH, &body);
        if let Some(site) = account.site_of(self) {
            request = request.header("content-language", sites::language(site));
        }
        Ok(self.ask(request, account))
    }

    fn read(&self, lines: &[StockLine], reply: &HttpReply) -> Result<Vec<LineResult>, ApiError> {
        let body: Updated = reply.json()?;
        let rows = body.responses.ok_or_else(|| ApiError::malformed("no responses"))?.0;
        let judge = |line: &StockLine| {
            let mut own = rows.iter().filter(|row| row.sku.text() == Some(sku(line)));
            let failed = own.clone().find(|row| !matches!(row.status_code.integer(), Some(200..=299)));
            match (failed, own.next()) {
                (Some(row), _) => LineResult::refused(line, refusal(row)),
                (None, Some(_)) => LineResult::applied(line),
                (None, None) => LineResult::refused(line, ApiError::malformed("the line was not answered")),
            }
        };
        Ok(lines.iter().map(judge).collect())
    }
}

fn sku(line: &StockLine) -> &str {
    line.sku_code.as_deref().unwrap_or(&line.external_item_id)
}

fn line_request(line: &StockLine) -> Result<Value, ApiError> {
    let StockChange::Set(quantity) = line.change else {
        return Err(ApiError::unsupported("stock is set here, not changed"));
    };
    let offer = line.extra.get("offer").and_then(Value::as_str);
    let offers: Vec<Value> =
        offer.iter().map(|offer| json!({"offerId": offer, "availableQuantity": quantity})).collect();
    Ok(json!({
        "sku": sku(line),
        "shipToLocationAvailability": {"quantity": quantity},
        "offers": offers,
    }))
}

fn refusal(row: &UpdatedRow) -> ApiError {
    let class = match row.status_code.integer() {
        Some(404) => ErrorClass::NotFound,
        Some(409) => ErrorClass::Conflict,
        Some(500..) => ErrorClass::Upstream,
        _ => ErrorClass::Business,
    };
    let status = || ApiError::new(class, "refused", "the line was refused without a reason");
    row.errors.0.first().map_or_else(status, |fault| fault.error(class))
}
