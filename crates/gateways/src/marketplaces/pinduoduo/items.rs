//! A store's goods: the list, which has no prices, then each item.

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::{ByIds, Each, Known, ListThenEach, next_number};
use super::super::model::{Cursor, Page, RemoteGoods, Window};
use super::super::store::StoreItems;
use super::types::{GoodsListReply, GoodsReply};
use super::{Pinduoduo, map};

const PAGE_SIZE: u64 = 100;

impl StoreItems for Pinduoduo {
    // The list cannot be narrowed to what changed.
    fn all<'a>(&'a self, _: &'a Account, _: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Each(Goods))
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Known { source: Goods, ids })
    }
}

/// `pdd.goods.list.get`, then `pdd.goods.information.get` for each; the picture is in the list alone,
/// so it travels behind the id.
struct Goods;

impl ListThenEach<RemoteGoods> for Goods {
    fn list(&self, at: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let page: u64 = at.map_or(Ok(1), Cursor::open)?;
        Ok(HttpRequest::gateway_read("pdd.goods.list.get")
            .with("page", page.to_string())
            .with("page_size", PAGE_SIZE.to_string()))
    }

    fn read_list(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<String>, ApiError> {
        let page: u64 = at.map_or(Ok(1), Cursor::open)?;
        let body: GoodsListReply = reply.json()?;
        let body = body.goods_list_get_response.ok_or_else(|| ApiError::malformed("no goods_list_get_response"))?;
        let mut listed = Page::collect(body.goods_list.0.iter().map(map::listed));
        listed.total = body.total_count.count();
        let next = next_number(page, PAGE_SIZE, listed.total, body.goods_list.0.len());
        listed.next = next.map(|next| Cursor::of(&next)).transpose()?;
        Ok(listed)
    }
}

impl ByIds<RemoteGoods> for Goods {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let (id, _) = map::id_and_picture(ids)?;
        Ok(HttpRequest::gateway_read("pdd.goods.information.get").with("goods_id", id))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let (id, picture) = map::id_and_picture(ids)?;
        let body: GoodsReply = reply.json()?;
        let body = body.goods_info_get_response.ok_or_else(|| ApiError::malformed("no goods_info_get_response"))?;
        let Some(row) = body.goods_info else {
            return Ok(Page { missing: vec![id.to_owned()], ..Page::of(Vec::new()) });
        };
        Ok(Page::collect([map::goods(&row, picture)]))
    }
}
