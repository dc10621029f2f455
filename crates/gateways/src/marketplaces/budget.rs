//! How many calls we allow ourselves at a platform, and the pause it imposes on us.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use kernel::clock::beijing_day;

use super::error::{ApiError, ErrorClass};
use super::times;

/// Whose calls are counted: the platform counts by app (and merchant), and limits many of them by operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BudgetKey {
    /// The marketplace's id.
    pub marketplace: &'static str,
    /// The app, to which the platform counts a day's calls; the merchant's own key where each brings one.
    pub app: String,
    /// App id, followed by the merchant's id where one has authorised.
    pub account: String,
    /// The platform's name of the call.
    pub operation: &'static str,
}

/// What a call is for. Work that can wait leaves the last part of a day's calls to the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Keeping listed cards fresh: stops first.
    Refresh,
    /// Importing goods.
    Import,
    /// Order lines.
    Orders,
    /// Stock and shipments told to a store: a late one sells what is gone.
    Stock,
    /// Somebody waits for the answer.
    Person,
}

impl Priority {
    /// The part of a day's calls that work of this priority may use up.
    pub fn share_of(self, per_day: u32) -> u32 {
        let percent: u64 = match self {
            Priority::Refresh => 80,
            Priority::Import => 90,
            Priority::Orders => 97,
            Priority::Stock => 99,
            Priority::Person => 100,
        };
        u32::try_from(u64::from(per_day) * percent / 100).unwrap_or(per_day)
    }
}

/// Whether a call may be made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Yes, and it has been counted.
    Go,
    /// Not before this much time has passed.
    Later(Duration),
    /// Not until an operator lifts it (risk control).
    Stopped,
}

/// The gate before every call. The shop's own keeps its counts where all processes see them.
#[async_trait]
pub trait Budget: Send + Sync {
    /// Asks for one call and counts it when granted.
    async fn ask(&self, key: &BudgetKey, priority: Priority, now: DateTime<Utc>) -> Permit;

    /// Hears how a call failed, so that the next one waits as the platform demands.
    async fn report(&self, key: &BudgetKey, error: &ApiError, now: DateTime<Utc>);
}

/// Limits of a [`LocalBudget`].
#[derive(Clone, Copy, Debug)]
struct Limits {
    per_second: u32,
    per_day: Option<u32>,
}

/// A budget within one process: for the command line, the demo and tests.
pub struct LocalBudget {
    limits: Limits,
    accounts: Mutex<HashMap<(&'static str, String), Account>>,
}

/// What is known of one account.
#[derive(Default)]
struct Account {
    day: Option<NaiveDate>,
    spent: u32,
    not_before: Option<DateTime<Utc>>,
    /// The same for operations that the platform limits each by itself.
    rests: HashMap<&'static str, DateTime<Utc>>,
    stopped: bool,
    seconds: HashMap<&'static str, (i64, u32)>,
}

/// The pause after a rate limit whose length the platform does not tell.
const UNTOLD_PAUSE: TimeDelta = TimeDelta::seconds(2);

impl LocalBudget {
    /// `per_second` calls of each operation, and `per_day` of all together (days end at midnight in
    /// Beijing); `None` is unlimited.
    pub fn new(per_second: u32, per_day: Option<u32>) -> Self {
        let limits = Limits { per_second: per_second.max(1), per_day };
        LocalBudget { limits, accounts: Mutex::default() }
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<(&'static str, String), Account>> {
        // Counts stay usable after a panic elsewhere: every change below is a single assignment.
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Budget for LocalBudget {
    async fn ask(&self, key: &BudgetKey, priority: Priority, now: DateTime<Utc>) -> Permit {
        let mut accounts = self.accounts();
        let account = accounts.entry((key.marketplace, key.account.clone())).or_default();
        account.ask(self.limits, key.operation, priority, now)
    }

    async fn report(&self, key: &BudgetKey, error: &ApiError, now: DateTime<Utc>) {
        let mut accounts = self.accounts();
        let account = accounts.entry((key.marketplace, key.account.clone())).or_default();
        account.hear(key.operation, error, now);
    }
}

impl Account {
    fn ask(&mut self, limits: Limits, operation: &'static str, priority: Priority, now: DateTime<Utc>) -> Permit {
        if self.stopped {
            return Permit::Stopped;
        }
        let rest = self.not_before.max(self.rests.get(operation).copied());
        if let Some(until) = rest.filter(|until| *until > now) {
            return Permit::Later(span(until - now));
        }
        let today = Some(beijing_day(now));
        if self.day != today {
            (self.day, self.spent) = (today, 0);
        }
        if limits.per_day.is_some_and(|limit| self.spent >= priority.share_of(limit)) {
            return Permit::Later(span(times::next_beijing_midnight(now) - now));
        }
        let (second, calls) = self.seconds.entry(operation).or_default();
        if *second != now.timestamp() {
            (*second, *calls) = (now.timestamp(), 0);
        }
        if *calls >= limits.per_second {
            let rest = 1000 - now.timestamp_subsec_millis().min(999);
            return Permit::Later(Duration::from_millis(rest.into()));
        }
        *calls += 1;
        self.spent += 1;
        Permit::Go
    }

    fn hear(&mut self, operation: &'static str, error: &ApiError, now: DateTime<Utc>) {
        let told = error.retry_after.and_then(|wait| TimeDelta::from_std(wait).ok());
        let until = match error.class {
            ErrorClass::Stopped => {
                self.stopped = true;
                return;
            }
            ErrorClass::RateLimited => now + told.unwrap_or(UNTOLD_PAUSE),
            ErrorClass::QuotaSpent => told.map_or_else(|| times::next_beijing_midnight(now), |wait| now + wait),
            _ => return,
        };
        if error.of_operation {
            let rest = self.rests.entry(operation).or_insert(until);
            *rest = until.max(*rest);
        } else {
            self.not_before = self.not_before.max(Some(until));
        }
    }
}

fn span(delta: TimeDelta) -> Duration {
    delta.to_std().unwrap_or_default()
}
