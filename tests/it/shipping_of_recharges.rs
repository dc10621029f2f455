//! A recharge is told to WeChat as virtual goods the moment it is paid, because WeChat keeps its money
//! like any other.

use chrono::Duration;
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use tuanqiao::areas::shipping::entity::management;
use tuanqiao::areas::shipping::state::{Logistics, UploadState};

use crate::shipping::{managed, stuck, trouble};
use crate::shop_floor::{Floor, id};
use crate::shopper::Client;

/// A paid recharge of 20 yuan that is not told yet; the recharge and our number of its payment.
async fn pays_in(floor: &Floor<'_>, who: &Client) -> (Value, String) {
    let recharge = floor.wants_recharge(who, &floor.plan(2_000, 300).await).await;
    let number = floor.pays_recharge_unheard(who, &recharge).await;
    assert_eq!(floor.hears(&number).await, 204);
    (recharge, number)
}

async fn gives_back(floor: &Floor<'_>, recharge: &Value, amount_fen: i64) {
    let path = format!("/console/api/v1/recharges/{}/refunds", id(recharge));
    floor.keeper.post_new(&path, json!({"amount_fen": amount_fen, "reason": "会员申请退还"})).await.ok();
}

fn event(name: &str, at: i64, transaction: &str, number: &str) -> serde_json::Map<String, Value> {
    let event = json!({"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": at, "MsgType": "event",
        "Event": name, "transaction_id": transaction, "merchant_trade_no": number, "msg": "x"});
    event.as_object().unwrap().clone()
}

on_both! {
    async fn a_paid_recharge_is_told_at_once_as_virtual_goods_and_followed_until_it_is_free(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let anna = app.member("anna").await;
        let unpaid = floor.wants_recharge(&anna, &floor.plan(500, 0).await).await;
        let (recharge, number) = pays_in(&floor, &anna).await;
        let held = stuck(&floor, "?reason=not_told").await;
        assert_eq!((held.len(), &held[0]["amount_fen"]), (1, &json!(2_000)));
        assert_eq!(
            (&held[0]["recharge_id"], &held[0]["order_id"], &held[0]["order_status"]),
            (&recharge["id"], &Value::Null, &Value::Null)
        );
        app.run_due_jobs().await;
        let told = app.wechat().shipments();
        assert_eq!(told.len(), 1, "what is not paid is not told: {unpaid}");
        assert_eq!((told[0].logistics_type, told[0].delivery_mode, told[0].finished), (3, 1, true));
        assert_eq!(told[0].parcels, [(None, None, Some("余额充值 20.00 元*1".to_owned()))]);
        let row = app.told(&number).await.remove(0);
        assert_eq!((row.state, row.logistics, row.order_id), (UploadState::Recorded, Logistics::Virtual, None));
        let held = stuck(&floor, "?reason=awaiting_confirmation").await;
        assert_eq!((&held[0]["uploads"][0]["logistics"], &held[0]["uploads"][0]["recharge_id"]), (&json!("virtual"), &recharge["id"]));
        for reason in ["not_sent", "not_told", "refused", "awaiting_settlement"] {
            assert_eq!(stuck(&floor, &format!("?reason={reason}")).await.len(), 0, "{reason}");
        }
        assert_eq!(app.hold(&number).await.unwrap().remind_at, None, "nobody is to confirm a parcel");

        // Nobody confirms: two days later the money is free.
        app.patience_ends().await;
        assert_eq!(app.hold(&number).await.unwrap().platform_state, Some(2));
        app.wechat().clock().set_offset(2 * 86_400 + 60);
        app.patience_ends().await;
        let hold = app.hold(&number).await.unwrap();
        assert!(hold.platform_state == Some(4) && hold.settled_at.is_some() && hold.next_query_at.is_none(), "{hold:?}");
        assert_eq!(stuck(&floor, "").await.len(), 0);
        assert_eq!(app.tellings(), 1);
        app.stop().await;
    }
}

on_both! {
    async fn a_recharge_wechat_does_not_know_is_told_again_in_its_time_and_then_by_hand(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let anna = app.member("anna").await;
        app.wechat().add_fault(trouble(json!({"errcode": 10_060_001, "errmsg": "payment order not found"}), 5));
        let (_, number) = pays_in(&floor, &anna).await;
        app.run_due_jobs().await;
        for minutes in [1, 5, 30, 120] {
            let row = app.told(&number).await.remove(0);
            assert_eq!(row.next_try_at.unwrap() - row.updated_at, Duration::minutes(minutes));
            app.patience_ends().await;
        }
        let held = stuck(&floor, "?reason=refused").await;
        assert_eq!((held.len(), &held[0]["uploads"][0]["errcode"]), (1, &json!(10_060_001)));
        let path = format!("/console/api/v1/stuck-money/{number}/tell-again");
        let parcel = json!({"carrier": "ZTO", "tracking_no": "1"});
        floor.keeper.post(&path, parcel).await.refused(409, "shipping_upload.wrong_state");
        let told = floor.keeper.post(&path, json!({})).await.ok();
        assert_eq!((&told["state"], &told["logistics"]), (&json!("waiting"), &json!("virtual")));
        app.run_due_jobs().await;
        assert_eq!(app.told(&number).await[0].state, UploadState::Recorded);
        floor.keeper.post(&path, json!({})).await.refused(409, "shipping_upload.wrong_state");
        app.stop().await;
    }
}

on_both! {
    async fn the_daily_list_and_the_events_know_recharges_too(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let anna = app.member("anna").await;
        app.wechat().clock().set_offset(-2 * 86_400);
        let (_, number) = pays_in(&floor, &anna).await;
        app.wechat().clock().set_offset(0);
        app.run_due_jobs().await;
        assert_eq!(app.wechat().shipments().len(), 1);
        app.wechat().loses_shipments();
        let yesterday = app.app.clock.wall() - Duration::hours(25);
        let day_over = management::Entity::update_many().col_expr(management::Column::ListedAt, Expr::value(yesterday));
        day_over.exec(app.app.db.maintenance()).await.unwrap();
        app.run_due_jobs().await;
        app.run_due_jobs().await;
        assert_eq!(app.wechat().shipments().len(), 1, "told again after a day");

        let transaction = app.transaction(&number);
        app.wechat().loses_shipments();
        app.pushes(event("trade_manage_remind_shipping", 1, &transaction, &number)).await;
        app.run_due_jobs().await;
        assert_eq!(app.wechat().shipments().len(), 1, "told again when WeChat misses it");
        app.pushes(app.wechat().settlement_event(&transaction).unwrap()).await;
        assert!(stuck(&floor, "").await[0]["estimated_settlement_at"].is_string());
        assert!(app.wechat().confirms_receipt(&transaction));
        let mut settled = app.wechat().settlement_event(&transaction).unwrap();
        settled.insert("CreateTime".to_owned(), json!(77));
        app.pushes(settled).await;
        let hold = app.hold(&number).await.unwrap();
        assert!(hold.received_at.is_some() && hold.settled_at.is_some(), "{hold:?}");
        assert_eq!(stuck(&floor, "").await.len(), 0);
        app.stop().await;
    }
}

on_both! {
    async fn what_of_a_recharge_goes_back_first_is_not_told_and_what_is_late_never(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let anna = app.member("anna").await;
        let (whole, number) = pays_in(&floor, &anna).await;
        gives_back(&floor, &whole, 2_000).await;
        assert_eq!(stuck(&floor, "").await.len(), 0, "it is on its way back");
        app.run_due_jobs().await;
        assert_eq!((app.told(&number).await[0].state, app.tellings()), (UploadState::Skipped, 0));
        assert!(app.hold(&number).await.is_none());
        let again = |number: &str| format!("/console/api/v1/stuck-money/{number}/tell-again");
        floor.keeper.post(&again(&number), json!({})).await.refused(409, "shipping_upload.wrong_state");
        app.pushes(event("trade_manage_remind_shipping", 1, &app.transaction(&number), &number)).await;
        app.run_due_jobs().await;
        assert_eq!(app.tellings(), 0);

        let (part, number) = pays_in(&floor, &anna).await;
        gives_back(&floor, &part, 550).await;
        app.run_due_jobs().await;
        assert_eq!(app.wechat().shipments()[0].parcels[0].2.as_deref(), Some("余额充值 14.50 元*1"));
        gives_back(&floor, &part, 1_450).await;
        floor.refunds_arrive().await;
        app.patience_ends().await;
        assert_eq!(app.hold(&number).await.unwrap().platform_state, Some(5), "WeChat holds nothing of it");

        let late = floor.wants_recharge(&anna, &floor.plan(1_000, 0).await).await;
        let number = floor.pays_recharge_unheard(&anna, &late).await;
        floor.settings(json!({"member_balance_max_fen": 10})).await;
        app.run_due_jobs().await;
        assert_eq!(floor.hears(&number).await, 204);
        app.run_due_jobs().await;
        assert_eq!(floor.recharge(&anna, &late).await["state"], "closed");
        floor.refunds_arrive().await;
        assert!(app.told(&number).await.is_empty());
        floor.keeper.post(&again(&number), json!({})).await.refused(409, "shipping_upload.wrong_state");
        assert_eq!((stuck(&floor, "").await.len(), app.tellings()), (0, 1));
        floor.adds_up().await;
        app.stop().await;
    }
}

on_both! {
    async fn a_recharge_of_a_shop_that_comes_under_management_later_can_be_told_by_hand(app: TestApp) {
        let floor = Floor::open(app).await;
        let anna = app.member("anna").await;
        let (_, first) = pays_in(&floor, &anna).await;
        app.run_due_jobs().await;
        assert_eq!((app.told(&first).await[0].state, app.tellings()), (UploadState::Skipped, 0));
        let (recharge, second) = pays_in(&floor, &anna).await;
        app.run_due_jobs().await;
        assert!(app.told(&second).await.is_empty(), "WeChat was asked of late, and keeps nothing");
        assert_eq!(stuck(&floor, "").await.len(), 0);
        let path = format!("/console/api/v1/stuck-money/{second}/tell-again");
        floor.keeper.post(&path, json!({})).await.refused(404, "shipping_upload.not_found");

        app.pushes(event("trade_manage_remind_access_api", 1, "", "")).await;
        let held = stuck(&floor, "?reason=not_told").await;
        assert_eq!((held.len(), &held[0]["recharge_id"]), (1, &recharge["id"]));
        assert_eq!(stuck(&floor, "?reason=not_sent").await.len(), 0);
        assert_eq!(floor.keeper.post(&path, json!({})).await.ok()["state"], "waiting");
        app.run_due_jobs().await;
        assert_eq!(app.told(&second).await[0].state, UploadState::Recorded);
    }
}
