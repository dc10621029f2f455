//! Refunds that cannot go the way they came: to a card, or by hand with proof.

use sandbox::RefundStatus;
use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;

use crate::app::TestApp;
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
