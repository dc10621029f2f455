//! Balance and points: given by operators, held by orders, spent, and given back by every road.

use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;

use crate::shop_floor::{Floor, Ware, id, line_of};
use crate::shopper::Client;

impl Floor<'_> {
    /// An operator gives a member balance and points.
    pub async fn gives(&self, who: &Client, gift_fen: i64, points: i64) -> Value {
        let path = format!("/console/api/v1/members/{}/balance/adjustments", who.id());
        self.keeper.post_new(&path, json!({"gift_fen": gift_fen, "points": points, "reason": "新人礼"})).await.ok()
    }

    /// Orders, paying a part by balance and points.
    pub async fn orders_with(&self, who: &Client, lines: &[(&Ware, i64)], balance_fen: i64, points: i64) -> Value {
        let mut wish = self.basket(lines);
        wish["balance_fen"] = json!(balance_fen);
        wish["points"] = json!(points);
        who.post_new("/api/v1/orders", wish).await.ok()
    }

    /// The order is paid by WeChat and the shop hears of it.
    pub async fn is_paid(&self, who: &Client, order: &Value) -> Value {
        let number = self.pays_unheard(who, order).await;
        assert_eq!(self.hears(&number).await, 204);
        self.seen(who, order).await
    }
}

/// Principal, gift and points of a member.
pub async fn has(who: &Client) -> (i64, i64, i64) {
    let seen = who.get("/api/v1/me/balance").await.ok();
    let of = |name: &str| seen[name].as_i64().unwrap();
    assert_eq!(of("balance_fen"), of("principal_fen") + of("gift_fen"));
    (of("principal_fen"), of("gift_fen"), of("points"))
}

on_both! {
    async fn an_operator_adjusts_with_a_reason_and_the_member_sees_why(app: TestApp) {
        let floor = Floor::open(app).await;
        let anna = app.member("anna").await;
        assert_eq!(has(&anna).await, (0, 0, 0));
        let path = format!("/console/api/v1/members/{}/balance/adjustments", anna.id());
        let body = json!({"gift_fen": 500, "points": 30, "reason": "售后补偿"});
        let (first, again) = (floor.keeper.post_once("k", &path, body.clone()).await, floor.keeper.post_once("k", &path, body.clone()).await);
        assert_eq!((first.status, &first.bytes), (201, &again.bytes));
        let why = floor.keeper.get(&format!("/console/api/v1/explain/{}", first.body["id"].as_str().unwrap())).await.ok();
        assert_eq!((&why["kind"], &why["amount_fen"], &why["parts"][0]["rule"]), (&json!("adjustment"), &json!(500), &json!("售后补偿")));
        assert_eq!(first.body["balance"], json!({"balance_fen": 500, "principal_fen": 0, "gift_fen": 500, "points": 30}));
        assert_eq!(has(&anna).await, (0, 500, 30));
        let less = json!({"gift_fen": -200, "reason": "录错了"});
        floor.keeper.post_new(&path, less).await.ok();
        assert_eq!(has(&anna).await, (0, 300, 30));

        let entries = anna.get("/api/v1/me/balance/entries").await.ok()["items"].clone();
        let told: Vec<_> = entries.as_array().unwrap().iter().map(|e| (e["part"].clone(), e["amount"].clone(), e["note"].clone())).collect();
        assert_eq!(told[0], (json!("gift"), json!(-200), json!("录错了")));
        assert_eq!(told.len(), 3);
        assert_eq!((&entries[1]["cause"], &entries[1]["cause_id"]), (&json!("adjustment"), &first.body["id"]));
        let by_pages = anna.get("/api/v1/me/balance/entries?limit=1").await.ok();
        let next = by_pages["next_cursor"].as_str().unwrap();
        let next = anna.get(&format!("/api/v1/me/balance/entries?limit=2&cursor={next}")).await.ok();
        assert_eq!(next["items"].as_array().unwrap().len(), 2);
        let seen = floor.keeper.get(&format!("/console/api/v1/members/{}/balance/entries", anna.id())).await.ok();
        assert_eq!(seen["items"], entries);
        let seen = floor.keeper.get(&format!("/console/api/v1/members/{}/balance", anna.id())).await.ok();
        assert_eq!(seen["gift_fen"], 300);

        let refused = async |body: Value, status: u16, code: &str| { floor.keeper.post_new(&path, body).await.refused(status, code); };
        refused(json!({"gift_fen": -301, "reason": "x"}), 409, "balance.not_enough").await;
        refused(json!({"gift_fen": 100, "points": -31, "reason": "x"}), 409, "points.not_enough").await;
        refused(json!({"gift_fen": 500_000, "reason": "x"}), 409, "balance.above_ceiling").await;
        refused(json!({"reason": "x"}), 400, "validation.failed").await;
        refused(json!({"gift_fen": 1, "reason": ""}), 400, "validation.failed").await;
        refused(json!({"gift_fen": 100_000_001, "reason": "x"}), 400, "validation.failed").await;
        floor.keeper.post(&path, body).await.refused(400, "idempotency.key_required");
        let nobody = format!("/console/api/v1/members/{}/balance", kernel::id::MemberId::new());
        floor.keeper.get(&nobody).await.refused(404, "not_found");
        floor.keeper.post_new(&format!("{nobody}/adjustments"), json!({"points": 1, "reason": "x"})).await.refused(404, "not_found");
        assert_eq!(has(&anna).await, (0, 300, 30), "what is refused changes nothing");
        assert_eq!(floor.account(AccountKind::Marketing).await, 300);
        floor.adds_up().await;
    }
}

on_both! {
    async fn balance_pays_a_part_and_every_refund_goes_back_to_where_the_money_came_from(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        floor.gives(&anna, 1_500, 0).await;
        let mut wish = floor.basket(&[(&apples, 3)]);
        wish["balance_fen"] = json!(1_000);
        let quote = anna.post("/api/v1/checkout/quote", wish.clone()).await.ok();
        assert_eq!((&quote["balance_fen"], &quote["payable_fen"]), (&json!(1_000), &json!(2_000)));
        wish["quote_token"] = quote["quote_token"].clone();
        let order = anna.post_new("/api/v1/orders", wish).await.ok();
        assert_eq!((&order["balance_fen"], &order["payable_fen"], &order["status"]), (&json!(1_000), &json!(2_000), &json!("pending_payment")));
        assert_eq!(has(&anna).await, (0, 500, 0));
        assert_eq!(floor.account(AccountKind::MemberHeld).await, -1_000);
        floor.adds_up().await;

        let paid = floor.is_paid(&anna, &order).await;
        assert_eq!(paid["status"], "paid");
        assert_eq!(floor.account(AccountKind::MemberHeld).await, 0);
        assert_eq!(floor.account(AccountKind::LeaderPending).await, -300, "the leader earns on all of it");
        assert_eq!(floor.account(AccountKind::Revenue).await, -2_700);

        let half = json!({"lines": [{"line_id": line_of(&order), "amount_fen": 500}], "reason": "坏果"});
        let seen = floor.keeper.post(&format!("/console/api/v1/orders/{}/refunds/preview", id(&order)), half.clone()).await.ok();
        assert_eq!((&seen["wechat_fen"], &seen["balance_fen"]), (&json!(333), &json!(167)));
        let refund = floor.refunds(&order, half).await;
        assert_eq!((&refund["wechat_fen"], &refund["balance_fen"], &refund["balance_gift_fen"]), (&json!(333), &json!(167), &json!(167)));
        assert_eq!(has(&anna).await, (0, 667, 0), "balance is there at once");
        let rest = floor.refunds(&order, json!({"all": true})).await;
        assert_eq!((&rest["wechat_fen"], &rest["balance_fen"]), (&json!(1_667), &json!(833)));
        floor.refunds_arrive().await;
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], &seen["refunded_fen"], &seen["refund_status"]), (&json!("closed"), &json!(3_000), &json!("full")));
        assert_eq!(has(&anna).await, (0, 1_500, 0));
        for account in [AccountKind::LeaderPending, AccountKind::Revenue, AccountKind::MemberPayable, AccountKind::MemberHeld] {
            assert_eq!(floor.account(account).await, 0, "{account:?}");
        }
        floor.adds_up().await;
    }
}

on_both! {
    async fn an_order_paid_whole_by_balance_needs_no_wechat_and_its_refund_is_done_at_once(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        floor.gives(&anna, 5_000, 0).await;
        let order = floor.orders_with(&anna, &[(&apples, 2)], 4_000, 0).await;
        assert_eq!((&order["status"], &order["balance_fen"], &order["payable_fen"]), (&json!("paid"), &json!(2_000), &json!(0)), "no more is taken than there is to pay");
        anna.post(&format!("/api/v1/orders/{}/payment", id(&order)), json!({})).await.refused(409, "payment.not_needed");
        assert_eq!(has(&anna).await, (0, 3_000, 0));
        let one = floor.refunds(&order, json!({"lines": [{"line_id": line_of(&order), "quantity": 1}]})).await;
        assert_eq!((&one["state"], &one["wechat_fen"], &one["balance_fen"]), (&json!("succeeded"), &json!(0), &json!(1_000)));
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["refund_status"], &seen["refunded_fen"]), (&json!("partial"), &json!(1_000)));
        anna.post_new(&format!("/api/v1/orders/{}/cancel", id(&order)), json!({})).await.ok();
        assert_eq!(floor.seen(&anna, &order).await["status"], "closed");
        assert_eq!(has(&anna).await, (0, 5_000, 0));
        let purse = app.wechat().purse(&app.keys().merchant.mchid);
        assert_eq!((purse.paid, purse.refunded), (0, 0));
        floor.adds_up().await;
    }
}

on_both! {
    async fn what_an_unpaid_order_held_comes_back_once_when_it_closes(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 20).await;
        let anna = app.member("anna").await;
        floor.gives(&anna, 2_000, 1_000).await;
        let cancelled = floor.orders_with(&anna, &[(&apples, 1)], 300, 100).await;
        let timed_out = floor.orders_with(&anna, &[(&apples, 2)], 700, 400).await;
        assert_eq!((&timed_out["points_used"], &timed_out["points_fen"], &timed_out["payable_fen"]), (&json!(400), &json!(400), &json!(900)));
        assert_eq!(has(&anna).await, (0, 1_000, 500));
        let path = format!("/api/v1/orders/{}/cancel", id(&cancelled));
        anna.post_new(&path, json!({})).await.ok();
        anna.post_new(&path, json!({})).await.refused(409, "order.wrong_state");
        assert_eq!(has(&anna).await, (0, 1_300, 600));

        // It is paid after it was closed: WeChat's money alone goes back, since the rest is back already.
        let trouble = |fault: Value| app.wechat().add_fault(serde_json::from_value(fault).unwrap());
        trouble(json!({"path_prefix": "/v3/pay/transactions/jsapi", "status": 500, "times": 3, "after_effect": true}));
        anna.post(&format!("/api/v1/orders/{}/payment", id(&timed_out)), json!({})).await.refused(503, "payment.unavailable");
        trouble(json!({"path_prefix": "/v3/pay/transactions/out-trade-no", "method": "GET", "status": 404, "times": 1}));
        app.advance(1_000);
        app.run_due_jobs().await;
        assert_eq!(floor.seen(&anna, &timed_out).await["closed_reason"], "timed_out");
        assert_eq!(has(&anna).await, (0, 2_000, 1_000));
        let number = floor.number_of(&timed_out).await;
        app.wechat().pays(number.as_str()).unwrap();
        for _ in 0..3 {
            assert_eq!(floor.hears(&number).await, 204);
        }
        floor.refunds_arrive().await;
        let seen = floor.seen(&anna, &timed_out).await;
        assert_eq!((&seen["refund_status"], &seen["refunded_fen"]), (&json!("full"), &json!(900)));
        assert_eq!(has(&anna).await, (0, 2_000, 1_000));
        floor.adds_up().await;
    }
}

on_both! {
    async fn two_orders_at_once_never_spend_the_same_balance(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 50).await;
        let anna = app.member("anna").await;
        floor.gives(&anna, 1_500, 300).await;
        let mut wish = floor.basket(&[(&apples, 1)]);
        wish["balance_fen"] = json!(800);
        wish["points"] = json!(200);
        let tries = (0..6).map(|_| anna.post_new("/api/v1/orders", wish.clone()));
        let answers = futures::future::join_all(tries).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(made, 1, "{:?}", answers.iter().map(|a| (a.status, a.code().to_owned())).collect::<Vec<_>>());
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            assert!(["balance.not_enough", "points.not_enough"].contains(&answer.code()), "{}", answer.text());
        }
        assert_eq!(has(&anna).await, (0, 700, 100));
        floor.adds_up().await;
    }
}

on_both! {
    async fn points_pay_up_to_the_cap_and_come_back_in_proportion(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 20).await;
        let anna = app.member("anna").await;
        floor.gives(&anna, 500, 5_000).await;
        let mut wish = floor.basket(&[(&apples, 3)]);
        wish["points"] = json!(601);
        let refusal = anna.post("/api/v1/checkout/quote", wish).await.refused(409, "points.not_enough");
        assert_eq!(refusal["extra"]["points_max"], 600, "{refusal}");
        let order = floor.orders_with(&anna, &[(&apples, 3)], 400, 600).await;
        assert_eq!((&order["points_fen"], &order["balance_fen"], &order["payable_fen"]), (&json!(600), &json!(400), &json!(2_000)));
        let order = floor.is_paid(&anna, &order).await;
        assert_eq!(floor.account(AccountKind::Marketing).await, 500 + 600, "the gift, and what the points paid");
        assert_eq!(floor.account(AccountKind::Revenue).await, -2_700);
        assert_eq!(floor.account(AccountKind::PointsHeld).await, 0);
        let one = floor.refunds(&order, json!({"lines": [{"line_id": line_of(&order), "quantity": 1}]})).await;
        assert_eq!((&one["amount_fen"], &one["wechat_fen"], &one["balance_fen"], &one["points_back"]), (&json!(800), &json!(667), &json!(133), &json!(200)));
        assert_eq!(has(&anna).await, (0, 233, 4_600));
        assert_eq!(floor.account(AccountKind::Marketing).await, 500 + 400);
        floor.adds_up().await;
        let rest = floor.refunds(&order, json!({"all": true})).await;
        assert_eq!((&rest["wechat_fen"], &rest["balance_fen"], &rest["points_back"]), (&json!(1_333), &json!(267), &json!(400)));
        floor.refunds_arrive().await;
        assert_eq!(has(&anna).await, (0, 500, 5_000));
        for account in [AccountKind::LeaderPending, AccountKind::Revenue] {
            assert_eq!(floor.account(account).await, 0, "{account:?}");
        }
        assert_eq!(floor.seen(&anna, &order).await["status"], "closed");
        floor.adds_up().await;
    }
}

on_both! {
    async fn points_are_earned_once_when_the_windows_have_ended_and_taken_back_by_refunds(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"points_earn_per_yuan": 2, "after_sale_window_s": 3_600})).await;
        let apples = floor.goods(1_050, 20).await;
        let anna = app.member("anna").await;
        floor.gives(&anna, 1_000, 0).await;
        let order = floor.orders_with(&anna, &[(&apples, 4)], 1_000, 0).await;
        let order = floor.is_paid(&anna, &order).await;
        let money = |amount: i64| json!({"lines": [{"line_id": line_of(&order), "amount_fen": amount}], "reason": "坏果"});
        floor.refunds(&order, money(420)).await;
        floor.refunds_arrive().await;
        assert_eq!(has(&anna).await, (0, 100, 0), "nothing is earned before the windows have ended");
        let path = format!("/console/api/v1/orders/{}", id(&order));
        floor.keeper.post_new(&format!("{path}/ship"), json!({})).await.ok();
        floor.keeper.post_new(&format!("{path}/arrive"), json!({})).await.ok();
        let code = anna.get(&format!("/api/v1/orders/{}/pickup-code", id(&order))).await.ok()["code"].clone();
        floor.leader.post_new("/api/v1/leader/redemptions", json!({"code": code})).await.ok();
        app.advance(4_000);
        app.run_due_jobs().await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "completed");
        // Of 3200 fen by WeChat 320 went back: 2880 fen are 28 whole yuan.
        assert_eq!(has(&anna).await, (0, 100, 56));
        app.run_due_jobs().await;
        assert_eq!(has(&anna).await.2, 56, "once");
        floor.gives(&anna, 0, -50).await;

        floor.refunds(&order, money(1_890)).await;
        // Half of the money that earned them is back, so half of the points are the shop's again.
        assert_eq!(has(&anna).await.2, 6 - 28);
        floor.refunds(&order, json!({"all": true})).await;
        assert_eq!(has(&anna).await.2, 6 - 56, "what was spent meanwhile is owed");
        floor.refunds_arrive().await;
        floor.adds_up().await;
        assert_eq!(floor.account(AccountKind::Points).await, 50, "fifty were taken away by the operator");
    }
}

on_both! {
    async fn a_leader_withdraws_into_his_own_balance_and_spends_it(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"withdraw_fee_bp": 100})).await;
        let apples = floor.goods(10_000, 20).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 1)]).await;
        let path = format!("/console/api/v1/orders/{}", id(&order));
        floor.keeper.post_new(&format!("{path}/ship"), json!({})).await.ok();
        floor.keeper.post_new(&format!("{path}/arrive"), json!({})).await.ok();
        let code = anna.get(&format!("/api/v1/orders/{}/pickup-code", id(&order))).await.ok()["code"].clone();
        floor.leader.post_new("/api/v1/leader/redemptions", json!({"code": code})).await.ok();
        app.advance(8 * 86_400);
        app.run_due_jobs().await;
        let wish = |amount: i64| json!({"amount_fen": amount, "channel": "balance"});
        floor.leader.post_new("/api/v1/leader/withdrawals", wish(1_001)).await.refused(409, "funds.not_enough");
        let paid = floor.leader.post_new("/api/v1/leader/withdrawals", wish(800)).await.ok();
        assert_eq!((&paid["state"], &paid["fee_fen"], &paid["net_fen"]), (&json!("paid"), &json!(8), &json!(792)));
        assert_eq!(has(&floor.leader).await, (792, 0, 0));
        assert_eq!(floor.account(AccountKind::MerchantCash).await, 0, "no money left the shop");
        let entries = floor.leader.get("/api/v1/me/balance/entries").await.ok();
        assert_eq!((&entries["items"][0]["cause"], &entries["items"][0]["cause_id"]), (&json!("withdrawal_paid"), &paid["id"]));
        floor.settings(json!({"member_balance_max_fen": 900})).await;
        app.run_due_jobs().await;
        floor.leader.post_new("/api/v1/leader/withdrawals", wish(200)).await.refused(409, "balance.above_ceiling");
        let pears = floor.goods(792, 20).await;
        let own = floor.orders_with(&floor.leader, &[(&pears, 1)], 792, 0).await;
        assert_eq!(own["status"], "paid");
        floor.adds_up().await;
    }
}
