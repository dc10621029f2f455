//! A merchant's products with their variations.

use chrono::{DateTime, Utc};

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::feeds::{ByIds, Known};
use super::super::model::{Page, RemoteGoods, Window};
use super::super::store::StoreItems;
use super::keyset::{ByTime, Keyed, List};
use super::types::{One, ProductRow, Rows};
use super::{Wish, map};

const PATH: &str = "/api/v3/products";

impl StoreItems for Wish {
    fn all<'a>(&'a self, _: &'a Account, changed: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(ByTime(Products { wish: self, changed }))
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Known { source: Products { wish: self, changed: None }, ids })
    }
}

struct Products<'a> {
    wish: &'a Wish,
    changed: Option<&'a Window>,
}

impl List<RemoteGoods> for Products<'_> {
    fn request(&self) -> HttpRequest {
        HttpRequest::get("getProducts", PATH).at(self.wish.host())
    }

    fn from(&self) -> Option<DateTime<Utc>> {
        self.changed.map(|window| window.from)
    }

    fn rows(&self, reply: &HttpReply) -> Result<Vec<Keyed<RemoteGoods>>, ApiError> {
        let body: Rows<ProductRow> = reply.json()?;
        let rows = body.data.ok_or_else(|| ApiError::malformed("no data"))?.0;
        Ok(rows.iter().map(|row| (map::key(&row.id, &row.updated_at), map::goods(row))).collect())
    }
}

impl ByIds<RemoteGoods> for Products<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no product"))?;
        Ok(HttpRequest::get("getProduct", format!("{PATH}/{}", segment(id))).at(self.wish.host()))
    }

    fn read_each(&self, _: &[String], reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let body: One<ProductRow> = reply.json()?;
        Ok(Page::collect([map::goods(&body.data.ok_or_else(|| ApiError::malformed("no data"))?)]))
    }
}
