//! A seller's items on sale, then the variants of each.

use chrono::{DateTime, Utc};

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::halves::{Halves, Whole};
use super::super::model::{Page, RemoteGoods, SkippedRow, Window};
use super::super::store::StoreItems;
use super::super::times;
use super::types::{ItemHalf, ItemRow, Items, Skus};
use super::{Dhgate, map, read};

const PAGE_SIZE: &str = "100";
/// `state` of items on sale.
const ON_SALE: &str = "100100";
/// The list wants a span of time; this one holds everything.
const SPAN: [&str; 2] = ["2004-01-01 00:00:00", "2099-12-31 23:59:59"];

impl StoreItems for Dhgate {
    fn all<'a>(&'a self, _: &'a Account, changed: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Whole { source: Goods { changed }, ids: None })
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Whole { source: Goods { changed: None }, ids: Some(ids) })
    }
}

struct Goods<'a> {
    changed: Option<&'a Window>,
}

impl Halves<RemoteGoods> for Goods<'_> {
    type Half = ItemHalf;

    fn list(&self, at: u64) -> Result<HttpRequest, ApiError> {
        let [from, until] = SPAN;
        let text = |at: Option<DateTime<Utc>>, else_: &str| at.map_or_else(|| else_.to_owned(), times::beijing_text);
        Ok(read("dh.item.list")
            .with("state", ON_SALE)
            .with("operateDateStart", text(self.changed.map(|window| window.from), from))
            .with("operateDateEnd", text(self.changed.map(|window| window.until), until))
            .with("pages", at.to_string())
            .with("pageSize", PAGE_SIZE))
    }

    fn read_list(&self, at: u64, reply: &HttpReply) -> Result<(Page<ItemHalf>, bool), ApiError> {
        let body: Items = reply.json()?;
        let rows = body.item_list.or(body.item_base_info_list).ok_or_else(|| ApiError::malformed("no itemList"))?.0;
        let more = !rows.is_empty() && at < body.pages.count().unwrap_or(0);
        Ok((Page::collect(rows.iter().map(map::item)), more))
    }

    /// Unconfirmed.
    fn first(&self, id: &str) -> Result<HttpRequest, ApiError> {
        Ok(read("dh.item.get").with("itemCode", id))
    }

    fn read_first(&self, _: &str, reply: &HttpReply) -> Result<ItemHalf, ApiError> {
        let row: ItemRow = reply.json()?;
        map::item(&row).map_err(|skipped| ApiError::malformed(skipped.reason))
    }

    fn second(&self, half: &ItemHalf) -> Result<HttpRequest, ApiError> {
        Ok(read("dh.item.sku.list").with("itemCode", &half.code))
    }

    fn read_second(&self, half: ItemHalf, reply: &HttpReply) -> Result<Result<RemoteGoods, SkippedRow>, ApiError> {
        let body: Skus = reply.json()?;
        let rows = body.item_sku_list.ok_or_else(|| ApiError::malformed("no itemSkuList"))?;
        Ok(map::goods(half, &rows.0))
    }

    fn id(&self, half: &ItemHalf) -> String {
        half.code.clone()
    }
}
