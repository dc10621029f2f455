//! The area's writes, on both databases.
#![allow(clippy::unwrap_used)]

use chrono::Duration;
use kernel::id::ShopId;
use kernel::{Clock, ListingKind, Time};

use super::entity::import_run;
use super::error::MarketError;
use super::quota::{self, Usage};
use super::rules::{By, Refusals, Wish};
use super::service::{self, NewRun, PageDone, Rest};
use super::state::RunState;
use super::{exchange, mappings, query, refusals, remote};
use crate::platform::db::Db;
use crate::platform::test_databases::TestDatabase;

const LIFE: Duration = Duration::seconds(90);

fn wish() -> Wish {
    Wish { by: By::Query("牛奶".to_owned()), limit: 100, category_id: None, own: None }
}

async fn run_of(db: &Db, shop: ShopId, now: Time) -> import_run::Model {
    let new = NewRun {
        shop,
        marketplace: "pinduoduo_affiliate".to_owned(),
        account: None,
        store: None,
        listing: ListingKind::Affiliate,
        renewal: false,
        wish: wish(),
    };
    service::begin(db.maintenance(), &new, now).await.unwrap()
}

fn page(cursor: Option<&str>) -> PageDone {
    PageDone {
        cursor: cursor.map(str::to_owned),
        fetched: 3,
        created: 2,
        updated: 1,
        linked: 0,
        refusals: Refusals::default(),
        finished: cursor.is_none(),
    }
}

#[tokio::test]
async fn one_worker_has_a_run_and_a_late_one_writes_nothing() {
    for database in TestDatabase::all().await {
        let (conn, shop, now) = (database.db.maintenance(), ShopId::new(), Clock::default().wall());
        run_of(&database.db, shop, now).await;
        let first = service::claim(conn, 9, LIFE, now).await.unwrap();
        assert_eq!(first.len(), 1, "{}", database.kind());
        assert!(service::claim(conn, 9, LIFE, now).await.unwrap().is_empty());
        // The first worker is thought dead, and another takes over.
        let second = service::claim(conn, 9, LIFE, now + LIFE).await.unwrap();
        let late = service::save_page(conn, &first[0], &page(Some("2")), now).await;
        assert!(matches!(late, Err(MarketError::LeaseLost(_))));
        let saved = service::save_page(conn, &second[0], &page(Some("2")), now).await.unwrap();
        assert_eq!((saved.fetched, saved.cursor.as_deref()), (3, Some("2")));
        assert_eq!(query::run(conn, shop, saved.id).await.unwrap(), saved);
        let third = service::claim(conn, 9, LIFE, now).await.unwrap();
        let done = service::save_page(conn, &third[0], &page(None), now).await.unwrap();
        assert_eq!((done.state, done.fetched), (RunState::Done, 6));
        assert!(!query::anything_due(conn, now + LIFE * 9, now).await.unwrap());
    }
}

#[tokio::test]
async fn a_rested_run_goes_on_by_itself_and_a_stopped_one_does_not() {
    for database in TestDatabase::all().await {
        let (conn, shop, now) = (database.db.maintenance(), ShopId::new(), Clock::default().wall());
        run_of(&database.db, shop, now).await;
        let tomorrow = now + Duration::days(1);
        let mine = service::claim(conn, 9, LIFE, now).await.unwrap().remove(0);
        let rested = service::rest(conn, &mine, Rest::Until(tomorrow), "quota\0 spent", now).await.unwrap();
        assert_eq!((rested.state, rested.last_error.as_deref()), (RunState::Paused, Some("quota  spent")));
        service::wake(conn, now).await.unwrap();
        assert_eq!(query::run(conn, shop, mine.id).await.unwrap().state, RunState::Paused);
        service::wake(conn, tomorrow).await.unwrap();
        assert_eq!(query::run(conn, shop, mine.id).await.unwrap().state, RunState::Running);

        let mine = service::claim(conn, 9, LIFE, now).await.unwrap().remove(0);
        service::rest(conn, &mine, Rest::Until(tomorrow), "quota spent", now).await.unwrap();
        let paused = query::run(conn, shop, mine.id).await.unwrap();
        service::pause(conn, &paused, now).await.unwrap();
        service::wake(conn, tomorrow).await.unwrap();
        let stopped = query::run(conn, shop, mine.id).await.unwrap();
        assert_eq!((stopped.state, stopped.resume_at), (RunState::Paused, None));
        service::resume(conn, &stopped, now).await.unwrap();
        let again = service::resume(conn, &query::run(conn, shop, mine.id).await.unwrap(), now).await;
        assert!(matches!(again, Err(MarketError::WrongState { state: RunState::Running, .. })));
    }
}

#[tokio::test]
async fn the_same_wish_is_found_again_until_it_is_fulfilled() {
    for database in TestDatabase::all().await {
        let (conn, shop, now) = (database.db.maintenance(), ShopId::new(), Clock::default().wall());
        let run = run_of(&database.db, shop, now).await;
        let find = async |wish: &Wish| {
            let found =
                query::unfinished(conn, shop, "pinduoduo_affiliate", (ListingKind::Affiliate, None), wish).await;
            found.unwrap().map(|row| row.id)
        };
        assert_eq!(find(&wish()).await, Some(run.id));
        assert_eq!(find(&Wish { limit: 7, ..wish() }).await, None);
        let mine = service::claim(conn, 9, LIFE, now).await.unwrap().remove(0);
        service::save_page(conn, &mine, &page(None), now).await.unwrap();
        assert_eq!(find(&wish()).await, None);
    }
}

#[tokio::test]
async fn a_budget_is_spent_call_by_call_and_anew_each_day() {
    for database in TestDatabase::all().await {
        let (conn, now) = (database.db.maintenance(), Clock::default().wall());
        let scope = ShopId::new().to_string();
        for expected in [true, true, false, false] {
            assert_eq!(quota::spend(conn, &scope, None, 2, now).await.unwrap(), expected, "{}", database.kind());
        }
        assert_eq!(quota::usage(conn, &scope, now).await.unwrap(), Usage::Calls(2));
        assert!(quota::spend(conn, &scope, None, 2, quota::next_day(now)).await.unwrap());
        quota::exhaust(conn, &scope, now).await.unwrap();
        assert!(!quota::spend(conn, &scope, None, 5_000, now).await.unwrap());
        quota::stop(conn, &scope).await.unwrap();
        assert_eq!(quota::usage(conn, &scope, quota::next_day(now)).await.unwrap(), Usage::Stopped);
        assert!(quota::lift(conn, &scope).await.unwrap());
        assert_eq!(quota::usage(conn, &scope, quota::next_day(now)).await.unwrap(), Usage::Calls(1));
    }
}

#[test]
fn the_platforms_day_begins_at_midnight_in_beijing() {
    let at = |text: &str| text.parse::<Time>().unwrap();
    assert_eq!(quota::next_day(at("2026-11-23T15:59:59Z")), at("2026-11-23T16:00:00Z"));
    assert_eq!(quota::next_day(at("2026-11-23T16:00:00Z")), at("2026-11-24T16:00:00Z"));
}

#[tokio::test]
async fn goods_there_are_tied_once_a_kind_of_listing() {
    for database in TestDatabase::all().await {
        let (conn, now) = (database.db.maintenance(), Clock::default().wall());
        let origin = remote::Origin {
            shop: ShopId::new(),
            marketplace: "taobao_affiliate",
            account: "",
            listing: ListingKind::Affiliate,
        };
        let goods = kernel::id::GoodsId::new();
        let saw = |snapshot: &serde_json::Value| remote::Seen { snapshot: snapshot.clone(), look_at: now };
        let json = serde_json::json!({"title": "牛奶"});
        remote::tie(conn, origin, "42", goods, saw(&json), now).await.unwrap();
        assert!(remote::tie(conn, origin, "42", goods, saw(&json), now).await.is_err());
        let known = remote::known(conn, origin, &["41", "42"]).await.unwrap();
        assert_eq!(known.len(), 1);
        assert_eq!(known["42"].goods_id, goods);
        let fresh = serde_json::json!({"title": "豆浆"});
        remote::seen(conn, &known["42"], saw(&fresh), now).await.unwrap();
        assert_eq!(remote::known(conn, origin, &["42"]).await.unwrap()["42"].snapshot, fresh);
        assert_eq!(
            remote::stale_marketplaces(conn, now).await.unwrap(),
            [(origin.shop, "taobao_affiliate".to_owned())]
        );
        assert_eq!(remote::stale(conn, origin, now, 10).await.unwrap(), ["42"]);
        remote::look_later(conn, &known["42"], now + Duration::hours(1)).await.unwrap();
        assert_eq!(remote::stale(conn, origin, now, 10).await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_latest_rate_of_a_week_counts_and_no_later_one() {
    for database in TestDatabase::all().await {
        let (conn, shop, now) = (database.db.maintenance(), ShopId::new(), Clock::default().wall());
        let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
        let operator = kernel::id::OperatorId::new();
        for (on, micro) in [("2026-11-20", 7_000_000), ("2026-11-25", 7_200_000), ("2026-11-25", 7_300_000)] {
            exchange::put(conn, shop, "USD", day(on), micro, operator, now).await.unwrap();
        }
        let on = async |text: &str| exchange::on_day(conn, shop, day(text)).await.unwrap().get("USD").copied();
        assert_eq!(on("2026-11-19").await, None, "{}", database.kind());
        assert_eq!(on("2026-11-24").await, Some(7_000_000));
        assert_eq!(on("2026-12-02").await, Some(7_300_000), "entered again, seven days before");
        assert_eq!(on("2026-12-03").await, None);
        assert_eq!(exchange::list(conn, shop).await.unwrap().len(), 2);
        assert!(exchange::on_day(conn, ShopId::new(), day("2026-11-25")).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_marketplaces_categories_are_mapped_as_a_whole() {
    for database in TestDatabase::all().await {
        let (conn, shop, now) = (database.db.maintenance(), ShopId::new(), Clock::default().wall());
        let ours = kernel::id::CategoryId::new();
        let wanted = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), ours)).collect();
        mappings::replace(conn, shop, "pinduoduo", &wanted(&["1", "2"]), now).await.unwrap();
        mappings::replace(conn, shop, "taobao", &wanted(&["1"]), now).await.unwrap();
        mappings::replace(conn, shop, "pinduoduo", &wanted(&["2", "3"]), now).await.unwrap();
        let mut left: Vec<String> = mappings::of(conn, shop, "pinduoduo").await.unwrap().into_keys().collect();
        left.sort();
        assert_eq!(left, ["2", "3"], "{}", database.kind());
        assert_eq!(mappings::list(conn, shop, None).await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn refusals_are_kept_in_order_and_bounded() {
    for database in TestDatabase::all().await {
        let (conn, shop, now) = (database.db.maintenance(), ShopId::new(), Clock::default().wall());
        let run = run_of(&database.db, shop, now).await;
        let refusal = |number: i64| refusals::Refusal {
            external_id: Some(number.to_string()),
            title: Some("牛\0奶".to_owned()),
            reason: "no price".to_owned(),
        };
        refusals::keep(conn, &run, &(0..600).map(refusal).collect::<Vec<_>>(), now).await.unwrap();
        let first = refusals::of_run(conn, shop, run.id, None, 500).await.unwrap();
        let rest = refusals::of_run(conn, shop, run.id, first.last().map(|row| row.id), 500).await.unwrap();
        assert_eq!((first.len(), rest.len()), (500, 100), "{}", database.kind());
        assert_eq!(rest.last().unwrap().external_id.as_deref(), Some("599"));
        assert_eq!(rest[0].title.as_deref(), Some("牛 奶"));
        let full = import_run::Model { refused: refusals::KEPT_MAX - 1, ..run };
        refusals::keep(conn, &full, &[refusal(1), refusal(2)], now).await.unwrap();
        let all = refusals::of_run(conn, shop, full.id, None, 1_000).await.unwrap();
        assert_eq!(all.len(), 601);
    }
}

#[tokio::test]
async fn a_prolonged_lease_is_the_only_one_that_writes() {
    for database in TestDatabase::all().await {
        let (conn, shop, now) = (database.db.maintenance(), ShopId::new(), Clock::default().wall());
        run_of(&database.db, shop, now).await;
        let mine = service::claim(conn, 9, LIFE, now).await.unwrap().remove(0);
        let longer = service::prolong(conn, &mine, now + LIFE * 2).await.unwrap();
        assert!(service::claim(conn, 9, LIFE, now + LIFE).await.unwrap().is_empty(), "{}", database.kind());
        let late = service::save_page(conn, &mine, &page(None), now).await;
        assert!(matches!(late, Err(MarketError::LeaseLost(_))));
        assert!(query::is_importing(conn).await.unwrap());
        service::save_page(conn, &longer, &page(None), now).await.unwrap();
        assert!(matches!(service::prolong(conn, &longer, now).await, Err(MarketError::LeaseLost(_))));
        assert!(!query::is_importing(conn).await.unwrap());
    }
}
