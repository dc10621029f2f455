//! Cursor pages: a limit between 1 and 100 and an opaque cursor.

use serde::{Deserialize, Serialize};

/// How many rows a list gives at most in one answer.
pub const LIMIT_MAX: u64 = 100;
/// How many rows a list gives when nothing is asked for.
pub const LIMIT_DEFAULT: u64 = 20;

/// One page of a list and where the next begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// What to ask the next page with; `None` on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cuts `rows`, fetched with one row more than `limit`, and names the next page by the last row kept.
    pub fn cut(mut rows: Vec<T>, limit: u64, cursor_of: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(cursor_of) } else { None };
        Page { items: rows, next_cursor }
    }

    /// The page with every row turned by `f`.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}

/// What a list is asked with: already checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Between 1 and [`LIMIT_MAX`].
    pub limit: u64,
    /// What an earlier answer gave as `next_cursor`.
    pub cursor: Option<String>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: LIMIT_DEFAULT, cursor: None }
    }
}

/// The cursor is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one this list gave out")]
pub struct BadCursor;

/// Packs the sort keys of the last row into an opaque cursor.
pub fn encode_cursor<K: Serialize>(keys: &K) -> String {
    use base64::Engine;
    let json = serde_json::to_vec(keys).unwrap_or_default();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json)
}

/// Reads what [`encode_cursor`] wrote.
pub fn decode_cursor<K: for<'de> Deserialize<'de>>(cursor: &str) -> Result<K, BadCursor> {
    use base64::Engine;
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).map_err(|_| BadCursor)?;
    serde_json::from_slice(&json).map_err(|_| BadCursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_begins_after_the_last_row_kept() {
        let page = Page::cut(vec![1, 2, 3], 2, encode_cursor);
        assert_eq!(page.items, [1, 2]);
        assert_eq!(page.next_cursor.as_deref().map(decode_cursor::<i32>), Some(Ok(2)));
        assert_eq!(Page::cut(vec![1, 2], 2, encode_cursor).next_cursor, None);
    }

    #[test]
    fn a_foreign_cursor_is_refused() {
        assert_eq!(decode_cursor::<(i64, String)>("%%%"), Err(BadCursor));
        assert_eq!(decode_cursor::<(i64, String)>("bm90IGpzb24"), Err(BadCursor));
    }
}
