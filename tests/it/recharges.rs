//! Balance paid in by WeChat: plans, gifts, twenty notices, the ceiling, closing, and giving it back.

use futures::future::join;
use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;

use crate::member_balance::has;
use crate::shop_floor::{Floor, id, line_of};
use crate::shopper::Client;

impl Floor<'_> {
    /// A plan on sale.
    pub async fn plan(&self, amount_fen: i64, gift_fen: i64) -> Value {
        let plan = json!({"amount_fen": amount_fen, "gift_fen": gift_fen, "position": 1});
        self.keeper.post_new("/console/api/v1/recharge-plans", plan).await.ok()
    }

    /// A member makes a recharge.
    pub async fn wants_recharge(&self, who: &Client, plan: &Value) -> Value {
        who.post_new("/api/v1/me/recharges", json!({"plan_id": plan["id"]})).await.ok()
    }

    /// Opens the pay sheet of a recharge and pays there; the shop hears nothing of it. Gives the number.
    pub async fn pays_recharge_unheard(&self, who: &Client, recharge: &Value) -> String {
        let sheet = who.post(&format!("/api/v1/me/recharges/{}/payment", id(recharge)), json!({})).await.ok();
        let package = sheet["package"].as_str().unwrap();
        self.app.wechat().pays(package).unwrap();
        let prepay_id = package.trim_start_matches("prepay_id=");
        let orders = self.app.wechat().orders();
        orders.into_iter().find(|order| order.prepay_id == prepay_id).unwrap().out_trade_no
    }

    /// A member pays in by a plan, and the shop hears of it.
    pub async fn recharges(&self, who: &Client, plan: &Value) -> Value {
        let recharge = self.wants_recharge(who, plan).await;
        let number = self.pays_recharge_unheard(who, &recharge).await;
        assert_eq!(self.hears(&number).await, 204);
        self.recharge(who, &recharge).await
    }

    /// A recharge as its member sees it.
    pub async fn recharge(&self, who: &Client, recharge: &Value) -> Value {
        who.get(&format!("/api/v1/me/recharges/{}", id(recharge))).await.ok()
    }
}

on_both! {
    async fn a_recharge_is_paid_once_however_often_it_is_told(app: TestApp) {
        let floor = Floor::open(app).await;
        let anna = app.member("anna").await;
        let plan = floor.plan(10_000, 1_500).await;
        let off = json!({"amount_fen": 5, "enabled": false});
        let off = floor.keeper.post_new("/console/api/v1/recharge-plans", off).await.ok();
        let offered = anna.get("/api/v1/recharge-plans").await.ok();
        assert_eq!(offered, json!({
            "items": [{"id": plan["id"], "amount_fen": 10_000, "gift_fen": 1_500}], "free_amount": false, "balance_max_fen": 500_000,
        }));
        let body = json!({"plan_id": plan["id"]});
        let (first, again) = (anna.post_once("k", "/api/v1/me/recharges", body.clone()).await, anna.post_once("k", "/api/v1/me/recharges", body).await);
        assert_eq!((first.status, &first.bytes), (201, &again.bytes));
        let recharge = first.ok();
        assert_eq!((&recharge["state"], &recharge["amount_fen"], &recharge["gift_fen"]), (&json!("pending_payment"), &json!(10_000), &json!(1_500)));
        let path = format!("/api/v1/me/recharges/{}/payment", id(&recharge));
        let (one, two) = (anna.post(&path, json!({})).await.ok(), anna.post(&path, json!({})).await.ok());
        assert_eq!(one["package"], two["package"], "the same order at WeChat");
        let number = floor.pays_recharge_unheard(&anna, &recharge).await;
        let deliveries = app.wechat().send_notices(&number, sandbox::NoticeKind::Duplicate, 20).await.unwrap();
        assert!(deliveries.iter().all(|delivery| delivery.status == Some(204)), "{deliveries:?}");
        assert_eq!(has(&anna).await, (10_000, 1_500, 0));
        let paid = floor.recharge(&anna, &recharge).await;
        assert_eq!(paid["state"], "paid");
        anna.post(&path, json!({})).await.refused(409, "payment.not_needed");
        assert_eq!(anna.get("/api/v1/me/recharges").await.ok()["items"], json!([paid]));
        let listed = floor.keeper.get(&format!("/console/api/v1/recharges?member={}&state=paid", anna.id())).await.ok();
        assert_eq!(listed["items"], json!([paid]));
        let entries = anna.get("/api/v1/me/balance/entries").await.ok();
        assert_eq!((&entries["items"][0]["cause"], &entries["items"][0]["cause_id"]), (&json!("recharge"), &recharge["id"]));
        assert_eq!(floor.account(AccountKind::Marketing).await, 1_500);
        floor.adds_up().await;

        // Not for others, not what is off, not a free amount unless the shop says so.
        let bea = app.member("bea").await;
        bea.get(&format!("/api/v1/me/recharges/{}", id(&recharge))).await.refused(404, "recharge.not_found");
        let wish = async |body: Value, status: u16, code: &str| { bea.post_new("/api/v1/me/recharges", body).await.refused(status, code); };
        wish(json!({"plan_id": off["id"]}), 409, "recharge.not_offered").await;
        wish(json!({"plan_id": kernel::id::RechargePlanId::new()}), 404, "recharge.plan_not_found").await;
        wish(json!({"amount_fen": 700}), 409, "recharge.not_offered").await;
        wish(json!({}), 400, "validation.failed").await;
        wish(json!({"amount_fen": 0}), 400, "validation.failed").await;
        bea.post("/api/v1/me/recharges", json!({"amount_fen": 700})).await.refused(400, "idempotency.key_required");
        floor.settings(json!({"recharge_free_amount": true})).await;
        app.run_due_jobs().await;
        let free = bea.post_new("/api/v1/me/recharges", json!({"amount_fen": 700})).await.ok();
        assert_eq!((&free["gift_fen"], &free["plan_id"]), (&json!(0), &Value::Null));
        let changed = json!({"amount_fen": 20_000, "gift_fen": 0, "enabled": false, "position": 3});
        let changed = floor.keeper.put(&format!("/console/api/v1/recharge-plans/{}", plan["id"].as_str().unwrap()), changed).await.ok();
        assert_eq!((&changed["amount_fen"], &changed["enabled"]), (&json!(20_000), &json!(false)));
        assert_eq!(floor.keeper.get("/console/api/v1/recharge-plans").await.ok()["items"].as_array().unwrap().len(), 2);
        assert_eq!(floor.recharge(&anna, &recharge).await["amount_fen"], 10_000, "what was made stays as it was made");
    }
}

on_both! {
    async fn balance_of_both_parts_is_spent_and_refunded_in_proportion_beside_wechat_and_points(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 20).await;
        let anna = app.member("anna").await;
        let plan = floor.plan(2_000, 500).await;
        floor.recharges(&anna, &plan).await;
        floor.gives(&anna, 0, 1_000).await;
        let order = floor.orders_with(&anna, &[(&apples, 4)], 1_000, 400).await;
        assert_eq!(order["payable_fen"], 2_600);
        assert_eq!(has(&anna).await, (1_200, 300, 600), "principal and gift go in proportion");
        let order = floor.is_paid(&anna, &order).await;
        let mut back = (0, 0, 0, 0);
        for (amount, expected) in [(1, (1, 0, 0, 0)), (999, (721, 278, 56, 111)), (1_300, (939, 361, 72, 145))] {
            let part = json!({"lines": [{"line_id": line_of(&order), "amount_fen": amount}], "reason": "坏果"});
            let refund = floor.refunds(&order, part).await;
            let of = |name: &str| refund[name].as_i64().unwrap();
            let told = (of("wechat_fen"), of("balance_fen"), of("balance_gift_fen"), of("points_back"));
            assert_eq!(told, expected, "{amount}");
            back = (back.0 + told.0, back.1 + told.1, back.2 + told.2, back.3 + told.3);
        }
        let rest = floor.refunds(&order, json!({"all": true})).await;
        let of = |name: &str| rest[name].as_i64().unwrap();
        assert_eq!(
            (back.0 + of("wechat_fen"), back.1 + of("balance_fen"), back.2 + of("balance_gift_fen"), back.3 + of("points_back")),
            (2_600, 1_000, 200, 400),
            "each means got back exactly what it paid"
        );
        floor.refunds_arrive().await;
        assert_eq!(has(&anna).await, (2_000, 500, 1_000));
        for account in [AccountKind::Revenue, AccountKind::LeaderPending, AccountKind::MemberPayable, AccountKind::MemberHeld] {
            assert_eq!(floor.account(account).await, 0, "{account:?}");
        }
        assert_eq!(floor.seen(&anna, &order).await["status"], "closed");
        floor.adds_up().await;
    }
}

on_both! {
    async fn unspent_principal_goes_back_to_where_it_was_paid_and_takes_its_gift_along(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(600, 20).await;
        let anna = app.member("anna").await;
        let recharge = floor.recharges(&anna, &floor.plan(2_000, 400).await).await;
        let path = format!("/console/api/v1/recharges/{}/refunds", id(&recharge));
        let half = json!({"amount_fen": 500, "reason": "会员申请退还"});
        let (first, again) = (floor.keeper.post_once("k", &path, half.clone()).await, floor.keeper.post_once("k", &path, half).await);
        assert_eq!((first.status, &first.bytes), (201, &again.bytes));
        let refund = first.ok();
        assert_eq!((&refund["cause"], &refund["wechat_fen"], &refund["recharge_id"], &refund["order_id"]), (&json!("recharge"), &json!(500), &recharge["id"], &Value::Null));
        assert_eq!(has(&anna).await, (1_500, 300, 0));
        assert_eq!(floor.account(AccountKind::MemberPayable).await, -500);
        floor.refunds_arrive().await;
        assert_eq!(floor.account(AccountKind::MemberPayable).await, 0);
        floor.adds_up().await;

        floor.orders_with(&anna, &[(&apples, 2)], 1_200, 0).await;
        assert_eq!(has(&anna).await, (500, 100, 0));
        floor.keeper.post_new(&path, json!({"amount_fen": 501, "reason": "x"})).await.refused(409, "refund.too_much");
        floor.keeper.post_new(&path, json!({"reason": ""})).await.refused(400, "validation.failed");
        floor.keeper.post(&path, json!({"reason": "x"})).await.refused(400, "idempotency.key_required");
        let rest = floor.keeper.post_new(&path, json!({"reason": "销户"})).await.ok();
        assert_eq!(rest["wechat_fen"], 500);
        assert_eq!(has(&anna).await, (0, 0, 0));
        floor.refunds_arrive().await;
        floor.keeper.post_new(&path, json!({"reason": "x"})).await.refused(409, "refund.too_much");
        let seen = floor.recharge(&anna, &recharge).await;
        assert_eq!((&seen["refunded_fen"], &seen["gift_back_fen"]), (&json!(1_000), &json!(200)));
        let why = floor.keeper.get(&format!("/console/api/v1/explain/{}", id(&recharge))).await.ok();
        assert_eq!((&why["kind"], &why["amount_fen"]), (&json!("recharge"), &json!(1_200)));
        let parts: Vec<_> = why["parts"].as_array().unwrap().iter().map(|part| part["amount_fen"].as_i64().unwrap()).collect();
        assert_eq!(parts, [2_000, 400, -1_000, -200]);
        assert_eq!(floor.account(AccountKind::Marketing).await, 200, "what was spent of the gift stays a cost");
        let unpaid = floor.wants_recharge(&anna, &floor.plan(100, 0).await).await;
        let path = format!("/console/api/v1/recharges/{}/refunds", id(&unpaid));
        floor.keeper.post_new(&path, json!({"reason": "x"})).await.refused(409, "recharge.wrong_state");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_recharge_that_nobody_pays_is_closed_and_one_paid_late_goes_back(app: TestApp) {
        let floor = Floor::open(app).await;
        let anna = app.member("anna").await;
        let plan = floor.plan(1_000, 100).await;
        let never = floor.wants_recharge(&anna, &plan).await;
        // Paid and not told: WeChat is asked before anything is closed.
        let unheard = floor.wants_recharge(&anna, &plan).await;
        floor.pays_recharge_unheard(&anna, &unheard).await;
        let lost = floor.wants_recharge(&anna, &plan).await;
        let trouble = |fault: Value| app.wechat().add_fault(serde_json::from_value(fault).unwrap());
        trouble(json!({"path_prefix": "/v3/pay/transactions/jsapi", "status": 500, "times": 3, "after_effect": true}));
        anna.post(&format!("/api/v1/me/recharges/{}/payment", id(&lost)), json!({})).await.refused(503, "payment.unavailable");
        app.wechat().clear_faults();
        app.advance(1_000);
        app.run_due_jobs().await;
        assert_eq!(floor.recharge(&anna, &never).await["state"], "closed");
        assert_eq!(floor.recharge(&anna, &unheard).await["state"], "paid");
        assert_eq!(floor.recharge(&anna, &lost).await["state"], "closed");
        let path = format!("/api/v1/me/recharges/{}/payment", id(&never));
        anna.post(&path, json!({})).await.refused(409, "recharge.wrong_state");
        assert_eq!(has(&anna).await, (1_000, 100, 0));
        floor.adds_up().await;

        // WeChat closes only what it knows: here the close itself is lost, and the money comes late.
        let late = floor.wants_recharge(&anna, &plan).await;
        trouble(json!({"path_prefix": "/v3/pay/transactions/jsapi", "status": 500, "times": 3, "after_effect": true}));
        anna.post(&format!("/api/v1/me/recharges/{}/payment", id(&late)), json!({})).await.refused(503, "payment.unavailable");
        trouble(json!({"path_prefix": "/v3/pay/transactions/out-trade-no", "method": "GET", "status": 404, "times": 1}));
        app.advance(1_000);
        app.run_due_jobs().await;
        assert_eq!(floor.recharge(&anna, &late).await["state"], "closed");
        let open: Vec<_> = app.wechat().orders().into_iter().filter(|order| order.trade_state == "NOTPAY").collect();
        assert_eq!(open.len(), 1);
        app.wechat().pays(open[0].out_trade_no.as_str()).unwrap();
        for _ in 0..3 {
            assert_eq!(floor.hears(&open[0].out_trade_no).await, 204);
        }
        assert_eq!(has(&anna).await, (1_000, 100, 0), "a closed recharge gives no balance");
        assert_eq!(floor.account(AccountKind::MemberPayable).await, -1_000);
        floor.refunds_arrive().await;
        assert_eq!(app.wechat().refunds().len(), 1);
        assert_eq!(floor.account(AccountKind::MemberPayable).await, 0);
        floor.adds_up().await;
    }
}

on_both! {
    async fn the_ceiling_holds_when_a_recharge_is_made_and_when_it_is_paid(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"member_balance_max_fen": 2_500})).await;
        app.run_due_jobs().await;
        let anna = app.member("anna").await;
        let plan = floor.plan(1_500, 100).await;
        let first = floor.wants_recharge(&anna, &plan).await;
        let second = floor.wants_recharge(&anna, &plan).await;
        let numbers = [floor.pays_recharge_unheard(&anna, &first).await, floor.pays_recharge_unheard(&anna, &second).await];
        for number in &numbers {
            assert_eq!(floor.hears(number).await, 204);
        }
        assert_eq!(has(&anna).await, (1_500, 100, 0), "the second would have passed the ceiling");
        assert_eq!(floor.recharge(&anna, &second).await["state"], "closed");
        let refused = anna.post_new("/api/v1/me/recharges", json!({"plan_id": plan["id"]})).await.refused(409, "balance.above_ceiling");
        assert_eq!(refused["extra"]["member_balance_max_fen"], 2_500);
        floor.refunds_arrive().await;
        let refunds = app.wechat().refunds();
        assert_eq!((refunds.len(), &refunds[0]["amount"]["refund"]), (1, &json!(1_500)));
        floor.adds_up().await;
    }
}

on_both! {
    async fn of_two_recharges_paid_at_the_same_moment_the_one_above_the_ceiling_goes_back(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"member_balance_max_fen": 5_000})).await;
        app.run_due_jobs().await;
        let plan = floor.plan(3_000, 0).await;
        let mut back = 0;
        for n in 0..8 {
            let who = app.member(&format!("member{n}")).await;
            // Half of them have no balance at all until then, and half have some of the other part.
            let given = if n % 2 == 0 { 0 } else { 100 };
            if given > 0 {
                floor.gives(&who, given, 0).await;
            }
            let both = [floor.wants_recharge(&who, &plan).await, floor.wants_recharge(&who, &plan).await];
            let first = floor.pays_recharge_unheard(&who, &both[0]).await;
            let second = floor.pays_recharge_unheard(&who, &both[1]).await;
            assert_eq!(join(floor.hears(&first), floor.hears(&second)).await, (204, 204));
            assert_eq!(has(&who).await, (3_000, given, 0), "round {n}: one of the two");
            let mut states = Vec::new();
            for recharge in &both {
                states.push(floor.recharge(&who, recharge).await["state"].as_str().unwrap().to_owned());
            }
            states.sort();
            assert_eq!(states, ["closed", "paid"], "round {n}");
            back += 1;
            assert_eq!(floor.account(AccountKind::MemberPayable).await, -3_000 * back);
        }
        floor.refunds_arrive().await;
        assert_eq!(app.wechat().refunds().len() as i64, back);
        assert_eq!(floor.account(AccountKind::MemberPayable).await, 0);
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_gift_and_a_recharge_at_the_same_moment_stay_below_the_ceiling_together(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"member_balance_max_fen": 5_000})).await;
        app.run_due_jobs().await;
        let plan = floor.plan(3_000, 0).await;
        for n in 0..6 {
            let who = app.member(&format!("member{n}")).await;
            let recharge = floor.wants_recharge(&who, &plan).await;
            let number = floor.pays_recharge_unheard(&who, &recharge).await;
            let path = format!("/console/api/v1/members/{}/balance/adjustments", who.id());
            let giving = floor.keeper.post_new(&path, json!({"gift_fen": 3_000, "reason": "补偿"}));
            let (given, heard) = join(giving, floor.hears(&number)).await;
            assert_eq!(heard, 204);
            let state = floor.recharge(&who, &recharge).await["state"].clone();
            if given.status == 201 {
                assert_eq!((has(&who).await, state), ((0, 3_000, 0), json!("closed")), "round {n}");
            } else {
                given.refused(409, "balance.above_ceiling");
                assert_eq!((has(&who).await, state), ((3_000, 0, 0), json!("paid")), "round {n}");
            }
        }
        floor.refunds_arrive().await;
        floor.adds_up().await;
    }
}

/// A disagreement, how it is mended, and what the books say of it.
const PLANTED: [(&str, &str, &str); 8] = [
    (
        "UPDATE orders SET balance_fen = balance_fen + 1 WHERE status = 'pending_payment'",
        "UPDATE orders SET balance_fen = balance_fen - 1 WHERE status = 'pending_payment'",
        "held of a member's balance",
    ),
    (
        "UPDATE orders SET points_used = points_used + 1 WHERE status = 'pending_payment'",
        "UPDATE orders SET points_used = points_used - 1 WHERE status = 'pending_payment'",
        "held of a member's points",
    ),
    (
        "UPDATE recharges SET gift_fen = gift_fen + 1",
        "UPDATE recharges SET gift_fen = gift_fen - 1",
        "a member's gifts",
    ),
    (
        "UPDATE recharges SET amount_fen = amount_fen + 1",
        "UPDATE recharges SET amount_fen = amount_fen - 1",
        "a recharge is not booked once",
    ),
    (
        "UPDATE balance_adjustments SET points = points + 1",
        "UPDATE balance_adjustments SET points = points - 1",
        "an adjustment is not booked once",
    ),
    (
        "UPDATE refunds SET balance_gift_fen = balance_gift_fen + 1",
        "UPDATE refunds SET balance_gift_fen = balance_gift_fen - 1",
        "a member's gifts",
    ),
    (
        "UPDATE refunds SET points_back = points_back + 1",
        "UPDATE refunds SET points_back = points_back - 1",
        "a member's points",
    ),
    (
        "UPDATE refunds SET balance_fen = balance_fen + 1",
        "UPDATE refunds SET balance_fen = balance_fen - 1",
        "a refund is not the sum of its means",
    ),
];

on_both! {
    async fn every_disagreement_about_members_money_is_found(app: TestApp) {
        use sea_orm::ConnectionTrait;
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 20).await;
        let anna = app.member("anna").await;
        floor.recharges(&anna, &floor.plan(2_000, 500).await).await;
        floor.gives(&anna, 0, 500).await;
        floor.orders_with(&anna, &[(&apples, 1)], 300, 100).await;
        let order = floor.orders_with(&anna, &[(&apples, 1)], 400, 100).await;
        let order = floor.is_paid(&anna, &order).await;
        floor.refunds(&order, json!({"lines": [{"line_id": line_of(&order), "amount_fen": 500}]})).await;
        floor.refunds_arrive().await;
        let found = async || {
            let report = tuanqiao::flows::verify_books::verify(&app.app, &app.shop()).await.unwrap();
            report.faults.into_iter().map(|fault| fault.what).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        assert_eq!(found().await, none);
        let conn = app.app.db.maintenance();
        for (plant, undo, what) in PLANTED {
            assert!(conn.execute_unprepared(plant).await.unwrap().rows_affected() > 0, "{plant}");
            let faults = found().await;
            assert!(faults.iter().any(|fault| fault.contains(what)), "{plant}: {faults:?}");
            conn.execute_unprepared(undo).await.unwrap();
            assert_eq!(found().await, none, "after {undo}");
        }
    }
}
