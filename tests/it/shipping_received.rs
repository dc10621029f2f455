//! What the buyer confirms at WeChat is receipt here: of a parcel, once, and never under a ticket.

use serde_json::{Map, Value, json};
use tuanqiao::areas::ledger::state::AccountKind;

use crate::app::TestApp;
use crate::shipping::{bought_and_brought, buys_by_express, managed, sends};
use crate::shop_floor::{Floor, Ware, events, id, line_of};
use crate::shopper::Client;

const DAY: i64 = 86_400;

/// A parcel on its way of which WeChat has been told; the order and our number of its payment.
async fn parcel(floor: &Floor<'_>, who: &Client, ware: &Ware) -> (Value, String) {
    let (order, number) = buys_by_express(floor, who, &[(ware, 1)]).await;
    sends(floor, &order, json!({"carrier": "ZTO", "tracking_no": "7"})).await;
    floor.app.run_due_jobs().await;
    (order, number)
}

impl TestApp {
    /// The settlement event of a payment as it now stands, made at `at`: another one is another message.
    fn settlement(&self, number: &str, at: i64) -> Map<String, Value> {
        let mut event = self.wechat().settlement_event(&self.transaction(number)).unwrap();
        event.insert("CreateTime".to_owned(), json!(at));
        event
    }
}

fn confirm(order: &Value) -> String {
    format!("/api/v1/orders/{}/confirm-receipt", id(order))
}

on_both! {
    async fn a_parcel_confirmed_at_wechat_is_received_once_however_often_it_is_told(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        anna.put("/api/v1/me/pickup-point", json!({"pickup_point_id": floor.point})).await.ok();
        let (order, number) = parcel(&floor, &anna, &apples).await;
        app.pushes(app.settlement(&number, 1)).await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "shipped", "told as sent, not as received");
        assert!(app.wechat().confirms_receipt(&app.transaction(&number)));
        app.pushes(app.settlement(&number, 2)).await;
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], events(&seen)), (&json!("received"), vec!["placed", "paid", "shipped", "received"]));
        assert!(seen["lines"][0]["after_sale_until"].is_string(), "its window has begun");
        let told = floor.console(&order).await["timeline"].clone();
        assert_eq!(told.as_array().unwrap().last().unwrap()["actor"], "wechat");
        assert_eq!(floor.account(AccountKind::LeaderPending).await, -100);

        app.advance(60);
        app.pushes(app.settlement(&number, 3)).await;
        app.patience_ends().await;
        assert_eq!(anna.post(&confirm(&order), json!({})).await.ok()["status"], "received", "the member may say so too");
        let again = floor.seen(&anna, &order).await;
        assert_eq!((&again["lines"], &again["timeline"]), (&seen["lines"], &seen["timeline"]), "nothing happens twice");

        app.advance(7 * DAY);
        app.run_due_jobs().await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "completed");
        assert_eq!(floor.account(AccountKind::LeaderPending).await, 0, "the commission is released");
        floor.adds_up().await;
        app.stop().await;
    }
}

on_both! {
    async fn a_confirmation_nobody_told_of_is_found_by_asking(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let (order, number) = parcel(&floor, &anna, &apples).await;
        app.patience_ends().await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "shipped");
        assert!(app.wechat().confirms_receipt(&app.transaction(&number)));
        app.patience_ends().await;
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], events(&seen).last()), (&json!("received"), Some(&"received")));
        app.pushes(app.settlement(&number, 1)).await;
        assert_eq!(floor.seen(&anna, &order).await["timeline"], seen["timeline"], "heard of before");

        // The other way round: the member says so here, and WeChat tells of it later.
        let (order, number) = parcel(&floor, &anna, &apples).await;
        assert!(app.wechat().confirms_receipt(&app.transaction(&number)));
        assert_eq!(anna.post(&confirm(&order), json!({})).await.ok()["status"], "received");
        let seen = floor.seen(&anna, &order).await;
        app.pushes(app.settlement(&number, 2)).await;
        app.patience_ends().await;
        assert_eq!(floor.seen(&anna, &order).await["timeline"], seen["timeline"]);
        floor.adds_up().await;
        app.stop().await;
    }
}

on_both! {
    async fn what_is_collected_or_contested_is_not_received_by_wechats_word(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let (collected, number) = bought_and_brought(&floor, &anna, &apples).await;
        app.run_due_jobs().await;
        assert!(app.wechat().confirms_receipt(&app.transaction(&number)));
        app.pushes(app.settlement(&number, 1)).await;
        app.patience_ends().await;
        assert!(app.hold(&number).await.unwrap().received_at.is_some());
        assert_eq!(floor.seen(&anna, &collected).await["status"], "arrived", "its code decides");

        let (contested, number) = parcel(&floor, &anna, &apples).await;
        let line = json!({"line_id": line_of(&contested), "quantity": 1});
        let claim = json!({"lines": [line], "kind": "refund_only", "reason": "坏了两个", "photos": []});
        let ticket = anna.post_new(&format!("/api/v1/orders/{}/after-sales", id(&contested)), claim).await.ok();
        assert!(app.wechat().confirms_receipt(&app.transaction(&number)));
        app.pushes(app.settlement(&number, 2)).await;
        assert!(app.hold(&number).await.unwrap().settled_at.is_some());
        assert_eq!(floor.seen(&anna, &contested).await["status"], "shipped", "a ticket is open");
        anna.post(&format!("/api/v1/after-sales/{}/cancel", id(&ticket)), json!({})).await.ok();
        app.pushes(app.settlement(&number, 3)).await;
        assert_eq!(floor.seen(&anna, &contested).await["status"], "received");
        app.stop().await;
    }
}

on_both! {
    async fn what_may_be_wechats_own_time_out_is_left_to_ours(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        floor.settings(json!({"auto_receive_days": 30})).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let (order, number) = parcel(&floor, &anna, &apples).await;
        assert!(app.wechat().confirms_receipt(&app.transaction(&number)));
        app.advance(10 * DAY);
        app.pushes(app.settlement(&number, 1)).await;
        app.run_due_jobs().await;
        assert!(app.hold(&number).await.unwrap().settled_at.is_some(), "the money is free all the same");
        assert_eq!(floor.seen(&anna, &order).await["status"], "shipped");
        app.advance(20 * DAY + 60);
        app.run_due_jobs().await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "received");
        app.stop().await;
    }
}
