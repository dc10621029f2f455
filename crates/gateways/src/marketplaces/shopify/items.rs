//! A store's products with their variants.

use serde_json::json;

use super::super::account::Account;
use super::super::amount::iso;
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::{ByIds, Known};
use super::super::model::{Page, RemoteGoods, Window};
use super::super::store::StoreItems;
use super::pages::{Listing, Pages, Part};
use super::types::ProductsData;
use super::{Shopify, ask, data, map};

impl StoreItems for Shopify {
    fn all<'a>(&'a self, account: &'a Account, changed: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Pages(Products { account, changed }))
    }

    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Known { source: Products { account, changed: None }, ids })
    }
}

struct Products<'a> {
    account: &'a Account,
    changed: Option<&'a Window>,
}

impl Listing<RemoteGoods> for Products<'_> {
    fn list(&self, first: u32, after: Option<&str>) -> Result<HttpRequest, ApiError> {
        let filter = self.changed.map(updated_within);
        let variables = json!({"first": first, "after": after, "filter": filter});
        ask(self.account, "products", include_str!("graphql/products.graphql"), &variables)
    }

    fn read_list(&self, reply: &HttpReply) -> Result<Part<RemoteGoods>, ApiError> {
        let found: ProductsData = data(reply)?;
        let products = found.products.as_ref().ok_or_else(|| ApiError::malformed("no products"))?;
        let is_long = |row: &&super::types::ProductRow| row.variants.page_info.has_next_page.is_true();
        let rows = products.nodes.0.iter();
        let short = rows.clone().filter(|row| !is_long(row));
        Ok(Part {
            page: Page::collect(short.map(|row| map::goods(row, &found))),
            long: rows.filter(is_long).filter_map(|row| row.id.owned()).collect(),
            next: products.page_info.next(),
        })
    }
}

impl ByIds<RemoteGoods> for Products<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no product"))?;
        ask(self.account, "product", include_str!("graphql/product.graphql"), &json!({"id": id}))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let found: ProductsData = data(reply)?;
        match &found.product {
            Some(row) => Ok(Page::collect([map::goods(row, &found)])),
            None => Ok(Page { missing: ids.to_vec(), ..Page::of(Vec::new()) }),
        }
    }
}

/// The platform's search words for what changed within a window.
pub fn updated_within(window: &Window) -> String {
    format!("updated_at:>='{}' AND updated_at:<='{}'", iso(window.from), iso(window.until))
}
