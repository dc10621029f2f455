//! A store's goods: the wares on sale, then each ware's variants.

use serde_json::json;

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, json_id};
use super::super::feeds::{ByIds, Each, Known, ListThenEach, next_number};
use super::super::gates::jd::answer;
use super::super::listed;
use super::super::model::{Cursor, Page, RemoteGoods, Window};
use super::super::store::StoreItems;
use super::types::{SkusReply, Ware, WaresReply};
use super::{Jd, call, map};

const PAGE_SIZE: u64 = 50;
/// Most variants of one ware.
const SKUS: u64 = 100;
/// What a ware must be asked for by name.
const WARE: &str = "wareId,title,logo,categoryId,wareStatus,jdPrice,stockNum,outerId,barcode";
const SKU: &str = "skuId,wareId,wareTitle,skuName,status,jdPrice,stockNum,outerId,barCode,logo,categoryId,saleAttrs";

impl StoreItems for Jd {
    // The search cannot be narrowed to what changed.
    fn all<'a>(&'a self, _: &'a Account, _: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Each(Wares))
    }

    fn overview<'a>(&'a self, _: &'a Account, _: Option<&'a Window>) -> Option<BoxFeed<'a, RemoteGoods>> {
        Some(Box::new(Wares))
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Known { source: Wares, ids })
    }
}

/// `jingdong.ware.read.searchWare4Valid`, then `jingdong.sku.read.searchSkuList` for each ware. An app
/// without the right to the second still imports what the first told, which travels behind each id.
struct Wares;

fn wares(at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<Ware>, ApiError> {
    let page: u64 = at.map_or(Ok(1), Cursor::open)?;
    let body: WaresReply = answer::flat(reply)?;
    let body = body.page.ok_or_else(|| ApiError::malformed("no page of wares"))?;
    let total = body.total_item.count();
    let next = next_number(page, PAGE_SIZE, total, body.data.0.len()).map(|next| Cursor::of(&next)).transpose()?;
    Ok(Page { total, ..Page::of(body.data.0) }.and_next(next))
}

impl Feed<RemoteGoods> for Wares {
    fn request(&self, at: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let page: u64 = at.map_or(Ok(1), Cursor::open)?;
        let wanted = json!({"pageNo": page, "pageSize": PAGE_SIZE, "field": WARE});
        Ok(call("jingdong.ware.read.searchWare4Valid", &wanted))
    }

    fn read(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let page = wares(at, reply)?;
        Ok(Page { total: page.total, ..Page::collect(page.rows.iter().map(|row| map::listed(row).goods())) }
            .and_next(page.next))
    }
}

impl ListThenEach<RemoteGoods> for Wares {
    fn list(&self, at: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        self.request(at)
    }

    fn read_list(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<String>, ApiError> {
        let page = wares(at, reply)?;
        Ok(Page { total: page.total, ..Page::collect(page.rows.iter().map(|row| map::listed(row).pending())) }
            .and_next(page.next))
    }
}

impl ByIds<RemoteGoods> for Wares {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let wanted = json!({"wareId": [json_id(listed::only_id(ids)?)], "pageNo": 1, "page_size": SKUS, "field": SKU});
        Ok(call("jingdong.sku.read.searchSkuList", &wanted))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let told = ids.first().ok_or_else(|| ApiError::bad_request("no id to ask for"))?;
        let body: SkusReply = answer::flat(reply)?;
        let rows = body.page.ok_or_else(|| ApiError::malformed("no page of variants"))?.data.0;
        if rows.is_empty() {
            return Ok(Page { missing: vec![listed::id_of(told).to_owned()], ..Page::of(Vec::new()) });
        }
        Ok(Page::collect([map::goods(told, &rows)]))
    }

    fn instead_of_each(&self, ids: &[String], error: &ApiError) -> Option<Page<RemoteGoods>> {
        listed::instead(ids, error)
    }
}
