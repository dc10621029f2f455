//! How far a platform's orders have been read: window by window, each page by page.
//!
//! Windows are the platform's and follow wall time; how often one is read is ours and follows business time.

use gateways::marketplaces::{Cursor, Page, Window, WindowRules};
use kernel::Time;

/// Where a reading stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Every change up to here is known.
    pub watermark: Time,
    /// The window whose pages are being read, and the next of them.
    pub within: Option<(Window, String)>,
}

impl Reading {
    /// As it is stored: the window counts together with its next page.
    pub fn of(watermark: Time, window: (Option<Time>, Option<Time>), cursor: Option<&String>) -> Self {
        let within = match (window, cursor) {
            ((Some(from), Some(until)), Some(cursor)) => Some((Window { from, until }, cursor.clone())),
            _ => None,
        };
        Self { watermark, within }
    }

    /// The window being read, or the next one; `None` as long as there is nothing to be read.
    pub fn window(&self, rules: WindowRules, wall: Time) -> Option<Window> {
        match &self.within {
            Some((window, _)) => Some(*window),
            None => rules.next(self.watermark, wall),
        }
    }

    /// Where it stands once `page` of `window` is stored, and whether it goes on at once.
    pub fn after<T>(&self, page: &Page<T>, window: Window, rules: WindowRules, wall: Time) -> (Self, bool) {
        if let Some(Cursor(next)) = &page.next {
            return (Self { watermark: self.watermark, within: Some((window, next.clone())) }, true);
        }
        let known = rules.known(&window);
        // A platform that is behind says so; it never takes us back.
        let watermark = page.watermark.map_or(known, |complete| complete.min(known)).max(self.watermark);
        let goes_on = rules.is_behind(&window, wall) && watermark > self.watermark;
        (Self { watermark, within: None }, goes_on)
    }

    /// As it is stored: the window's two ends, and the next page.
    pub fn stored(self) -> (Option<Time>, Option<Time>, Option<String>) {
        match self.within {
            Some((window, cursor)) => (Some(window.from), Some(window.until), Some(cursor)),
            None => (None, None, None),
        }
    }
}
