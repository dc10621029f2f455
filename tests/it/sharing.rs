//! Leaders are paid by profit sharing, and every flagged order ends in an unfreeze (R-71 … R-73).

use chrono::Duration;
use kernel::clock::beijing_day;
use kernel::id::OrderId;
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::orders::state::OrderStatus;
use tuanqiao::areas::payments::entity::payment;
use tuanqiao::areas::payouts::entity::sharing;
use tuanqiao::areas::payouts::query::sharings_of;
use tuanqiao::areas::payouts::state::{PartResult, SharingKind, SharingState};
use tuanqiao::areas::shipping::entity::hold;
use tuanqiao::areas::shipping::holds;
use tuanqiao::areas::shipping::state::{Logistics, UploadKind};
use tuanqiao::areas::shipping::subject::Subject;
use tuanqiao::areas::shipping::uploads::{self, Of};
use tuanqiao::flows::effects::Effect;
use tuanqiao::flows::profit_sharing;

use crate::app::TestApp;
use crate::funds::Leader;
use crate::sharing_scene::SHARES;
use crate::shopper::Client;

/// The leader's own wallet receives his shares.
async fn receives(keeper: &Client, leader: &Leader) -> Value {
    let path = format!("/console/api/v1/leaders/{}/sharing-receiver", leader.id);
    keeper.put(&path, json!({"type": "PERSONAL_OPENID"})).await.ok()
}

const FINISHED: SharingState = SharingState::Finished;
const UNFROZEN: (SharingKind, SharingState, Vec<(i64, PartResult)>) = (SharingKind::Unfreeze, FINISHED, Vec::new());

/// The leader's share of 900 found no room beside a refund of 9,500: it was given up, and stays owed.
async fn given_up_for_a_refund(app: &TestApp, order: OrderId, leader: &Leader) {
    let given_up = (SharingKind::Share, SharingState::Failed, vec![(900, PartResult::Closed)]);
    assert_eq!(app.shared(order).await, [given_up, UNFROZEN]);
    let purse = app.wechat().purse(&app.keys().merchant.mchid);
    assert_eq!((purse.refunded, purse.shared_out, purse.frozen), (9_500, 0, 0));
    assert_eq!(app.funds(leader.id).await, (900, 0), "it stays owed");
    app.books_are_clean().await;
}

on_both! {
    async fn a_settled_order_is_shared_and_unfrozen(app: TestApp) {
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let (anna, ben) = (app.leader_with("anna", 900).await, app.leader_with("ben", 200).await);
        assert!(receives(&keeper, &anna).await["sharing_receiver"]["registered_at"].is_string());
        let order = app.shared_order(&buyer, OrderStatus::Completed, 10_000, &[(anna.id, 900), (ben.id, 200)]).await;
        app.run_due_jobs().await;
        assert!(app.shared(order).await.is_empty(), "a minute has to pass after payment");
        app.time_passes(70);
        app.sharing_comes_to_rest().await;
        let share = (SharingKind::Share, FINISHED, vec![(900, PartResult::Succeeded)]);
        assert_eq!(app.shared(order).await, [share, UNFROZEN], "who has no receiver stays owed");
        assert_eq!((app.funds(anna.id).await, app.funds(ben.id).await), ((0, 0), (200, 0)));
        assert_eq!(app.account(AccountKind::Clearing).await, -900);
        let purse = app.wechat().purse(&app.keys().merchant.mchid);
        assert_eq!((purse.shared_out, purse.frozen), (900, 0));
        app.payouts_go_on().await;
        assert_eq!(app.shared(order).await.len(), 2, "nothing follows an unfreeze");
        anna.withdraws(500).await.refused(409, "funds.not_enough");
        ben.withdraws(100).await.ok();
        let by_hand = json!({"amount_fen": 100, "channel": "manual"});
        ben.client.post_new("/api/v1/leader/withdrawals", by_hand).await.ok();
        assert_eq!(app.funds(ben.id).await, (0, 200), "what could not be shared is paid another way");
        let path = format!("/console/api/v1/orders/{order}/share");
        keeper.post(&path, json!({"reason": "more"})).await.refused(409, "sharing.not_offered");
        app.books_are_clean().await;
    }
}

on_both! {
    async fn the_ceiling_is_kept_and_the_rest_stays_owed(app: TestApp) {
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let (anna, ben) = (app.leader_with("anna", 4_000).await, app.leader_with("ben", 2_000).await);
        receives(&keeper, &anna).await;
        receives(&keeper, &ben).await;
        let earned = [(anna.id, 4_000), (ben.id, 2_000)];
        let order = app.shared_order(&buyer, OrderStatus::Completed, 10_000, &earned).await;
        app.time_passes(70);
        app.sharing_comes_to_rest().await;
        let mut parts = app.shared(order).await.remove(0).2;
        parts.sort_by_key(|part| part.0);
        assert_eq!(parts, [(1_000, PartResult::Succeeded), (2_000, PartResult::Succeeded)]);
        assert_eq!(app.shared(order).await[1], UNFROZEN);
        assert_eq!((app.funds(anna.id).await, app.funds(ben.id).await), ((2_000, 0), (1_000, 0)));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_share_takes_all_but_what_wechat_keeps_as_its_fee(setup: Setup) {
        let dear = |sandbox: &mut sandbox::SandboxConfig| {
            (sandbox.fee_bp, sandbox.sharing_ceiling_bp) = (60, 10_000);
        };
        let running = TestApp::beside(setup, |_| {}, dear).await;
        let app = &running;
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        keeper.put("/console/api/v1/settings", json!({"sharing_ceiling_bp": 10_000})).await.ok();
        let anna = app.leader_with("anna", 20_001).await;
        receives(&keeper, &anna).await;
        let even = app.shared_order(&buyer, OrderStatus::Completed, 10_000, &[(anna.id, 10_000)]).await;
        let odd = app.shared_order(&buyer, OrderStatus::Completed, 10_001, &[(anna.id, 10_001)]).await;
        app.time_passes(70);
        app.sharing_comes_to_rest().await;
        // 0.6 % of 10 001 is no whole fen: the odd one is left to the shop.
        for (order, fen) in [(even, 9_940), (odd, 9_940)] {
            let share = (SharingKind::Share, FINISHED, vec![(fen, PartResult::Succeeded)]);
            assert_eq!(app.shared(order).await, [share, UNFROZEN]);
        }
        assert_eq!(app.funds(anna.id).await, (121, 0), "the rest stays owed");
        let purse = app.wechat().purse(&app.keys().merchant.mchid);
        assert_eq!((purse.shared_out, purse.frozen), (19_880, 0));
        app.books_are_clean().await;
        running.stop().await;
    }
}

on_both! {
    async fn a_receiver_that_gets_nothing_is_still_owed(app: TestApp) {
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let anna = app.leader_with("anna", 900).await;
        receives(&keeper, &anna).await;
        let order = app.shared_order(&buyer, OrderStatus::Completed, 10_000, &[(anna.id, 900)]).await;
        let account = tuanqiao::areas::members::query::by_id(
            app.app.db.reader(), app.shop().id, anna.client.id().parse().unwrap(),
        ).await.unwrap().unwrap().openid;
        app.wechat().fail_receiver(&account, Some("ACCOUNT_ABNORMAL"));
        app.time_passes(70);
        app.sharing_comes_to_rest().await;
        let share = (SharingKind::Share, FINISHED, vec![(900, PartResult::Closed)]);
        assert_eq!(app.shared(order).await, [share, UNFROZEN]);
        assert_eq!(app.funds(anna.id).await, (900, 0));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn orders_with_nothing_to_share_are_unfrozen_too(app: TestApp) {
        app.shop_says(SHARES).await;
        let buyer = app.member("buyer").await;
        let closed = app.shared_order(&buyer, OrderStatus::Closed, 3_000, &[]).await;
        let waiting = app.shared_order(&buyer, OrderStatus::Arrived, 3_000, &[]).await;
        app.time_passes(70);
        app.run_due_jobs().await;
        app.payouts_go_on().await;
        assert_eq!(app.shared(closed).await, [UNFROZEN]);
        assert!(app.shared(waiting).await.is_empty());
        // Five days before the freeze of thirty days ends.
        app.time_passes(25 * 86_400);
        app.run_due_jobs().await;
        app.payouts_go_on().await;
        assert_eq!(app.shared(waiting).await, [UNFROZEN]);
        assert_eq!(app.wechat().purse(&app.keys().merchant.mchid).frozen, 0);
    }
}

on_both! {
    async fn a_refusal_that_time_cures_is_tried_again_under_the_same_number(app: TestApp) {
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let anna = app.leader_with("anna", 900).await;
        receives(&keeper, &anna).await;
        let order = app.shared_order(&buyer, OrderStatus::Completed, 10_000, &[(anna.id, 900)]).await;
        // Business time runs ahead of the platform's: its minute has not passed.
        app.app.clock.advance(Duration::seconds(70));
        app.run_due_jobs().await;
        let first = app.shared(order).await;
        assert_eq!(first, [(SharingKind::Share, SharingState::Created, vec![(900, PartResult::Pending)])]);
        app.wechat().advance(70);
        app.sharing_comes_to_rest().await;
        assert_eq!(app.shared(order).await.len(), 2);
        assert_eq!(app.wechat().purse(&app.keys().merchant.mchid).shared_out, 900);
        app.books_are_clean().await;
    }
}

on_both! {
    async fn an_operator_shares_now_with_a_reason(app: TestApp) {
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let anna = app.leader_with("anna", 900).await;
        receives(&keeper, &anna).await;
        let order = app.shared_order(&buyer, OrderStatus::Received, 10_000, &[(anna.id, 900)]).await;
        app.earns_pending(order, anna.id, 300).await;
        let path = format!("/console/api/v1/orders/{order}/share");
        keeper.post(&path, json!({"reason": "x"})).await.refused(409, "sharing.not_due");
        app.time_passes(70);
        keeper.post(&path, json!({})).await.refused(409, "sharing.not_due");
        let shared = keeper.post(&path, json!({"reason": "团长急用"})).await.ok();
        assert_eq!(shared["items"][0]["parts"][0]["party_id"], json!(anna.id));
        app.run_due_jobs().await;
        app.payouts_go_on().await;
        let share = (SharingKind::Share, FINISHED, vec![(1_200, PartResult::Succeeded)]);
        assert_eq!(app.shared(order).await, [share], "what was pending is released early");
        assert_eq!(app.funds(anna.id).await, (0, 0));
        assert_eq!(app.shared(order).await.len(), 1, "the window is running: not unfrozen yet");
        keeper.post(&path, json!({"reason": "again"})).await.refused(409, "sharing.not_due");
        let unknown = "/console/api/v1/orders/ord_01jq0000000000000000000000/share";
        keeper.post(unknown, json!({})).await.refused(404, "order.not_found");
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_receiver_the_platform_does_not_take_is_told_at_once(app: TestApp) {
        app.shop_says(SHARES).await;
        let (keeper, anna) = (app.operator().await, app.leader_with("anna", 0).await);
        let path = format!("/console/api/v1/leaders/{}/sharing-receiver", anna.id);
        let body = json!({"type": "PERSONAL_OPENID", "account": "o-of-another-mini-program"});
        keeper.put(&path, body).await.refused(422, "sharing.receiver_invalid");
        app.run_due_jobs().await;
        let shown = keeper.get(&format!("/console/api/v1/leaders/{}", anna.id)).await.ok();
        assert_eq!(shown["sharing_receiver"]["registered_at"], Value::Null);
        assert!(receives(&keeper, &anna).await["sharing_receiver"]["registered_at"].is_string());
    }
}

on_both! {
    async fn a_share_that_was_never_sent_steps_back_for_a_refund(app: TestApp) {
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let anna = app.leader_with("anna", 900).await;
        receives(&keeper, &anna).await;
        let order = app.shared_order(&buyer, OrderStatus::Completed, 10_000, &[(anna.id, 900)]).await;
        app.time_passes(70);
        assert!(profit_sharing::plan(&app.app, &app.shop(), order).await.unwrap());
        anna.withdraws(500).await.refused(409, "funds.not_enough");
        let path = format!("/console/api/v1/orders/{order}/refunds");
        let part = json!({"lines": [{"line_id": app.line_of(order).await, "amount_fen": 9_500}], "reason": "坏"});
        keeper.post_new(&path, part).await.ok();
        let overtaken = (SharingKind::Share, SharingState::Failed, vec![(900, PartResult::Closed)]);
        assert_eq!(app.shared(order).await, std::slice::from_ref(&overtaken), "what is still frozen covers the refund");
        app.run_due_jobs().await;
        assert_eq!(app.wechat().refunds().len(), 1);
        app.sharing_comes_to_rest().await;
        let share = (SharingKind::Share, FINISHED, vec![(45, PartResult::Succeeded)]);
        assert_eq!(app.shared(order).await, [overtaken, share, UNFROZEN], "planned anew with what is left of it");
        let purse = app.wechat().purse(&app.keys().merchant.mchid);
        assert_eq!((purse.refunded, purse.shared_out, purse.frozen), (9_500, 45, 0));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn more_than_is_frozen_is_refunded_after_the_unfreeze(app: TestApp) {
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let anna = app.leader_with("anna", 900).await;
        receives(&keeper, &anna).await;
        let order = app.shared_order(&buyer, OrderStatus::Received, 10_000, &[(anna.id, 900)]).await;
        // What another order left on the shop's account covers what the leader has got.
        app.shared_order(&buyer, OrderStatus::Closed, 3_000, &[]).await;
        app.time_passes(70);
        keeper.post(&format!("/console/api/v1/orders/{order}/share"), json!({"reason": "团长急用"})).await.ok();
        app.run_due_jobs().await;
        app.payouts_go_on().await;
        assert_eq!(app.shared(order).await.len(), 1, "shared in part and not unfrozen");
        keeper.post_new(&format!("/console/api/v1/orders/{order}/refunds"), json!({"all": true, "restock": false, "reason": "坏"})).await.ok();
        let rows = app.shared(order).await;
        assert_eq!((rows.len(), rows[1].0, rows[1].1), (2, SharingKind::Unfreeze, SharingState::Created));
        app.run_due_jobs().await;
        assert!(app.wechat().refunds().is_empty(), "the unfreeze comes first");
        let shown = keeper.get(&format!("/console/api/v1/orders/{order}")).await.ok();
        let why = shown["refunds"][0]["fail_reason"].as_str().unwrap();
        assert!(why.contains("unfrozen first"), "the reason is on the refund: {why}");
        app.sharing_comes_to_rest().await;
        app.refunds_go_on().await;
        assert_eq!(app.wechat().refunds().len(), 1);
        let purse = app.wechat().purse(&app.keys().merchant.mchid);
        assert_eq!((purse.refunded, purse.shared_out, purse.frozen), (10_000, 900, 0));
        assert_eq!(app.shared(order).await[1], UNFROZEN);
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_share_without_room_after_a_refund_is_not_sent_again(app: TestApp) {
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let anna = app.leader_with("anna", 900).await;
        receives(&keeper, &anna).await;
        let order = app.shared_order(&buyer, OrderStatus::Completed, 10_000, &[(anna.id, 900)]).await;
        // The platform's minute has not passed: the share was sent and refused, and waits.
        app.app.clock.advance(Duration::seconds(70));
        app.run_due_jobs().await;
        assert_eq!(app.shared(order).await[0].1, SharingState::Created);
        let part = json!({"lines": [{"line_id": app.line_of(order).await, "amount_fen": 9_500}], "reason": "坏"});
        keeper.post_new(&format!("/console/api/v1/orders/{order}/refunds"), part).await.ok();
        app.wechat().advance(70);
        app.sharing_comes_to_rest().await;
        app.refunds_go_on().await;
        given_up_for_a_refund(app, order, &anna).await;
    }
}

on_both! {
    async fn a_share_that_never_arrived_is_not_sent_again_once_a_refund_took_its_room(app: TestApp) {
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let anna = app.leader_with("anna", 900).await;
        receives(&keeper, &anna).await;
        let order = app.shared_order(&buyer, OrderStatus::Completed, 10_000, &[(anna.id, 900)]).await;
        app.time_passes(70);
        let lost = json!({"path_prefix": "/v3/profitsharing/orders", "method": "POST", "status": 500, "times": 2});
        app.wechat().add_fault(serde_json::from_value(lost).unwrap());
        app.run_due_jobs().await;
        assert_eq!(app.shared(order).await[0].1, SharingState::Processing, "it may have arrived");
        app.wechat().clear_faults();
        let sent = || {
            let log = app.wechat().request_log();
            log.iter().filter(|call| call.method == "POST" && call.path == "/v3/profitsharing/orders").count()
        };
        let before = sent();
        let part = json!({"lines": [{"line_id": app.line_of(order).await, "amount_fen": 9_500}], "reason": "坏"});
        let path = format!("/console/api/v1/orders/{order}/refunds");
        keeper.post(&format!("{path}/preview"), part.clone()).await.ok();
        keeper.post_new(&path, part).await.ok();
        assert_eq!(sent(), before, "who looks at a refund, or asks for it, sends no share");
        app.sharing_comes_to_rest().await;
        app.refunds_go_on().await;
        assert_eq!(sent(), before, "nor is it sent without its room");
        given_up_for_a_refund(app, order, &anna).await;
    }
}

on_both! {
    async fn a_refused_unfreeze_is_planned_again_before_the_freeze_ends(app: TestApp) {
        app.shop_says(SHARES).await;
        let buyer = app.member("buyer").await;
        let order = app.shared_order(&buyer, OrderStatus::Closed, 3_000, &[]).await;
        app.time_passes(70);
        assert!(profit_sharing::plan(&app.app, &app.shop(), order).await.unwrap());
        sharing::Entity::update_many()
            .col_expr(sharing::Column::State, Expr::value(SharingState::Failed))
            .exec(app.app.db.maintenance())
            .await
            .unwrap();
        assert_eq!(app.shared(order).await, [(SharingKind::Unfreeze, SharingState::Failed, Vec::new())]);
        app.payouts_go_on().await;
        assert_eq!(app.shared(order).await.len(), 1, "not at once");
        app.time_passes(7 * 3_600);
        app.sharing_comes_to_rest().await;
        assert_eq!(app.shared(order).await[1], UNFROZEN);
        assert_eq!(app.wechat().purse(&app.keys().merchant.mchid).frozen, 0);
    }
}

on_both! {
    async fn a_receivers_notice_is_kept_once_and_brings_the_question_forward(app: TestApp) {
        use tuanqiao::areas::payments::entity::notice;
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let anna = app.leader_with("anna", 900).await;
        receives(&keeper, &anna).await;
        let order = app.shared_order(&buyer, OrderStatus::Completed, 10_000, &[(anna.id, 900)]).await;
        app.time_passes(70);
        app.run_due_jobs().await;
        let share = sharings_of(app.app.db.reader(), app.shop().id, order).await.unwrap().remove(0).0;
        assert_eq!(share.state, SharingState::Processing);
        let mchid = app.keys().merchant.mchid;
        let told = async |kind: &str, id: &str, original: &str, resource: Value| {
            let url = format!("http://{}/notify/wechat-pay/demo/{kind}", app.address);
            let notice = app.wechat().notice_of(&mchid, &url, id, ("TRANSACTION.SUCCESS", original), resource).unwrap();
            app.wechat().post_notice(notice).await.status.unwrap()
        };
        let of = |number: &str, mchid: &str| json!({
            "mchid": mchid, "transaction_id": share.transaction_id, "order_id": "30006793", "out_order_no": number,
            "receiver": {"type": "MERCHANT_ID", "account": "1588000259", "amount": 900, "description": "x"},
        });
        for _ in 0..2 {
            assert_eq!(told("sharing", "s1", "profitsharing", of(&share.id.to_string(), &mchid)).await, 204);
        }
        let soon = sharings_of(app.app.db.reader(), app.shop().id, order).await.unwrap().remove(0).0;
        assert!(soon.next_query_at.unwrap() <= app.app.clock.wall(), "asked at the next run");
        app.run_due_jobs().await;
        assert_eq!(app.shared(order).await[0].1, FINISHED);
        assert_eq!(told("sharing", "s2", "profitsharing", of("PS9625376747", &mchid)).await, 500, "an unknown number");
        let foreign = told("sharing", "s3", "profitsharing", of(&share.id.to_string(), "1900000001")).await;
        assert!((400..500).contains(&foreign));
        assert!((400..500).contains(&told("payment", "s4", "profitsharing", of(&share.id.to_string(), &mchid)).await));

        let complaint = json!({"complaint_id": "200201820200101080076610000", "action_type": "CREATE_COMPLAINT"});
        for _ in 0..2 {
            assert_eq!(told("complaint", "c1", "complaint", complaint.clone()).await, 204);
        }
        assert!((400..500).contains(&told("refund", "c2", "complaint", complaint).await));
        let mut kept: Vec<_> = notice::Entity::find().all(app.app.db.reader()).await.unwrap();
        kept.retain(|kept| kept.outcome != "mismatch");
        let mut kinds: Vec<_> = kept.iter().map(|kept| kept.kind.as_str()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["complaint", "sharing"], "each is kept once: {kept:?}");
    }
}

on_both! {
    async fn the_sharing_bill_is_held_against_every_receivers_part(app: TestApp) {
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let (anna, ben) = (app.leader_with("anna", 900).await, app.leader_with("ben", 200).await);
        receives(&keeper, &anna).await;
        receives(&keeper, &ben).await;
        let order = app.shared_order(&buyer, OrderStatus::Completed, 10_000, &[(anna.id, 900), (ben.id, 200)]).await;
        app.time_passes(70);
        app.sharing_comes_to_rest().await;
        let (day, number) = (beijing_day(app.app.clock.now()), app.shared_number(order).await);
        app.wechat().plant_in_bills(sandbox::BillPlant::Amount { number: number.clone(), fen: 200 });
        app.time_passes(2 * 86_400);
        let runs = app.reconciles(day).await;
        let run = runs.iter().find(|run| run.kind == tuanqiao::areas::bills::state::BillKind::Sharing).unwrap();
        assert_eq!((run.lines, run.matched, run.cases), (2, 1, 1), "{runs:?}");
        let cases = keeper.get("/console/api/v1/bill-cases?cause=amount").await.ok();
        let case = cases["items"].as_array().unwrap().iter().find(|case| case["kind"] == "sharing").unwrap();
        assert_eq!((&case["ours_fen"], &case["theirs_fen"]), (&json!(900), &json!(200)));
        app.wechat().clear_bill_plants();
        app.wechat().plant_in_bills(sandbox::BillPlant::Drop { number });
        app.reconciles(day).await;
        let open = keeper.get("/console/api/v1/bill-cases?state=open&cause=not_in_bill").await.ok();
        assert_eq!(open["items"].as_array().unwrap().iter().filter(|case| case["subject"] == "share").count(), 2);
    }
}

on_both! {
    async fn money_that_wechat_keeps_is_shared_when_it_is_free(setup: Setup) {
        let running = TestApp::beside(setup, |_| {}, |sandbox| sandbox.trade_managed = true).await;
        let app = &running;
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let anna = app.leader_with("anna", 900).await;
        receives(&keeper, &anna).await;
        let order = app.shared_order(&buyer, OrderStatus::Completed, 10_000, &[(anna.id, 900)]).await;
        let payment = payment::Entity::find().one(app.app.db.reader()).await.unwrap().unwrap();
        let transaction_id = payment.transaction_id.clone().unwrap();
        let of = Of {
            shop: app.shop().id,
            subject: Subject::Order(order),
            payment: payment.id,
            transaction_id: transaction_id.clone(),
            logistics: Logistics::Pickup,
        };
        let told = async |tx: &sea_orm::DatabaseTransaction| {
            let wall = app.app.clock.wall();
            holds::create(tx, &of, wall).await?;
            let upload = uploads::create(tx, &of, UploadKind::Upload, wall).await?.unwrap();
            Effect::ShippingUpload { upload }.put(tx, of.shop, wall).await
        };
        app.app.db.write(told).await.unwrap();
        app.run_due_jobs().await;
        assert!(app.wechat().shipments()[0].finished);
        app.time_passes(70);
        app.payouts_go_on().await;
        assert!(app.shared(order).await.is_empty(), "WeChat would refuse it");
        app.wechat().confirms_receipt(&transaction_id);
        let wall = app.app.clock.wall();
        let asked = hold::Entity::update_many().col_expr(hold::Column::NextQueryAt, Expr::value(wall));
        asked.exec(app.app.db.maintenance()).await.unwrap();
        // WeChat is asked, and then the share is planned.
        app.run_due_jobs().await;
        app.run_due_jobs().await;
        app.sharing_comes_to_rest().await;
        let share = (SharingKind::Share, FINISHED, vec![(900, PartResult::Succeeded)]);
        assert_eq!(app.shared(order).await, [share, UNFROZEN]);
        app.books_are_clean().await;
        running.stop().await;
    }
}
