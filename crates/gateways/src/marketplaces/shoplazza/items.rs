//! A store's products with their variants.

use super::super::account::Account;
use super::super::amount::iso;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::feeds::{ByIds, Known};
use super::super::model::{Cursor, Page, RemoteGoods, Window};
use super::super::money::Currency;
use super::super::store::StoreItems;
use super::types::{OneProduct, Products};
use super::{API, Shoplazza, answer, at_store, map};

const PAGE_SIZE: &str = "100";

impl StoreItems for Shoplazza {
    fn all<'a>(&'a self, account: &'a Account, changed: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Goods { account, changed })
    }

    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Known { source: Goods { account, changed: None }, ids })
    }
}

struct Goods<'a> {
    account: &'a Account,
    changed: Option<&'a Window>,
}

impl Goods<'_> {
    fn currency(&self) -> Result<Currency, ApiError> {
        let code = self.account.text("currency").unwrap_or_default();
        Currency::parse(&code).map_err(|_| ApiError::bad_request("the account has no currency"))
    }
}

impl Feed<RemoteGoods> for Goods<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let mut request = HttpRequest::get("products", format!("{API}/products")).asking("limit", PAGE_SIZE);
        if let Some(window) = self.changed {
            request = request.asking("updated_at_min", iso(window.from)).asking("updated_at_max", iso(window.until));
        }
        if let Some(cursor) = cursor {
            request = request.asking("cursor", cursor.open::<String>()?);
        }
        at_store(request, self.account)
    }

    fn read(&self, _: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let body: Products = answer::body(reply)?;
        let rows = body.products.ok_or_else(|| ApiError::malformed("no products"))?.0;
        let currency = self.currency()?;
        let next = body.cursor.owned().filter(|_| body.has_more.is_true());
        let page = Page::collect(rows.iter().map(|row| map::goods(row, currency)));
        Ok(page.and_next(next.map(|next| Cursor::of(&next)).transpose()?))
    }
}

impl ByIds<RemoteGoods> for Goods<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no product"))?;
        at_store(HttpRequest::get("product", format!("{API}/products/{}", segment(id))), self.account)
    }

    fn read_each(&self, _: &[String], reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let body: OneProduct = answer::body(reply)?;
        let row = body.product.ok_or_else(|| ApiError::malformed("no product"))?;
        Ok(Page::collect([map::goods(&row, self.currency()?)]))
    }
}
