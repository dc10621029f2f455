//! Stock, many variants a call; a good answer may name those that failed.

use serde_json::{Map, Value, json};

use super::super::account::Account;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest, json_id};
use super::super::loose::Loose;
use super::super::stock::{LineResult, StockChange, StockLine, StockSink, is_repeatable};
use super::types::{Failed, Reply, StockBody};
use super::{Weimob, call};

/// `quantityEditType` of setting and of adding.
const SETS: i64 = 0;
const ADDS: i64 = 1;

impl StockSink for Weimob {
    /// A call sets or adds, and concerns one warehouse; so lines go together while both are the same.
    fn fitting(&self, lines: &[StockLine], most: usize) -> usize {
        let kind = |line: &StockLine| (matches!(line.change, StockChange::Set(_)), line.location.clone());
        let first = lines.first().map(kind);
        lines.iter().take(most).take_while(|line| Some(kind(line)) == first).count()
    }

    /// `stock/update`.
    fn push(&self, account: &Account, lines: &[StockLine]) -> Result<HttpRequest, ApiError> {
        let first = lines.first().ok_or_else(|| ApiError::bad_request("no line"))?;
        let mut by_goods: Vec<(&str, Vec<Value>)> = Vec::new();
        for line in lines {
            let sku = line.external_sku_id.as_deref().ok_or_else(|| ApiError::bad_request("no variant"))?;
            let quantity = match line.change {
                StockChange::Set(quantity) if quantity < 0 => return Err(ApiError::bad_request("a negative quantity")),
                StockChange::Set(quantity) | StockChange::Add(quantity) => quantity,
            };
            let told = json!({"skuId": json_id(sku), "stockNum": quantity});
            match by_goods.iter_mut().find(|(goods, _)| *goods == line.external_item_id) {
                Some((_, skus)) => skus.push(told),
                None => by_goods.push((&line.external_item_id, vec![told])),
            }
        }
        let goods: Vec<Value> =
            by_goods.into_iter().map(|(goods, skus)| json!({"goodsId": json_id(goods), "skuList": skus})).collect();
        let kind = if matches!(first.change, StockChange::Set(_)) { SETS } else { ADDS };
        let mut wanted: Map<String, Value> = Map::new();
        wanted.insert("goodsList".to_owned(), json!(goods));
        wanted.insert("quantityEditType".to_owned(), json!(kind));
        if let Some(warehouse) = &first.location {
            wanted.insert("warehouseId".to_owned(), json_id(warehouse));
        }
        Ok(call("stock/update", account, Value::Object(wanted))?.repeatable(is_repeatable(lines)))
    }

    fn read(&self, lines: &[StockLine], reply: &HttpReply) -> Result<Vec<LineResult>, ApiError> {
        let body: Reply<StockBody> = reply.json()?;
        let failed = body.data.ok_or_else(|| ApiError::malformed("no data"))?.fail_list.0;
        let judge = |line: &StockLine| match failed.iter().find(|failed| concerns(failed, line)) {
            Some(failed) => {
                let said = failed.message.text().unwrap_or_default();
                LineResult::refused(line, ApiError::new(ErrorClass::Business, "not_updated", said))
            }
            None => LineResult::applied(line),
        };
        Ok(lines.iter().map(judge).collect())
    }
}

fn concerns(failed: &Failed, line: &StockLine) -> bool {
    let skus = &failed.sku_id_set.0;
    let of_sku = |sku: &Loose| sku.text() == line.external_sku_id.as_deref();
    failed.goods_id.text() == Some(&line.external_item_id) && (skus.is_empty() || skus.iter().any(of_sku))
}
