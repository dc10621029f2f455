//! A seller's orders by update time. Closed ones are told only to who asks for them, so those come
//! first, then all others.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::{ByIds, Known};
use super::super::model::{Cursor, Page, Window};
use super::super::order::RemoteOrder;
use super::super::pacific;
use super::super::store::OrderSource;
use super::answer::result;
use super::types::{OrderDetail, OrderInfo, OrderList};
use super::{AliExpress, map, read};

const LIST: &str = "aliexpress.solution.order.get";
const ONE: &str = "aliexpress.solution.order.info.get";
const PAGE_SIZE: u64 = 50;

impl OrderSource for AliExpress {
    fn changed<'a>(&'a self, _: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Changed { window })
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Known { source: Detail, ids })
    }
}

struct Changed<'a> {
    window: &'a Window,
}

#[derive(Serialize, Deserialize)]
struct Place {
    /// Whether the closed ones have been read.
    open: bool,
    page: u64,
}

impl Place {
    fn at(cursor: Option<&Cursor>) -> Result<Place, ApiError> {
        cursor.map_or(Ok(Place { open: false, page: 1 }), Cursor::open)
    }
}

impl Feed<RemoteOrder> for Changed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let place = Place::at(cursor)?;
        let mut wanted = json!({
            "current_page": place.page,
            "page_size": PAGE_SIZE,
            "modified_date_start": pacific::text(self.window.from),
            "modified_date_end": pacific::text(self.window.until),
        });
        if let (false, Some(wanted)) = (place.open, wanted.as_object_mut()) {
            wanted.insert("order_status".to_owned(), json!("FINISH"));
        }
        Ok(read(LIST).with("param0", wanted.to_string()))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let place = Place::at(cursor)?;
        let body: OrderList = result(reply, LIST)?;
        let total = body.total_count.count();
        if total.is_none() && body.target_list.0.is_empty() {
            return Err(ApiError::malformed("no list of orders"));
        }
        let next = match (place.page < body.total_page.count().unwrap_or(0), place.open) {
            (true, open) => Some(Place { open, page: place.page + 1 }),
            (false, false) => Some(Place { open: true, page: 1 }),
            (false, true) => None,
        };
        let page = Page::collect(body.target_list.0.iter().map(map::order));
        Ok(page.and_next(next.map(|next| Cursor::of(&next)).transpose()?))
    }
}

struct Detail;

impl ByIds<RemoteOrder> for Detail {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no order"))?;
        let id: u64 = id.parse().map_err(|_| ApiError::bad_request("orders have numbers here"))?;
        Ok(read(ONE).with("param1", json!({"order_id": id}).to_string()))
    }

    fn read_each(&self, _: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let wrapped: OrderInfo = result(reply, ONE)?;
        let row: OrderDetail = match wrapped.data {
            Some(row) => row,
            None => result(reply, ONE)?,
        };
        if row.id.id().is_none() {
            return Err(ApiError::malformed("no order in the answer"));
        }
        Ok(Page::collect([map::detail(&row)]))
    }
}
