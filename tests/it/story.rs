//! The whole story: from signing in to the leader's money, and what may go another way.

use serde_json::{Value, json};

use crate::app::TestApp;
use crate::trade::PLACE;

/// A day, in seconds.
const DAY: i64 = 86_400;

on_both! {
    async fn one_purchase_runs_through_everything(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("赣南脐橙", 2_990, 10).await;
        let anna = app.member("anna").await;
        let near = format!("/api/v1/pickup-points?lat={}&lng={}", PLACE.0, PLACE.1);
        let points = anna.get(&near).await.ok();
        assert_eq!((&points["items"][0]["id"], &points["items"][0]["distance_m"]), (&json!(stage.point), &json!(0)));
        anna.put("/api/v1/me/pickup-point", json!({"pickup_point_id": stage.point})).await.ok();
        let goods = anna.get("/api/v1/goods?q=脐橙").await.ok();
        assert_eq!(goods["items"][0]["title"], "赣南脐橙");
        anna.put(&format!("/api/v1/cart/items/{sku}"), json!({"quantity": 2, "selected": true})).await.ok();
        assert_eq!(anna.get("/api/v1/cart").await.ok()["selected"]["goods_fen"], 5_980);

        let mut basket = stage.basket(&sku, 2);
        let quote = anna.post("/api/v1/checkout/quote", basket.clone()).await.ok();
        assert_eq!(quote["payable_fen"], 5_980);
        assert_eq!(app.free(&sku).await, 10, "a quote reserves nothing");
        basket["quote_token"] = quote["quote_token"].clone();
        let order = anna.post_once("k1", "/api/v1/orders", basket.clone()).await.ok();
        assert_eq!((&order["status"], &order["payable_fen"]), (&json!("pending_payment"), &json!(5_980)));
        assert_eq!(anna.post_once("k1", "/api/v1/orders", basket).await.ok(), order, "the same key, the same answer");
        assert_eq!(app.free(&sku).await, 8);
        assert_eq!(anna.get("/api/v1/cart").await.ok()["lines"], json!([]));

        app.pays(&anna, &order).await;
        assert_eq!(anna.order(&order).await["status"], "paid");
        stage.delivers(app).await;
        assert_eq!(anna.order(&order).await["status"], "arrived");
        stage.hands_over(&anna, &order).await;
        let received = anna.order(&order).await;
        assert_eq!(received["status"], "received");
        let pending = stage.leader.get("/api/v1/leader/dashboard").await.ok()["commission"].clone();
        assert_eq!((&pending["pending_fen"], &pending["available_fen"]), (&json!(598), &json!(0)));

        app.advance(8 * DAY);
        app.run_due_jobs().await;
        assert_eq!(anna.order(&order).await["status"], "completed");
        let available = stage.leader.get("/api/v1/leader/dashboard").await.ok()["commission"].clone();
        assert_eq!((&available["pending_fen"], &available["available_fen"]), (&json!(0), &json!(598)));
        app.books_are_clean().await;
        the_leader_is_paid(app, &stage).await;
        let timeline = anna.order(&order).await["timeline"].clone();
        let told: Vec<&Value> = timeline.as_array().unwrap().iter().map(|entry| &entry["status"]).collect();
        assert_eq!(told, ["pending_payment", "paid", "shipped", "arrived", "received", "completed"]);
    }
}

async fn the_leader_is_paid(app: &TestApp, stage: &crate::trade::Stage) {
    let ask = json!({"amount_fen": 598, "channel": "wechat_transfer"});
    let withdrawal = stage.leader.post_new("/api/v1/leader/withdrawals", ask.clone()).await.ok();
    stage.leader.post_new("/api/v1/leader/withdrawals", ask).await.refused(409, "funds.not_enough");
    app.run_due_jobs().await;
    let path = format!("/api/v1/leader/withdrawals/{}", withdrawal["id"].as_str().unwrap());
    let waiting = stage.leader.get(&path).await.ok();
    assert_eq!(waiting["state"], "paying");
    assert!(waiting["confirmation"]["package_info"].is_string(), "{waiting}");
    let bill = app.wechat().transfers()[0].out_bill_no.clone();
    assert!(app.wechat().confirms_transfer(&bill));
    app.hears_of(&bill).await;
    assert_eq!(stage.leader.get(&path).await.ok()["state"], "paid");
    let money = stage.leader.get("/api/v1/leader/dashboard").await.ok()["commission"].clone();
    assert_eq!((&money["available_fen"], &money["frozen_fen"]), (&json!(0), &json!(0)));
    app.books_are_clean().await;
}

on_both! {
    async fn an_unpaid_order_times_out_and_its_stock_is_back(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("苹果", 1_000, 5).await;
        let anna = app.member("anna").await;
        let (asked, unasked) = (stage.orders(&anna, &sku, 2).await, stage.orders(&anna, &sku, 3).await);
        app.prepays(&anna, &asked).await;
        let ben = app.member("ben").await;
        ben.post_new("/api/v1/orders", stage.basket(&sku, 1)).await.refused(409, "stock.short");
        app.advance(840);
        app.run_due_jobs().await;
        assert_eq!(anna.order(&asked).await["status"], "pending_payment");
        app.advance(65);
        app.run_due_jobs().await;
        for order in [&asked, &unasked] {
            let closed = anna.order(order).await;
            assert_eq!((&closed["status"], &closed["closed_reason"]), (&json!("closed"), &json!("timed_out")));
        }
        assert_eq!(app.free(&sku).await, 5);
        let sale = stage.orders(&ben, &sku, 5).await;
        assert_eq!(sale["status"], "pending_payment", "what was given back is sold again");
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_payment_that_nobody_told_us_about_is_honoured_before_closing(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("苹果", 1_000, 5).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 2).await;
        let number = app.prepays(&anna, &order).await;
        app.wechat().pays_quietly(number.as_str()).unwrap();
        app.advance(1_000);
        app.run_due_jobs().await;
        assert_eq!(anna.order(&order).await["status"], "paid");
        app.hears_of(&number).await;
        assert_eq!((app.free(&sku).await, anna.order(&order).await["status"].clone()), (3, json!("paid")));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn an_order_can_be_cancelled_before_it_is_paid(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("苹果", 1_000, 5).await;
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let order = stage.orders(&anna, &sku, 2).await;
        let number = app.prepays(&anna, &order).await;
        let path = format!("/api/v1/orders/{}/cancel", order["id"].as_str().unwrap());
        ben.post(&path, json!({})).await.refused(404, "order.not_found");
        assert_eq!(anna.post(&path, json!({})).await.ok()["status"], "closed");
        app.run_due_jobs().await;
        assert_eq!(app.free(&sku).await, 5);
        assert!(app.wechat().pays_quietly(number.as_str()).is_err(), "the order is closed at WeChat too");
        anna.post(&path, json!({})).await.refused(409, "order.wrong_state");
        let payment = format!("/api/v1/orders/{}/payment", order["id"].as_str().unwrap());
        assert_eq!(anna.post(&payment, json!({})).await.status, 409);
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_paid_order_that_is_cancelled_is_refunded_whole(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("苹果", 1_000, 5).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 2).await;
        app.pays(&anna, &order).await;
        let path = format!("/api/v1/orders/{}/cancel", order["id"].as_str().unwrap());
        anna.post_new(&path, json!({})).await.ok();
        app.run_due_jobs().await;
        for refund in app.wechat().refunds() {
            app.hears_of(refund["out_refund_no"].as_str().unwrap()).await;
        }
        app.run_due_jobs().await;
        let refunded = anna.order(&order).await;
        assert_eq!((&refunded["status"], &refunded["refunded_fen"]), (&json!("closed"), &json!(2_000)));
        assert_eq!(app.free(&sku).await, 5, "restocked, since nothing was sent");
        let commission = stage.leader.get("/api/v1/leader/dashboard").await.ok()["commission"].clone();
        assert_eq!(commission["pending_fen"], 0);
        app.books_are_clean().await;
    }
}

on_both! {
    async fn nobody_sees_or_touches_another_members_things(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("苹果", 1_000, 5).await;
        let (anna, eve) = (app.member("anna").await, app.member("eve").await);
        let order = stage.orders(&anna, &sku, 2).await;
        app.pays(&anna, &order).await;
        let path = format!("/api/v1/orders/{}", order["id"].as_str().unwrap());
        eve.get(&path).await.refused(404, "order.not_found");
        eve.get(&format!("{path}/pickup-code")).await.refused(404, "order.not_found");
        for call in ["payment", "cancel", "confirm-receipt"] {
            eve.post_new(&format!("{path}/{call}"), json!({})).await.refused(404, "order.not_found");
        }
        assert_eq!(eve.get("/api/v1/orders").await.ok()["items"], json!([]));
        eve.get("/api/v1/leader/orders").await.refused(403, "leader.required");
        eve.get("/console/api/v1/orders").await;
        eve.get("/console/api/v1/goods").await.refused(401, "auth.required");
        let code = anna.get(&format!("{path}/pickup-code")).await.ok()["code"].clone();
        eve.post_new("/api/v1/leader/redemptions", json!({"code": code})).await.refused(403, "leader.required");
    }
}
