//! A seller's orders: the list has no lines, one order has no lines either; those take a call each.

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::halves::{Halves, Whole};
use super::super::model::{Page, SkippedRow, Window};
use super::super::order::RemoteOrder;
use super::super::store::OrderSource;
use super::super::times;
use super::types::{Line, OrderAnswer, OrderHalf, OrderList, OrderRow, Products};
use super::{Dhgate, map, read};

/// Assumed to be allowed.
const PAGE_SIZE: &str = "100";
/// `querytimeType` of the time an order was last changed.
const BY_UPDATE: &str = "3";

impl OrderSource for Dhgate {
    fn changed<'a>(&'a self, _: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Whole { source: Orders { window: Some(window) }, ids: None })
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Whole { source: Orders { window: None }, ids: Some(ids) })
    }
}

struct Orders<'a> {
    window: Option<&'a Window>,
}

impl Halves<RemoteOrder> for Orders<'_> {
    type Half = OrderHalf;

    fn list(&self, at: u64) -> Result<HttpRequest, ApiError> {
        let window = self.window.ok_or_else(|| ApiError::bad_request("no window"))?;
        Ok(read("dh.order.list.get")
            .with("startDate", times::beijing_text(window.from))
            .with("endDate", times::beijing_text(window.until))
            .with("querytimeType", BY_UPDATE)
            .with("pageNo", at.to_string())
            .with("pageSize", PAGE_SIZE))
    }

    fn read_list(&self, at: u64, reply: &HttpReply) -> Result<(Page<OrderHalf>, bool), ApiError> {
        let body: OrderList = reply.json()?;
        let count = body.count.count();
        let rows = match (body.order_base_info_list, count) {
            (Some(rows), _) => rows.0,
            (None, Some(0)) => Vec::new(),
            (None, _) => return Err(ApiError::malformed("no orderBaseInfoList")),
        };
        let mut page = Page::collect(rows.iter().map(|row| map::row(row).map(OrderHalf::Row)));
        page.total = count;
        Ok((page, !rows.is_empty() && at < body.pages.count().unwrap_or(0)))
    }

    /// The lines come first, because the order's own answer holds the buyer's data.
    fn first(&self, id: &str) -> Result<HttpRequest, ApiError> {
        Ok(read("dh.order.product.get").with("orderNo", id))
    }

    fn read_first(&self, id: &str, reply: &HttpReply) -> Result<OrderHalf, ApiError> {
        Ok(OrderHalf::Lines { order_no: id.to_owned(), lines: lines(reply)? })
    }

    fn second(&self, half: &OrderHalf) -> Result<HttpRequest, ApiError> {
        match half {
            OrderHalf::Row(row) => self.first(&row.order_no),
            OrderHalf::Lines { order_no, .. } => Ok(read("dh.order.get").with("orderNo", order_no)),
        }
    }

    fn read_second(&self, half: OrderHalf, reply: &HttpReply) -> Result<Result<RemoteOrder, SkippedRow>, ApiError> {
        match half {
            OrderHalf::Row(row) => Ok(map::order(&row, &lines(reply)?, None)),
            OrderHalf::Lines { lines, .. } => {
                let wrapped: OrderAnswer = reply.json()?;
                let found: OrderRow = match wrapped.order_info {
                    Some(row) => row,
                    None => reply.json()?,
                };
                if found.order_no.id().is_none() {
                    return Err(ApiError::malformed("no order in the answer"));
                }
                Ok(map::row(&found).and_then(|row| map::order(&row, &lines, found.order_contact.as_ref())))
            }
        }
    }

    fn id(&self, half: &OrderHalf) -> String {
        match half {
            OrderHalf::Row(row) => row.order_no.clone(),
            OrderHalf::Lines { order_no, .. } => order_no.clone(),
        }
    }
}

/// All lines of an answer; one that cannot be read leaves none, so that its order is told of.
fn lines(reply: &HttpReply) -> Result<Vec<Line>, ApiError> {
    let body: Products = reply.json()?;
    let rows = body.order_product_list.ok_or_else(|| ApiError::malformed("no orderProductList"))?;
    Ok(rows.0.iter().map(map::line).collect::<Option<Vec<Line>>>().unwrap_or_default())
}
