//! Refunds that cannot go the way they came, or that WeChat refuses for good or closes: to a card, or by hand
//! with proof.

use sandbox::RefundStatus;
use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;

use crate::app::TestApp;
use crate::member_balance::has;
use crate::refunds::{claims, ticket_path};
use crate::shop_floor::{Floor, id};

fn path(refund: &Value, call: &str) -> String {
    format!("/console/api/v1/refunds/{}/{call}", id(refund))
}

/// A whole refund of a new order that WeChat could not pay.
async fn abnormal(floor: &Floor<'_>) -> (Value, Value) {
    let apples = floor.goods(500, 10).await;
    let order = floor.buys(&floor.app.member("anna").await, &[(&apples, 2)]).await;
    let refund = floor.refunds(&order, json!({"all": true})).await;
    let card = json!({"bank_type": "ICBC_DEBIT", "account": "6225880100070003", "name": "安娜"});
    floor.keeper.post(&path(&refund, "to-card"), card).await.refused(409, "order.wrong_state");
    floor.app.run_due_jobs().await;
    assert!(floor.app.wechat().settle_refund(id(&refund), RefundStatus::Abnormal));
    assert_eq!(floor.hears(id(&refund)).await, 204);
    let seen = floor.console(&order).await["refunds"][0].clone();
    assert_eq!(seen["actions"], json!(["retry", "to_card", "paid_by_hand"]), "{seen}");
    (order, refund)
}

on_both! {
    async fn an_abnormal_refund_goes_to_a_card_of_the_payers(setup: Setup) {
        let app = &TestApp::beside(setup, |_| {}, |sandbox| sandbox.settle_after_ms = None).await;
        let floor = Floor::open(app).await;
        let (order, refund) = abnormal(&floor).await;
        let card = json!({"bank_type": "ICBC_DEBIT", "account": "6225880100070003", "name": "安娜"});
        floor.keeper.post(&path(&refund, "to-card"), json!({"bank_type": "icbc", "account": "1", "name": ""})).await.refused(400, "validation.failed");
        // The answer is lost after WeChat took it: the refund itself is asked, and nothing is sent twice.
        let lost = json!({"path_prefix": "/v3/refund/domestic/refunds/", "method": "POST", "status": 500, "after_effect": true});
        app.wechat().add_fault(serde_json::from_value(lost).unwrap());
        let asked = floor.keeper.post_once("c", &path(&refund, "to-card"), card.clone()).await.ok();
        assert_eq!((&asked["state"], &asked["note"]), (&json!("waiting"), &json!("ICBC_DEBIT ****0003 安*")));
        assert_eq!(floor.keeper.post_once("c", &path(&refund, "to-card"), card.clone()).await.ok(), asked);
        floor.keeper.post(&path(&refund, "to-card"), card).await.refused(409, "order.wrong_state");
        floor.until("the card is told", async || {
            let told = floor.keeper.get(&path(&refund, "remedies")).await.ok();
            told["items"][0]["state"] == "done"
        })
        .await;
        let text = floor.keeper.get(&path(&refund, "remedies")).await.text() + &floor.console(&order).await.to_string();
        assert!(!text.contains("6225880100070003"), "nobody reads the number here");
        assert_eq!(floor.console(&order).await["refunds"][0]["state"], "processing");
        assert!(app.wechat().settle_refund(id(&refund), RefundStatus::Success));
        assert_eq!(floor.hears(id(&refund)).await, 204);
        assert_eq!(floor.console(&order).await["status"], "closed");
        assert_eq!(app.wechat().refunds().len(), 1);
        floor.adds_up().await;
    }
}

on_both! {
    async fn an_abnormal_refund_is_paid_by_hand_with_proof(setup: Setup) {
        let app = &TestApp::beside(setup, |_| {}, |sandbox| sandbox.settle_after_ms = None).await;
        let floor = Floor::open(app).await;
        let (order, refund) = abnormal(&floor).await;
        floor.keeper.post(&path(&refund, "paid-by-hand"), json!({"note": "转账"})).await.refused(400, "validation.failed");
        let paid = json!({"note": "招商银行 17", "proof": "https://cdn.example/slip.jpg"});
        let done = floor.keeper.post_once("h", &path(&refund, "paid-by-hand"), paid.clone()).await.ok();
        assert_eq!((&done["way"], &done["state"]), (&json!("by_hand"), &json!("done")));
        assert_eq!(floor.keeper.post_once("h", &path(&refund, "paid-by-hand"), paid.clone()).await.ok(), done);
        floor.keeper.post(&path(&refund, "paid-by-hand"), paid).await.refused(409, "order.wrong_state");
        let seen = floor.console(&order).await;
        assert_eq!((&seen["status"], &seen["refunds"][0]["state"], &seen["refunds"][0]["actions"]), (&json!("closed"), &json!("succeeded"), &json!([])));
        assert_eq!(floor.account(AccountKind::MerchantCash).await, -1_000, "out of the shop's own");
        assert_eq!(floor.account(AccountKind::MemberPayable).await, 0);
        assert_eq!(floor.account(AccountKind::Clearing).await, 1_000, "what WeChat keeps stays with WeChat");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_card_wechat_does_not_take_leaves_the_refund_to_another_try(setup: Setup) {
        let app = &TestApp::beside(setup, |_| {}, |sandbox| sandbox.settle_after_ms = None).await;
        let floor = Floor::open(app).await;
        let (_, refund) = abnormal(&floor).await;
        let no = json!({"path_prefix": "/v3/refund/domestic/refunds/", "method": "POST", "status": 400});
        app.wechat().add_fault(serde_json::from_value(no).unwrap());
        let card = json!({"bank_type": "ICBC_DEBIT", "account": "6225880100070003", "name": "安娜"});
        floor.keeper.post(&path(&refund, "to-card"), card.clone()).await.ok();
        app.run_due_jobs().await;
        let told = floor.keeper.get(&path(&refund, "remedies")).await.ok();
        assert_eq!(told["items"][0]["state"], "refused", "{told}");
        assert!(told["items"][0]["error"].as_str().unwrap().contains("INVALID_REQUEST"), "{told}");
        floor.keeper.post(&path(&refund, "to-card"), card).await.ok();
        app.run_due_jobs().await;
        assert_eq!(floor.keeper.get(&path(&refund, "remedies")).await.ok()["items"][1]["state"], "done");
        assert!(app.wechat().settle_refund(id(&refund), RefundStatus::Success));
        assert_eq!(floor.hears(id(&refund)).await, 204);
        floor.adds_up().await;
    }
}

/// How a refund was paid outside WeChat.
fn slip() -> Value {
    json!({"note": "招商银行 17", "proof": "https://cdn.example/slip.jpg"})
}

/// The latest refund of an order as operators see it.
async fn last_refund(floor: &Floor<'_>, order: &Value) -> Value {
    floor.console(order).await["refunds"].as_array().unwrap().last().unwrap().clone()
}

on_both! {
    async fn a_refund_that_wechat_closed_for_good_is_paid_by_hand(setup: Setup) {
        let app = &TestApp::beside(setup, |_| {}, |sandbox| sandbox.settle_after_ms = None).await;
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 2)]).await;
        let ticket = claims(&anna, &order, "refund_only", 1).await;
        floor.keeper.post(&ticket_path(&ticket, "approve"), json!({})).await.ok();
        let refund = last_refund(&floor, &order).await;
        floor.keeper.post(&path(&refund, "paid-by-hand"), slip()).await.refused(409, "order.wrong_state");
        app.run_due_jobs().await;
        let under_way = floor.keeper.post(&path(&refund, "paid-by-hand"), slip()).await.refused(409, "order.wrong_state");
        assert_eq!(under_way["extra"]["status"], "processing");
        assert!(app.wechat().settle_refund(id(&refund), RefundStatus::Closed));
        assert_eq!(floor.hears(id(&refund)).await, 204);

        // Sent again, it is what it was: that number is closed at WeChat for ever.
        assert_eq!(floor.keeper.post(&path(&refund, "retry"), json!({})).await.ok()["state"], "pending");
        app.run_due_jobs().await;
        let seen = last_refund(&floor, &order).await;
        assert_eq!((&seen["state"], &seen["actions"]), (&json!("closed"), &json!(["retry", "paid_by_hand"])));
        let of_ticket = format!("/api/v1/after-sales/{}", id(&ticket));
        assert_eq!(anna.get(&of_ticket).await.ok()["status"], "failed");
        assert_eq!(floor.seen(&anna, &order).await["refund_status"], "in_progress");
        let card = json!({"bank_type": "ICBC_DEBIT", "account": "6225880100070003", "name": "安娜"});
        floor.keeper.post(&path(&refund, "to-card"), card).await.refused(409, "order.wrong_state");

        let done = floor.keeper.post_once("h", &path(&refund, "paid-by-hand"), slip()).await.ok();
        assert_eq!((&done["way"], &done["state"]), (&json!("by_hand"), &json!("done")));
        assert_eq!(floor.keeper.post_once("h", &path(&refund, "paid-by-hand"), slip()).await.ok(), done);
        floor.keeper.post(&path(&refund, "paid-by-hand"), slip()).await.refused(409, "order.wrong_state");
        floor.keeper.post(&path(&refund, "retry"), json!({})).await.refused(409, "order.wrong_state");
        let seen = last_refund(&floor, &order).await;
        assert_eq!((&seen["state"], &seen["actions"]), (&json!("succeeded"), &json!([])));
        assert_eq!(anna.get(&of_ticket).await.ok()["status"], "refunded");
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], &seen["refund_status"], &seen["refunded_fen"]), (&json!("paid"), &json!("partial"), &json!(500)));
        assert_eq!(floor.account(AccountKind::MerchantCash).await, -500, "out of the shop's own");
        floor.adds_up().await;

        // The other half goes the same way, and with it the order.
        let rest = floor.refunds(&order, json!({"all": true})).await;
        app.run_due_jobs().await;
        assert!(app.wechat().settle_refund(id(&rest), RefundStatus::Closed));
        assert_eq!(floor.hears(id(&rest)).await, 204);
        floor.keeper.post(&path(&rest, "paid-by-hand"), slip()).await.ok();
        // The notice comes once more: nothing moves.
        assert_eq!(floor.hears(id(&rest)).await, 204);
        app.run_due_jobs().await;
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], &seen["refund_status"], &seen["refunded_fen"]), (&json!("closed"), &json!("full"), &json!(1_000)));
        assert_eq!(floor.account(AccountKind::MerchantCash).await, -1_000);
        assert_eq!(floor.account(AccountKind::MemberPayable).await, 0);
        assert_eq!(floor.account(AccountKind::Clearing).await, 1_000, "WeChat gave nothing of it to anybody");
        let there = app.wechat().refunds();
        assert!(there.len() == 2 && there.iter().all(|refund| refund["status"] == "CLOSED"), "one for each number: {there:?}");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_recharge_too_old_for_wechat_is_given_back_by_hand(app: TestApp) {
        let floor = Floor::open(app).await;
        let anna = app.member("anna").await;
        let recharge = floor.recharges(&anna, &floor.plan(2_000, 400).await).await;
        app.run_due_jobs().await;
        app.time_passes(396 * 86_400);
        let wish = json!({"reason": "销户"});
        let refund = floor.keeper.post_new(&format!("/console/api/v1/recharges/{}/refunds", id(&recharge)), wish).await.ok();
        assert_eq!((&refund["state"], &refund["wechat_fen"]), (&json!("pending"), &json!(2_000)));
        assert_eq!(has(&anna).await, (0, 0, 0));
        let listed = async || floor.keeper.get("/console/api/v1/refunds").await.ok()["items"][0].clone();
        for sent in ["at first", "again"] {
            app.run_due_jobs().await;
            let seen = listed().await;
            assert_eq!((&seen["id"], &seen["state"]), (&refund["id"], &json!("failed")), "{sent}: {seen}");
            assert!(seen["fail_reason"].as_str().unwrap().contains("可退款期限"), "{sent}: {seen}");
            assert_eq!(seen["actions"], json!(["retry", "paid_by_hand"]));
            if sent == "at first" {
                assert_eq!(floor.keeper.post(&path(&refund, "retry"), json!({})).await.ok()["state"], "pending");
            }
        }
        assert_eq!(floor.account(AccountKind::MemberPayable).await, -2_000, "it is still owed");

        floor.keeper.post(&path(&refund, "paid-by-hand"), slip()).await.ok();
        let seen = listed().await;
        assert_eq!((&seen["state"], &seen["actions"], &seen["fail_reason"]), (&json!("succeeded"), &json!([]), &Value::Null));
        floor.keeper.post(&path(&refund, "paid-by-hand"), slip()).await.refused(409, "order.wrong_state");
        floor.keeper.post(&path(&refund, "retry"), json!({})).await.refused(409, "order.wrong_state");
        app.run_due_jobs().await;
        assert_eq!(app.wechat().refunds().len(), 0);
        assert_eq!(floor.account(AccountKind::MemberPayable).await, 0);
        assert_eq!(floor.account(AccountKind::MerchantCash).await, -2_000);
        assert_eq!(floor.account(AccountKind::Clearing).await, 2_000, "the payment stays where it is");
        assert_eq!(floor.recharge(&anna, &recharge).await["refunded_fen"], 2_000);
        floor.adds_up().await;
    }
}

/// A fault of the calls about refunds.
fn fault(method: &str, status: u16) -> sandbox::Fault {
    let fault =
        json!({"path_prefix": "/v3/refund/domestic/refunds", "method": method, "status": status, "after_effect": true});
    serde_json::from_value(fault).unwrap()
}

/// A whole refund of a new order that failed here, though WeChat has taken it.
async fn taken_for_a_refusal(floor: &Floor<'_>) -> (Value, Value) {
    let apples = floor.goods(500, 10).await;
    let order = floor.buys(&floor.app.member("anna").await, &[(&apples, 1)]).await;
    let refund = floor.refunds(&order, json!({"all": true})).await;
    floor.app.wechat().add_fault(fault("POST", 400));
    floor.app.wechat().add_fault(fault("GET", 404));
    floor.app.run_due_jobs().await;
    assert_eq!(floor.app.wechat().faults().len(), 0);
    assert_eq!(last_refund(floor, &order).await["state"], "failed");
    (order, refund)
}

on_both! {
    async fn nothing_is_paid_by_hand_that_wechat_pays_or_does_not_speak_of(setup: Setup) {
        let app = &TestApp::beside(setup, |_| {}, |sandbox| sandbox.settle_after_ms = None).await;
        let floor = Floor::open(app).await;
        let by_hand = async |refund: &Value| floor.keeper.post(&path(refund, "paid-by-hand"), slip()).await;

        // No clear word, or one that nobody signed: nothing changes.
        let (order, refund) = taken_for_a_refusal(&floor).await;
        for status in [500, 404] {
            app.wechat().add_fault(fault("GET", status));
            by_hand(&refund).await.refused(503, "payment.unavailable");
            assert_eq!(last_refund(&floor, &order).await["state"], "failed", "after {status}");
        }
        assert_eq!(floor.keeper.get(&path(&refund, "remedies")).await.ok()["items"], json!([]));
        // On its way there: so it is here, and it arrives.
        assert_eq!(by_hand(&refund).await.refused(409, "order.wrong_state")["extra"]["status"], "processing");
        assert_eq!(last_refund(&floor, &order).await["state"], "processing");
        assert!(app.wechat().settle_refund(id(&refund), RefundStatus::Success));
        assert_eq!(floor.hears(id(&refund)).await, 204);
        assert_eq!(floor.console(&order).await["status"], "closed");

        // Paid there: it is booked as that.
        let (order, refund) = taken_for_a_refusal(&floor).await;
        assert!(app.wechat().settle_refund(id(&refund), RefundStatus::Success));
        assert_eq!(by_hand(&refund).await.refused(409, "order.wrong_state")["extra"]["status"], "succeeded");
        let seen = floor.console(&order).await;
        assert_eq!((&seen["status"], &seen["refunds"][0]["state"]), (&json!("closed"), &json!("succeeded")));
        assert_eq!(floor.account(AccountKind::MerchantCash).await, 0, "nobody paid by hand so far");

        // Abnormal there: once that is known, a card is open to it too, and the next call pays by hand.
        let (order, refund) = taken_for_a_refusal(&floor).await;
        assert!(app.wechat().settle_refund(id(&refund), RefundStatus::Abnormal));
        assert_eq!(by_hand(&refund).await.refused(409, "order.wrong_state")["extra"]["status"], "abnormal");
        assert_eq!(last_refund(&floor, &order).await["actions"], json!(["retry", "to_card", "paid_by_hand"]));
        by_hand(&refund).await.ok();
        assert_eq!(floor.console(&order).await["status"], "closed");

        // Closed there, which nobody has heard: the same call goes on.
        let (order, refund) = taken_for_a_refusal(&floor).await;
        assert!(app.wechat().settle_refund(id(&refund), RefundStatus::Closed));
        by_hand(&refund).await.ok();
        assert_eq!(floor.console(&order).await["status"], "closed");
        assert_eq!(floor.account(AccountKind::MerchantCash).await, -1_000);
        assert_eq!(floor.account(AccountKind::MemberPayable).await, 0);
        floor.adds_up().await;
    }
}
