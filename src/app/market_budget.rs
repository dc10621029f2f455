//! The budget of calls that all processes share: seconds are counted in the process, days and stops in
//! the database. A day is a business day of Beijing: the sandbox can move on to the next one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use gateways::marketplaces::{ApiError, Budget, BudgetKey, ErrorClass, LocalBudget, Permit, Priority};
use kernel::Clock;
use sea_orm::DbErr;

use crate::areas::market_accounts::quota::{self, Usage};
use crate::platform::db::Db;

/// How often calls without a limit are written down; a process that dies forgets those since.
const NOTED_EVERY: Duration = Duration::from_secs(1);

/// One marketplace app's calls.
pub(super) struct SharedBudget {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) seconds: Arc<LocalBudget>,
    pub(super) per_day: Option<u32>,
    pub(super) tally: Arc<Tally>,
}

/// Calls without a limit that are not written down yet.
#[derive(Default)]
pub(super) struct Tally(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    calls: HashMap<String, i64>,
    noted: Option<Instant>,
}

impl Tally {
    /// Counts a call of these scopes; answers what is due to be written down.
    fn count(&self, scopes: [&str; 2], now: Instant) -> Vec<(String, i64)> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [app, merchant] = scopes;
        *counted.calls.entry(app.to_owned()).or_default() += 1;
        if merchant != app {
            *counted.calls.entry(merchant.to_owned()).or_default() += 1;
        }
        if counted.noted.is_some_and(|last| now.saturating_duration_since(last) < NOTED_EVERY) {
            return Vec::new();
        }
        counted.noted = Some(now);
        counted.calls.drain().collect()
    }

    /// What is left to be written down, for whoever wants to see it all.
    pub(super) fn rest(&self) -> Vec<(String, i64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).calls.drain().collect()
    }
}

/// Whose calls are counted together.
pub(super) fn scope(marketplace: &str, account: &str) -> String {
    format!("{marketplace}/{account}")
}

impl SharedBudget {
    // Counting is one statement and so its own transaction; `Db::write` would make these futures
    // unfit for spawned tasks.
    async fn admit(&self, key: &BudgetKey, priority: Priority) -> Result<Permit, DbErr> {
        let now = self.clock.now();
        let (app, merchant) = (scope(key.marketplace, &key.app), scope(key.marketplace, &key.account));
        let limit = self.per_day.map_or(quota::SPENT, |calls| priority.share_of(calls).into());
        let used = match quota::usage(self.db.reader(), &app, now).await? {
            Usage::Stopped => return Ok(Permit::Stopped),
            Usage::Calls(used) => used,
        };
        let granted = used < limit && self.count(&app, &merchant, limit).await?;
        if granted {
            return Ok(Permit::Go);
        }
        Ok(Permit::Later((quota::next_day(now) - now).to_std().unwrap_or_default()))
    }

    async fn count(&self, app: &str, merchant: &str, limit: i64) -> Result<bool, DbErr> {
        let (conn, now) = (self.db.maintenance(), self.clock.now());
        if self.per_day.is_some() {
            return quota::spend(conn, app, Some(merchant), limit, now).await;
        }
        // Without a limit a count is for people to look at: it need not be exact to the second.
        let due = self.tally.count([app, merchant], Instant::now());
        if !due.is_empty() {
            quota::add(conn, &due, now).await?;
        }
        Ok(true)
    }

    async fn hear(&self, scope: &str, class: ErrorClass) -> Result<(), DbErr> {
        match class {
            ErrorClass::Stopped => quota::stop(self.db.maintenance(), scope).await,
            _ => quota::exhaust(self.db.maintenance(), scope, self.clock.now()).await,
        }
    }
}

#[async_trait]
impl Budget for SharedBudget {
    async fn ask(&self, key: &BudgetKey, priority: Priority, now: DateTime<Utc>) -> Permit {
        match self.seconds.ask(key, priority, now).await {
            Permit::Go => {}
            other => return other,
        }
        self.admit(key, priority).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a marketplace budget could not be asked");
            Permit::Later(Duration::from_secs(5))
        })
    }

    async fn report(&self, key: &BudgetKey, error: &ApiError, now: DateTime<Utc>) {
        let for_all = match error.class {
            ErrorClass::Stopped => true,
            ErrorClass::QuotaSpent => error.retry_after.is_none() && !error.of_operation,
            _ => false,
        };
        if !for_all {
            return self.seconds.report(key, error, now).await;
        }
        if let Err(error) = self.hear(&scope(key.marketplace, &key.app), error.class).await {
            tracing::error!(%error, "a marketplace's stop could not be noted");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn calls_without_a_limit_are_written_down_once_a_second() {
        let (tally, begun) = (Tally::default(), Instant::now());
        assert_eq!(tally.count(["m/a", "m/a"], begun), [("m/a".to_owned(), 1)]);
        for _ in 0..5 {
            assert!(tally.count(["m/a", "m/a/7"], begun + Duration::from_millis(999)).is_empty());
        }
        let mut due = tally.count(["m/a", "m/a/8"], begun + Duration::from_secs(1));
        due.sort();
        assert_eq!(due, [("m/a".to_owned(), 6), ("m/a/7".to_owned(), 5), ("m/a/8".to_owned(), 1)]);
        assert_eq!(tally.rest(), []);
    }
}
