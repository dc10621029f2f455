//! Material search and item info.

use super::super::connector::{BoxFeed, Feed, ItemSource};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::model::{Cursor, Page, RemoteGoods, Search};
use super::types::{DetailBody, DetailReply, ItemRow, SearchBody, SearchReply};
use super::{TaobaoAffiliate, map};

const PAGE_SIZE: u64 = 100;
const IDS_A_CALL: usize = 20;

impl ItemSource for TaobaoAffiliate {
    fn search<'a>(&'a self, search: &'a Search) -> BoxFeed<'a, RemoteGoods> {
        Box::new(SearchFeed { app: self, search })
    }

    fn by_ids<'a>(&'a self, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(DetailFeed { ids })
    }
}

/// `taobao.tbk.dg.material.optional.upgrade`; the cursor is the page number.
struct SearchFeed<'a> {
    app: &'a TaobaoAffiliate,
    search: &'a Search,
}

impl Feed<RemoteGoods> for SearchFeed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let page_no: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let coupon_only = self.search.coupon_only.then_some("true");
        Ok(HttpRequest::gateway_read("taobao.tbk.dg.material.optional.upgrade")
            .with("adzone_id", &self.app.adzone_id)
            .with("q", &self.search.query)
            .with_some("cat", self.search.category.as_deref())
            .with_some("has_coupon", coupon_only)
            .with("page_no", page_no.to_string())
            .with("page_size", PAGE_SIZE.to_string()))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let page_no: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let body: SearchReply = reply.json()?;
        let body = match (body.tbk_dg_material_optional_upgrade_response, body.error_response) {
            (Some(found), _) => found,
            (None, Some(_no_result)) => SearchBody::default(),
            (None, None) => return Err(ApiError::malformed("no tbk_dg_material_optional_upgrade_response")),
        };
        let rows = body.result_list.unwrap_or_default().map_data.0;
        let mut page = Page::collect(rows.iter().map(map::goods));
        page.total = body.total_results.integer().and_then(|total| u64::try_from(total).ok());
        let more = match page.total {
            Some(total) => page_no.saturating_mul(PAGE_SIZE) < total,
            None => rows.len() as u64 >= PAGE_SIZE,
        };
        if more && !rows.is_empty() {
            page.next = Some(Cursor::of(&(page_no + 1))?);
        }
        Ok(page)
    }
}

/// `taobao.tbk.item.info.upgrade.get`, 20 ids a call; the cursor is the place in the list of ids.
struct DetailFeed<'a> {
    ids: &'a [String],
}

impl DetailFeed<'_> {
    fn place(&self, cursor: Option<&Cursor>) -> Result<(usize, &[String]), ApiError> {
        let place = cursor.map_or(Ok(0), Cursor::open)?;
        let rest = self.ids.get(place..).unwrap_or_default();
        let ids = rest.get(..IDS_A_CALL).unwrap_or(rest);
        if ids.is_empty() {
            return Err(ApiError::bad_request("no id to ask for"));
        }
        Ok((place + ids.len(), ids))
    }
}

impl Feed<RemoteGoods> for DetailFeed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let (_, ids) = self.place(cursor)?;
        Ok(HttpRequest::gateway_read("taobao.tbk.item.info.upgrade.get").with("item_id", ids.join(",")))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let (next, asked) = self.place(cursor)?;
        let body: DetailReply = reply.json()?;
        let body = match (body.tbk_item_info_upgrade_get_response, body.error_response) {
            (Some(found), _) => found,
            (None, Some(_no_result)) => DetailBody::default(),
            (None, None) => return Err(ApiError::malformed("no tbk_item_info_upgrade_get_response")),
        };
        let rows = body.results.unwrap_or_default().tbk_item_detail.0;
        let mut page = Page::collect(rows.iter().map(map::goods));
        let answers = |id: &str| rows.iter().any(|row| is_answer_to(row, id));
        page.missing = asked.iter().filter(|id| !answers(id)).cloned().collect();
        page.total = Some(self.ids.len() as u64);
        if next < self.ids.len() {
            page.next = Some(Cursor::of(&next)?);
        }
        Ok(page)
    }
}

fn is_answer_to(row: &ItemRow, id: &str) -> bool {
    row.input_item_iid.text() == Some(id) || row.item_id.text() == Some(id)
}
