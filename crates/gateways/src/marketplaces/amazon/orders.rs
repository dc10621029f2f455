//! A seller's orders by update time. The answer says up to when it is complete, and the next window
//! begins there.

use super::super::account::Account;
use super::super::amount::{iso, moment};
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::feeds::{ByIds, Known};
use super::super::model::{Cursor, Page, Window};
use super::super::order::RemoteOrder;
use super::super::store::OrderSource;
use super::types::{OrderRow, Orders};
use super::{Amazon, map};

const PATH: &str = "/orders/2026-01-01/orders";
const INCLUDED: &str = "BUYER,RECIPIENT,PROCEEDS,FULFILLMENT,PACKAGES";

impl OrderSource for Amazon {
    fn changed<'a>(&'a self, account: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Changed { amazon: self, account, window })
    }

    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Known { source: One { amazon: self, account }, ids })
    }
}

struct Changed<'a> {
    amazon: &'a Amazon,
    account: &'a Account,
    window: &'a Window,
}

impl Feed<RemoteOrder> for Changed<'_> {
    /// Without an end: the platform refuses one that is not two minutes past, and names its own.
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let mut request = HttpRequest::get("searchOrders", PATH)
            .asking("marketplaceIds", self.amazon.site(self.account)?.external_id)
            .asking("lastUpdatedAfter", iso(self.window.from))
            .asking("includedData", INCLUDED)
            .asking("maxResultsPerPage", "100");
        if let Some(cursor) = cursor {
            request = request.asking("paginationToken", cursor.open::<String>()?);
        }
        self.amazon.ask(request, self.account)
    }

    fn read(&self, _: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let body: Orders = reply.json()?;
        let (mut page, next, watermark) = match (body.orders, body.payload) {
            (Some(orders), _) => {
                let page = Page::collect(orders.0.iter().map(map::order));
                (page, body.pagination.next_token, body.last_updated_before)
            }
            (None, Some(former)) => {
                let orders = former.orders.ok_or_else(|| ApiError::malformed("no orders"))?;
                (Page::collect(orders.0.iter().map(map::former)), former.next_token, former.last_updated_before)
            }
            (None, None) => return Err(ApiError::malformed("no orders")),
        };
        page.watermark = moment(&watermark);
        page.next = next.owned().map(|next| Cursor::of(&next)).transpose()?;
        Ok(page)
    }
}

/// One order by its number.
pub struct One<'a> {
    /// The connector.
    pub amazon: &'a Amazon,
    /// For whom.
    pub account: &'a Account,
}

impl ByIds<RemoteOrder> for One<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no order"))?;
        let request = HttpRequest::get("getOrder", format!("{PATH}/{}", segment(id))).asking("includedData", INCLUDED);
        self.amazon.ask(request, self.account)
    }

    fn read_each(&self, _: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        Ok(Page::collect([map::order(&row(reply)?)]))
    }
}

/// The one order of an answer, wrapped or bare.
pub fn row(reply: &HttpReply) -> Result<OrderRow, ApiError> {
    let wrapped: Orders = reply.json()?;
    let row: OrderRow = match wrapped.order {
        Some(row) => row,
        None => reply.json()?,
    };
    if row.order_id.text().is_none() {
        return Err(ApiError::malformed("no order in the answer"));
    }
    Ok(row)
}
