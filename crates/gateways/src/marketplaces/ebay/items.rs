//! A store's inventory: items, which have no price, then the offers of each.

use serde::{Deserialize, Serialize};

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::model::{Cursor, Page, RemoteGoods, SkippedRow, Window};
use super::super::store::StoreItems;
use super::types::{Half, Inventory, InventoryRow, Offers};
use super::{Ebay, map};

const PATH: &str = "/sell/inventory/v1/inventory_item";
const PAGE_SIZE: u64 = 100;

impl StoreItems for Ebay {
    // The list cannot be narrowed to what changed.
    fn all<'a>(&'a self, account: &'a Account, _: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Goods { ebay: self, account, ids: None })
    }

    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Goods { ebay: self, account, ids: Some(ids) })
    }
}

/// Each item takes a call of its own for its offers, the only place of its price.
struct Goods<'a> {
    ebay: &'a Ebay,
    account: &'a Account,
    /// Those asked for; `None`: all.
    ids: Option<&'a [String]>,
}

#[derive(Serialize, Deserialize, Default)]
struct Place {
    /// Where the list goes on, or the next of the ids asked for; `None`: nowhere.
    list: Option<u64>,
    /// Items whose offers are still to be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pending: Vec<Half>,
}

impl Place {
    fn at(cursor: Option<&Cursor>) -> Result<Place, ApiError> {
        cursor.map_or(Ok(Place { list: Some(0), pending: Vec::new() }), Cursor::open)
    }

    fn cursor(self) -> Result<Option<Cursor>, ApiError> {
        if self.list.is_none() && self.pending.is_empty() { Ok(None) } else { Cursor::of(&self).map(Some) }
    }
}

impl Goods<'_> {
    fn id(&self, at: u64) -> Option<&String> {
        self.ids?.get(usize::try_from(at).ok()?)
    }

    /// The place in the list after an item that was asked for by its id.
    fn after(&self, at: u64) -> Option<u64> {
        self.id(at + 1).map(|_| at + 1)
    }
}

impl Feed<RemoteGoods> for Goods<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let place = Place::at(cursor)?;
        let request = match (place.pending.first(), place.list) {
            (Some(item), _) => HttpRequest::get("getOffers", "/sell/inventory/v1/offer").asking("sku", &item.sku),
            (None, Some(at)) if self.ids.is_some() => {
                let id = self.id(at).ok_or_else(|| ApiError::bad_request("no item to ask for"))?;
                HttpRequest::get("getInventoryItem", format!("{PATH}/{}", segment(id)))
            }
            (None, Some(offset)) => HttpRequest::get("getInventoryItems", PATH)
                .asking("limit", PAGE_SIZE.to_string())
                .asking("offset", offset.to_string()),
            (None, None) => return Err(ApiError::bad_request("not a cursor of this question")),
        };
        Ok(self.ebay.ask(request, self.account))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let mut place = Place::at(cursor)?;
        if !place.pending.is_empty() {
            let body: Offers = reply.json()?;
            let offers = body.offers.ok_or_else(|| ApiError::malformed("no offers"))?;
            let item = place.pending.remove(0);
            let site = self.account.site_of(self.ebay).map(|site| site.external_id);
            return Ok(Page::collect([map::goods(item, &offers.0, site)]).and_next(place.cursor()?));
        }
        let at = place.list.unwrap_or(0);
        let (rows, next, total) = match self.ids {
            Some(_) => {
                let row: InventoryRow = reply.json()?;
                if row.sku.text().is_none() {
                    return Err(ApiError::malformed("no item in the answer"));
                }
                (vec![row], self.after(at), None)
            }
            None => {
                let body: Inventory = reply.json()?;
                let rows = body.inventory_items.ok_or_else(|| ApiError::malformed("no inventoryItems"))?.0;
                let total = body.total.count();
                let shown = at + PAGE_SIZE;
                let more = body.next.text().is_some() || total.is_some_and(|total| shown < total);
                (rows, (more && !rows_are_over(at, total)).then_some(shown), total)
            }
        };
        let halves: Page<Half> = Page::collect(rows.iter().map(map::half));
        let next = Place { list: next, pending: halves.rows }.cursor()?;
        Ok(Page { skipped: halves.skipped, total, ..Page::of(Vec::new()) }.and_next(next))
    }

    fn instead(&self, cursor: Option<&Cursor>, error: &ApiError) -> Option<Page<RemoteGoods>> {
        let mut place = Place::at(cursor).ok()?;
        let mut page = Page::of(Vec::new());
        if place.pending.is_empty() {
            let (id, at) = (self.id(place.list?)?, place.list?);
            if error.class != ErrorClass::NotFound {
                return None;
            }
            page.missing = vec![id.clone()];
            place.list = self.after(at);
        } else {
            // An item without any offer is answered with "not found".
            if !matches!(error.class, ErrorClass::NotFound | ErrorClass::Business) {
                return None;
            }
            let item = place.pending.remove(0);
            page.skipped = vec![SkippedRow { external_id: Some(item.sku), reason: error.to_string() }];
        }
        Some(page.and_next(place.cursor().ok()?))
    }
}

/// Whether a page began behind the last row; a list that shrinks meanwhile would never end.
fn rows_are_over(at: u64, total: Option<u64>) -> bool {
    total.is_some_and(|total| at >= total)
}
