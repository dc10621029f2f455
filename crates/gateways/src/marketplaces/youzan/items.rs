//! A store's goods: what is on sale, then each item with its variants.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest, json_id};
use super::super::feeds::{ByIds, Each, Known, ListThenEach};
use super::super::listed::{self, Listed};
use super::super::model::{Cursor, Page, RemoteGoods, Window};
use super::super::store::StoreItems;
use super::types::{Detail, ItemRow, ItemsBody, Reply};
use super::{Youzan, call, map};

const PAGE_SIZE: u64 = 100;
/// Page times size stays below 4,000, so a list ends here.
const LAST_PAGE: u64 = 39;
/// Before Youzan had stores (2012), in milliseconds.
const BEGINNING_MS: i64 = 1_325_376_000_000;

impl StoreItems for Youzan {
    fn all<'a>(&'a self, _: &'a Account, changed: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Each(Goods { changed }))
    }

    fn overview<'a>(&'a self, _: &'a Account, changed: Option<&'a Window>) -> Option<BoxFeed<'a, RemoteGoods>> {
        Some(Box::new(Goods { changed }))
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods> {
        Box::new(Known { source: Goods { changed: None }, ids })
    }
}

/// Where the list stands. A store with more goods than a list shows is read in spans of the time they
/// last changed, halved until one fits.
#[derive(Serialize, Deserialize, Clone, Copy, Default)]
struct Place {
    page: u64,
    /// From and until of the span, in milliseconds; `None`: everything at once.
    span: Option<(i64, i64)>,
    /// Where the last span ends.
    end: i64,
}

impl Place {
    fn at(cursor: Option<&Cursor>, changed: Option<&Window>) -> Result<Place, ApiError> {
        let asked = changed.map(|window| (window.from.timestamp_millis(), window.until.timestamp_millis()));
        let first = Place { page: 1, span: asked, end: asked.map_or(0, |(_, until)| until) };
        cursor.map_or(Ok(first), Cursor::open)
    }

    /// The first half of this span, in place of it.
    fn halved(self, now_ms: i64) -> Result<Place, ApiError> {
        let (from, until) = self.span.unwrap_or((BEGINNING_MS, now_ms));
        let half = from + (until - from) / 2;
        if half <= from {
            return Err(ApiError::new(ErrorClass::Business, "too_many", "too many goods changed at one moment"));
        }
        let end = if self.span.is_none() { now_ms } else { self.end };
        Ok(Place { page: 1, span: Some((from, half)), end })
    }

    /// The next page, the next span, or nothing.
    fn next(self, total: u64) -> Option<Place> {
        if self.page.saturating_mul(PAGE_SIZE) < total {
            return Some(Place { page: self.page + 1, ..self });
        }
        let (from, until) = self.span.filter(|(_, until)| *until < self.end)?;
        let wider = until.saturating_add((until - from).saturating_mul(2)).min(self.end);
        Some(Place { page: 1, span: Some((until, wider)), ..self })
    }
}

/// `youzan.items.onsale.get`, then `youzan.item.detail.get` for each. An app without the right to the
/// second still imports what the first told.
struct Goods<'a> {
    changed: Option<&'a Window>,
}

impl Goods<'_> {
    fn rows(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<ItemRow>, ApiError> {
        let place = Place::at(at, self.changed)?;
        let body: Reply<ItemsBody> = reply.json()?;
        let body = body.data.ok_or_else(|| ApiError::malformed("no data"))?;
        let rows = body.items.ok_or_else(|| ApiError::malformed("no items"))?.0;
        let shown = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let total = body.count.count().unwrap_or(shown);
        if place.page == 1 && total > LAST_PAGE * PAGE_SIZE {
            let next = Cursor::of(&place.halved(reply.received_at.timestamp_millis())?)?;
            return Ok(Page { total: Some(total), ..Page::of(Vec::new()) }.and_next(Some(next)));
        }
        let next = if rows.is_empty() { Place { page: LAST_PAGE, ..place }.next(0) } else { place.next(total) };
        let next = next.map(|next| Cursor::of(&next)).transpose()?;
        Ok(Page { total: Some(total), ..Page::of(rows) }.and_next(next))
    }
}

impl Feed<RemoteGoods> for Goods<'_> {
    fn request(&self, at: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let place = Place::at(at, self.changed)?;
        let mut wanted = json!({"page_no": place.page, "page_size": PAGE_SIZE});
        if let (Some((from, until)), Some(fields)) = (place.span, wanted.as_object_mut()) {
            fields.insert("update_time_start".to_owned(), json!(from));
            fields.insert("update_time_end".to_owned(), json!(until));
        }
        Ok(call("youzan.items.onsale.get", "3.0.0", &wanted))
    }

    fn read(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let page = self.rows(at, reply)?;
        let goods = Page::collect(page.rows.iter().map(|row| map::listed(row).goods()));
        Ok(Page { total: page.total, ..goods }.and_next(page.next))
    }
}

impl ListThenEach<RemoteGoods> for Goods<'_> {
    fn list(&self, at: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        self.request(at)
    }

    fn read_list(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<String>, ApiError> {
        let page = self.rows(at, reply)?;
        let ids = Page::collect(page.rows.iter().map(|row| map::listed(row).pending()));
        Ok(Page { total: page.total, ..ids }.and_next(page.next))
    }
}

impl ByIds<RemoteGoods> for Goods<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        Ok(call("youzan.item.detail.get", "1.0.1", &json!({"item_id": json_id(listed::only_id(ids)?)})))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteGoods>, ApiError> {
        let body: Reply<Detail> = reply.json()?;
        let body = body.data.ok_or_else(|| ApiError::malformed("no data"))?;
        let told = ids.first().and_then(|text| Listed::parse(text));
        Ok(Page::collect([map::goods(body.item.as_deref().unwrap_or(&body), told)]))
    }

    fn instead_of_each(&self, ids: &[String], error: &ApiError) -> Option<Page<RemoteGoods>> {
        listed::instead(ids, error)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Walks spans over a store whose goods changed at `times`, as the list would show them.
    fn walk(times: &[i64], now: i64) -> Vec<i64> {
        let (mut seen, mut place) = (Vec::new(), Place { page: 1, ..Place::default() });
        loop {
            let within = |time: &&i64| place.span.is_none_or(|(from, until)| **time >= from && **time < until);
            let rows: Vec<i64> = times.iter().filter(within).copied().collect();
            let total = u64::try_from(rows.len()).unwrap();
            if place.page == 1 && total > LAST_PAGE * PAGE_SIZE {
                place = place.halved(now).unwrap();
                continue;
            }
            let from = usize::try_from((place.page - 1) * PAGE_SIZE).unwrap();
            seen.extend(rows.iter().skip(from).take(100));
            match place.next(total) {
                Some(next) => place = next,
                None => return seen,
            }
        }
    }

    #[test]
    fn a_store_of_ten_thousand_goods_is_read_whole_in_spans() {
        let now = BEGINNING_MS + 400_000_000_000;
        // Most changed lately, as in life.
        let times: Vec<i64> = (0..10_000_i64).map(|nth| now - 1 - nth * nth * 3).collect();
        let mut seen = walk(&times, now);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 10_000);
    }

    #[test]
    fn a_small_store_is_read_at_once() {
        let times: Vec<i64> = (0..250).collect();
        assert_eq!(walk(&times, 1000).len(), 250);
    }
}
