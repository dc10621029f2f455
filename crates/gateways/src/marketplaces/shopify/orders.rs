//! A store's orders by update time, and single ones.

use serde_json::json;

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::{ByIds, Known};
use super::super::model::{Page, Window};
use super::super::order::RemoteOrder;
use super::super::store::OrderSource;
use super::items::updated_within;
use super::pages::{Listing, Pages, Part};
use super::types::{OrderRow, OrdersData};
use super::{Shopify, ask, data, map};

impl OrderSource for Shopify {
    fn changed<'a>(&'a self, account: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Pages(Orders { account, window: Some(window) }))
    }

    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Known { source: Orders { account, window: None }, ids })
    }
}

struct Orders<'a> {
    account: &'a Account,
    window: Option<&'a Window>,
}

impl Listing<RemoteOrder> for Orders<'_> {
    fn list(&self, first: u32, after: Option<&str>) -> Result<HttpRequest, ApiError> {
        let variables = json!({"first": first, "after": after, "filter": self.window.map(updated_within)});
        ask(self.account, "orders", include_str!("graphql/orders.graphql"), &variables)
    }

    fn read_list(&self, reply: &HttpReply) -> Result<Part<RemoteOrder>, ApiError> {
        let found: OrdersData = data(reply)?;
        let orders = found.orders.ok_or_else(|| ApiError::malformed("no orders"))?;
        let is_long = |row: &&OrderRow| row.line_items.page_info.has_next_page.is_true();
        let rows = orders.nodes.0.iter();
        Ok(Part {
            page: Page::collect(rows.clone().filter(|row| !is_long(row)).map(map::order)),
            long: rows.filter(is_long).filter_map(|row| row.id.owned()).collect(),
            next: orders.page_info.next(),
        })
    }
}

impl ByIds<RemoteOrder> for Orders<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no order"))?;
        ask(self.account, "order", include_str!("graphql/order.graphql"), &json!({"id": id}))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let found: OrdersData = data(reply)?;
        match &found.order {
            Some(row) => Ok(Page::collect([map::order(row)])),
            None => Ok(Page { missing: ids.to_vec(), ..Page::of(Vec::new()) }),
        }
    }
}
