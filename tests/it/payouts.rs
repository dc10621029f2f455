//! Leaders ask for money and get it, or have it again.

use sandbox::Fault;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use tuanqiao::areas::leaders::entity::leader;
use tuanqiao::areas::leaders::state::LeaderState;
use tuanqiao::areas::ledger::state::AccountKind;

const WITHDRAWALS: &str = "/api/v1/leader/withdrawals";
const BILLS: &str = "/v3/fund-app/mch-transfer/transfer-bills";

/// A fault that strikes the next creation of a transfer.
fn creation(fault: impl FnOnce(&mut Fault)) -> Fault {
    let mut made: Fault = serde_json::from_value(json!({"path_prefix": BILLS, "method": "POST"})).unwrap();
    fault(&mut made);
    made
}

on_both! {
    async fn a_confirmed_withdrawal_is_paid_once_less_its_fee(app: TestApp) {
        app.shop_says("[settings]\nwithdraw_fee_bp = 60\n").await;
        let anna = app.leader_with("anna", 10_000).await;
        let body = json!({"amount_fen": 5_000, "channel": "wechat_transfer"});
        let asked = anna.client.post_once("once", WITHDRAWALS, body.clone()).await;
        assert_eq!(asked.status, 201, "{}", asked.text());
        let again = anna.client.post_once("once", WITHDRAWALS, body).await;
        assert_eq!(asked.bytes, again.bytes);
        let asked = asked.ok();
        assert_eq!(asked["state"], "approved");
        assert_eq!((&asked["fee_fen"], &asked["net_fen"]), (&json!(30), &json!(4_970)));
        assert_eq!(app.funds(anna.id).await, (5_000, 5_000));

        app.run_due_jobs().await;
        let waiting = anna.sees(&asked).await;
        assert_eq!((&waiting["state"], &waiting["transfer_state"]), (&json!("paying"), &json!("waiting_for_user")));
        let transfer = app.wechat().transfers().remove(0);
        assert_eq!(waiting["confirmation"]["package_info"], transfer.package_info);
        assert_eq!(waiting["confirmation"]["mch_id"], app.keys().merchant.mchid);
        assert_eq!(waiting["confirmation"]["app_id"], app.shop().appid);
        assert_eq!(transfer.amount, 4_970);
        let listed = anna.client.get(WITHDRAWALS).await;
        assert!(!listed.text().contains("package_info"), "a list opens no confirmation");
        assert_eq!(listed.ok()["items"].as_array().unwrap().len(), 1);

        assert!(app.wechat().confirms_transfer(&transfer.out_bill_no));
        for _ in 0..3 {
            let notice = app.wechat().notice_about(&transfer.out_bill_no).unwrap();
            app.wechat().post_notice(notice).await;
        }
        app.payouts_go_on().await;
        let paid = anna.sees(&asked).await;
        assert_eq!((&paid["state"], &paid["confirmation"]), (&json!("paid"), &json!(null)));
        assert_eq!(app.funds(anna.id).await, (5_000, 0));
        assert_eq!(app.account(AccountKind::MerchantCash).await, -4_970);
        assert_eq!(app.account(AccountKind::Revenue).await, -30);
        app.books_are_clean().await;
    }
}

on_both! {
    async fn the_notice_alone_pays_a_withdrawal(app: TestApp) {
        let anna = app.leader_with("anna", 500).await;
        let asked = anna.withdraws(500).await.ok();
        app.run_due_jobs().await;
        let number = app.wechat().transfers().remove(0).out_bill_no;
        app.wechat().confirms_transfer(&number);
        let notices = (0..10).map(|_| app.wechat().notice_about(&number).unwrap());
        let posting = notices.map(|notice| app.wechat().post_notice(notice));
        futures::future::join_all(posting).await;
        assert_eq!(anna.sees(&asked).await["state"], "paid");
        assert_eq!(app.funds(anna.id).await, (0, 0));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn money_nobody_confirms_in_a_day_is_available_again(app: TestApp) {
        app.shop_says("[settings]\nwithdraw_daily_count = 1\n").await;
        let anna = app.leader_with("anna", 1_000).await;
        let asked = anna.withdraws(1_000).await.ok();
        app.run_due_jobs().await;
        assert_eq!(app.funds(anna.id).await, (0, 1_000));
        app.time_passes(86_401);
        app.payouts_go_on().await;
        let failed = anna.sees(&asked).await;
        assert_eq!((&failed["state"], &failed["reason"]), (&json!("failed"), &json!("OVERDUE_CLOSE")));
        assert_eq!(app.funds(anna.id).await, (1_000, 0));
        assert_eq!(app.wechat().transfers().len(), 1, "no second transfer by itself");
        anna.withdraws(1_000).await.ok();
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_lost_answer_is_asked_about_and_never_sent_under_another_number(app: TestApp) {
        let anna = app.leader_with("anna", 2_000).await;
        app.wechat().add_fault(creation(|fault| {
            fault.status = Some(500);
            fault.after_effect = true;
        }));
        let asked = anna.withdraws(1_000).await.ok();
        app.run_due_jobs().await;
        assert_eq!(anna.sees(&asked).await["transfer_state"], "processing");
        app.payouts_go_on().await;
        let waiting = anna.sees(&asked).await;
        assert_eq!(waiting["transfer_state"], "waiting_for_user");
        assert_eq!(app.wechat().transfers().len(), 1);
        let package = app.wechat().transfers().remove(0).package_info;
        assert_eq!(waiting["confirmation"]["package_info"], package, "no query gives it: the number is sent again");

        // Lost on the way there: the platform knows nothing, and the same number goes out again.
        app.wechat().add_fault(creation(|fault| fault.status = Some(500)));
        let asked = anna.withdraws(1_000).await.ok();
        app.run_due_jobs().await;
        assert_eq!(app.wechat().transfers().len(), 1);
        app.payouts_go_on().await;
        assert_eq!(anna.sees(&asked).await["transfer_state"], "waiting_for_user");
        assert_eq!(app.wechat().transfers().len(), 2);
        assert_eq!(app.funds(anna.id).await, (0, 2_000));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn what_the_platform_refuses_for_good_is_available_again(app: TestApp) {
        app.shop_says("[payout]\ntransfer_scene_report = []\n").await;
        let anna = app.leader_with("anna", 1_000).await;
        let asked = anna.withdraws(1_000).await.ok();
        app.run_due_jobs().await;
        let failed = anna.sees(&asked).await;
        assert_eq!(failed["state"], "failed");
        assert!(failed["reason"].as_str().unwrap().starts_with("PARAM_ERROR"), "{failed}");
        assert_eq!(app.funds(anna.id).await, (1_000, 0));

        // What an operator can mend at WeChat waits instead.
        app.shop_says("[payout]\ntransfer_scene_id = \"9999\"\n").await;
        let asked = anna.withdraws(1_000).await.ok();
        app.run_due_jobs().await;
        assert_eq!(anna.sees(&asked).await["state"], "paying");
        assert_eq!(app.funds(anna.id).await, (0, 1_000));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn an_operator_looks_at_large_withdrawals(app: TestApp) {
        app.shop_says("[settings]\nwithdraw_review_fen = 600\n").await;
        let (keeper, anna) = (app.operator().await, app.leader_with("anna", 2_000).await);
        assert_eq!(anna.withdraws(599).await.ok()["state"], "approved");
        let large = anna.withdraws(600).await.ok();
        assert_eq!(large["state"], "applied");
        let waiting = keeper.get("/console/api/v1/withdrawals?state=applied").await.ok();
        assert_eq!(waiting["items"][0]["id"], large["id"]);
        let of = |action: &str| format!("/console/api/v1/withdrawals/{}/{action}", large["id"].as_str().unwrap());
        keeper.post(&of("paid"), json!({"note": "bank"})).await.refused(409, "withdrawal.wrong_state");
        keeper.post(&of("reject"), json!({"reason": ""})).await.refused(400, "validation.failed");
        assert_eq!(keeper.post(&of("reject"), json!({"reason": "资料不全"})).await.ok()["state"], "rejected");
        keeper.post(&of("approve"), json!({})).await.refused(409, "withdrawal.wrong_state");
        let seen = anna.sees(&large).await;
        assert_eq!((&seen["state"], &seen["reason"]), (&json!("rejected"), &json!("资料不全")));
        assert_eq!(app.funds(anna.id).await, (1_401, 599));
        let granted = anna.withdraws(700).await.ok();
        let approve = format!("/console/api/v1/withdrawals/{}/approve", granted["id"].as_str().unwrap());
        let approved = keeper.post(&approve, json!({})).await.ok();
        assert_eq!((&approved["state"], &approved["transfer"]["state"]), (&json!("approved"), &json!("created")));
        keeper.post(&of("reject"), json!({"reason": "too late"})).await.refused(409, "withdrawal.wrong_state");
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_shop_that_pays_by_hand_notes_it(app: TestApp) {
        app.shop_says("[payout]\nmode = \"manual\"\n").await;
        let (keeper, anna) = (app.operator().await, app.leader_with("anna", 2_000).await);
        anna.withdraws(500).await.refused(422, "withdrawal.channel_not_offered");
        let body = json!({"amount_fen": 500, "channel": "manual"});
        let first = anna.client.post_new(WITHDRAWALS, body.clone()).await.ok();
        let second = anna.client.post_new(WITHDRAWALS, body).await.ok();
        app.run_due_jobs().await;
        assert!(app.wechat().transfers().is_empty());
        let of = |row: &serde_json::Value, action: &str| {
            format!("/console/api/v1/withdrawals/{}/{action}", row["id"].as_str().unwrap())
        };
        assert_eq!(keeper.post(&of(&first, "paid"), json!({"note": "bank 17"})).await.ok()["state"], "paid");
        keeper.post(&of(&first, "paid"), json!({"note": "again"})).await.refused(409, "withdrawal.wrong_state");
        assert_eq!(keeper.post(&of(&second, "reject"), json!({"reason": "wrong bank"})).await.ok()["state"], "rejected");
        assert_eq!(app.funds(anna.id).await, (1_500, 0));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn two_withdrawals_of_the_whole_balance_are_one(app: TestApp) {
        let anna = app.leader_with("anna", 3_000).await;
        let answers = futures::future::join_all((0..4).map(|_| anna.withdraws(3_000))).await;
        let granted = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(granted, 1, "{answers:?}");
        for answer in answers.into_iter().filter(|answer| answer.status != 201) {
            answer.refused(409, "funds.not_enough");
        }
        assert_eq!(app.funds(anna.id).await, (0, 3_000));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn daily_limits_hold_however_many_ask_at_once(app: TestApp) {
        app.shop_says("[settings]\nwithdraw_daily_count = 2\nwithdraw_daily_fen = 1000\n").await;
        let anna = app.leader_with("anna", 100_000).await;
        let answers = futures::future::join_all((0..6).map(|_| anna.withdraws(400))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 2);
        let refused = answers.into_iter().find(|answer| answer.status != 201).unwrap();
        let problem = refused.refused(409, "withdrawal.daily_limit");
        assert_eq!(problem["extra"], json!({"daily_count": 2, "daily_fen": 1000}));
        assert_eq!(app.funds(anna.id).await, (99_200, 800));
        let ben = app.leader_with("ben", 100_000).await;
        let answers = futures::future::join_all((0..4).map(|_| ben.withdraws(600))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "the sum is a limit too");
        app.time_passes(86_400);
        ben.withdraws(600).await.ok();
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_withdrawal_is_refused_with_its_reason(app: TestApp) {
        app.shop_says("[payout]\ntransfer_max_fen = 5000\n").await;
        let (anna, ben) = (app.leader_with("anna", 100_000).await, app.leader_with("ben", 1_000).await);
        let body = json!({"amount_fen": 500, "channel": "wechat_transfer"});
        anna.client.post(WITHDRAWALS, body.clone()).await.refused(400, "idempotency.key_required");
        assert_eq!(anna.withdraws(99).await.refused(422, "withdrawal.too_small")["extra"]["min_fen"], 100);
        assert_eq!(anna.withdraws(5_001).await.refused(422, "withdrawal.too_large")["extra"]["max_fen"], 5_000);
        anna.withdraws(0).await.refused(400, "validation.failed");
        anna.withdraws(i64::MAX).await.refused(400, "validation.failed");
        ben.withdraws(1_001).await.refused(409, "funds.not_enough");
        let hers = anna.withdraws(500).await.ok();
        ben.client.get(&format!("{WITHDRAWALS}/{}", hers["id"].as_str().unwrap())).await
            .refused(404, "withdrawal.not_found");
        app.member("nobody").await.post_new(WITHDRAWALS, body).await.refused(403, "leader.required");
        leader::Entity::update_many()
            .col_expr(leader::Column::State, Expr::value(LeaderState::Frozen))
            .filter(leader::Column::Id.eq(ben.id))
            .exec(app.app.db.maintenance())
            .await
            .unwrap();
        ben.withdraws(500).await.refused(403, "leader.frozen");
    }
}

on_both! {
    async fn the_console_shows_and_explains_the_books(app: TestApp) {
        let (keeper, anna) = (app.operator().await, app.leader_with("anna", 10_000).await);
        let asked = anna.withdraws(5_000).await.ok();
        let accounts = keeper.get("/console/api/v1/ledger/accounts").await.ok();
        let sum: i64 = accounts["items"].as_array().unwrap().iter().map(|row| row["sum"].as_i64().unwrap()).sum();
        assert_eq!(sum, 0);
        let id = asked["id"].as_str().unwrap();
        for cause in ["withdrawal", id] {
            let journals = keeper.get(&format!("/console/api/v1/ledger/journals?cause={cause}")).await.ok();
            assert_eq!(journals["items"][0]["cause_id"], asked["id"], "{cause}");
            assert_eq!(journals["items"].as_array().unwrap().len(), 1);
        }
        let explained = keeper.get(&format!("/console/api/v1/explain/{id}")).await.ok();
        assert_eq!((&explained["kind"], &explained["amount_fen"]), (&json!("withdrawal"), &json!(5_000)));
        let journal = explained["journals"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(keeper.get(&format!("/console/api/v1/explain/{journal}")).await.ok()["kind"], "journal");
        for unknown in ["nonsense", "wdr_01jq0000000000000000000000", "com_01jq0000000000000000000000"] {
            keeper.get(&format!("/console/api/v1/explain/{unknown}")).await.refused(404, "ledger.reference_unknown");
        }
        anna.client.get("/console/api/v1/ledger/accounts").await.refused(401, "auth.required");
    }
}

on_both! {
    async fn a_dead_effect_is_replayed_once(app: TestApp) {
        let keeper = app.operator().await;
        let (shop, wall) = (app.shop().id, app.app.clock.wall());
        let kind = "nonsense";
        let put = async |tx: &_| {
            Ok(tuanqiao::platform::outbox::put(tx, shop, kind, json!({}), None, wall).await?)
        };
        app.app.db.write(put).await.unwrap();
        app.run_due_jobs().await;
        let dead = keeper.get("/console/api/v1/outbox?state=dead").await.ok();
        assert_eq!(dead["items"][0]["kind"], "nonsense");
        let id = dead["items"][0]["id"].as_str().unwrap();
        let replay = format!("/console/api/v1/outbox/{id}/replay");
        assert_eq!(keeper.post(&replay, json!({})).await.ok()["state"], "ready");
        keeper.post(&replay, json!({})).await.refused(409, "outbox.not_dead");
        let unknown = "/console/api/v1/outbox/eff_01jq0000000000000000000000/replay";
        keeper.post(unknown, json!({})).await.refused(404, "outbox.not_found");
    }
}

on_both! {
    async fn a_transfer_with_a_real_name_is_repeated_byte_for_byte(app: TestApp) {
        use tuanqiao::areas::payouts::entity::transfer;
        let anna = app.leader_with("anna", 300_000).await;
        app.wechat().add_fault(creation(|fault| fault.status = Some(500)));
        anna.withdraws(200_000).await.ok();
        app.run_due_jobs().await;
        let sent = async || {
            let row = transfer::Entity::find().one(app.app.db.reader()).await.unwrap().unwrap();
            serde_json::from_str::<serde_json::Value>(&row.request_body.unwrap()).unwrap()["wire"].clone()
        };
        let first = sent().await;
        assert!(first["serial"].is_string() && first["body"].as_str().unwrap().contains("user_name"), "{first}");
        app.payouts_go_on().await;
        assert_eq!(app.wechat().transfers().len(), 1);
        assert_eq!(sent().await, first, "what was sent first is what was sent again");
        app.books_are_clean().await;
    }
}

on_both! {
    async fn every_difference_of_a_transfer_notice_is_kept_and_refused(app: TestApp) {
        use tuanqiao::areas::payments::entity::notice;
        let anna = app.leader_with("anna", 1_000).await;
        let asked = anna.withdraws(1_000).await.ok();
        app.run_due_jobs().await;
        let bill = app.wechat().transfers().remove(0);
        let mchid = app.keys().merchant.mchid;
        let url = format!("http://{}/notify/wechat-pay/demo/transfer", app.address);
        let told = async |id: &str, amount: i64, openid: Option<&str>| {
            let resource = json!({
                "mch_id": mchid, "out_bill_no": bill.out_bill_no, "state": "SUCCESS",
                "transfer_amount": amount, "openid": openid,
            });
            let kind = ("MCHTRANSFER.BILL.FINISHED", "mch_payment");
            app.wechat().post_notice(app.wechat().notice_of(&mchid, &url, id, kind, resource).unwrap()).await.status.unwrap()
        };
        for (id, amount, openid) in [("n1", 999, None), ("n2", 999, None), ("n3", 1_001, None), ("n4", 1_000, Some("o-else"))] {
            assert!((400..500).contains(&told(id, amount, openid).await), "{id}");
        }
        let kept = notice::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert_eq!(kept.len(), 3, "a repeat is kept once and another difference apart: {kept:?}");
        assert!(kept.iter().all(|kept| kept.outcome == "mismatch" && !format!("{kept:?}").contains("o-else")));
        assert_eq!(anna.sees(&asked).await["transfer_state"], "waiting_for_user");
        assert_eq!(told("n5", 1_000, None).await, 204);
        assert_eq!(anna.sees(&asked).await["state"], "paid");
        app.books_are_clean().await;
    }
}

on_both! {
    async fn amounts_are_explained_down_to_their_rates(app: TestApp) {
        use tuanqiao::areas::payouts::entity::sharing_part;
        app.shop_says("[settings]\nwithdraw_fee_bp = 60\n").await;
        let (keeper, anna) = (app.operator().await, app.leader_with("anna", 10_000).await);
        let explained = async |id: &str| keeper.get(&format!("/console/api/v1/explain/{id}")).await.ok();
        let asked = anna.withdraws(5_000).await.ok();
        app.shop_says("[settings]\nwithdraw_fee_bp = 100\n").await;
        let withdrawal = explained(asked["id"].as_str().unwrap()).await;
        let fee = withdrawal["parts"].as_array().unwrap().iter().find(|part| part["what"] == "fee").unwrap();
        assert_eq!((&fee["amount_fen"], &fee["rate_bp"]), (&json!(30), &json!(60)), "the rate of its day: {withdrawal}");
        let reward = explained(&anna.id.to_string()).await;
        assert_eq!((&reward["kind"], &reward["amount_fen"]), (&json!("referral_reward"), &json!(10_000)));
        let nobody = kernel::id::LeaderId::new();
        keeper.get(&format!("/console/api/v1/explain/{nobody}")).await.refused(404, "ledger.reference_unknown");
        assert!(sharing_part::Entity::find().one(app.app.db.reader()).await.unwrap().is_none());
    }
}

on_both! {
    async fn a_statement_shows_every_movement_between_its_balances(app: TestApp) {
        let anna = app.leader_with("anna", 10_000).await;
        let keeper = app.operator().await;
        app.shop_says("[settings]\nwithdraw_review_fen = 1\n").await;
        app.advance(3_600);
        let begin = app.app.clock.now();
        app.advance(60);
        anna.withdraws(3_000).await.ok();
        let second = anna.withdraws(2_000).await.ok();
        let reject = format!("/console/api/v1/withdrawals/{}/reject", second["id"].as_str().unwrap());
        keeper.post(&reject, json!({"reason": "wrong"})).await.ok();
        app.advance(60);
        let end = app.app.clock.now();
        let text = |time: kernel::Time| time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let path = |from, until| format!("/api/v1/leader/statement?from={}&until={}", text(from), text(until));
        let told = anna.client.get(&path(begin, end)).await.ok();
        assert_eq!((&told["opening_fen"], &told["closing_fen"]), (&json!(10_000), &json!(7_000)));
        assert_eq!(told["totals"], json!([
            {"kind": "withdrawal", "amount_fen": -5_000}, {"kind": "withdrawal_returned", "amount_fen": 2_000},
        ]));
        let moved: Vec<i64> = told["items"].as_array().unwrap().iter().map(|row| row["amount_fen"].as_i64().unwrap()).collect();
        assert_eq!(moved, [-3_000, -2_000, 2_000]);
        assert_eq!(told["items"][1]["cause_id"], second["id"]);
        let first = anna.client.get(&format!("{}&limit=2", path(begin, end))).await.ok();
        let rest = format!("{}&limit=2&cursor={}", path(begin, end), first["next_cursor"].as_str().unwrap());
        assert_eq!(anna.client.get(&rest).await.ok()["items"].as_array().unwrap().len(), 1);
        let before = anna.client.get(&path(begin - chrono::Duration::days(1), begin)).await.ok();
        assert_eq!((&before["opening_fen"], &before["closing_fen"]), (&json!(0), &json!(10_000)));
        assert_eq!(before["totals"][0]["kind"], "reward");
        assert_eq!(app.funds(anna.id).await.0, 7_000, "as the books have it");
        anna.client.get(&path(end, begin)).await.refused(400, "validation.failed");
        anna.client.get("/api/v1/leader/statement").await.refused(400, "validation.failed");
        app.member("nobody").await.get(&path(begin, end)).await.refused(403, "leader.required");
    }
}
