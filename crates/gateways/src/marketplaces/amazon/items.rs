//! A seller's listings on the account's site.

use super::super::account::Account;
use super::super::amount::iso;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::feeds::{ByIds, Known};
use super::super::model::{Cursor, Page, RemoteGoods, Window};
use super::super::store::StoreItems;
use super::types::{ListingRow, Listings};
use super::{Amazon, map};

const PATH: &str = "/listings/2021-08-01/items";
/// What an answer shall hold.
const INCLUDED: &str = "summaries,offers,fulfillmentAvailability";
/// Unconfirmed, as is that a search ends after about a thousand.
const PAGE_SIZE: &str = "20";

impl StoreItems for Amazon {
    fn all<'a>(&'a self, account: &'a Account, changed: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Listed { amazon: self, account, changed })
    }

    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Known { source: One { amazon: self, account }, ids })
    }
}

struct Listed<'a> {
    amazon: &'a Amazon,
    account: &'a Account,
    changed: Option<&'a Window>,
}

impl Feed<RemoteGoods> for Listed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let mut request = HttpRequest::get("searchListingsItems", format!("{PATH}/{}", segment(&self.account.id)))
            .asking("marketplaceIds", self.amazon.site(self.account)?.external_id)
            .asking("includedData", INCLUDED)
            .asking("pageSize", PAGE_SIZE);
        if let Some(window) = self.changed {
            request = request.asking("lastUpdatedAfter", iso(window.from));
        }
        if let Some(cursor) = cursor {
            request = request.asking("pageToken", cursor.open::<String>()?);
        }
        self.amazon.ask(request, self.account)
    }

    fn read(&self, _: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let body: Listings = reply.json()?;
        let rows = body.items.ok_or_else(|| ApiError::malformed("no items"))?.0;
        let site = self.amazon.site(self.account)?.external_id;
        let mut page = Page::collect(rows.iter().map(|row| map::goods(row, site)));
        page.total = body.number_of_results.count();
        page.next = body.pagination.next_token.owned().map(|next| Cursor::of(&next)).transpose()?;
        Ok(page)
    }
}

/// `getListingsItem`.
struct One<'a> {
    amazon: &'a Amazon,
    account: &'a Account,
}

impl ByIds<RemoteGoods> for One<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no item"))?;
        let path = format!("{PATH}/{}/{}", segment(&self.account.id), segment(id));
        let request = HttpRequest::get("getListingsItem", path)
            .asking("marketplaceIds", self.amazon.site(self.account)?.external_id)
            .asking("includedData", INCLUDED);
        self.amazon.ask(request, self.account)
    }

    fn read_each(&self, _: &[String], reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let row: ListingRow = reply.json()?;
        if row.sku.text().is_none() {
            return Err(ApiError::malformed("no item in the answer"));
        }
        Ok(Page::collect([map::goods(&row, self.amazon.site(self.account)?.external_id)]))
    }
}
