//! A seller's products: the list by status, then each with its variants.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::{ByIds, Each, Known, ListThenEach};
use super::super::model::{Cursor, Page, RemoteGoods, SkippedRow, Window};
use super::super::pacific;
use super::super::store::StoreItems;
use super::answer::result;
use super::types::{ListedProduct, Product, ProductList};
use super::{AliExpress, map, read};

const LIST: &str = "aliexpress.solution.product.list.get";
const ONE: &str = "aliexpress.solution.product.info.get";
const PAGE_SIZE: u64 = 100;
/// What is on sale, then what is not.
const STATUSES: [&str; 2] = ["onSelling", "offline"];

impl StoreItems for AliExpress {
    fn all<'a>(&'a self, _: &'a Account, changed: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Each(Products { changed }))
    }

    fn overview<'a>(&'a self, _: &'a Account, changed: Option<&'a Window>) -> Option<BoxFeed<'a, RemoteGoods>> {
        Some(Box::new(Overview(Products { changed })))
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Known { source: Products { changed: None }, ids })
    }
}

struct Products<'a> {
    changed: Option<&'a Window>,
}

#[derive(Serialize, Deserialize)]
struct Place {
    status: usize,
    page: u64,
}

impl Place {
    fn at(cursor: Option<&Cursor>) -> Result<Place, ApiError> {
        cursor.map_or(Ok(Place { status: 0, page: 1 }), Cursor::open)
    }

    fn word(&self) -> Result<&'static str, ApiError> {
        STATUSES.get(self.status).copied().ok_or_else(|| ApiError::bad_request("not a cursor of this question"))
    }

    fn after(&self, pages: u64) -> Result<Option<Cursor>, ApiError> {
        let next = match self.page < pages {
            true => Place { status: self.status, page: self.page + 1 },
            false => Place { status: self.status + 1, page: 1 },
        };
        (next.status < STATUSES.len()).then(|| Cursor::of(&next)).transpose()
    }
}

impl Products<'_> {
    fn page(&self, place: &Place) -> Result<HttpRequest, ApiError> {
        let mut query = json!({
            "current_page": place.page, "page_size": PAGE_SIZE, "product_status_type": place.word()?,
        });
        if let (Some(window), Some(query)) = (self.changed, query.as_object_mut()) {
            query.insert("gmt_modified_start".to_owned(), json!(pacific::text(window.from)));
            query.insert("gmt_modified_end".to_owned(), json!(pacific::text(window.until)));
        }
        Ok(read(LIST).with("aeop_a_e_product_list_query", query.to_string()))
    }

    /// Maps the rows of a page.
    fn rows<T>(
        place: &Place,
        reply: &HttpReply,
        row: impl Fn(&ListedProduct) -> Result<T, SkippedRow>,
    ) -> Result<Page<T>, ApiError> {
        let body: ProductList = result(reply, LIST)?;
        let listed = body.aeop_a_e_product_display_d_t_o_list;
        if listed.is_none() && body.product_count.count() != Some(0) {
            return Err(ApiError::malformed("no list of products"));
        }
        let page = Page::collect(listed.unwrap_or_default().0.iter().map(row));
        Ok(page.and_next(place.after(body.total_page.count().unwrap_or(0))?))
    }
}

impl ListThenEach<RemoteGoods> for Products<'_> {
    fn list(&self, at: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        self.page(&Place::at(at)?)
    }

    fn read_list(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<String>, ApiError> {
        let place = Place::at(at)?;
        let status = place.word()?;
        // An item's own answer need not say where it stands, so that travels behind the id.
        Products::rows(&place, reply, |row| match row.product_id.id() {
            Some(id) => Ok(format!("{id} {status}")),
            None => Err(SkippedRow { external_id: None, reason: "no product_id".to_owned() }),
        })
    }
}

impl ByIds<RemoteGoods> for Products<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let (id, _) = id_and_status(ids)?;
        Ok(read(ONE).with("product_id", id))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let (id, status) = id_and_status(ids)?;
        let body: Product = result(reply, ONE)?;
        if body.subject.text().is_none() && body.aeop_ae_product_s_k_us.0.is_empty() {
            return Err(ApiError::malformed("no product in the answer"));
        }
        Ok(Page::collect([map::goods(&body, id, status)]))
    }
}

fn id_and_status(ids: &[String]) -> Result<(&str, &str), ApiError> {
    let text = ids.first().ok_or_else(|| ApiError::bad_request("no product"))?;
    Ok(text.split_once(' ').unwrap_or((text, "")))
}

/// The list alone, with one variant that stands for all.
struct Overview<'a>(Products<'a>);

impl Feed<RemoteGoods> for Overview<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        self.0.page(&Place::at(cursor)?)
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let place = Place::at(cursor)?;
        let status = place.word()?;
        Products::rows(&place, reply, |row| map::listed(row, status))
    }
}
