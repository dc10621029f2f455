//! Several processes that serve one database: what one is told, the others know within seconds.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use actix_web::web::Data;
use futures::future::join;
use serde_json::{Value, json};
use tuanqiao::api::body::sha256;
use tuanqiao::app::App;
use tuanqiao::areas::stock::StockError;
use tuanqiao::platform::db::Db;
use tuanqiao::platform::request_keys::{Begun, KeyError, Scope};
use tuanqiao::server::{Role, Server};

use crate::app::TestApp;
use crate::setup::Setup;
use crate::shop_floor::Floor;
use crate::shopper::Client;

/// Another process on the database of the first, as `serve --role api` runs it.
struct Other {
    app: Data<App>,
    address: SocketAddr,
    server: Server,
}

impl Other {
    async fn beside(first: &TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let config = first.app.config.clone();
        let db = Db::connect(&config.database).await.unwrap();
        let app = Data::new(App::build(config, db).await.unwrap());
        let server = Server::start_on(listener, app.clone(), Role::Api).unwrap();
        Self { app, address, server }
    }

    /// The same caller, at this process.
    fn hears(&self, who: &Client) -> Client {
        who.at(self.address)
    }
}

/// Waits until `holds`, for at most the minute that every process has to hear of it.
async fn within_a_minute(what: &str, holds: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "after a minute still not: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

on_both! {
    async fn who_signs_out_in_one_process_is_out_in_every_process(app: TestApp) {
        let other = Other::beside(app).await;
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let there = other.hears(&anna);
        there.get("/api/v1/me").await.ok();
        anna.delete("/api/v1/session").await.ok();
        anna.get("/api/v1/me").await.refused(401, "auth.invalid");
        within_a_minute("signed out everywhere", async || there.get("/api/v1/me").await.status == 401).await;
        other.hears(&ben).get("/api/v1/me").await.ok();

        // Known before the first request is taken.
        let later = Other::beside(app).await;
        later.hears(&anna).get("/api/v1/me").await.refused(401, "auth.invalid");
        later.server.stop().await;
        other.server.stop().await;
    }
}

on_both! {
    async fn a_restart_does_not_revive_a_token_that_was_signed_out(app: TestApp) {
        let anna = app.member("anna").await;
        anna.delete("/api/v1/session").await.ok();
        app.restart().await;
        anna.get("/api/v1/me").await.refused(401, "auth.invalid");
    }
}

on_both! {
    async fn what_an_operator_changes_counts_in_every_process(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 1).await;
        let other = Other::beside(app).await;
        let anna = other.hears(&app.member("anna").await);
        floor.settings(json!({"minimum_spend_fen": 2_500})).await;
        within_a_minute("the minimum", async || {
            let setting = other.app.shops.by_code("demo").unwrap().settings.minimum_spend_fen;
            setting == kernel::Fen::from_fen(2_500)
        })
        .await;
        // The second process had seen one unit; its own gate must hear of the nine that came.
        let stock = format!("/console/api/v1/skus/{}/stock", apples.sku);
        floor.keeper.post_new(&stock, json!({"delta": 9, "reason": "delivery"})).await.ok();
        let basket = floor.basket(&[(&apples, 3)]);
        within_a_minute("an order of three", async || anna.post_new("/api/v1/orders", basket.clone()).await.status == 201)
            .await;
        floor.adds_up().await;
        other.server.stop().await;
    }
}

on_both! {
    async fn business_time_moves_on_in_every_process(app: TestApp) {
        let other = Other::beside(app).await;
        let moved = app.anybody().post("/sandbox/clock", json!({"advance_s": 86_400})).await.ok();
        let now: kernel::Time = moved["now"].as_str().unwrap().parse().unwrap();
        within_a_minute("the clock", async || other.app.clock.now() >= now).await;
        // Time that two move at once is moved by both.
        let there = other.hears(&app.anybody());
        let day = json!({"advance_s": 86_400});
        join(app.anybody().post("/sandbox/clock", day.clone()), there.post("/sandbox/clock", day)).await.1.ok();
        within_a_minute("three days", async || app.app.clock.ahead().num_days() == 3).await;
        other.server.stop().await;
    }
}

on_both! {
    async fn without_the_sandbox_there_is_no_clock_to_move(setup: Setup) {
        let app = TestApp::with(setup, |config| config.sandbox.enabled = false).await;
        app.anybody().post("/sandbox/clock", json!({"advance_s": 60})).await.refused(404, "not_found");
        app.stop().await;
    }
}

/// An order's key as the API knows it.
fn scope(app: &TestApp, who: &Client, key: &str) -> Scope {
    let (caller, route) = (who.id().to_owned(), "POST /api/v1/orders".to_owned());
    Scope { shop: app.shop().id, caller, route, key: key.to_owned() }
}

on_both! {
    async fn one_key_sent_to_two_processes_at_once_is_one_order(app: TestApp) {
        let floor = Floor::open(app).await;
        let other = Other::beside(app).await;
        let anna = app.member("anna").await;
        let there = other.hears(&anna);
        for round in 0..6 {
            let last_one = floor.goods(1_000, 1).await;
            let basket = floor.basket(&[(&last_one, 1)]);
            let key = format!("round-{round}");
            let both = join(
                anna.post_once(&key, "/api/v1/orders", basket.clone()),
                there.post_once(&key, "/api/v1/orders", basket.clone()),
            )
            .await;
            let first = anna.post_once(&key, "/api/v1/orders", basket).await;
            assert_eq!(first.status, 201, "{}", first.text());
            for answer in [both.0, both.1] {
                match answer.status {
                    201 => assert_eq!(answer.bytes, first.bytes),
                    _ => drop(answer.refused(409, "idempotency.in_progress")),
                }
            }
            assert_eq!(floor.left(&last_one).await, 0);
        }
        floor.adds_up().await;
        other.server.stop().await;
    }
}

on_both! {
    async fn a_running_key_is_known_to_every_process_that_shares_redis(setup: Setup) {
        let app = &TestApp::with(setup, |_| {}).await;
        let floor = Floor::open(app).await;
        let other = Other::beside(app).await;
        let anna = app.member("anna").await;
        let last_one = floor.goods(1_000, 1).await;
        let basket = floor.basket(&[(&last_one, 1)]);
        let hash = sha256(basket.to_string().as_bytes());
        let begin = async |key: &str| {
            let begun = other.app.request_keys.begin(&other.app.db, scope(app, &anna, key), hash.clone()).await;
            match begun.unwrap() {
                Begun::Fresh(slot) => slot.once(201, |_: &()| ()),
                Begun::Answered(_) => panic!("nobody has answered"),
            }
        };
        let running = begin("running").await;
        let answer = anna.post_once("running", "/api/v1/orders", basket.clone()).await;
        if setup == Setup::PostgresRedis {
            answer.refused(409, "idempotency.in_progress");
            // A refusal ends the lease before it is told, so that the same key may try again at once.
            let refused = running.refused(&other.app.db, KeyError::Required.into()).await;
            assert_eq!(refused.unwrap_err().code(), kernel::Code::IdempotencyKeyRequired);
            anna.post_once("running", "/api/v1/orders", basket.clone()).await.ok();
        } else {
            // Without Redis the two meet in the database: who is refused there hears the first answer.
            let first = answer.text();
            let short = StockError::Short { sku: last_one.sku.parse().unwrap(), wanted: 1 };
            let stored = running.refused(&other.app.db, short.into()).await.unwrap();
            assert_eq!((stored.status, stored.body), (201, first));
        }
        // A slot that is dropped ends its mark, too.
        drop(begin("dropped").await);
        let is_over = async || {
            let answer = anna.post_once("dropped", "/api/v1/orders", basket.clone()).await;
            answer.code() == "stock.short"
        };
        within_a_minute("the mark of a dropped request", is_over).await;
        other.server.stop().await;
    }
}

on_both! {
    async fn two_hundred_notices_at_once_are_taken_within_the_default_limits(setup: Setup) {
        let defaults = tuanqiao::config::Config::load(None).unwrap().limits;
        let app = &TestApp::with(setup, |config| config.limits = defaults).await;
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        let number = floor.pays_unheard(&anna, &order).await;
        let told = app.wechat().send_notices(&number, sandbox::NoticeKind::Duplicate, 200).await.unwrap();
        let refused: Vec<_> = told.iter().filter(|delivery| !delivery.accepted()).collect();
        assert!(refused.is_empty(), "{} of 200 were refused: {:?}", refused.len(), refused.first());
        let anybody = app.anybody();
        let moves = (0..60).map(|_| anybody.post("/sandbox/clock", json!({"advance_s": 0})));
        let moved = futures::future::join_all(moves).await;
        assert!(moved.iter().all(|answer| answer.status == 200));
        floor.adds_up().await;
    }
}

on_both! {
    async fn an_operator_is_limited_by_his_own_session(setup: Setup) {
        let app = &TestApp::with(setup, |config| {
            config.limits.operator_per_s = 10;
            config.limits.anonymous_per_ip_per_s = 5;
        })
        .await;
        let (li, wang) = (app.operator_called("li").await, app.operator_called("wang").await);
        let calls = |who: &Client| {
            let who = who.clone();
            async move {
                let posts = (0..30).map(|n| {
                    let body = json!({"name": format!("类 {n}"), "position": n});
                    let who = who.clone();
                    async move { who.post("/console/api/v1/categories", body).await.status }
                });
                futures::future::join_all(posts).await
            }
        };
        let of_li = calls(&li).await;
        assert!(of_li.contains(&429), "thirty at once and none refused: {of_li:?}");
        assert!(of_li.iter().filter(|status| **status == 201).count() >= 10, "{of_li:?}");
        wang.get("/console/api/v1/categories").await.ok();
        let me: Value = wang.get("/console/api/v1/session").await.ok();
        assert_eq!(me["operator"]["username"], "wang");
    }
}
