//! Rows that take two calls: a half from a list or by its id, then what it lacks.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::connector::Feed;
use super::error::{ApiError, ErrorClass};
use super::exchange::{HttpReply, HttpRequest};
use super::model::{Cursor, Page, SkippedRow};

/// How halves are had and made whole.
pub trait Halves<T>: Send + Sync {
    /// What the first call gives; no buyer's data, since it travels in a cursor.
    type Half: Serialize + DeserializeOwned;

    /// The request for the list's page number `at`, from 1.
    fn list(&self, at: u64) -> Result<HttpRequest, ApiError>;

    /// The halves of that page, and whether there is another.
    fn read_list(&self, at: u64, reply: &HttpReply) -> Result<(Page<Self::Half>, bool), ApiError>;

    /// The request for one half by its id.
    fn first(&self, id: &str) -> Result<HttpRequest, ApiError>;

    /// That half.
    fn read_first(&self, id: &str, reply: &HttpReply) -> Result<Self::Half, ApiError>;

    /// The request for what a half lacks.
    fn second(&self, half: &Self::Half) -> Result<HttpRequest, ApiError>;

    /// The row.
    fn read_second(&self, half: Self::Half, reply: &HttpReply) -> Result<Result<T, SkippedRow>, ApiError>;

    /// The id of a half, for reports.
    fn id(&self, half: &Self::Half) -> String;
}

/// [`Halves`] as a feed: of a list, or of known ids.
pub struct Whole<'a, S> {
    /// How.
    pub source: S,
    /// Those asked for; `None`: the list.
    pub ids: Option<&'a [String]>,
}

#[derive(Serialize, Deserialize)]
struct Place<H> {
    /// The next page of the list, or one more than the next of the ids; `None`: no more.
    at: Option<u64>,
    pending: Vec<H>,
}

impl<H: Serialize + DeserializeOwned> Place<H> {
    fn of(cursor: Option<&Cursor>) -> Result<Place<H>, ApiError> {
        cursor.map_or(Ok(Place { at: Some(1), pending: Vec::new() }), Cursor::open)
    }

    fn cursor(&self) -> Result<Option<Cursor>, ApiError> {
        if self.at.is_none() && self.pending.is_empty() { Ok(None) } else { Cursor::of(self).map(Some) }
    }
}

impl<S> Whole<'_, S> {
    fn id_at(&self, at: u64) -> Option<&String> {
        self.ids?.get(usize::try_from(at.checked_sub(1)?).ok()?)
    }

    fn after_id(&self, at: u64) -> Option<u64> {
        self.id_at(at + 1).map(|_| at + 1)
    }
}

impl<T, S: Halves<T>> Feed<T> for Whole<'_, S> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let place: Place<S::Half> = Place::of(cursor)?;
        if let Some(half) = place.pending.first() {
            return self.source.second(half);
        }
        let at = place.at.ok_or_else(|| ApiError::bad_request("not a cursor of this question"))?;
        match self.ids {
            Some(_) => self.source.first(self.id_at(at).ok_or_else(|| ApiError::bad_request("no id to ask for"))?),
            None => self.source.list(at),
        }
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<T>, ApiError> {
        let mut place: Place<S::Half> = Place::of(cursor)?;
        if !place.pending.is_empty() {
            let row = self.source.read_second(place.pending.remove(0), reply)?;
            return Ok(Page::collect([row]).and_next(place.cursor()?));
        }
        let at = place.at.unwrap_or(1);
        if self.ids.is_some() {
            let id = self.id_at(at).ok_or_else(|| ApiError::bad_request("no id to ask for"))?;
            let next = Place { at: self.after_id(at), pending: vec![self.source.read_first(id, reply)?] };
            return Ok(Page::of(Vec::new()).and_next(next.cursor()?));
        }
        let (halves, more) = self.source.read_list(at, reply)?;
        let next = Place { at: more.then_some(at + 1), pending: halves.rows };
        Ok(Page { skipped: halves.skipped, total: halves.total, ..Page::of(Vec::new()) }.and_next(next.cursor()?))
    }

    /// A refusal that concerns one row alone does not end the walk.
    fn instead(&self, cursor: Option<&Cursor>, error: &ApiError) -> Option<Page<T>> {
        if !matches!(error.class, ErrorClass::NotFound | ErrorClass::Business) {
            return None;
        }
        let mut place: Place<S::Half> = Place::of(cursor).ok()?;
        let mut page = Page::of(Vec::new());
        let id = if place.pending.is_empty() {
            let at = place.at?;
            let id = self.id_at(at)?.clone();
            place.at = self.after_id(at);
            id
        } else {
            self.source.id(&place.pending.remove(0))
        };
        match error.class {
            ErrorClass::NotFound => page.missing = vec![id],
            _ => page.skipped = vec![SkippedRow { external_id: Some(id), reason: error.to_string() }],
        }
        Some(page.and_next(place.cursor().ok()?))
    }
}
