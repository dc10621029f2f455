//! Lists of what changed, read from the last page to the first.
//!
//! A row that changes while we read leaves the window, and those behind it move up a page; forward
//! paging loses them. So the first call counts, and pages are read backwards. The first page is read
//! twice then, which is harmless: rows are idempotent by their key.

use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::model::Cursor;

/// A page on the way back. Where the platform will not count, the way is forward.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Backwards {
    page: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    forward: bool,
}

impl Backwards {
    /// The number to ask for at `cursor`, and whether this is the call that counts.
    pub fn at(cursor: Option<&Cursor>) -> Result<(u64, bool), ApiError> {
        let back: Option<Backwards> = cursor.map(Cursor::open).transpose()?;
        Ok((back.map_or(1, |back| back.page), back.is_none()))
    }

    /// The place after the page at `cursor`, which showed `shown` rows.
    pub fn after(cursor: Option<&Cursor>, told: Told, size: u64, last: u64) -> Result<Option<Cursor>, ApiError> {
        let next = match cursor.map(Cursor::open::<Backwards>).transpose()? {
            None => told.first(size, last)?,
            Some(back) if back.forward => {
                (told.more == Some(true) && told.shown > 0).then(|| Backwards { page: back.page + 1, forward: true })
            }
            Some(back) => Some(Backwards { page: back.page.saturating_sub(1), forward: false }),
        };
        next.filter(|next| next.page > 0).map(|next| Cursor::of(&next)).transpose()
    }
}

/// What an answer told about how much there is.
#[derive(Clone, Copy, Default)]
pub struct Told {
    /// Rows in all.
    pub total: Option<u64>,
    /// Whether there is another page.
    pub more: Option<bool>,
    /// Rows of this page.
    pub shown: u64,
}

impl Told {
    /// Where to go after the counting call; `None` when it has already shown all.
    fn first(self, size: u64, last: u64) -> Result<Option<Backwards>, ApiError> {
        match self.total {
            Some(total) if total > size.saturating_mul(last) => {
                Err(ApiError::bad_request("too many rows in the window"))
            }
            Some(total) if total > self.shown => Ok(Some(Backwards { page: total.div_ceil(size), forward: false })),
            None if self.more == Some(true) => Ok(Some(Backwards { page: 2, forward: true })),
            None if self.more.is_none() && self.shown >= size => Err(ApiError::malformed("no total")),
            _ => Ok(None),
        }
    }
}
