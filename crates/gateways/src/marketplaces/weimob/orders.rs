//! A store's orders by the time they changed, and one by its number.

use serde_json::json;

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, json_id};
use super::super::feeds::{ByIds, Known, next_number};
use super::super::model::{Cursor, Page, Window};
use super::super::order::RemoteOrder;
use super::super::store::OrderSource;
use super::types::{OrderList, OrderRow, Reply};
use super::{Weimob, call, map};

const PAGE_SIZE: u64 = 50;
/// The number of "by the time it changed" in a search; unconfirmed.
const BY_CHANGE: i64 = 2;

impl OrderSource for Weimob {
    fn changed<'a>(&'a self, account: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Changed { account, window })
    }

    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Known { source: One { account }, ids })
    }
}

/// `order/list/search`.
struct Changed<'a> {
    account: &'a Account,
    window: &'a Window,
}

impl Feed<RemoteOrder> for Changed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let page: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let time = json!({
            "type": BY_CHANGE,
            "startTime": self.window.from.timestamp_millis(),
            "endTime": self.window.until.timestamp_millis(),
        });
        let wanted = json!({"pageNum": page, "pageSize": PAGE_SIZE, "queryParameter": {"queryTime": time}});
        call("order/list/search", self.account, wanted)
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let at: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let body: Reply<OrderList> = reply.json()?;
        let body = body.data.ok_or_else(|| ApiError::malformed("no data"))?;
        let rows = body.page_list.ok_or_else(|| ApiError::malformed("no pageList"))?.0;
        let total = body.total_count.count();
        let next = next_number(at, PAGE_SIZE, total, rows.len()).map(|next| Cursor::of(&next)).transpose()?;
        let orders = rows.iter().map(|row| map::order(self.account, row.order_info.as_ref()));
        Ok(Page { total, ..Page::collect(orders) }.and_next(next))
    }
}

/// `order/detail/get`.
struct One<'a> {
    account: &'a Account,
}

impl ByIds<RemoteOrder> for One<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no order"))?;
        call("order/detail/get", self.account, json!({"orderNo": json_id(id)}))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let body: Reply<OrderRow> = reply.json()?;
        let row = body.data.ok_or_else(|| ApiError::malformed("no data"))?;
        match &row.order_info {
            Some(info) => Ok(Page::collect([map::order(self.account, Some(info))])),
            None => Ok(Page { missing: ids.to_vec(), ..Page::of(Vec::new()) }),
        }
    }
}
