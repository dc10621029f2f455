//! Affiliate order lines by update time.

use serde::{Deserialize, Serialize};

use super::super::connector::{BoxFeed, CommissionSource, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::model::{AffiliateOrderLine, Cursor, Page, Window};
use super::super::times;
use super::types::OrdersReply;
use super::{TaobaoAffiliate, map};

const PAGE_SIZE: &str = "100";
/// `query_type` of the time a line was last updated.
const BY_UPDATE: &str = "4";

impl CommissionSource for TaobaoAffiliate {
    fn changed<'a>(&'a self, window: &'a Window) -> BoxFeed<'a, AffiliateOrderLine> {
        Box::new(ChangedFeed { window })
    }

    fn by_key<'a>(&'a self, _: &'a str) -> Option<BoxFeed<'a, AffiliateOrderLine>> {
        None
    }
}

/// `taobao.tbk.order.details.get`; pages hang together by `position_index`.
struct ChangedFeed<'a> {
    window: &'a Window,
}

#[derive(Serialize, Deserialize)]
struct Place {
    page_no: u64,
    /// As the previous answer gave it, byte for byte.
    position_index: String,
}

impl Feed<AffiliateOrderLine> for ChangedFeed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let request = HttpRequest::gateway_read("taobao.tbk.order.details.get")
            .with("start_time", times::beijing_text(self.window.from))
            .with("end_time", times::beijing_text(self.window.until))
            .with("query_type", BY_UPDATE)
            .with("page_size", PAGE_SIZE);
        let Some(cursor) = cursor else {
            return Ok(request.with("page_no", "1"));
        };
        let place: Place = cursor.open()?;
        let forward = "1";
        Ok(request
            .with("page_no", place.page_no.to_string())
            .with("position_index", place.position_index)
            .with("jump_type", forward))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<AffiliateOrderLine>, ApiError> {
        let page_no = cursor.map(Cursor::open::<Place>).transpose()?.map_or(1, |place| place.page_no);
        let body: OrdersReply = reply.json()?;
        let data = body.tbk_order_details_get_response.and_then(|body| body.data);
        let data = data.ok_or_else(|| ApiError::malformed("no tbk_order_details_get_response.data"))?;
        let rows = data.results.unwrap_or_default().publisher_order_dto.0;
        let mut page = Page::collect(rows.iter().map(map::line));
        if data.has_next.is_true() {
            let index = data.position_index.verbatim().filter(|index| !index.is_empty());
            let index = index.ok_or_else(|| ApiError::malformed("a next page without position_index"))?;
            let place = Place { page_no: page_no + 1, position_index: index.to_owned() };
            page.next = Some(Cursor::of(&place)?);
        }
        Ok(page)
    }
}
