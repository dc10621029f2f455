//! Sends for every connector: budget, signature, timeout, size cap, error class, repetition, pages.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;
use uuid::Uuid;

use super::budget::{Budget, BudgetKey, Permit, Priority};
use super::connector::{BoxFeed, Connector, Feed};
use super::error::{ApiError, ErrorClass};
use super::exchange::{HttpReply, HttpRequest};
use super::model::{Access, AffiliateOrderLine, Cursor, LinkRequest, Page, PromotionLink, RemoteGoods, Search, Window};
use super::wire;

/// How often and how patiently a failed read is repeated.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Attempts in all.
    pub attempts: u32,
    /// The first pause; doubled each time, with a random part taken off.
    pub first_pause: Duration,
    /// The longest a call waits here, in a pause or before the budget; what takes longer is told to
    /// the caller as `retry_after`, who comes back then.
    pub longest_wait: Duration,
    /// The time one attempt may take.
    pub timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            attempts: 4,
            first_pause: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
            timeout: Duration::from_secs(15),
        }
    }
}

impl RetryPolicy {
    /// How long to pause before the attempt after number `failed`, or `None` to give up.
    fn pause(&self, failed: u32, error: &ApiError, repeatable: bool) -> Option<Duration> {
        // A call refused for its rate was not carried out, so even a write may be repeated.
        let safe = repeatable || error.class == ErrorClass::RateLimited;
        if !safe || !error.class.may_pass() || failed >= self.attempts {
            return None;
        }
        // The second more covers clocks that differ and seconds that were rounded down.
        let told = error.retry_after.map(|wait| wait + Duration::from_secs(1));
        let wait = told.unwrap_or_else(|| {
            let doubled = self.first_pause.saturating_mul(1 << failed.saturating_sub(1).min(16));
            shortened(doubled.min(self.longest_wait))
        });
        (wait <= self.longest_wait).then_some(wait)
    }
}

/// Takes up to a half off at random, so that processes that failed together come back apart.
fn shortened(pause: Duration) -> Duration {
    let random = u32::try_from(Uuid::new_v4().as_u128() % 1024).unwrap_or(0);
    pause - pause * random / 2048
}

/// A connector with where it sends and for whom.
#[derive(Clone)]
pub struct Channel {
    connector: Arc<dyn Connector>,
    base: Url,
    access: Option<Access>,
    priority: Priority,
}

impl Channel {
    /// `base` is the address of `[platforms]`; refused unless it is https or a loopback address,
    /// because credentials go there.
    pub fn new(connector: Arc<dyn Connector>, base: Url) -> Result<Self, ApiError> {
        if !wire::is_trustworthy(&base) {
            let class = ErrorClass::BadConfiguration;
            return Err(ApiError::new(class, "base_address", "neither https nor loopback"));
        }
        Ok(Channel { connector, base, access: None, priority: Priority::Import })
    }

    /// The same, acting for an authorised merchant.
    pub fn on_behalf_of(mut self, access: Access) -> Self {
        self.access = Some(access);
        self
    }

    /// The same, with calls that matter more or less.
    pub fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// The connector behind it.
    pub fn connector(&self) -> &dyn Connector {
        self.connector.as_ref()
    }

    fn budget_key(&self, operation: &'static str) -> BudgetKey {
        let app = self.connector.app();
        let account = match &self.access {
            Some(access) => format!("{app}/{}", access.account_id),
            None => app.to_owned(),
        };
        BudgetKey { marketplace: self.connector.descriptor().id, account, operation }
    }
}

/// Where the engine takes the time from; signatures use the wall clock.
type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The one sender. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    client: reqwest::Client,
    budget: Arc<dyn Budget>,
    retry: RetryPolicy,
    clock: Clock,
}

impl Engine {
    /// `client` should follow no redirects: credentials would follow too.
    pub fn new(client: reqwest::Client, budget: Arc<dyn Budget>) -> Self {
        Engine { client, budget, retry: RetryPolicy::default(), clock: Arc::new(Utc::now) }
    }

    /// The same with another patience.
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
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

    /// One page, repeated while that may help.
    async fn page<T>(&self, channel: &Channel, feed: &dyn Feed<T>, at: Option<&Cursor>) -> Result<Page<T>, ApiError> {
        let request = feed.request(at)?;
        let key = channel.budget_key(request.operation);
        let mut failed = 0;
        loop {
            let outcome = match self.attempt(channel, &key, &request).await {
                Ok(reply) => feed.read(at, &reply),
                Err(error) => Err(error),
            };
            let error = match outcome {
                Ok(page) => return Ok(page),
                Err(error) => error,
            };
            failed += 1;
            let Some(pause) = self.retry.pause(failed, &error, request.repeatable) else {
                return Err(error);
            };
            tracing::debug!(operation = key.operation, failed, ?pause, class = ?error.class, "asking again");
            tokio::time::sleep(pause).await;
        }
    }

    /// One call: permitted, signed, sent and judged.
    async fn attempt(&self, channel: &Channel, key: &BudgetKey, request: &HttpRequest) -> Result<HttpReply, ApiError> {
        self.be_permitted(key, channel.priority).await?;
        let now = (self.clock)();
        let signed = channel.connector.sign(request.clone(), channel.access.as_ref(), now);
        let sent = wire::send(key.marketplace, &self.client, &channel.base, signed, self.retry.timeout).await;
        let outcome = sent.and_then(|answer| {
            let reply = answer.received_at((self.clock)());
            channel.connector.classify(&reply).map(|()| reply)
        });
        let word = outcome.as_ref().map_or_else(|error| format!("{:?}", error.class), |_| "Ok".to_owned());
        let labels =
            [("marketplace", key.marketplace.to_owned()), ("operation", key.operation.to_owned()), ("outcome", word)];
        metrics::counter!("marketplace_calls_total", &labels).increment(1);
        if let Err(error) = &outcome {
            tracing::warn!(marketplace = key.marketplace, operation = key.operation, %error, "marketplace call failed");
            self.budget.report(key, error, (self.clock)()).await;
        }
        outcome
    }

    /// Waits for the budget's permission, but not longer than the policy allows.
    async fn be_permitted(&self, key: &BudgetKey, priority: Priority) -> Result<(), ApiError> {
        let mut waited = Duration::ZERO;
        loop {
            let wait = match self.budget.ask(key, priority, (self.clock)()).await {
                Permit::Go => return Ok(()),
                Permit::Stopped => {
                    let said = "calls are stopped until an operator lifts it";
                    return Err(ApiError::new(ErrorClass::Stopped, "stopped_here", said));
                }
                // A wait of nothing would spin.
                Permit::Later(wait) => wait.max(Duration::from_millis(5)),
            };
            waited += wait;
            if waited > self.retry.longest_wait {
                let error = ApiError::new(ErrorClass::QuotaSpent, "budget", "our own budget is spent");
                return Err(error.after(Some(wait)));
            }
            tokio::time::sleep(wait).await;
        }
    }
}

/// Pages of one question, one at a time, so that each can be stored before its cursor is.
pub struct Walk<'a, T> {
    engine: &'a Engine,
    channel: &'a Channel,
    feed: BoxFeed<'a, T>,
    at: Option<Cursor>,
    over: bool,
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
