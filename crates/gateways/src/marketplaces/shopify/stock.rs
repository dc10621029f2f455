//! Stock, set by inventory item and place, compared with what was there where that is known.

use kernel::crypto::digest;
use serde_json::json;

use super::super::account::Account;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::stock::{BATCH_REFUSED, LineResult, StockChange, StockLine, StockSink};
use super::types::{StockData, UserError};
use super::{Shopify, ask, data};

/// The refusal of a comparison. Its name is unconfirmed.
const STALE: &str = "CHANGE_FROM_QUANTITY_STALE";

impl StockSink for Shopify {
    fn compares(&self) -> bool {
        true
    }

    /// `inventorySetQuantities`. Its key is the same when the same push is repeated, so it may be.
    fn push(&self, account: &Account, lines: &[StockLine]) -> Result<HttpRequest, ApiError> {
        let quantities: Result<Vec<_>, ApiError> = lines.iter().map(|line| quantity(account, line)).collect();
        let input = json!({"name": "available", "reason": "correction", "quantities": quantities?});
        let variables = json!({"input": input, "key": key(lines)});
        ask(account, "inventorySetQuantities", include_str!("graphql/inventory_set.graphql"), &variables)
    }

    /// Any refusal means that nothing was written: lines that were not named stand where they stood and
    /// are to be told again.
    fn read(&self, lines: &[StockLine], reply: &HttpReply) -> Result<Vec<LineResult>, ApiError> {
        let found: StockData = data(reply)?;
        let written = found.inventory_set_quantities;
        let errors = written.ok_or_else(|| ApiError::malformed("no inventorySetQuantities"))?.user_errors;
        let Some(first) = errors.first() else { return Ok(lines.iter().map(LineResult::applied).collect()) };
        let names_lines = errors.iter().any(|error| line_of(error).is_some());
        let judge = |(nth, line): (usize, &StockLine)| {
            let own = errors.iter().find(|error| line_of(error) == Some(nth));
            let refusal = match own.or((!names_lines).then_some(first)) {
                Some(error) => refusal(error),
                None => ApiError::new(ErrorClass::Conflict, BATCH_REFUSED, "another line of the call was refused"),
            };
            LineResult::refused(line, refusal)
        };
        Ok(lines.iter().enumerate().map(judge).collect())
    }
}

fn quantity(account: &Account, line: &StockLine) -> Result<serde_json::Value, ApiError> {
    let StockChange::Set(quantity) = line.change else {
        return Err(ApiError::unsupported("stock is set here, not changed"));
    };
    let told = |name: &str| line.extra.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    let item = told("stock_id").ok_or_else(|| ApiError::bad_request("the variant has no inventory item"))?;
    let place = line.location.clone().or_else(|| account.text("location_id")).or_else(|| told("location"));
    Ok(json!({
        "inventoryItemId": item,
        "locationId": place.ok_or_else(|| ApiError::bad_request("no place: the account needs a location_id"))?,
        "quantity": quantity,
        "changeFromQuantity": line.expected,
    }))
}

/// One key for the lines of a call, in the form of a random id.
fn key(lines: &[StockLine]) -> String {
    let keys: Vec<&str> = lines.iter().map(|line| line.key.as_str()).collect();
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = digest::sha256(keys.join("\n").as_bytes());
    let bytes = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// The line that an error concerns, as in `["input", "quantities", "0"]`.
fn line_of(error: &UserError) -> Option<usize> {
    let mut path = error.field.0.iter().skip_while(|step| step.text() != Some("quantities"));
    path.next()?;
    path.next()?.text()?.parse().ok()
}

fn refusal(error: &UserError) -> ApiError {
    let code = error.code.text().unwrap_or("user_error");
    let stale = code == STALE || code.ends_with("_STALE");
    let class = if stale { ErrorClass::Conflict } else { ErrorClass::Business };
    ApiError::new(class, code, error.message.text().unwrap_or_default())
}
