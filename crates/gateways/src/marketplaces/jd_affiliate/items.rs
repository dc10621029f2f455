//! Goods by search and by id, both of `jd.union.open.goods.query`.

use serde_json::{Value, json};

use super::super::connector::{BoxFeed, Feed, ItemSource};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::gates::jd::{PARAM, answer};
use super::super::model::{Cursor, Page, RemoteGoods, Search};
use super::types::{GoodsBody, GoodsRow};
use super::{JdAffiliate, map};

const OPERATION: &str = "jd.union.open.goods.query";
const PAGE_SIZE: u64 = 30;
const IDS_A_CALL: usize = 20;

impl ItemSource for JdAffiliate {
    fn search<'a>(&'a self, search: &'a Search) -> BoxFeed<'a, RemoteGoods> {
        Box::new(SearchFeed { search })
    }

    fn by_ids<'a>(&'a self, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(DetailFeed { ids })
    }
}

fn query(wanted: Value) -> HttpRequest {
    HttpRequest::gateway_read(OPERATION).with(PARAM, json!({ "goodsReqDTO": wanted }).to_string())
}

/// By words; the cursor is the page number.
struct SearchFeed<'a> {
    search: &'a Search,
}

impl Feed<RemoteGoods> for SearchFeed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let page: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let mut wanted = json!({"keyword": self.search.query, "pageIndex": page, "pageSize": PAGE_SIZE});
        if let Some(category) = &self.search.category {
            // The gateway takes numbers as JSON numbers alone.
            let number: i64 = category.parse().map_err(|_| ApiError::bad_request("the category must be a number"))?;
            put(&mut wanted, "cid1", json!(number));
        }
        if self.search.coupon_only {
            put(&mut wanted, "isCoupon", json!(1));
        }
        Ok(query(wanted))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let at: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let body: GoodsBody = answer::body(reply)?;
        let rows = &body.data.0;
        let mut page = Page::collect(rows.iter().map(map::goods));
        page.total = body.total_count.integer().and_then(|total| u64::try_from(total).ok());
        let more = match page.total {
            Some(total) => at.saturating_mul(PAGE_SIZE) < total,
            None => rows.len() as u64 >= PAGE_SIZE,
        };
        if more && !rows.is_empty() {
            page.next = Some(Cursor::of(&(at + 1))?);
        }
        Ok(page)
    }
}

/// By ids, 20 a call; the cursor is the place in the list of ids.
struct DetailFeed<'a> {
    ids: &'a [String],
}

impl DetailFeed<'_> {
    /// The place after this call, and its ids: all SKU numbers or all item ids, which do not mix.
    fn place(&self, cursor: Option<&Cursor>) -> Result<(usize, Vec<&str>), ApiError> {
        let place = cursor.map_or(Ok(0), Cursor::open)?;
        let rest = self.ids.get(place..).unwrap_or_default();
        let first = rest.first().ok_or_else(|| ApiError::bad_request("no id to ask for"))?;
        let alike = |id: &&String| is_sku(id) == is_sku(first);
        let ids: Vec<&str> = rest.iter().take_while(alike).take(IDS_A_CALL).map(String::as_str).collect();
        Ok((place + ids.len(), ids))
    }
}

impl Feed<RemoteGoods> for DetailFeed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let (_, ids) = self.place(cursor)?;
        let numbers: Vec<i64> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        Ok(query(match numbers.len() == ids.len() {
            true => json!({ "skuIds": numbers }),
            false => json!({ "itemIds": ids }),
        }))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let (next, asked) = self.place(cursor)?;
        let body: GoodsBody = answer::body(reply)?;
        let rows = &body.data.0;
        let mut page = Page::collect(rows.iter().map(map::goods));
        let answered = |id: &str| {
            rows.iter().any(|row: &GoodsRow| [&row.sku_id, &row.item_id].iter().any(|known| known.text() == Some(id)))
        };
        page.missing = asked.iter().filter(|id| !answered(id)).map(|id| (*id).to_owned()).collect();
        page.total = Some(self.ids.len() as u64);
        if next < self.ids.len() {
            page.next = Some(Cursor::of(&next)?);
        }
        Ok(page)
    }
}

fn is_sku(id: &str) -> bool {
    id.parse::<i64>().is_ok()
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value);
    }
}
