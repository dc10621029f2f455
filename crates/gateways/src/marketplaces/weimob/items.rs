//! A store's goods: the list, then each item with its variants.

use serde_json::json;

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, json_id};
use super::super::feeds::{ByIds, Each, Known, ListThenEach, next_number};
use super::super::listed::{self, Listed};
use super::super::model::{Cursor, Page, RemoteGoods, Window};
use super::super::store::StoreItems;
use super::types::{Goods, GoodsList, GoodsRow, Reply};
use super::{Weimob, call, map};

const PAGE_SIZE: u64 = 20;

impl StoreItems for Weimob {
    fn all<'a>(&'a self, account: &'a Account, changed: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Each(Items { account, changed }))
    }

    fn overview<'a>(&'a self, account: &'a Account, changed: Option<&'a Window>) -> Option<BoxFeed<'a, RemoteGoods>> {
        Some(Box::new(Items { account, changed }))
    }

    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Known { source: Items { account, changed: None }, ids })
    }
}

/// `goods/getList`, then `goods/get` for each.
struct Items<'a> {
    account: &'a Account,
    changed: Option<&'a Window>,
}

/// A page of the list as it came.
fn rows(at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<GoodsRow>, ApiError> {
    let page: u64 = at.map_or(Ok(1), Cursor::open)?;
    let body: Reply<GoodsList> = reply.json()?;
    let body = body.data.ok_or_else(|| ApiError::malformed("no data"))?;
    let rows = body.page_list.ok_or_else(|| ApiError::malformed("no pageList"))?.0;
    let total = body.total_count.count();
    let next = next_number(page, PAGE_SIZE, total, rows.len()).map(|next| Cursor::of(&next)).transpose()?;
    Ok(Page { total, ..Page::of(rows) }.and_next(next))
}

impl Feed<RemoteGoods> for Items<'_> {
    fn request(&self, at: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let page: u64 = at.map_or(Ok(1), Cursor::open)?;
        let mut narrowed = json!({});
        if let (Some(window), Some(fields)) = (self.changed, narrowed.as_object_mut()) {
            fields.insert("startUpdateTime".to_owned(), json!(window.from.timestamp_millis()));
            fields.insert("endUpdateTime".to_owned(), json!(window.until.timestamp_millis()));
        }
        let wanted = json!({"pageNum": page, "pageSize": PAGE_SIZE, "queryParameter": narrowed});
        call("goods/getList", self.account, wanted)
    }

    fn read(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let page = rows(at, reply)?;
        let goods = Page::collect(page.rows.iter().map(map::overview));
        Ok(Page { total: page.total, ..goods }.and_next(page.next))
    }
}

impl ListThenEach<RemoteGoods> for Items<'_> {
    fn list(&self, at: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        self.request(at)
    }

    fn read_list(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<String>, ApiError> {
        let page = rows(at, reply)?;
        let ids = Page::collect(page.rows.iter().map(|row| map::listed(row).pending()));
        Ok(Page { total: page.total, ..ids }.and_next(page.next))
    }
}

impl ByIds<RemoteGoods> for Items<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        call("goods/get", self.account, json!({"goodsId": json_id(listed::only_id(ids)?)}))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let body: Reply<Goods> = reply.json()?;
        let body = body.data.ok_or_else(|| ApiError::malformed("no data"))?;
        let rows = body.sku_list.as_ref().ok_or_else(|| ApiError::malformed("no skuList"))?;
        let told = ids.first().and_then(|text| Listed::parse(text));
        Ok(Page::collect([map::goods(&body, &rows.0, told)]))
    }

    fn instead_of_each(&self, ids: &[String], error: &ApiError) -> Option<Page<RemoteGoods>> {
        listed::instead(ids, error)
    }
}
