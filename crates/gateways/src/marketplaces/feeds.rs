//! Shapes of lists that several platforms share, written once.

use serde::{Deserialize, Serialize};

use super::connector::Feed;
use super::error::{ApiError, ErrorClass};
use super::exchange::{HttpReply, HttpRequest};
use super::model::{Cursor, Page, SkippedRow};

/// The number after page `at` while rows remain: by `total` where it is told, else until a page is
/// shorter than `size`.
pub fn next_number(at: u64, size: u64, total: Option<u64>, shown: usize) -> Option<u64> {
    let shown = u64::try_from(shown).unwrap_or(u64::MAX);
    let more = match total {
        Some(total) => at.saturating_mul(size) < total,
        None => shown >= size,
    };
    (more && shown > 0).then(|| at.saturating_add(1))
}

/// A call for a few ids at a time that gives their rows.
pub trait ByIds<T>: Send + Sync {
    /// Most ids of one call for rows.
    fn per_call(&self) -> usize {
        1
    }

    /// The request for the rows of `ids`.
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError>;

    /// Those rows.
    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<T>, ApiError>;

    /// A page in place of a refusal of that call, when it concerns these ids alone or the list has told
    /// enough.
    fn instead_of_each(&self, ids: &[String], error: &ApiError) -> Option<Page<T>> {
        without(ids, error)
    }
}

/// A list that names ids, whose rows are asked for by [`ByIds`].
pub trait ListThenEach<T>: ByIds<T> {
    /// The request for the list's page at `at`.
    fn list(&self, at: Option<&Cursor>) -> Result<HttpRequest, ApiError>;

    /// The ids of that page; `next` is the list's own.
    fn read_list(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<String>, ApiError>;
}

/// A [`ListThenEach`] as one feed. Its cursor holds the ids still to be read, so that a walk resumes
/// in the middle of a page.
pub struct Each<S>(pub S);

#[derive(Serialize, Deserialize, Default)]
struct Place {
    /// Where the list goes on once `pending` is empty; `None`: it does not.
    list: Option<Cursor>,
    pending: Vec<String>,
}

impl Place {
    fn at(cursor: Option<&Cursor>) -> Result<Place, ApiError> {
        cursor.map_or(Ok(Place::default()), Cursor::open)
    }

    /// The ids of the next call, and the place after it.
    fn step(mut self, most: usize) -> (Vec<String>, Place) {
        let rest = self.pending.split_off(most.max(1).min(self.pending.len()));
        (self.pending, Place { list: self.list, pending: rest })
    }

    fn cursor(&self) -> Result<Option<Cursor>, ApiError> {
        let over = self.pending.is_empty() && self.list.is_none();
        (!over).then(|| Cursor::of(self)).transpose()
    }
}

impl<T, S: ListThenEach<T>> Feed<T> for Each<S> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let place = Place::at(cursor)?;
        if place.pending.is_empty() {
            return self.0.list(place.list.as_ref());
        }
        self.0.each(&place.step(self.0.per_call()).0)
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<T>, ApiError> {
        let place = Place::at(cursor)?;
        if place.pending.is_empty() {
            let listed = self.0.read_list(place.list.as_ref(), reply)?;
            let next = Place { list: listed.next, pending: listed.rows }.cursor()?;
            let page = Page { skipped: listed.skipped, total: listed.total, ..Page::of(Vec::new()) };
            return Ok(page.and_next(next));
        }
        let (ids, rest) = place.step(self.0.per_call());
        Ok(self.0.read_each(&ids, reply)?.and_next(rest.cursor()?))
    }

    fn instead(&self, cursor: Option<&Cursor>, error: &ApiError) -> Option<Page<T>> {
        let place = Place::at(cursor).ok()?;
        if place.pending.is_empty() {
            return None;
        }
        let (ids, rest) = place.step(self.0.per_call());
        let next = rest.cursor().ok()?;
        Some(self.0.instead_of_each(&ids, error)?.and_next(next))
    }
}

/// The rows of known ids, a few a call; the cursor is the place in `ids`.
pub struct Known<'a, S> {
    /// How rows are asked for.
    pub source: S,
    /// Which.
    pub ids: &'a [String],
}

impl<S> Known<'_, S> {
    fn step<T>(&self, cursor: Option<&Cursor>) -> Result<(&[String], usize), ApiError>
    where
        S: ByIds<T>,
    {
        let from: usize = cursor.map_or(Ok(0), Cursor::open)?;
        let rest = self.ids.get(from..).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or_else(|| ApiError::bad_request("no id to ask for"))?;
        let ids = rest.get(..self.source.per_call().max(1)).unwrap_or(rest);
        Ok((ids, from + ids.len()))
    }

    fn go_on<T>(&self, page: Page<T>, to: usize) -> Result<Page<T>, ApiError> {
        let more = to < self.ids.len();
        let next = more.then(|| Cursor::of(&to)).transpose()?;
        let total = u64::try_from(self.ids.len()).ok();
        Ok(Page { total, ..page }.and_next(next))
    }
}

impl<T, S: ByIds<T>> Feed<T> for Known<'_, S> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        self.source.each(self.step(cursor)?.0)
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<T>, ApiError> {
        let (ids, to) = self.step(cursor)?;
        self.go_on(self.source.read_each(ids, reply)?, to)
    }

    fn instead(&self, cursor: Option<&Cursor>, error: &ApiError) -> Option<Page<T>> {
        let (ids, to) = self.step(cursor).ok()?;
        self.go_on(self.source.instead_of_each(ids, error)?, to).ok()
    }
}

/// A page in place of a refusal that concerns these ids alone: gone ones are missing, others are
/// skipped with the platform's reason. What a list may have put behind an id and a space is no part of it.
pub fn without<T>(ids: &[String], error: &ApiError) -> Option<Page<T>> {
    let ids: Vec<String> = ids.iter().map(|id| id.split(' ').next().unwrap_or(id).to_owned()).collect();
    let mut page = Page::of(Vec::new());
    match error.class {
        ErrorClass::NotFound => page.missing = ids,
        ErrorClass::Business if ids.len() == 1 => {
            let skip = |id: &String| SkippedRow { external_id: Some(id.clone()), reason: error.to_string() };
            page.skipped = ids.iter().map(skip).collect();
        }
        _ => return None,
    }
    Some(page)
}

/// One question with one row, made of two functions.
pub struct Once<Q, R> {
    /// The request.
    pub ask: Q,
    /// The row in its answer.
    pub read: R,
}

impl<T, Q, R> Feed<T> for Once<Q, R>
where
    Q: Fn() -> Result<HttpRequest, ApiError> + Send + Sync,
    R: Fn(&HttpReply) -> Result<Page<T>, ApiError> + Send + Sync,
{
    fn request(&self, _: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        (self.ask)()
    }

    fn read(&self, _: Option<&Cursor>, reply: &HttpReply) -> Result<Page<T>, ApiError> {
        (self.read)(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_go_on_while_rows_remain() {
        assert_eq!(next_number(1, 100, Some(250), 100), Some(2));
        assert_eq!(next_number(3, 100, Some(250), 50), None);
        assert_eq!(next_number(2, 100, Some(250), 0), None);
        assert_eq!(next_number(1, 100, None, 100), Some(2));
        assert_eq!(next_number(1, 100, None, 99), None);
    }
}
