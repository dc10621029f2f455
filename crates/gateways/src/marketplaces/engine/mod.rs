//! Sends for every connector: budget, token, signature, timeout, size cap, error class, repetition, pages.

mod breakers;
mod channel;
mod retry;
mod send;
mod store;
mod walk;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::budget::Budget;
use super::connector::BoxFeed;
use super::error::ApiError;
use super::model::{AffiliateOrderLine, Cursor, LinkRequest, PromotionLink, RemoteGoods, Search, Window};

pub use breakers::Breakers;
pub use channel::Channel;
pub use retry::RetryPolicy;
pub use store::Pushed;
pub use walk::Walk;

/// Where the engine takes the time from; signatures use the wall clock.
type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The one sender. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    client: reqwest::Client,
    budget: Arc<dyn Budget>,
    retry: RetryPolicy,
    clock: Clock,
    breakers: Breakers,
}

impl Engine {
    /// `client` should follow no redirects: credentials would follow too.
    pub fn new(client: reqwest::Client, budget: Arc<dyn Budget>) -> Self {
        Engine {
            client,
            budget,
            retry: RetryPolicy::default(),
            clock: Arc::new(Utc::now),
            breakers: Breakers::default(),
        }
    }

    /// The same with another patience.
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The same with circuits that others share.
    pub fn with_breakers(mut self, breakers: Breakers) -> Self {
        self.breakers = breakers;
        self
    }

    /// The same with another wall clock.
    pub fn with_clock(mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Goods that match, from `resume` on if a cursor was saved.
    pub fn search<'a>(
        &'a self,
        channel: &'a Channel,
        search: &'a Search,
        resume: Option<Cursor>,
    ) -> Result<Walk<'a, RemoteGoods>, ApiError> {
        let items = channel.connector.items().ok_or_else(|| ApiError::unsupported("goods"))?;
        Ok(self.walk(channel, items.search(search), resume))
    }

    /// Goods by their ids; those gone are in [`Page::missing`].
    pub fn by_ids<'a>(
        &'a self,
        channel: &'a Channel,
        ids: &'a [String],
        resume: Option<Cursor>,
    ) -> Result<Walk<'a, RemoteGoods>, ApiError> {
        let items = channel.connector.items().ok_or_else(|| ApiError::unsupported("goods"))?;
        Ok(self.walk(channel, items.by_ids(ids), resume))
    }

    /// A promotion link.
    pub async fn link(&self, channel: &Channel, wanted: &LinkRequest) -> Result<PromotionLink, ApiError> {
        let links = channel.connector.links().ok_or_else(|| ApiError::unsupported("links"))?;
        let link = self.first(channel, links.link(wanted)).await?;
        link.ok_or_else(|| ApiError::malformed("no link in the answer"))
    }

    /// Affiliate order lines changed within `window`.
    pub fn commissions<'a>(
        &'a self,
        channel: &'a Channel,
        window: &'a Window,
        resume: Option<Cursor>,
    ) -> Result<Walk<'a, AffiliateOrderLine>, ApiError> {
        let source = channel.connector.commissions().ok_or_else(|| ApiError::unsupported("commissions"))?;
        Ok(self.walk(channel, source.changed(window), resume))
    }

    /// Any question of a connector, page by page, from `resume` on.
    pub fn walk<'a, T>(&'a self, channel: &'a Channel, feed: BoxFeed<'a, T>, resume: Option<Cursor>) -> Walk<'a, T> {
        Walk { engine: self, channel, feed, at: resume, over: false }
    }

    /// The first row of a question, or `None` when it has none.
    pub async fn first<'a, T>(&'a self, channel: &'a Channel, feed: BoxFeed<'a, T>) -> Result<Option<T>, ApiError> {
        let mut walk = self.walk(channel, feed, None);
        while let Some(page) = walk.next_page().await? {
            if let Some(row) = page.rows.into_iter().next() {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}
