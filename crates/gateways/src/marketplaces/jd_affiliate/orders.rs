//! Affiliate order lines by update time.

use serde_json::json;

use super::super::connector::{BoxFeed, CommissionSource, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::gates::jd::{PARAM, answer};
use super::super::model::{AffiliateOrderLine, Cursor, Page, Window};
use super::super::times;
use super::types::OrdersBody;
use super::{JdAffiliate, map};

const PAGE_SIZE: u64 = 200;
/// `type` of the time a line was last updated.
const BY_UPDATE: i64 = 3;

impl CommissionSource for JdAffiliate {
    fn changed<'a>(&'a self, window: &'a Window) -> BoxFeed<'a, AffiliateOrderLine> {
        Box::new(ChangedFeed { window })
    }

    fn by_key<'a>(&'a self, _: &'a str) -> Option<BoxFeed<'a, AffiliateOrderLine>> {
        None
    }
}

/// `jd.union.open.order.row.query`; the cursor is the page number.
struct ChangedFeed<'a> {
    window: &'a Window,
}

impl Feed<AffiliateOrderLine> for ChangedFeed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let page: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let wanted = json!({"orderReq": {
            "pageIndex": page,
            "pageSize": PAGE_SIZE,
            "type": BY_UPDATE,
            "startTime": times::beijing_text(self.window.from),
            "endTime": times::beijing_text(self.window.until),
            "fields": "goodsInfo",
        }});
        Ok(HttpRequest::gateway_read("jd.union.open.order.row.query").with(PARAM, wanted.to_string()))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<AffiliateOrderLine>, ApiError> {
        let at: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let body: OrdersBody = answer::body(reply)?;
        let mut page = Page::collect(body.data.0.iter().map(|row| map::line(row, reply.received_at)));
        if body.has_more.is_true() {
            page.next = Some(Cursor::of(&(at + 1))?);
        }
        Ok(page)
    }
}
