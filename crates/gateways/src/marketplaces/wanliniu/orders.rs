//! Orders of all stores behind the account, page by page until one is short.

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::{ByIds, Known, next_number};
use super::super::model::{Cursor, Page, Window};
use super::super::order::RemoteOrder;
use super::super::store::OrderSource;
use super::super::times;
use super::types::{Rows, TradeRow};
use super::{Wanliniu, ask, map};

const LIST: &str = "/erp/opentrade/list/trades";
const PAGE_SIZE: u64 = 200;

impl OrderSource for Wanliniu {
    fn changed<'a>(&'a self, account: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Changed { account, window })
    }

    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Known { source: One { account }, ids })
    }
}

/// The cursor is the page number.
struct Changed<'a> {
    account: &'a Account,
    window: &'a Window,
}

fn rows(reply: &HttpReply) -> Result<Vec<TradeRow>, ApiError> {
    let body: Rows<TradeRow> = reply.json()?;
    Ok(body.data.ok_or_else(|| ApiError::malformed("no data"))?.0)
}

impl Feed<RemoteOrder> for Changed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let page: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        Ok(ask(self.account, "list.trades", LIST)
            .with("modify_time", times::beijing_text(self.window.from))
            .with("end_time", times::beijing_text(self.window.until))
            .with("page", page.to_string())
            .with("limit", PAGE_SIZE.to_string()))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let at: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let rows = rows(reply)?;
        let next = next_number(at, PAGE_SIZE, None, rows.len());
        Ok(Page::collect(rows.iter().map(|row| map::order(self.account, row)))
            .and_next(next.map(|next| Cursor::of(&next)).transpose()?))
    }
}

/// One order by the ERP's id; that the list takes it is unconfirmed.
struct One<'a> {
    account: &'a Account,
}

impl ByIds<RemoteOrder> for One<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no order"))?;
        Ok(ask(self.account, "list.trades", LIST).with("uid", id).with("page", "1").with("limit", "1"))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let rows = rows(reply)?;
        // A list that did not understand the id answers with other orders.
        let wanted = rows.iter().find(|row| ids.iter().any(|id| row.uid.text() == Some(id)));
        match wanted {
            Some(row) => Ok(Page::collect([map::order(self.account, row)])),
            None => Ok(Page { missing: ids.to_vec(), ..Page::of(Vec::new()) }),
        }
    }
}
