//! A question walked page by page.

use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::model::{Cursor, Page};
use super::Engine;
use super::channel::Channel;

/// Pages of one question, one at a time, so that each can be stored before its cursor is.
pub struct Walk<'a, T> {
    pub(super) engine: &'a Engine,
    pub(super) channel: &'a Channel,
    pub(super) feed: BoxFeed<'a, T>,
    pub(super) at: Option<Cursor>,
    pub(super) over: bool,
}

impl<T> Walk<'_, T> {
    /// The next page, or `None` after the last.
    ///
    /// After an error the same page is asked for again, so a walk survives a pause; a process that
    /// ends resumes from the last [`Page::next`] it saved.
    pub async fn next_page(&mut self) -> Result<Option<Page<T>>, ApiError> {
        if self.over {
            return Ok(None);
        }
        let page = self.engine.page(self.channel, self.feed.as_ref(), self.at.as_ref()).await?;
        // A platform that names the page just read would keep us for ever.
        if page.next.is_some() && page.next == self.at {
            return Err(ApiError::malformed("the next page is the same page"));
        }
        self.at = page.next.clone();
        self.over = self.at.is_none();
        Ok(Some(page))
    }
}
