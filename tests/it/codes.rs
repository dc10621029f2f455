//! Every stable code is brought about by a test. What the stories of a resource leave out is here.

use std::path::Path;

use chrono::Duration;
use kernel::Code;
use kernel::id::{CategoryId, CouponId, TicketId};
use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;
use tuanqiao::areas::members::tokens::{self, Claims};
use tuanqiao::areas::payments::entity::payment;
use tuanqiao::areas::payments::state::PaymentState;

use crate::app::shop_text;

/// Codes that no request brings about as long as the rest holds.
const SAFEGUARDS: [(Code, &str); 3] = [
    (Code::AmountOutOfRange, "every field's own limit keeps sums far from the edge of 64 bits"),
    (Code::Busy, "told when a race was lost more often than it is tried"),
    (Code::NoticeRefused, "platforms get their own form of answer; the code gives the status and stands in the log"),
];

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

#[test]
fn every_code_is_brought_about_by_a_test() {
    let tests = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"));
    let is_tried = |code: Code| tests.iter().any(|(_, text)| text.contains(&format!("\"{code}\"")));
    let untried: Vec<_> = Code::ALL
        .iter()
        .filter(|code| !is_tried(**code) && SAFEGUARDS.iter().all(|(known, _)| known != *code))
        .collect();
    assert!(untried.is_empty(), "no test brings these about: {untried:?}");
    let idle: Vec<_> = SAFEGUARDS.iter().filter(|(code, _)| is_tried(*code)).collect();
    assert!(idle.is_empty(), "a test brings these about, so they need no excuse: {idle:?}");
}

#[test]
fn no_code_is_a_dead_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = sources(&root.join("src"));
    all.extend(sources(&root.join("crates/kernel/src")));
    all.retain(|(file, _)| !file.ends_with("kernel/src/code.rs"));
    let is_used = |code: &Code| all.iter().any(|(_, text)| text.contains(&format!("Code::{code:?}")));
    let dead: Vec<_> = Code::ALL.iter().filter(|code| !is_used(code)).collect();
    assert!(dead.is_empty(), "nothing answers these: {dead:?}");
}

fn trouble(path_prefix: &str, status: u16) -> sandbox::Fault {
    serde_json::from_value(json!({"path_prefix": path_prefix, "status": status, "times": 9})).unwrap()
}

on_both! {
    async fn wechat_away_is_told_by_what_it_was_wanted_for(app: TestApp) {
        let stage = app.stage().await;
        let code = app.wechat().login_code("anna", false);
        for (path, status) in [("/sns/jscode2session", 500), ("/wxa/business/getuserphonenumber", 500), ("/wxa/getwxacodeunlimit", 500)] {
            app.wechat().add_fault(trouble(path, status));
        }
        app.anybody().post("/api/v1/session", json!({"code": code})).await.refused(503, "login.unavailable");
        stage.leader.post("/api/v1/me/phone", json!({"code": "phone-13800000417"})).await.refused(503, "phone.unavailable");
        stage.leader.get("/api/v1/leader/poster").await.refused(503, "poster.unavailable");
    }
}

on_both! {
    async fn a_token_ends_by_the_clock(app: TestApp) {
        let anna = app.member("anna").await;
        let token = anna.session["access_token"].as_str().unwrap();
        let now = app.app.clock.wall();
        let claims = tokens::open_access(&app.app.sealer, token, now).unwrap();
        let over = Claims { expires_at: now - Duration::seconds(1), ..claims };
        let late = anna.with_token(&tokens::access(&app.app.sealer, &over));
        late.get("/api/v1/me").await.refused(401, "auth.expired");
    }
}

on_both! {
    async fn what_is_not_there_and_what_is_not_so_has_its_own_code(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("赣南脐橙", 2_990, 10).await;
        let anna = app.member("anna").await;
        let category = format!("/console/api/v1/categories/{}", CategoryId::new());
        stage.operator.patch(&category, json!({"name": "水果"})).await.refused(404, "category.not_found");
        anna.get(&format!("/api/v1/after-sales/{}", TicketId::new())).await.refused(404, "after_sale.not_found");
        let goods = anna.get("/api/v1/goods").await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
        anna.post(&format!("/api/v1/goods/{goods}/link"), json!({})).await.refused(422, "goods.not_affiliate");
        for (wish, value, code) in [
            ("coupon_id", json!(CouponId::new()), "coupon.not_usable"),
            ("points", json!(100), "points.not_enough"),
            ("balance_fen", json!(100), "balance.not_enough"),
        ] {
            let mut basket = stage.basket(&sku, 1);
            basket[wish] = value;
            anna.post("/api/v1/checkout/quote", basket).await.refused(409, code);
        }
    }
}

on_both! {
    async fn a_cart_is_full_at_a_hundred_lines(app: TestApp) {
        let (anna, keeper) = (app.member("anna").await, app.operator().await);
        let skus: Vec<_> = (0..101).map(|n| json!({"specs": {"规格": format!("{n} 号")}, "price_fen": 100, "stock": 9})).collect();
        let goods = json!({"title": "苹果", "on_shelf": true, "pictures": ["/files/a.png"], "skus": skus});
        let goods = keeper.post_new("/console/api/v1/goods", goods).await.ok();
        let path = |place: usize| format!("/api/v1/cart/items/{}", goods["skus"][place]["id"].as_str().unwrap());
        for place in 0..100 {
            anna.put(&path(place), json!({"quantity": 1})).await.ok();
        }
        anna.put(&path(100), json!({"quantity": 1})).await.refused(422, "cart.full");
        anna.put(&path(7), json!({"quantity": 2})).await.ok();
    }
}

on_both! {
    async fn a_payment_that_cannot_be_says_why(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("赣南脐橙", 2_990, 10).await;
        let anna = app.member("anna").await;
        let pay = |order: &serde_json::Value| format!("/api/v1/orders/{}/payment", order["id"].as_str().unwrap());
        let refused = stage.orders(&anna, &sku, 1).await;
        app.wechat().add_fault(trouble("/v3/pay/transactions/jsapi", 403));
        app.wechat().add_fault(trouble("/v3/pay/transactions/out-trade-no/", 404));
        anna.post(&pay(&refused), json!({})).await.refused(409, "payment.refused");
        app.wechat().clear_faults();
        let closing = stage.orders(&anna, &sku, 1).await;
        anna.post(&pay(&closing), json!({})).await.ok();
        let state = Expr::value(PaymentState::Closing);
        let all = payment::Entity::update_many().col_expr(payment::Column::State, state);
        all.exec(app.app.db.maintenance()).await.unwrap();
        anna.post(&pay(&closing), json!({})).await.refused(409, "payment.closing");
    }
}

on_both! {
    async fn a_shop_without_a_payment_account_takes_no_payment(app: TestApp) {
        let text = shop_text("demo", &app.keys().merchant, &app.keys());
        let (before, account) = text.split_once("[wechat_pay]").unwrap();
        let after = account.split_once("[marketplaces").unwrap().1;
        app.apply_shop(&format!("{before}[marketplaces{after}")).await;
        let stage = app.stage().await;
        let sku = stage.sku("赣南脐橙", 2_990, 10).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 1).await;
        let path = format!("/api/v1/orders/{}/payment", order["id"].as_str().unwrap());
        anna.post(&path, json!({})).await.refused(422, "payment.not_configured");
    }
}

on_both! {
    async fn a_claim_after_the_window_comes_too_late(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("赣南脐橙", 2_990, 10).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 1).await;
        app.pays(&anna, &order).await;
        stage.delivers(app).await;
        stage.hands_over(&anna, &order).await;
        app.advance(8 * 86_400);
        let line = &order["lines"][0]["id"];
        let claim = json!({"lines": [{"line_id": line, "quantity": 1}], "kind": "refund_only", "reason": "坏果"});
        let path = format!("/api/v1/orders/{}/after-sales", order["id"].as_str().unwrap());
        anna.post_new(&path, claim).await.refused(409, "after_sale.window_over");
    }
}

on_both! {
    async fn a_fault_of_ours_tells_nothing_of_the_cause(app: TestApp) {
        let anna = app.member("anna").await;
        app.app.db.maintenance().execute_unprepared("DROP TABLE addresses").await.unwrap();
        let problem = anna.get("/api/v1/me/addresses").await.refused(500, "internal");
        assert!(!problem.to_string().to_lowercase().contains("addresses"), "{problem}");
        assert_eq!(problem["detail"], problem["title"]);
    }
}
