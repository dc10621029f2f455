//! After-sale tickets to their end: goods on their way back, deadlines, rules, escalation.

use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;

use crate::answer::Answer;
use crate::leaders::leader;
use crate::refunds::hands_over;
use crate::shop_floor::{Floor, events, id, line_of};
use crate::shopper::Client;

const DAY: i64 = 86_400;

async fn tries_claim(who: &Client, order: &Value, kind: &str, quantity: i64) -> Answer {
    let line = json!({"line_id": line_of(order), "quantity": quantity});
    let body = json!({"lines": [line], "kind": kind, "reason": "坏了两个", "photos": []});
    who.post_new(&format!("/api/v1/orders/{}/after-sales", id(order)), body).await
}

fn of_shop(ticket: &Value, call: &str) -> String {
    format!("/console/api/v1/after-sales/{}{call}", id(ticket))
}

fn of_member(ticket: &Value, call: &str) -> String {
    format!("/api/v1/after-sales/{}{call}", id(ticket))
}

fn whats(ticket: &Value) -> Vec<String> {
    let entries = ticket["timeline"].as_array().unwrap().iter();
    entries.map(|entry| format!("{}:{}", entry["by"].as_str().unwrap(), entry["what"].as_str().unwrap())).collect()
}

on_both! {
    async fn goods_come_back_with_a_number_and_are_sold_again_or_written_off(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 3)]).await;
        hands_over(&floor, &anna, &order).await;
        let ticket = tries_claim(&anna, &order, "return_and_refund", 2).await.ok();
        assert_eq!((&ticket["deadline"], &ticket["actions"]), (&Value::Null, &json!(["cancel"])));
        let shipment = json!({"carrier": "顺丰", "tracking_no": "SF100200300"});
        anna.post(&of_member(&ticket, "/return-shipment"), shipment.clone()).await.refused(409, "after_sale.wrong_state");
        let granted = floor.keeper.post(&of_shop(&ticket, "/approve"), json!({})).await.ok();
        assert_eq!(granted["actions"], json!(["goods_returned", "refuse"]));
        let waits = anna.get(&of_member(&ticket, "")).await.ok();
        assert_eq!((&waits["deadline"]["then"], &waits["actions"]), (&json!("withdrawn"), &json!(["return_shipment", "cancel"])));
        anna.post(&of_member(&ticket, "/return-shipment"), json!({"carrier": "", "tracking_no": "1"})).await.refused(400, "validation.failed");
        app.member("ben").await.post(&of_member(&ticket, "/return-shipment"), shipment.clone()).await.refused(404, "after_sale.not_found");
        let sent = anna.post_once("s", &of_member(&ticket, "/return-shipment"), shipment.clone()).await.ok();
        assert_eq!((&sent["return_shipment"]["tracking_no"], &sent["deadline"]["then"]), (&json!("SF100200300"), &json!("goods_returned")));
        assert_eq!(anna.post_once("s", &of_member(&ticket, "/return-shipment"), shipment).await.ok(), sent);
        let back = floor.keeper.post(&of_shop(&ticket, "/goods-returned"), json!({"restock": true})).await.ok();
        assert_eq!(back["status"], "refunding");
        assert_eq!(floor.left(&apples).await, 9, "two of the three that were sold are on sale again");
        floor.refunds_arrive().await;
        let ended = floor.keeper.get(&of_shop(&ticket, "")).await.ok();
        assert_eq!(whats(&ended), [
            "member:asked", "operator:approved", "operator:return_asked", "member:return_shipped",
            "operator:goods_returned", "operator:refund_started", "operator:restocked", "system:refund_succeeded",
        ]);
        assert_eq!((&ended["status"], &ended["actions"], &ended["deadline"]), (&json!("refunded"), &json!([]), &Value::Null));

        let last = tries_claim(&anna, &order, "return_and_refund", 1).await.ok();
        floor.keeper.post(&of_shop(&last, "/approve"), json!({})).await.ok();
        let back = floor.keeper.post(&of_shop(&last, "/goods-returned"), json!({"restock": false})).await.ok();
        assert!(whats(&back).contains(&"operator:written_off".to_owned()), "{back}");
        assert_eq!(floor.left(&apples).await, 9);
        floor.refunds_arrive().await;
        assert_eq!(floor.account(AccountKind::LeaderPending).await, 0);
        floor.adds_up().await;
    }
}

on_both! {
    async fn the_clock_ends_what_nobody_goes_on_with(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 3)]).await;
        hands_over(&floor, &anna, &order).await;
        let never_sent = tries_claim(&anna, &order, "return_and_refund", 1).await.ok();
        floor.keeper.post(&of_shop(&never_sent, "/approve"), json!({})).await.ok();
        app.advance(7 * DAY - 60);
        app.run_due_jobs().await;
        assert_eq!(anna.get(&of_member(&never_sent, "")).await.ok()["status"], "awaiting_return");
        let second = floor.buys(&anna, &[(&apples, 2)]).await;
        hands_over(&floor, &anna, &second).await;
        app.advance(61);
        app.run_due_jobs().await;
        let ended = anna.get(&of_member(&never_sent, "")).await.ok();
        assert_eq!((&ended["status"], whats(&ended).last().unwrap().as_str()), (&json!("withdrawn"), "system:withdrawn"));

        // Sent, and nobody says that it came: it counts as received, and nobody sells it again.
        let sent = tries_claim(&anna, &second, "return_and_refund", 1).await.ok();
        floor.keeper.post(&of_shop(&sent, "/approve"), json!({})).await.ok();
        app.advance(6 * DAY);
        anna.post(&of_member(&sent, "/return-shipment"), json!({"carrier": "中通", "tracking_no": "ZT5566"})).await.ok();
        app.advance(9 * DAY);
        app.run_due_jobs().await;
        assert_eq!(anna.get(&of_member(&sent, "")).await.ok()["status"], "awaiting_return");
        app.advance(DAY);
        app.run_due_jobs().await;
        floor.refunds_arrive().await;
        let ended = anna.get(&of_member(&sent, "")).await.ok();
        assert_eq!(ended["status"], "refunded", "{ended}");
        assert!(whats(&ended).contains(&"system:written_off".to_owned()), "{ended}");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_claim_is_granted_by_the_shops_rules(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"auto_approve_unshipped_fen": 1000, "auto_approve_after_hours": 48})).await;
        let apples = floor.goods(500, 20).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 5)]).await;
        let small = tries_claim(&anna, &order, "refund_only", 2).await.ok();
        assert_eq!(small["status"], "refunding", "at once, as nothing was sent");
        assert_eq!(whats(&small), ["member:asked", "system:approved", "system:refund_started"]);
        assert_eq!(floor.left(&apples).await, 17);
        floor.refunds_arrive().await;
        let large = tries_claim(&anna, &order, "refund_only", 3).await.ok();
        assert_eq!((&large["status"], &large["deadline"]["then"]), (&json!("requested"), &json!("approved")));
        app.advance(48 * 3600 - 60);
        app.run_due_jobs().await;
        assert_eq!(anna.get(&of_member(&large, "")).await.ok()["status"], "requested");
        app.advance(61);
        app.run_due_jobs().await;
        floor.refunds_arrive().await;
        assert_eq!(anna.get(&of_member(&large, "")).await.ok()["status"], "refunded");
        assert_eq!(floor.seen(&anna, &order).await["status"], "closed");

        let sent = floor.buys(&anna, &[(&apples, 1)]).await;
        hands_over(&floor, &anna, &sent).await;
        assert_eq!(tries_claim(&anna, &sent, "refund_only", 1).await.ok()["status"], "requested", "it was sent");
        for (field, value) in [("auto_approve_after_hours", 0), ("return_days", 0), ("escalate_days", 91), ("auto_approve_unshipped_fen", -1)] {
            floor.keeper.put("/console/api/v1/settings", json!({field: value})).await.refused(400, "validation.failed");
        }
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_refused_member_asks_for_the_platforms_judgment_once(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 2)]).await;
        hands_over(&floor, &anna, &order).await;
        let because = json!({"reason": "照片里看得到"});
        let refusal = json!({"reason": "照片不清楚", "photos": ["https://cdn.example/box.jpg"]});
        let ticket = tries_claim(&anna, &order, "refund_only", 1).await.ok();
        let refused = floor.keeper.post(&of_shop(&ticket, "/refuse"), refusal.clone()).await.ok();
        assert_eq!((&refused["status"], &refused["answer_photos"][0]), (&json!("refused"), &json!("https://cdn.example/box.jpg")));
        assert_eq!(anna.get(&of_member(&ticket, "")).await.ok()["actions"], json!(["escalate"]));
        let escalated = anna.post(&of_member(&ticket, "/escalate"), because.clone()).await.ok();
        assert_eq!((&escalated["status"], &escalated["actions"]), (&json!("escalated"), &json!(["cancel"])));
        tries_claim(&anna, &order, "refund_only", 1).await.refused(409, "after_sale.open");
        anna.post(&of_member(&ticket, "/escalate"), because.clone()).await.refused(409, "after_sale.wrong_state");
        floor.keeper.post(&of_shop(&ticket, "/refuse"), refusal.clone()).await.ok();
        anna.post(&of_member(&ticket, "/escalate"), because.clone()).await.refused(409, "after_sale.not_escalable");

        // Another ticket has the line meanwhile; after it is gone, the judgment goes for the member.
        let second = tries_claim(&anna, &order, "refund_only", 1).await.ok();
        floor.keeper.post(&of_shop(&second, "/refuse"), refusal.clone()).await.ok();
        let third = tries_claim(&anna, &order, "refund_only", 1).await.ok();
        anna.post(&of_member(&second, "/escalate"), because.clone()).await.refused(409, "after_sale.open");
        anna.post(&of_member(&third, "/cancel"), json!({})).await.ok();
        anna.post(&of_member(&second, "/escalate"), because.clone()).await.ok();
        // The window ends, and the open ticket keeps the line from being settled.
        app.advance(7 * DAY);
        app.run_due_jobs().await;
        assert_eq!(floor.account(AccountKind::LeaderAvailable).await, 0);
        assert_eq!(floor.keeper.post(&of_shop(&second, "/approve"), json!({})).await.ok()["status"], "refunding");
        floor.refunds_arrive().await;
        assert_eq!(anna.get(&of_member(&second, "")).await.ok()["status"], "refunded");
        app.run_due_jobs().await;
        assert_eq!(floor.account(AccountKind::LeaderAvailable).await, -50, "the kept one is settled now");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_judgment_is_asked_for_in_time(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"escalate_days": 2})).await;
        let apples = floor.goods(500, 10).await;
        let anna = app.member("anna").await;
        let (slow, late) = (floor.buys(&anna, &[(&apples, 1)]).await, floor.buys(&anna, &[(&apples, 1)]).await);
        let because = json!({"reason": "照片里看得到"});
        let refused = async |order: &Value| {
            let ticket = tries_claim(&anna, order, "refund_only", 1).await.ok();
            floor.keeper.post(&of_shop(&ticket, "/refuse"), json!({"reason": "不行"})).await.ok()
        };
        hands_over(&floor, &anna, &late).await;
        let of_slow = refused(&slow).await;
        app.advance(2 * DAY);
        anna.post(&of_member(&of_slow, "/escalate"), because.clone()).await.refused(409, "after_sale.not_escalable");
        app.advance(5 * DAY - 60);
        let of_late = refused(&late).await;
        app.advance(120);
        app.run_due_jobs().await;
        anna.post(&of_member(&of_late, "/escalate"), because).await.refused(409, "after_sale.window_over");
    }
}

on_both! {
    async fn a_refund_ends_the_claims_it_leaves_nothing_for(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"auto_approve_after_hours": 24})).await;
        let (apples, pears) = (floor.goods(500, 10).await, floor.goods(300, 10).await);
        let anna = app.member("anna").await;
        let because = json!({"reason": "照片里看得到"});
        let order = floor.buys(&anna, &[(&apples, 2)]).await;
        let ticket = tries_claim(&anna, &order, "refund_only", 1).await.ok();
        assert_eq!(ticket["status"], "requested");
        floor.refunds(&order, json!({"all": true})).await;
        let ended = anna.get(&of_member(&ticket, "")).await.ok();
        assert_eq!((&ended["status"], &ended["deadline"], &ended["refund_id"]), (&json!("withdrawn"), &Value::Null, &Value::Null));
        assert_eq!(whats(&ended), ["member:asked", "system:withdrawn"]);
        assert!(ended["answer"].as_str().unwrap().contains("已退款"), "{ended}");
        assert_eq!(ended["timeline"][1]["note"], ended["answer"]);
        let told = floor.seen(&anna, &order).await;
        assert!(events(&told).contains(&"after_sale_overtaken"), "{told}");
        floor.keeper.post(&of_shop(&ticket, "/approve"), json!({})).await.refused(409, "after_sale.wrong_state");

        // One that was escalated ends too; one that was refused cannot be taken up again.
        let orders = [floor.buys(&anna, &[(&apples, 1)]).await, floor.buys(&anna, &[(&apples, 1)]).await];
        let mut tickets = Vec::new();
        for order in &orders {
            let ticket = tries_claim(&anna, order, "refund_only", 1).await.ok();
            floor.keeper.post(&of_shop(&ticket, "/refuse"), json!({"reason": "照片不清楚"})).await.ok();
            tickets.push(ticket);
        }
        anna.post(&of_member(&tickets[0], "/escalate"), because.clone()).await.ok();
        for order in &orders {
            floor.refunds(order, json!({"all": true})).await;
        }
        assert_eq!(anna.get(&of_member(&tickets[0], "")).await.ok()["status"], "withdrawn");
        anna.post(&of_member(&tickets[1], "/escalate"), because).await.refused(409, "after_sale.not_escalable");

        // Of two lines one is gone: the other is still granted, and it alone.
        let both = floor.buys(&anna, &[(&apples, 1), (&pears, 2)]).await;
        let of_apples = |line: &&Value| line["sku_id"] == json!(apples.sku);
        let lines = both["lines"].as_array().unwrap();
        let (apple, pear) = (lines.iter().find(of_apples).unwrap(), lines.iter().find(|line| !of_apples(line)).unwrap());
        let claimed = json!([{"line_id": apple["id"], "quantity": 1}, {"line_id": pear["id"], "quantity": 1}]);
        let body = json!({"lines": claimed, "kind": "refund_only", "reason": "坏了", "photos": []});
        let ticket = anna.post_new(&format!("/api/v1/orders/{}/after-sales", id(&both)), body).await.ok();
        floor.refunds(&both, json!({"lines": [{"line_id": apple["id"], "quantity": 1}]})).await;
        assert_eq!(anna.get(&of_member(&ticket, "")).await.ok()["status"], "requested");
        app.advance(DAY + 60);
        app.run_due_jobs().await;
        floor.refunds_arrive().await;
        let ended = anna.get(&of_member(&ticket, "")).await.ok();
        assert_eq!((&ended["status"], &ended["amount_fen"]), (&json!("refunded"), &json!(300)), "{ended}");
        assert_eq!(floor.seen(&anna, &both).await["refunded_fen"], 800);
        assert_eq!(floor.console(&order).await["refunds"].as_array().unwrap().len(), 1, "the clock has done nothing more");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_claim_is_granted_as_far_as_units_are_left(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 4)]).await;
        let ticket = tries_claim(&anna, &order, "refund_only", 3).await.ok();
        assert_eq!(ticket["amount_fen"], 1500);
        floor.refunds(&order, json!({"lines": [{"line_id": line_of(&order), "quantity": 2}]})).await;
        let granted = floor.keeper.post(&of_shop(&ticket, "/approve"), json!({})).await.ok();
        assert_eq!((&granted["status"], &granted["amount_fen"]), (&json!("refunding"), &json!(1000)));
        assert_eq!(granted["lines"][0]["quantity"], 2);
        assert_eq!(whats(&granted), ["member:asked", "operator:approved", "operator:cut_down", "operator:refund_started"]);
        floor.refunds_arrive().await;
        assert_eq!(anna.get(&of_member(&ticket, "")).await.ok()["status"], "refunded");
        assert_eq!(floor.seen(&anna, &order).await["status"], "closed");
        assert_eq!(floor.left(&apples).await, 10);

        // A unit went back before the goods were sent: no more than the others are sold again.
        let sent = floor.buys(&anna, &[(&apples, 3)]).await;
        let ticket = tries_claim(&anna, &sent, "return_and_refund", 3).await.ok();
        floor.refunds(&sent, json!({"lines": [{"line_id": line_of(&sent), "quantity": 1}]})).await;
        hands_over(&floor, &anna, &sent).await;
        floor.keeper.post(&of_shop(&ticket, "/approve"), json!({})).await.ok();
        let back = floor.keeper.post(&of_shop(&ticket, "/goods-returned"), json!({"restock": true})).await.ok();
        assert_eq!((&back["status"], &back["amount_fen"]), (&json!("refunding"), &json!(1000)));
        assert_eq!(floor.left(&apples).await, 10);
        floor.refunds_arrive().await;
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_leader_claims_for_a_member_of_his_order(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let (anna, (other, _)) = (app.member("anna").await, leader(app, "other", 23.2, 113.3).await);
        let order = floor.buys(&anna, &[(&apples, 2)]).await;
        let line = json!({"line_id": line_of(&order), "quantity": 1});
        let body = json!({"lines": [line], "kind": "refund_only", "reason": "到货少一袋"});
        let path = format!("/api/v1/leader/orders/{}/after-sales", id(&order));
        other.post_new(&path, body.clone()).await.refused(404, "order.not_found");
        anna.post_new(&path, body.clone()).await.refused(403, "leader.required");
        let ticket = floor.leader.post_new(&path, body).await.ok();
        assert_eq!(whats(&ticket), ["leader:asked"]);
        assert_eq!(anna.post(&of_member(&ticket, "/cancel"), json!({})).await.ok()["status"], "withdrawn", "it is the member's");
    }
}
