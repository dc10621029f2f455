//! Goods by search and by id.

use serde::{Deserialize, Serialize};

use super::super::connector::{BoxFeed, Feed, ItemSource};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::model::{Cursor, Page, RemoteGoods, Search};
use super::types::{DetailReply, SearchReply};
use super::{PinduoduoAffiliate, map};

const PAGE_SIZE: u64 = 100;
/// What must not be shown in a mini-program: blocked there, virtual, devices, prescription, OTC.
const BLOCKED_PACKAGES: &str = "[1,2,3,4,5]";

impl ItemSource for PinduoduoAffiliate {
    fn search<'a>(&'a self, search: &'a Search) -> BoxFeed<'a, RemoteGoods> {
        Box::new(SearchFeed { app: self, search })
    }

    fn by_ids<'a>(&'a self, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(DetailFeed { app: self, ids })
    }
}

/// `pdd.ddk.goods.search`, forward; `list_id` keeps the pages of one result together.
struct SearchFeed<'a> {
    app: &'a PinduoduoAffiliate,
    search: &'a Search,
}

#[derive(Serialize, Deserialize)]
struct SearchPlace {
    page: u64,
    list_id: Option<String>,
}

impl SearchFeed<'_> {
    fn place(cursor: Option<&Cursor>) -> Result<SearchPlace, ApiError> {
        cursor.map_or(Ok(SearchPlace { page: 1, list_id: None }), Cursor::open)
    }
}

impl Feed<RemoteGoods> for SearchFeed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let place = Self::place(cursor)?;
        let coupon_only = self.search.coupon_only.then_some("true");
        Ok(HttpRequest::gateway_read("pdd.ddk.goods.search")
            .with("pid", &self.app.pid)
            .with_some("custom_parameters", self.app.custom_parameters.as_deref())
            .with("keyword", &self.search.query)
            .with_some("opt_id", self.search.category.as_deref())
            .with_some("with_coupon", coupon_only)
            .with("block_cat_packages", BLOCKED_PACKAGES)
            .with("page", place.page.to_string())
            .with("page_size", PAGE_SIZE.to_string())
            .with_some("list_id", place.list_id))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let place = Self::place(cursor)?;
        let body: SearchReply = reply.json()?;
        let body = body.goods_search_response.ok_or_else(|| ApiError::malformed("no goods_search_response"))?;
        let search_id = body.search_id.text();
        let rows = &body.goods_list.0;
        let mut page = Page::collect(rows.iter().map(|row| map::goods(row, search_id, reply.received_at)));
        page.total = body.total_count.integer().and_then(|total| u64::try_from(total).ok());
        let more = match page.total {
            Some(total) => place.page.saturating_mul(PAGE_SIZE) < total,
            None => rows.len() as u64 >= PAGE_SIZE,
        };
        if more && !rows.is_empty() {
            let list_id = body.list_id.owned().or(place.list_id);
            page.next = Some(Cursor::of(&SearchPlace { page: place.page + 1, list_id })?);
        }
        Ok(page)
    }
}

/// `pdd.ddk.goods.detail`, one id a call; the cursor is the place in the list of ids.
struct DetailFeed<'a> {
    app: &'a PinduoduoAffiliate,
    ids: &'a [String],
}

impl DetailFeed<'_> {
    fn place(&self, cursor: Option<&Cursor>) -> Result<(usize, &String), ApiError> {
        let place = cursor.map_or(Ok(0), Cursor::open)?;
        let id = self.ids.get(place).ok_or_else(|| ApiError::bad_request("no id to ask for"))?;
        Ok((place, id))
    }
}

impl Feed<RemoteGoods> for DetailFeed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let (_, id) = self.place(cursor)?;
        Ok(HttpRequest::gateway_read("pdd.ddk.goods.detail")
            .with("pid", &self.app.pid)
            .with_some("custom_parameters", self.app.custom_parameters.as_deref())
            .with("goods_sign", id))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let (place, id) = self.place(cursor)?;
        let body: DetailReply = reply.json()?;
        let body = body.goods_detail_response.ok_or_else(|| ApiError::malformed("no goods_detail_response"))?;
        let rows = &body.goods_details.0;
        let mut page = Page::collect(rows.iter().map(|row| map::goods(row, None, reply.received_at)));
        if rows.is_empty() {
            page.missing.push(id.clone());
        }
        page.total = Some(self.ids.len() as u64);
        if place + 1 < self.ids.len() {
            page.next = Some(Cursor::of(&(place + 1))?);
        }
        Ok(page)
    }
}
