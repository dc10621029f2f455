//! Lists that go on from the last row's update time, that time included: rows seen are dropped.
//!
//! A page without a new row is the end, unless it is full: then more rows share one moment than a page
//! holds, and they are walked by their ids.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::super::amount::iso_millis;
use super::super::connector::Feed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::model::{Cursor, Page, SkippedRow};

/// Where a row stands in the order of the list.
pub struct Key {
    /// Its id.
    pub id: String,
    /// Its update time as the platform writes it; `None`: not told.
    pub updated: Option<(String, DateTime<Utc>)>,
}

/// A row of a page, with its key where it has one.
pub type Keyed<T> = (Option<Key>, Result<T, SkippedRow>);

/// A list by update time.
pub trait List<T>: Send + Sync {
    /// The request without its place.
    fn request(&self) -> HttpRequest;

    /// From when on; `None`: all.
    fn from(&self) -> Option<DateTime<Utc>>;

    /// The rows of an answer.
    fn rows(&self, reply: &HttpReply) -> Result<Vec<Keyed<T>>, ApiError>;
}

/// A [`List`] as a feed.
pub struct ByTime<S>(pub S);

/// The most rows of a page.
const LIMIT: usize = 500;

#[derive(Serialize, Deserialize, Default)]
struct Place {
    updated_at_min: Option<String>,
    /// The same moment, while its rows are walked by their ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at_max: Option<String>,
    /// Rows of that very moment that have been given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seen: Vec<String>,
    /// The last id, while rows are walked by their ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_min: Option<String>,
}

impl<T, S: List<T>> Feed<T> for ByTime<S> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let place = self.place(cursor)?;
        let by = if place.id_min.is_some() { "id.asc" } else { "updated_at.asc" };
        let mut request = self.0.request().asking("limit", LIMIT.to_string()).asking("sort_by", by);
        let bounds = [
            ("updated_at_min", place.updated_at_min),
            ("updated_at_max", place.updated_at_max),
            ("id_min", place.id_min),
        ];
        for (name, bound) in bounds.into_iter().filter_map(|(name, bound)| Some((name, bound?))) {
            request = request.asking(name, bound);
        }
        Ok(request)
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<T>, ApiError> {
        let place = self.place(cursor)?;
        let rows = self.0.rows(reply)?;
        let is_full = rows.len() >= LIMIT;
        let keys: Vec<Option<&Key>> = rows.iter().map(|(key, _)| key.as_ref()).collect();
        let is_new = |key: &&Key| !place.seen.contains(&key.id);
        let any_new = keys.iter().flatten().any(is_new);
        let next = next(&place, &keys, is_full, any_new);
        let fresh = rows.into_iter().filter(|(key, _)| key.as_ref().is_none_or(|key| is_new(&key)));
        let page = Page::collect(fresh.map(|(_, row)| row));
        Ok(page.and_next(next.map(|next| Cursor::of(&next)).transpose()?))
    }
}

impl<S> ByTime<S> {
    fn place<T>(&self, cursor: Option<&Cursor>) -> Result<Place, ApiError>
    where
        S: List<T>,
    {
        let first = || Place { updated_at_min: self.0.from().map(iso_millis), ..Place::default() };
        cursor.map_or_else(|| Ok(first()), Cursor::open)
    }
}

fn next(place: &Place, keys: &[Option<&Key>], is_full: bool, any_new: bool) -> Option<Place> {
    let last = keys.iter().flatten().next_back()?;
    let by_id = |bound: Option<&String>, max: Option<String>, seen| Place {
        updated_at_min: bound.cloned(),
        updated_at_max: max,
        seen,
        id_min: Some(last.id.clone()),
    };
    let Some((text, at)) = &last.updated else {
        // A list that tells no times has its ids alone.
        let more = is_full && any_new;
        return more.then(|| by_id(place.updated_at_min.as_ref(), place.updated_at_max.clone(), ids(keys, None)));
    };
    if place.id_min.is_some() {
        return Some(match is_full && any_new {
            true => by_id(place.updated_at_min.as_ref(), place.updated_at_max.clone(), ids(keys, None)),
            // That moment is through.
            false => Place { updated_at_min: Some(iso_millis(*at + TimeDelta::milliseconds(1))), ..Place::default() },
        });
    }
    match (any_new, is_full) {
        (true, _) => {
            Some(Place { updated_at_min: Some(text.clone()), seen: ids(keys, Some(text)), ..Place::default() })
        }
        (false, true) => Some(by_id(Some(text), Some(text.clone()), place.seen.clone())),
        (false, false) => None,
    }
}

/// The ids of a page, or of its rows of one moment.
fn ids(keys: &[Option<&Key>], of: Option<&str>) -> Vec<String> {
    let here = |key: &&Key| of.is_none() || key.updated.as_ref().map(|(text, _)| text.as_str()) == of;
    keys.iter().flatten().copied().filter(here).map(|key| key.id.clone()).collect()
}
