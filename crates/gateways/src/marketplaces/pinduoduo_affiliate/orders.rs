//! Affiliate order lines by update time, and one by its number.

use super::super::backwards::{Backwards, Told};
use super::super::connector::{BoxFeed, CommissionSource, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::model::{AffiliateOrderLine, Cursor, Page, Window};
use super::types::{OrderReply, OrdersReply};
use super::{PinduoduoAffiliate, map};

/// The platform advises 40 to 50.
const PAGE_SIZE: u64 = 50;
/// The last page the platform answers; a window with more is a fault of ours.
const LAST_PAGE: u64 = 10_000;

impl CommissionSource for PinduoduoAffiliate {
    fn changed<'a>(&'a self, window: &'a Window) -> BoxFeed<'a, AffiliateOrderLine> {
        Box::new(ChangedFeed { window })
    }

    fn by_key<'a>(&'a self, line_key: &'a str) -> Option<BoxFeed<'a, AffiliateOrderLine>> {
        Some(Box::new(DetailFeed { line_key }))
    }
}

/// `pdd.ddk.order.list.increment.get`, from the last page to the first.
struct ChangedFeed<'a> {
    window: &'a Window,
}

impl Feed<AffiliateOrderLine> for ChangedFeed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let (page, counting) = Backwards::at(cursor)?;
        Ok(HttpRequest::gateway_read("pdd.ddk.order.list.increment.get")
            .with("start_update_time", self.window.from.timestamp().to_string())
            .with("end_update_time", self.window.until.timestamp().to_string())
            .with("page", page.to_string())
            .with("page_size", PAGE_SIZE.to_string())
            .with("return_count", if counting { "true" } else { "false" }))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<AffiliateOrderLine>, ApiError> {
        let body: OrdersReply = reply.json()?;
        let body = body.order_list_get_response;
        let body = body.ok_or_else(|| ApiError::malformed("no order_list_get_response"))?;
        let rows = &body.order_list.0;
        let mut page = Page::collect(rows.iter().map(map::line));
        page.total = body.total_count.integer().and_then(|total| u64::try_from(total).ok());
        let told = Told { total: page.total, more: None, shown: rows.len() as u64 };
        page.next = Backwards::after(cursor, told, PAGE_SIZE, LAST_PAGE)?;
        Ok(page)
    }
}

/// `pdd.ddk.order.detail.get`.
struct DetailFeed<'a> {
    line_key: &'a str,
}

impl Feed<AffiliateOrderLine> for DetailFeed<'_> {
    fn request(&self, _: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        Ok(HttpRequest::gateway_read("pdd.ddk.order.detail.get").with("order_sn", self.line_key))
    }

    fn read(&self, _: Option<&Cursor>, reply: &HttpReply) -> Result<Page<AffiliateOrderLine>, ApiError> {
        let body: OrderReply = reply.json()?;
        let row = body.order_detail_response.ok_or_else(|| ApiError::malformed("no order_detail_response"))?;
        Ok(Page::collect([map::line(&row)]))
    }
}
