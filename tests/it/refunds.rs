//! Money out: members who cancel, operators who refund, after-sale tickets, and refunds that go wrong.

use sandbox::RefundStatus;
use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;

use crate::app::TestApp;
use crate::shop_floor::{Floor, events, id, line_of};
use crate::shopper::Client;

on_both! {
    async fn a_member_cancels_a_paid_order_and_gets_all_back(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 3)]).await;
        let path = format!("/api/v1/orders/{}/cancel", id(&order));
        let asked = anna.post_once("k", &path, json!({})).await;
        let again = anna.post_once("k", &path, json!({})).await;
        assert_eq!((asked.status, &asked.bytes), (200, &again.bytes));
        let asked = asked.ok();
        assert_eq!((&asked["status"], &asked["refund_status"]), (&json!("paid"), &json!("in_progress")));
        assert_eq!(asked["lines"][0]["refunded_quantity"], 3);
        assert_eq!(floor.left(&apples).await, 10, "what was not sent is on sale again");
        anna.post(&path, json!({})).await.refused(409, "refund.too_much");
        assert_eq!(floor.account(AccountKind::LeaderPending).await, 0, "the leader earns nothing on it");
        floor.refunds_arrive().await;
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], &seen["closed_reason"]), (&json!("closed"), &json!("refunded")));
        assert_eq!((&seen["refund_status"], &seen["refunded_fen"]), (&json!("full"), &json!(3000)));
        assert_eq!(events(&seen), ["placed", "paid", "refund_asked", "refunded"]);
        anna.get(&format!("/api/v1/orders/{}/pickup-code", id(&order))).await.refused(409, "order.wrong_state");
        floor.adds_up().await;

        let sent = floor.buys(&anna, &[(&apples, 1)]).await;
        floor.keeper.post_new(&format!("/console/api/v1/orders/{}/ship", id(&sent)), json!({})).await.ok();
        let late = anna.post(&format!("/api/v1/orders/{}/cancel", id(&sent)), json!({})).await;
        assert_eq!(late.refused(409, "order.wrong_state")["extra"]["status"], "shipped");
        floor.settings(json!({"member_cancel_paid": false})).await;
        let kept = floor.buys(&anna, &[(&apples, 1)]).await;
        anna.post(&format!("/api/v1/orders/{}/cancel", id(&kept)), json!({})).await.refused(409, "order.wrong_state");
    }
}

on_both! {
    async fn partial_refunds_add_up_to_the_fen(app: TestApp) {
        let floor = Floor::open(app).await;
        let (apples, pears) = (floor.goods(333, 10).await, floor.goods(1000, 10).await);
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 3), (&pears, 1)]).await;
        let lines = order["lines"].as_array().unwrap();
        let line = |sku: &str| lines.iter().find(|line| line["sku_id"] == sku).unwrap()["id"].clone();
        let (of_apples, of_pears) = (line(&apples.sku), line(&pears.sku));
        // Ten per cent of 999 is 100, of 1000 is 100: both the leader's.
        assert_eq!(floor.account(AccountKind::LeaderPending).await, -200);

        let one = floor.refunds(&order, json!({"lines": [{"line_id": of_apples, "quantity": 1}]})).await;
        assert_eq!((&one["amount_fen"], &one["state"]), (&json!(333), &json!("pending")));
        assert_eq!(floor.left(&apples).await, 8);
        assert_eq!(floor.account(AccountKind::LeaderPending).await, -167, "33 of 100 are reversed");
        floor.refunds_arrive().await;
        assert_eq!(floor.seen(&anna, &order).await["refund_status"], "partial");

        let money = json!({"lines": [{"line_id": of_pears, "amount_fen": 250}], "reason": "有压痕"});
        assert_eq!(floor.refunds(&order, money).await["amount_fen"], 250);
        assert_eq!(floor.left(&pears).await, 9, "the pears stay with the member");
        assert_eq!(floor.account(AccountKind::LeaderPending).await, -142);
        let rest = json!({"lines": [{"line_id": of_apples, "quantity": 2}, {"line_id": of_pears, "quantity": 1}]});
        let rest = floor.refunds(&order, rest).await;
        assert_eq!(rest["amount_fen"], 666 + 750);
        assert_eq!((floor.left(&apples).await, floor.left(&pears).await), (10, 10));
        floor.tries_refund(&order, json!({"all": true})).await.refused(409, "refund.too_much");
        floor.refunds_arrive().await;
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], &seen["refunded_fen"]), (&json!("closed"), &json!(1999)));
        assert_eq!(floor.console(&order).await["refunds"].as_array().unwrap().len(), 3);
        for account in [AccountKind::LeaderPending, AccountKind::Revenue, AccountKind::MemberPayable] {
            assert_eq!(floor.account(account).await, 0, "{account:?}");
        }
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_refund_is_checked_previewed_and_made_once(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 2)]).await;
        let line = line_of(&order);
        let path = format!("/console/api/v1/orders/{}/refunds", id(&order));
        for body in [
            json!({"reason": "x"}),
            json!({"all": true}),
            json!({"all": true, "reason": ""}),
            json!({"all": true, "reason": "x", "lines": [{"line_id": line, "quantity": 1}]}),
            json!({"lines": [{"line_id": line}], "reason": "x"}),
            json!({"lines": [{"line_id": line, "quantity": 0}], "reason": "x"}),
            json!({"lines": [{"line_id": line, "quantity": 1, "amount_fen": 1}], "reason": "x"}),
            json!({"lines": [{"line_id": line, "amount_fen": -1}], "reason": "x"}),
            json!({"lines": [{"line_id": line, "quantity": 1}, {"line_id": line, "quantity": 1}], "reason": "x"}),
            json!({"lines": [{"line_id": id(&order), "quantity": 1}], "reason": "x"}),
            json!({"all": true, "reason": "x", "more": 1}),
        ] {
            floor.keeper.post_new(&path, body.clone()).await.refused(400, "validation.failed");
            floor.keeper.post(&format!("{path}/preview"), body).await.refused(400, "validation.failed");
        }
        let stranger = kernel::id::OrderLineId::new();
        let of_nobody = json!({"lines": [{"line_id": stranger, "quantity": 1}]});
        floor.tries_refund(&order, of_nobody).await.refused(400, "validation.failed");
        let too_many = json!({"lines": [{"line_id": line, "quantity": 3}]});
        floor.tries_refund(&order, too_many).await.refused(409, "refund.too_much");
        let too_much = json!({"lines": [{"line_id": line, "amount_fen": 2001}]});
        floor.tries_refund(&order, too_much).await.refused(409, "refund.too_much");
        floor.keeper.post(&path, json!({"all": true, "reason": "x"})).await.refused(400, "idempotency.key_required");
        let nowhere = format!("/console/api/v1/orders/{}/refunds", kernel::id::OrderId::new());
        floor.keeper.post_new(&nowhere, json!({"all": true, "reason": "x"})).await.refused(404, "order.not_found");
        let unpaid = floor.orders(&anna, &[(&apples, 1)]).await;
        floor.tries_refund(&unpaid, json!({"all": true})).await.refused(409, "order.wrong_state");

        let body = json!({"all": true, "reason": "缺货"});
        let seen = floor.keeper.post(&format!("{path}/preview"), body.clone()).await.ok();
        assert_eq!((&seen["amount_fen"], &seen["revenue_fen"], &seen["shortfall_fen"]), (&json!(2000), &json!(1800), &json!(0)));
        assert_eq!(seen["parties"], json!([{
            "leader_id": floor.leader_id, "reversed_fen": 200, "returned_fen": 0, "lost_fen": 0, "shortfall_fen": 0,
        }]));
        assert_eq!(floor.console(&order).await["refunds"], json!([]), "a preview writes nothing");
        let (first, again) = (floor.keeper.post_once("k", &path, body.clone()).await, floor.keeper.post_once("k", &path, body).await);
        assert_eq!((first.status, again.status, &first.bytes), (201, 201, &again.bytes));
        assert_eq!(floor.console(&order).await["refunds"].as_array().unwrap().len(), 1);
        let listed = floor.keeper.get("/console/api/v1/refunds?state=pending").await.ok();
        assert_eq!(listed["items"][0]["id"], first.body["id"]);
        floor.refunds_arrive().await;
        assert_eq!(floor.keeper.get("/console/api/v1/refunds?state=pending").await.ok()["items"], json!([]));
        floor.adds_up().await;
    }
}

on_both! {
    async fn two_refunds_under_way_close_the_order_when_both_have_arrived(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 2)]).await;
        let half = json!({"lines": [{"line_id": line_of(&order), "quantity": 1}]});
        let (first, second) = (floor.refunds(&order, half.clone()).await, floor.refunds(&order, half).await);
        app.run_due_jobs().await;
        assert_eq!(floor.hears(id(&first)).await, 204);
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], &seen["refund_status"]), (&json!("paid"), &json!("in_progress")));
        assert_eq!(floor.hears(id(&second)).await, 204);
        assert_eq!(floor.seen(&anna, &order).await["status"], "closed");
        floor.adds_up().await;
    }
}

/// Brings an order to the pickup point and hands it over there.
pub async fn hands_over(floor: &Floor<'_>, who: &Client, order: &Value) {
    let path = format!("/console/api/v1/orders/{}", id(order));
    floor.keeper.post_new(&format!("{path}/ship"), json!({})).await.ok();
    floor.keeper.post_new(&format!("{path}/arrive"), json!({})).await.ok();
    let code = who.get(&format!("/api/v1/orders/{}/pickup-code", id(order))).await.ok();
    floor.leader.post_new("/api/v1/leader/redemptions", json!({"code": code["code"]})).await.ok();
}

on_both! {
    async fn what_was_handed_over_is_not_restocked_and_released_commission_is_the_platforms_loss(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 2)]).await;
        hands_over(&floor, &anna, &order).await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "received");
        app.advance(8 * 24 * 3600);
        app.run_due_jobs().await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "completed");
        assert_eq!(floor.account(AccountKind::LeaderAvailable).await, -200);

        let half = json!({"lines": [{"line_id": line_of(&order), "quantity": 1}], "reason": "变质"});
        let path = format!("/console/api/v1/orders/{}/refunds/preview", id(&order));
        let seen = floor.keeper.post(&path, half.clone()).await.ok();
        assert_eq!((&seen["parties"][0]["lost_fen"], &seen["shortfall_fen"]), (&json!(100), &json!(100)));
        floor.refunds(&order, half.clone()).await;
        assert_eq!(floor.account(AccountKind::Loss).await, 100);
        assert_eq!(floor.account(AccountKind::LeaderAvailable).await, -200, "what was released stays the leader's");
        assert_eq!(floor.left(&apples).await, 8, "nothing comes back from the member's kitchen");

        floor.settings(json!({"post_settlement_refund": "clawback"})).await;
        let seen = floor.keeper.post(&path, half.clone()).await.ok();
        assert_eq!((&seen["parties"][0]["returned_fen"], &seen["shortfall_fen"]), (&json!(100), &json!(0)));
        floor.refunds(&order, half).await;
        assert_eq!(floor.account(AccountKind::LeaderAvailable).await, -100);
        floor.refunds_arrive().await;
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], &seen["refund_status"]), (&json!("completed"), &json!("full")), "final stays final");
        floor.adds_up().await;
    }
}

/// A member claims units of an order's only line.
pub async fn claims(who: &Client, order: &Value, kind: &str, quantity: i64) -> Value {
    let body = json!({
        "lines": [{"line_id": line_of(order), "quantity": quantity}], "kind": kind, "reason": "坏了两个", "photos": [],
    });
    who.post_new(&format!("/api/v1/orders/{}/after-sales", id(order)), body).await.ok()
}

pub fn ticket_path(ticket: &Value, call: &str) -> String {
    format!("/console/api/v1/after-sales/{}/{call}", id(ticket))
}

on_both! {
    async fn a_claim_is_granted_and_the_money_goes_back(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 4)]).await;
        let ticket = claims(&anna, &order, "refund_only", 1).await;
        assert_eq!((&ticket["status"], &ticket["amount_fen"]), (&json!("requested"), &json!(500)));
        let body = json!({"lines": [{"line_id": line_of(&order), "quantity": 1}], "kind": "refund_only", "reason": "x"});
        let path = format!("/api/v1/orders/{}/after-sales", id(&order));
        anna.post_new(&path, body.clone()).await.refused(409, "after_sale.open");
        let listed = floor.keeper.get("/console/api/v1/after-sales?state=requested").await.ok();
        assert_eq!(listed["items"][0]["lines"][0]["quantity"], 1);

        let granted = floor.keeper.post_once("g", &ticket_path(&ticket, "approve"), json!({})).await;
        assert_eq!(granted.bytes, floor.keeper.post_once("g", &ticket_path(&ticket, "approve"), json!({})).await.bytes);
        let granted = granted.ok();
        assert_eq!(granted["status"], "refunding");
        floor.keeper.post(&ticket_path(&ticket, "approve"), json!({})).await.refused(409, "after_sale.wrong_state");
        floor.refunds_arrive().await;
        let ended = anna.get(&format!("/api/v1/after-sales/{}", id(&ticket))).await.ok();
        assert_eq!((&ended["status"], &ended["refund_id"]), (&json!("refunded"), &granted["refund_id"]));

        // Refused with a reason, and asked again, as the shop allows by default.
        let second = claims(&anna, &order, "refund_only", 1).await;
        let refuse = ticket_path(&second, "refuse");
        floor.keeper.post(&refuse, json!({"reason": ""})).await.refused(400, "validation.failed");
        assert_eq!(floor.keeper.post(&refuse, json!({"reason": "照片不清楚"})).await.ok()["answer"], "照片不清楚");
        let third = claims(&anna, &order, "refund_only", 1).await;
        anna.post(&format!("/api/v1/after-sales/{}/cancel", id(&third)), json!({})).await.ok();
        floor.settings(json!({"reapply_after_refusal": false})).await;
        anna.post_new(&path, body).await.refused(409, "after_sale.wrong_state");
        floor.adds_up().await;
    }
}

on_both! {
    async fn goods_to_be_returned_come_back_first(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 2)]).await;
        hands_over(&floor, &anna, &order).await;
        let ticket = claims(&anna, &order, "return_and_refund", 1).await;
        let granted = floor.keeper.post(&ticket_path(&ticket, "approve"), json!({})).await.ok();
        assert_eq!((&granted["status"], &granted["refund_id"]), (&json!("awaiting_return"), &Value::Null));
        let back = floor.keeper.post(&ticket_path(&ticket, "goods-returned"), json!({})).await.ok();
        assert_eq!(back["status"], "refunding");
        floor.refunds_arrive().await;
        assert_eq!(anna.get(&format!("/api/v1/after-sales/{}", id(&ticket))).await.ok()["status"], "refunded");

        // Meanwhile an operator has refunded the other unit: a granted return has nothing left to
        // refund and ends by itself.
        let other = claims(&anna, &order, "return_and_refund", 1).await;
        floor.keeper.post(&ticket_path(&other, "approve"), json!({})).await.ok();
        floor.refunds(&order, json!({"all": true})).await;
        floor.keeper.post(&ticket_path(&other, "goods-returned"), json!({})).await.refused(409, "after_sale.wrong_state");
        assert_eq!(anna.get(&format!("/api/v1/after-sales/{}", id(&other))).await.ok()["status"], "withdrawn");
        floor.refunds_arrive().await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "closed");
        assert_eq!(app.wechat().purse(&app.keys().merchant.mchid).refunded, 1000);
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_refund_that_went_wrong_is_seen_and_sent_again_with_its_number(setup: Setup) {
        let app = &TestApp::beside(setup, |_| {}, |sandbox| sandbox.settle_after_ms = None).await;
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let anna = app.member("anna").await;
        let retry = async |refund: &str| floor.keeper.post(&format!("/console/api/v1/refunds/{refund}/retry"), json!({})).await;

        // Refused by WeChat over its signature: the merchant's account is empty only later, here the
        // order's number of refunds is used up.
        let order = floor.buys(&anna, &[(&apples, 2)]).await;
        let ticket = claims(&anna, &order, "refund_only", 1).await;
        floor.keeper.post(&ticket_path(&ticket, "approve"), json!({})).await.ok();
        app.run_due_jobs().await;
        let refund = floor.console(&order).await["refunds"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(floor.console(&order).await["refunds"][0]["state"], "processing");
        assert!(app.wechat().settle_refund(&refund, RefundStatus::Abnormal));
        assert_eq!(floor.hears(&refund).await, 204);
        let listed = floor.keeper.get("/console/api/v1/refunds?state=abnormal").await.ok();
        assert_eq!(listed["items"][0]["fail_reason"], "Abnormal");
        let path = format!("/api/v1/after-sales/{}", id(&ticket));
        assert_eq!(anna.get(&path).await.ok()["status"], "failed");
        assert_eq!(retry(&refund).await.ok()["state"], "abnormal", "it was asked about and is no further");
        assert_eq!(app.wechat().refunds().len(), 1);

        let second = floor.buys(&anna, &[(&apples, 1)]).await;
        let closed = floor.refunds(&second, json!({"all": true})).await;
        app.run_due_jobs().await;
        assert!(app.wechat().settle_refund(id(&closed), RefundStatus::Closed));
        assert_eq!(floor.hears(id(&closed)).await, 204);
        let seen = floor.seen(&anna, &second).await;
        assert_eq!((&seen["status"], &seen["refund_status"]), (&json!("paid"), &json!("in_progress")));
        assert_eq!(retry(id(&closed)).await.ok()["state"], "pending");
        app.run_due_jobs().await;
        assert_eq!(app.wechat().refunds().len(), 2, "the same number is no second refund");
        let told = floor.console(&second).await["refunds"][0].clone();
        assert_eq!((&told["state"], &told["actions"]), (&json!("closed"), &json!(["retry", "paid_by_hand"])), "closed is final there");

        let third = floor.buys(&anna, &[(&apples, 1)]).await;
        let refused = floor.refunds(&third, json!({"all": true})).await;
        let no = json!({"path_prefix": "/v3/refund/domestic/refunds", "method": "POST", "status": 400});
        app.wechat().add_fault(serde_json::from_value(no).unwrap());
        app.run_due_jobs().await;
        let told = floor.console(&third).await;
        assert_eq!(told["refunds"][0]["state"], "failed", "nobody knows the refund, so the refusal is believed");
        assert!(told["refunds"][0]["fail_reason"].as_str().unwrap().contains("INVALID_REQUEST"));
        assert_eq!(retry(id(&refused)).await.ok()["state"], "pending");
        app.run_due_jobs().await;
        assert!(app.wechat().settle_refund(id(&refused), RefundStatus::Success));
        assert_eq!(floor.hears(id(&refused)).await, 204);
        assert_eq!(floor.seen(&anna, &third).await["status"], "closed");
        retry(id(&refused)).await.refused(409, "order.wrong_state");
        let nobody = kernel::id::RefundId::new().to_string();
        retry(&nobody).await.refused(404, "refund.not_found");
    }
}
