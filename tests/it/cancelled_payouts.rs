//! A withdrawal that is cancelled: by the leader before anybody looked, and at WeChat before he confirms it. What
//! WeChat knows it ends itself; what it does not know ends here, and never reaches it any more.

use std::time::Duration;

use sandbox::{Fault, TransferState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::payouts::entity::transfer;

use crate::answer::Answer;
use crate::app::TestApp;
use crate::funds::Leader;
use crate::shop_floor::id;
use crate::shopper::Client;

const BILLS: &str = "/v3/fund-app/mch-transfer/transfer-bills";

/// As an operator.
async fn cancels(keeper: &Client, withdrawal: &Value) -> Answer {
    keeper.post(&format!("/console/api/v1/withdrawals/{}/cancel", id(withdrawal)), json!({})).await
}

/// As a leader.
async fn takes_back(who: &Leader, withdrawal: &Value) -> Answer {
    who.client.post(&format!("/api/v1/leader/withdrawals/{}/cancel", id(withdrawal)), json!({})).await
}

/// The next call of this method about transfers goes wrong.
fn trouble(app: &TestApp, method: &str, more: Value) {
    let mut fault = json!({"path_prefix": BILLS, "method": method});
    fault.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.wechat().add_fault(serde_json::from_value::<Fault>(fault).unwrap());
}

/// Every sending without an answer was so long ago, since wall time cannot be moved.
async fn unanswered_for(app: &TestApp, minutes: i64) {
    let at = app.app.clock.wall() - chrono::Duration::minutes(minutes);
    transfer::Entity::update_many()
        .col_expr(transfer::Column::UnansweredAt, Expr::value(at))
        .filter(transfer::Column::UnansweredAt.is_not_null())
        .exec(app.app.db.maintenance())
        .await
        .unwrap();
}

/// The books balance, and rows and books agree.
async fn adds_up(app: &TestApp) {
    app.books_are_clean().await;
    let report = tuanqiao::flows::verify_books::verify(&app.app, &app.shop()).await.unwrap();
    assert_eq!(report.found(), 0, "{report:?}");
}

on_both! {
    async fn a_transfer_nobody_can_confirm_is_cancelled_by_wechats_own_word(app: TestApp) {
        app.shop_says("[settings]\nwithdraw_daily_count = 1\nwithdraw_fee_bp = 60\n").await;
        let (keeper, anna) = (app.operator().await, app.leader_with("anna", 5_000).await);
        let mchid = app.keys().merchant.mchid;
        let before = app.wechat().purse(&mchid).operations;
        let asked = anna.withdraws(5_000).await.ok();
        app.run_due_jobs().await;
        assert!(anna.sees(&asked).await["confirmation"].is_object());
        let number = app.wechat().transfers().remove(0).out_bill_no;

        // WeChat is at it, which is not the end.
        let told = cancels(&keeper, &asked).await.ok();
        assert_eq!((&told["state"], &told["transfer"]["out_bill_no"]), (&json!("paying"), &json!(number)));
        assert_eq!(app.funds(anna.id).await, (0, 5_000));
        let waiting = anna.sees(&asked).await;
        assert_eq!((&waiting["state"], &waiting["confirmation"]), (&json!("paying"), &json!(null)), "nothing opens it any more");
        assert!(!app.wechat().confirms_transfer(&number));
        app.payouts_go_on().await;
        let seen = anna.sees(&asked).await;
        assert_eq!((&seen["state"], &seen["transfer_state"], &seen["reason"]), (&json!("cancelled"), &json!("cancelled"), &json!("CANCELLED")));
        assert!(seen["finished_at"].is_string(), "{seen}");
        assert_eq!(app.wechat().transfers()[0].state, TransferState::Cancelled);
        assert_eq!((app.funds(anna.id).await, app.wechat().purse(&mchid).operations), ((5_000, 0), before));
        for _ in 0..2 {
            let notice = app.wechat().notice_about(&number).unwrap();
            app.wechat().post_notice(notice).await;
        }
        assert_eq!(app.funds(anna.id).await, (5_000, 0), "once");
        assert_eq!(cancels(&keeper, &asked).await.ok()["state"], "cancelled", "a repeat says how it stands");
        let noted = keeper.get("/console/api/v1/audit-entries").await.ok();
        let noted: Vec<_> = noted["items"].as_array().unwrap().iter().filter(|row| row["action"] == "withdrawal.cancel").collect();
        assert_eq!((noted.len(), &noted[0]["subject"]), (1, &asked["id"]), "{noted:?}");

        // The day's only one is free again, and the money goes out under another number.
        let again = anna.withdraws(5_000).await.ok();
        app.run_due_jobs().await;
        let fresh = app.wechat().transfers().remove(0).out_bill_no;
        assert_ne!(fresh, number);
        assert!(app.wechat().confirms_transfer(&fresh));
        app.payouts_go_on().await;
        assert_eq!(anna.sees(&again).await["state"], "paid");
        assert_eq!(takes_back(&anna, &again).await.refused(409, "withdrawal.wrong_state")["extra"]["state"], "paid");
        assert_eq!((app.funds(anna.id).await, app.wechat().purse(&mchid).transferred), ((0, 0), 4_970));
        adds_up(app).await;
    }
}

on_both! {
    async fn a_notice_of_the_cancelling_is_enough(app: TestApp) {
        let anna = app.leader_with("anna", 700).await;
        let asked = anna.withdraws(700).await.ok();
        app.run_due_jobs().await;
        let number = app.wechat().transfers().remove(0).out_bill_no;
        // The answer to the cancelling is lost, and it is asked how the transfer stands.
        trouble(app, "POST", json!({"status": 500, "after_effect": true}));
        assert_eq!(takes_back(&anna, &asked).await.ok()["state"], "cancelled");
        assert_eq!(app.funds(anna.id).await, (700, 0));

        let asked = anna.withdraws(700).await.ok();
        app.run_due_jobs().await;
        let second = app.wechat().transfers().remove(0).out_bill_no;
        assert_ne!(second, number);
        assert_eq!(takes_back(&anna, &asked).await.ok()["state"], "paying");
        let notice = app.wechat().notice_about(&second).unwrap();
        app.wechat().post_notice(notice).await;
        assert_eq!((anna.sees(&asked).await["state"].clone(), app.funds(anna.id).await), (json!("cancelled"), (700, 0)));
        adds_up(app).await;
    }
}

on_both! {
    async fn a_confirmation_that_was_faster_is_paid(app: TestApp) {
        let (keeper, anna) = (app.operator().await, app.leader_with("anna", 1_000).await);
        let asked = anna.withdraws(400).await.ok();
        app.run_due_jobs().await;
        let number = app.wechat().transfers().remove(0).out_bill_no;
        assert!(app.wechat().confirms_transfer(&number));
        let refused = cancels(&keeper, &asked).await.refused(409, "withdrawal.wrong_state");
        assert_eq!(refused["extra"]["state"], "paid", "what WeChat said is kept");
        assert_eq!((anna.sees(&asked).await["state"].clone(), app.funds(anna.id).await), (json!("paid"), (600, 0)));

        // He confirms between our look and our word.
        let asked = anna.withdraws(600).await.ok();
        app.run_due_jobs().await;
        let number = app.wechat().transfers().remove(0).out_bill_no;
        trouble(app, "GET", json!({"timeout_ms": 1_500, "after_effect": true}));
        let (told, confirmed) = futures::join!(takes_back(&anna, &asked), async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            app.wechat().confirms_transfer(&number)
        });
        assert!(confirmed);
        assert_eq!(told.refused(409, "withdrawal.wrong_state")["extra"]["state"], "paid");
        app.payouts_go_on().await;
        assert_eq!((app.funds(anna.id).await, app.wechat().purse(&app.keys().merchant.mchid).transferred), ((0, 0), 1_000));
        adds_up(app).await;
    }
}

on_both! {
    async fn what_wechat_refuses_to_make_is_cancelled_and_never_made(app: TestApp) {
        let (keeper, anna) = (app.operator().await, app.leader_with("anna", 1_000).await);
        let mchid = app.keys().merchant.mchid;
        let money = app.wechat().purse(&mchid).operations;
        let reject = |row: &Value| format!("/console/api/v1/withdrawals/{}/reject", id(row));

        app.wechat().top_up(&mchid, -money);
        let poor = anna.withdraws(600).await.ok();
        app.run_due_jobs().await;
        let blocked = anna.sees(&poor).await;
        assert_eq!((&blocked["state"], &blocked["transfer_state"]), (&json!("paying"), &json!("created")));
        keeper.post(&reject(&poor), json!({"reason": "no money"})).await.refused(409, "withdrawal.wrong_state");
        let done = cancels(&keeper, &poor).await.ok();
        assert_eq!((&done["state"], &done["transfer"]["state"]), (&json!("cancelled"), &json!("cancelled")));
        assert_eq!(app.funds(anna.id).await, (1_000, 0));
        app.wechat().top_up(&mchid, money);

        app.shop_says("[payout]\ntransfer_scene_id = \"9999\"\n").await;
        let barred = anna.withdraws(1_000).await.ok();
        app.run_due_jobs().await;
        assert_eq!(anna.sees(&barred).await["state"], "paying");
        assert_eq!(takes_back(&anna, &barred).await.ok()["state"], "cancelled");
        assert_eq!(app.funds(anna.id).await, (1_000, 0));

        // Nor one that no worker has looked at yet.
        app.shop_says("").await;
        let fresh = anna.withdraws(1_000).await.ok();
        assert_eq!(cancels(&keeper, &fresh).await.ok()["state"], "cancelled");
        app.time_passes(3_600);
        app.payouts_go_on().await;
        assert!(app.wechat().transfers().is_empty(), "WeChat never hears of them");
        for row in [&poor, &barred, &fresh] {
            assert_eq!(anna.sees(row).await["state"], "cancelled");
        }
        assert_eq!((app.funds(anna.id).await, app.wechat().purse(&mchid).operations), ((1_000, 0), money));
        adds_up(app).await;
    }
}

on_both! {
    async fn a_sending_without_an_answer_is_never_taken_for_none(app: TestApp) {
        let (keeper, anna) = (app.operator().await, app.leader_with("anna", 1_000).await);
        // WeChat has it: it is found, and cancelled there.
        trouble(app, "POST", json!({"status": 500, "after_effect": true}));
        let asked = anna.withdraws(1_000).await.ok();
        app.run_due_jobs().await;
        assert_eq!(anna.sees(&asked).await["transfer_state"], "processing");
        // An answer without WeChat's signature proves nothing, whatever it says.
        trouble(app, "GET", json!({"status": 404, "body": {"code": "NOT_FOUND", "message": "记录不存在"}}));
        cancels(&keeper, &asked).await.refused(503, "payment.unavailable");
        assert_eq!(app.funds(anna.id).await, (0, 1_000));
        assert_eq!(cancels(&keeper, &asked).await.ok()["state"], "paying");
        assert_eq!(app.funds(anna.id).await, (0, 1_000));
        app.payouts_go_on().await;
        assert_eq!(anna.sees(&asked).await["state"], "cancelled");
        assert_eq!((app.wechat().transfers().len(), app.wechat().transfers()[0].state), (1, TransferState::Cancelled));

        // Lost on the way there: what WeChat does not know now may still appear.
        trouble(app, "POST", json!({"status": 500}));
        let lost = anna.withdraws(1_000).await.ok();
        app.run_due_jobs().await;
        let undecided = cancels(&keeper, &lost).await.refused(409, "transfer.undecided");
        assert!(undecided["extra"]["until"].is_string(), "{undecided}");
        takes_back(&anna, &lost).await.refused(409, "transfer.undecided");
        assert_eq!((anna.sees(&lost).await["state"].clone(), app.funds(anna.id).await), (json!("paying"), (0, 1_000)));
        unanswered_for(app, 6).await;
        assert_eq!(takes_back(&anna, &lost).await.ok()["state"], "cancelled");
        app.payouts_go_on().await;
        assert_eq!((app.wechat().transfers().len(), app.funds(anna.id).await), (1, (1_000, 0)));
        adds_up(app).await;
    }
}

on_both! {
    async fn a_refused_repeat_ends_nothing_while_the_first_may_still_arrive(app: TestApp) {
        app.shop_says("[payout]\ntransfer_scene_report = []\n").await;
        let anna = app.leader_with("anna", 1_000).await;
        trouble(app, "POST", json!({"status": 500}));
        let asked = anna.withdraws(1_000).await.ok();
        app.run_due_jobs().await;
        for _ in 0..2 {
            app.payouts_go_on().await;
            let seen = anna.sees(&asked).await;
            assert_eq!((&seen["state"], &seen["transfer_state"]), (&json!("paying"), &json!("processing")));
            assert_eq!(app.funds(anna.id).await, (0, 1_000));
        }
        unanswered_for(app, 6).await;
        app.payouts_go_on().await;
        let failed = anna.sees(&asked).await;
        assert_eq!(failed["state"], "failed");
        assert!(failed["reason"].as_str().unwrap().starts_with("PARAM_ERROR"), "{failed}");
        assert_eq!((app.funds(anna.id).await, app.wechat().transfers().len()), ((1_000, 0), 0));
        adds_up(app).await;
    }
}

on_both! {
    async fn a_payer_that_is_gone_blocks_only_what_was_sent(app: TestApp) {
        let accounts = app.under_provider(|accounts, keys| accounts.payout("transfer", keys)).await;
        let (keeper, anna) = (app.operator().await, app.leader_with("anna", 2_000).await);
        trouble(app, "POST", json!({"status": 500}));
        let sent = anna.withdraws(500).await.ok();
        app.run_due_jobs().await;
        let unsent = anna.withdraws(1_500).await.ok();
        app.under_provider(|_, _| "[payout]\nmode = \"profit_sharing\"\n".to_owned()).await;
        app.run_due_jobs().await;
        assert_eq!(anna.sees(&unsent).await["state"], "paying", "it waits for its payer");
        unanswered_for(app, 6).await;
        cancels(&keeper, &sent).await.refused(422, "payment.not_configured");
        assert_eq!(cancels(&keeper, &unsent).await.ok()["state"], "cancelled");
        assert_eq!(app.funds(anna.id).await, (1_500, 500));

        app.under_provider(|accounts, keys| accounts.payout("transfer", keys)).await;
        assert_eq!(takes_back(&anna, &sent).await.ok()["state"], "cancelled");
        app.payouts_go_on().await;
        assert!(app.wechat().transfers().is_empty());
        assert_eq!((app.funds(anna.id).await, app.wechat().purse(&accounts.payer.mchid).locked), ((2_000, 0), 0));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_worker_and_a_cancelling_at_once_agree(app: TestApp) {
        let keeper = app.operator().await;
        let mut asked = Vec::new();
        for name in ["a", "b", "c", "d", "e", "f"] {
            let leader = app.leader_with(name, 1_000).await;
            let row = leader.withdraws(1_000).await.ok();
            asked.push((leader, row));
        }
        let cancelling = futures::future::join_all(asked.iter().map(|(_, row)| cancels(&keeper, row)));
        let ((), answers) = futures::join!(app.run_due_jobs(), cancelling);
        for answer in &answers {
            assert!([200, 409, 503].contains(&answer.status), "{}", answer.text());
        }
        app.payouts_go_on().await;
        app.payouts_go_on().await;
        let there = app.wechat().transfers();
        for ((leader, row), answer) in asked.iter().zip(&answers) {
            let seen = leader.sees(row).await;
            let number = transfer::Entity::find()
                .filter(transfer::Column::WithdrawalId.eq(id(row).parse::<kernel::id::WithdrawalId>().unwrap()))
                .one(app.app.db.reader())
                .await
                .unwrap()
                .unwrap()
                .id
                .alphanumeric();
            let bill = there.iter().find(|bill| bill.out_bill_no == number);
            let lives = bill.is_some_and(|bill| bill.state == TransferState::WaitUserConfirm);
            let (state, funds) = if lives { ("paying", (0, 1_000)) } else { ("cancelled", (1_000, 0)) };
            assert_eq!((&seen["state"], app.funds(leader.id).await), (&json!(state), funds), "{bill:?} {seen}");
            assert!(answer.status != 200 || !lives, "said to be cancelled and yet alive: {bill:?} {}", answer.text());
        }
        adds_up(app).await;
    }
}

on_both! {
    async fn a_leader_takes_back_what_he_applied_for_and_nobody_elses(app: TestApp) {
        app.shop_says("[settings]\nwithdraw_review_fen = 1\nwithdraw_daily_count = 1\n").await;
        let keeper = app.operator().await;
        let (anna, ben) = (app.leader_with("anna", 1_000).await, app.leader_with("ben", 1_000).await);
        let asked = anna.withdraws(800).await.ok();
        takes_back(&ben, &asked).await.refused(404, "withdrawal.not_found");
        let unknown = json!({"id": kernel::id::WithdrawalId::new()});
        takes_back(&anna, &unknown).await.refused(404, "withdrawal.not_found");
        cancels(&keeper, &unknown).await.refused(404, "withdrawal.not_found");
        let early = cancels(&keeper, &asked).await.refused(409, "withdrawal.wrong_state");
        assert_eq!(early["extra"]["state"], "applied", "an operator rejects it with a reason");
        let path = format!("/api/v1/leader/withdrawals/{}/cancel", id(&asked));
        let first = anna.client.post_once("k", &path, json!({})).await;
        let again = anna.client.post_once("k", &path, json!({})).await;
        assert_eq!((first.status, &first.bytes), (200, &again.bytes));
        let back = first.ok();
        assert_eq!((&back["state"], &back["transfer_state"]), (&json!("cancelled"), &json!(null)));
        assert_eq!(takes_back(&anna, &asked).await.ok()["state"], "cancelled");
        assert_eq!(app.funds(anna.id).await, (1_000, 0));
        for (call, body) in [("approve", json!({})), ("reject", json!({"reason": "late"}))] {
            let path = format!("/console/api/v1/withdrawals/{}/{call}", id(&asked));
            keeper.post(&path, body).await.refused(409, "withdrawal.wrong_state");
        }
        anna.withdraws(1_000).await.ok();
        assert_eq!(app.funds(anna.id).await, (0, 1_000));
        adds_up(app).await;

        // Of what is paid by hand there is no transfer to cancel.
        app.shop_says("[settings]\nwithdraw_review_fen = 100000\n[payout]\nmode = \"manual\"\n").await;
        let by_hand = ben.client.post_new("/api/v1/leader/withdrawals", json!({"amount_fen": 500, "channel": "manual"})).await.ok();
        assert_eq!(by_hand["state"], "approved");
        takes_back(&ben, &by_hand).await.refused(409, "withdrawal.wrong_state");
        cancels(&keeper, &by_hand).await.refused(409, "withdrawal.wrong_state");
        app.books_are_clean().await;
    }
}
