//! A store's goods: what is on sale, then the variants of twenty items a call.

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::{ByIds, Each, Known, ListThenEach, next_number};
use super::super::listed;
use super::super::model::{Cursor, Page, RemoteGoods, Window};
use super::super::store::StoreItems;
use super::super::times;
use super::types::{Item, ItemsReply, OnSaleReply};
use super::{Taobao, map};

/// The platform takes 200; a page is kept in the cursor while its variants are asked for.
const PAGE_SIZE: u64 = 40;
/// Most ids of a call for variants.
const PER_CALL: usize = 20;
const LISTED: &str = "num_iid,title,pic_url,num,price,outer_id,modified,cid";
const WHOLE: &str = "num_iid,title,pic_url,item_img,num,price,outer_id,barcode,cid,modified,approve_status,sku";

impl StoreItems for Taobao {
    fn all<'a>(&'a self, _: &'a Account, changed: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Each(Goods { changed }))
    }

    fn overview<'a>(&'a self, _: &'a Account, changed: Option<&'a Window>) -> Option<BoxFeed<'a, RemoteGoods>> {
        Some(Box::new(Overview { changed }))
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Known { source: Goods { changed: None }, ids })
    }
}

/// `taobao.items.onsale.get`.
fn on_sale(changed: Option<&Window>, page: u64) -> HttpRequest {
    HttpRequest::gateway_read("taobao.items.onsale.get")
        .with("fields", LISTED)
        .with("page_no", page.to_string())
        .with("page_size", PAGE_SIZE.to_string())
        .with_some("start_modified", changed.map(|window| times::beijing_text(window.from)))
        .with_some("end_modified", changed.map(|window| times::beijing_text(window.until)))
}

/// The rows of that answer, how many there are, and the next page.
fn on_sale_rows(at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<Item>, ApiError> {
    let page: u64 = at.map_or(Ok(1), Cursor::open)?;
    let body: OnSaleReply = reply.json()?;
    let body = body.items_onsale_get_response.ok_or_else(|| ApiError::malformed("no items_onsale_get_response"))?;
    let total = body.total_results.count();
    let rows = body.items.unwrap_or_default().item.0;
    let next = next_number(page, PAGE_SIZE, total, rows.len()).map(|next| Cursor::of(&next)).transpose()?;
    Ok(Page { total, ..Page::of(rows) }.and_next(next))
}

/// The list alone.
struct Overview<'a> {
    changed: Option<&'a Window>,
}

impl Feed<RemoteGoods> for Overview<'_> {
    fn request(&self, at: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        Ok(on_sale(self.changed, at.map_or(Ok(1), Cursor::open)?))
    }

    fn read(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let page = on_sale_rows(at, reply)?;
        Ok(Page { total: page.total, ..Page::collect(page.rows.iter().map(|row| map::listed(row).goods())) }
            .and_next(page.next))
    }
}

/// The list, then `taobao.items.seller.list.get`. An app without the right to that call still imports
/// what the list told, which travels behind each id.
struct Goods<'a> {
    changed: Option<&'a Window>,
}

impl ListThenEach<RemoteGoods> for Goods<'_> {
    fn list(&self, at: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        Ok(on_sale(self.changed, at.map_or(Ok(1), Cursor::open)?))
    }

    fn read_list(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<String>, ApiError> {
        let page = on_sale_rows(at, reply)?;
        Ok(Page { total: page.total, ..Page::collect(page.rows.iter().map(|row| map::listed(row).pending())) }
            .and_next(page.next))
    }
}

impl ByIds<RemoteGoods> for Goods<'_> {
    fn per_call(&self) -> usize {
        PER_CALL
    }

    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let ids: Vec<&str> = ids.iter().map(|text| listed::id_of(text)).collect();
        Ok(HttpRequest::gateway_read("taobao.items.seller.list.get")
            .with("fields", WHOLE)
            .with("num_iids", ids.join(",")))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let body: ItemsReply = reply.json()?;
        let body = body.items_seller_list_get_response;
        let body = body.ok_or_else(|| ApiError::malformed("no items_seller_list_get_response"))?;
        let rows = body.items.unwrap_or_default().item.0;
        let told = |id: &str| rows.iter().any(|row| row.num_iid.text() == Some(id));
        let missing = ids.iter().map(|text| listed::id_of(text)).filter(|id| !told(id)).map(str::to_owned);
        Ok(Page { missing: missing.collect(), ..Page::collect(rows.iter().map(map::goods)) })
    }

    fn instead_of_each(&self, ids: &[String], error: &ApiError) -> Option<Page<RemoteGoods>> {
        listed::instead(ids, error)
    }
}
