//! A store's orders by update time.

use super::super::account::Account;
use super::super::amount::iso;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::feeds::{ByIds, Known};
use super::super::model::{Cursor, Page, Window};
use super::super::order::RemoteOrder;
use super::super::store::OrderSource;
use super::types::{OneOrder, Orders};
use super::{API, Shoplazza, answer, at_store, map};

const PAGE_SIZE: &str = "100";

impl OrderSource for Shoplazza {
    fn changed<'a>(&'a self, account: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Changed { account, window })
    }

    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Known { source: One { account }, ids })
    }
}

struct Changed<'a> {
    account: &'a Account,
    window: &'a Window,
}

impl Feed<RemoteOrder> for Changed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let mut request = HttpRequest::get("orders", format!("{API}/orders"))
            .asking("updated_at_min", iso(self.window.from))
            .asking("updated_at_max", iso(self.window.until))
            .asking("limit", PAGE_SIZE);
        if let Some(cursor) = cursor {
            request = request.asking("cursor", cursor.open::<String>()?);
        }
        at_store(request, self.account)
    }

    fn read(&self, _: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let body: Orders = answer::body(reply)?;
        let rows = body.orders.ok_or_else(|| ApiError::malformed("no orders"))?.0;
        let next = body.cursor.owned().filter(|_| body.has_more.is_true());
        let page = Page::collect(rows.iter().map(map::order));
        Ok(page.and_next(next.map(|next| Cursor::of(&next)).transpose()?))
    }
}

/// One order by its id.
struct One<'a> {
    account: &'a Account,
}

impl ByIds<RemoteOrder> for One<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no order"))?;
        at_store(HttpRequest::get("order", format!("{API}/orders/{}", segment(id))), self.account)
    }

    fn read_each(&self, _: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let body: OneOrder = answer::body(reply)?;
        Ok(Page::collect([map::order(&body.order.ok_or_else(|| ApiError::malformed("no order"))?)]))
    }
}
