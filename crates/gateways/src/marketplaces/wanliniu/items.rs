//! The ERP's goods with their variants, page by page until one is short.

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::{ByIds, Known, next_number};
use super::super::model::{Cursor, Page, RemoteGoods, Window};
use super::super::store::StoreItems;
use super::super::times;
use super::types::{GoodsRow, Rows};
use super::{Wanliniu, ask, map};

const LIST: &str = "/erp/goods/spec/open/query/goodswithspeclist";
const PAGE_SIZE: u64 = 100;

impl StoreItems for Wanliniu {
    fn all<'a>(&'a self, account: &'a Account, changed: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Goods { account, changed })
    }

    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Known { source: One { account }, ids })
    }
}

/// The cursor is the page number.
struct Goods<'a> {
    account: &'a Account,
    changed: Option<&'a Window>,
}

fn rows(reply: &HttpReply) -> Result<Vec<GoodsRow>, ApiError> {
    let body: Rows<GoodsRow> = reply.json()?;
    Ok(body.data.ok_or_else(|| ApiError::malformed("no data"))?.0)
}

impl Feed<RemoteGoods> for Goods<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let page: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        Ok(ask(self.account, "goodswithspeclist", LIST)
            .with_some("modify_time", self.changed.map(|window| times::beijing_text(window.from)))
            .with("page", page.to_string())
            .with("limit", PAGE_SIZE.to_string()))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let at: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let rows = rows(reply)?;
        let next = next_number(at, PAGE_SIZE, None, rows.len());
        Ok(Page::collect(rows.iter().map(map::goods)).and_next(next.map(|next| Cursor::of(&next)).transpose()?))
    }
}

/// One item by the merchant's code; that the list takes it is unconfirmed.
struct One<'a> {
    account: &'a Account,
}

impl ByIds<RemoteGoods> for One<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no item"))?;
        Ok(ask(self.account, "goodswithspeclist", LIST).with("goods_code", id).with("page", "1").with("limit", "1"))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let rows = rows(reply)?;
        let wanted = rows.iter().find(|row| ids.iter().any(|id| row.goods_code.text() == Some(id)));
        match wanted {
            Some(row) => Ok(Page::collect([map::goods(row)])),
            None => Ok(Page { missing: ids.to_vec(), ..Page::of(Vec::new()) }),
        }
    }
}
