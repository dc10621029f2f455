//! Tokens kept alive: renewed once for all processes, rested after a failure, given up after two refusals.

use std::sync::Arc;

use actix_web::web::Data;
use gateways::marketplaces::{ApiError, TokenKeeper};
use kernel::id::StoreId;
use sandbox::stores::{StorePlatform, StoreRef};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tuanqiao::app::App;
use tuanqiao::areas::stores::entity::store::{Column, Entity, Model};
use tuanqiao::flows::rotate_secrets;
use tuanqiao::jobs::JOBS;
use tuanqiao::platform::db::Db;

use super::platforms::with_a_page;
use super::scene::{Bound, result};
use crate::app::TestApp;

fn pinduoduo() -> StoreRef {
    StoreRef::new(StorePlatform::Pinduoduo, "880012345")
}

async fn row(app: &App, bound: &Bound) -> Model {
    Entity::find_by_id(bound.id.parse::<StoreId>().unwrap()).one(app.db.reader()).await.unwrap().unwrap()
}

/// Time goes by: the renewal is due, and whatever rested is rested.
async fn falls_due(app: &App, bound: &Bound) {
    let id: StoreId = bound.id.parse().unwrap();
    let past = app.clock.wall() - chrono::Duration::seconds(1);
    let due = Entity::update_many()
        .col_expr(Column::RenewAt, Expr::value(past))
        .col_expr(Column::RenewalRestsUntil, Expr::value(None::<kernel::Time>))
        .filter(Column::Id.eq(id));
    due.exec(app.db.maintenance()).await.unwrap();
}

/// A renewal that failed may be tried again.
pub async fn rests_over(app: &App, bound: &Bound) {
    let update = Entity::update_many()
        .col_expr(Column::RenewalRestsUntil, Expr::value(None::<kernel::Time>))
        .filter(Column::Id.eq(bound.id.parse::<StoreId>().unwrap()));
    update.exec(app.db.maintenance()).await.unwrap();
}

async fn keeper(app: &App, bound: &Bound) -> Arc<dyn TokenKeeper> {
    let row = row(app, bound).await;
    let shop = app.shops.by_id(row.shop_id).unwrap();
    app.marketplaces.store(&shop, &row).unwrap().keeper
}

async fn token(app: &App, bound: &Bound) -> Result<String, ApiError> {
    keeper(app, bound).await.access().await.map(|access| access.token.expose_secret().to_owned())
}

fn calls(app: &TestApp) -> usize {
    app.wechat().request_log().len()
}

/// The job that renews what is due, alone.
async fn renews(app: &TestApp) {
    let job = JOBS.iter().find(|job| job.name == "renew_store_tokens").unwrap();
    (job.run)(&app.app).await.unwrap();
}

on_both! {
    async fn two_processes_renew_a_store_once(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 0).await;
        let db = Db::connect(&app.app.config.database).await.unwrap();
        let other = Data::new(App::build(app.app.config.clone(), db).await.unwrap());
        let first = token(&app.app, &bound).await.unwrap();
        falls_due(&app.app, &bound).await;
        let before = calls(app);
        let asked = (0..10).map(|nth| {
            let (here, bound) = (if nth % 2 == 0 { &app.app } else { &other }, &bound);
            async move { token(here, bound).await.unwrap() }
        });
        let given = futures::future::join_all(asked).await;
        assert!(given.iter().all(|token| *token == given[0] && *token != first), "all have the new token");
        assert_eq!(calls(app) - before, 1, "one renewal at the platform");
        let kept = row(&app.app, &bound).await;
        assert_eq!((kept.token_version, kept.renewing_until), (2, None));
        // The end did not move: asking again before it is of no use.
        assert_eq!(kept.renew_at, kept.tokens_end_at);
        assert_eq!(bound.operator.post(&bound.path("/test"), json!({})).await.ok()["works"], true);
    }
}

on_both! {
    async fn a_refused_renewal_rests_and_the_second_one_asks_for_the_merchant(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 0).await;
        app.wechat().stores().expire_tokens(&bound.of, true);
        falls_due(&app.app, &bound).await;
        let before = calls(app);
        renews(app).await;
        assert_eq!(calls(app) - before, 1);
        let kept = row(&app.app, &bound).await;
        assert_eq!((kept.renewal_failures, bound.seen().await["state"].as_str()), (1, Some("active")), "it may have been a slip");
        assert!(kept.trouble.is_some(), "but it is shown");
        assert!(kept.renewal_rests_until.is_some_and(|until| until > app.app.clock.wall()));
        renews(app).await;
        let refused = keeper(&app.app, &bound).await.access().await;
        assert!(refused.is_ok(), "what lives by our clock serves meanwhile");
        assert_eq!(calls(app) - before, 1, "nobody tries again while it rests");
        falls_due(&app.app, &bound).await;
        renews(app).await;
        let seen = bound.seen().await;
        assert_eq!(seen["state"], "reauthorize");
        assert!(seen["trouble"].is_string() && seen["prompt"]["zh"].as_str().unwrap().contains("重新授权"), "{seen}");
        bound.operator.post(&bound.path("/resume"), json!({})).await.refused(409, "store.reauthorize");
        assert_eq!(token(&app.app, &bound).await.unwrap_err().code, "store_not_active");
        let before = calls(app);
        renews(app).await;
        assert_eq!(calls(app), before, "a store that waits for its merchant is left alone");
        let test = bound.operator.post(&bound.path("/test"), json!({})).await.ok();
        assert_eq!((&test["works"], &test["findings"][0]["what"]), (&json!(false), &json!("authorisation")));
        assert_eq!(result(&app.authorises(&bound).await), "authorised");
        let seen = bound.seen().await;
        assert_eq!((&seen["state"], &seen["trouble"], &seen["prompt"]), (&json!("active"), &Value::Null, &Value::Null));
        assert_eq!(row(&app.app, &bound).await.renewal_failures, 0);
        assert_eq!(bound.operator.post(&bound.path("/test"), json!({})).await.ok()["works"], true);
    }
}

on_both! {
    async fn a_consent_taken_back_without_a_word_is_noticed_by_the_calls_of_every_platform(app: TestApp) {
        for of in with_a_page() {
            let (bound, name) = (app.binds_store(&of, 0).await, of.platform.id());
            assert!(app.wechat().stores().revoke(&of), "{name}");
            for _ in 0..2 {
                let test = bound.operator.post(&bound.path("/test"), json!({})).await.ok();
                assert_eq!(test["works"], false, "{name}: {test}");
                rests_over(&app.app, &bound).await;
            }
            assert_eq!(bound.seen().await["state"], "reauthorize", "{name}: {}", bound.seen().await);
            assert_eq!(result(&app.authorises(&bound).await), "authorised", "{name}");
            let test = bound.operator.post(&bound.path("/test"), json!({})).await.ok();
            assert_eq!(test["works"], true, "{name}: {test}");
        }
    }
}

on_both! {
    async fn a_consent_that_ends_soon_is_prompted_for(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 0).await;
        let ends = |days: i64| Expr::value(app.app.clock.wall() + chrono::Duration::days(days));
        let set = async |days| {
            Entity::update_many().col_expr(Column::ConsentEndsAt, ends(days)).exec(app.app.db.maintenance()).await.unwrap();
        };
        set(40).await;
        assert_eq!(bound.seen().await["prompt"], Value::Null);
        set(10).await;
        assert!(bound.seen().await["prompt"]["en"].as_str().unwrap().contains("ends soon"));
    }
}

on_both! {
    async fn tokens_are_sealed_anew_with_a_new_master_key(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 0).await;
        let before = token(&app.app, &bound).await.unwrap();
        let with_keys = async |key: &str, old: &[&str]| {
            let mut config = app.app.config.clone();
            config.secrets.master_key = key.to_owned().into();
            config.secrets.old_master_keys = old.iter().map(|key| (*key).to_owned().into()).collect();
            let db = Db::connect(&config.database).await.unwrap();
            App::build(config, db).await.unwrap()
        };
        let old = app.app.config.secrets.master_key.expose_secret().to_owned();
        let both = with_keys("another master key", &[&old]).await;
        assert!(rotate_secrets::rotate(&both, |_, _| {}).await.unwrap().unreadable.is_empty());
        let fresh = with_keys("another master key", &[]).await;
        assert_eq!(token(&fresh, &bound).await.unwrap(), before);
        for other in [both, fresh] {
            other.db.close().await;
        }
    }
}
