//! A store's orders by the time they changed, one by its number, and opening sealed data.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::{ByIds, Known, Once, next_number};
use super::super::loose::Loose;
use super::super::model::{Cursor, Page, SkippedRow, Window};
use super::super::order::{RemoteOrder, Revealed};
use super::super::store::OrderSource;
use super::super::times;
use super::types::{Reply, TradeRow, TradesBody};
use super::{Youzan, call, map};

const PAGE_SIZE: u64 = 100;
const LAST_PAGE: u64 = 100;

impl OrderSource for Youzan {
    fn changed<'a>(&'a self, _: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Changed { window })
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Known { source: One, ids })
    }

    fn reveal<'a>(&'a self, _: &'a Account, _: &'a str, ciphers: &'a [String]) -> Option<BoxFeed<'a, Revealed>> {
        Some(Box::new(Once {
            ask: move || Ok(call("youzan.cloud.secret.decrypt.batch", "1.0.0", &json!({"sources": ciphers}))),
            read: move |reply: &HttpReply| {
                let body: Reply<BTreeMap<String, Loose>> = reply.json()?;
                let opened = body.data.ok_or_else(|| ApiError::malformed("no data"))?;
                let row = |cipher: &String| match opened.get(cipher).and_then(Loose::owned) {
                    Some(plain) => Ok(Revealed { cipher: cipher.clone(), plain }),
                    None => Err(SkippedRow { external_id: Some(cipher.clone()), reason: "not opened".to_owned() }),
                };
                Ok(Page::collect(ciphers.iter().map(row)))
            },
        }))
    }
}

/// `youzan.trades.sold.get`. Orders move between pages while they change; windows overlap, and rows are
/// idempotent by their number.
struct Changed<'a> {
    window: &'a Window,
}

impl Feed<RemoteOrder> for Changed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let page: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let wanted = json!({
            "start_update": times::beijing_text(self.window.from),
            "end_update": times::beijing_text(self.window.until),
            "page_no": page,
            "page_size": PAGE_SIZE,
        });
        Ok(call("youzan.trades.sold.get", "4.0.4", &wanted))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let at: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let body: Reply<TradesBody> = reply.json()?;
        let body = body.data.ok_or_else(|| ApiError::malformed("no data"))?;
        let rows = body.full_order_info_list.ok_or_else(|| ApiError::malformed("no full_order_info_list"))?.0;
        let total = body.total_results.count();
        if total.is_some_and(|total| total > PAGE_SIZE * LAST_PAGE) {
            return Err(ApiError::bad_request("too many orders in the window"));
        }
        let next = next_number(at, PAGE_SIZE, total, rows.len()).map(|next| Cursor::of(&next)).transpose()?;
        Ok(Page { total, ..Page::collect(rows.iter().map(order)) }.and_next(next))
    }
}

fn order(row: &TradeRow) -> Result<RemoteOrder, SkippedRow> {
    let nothing = || SkippedRow { external_id: None, reason: "no full_order_info".to_owned() };
    map::order(row.full_order_info.as_ref().ok_or_else(nothing)?)
}

/// `youzan.trade.get`.
struct One;

impl ByIds<RemoteOrder> for One {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no order"))?;
        Ok(call("youzan.trade.get", "4.0.2", &json!({"tid": id})))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let body: Reply<TradeRow> = reply.json()?;
        let row = body.data.ok_or_else(|| ApiError::malformed("no data"))?;
        match row.full_order_info {
            Some(trade) => Ok(Page::collect([map::order(&trade)])),
            None => Ok(Page { missing: ids.to_vec(), ..Page::of(Vec::new()) }),
        }
    }
}
