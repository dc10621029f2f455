//! A store's orders by update time.

use super::super::account::Account;
use super::super::amount::iso_millis;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::feeds::{ByIds, Known};
use super::super::model::{Cursor, Page, Window};
use super::super::order::RemoteOrder;
use super::super::store::OrderSource;
use super::types::{OrderRow, Orders};
use super::{Ebay, map};

const PATH: &str = "/sell/fulfillment/v1/order";
const PAGE_SIZE: u64 = 200;

impl OrderSource for Ebay {
    fn changed<'a>(&'a self, account: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Changed { ebay: self, account, window })
    }

    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Known { source: One { ebay: self, account }, ids })
    }
}

/// The cursor is the offset. The address of the next page, which the answer names, is read for it and
/// never followed.
struct Changed<'a> {
    ebay: &'a Ebay,
    account: &'a Account,
    window: &'a Window,
}

impl Feed<RemoteOrder> for Changed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let offset: u64 = cursor.map_or(Ok(0), Cursor::open)?;
        let (from, until) = (iso_millis(self.window.from), iso_millis(self.window.until));
        let request = HttpRequest::get("getOrders", PATH)
            .asking("filter", format!("lastmodifieddate:[{from}..{until}]"))
            .asking("limit", PAGE_SIZE.to_string())
            .asking("offset", offset.to_string());
        Ok(self.ebay.ask(request, self.account))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let at: u64 = cursor.map_or(Ok(0), Cursor::open)?;
        let body: Orders = reply.json()?;
        let orders = body.orders.ok_or_else(|| ApiError::malformed("no orders"))?;
        let ours = orders.0.iter().filter(|row| is_of_site(row, self.account.site.as_deref()));
        let mut page = Page::collect(ours.map(map::order));
        page.total = body.total.count();
        let next = body.next.text().and_then(offset_in).filter(|next| *next > at);
        page.next = next.map(|next| Cursor::of(&next)).transpose()?;
        Ok(page)
    }
}

/// Whether an order belongs to the account's site. The platform tells a seller's orders of all sites, and
/// each site is an account of ours: an order is served by one of them alone.
fn is_of_site(row: &OrderRow, site: Option<&str>) -> bool {
    let told = row.line_items.0.first().and_then(|line| line.listing_marketplace_id.text());
    told.is_none() || site.is_none() || told == site
}

fn offset_in(address: &str) -> Option<u64> {
    let (_, query) = address.split_once('?')?;
    let mut fields = url::form_urlencoded::parse(query.as_bytes());
    fields.find(|(name, _)| name == "offset")?.1.parse().ok()
}

/// One order by its number.
pub struct One<'a> {
    /// The connector.
    pub ebay: &'a Ebay,
    /// For whom.
    pub account: &'a Account,
}

impl ByIds<RemoteOrder> for One<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no order"))?;
        Ok(self.ebay.ask(HttpRequest::get("getOrder", format!("{PATH}/{}", segment(id))), self.account))
    }

    fn read_each(&self, _: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let row: OrderRow = reply.json()?;
        if row.order_id.text().is_none() {
            return Err(ApiError::malformed("no order in the answer"));
        }
        Ok(Page::collect([map::order(&row)]))
    }
}
