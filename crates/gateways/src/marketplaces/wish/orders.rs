//! A merchant's orders by update time.

use chrono::{DateTime, Utc};

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::feeds::{ByIds, Known};
use super::super::model::{Page, Window};
use super::super::order::RemoteOrder;
use super::super::store::OrderSource;
use super::keyset::{ByTime, Keyed, List};
use super::types::{One, OrderRow, Rows};
use super::{Wish, map};

/// Where orders are.
pub const PATH: &str = "/api/v3/orders";

impl OrderSource for Wish {
    /// Without an end: what changed after the window is read early, which is harmless.
    fn changed<'a>(&'a self, _: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(ByTime(Orders { wish: self, from: Some(window.from) }))
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Known { source: Orders { wish: self, from: None }, ids })
    }
}

struct Orders<'a> {
    wish: &'a Wish,
    from: Option<DateTime<Utc>>,
}

impl List<RemoteOrder> for Orders<'_> {
    fn request(&self) -> HttpRequest {
        HttpRequest::get("getOrders", PATH).at(self.wish.host())
    }

    fn from(&self) -> Option<DateTime<Utc>> {
        self.from
    }

    fn rows(&self, reply: &HttpReply) -> Result<Vec<Keyed<RemoteOrder>>, ApiError> {
        let body: Rows<OrderRow> = reply.json()?;
        let rows = body.data.ok_or_else(|| ApiError::malformed("no data"))?.0;
        Ok(rows.iter().map(|row| (map::key(&row.id, &row.updated_at), map::order(row))).collect())
    }
}

impl ByIds<RemoteOrder> for Orders<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no order"))?;
        Ok(HttpRequest::get("getOrder", format!("{PATH}/{}", segment(id))).at(self.wish.host()))
    }

    fn read_each(&self, _: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let body: One<OrderRow> = reply.json()?;
        Ok(Page::collect([map::order(&body.data.ok_or_else(|| ApiError::malformed("no data"))?)]))
    }
}
