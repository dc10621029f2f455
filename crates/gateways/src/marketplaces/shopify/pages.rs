//! A list by cursor, in parts that become smaller when the platform finds one too dear, and rows too
//! long for the list by a question of their own.

use serde::{Deserialize, Serialize};

use super::super::connector::Feed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::ByIds;
use super::super::model::{Cursor, Page};

/// Rows asked for at first.
const FIRST: u32 = 100;
/// The refusal of a question that costs more points than one may.
const TOO_DEAR: &str = "MAX_COST_EXCEEDED";

/// A part of a list.
pub struct Part<T> {
    /// Its rows.
    pub page: Page<T>,
    /// Ids of rows that did not fit.
    pub long: Vec<String>,
    /// The platform's word for the next part.
    pub next: Option<String>,
}

/// A list whose rows can also be asked for one by one.
pub trait Listing<T>: ByIds<T> {
    /// The question for `first` rows after a place.
    fn list(&self, first: u32, after: Option<&str>) -> Result<HttpRequest, ApiError>;

    /// The part in its answer.
    fn read_list(&self, reply: &HttpReply) -> Result<Part<T>, ApiError>;
}

/// A [`Listing`] as a feed.
pub struct Pages<S>(pub S);

#[derive(Serialize, Deserialize)]
struct Place {
    first: u32,
    after: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    long: Vec<String>,
    /// Whether the list itself is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    over: bool,
}

impl Place {
    fn at(cursor: Option<&Cursor>) -> Result<Place, ApiError> {
        cursor.map_or(Ok(Place { first: FIRST, after: None, long: Vec::new(), over: false }), Cursor::open)
    }

    fn cursor(self) -> Result<Option<Cursor>, ApiError> {
        if self.over && self.long.is_empty() { Ok(None) } else { Cursor::of(&self).map(Some) }
    }
}

impl<T, S: Listing<T>> Feed<T> for Pages<S> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let place = Place::at(cursor)?;
        match place.long.get(..1) {
            Some(id) => self.0.each(id),
            None => self.0.list(place.first, place.after.as_deref()),
        }
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<T>, ApiError> {
        let mut place = Place::at(cursor)?;
        if let Some(id) = place.long.get(..1) {
            let page = self.0.read_each(id, reply)?;
            place.long.remove(0);
            return Ok(page.and_next(place.cursor()?));
        }
        let part = self.0.read_list(reply)?;
        let next = Place { over: part.next.is_none(), after: part.next, long: part.long, ..place };
        Ok(part.page.and_next(next.cursor()?))
    }

    fn instead(&self, cursor: Option<&Cursor>, error: &ApiError) -> Option<Page<T>> {
        let place = Place::at(cursor).ok()?;
        let smaller = Place { first: place.first / 2, ..place };
        if error.code != TOO_DEAR || !smaller.long.is_empty() || smaller.first == 0 {
            return None;
        }
        Some(Page::of(Vec::new()).and_next(smaller.cursor().ok()?))
    }
}
