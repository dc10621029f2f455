//! Affiliate order lines by update time, and one by its number.

use serde::{Deserialize, Serialize};

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

/// `pdd.ddk.order.list.increment.get`.
///
/// A line that changes while we read leaves the window, and those behind it move up a page; so
/// after the first call, which counts, pages are read from the last to the first. Page 1 is read
/// twice then, which is harmless: lines are idempotent by their key.
struct ChangedFeed<'a> {
    window: &'a Window,
}

/// A page on the way back.
#[derive(Serialize, Deserialize)]
struct Backwards {
    page: u64,
}

impl Feed<AffiliateOrderLine> for ChangedFeed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let back: Option<Backwards> = cursor.map(Cursor::open).transpose()?;
        let counting = back.is_none();
        let page = back.map_or(1, |back| back.page);
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
        let next = match cursor.map(Cursor::open::<Backwards>).transpose()? {
            Some(back) => back.page.saturating_sub(1),
            None => last_page(page.total, rows.len() as u64)?,
        };
        if next > 0 {
            page.next = Some(Cursor::of(&Backwards { page: next })?);
        }
        Ok(page)
    }
}

/// The page to begin the way back with; 0 when the counting call has already shown all.
fn last_page(total: Option<u64>, shown: u64) -> Result<u64, ApiError> {
    match total {
        Some(total) if total > PAGE_SIZE * LAST_PAGE => Err(ApiError::bad_request("too many lines in the window")),
        Some(total) if total > shown => Ok(total.div_ceil(PAGE_SIZE)),
        None if shown >= PAGE_SIZE => Err(ApiError::malformed("no total_count")),
        _ => Ok(0),
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
