//! The budget within one process.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use gateways::marketplaces::{ApiError, Budget, BudgetKey, ErrorClass, LocalBudget, Permit, Priority};

fn key(operation: &'static str) -> BudgetKey {
    BudgetKey { marketplace: "pinduoduo_affiliate", app: "app".into(), account: "app".into(), operation }
}

/// 2026-11-23 10:13:20 in Beijing.
fn morning() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_400_000, 0).unwrap()
}

#[tokio::test]
async fn a_second_holds_so_many_calls_of_an_operation() {
    let budget = LocalBudget::new(2, None);
    for _ in 0..2 {
        assert_eq!(budget.ask(&key("search"), Priority::Import, morning()).await, Permit::Go);
    }
    assert!(matches!(budget.ask(&key("search"), Priority::Import, morning()).await, Permit::Later(_)));
    assert_eq!(budget.ask(&key("detail"), Priority::Import, morning()).await, Permit::Go);
    let later = morning() + TimeDelta::seconds(1);
    assert_eq!(budget.ask(&key("search"), Priority::Import, later).await, Permit::Go);
}

#[tokio::test]
async fn a_days_last_calls_are_left_to_those_who_cannot_wait() {
    let budget = LocalBudget::new(1000, Some(100));
    let mut spent = Vec::new();
    for priority in [Priority::Refresh, Priority::Import, Priority::Orders, Priority::Person] {
        let mut calls = 0;
        while budget.ask(&key("search"), priority, morning()).await == Permit::Go {
            calls += 1;
        }
        spent.push(calls);
    }
    assert_eq!(spent, [80, 10, 7, 3]);
    let refused = budget.ask(&key("search"), Priority::Person, morning()).await;
    // From 10:13:20 to midnight.
    assert_eq!(refused, Permit::Later(Duration::from_secs(13 * 3600 + 46 * 60 + 40)));
    let tomorrow = morning() + TimeDelta::hours(14);
    assert_eq!(budget.ask(&key("search"), Priority::Refresh, tomorrow).await, Permit::Go);
}

#[tokio::test]
async fn what_the_platform_says_is_obeyed() {
    let wait = |seconds| Some(Duration::from_secs(seconds));
    for (class, told, pause) in [
        (ErrorClass::RateLimited, wait(12), 12),
        (ErrorClass::RateLimited, None, 2),
        (ErrorClass::QuotaSpent, wait(30_211), 30_211),
        (ErrorClass::QuotaSpent, None, 13 * 3600 + 46 * 60 + 40),
    ] {
        let budget = LocalBudget::new(10, None);
        budget.report(&key("search"), &ApiError::new(class, "7", "").after(told), morning()).await;
        let permit = budget.ask(&key("detail"), Priority::Person, morning()).await;
        assert_eq!(permit, Permit::Later(Duration::from_secs(pause)), "{class:?}");
    }
    let budget = LocalBudget::new(10, None);
    budget.report(&key("search"), &ApiError::new(ErrorClass::Stopped, "70034", ""), morning()).await;
    let next_week = morning() + TimeDelta::days(7);
    assert_eq!(budget.ask(&key("detail"), Priority::Person, next_week).await, Permit::Stopped);
    let other = BudgetKey { account: "another".into(), ..key("detail") };
    assert_eq!(budget.ask(&other, Priority::Person, next_week).await, Permit::Go);
}

#[tokio::test]
async fn an_operation_that_is_limited_by_itself_stops_no_other() {
    let wait = Some(Duration::from_secs(179));
    let budget = LocalBudget::new(10, None);
    let slow = ApiError::new(ErrorClass::RateLimited, "QuotaExceeded", "").after(wait).slows_operation();
    budget.report(&key("searchOrders"), &slow, morning()).await;
    let ask = async |operation| budget.ask(&key(operation), Priority::Stock, morning()).await;
    assert_eq!(ask("searchOrders").await, Permit::Later(Duration::from_secs(179)));
    assert_eq!(ask("patchListingsItem").await, Permit::Go);
    // A shorter pause told later does not shorten the longer one.
    budget.report(&key("searchOrders"), &slow.clone().after(Some(Duration::from_secs(1))), morning()).await;
    assert_eq!(ask("searchOrders").await, Permit::Later(Duration::from_secs(179)));
    let later = morning() + TimeDelta::seconds(179);
    assert_eq!(budget.ask(&key("searchOrders"), Priority::Orders, later).await, Permit::Go);
    // What is said of the account holds for all of it, and what concerns the day never is one operation's.
    let all = ApiError::new(ErrorClass::RateLimited, "429", "").after(Some(Duration::from_secs(7)));
    budget.report(&key("searchOrders"), &all, morning()).await;
    assert_eq!(ask("patchListingsItem").await, Permit::Later(Duration::from_secs(7)));
    assert!(!ApiError::new(ErrorClass::QuotaSpent, "70036", "").slows_operation().of_operation);
}
