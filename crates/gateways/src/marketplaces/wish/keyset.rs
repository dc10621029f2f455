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
    /// Rows of that very moment that have been given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seen: Vec<String>,
    /// Set while rows of one moment are walked by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_min: Option<String>,
}

impl<T, S: List<T>> Feed<T> for ByTime<S> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let place = self.place(cursor)?;
        let by = if place.id_min.is_some() { "id.asc" } else { "updated_at.asc" };
        let mut request = self.0.request().asking("limit", LIMIT.to_string()).asking("sort_by", by);
        if let Some(from) = place.updated_at_min {
            if place.id_min.is_some() {
                request = request.asking("updated_at_max", &from);
            }
            request = request.asking("updated_at_min", from);
        }
        if let Some(id) = place.id_min {
            request = request.asking("id_min", id);
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
    let last = keys.iter().flatten().rev().find_map(|key| Some((&key.id, key.updated.as_ref()?)));
    let (id, (text, at)) = last?;
    if place.id_min.is_some() {
        return match is_full && any_new {
            true => Some(Place {
                id_min: Some(id.clone()),
                seen: ids(keys, None),
                updated_at_min: place.updated_at_min.clone(),
            }),
            // That moment is through.
            false => {
                Some(Place { updated_at_min: Some(iso_millis(*at + TimeDelta::milliseconds(1))), ..Place::default() })
            }
        };
    }
    match (any_new, is_full) {
        (true, _) => Some(Place { updated_at_min: Some(text.clone()), seen: ids(keys, Some(text)), id_min: None }),
        (false, true) => {
            Some(Place { updated_at_min: Some(text.clone()), seen: place.seen.clone(), id_min: Some(id.clone()) })
        }
        (false, false) => None,
    }
}

/// The ids of a page, or of its rows of one moment.
fn ids(keys: &[Option<&Key>], of: Option<&str>) -> Vec<String> {
    let here = |key: &&Key| of.is_none() || key.updated.as_ref().map(|(text, _)| text.as_str()) == of;
    keys.iter().flatten().copied().filter(here).map(|key| key.id.clone()).collect()
}
