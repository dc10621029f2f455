//! The whole story of a shop that sells as a sub-merchant of a service provider.

use kernel::Code;
use kernel::id::TransferId;
use sandbox::{Fault, NoticeKind, SandboxKeys};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::bills::state::{BillKind, RunState};
use tuanqiao::areas::payments::entity::notice;
use tuanqiao::areas::payouts::entity::transfer;
use tuanqiao::areas::payouts::state::{PartResult, SharingKind, SharingState};
use tuanqiao::config::resolve_secret;
use tuanqiao::flows::shop_file;

use crate::app::{TestApp, UnderProvider};
use crate::bills::{at_noon, pays_a_leader, run_of};
use crate::shop_floor::order_id;
use crate::shopper::Client;
use crate::trade::Stage;
use crate::upkeep::text;

const DAY: i64 = 86_400;
const UNFROZEN: (SharingKind, SharingState, Vec<(i64, PartResult)>) =
    (SharingKind::Unfreeze, SharingState::Finished, Vec::new());

/// Leaders are paid by sharing, and what cannot be shared by the merchant that pays transfers.
fn shares(accounts: &UnderProvider, keys: &SandboxKeys) -> String {
    accounts.payout("profit_sharing", keys)
}

fn transfers(accounts: &UnderProvider, keys: &SandboxKeys) -> String {
    accounts.payout("transfer", keys)
}

/// The leader's own wallet receives his shares; whichever type is named, it is that of his app.
async fn leader_receives(stage: &Stage) {
    let path = format!("/console/api/v1/leaders/{}/sharing-receiver", stage.leader_id);
    let shown = stage.operator.put(&path, json!({"type": "PERSONAL_OPENID"})).await.ok();
    assert_eq!(shown["sharing_receiver"]["type"], "PERSONAL_SUB_OPENID", "{shown}");
    assert!(shown["sharing_receiver"]["registered_at"].is_string());
}

/// The member orders two for 59.80 yuan, pays, collects them, and the after-sale window passes.
async fn a_settled_order(app: &TestApp, stage: &Stage, sku: &str, anna: &Client) -> Value {
    let order = stage.orders(anna, sku, 2).await;
    app.pays(anna, &order).await;
    stage.delivers(app).await;
    stage.hands_over(anna, &order).await;
    app.time_passes(8 * DAY);
    app.run_due_jobs().await;
    order
}

on_both! {
    async fn one_purchase_runs_through_everything_under_a_service_provider(app: TestApp) {
        let accounts = app.under_provider(shares).await;
        let stage = app.stage().await;
        leader_receives(&stage).await;
        let sku = stage.sku("赣南脐橙", 2_990, 10).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 2).await;
        let sheet = anna.post(&format!("/api/v1/orders/{}/payment", order["id"].as_str().unwrap()), json!({})).await.ok();
        signed_for_the_mini_program(&accounts, &sheet);
        let placed = app.wechat().orders().remove(0);
        assert_eq!((&placed.mchid, &placed.seller), (&accounts.provider.mchid, &accounts.sub.mchid));
        assert_eq!(placed.openid, app.wechat().openid(&accounts.sub.appid, "anna"));
        assert!(placed.profit_sharing);

        app.pays(&anna, &order).await;
        assert_eq!(anna.order(&order).await["status"], "paid");
        stage.delivers(app).await;
        stage.hands_over(&anna, &order).await;
        assert_eq!(anna.order(&order).await["status"], "received");
        app.time_passes(3 * DAY);
        app.sharing_comes_to_rest().await;
        assert!(app.shared(order_id(&order)).await.is_empty(), "the after-sale window is running");
        app.time_passes(5 * DAY);
        app.run_due_jobs().await;
        assert_eq!(anna.order(&order).await["status"], "completed");
        app.sharing_comes_to_rest().await;
        let share = (SharingKind::Share, SharingState::Finished, vec![(598, PartResult::Succeeded)]);
        assert_eq!(app.shared(order_id(&order)).await, [share, UNFROZEN]);
        let purse = app.wechat().purse(&accounts.sub.mchid);
        assert_eq!((purse.paid, purse.shared_out, purse.frozen, purse.available), (5_980, 598, 0, 5_382));
        assert_eq!(app.wechat().purse(&accounts.provider.mchid).paid, 0, "the money is the sub-merchant's");
        assert_eq!(app.wechat().user_purse(&app.wechat().openid(&accounts.sub.appid, "leo")).shared, 598);
        let money = stage.leader.get("/api/v1/leader/dashboard").await.ok()["commission"].clone();
        assert_eq!((&money["pending_fen"], &money["available_fen"]), (&json!(0), &json!(0)));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn the_doctor_says_whose_money_it_is_and_who_pays_the_leaders(app: TestApp) {
        let accounts = app.under_provider(|accounts, keys| {
            let onboarding = "\n[wechat_pay.onboarding]\nmerchant_name = \"阳光生鲜有限公司\"\n";
            format!("{}{onboarding}", accounts.payout("profit_sharing", keys))
        }).await;
        let well = app.runs(&["doctor"]).await;
        let told = text(&well);
        assert!(well.status.success(), "{told}");
        let (provider, sub, payer) = (&accounts.provider.mchid, &accounts.sub.mchid, &accounts.payer.mchid);
        for sign in [
            format!("sells as sub-merchant {sub} (阳光生鲜有限公司) of service provider {provider}"),
            format!("transfers to leaders are paid by merchant {payer}"),
            "3000 of 10000 of an order may be shared".to_owned(),
        ] {
            assert!(told.contains(&sign), "{sign}: {told}");
        }
        assert_eq!(told.matches("accepts our signature").count(), 2, "both accounts: {told}");
        let wrong = accounts.payout("transfer", &app.keys()).replace(&accounts.payer.serial, &accounts.sub.serial);
        app.apply_shop(&accounts.shop_text("demo", &app.keys(), &wrong)).await;
        let ill = app.runs(&["doctor"]).await;
        assert_eq!(ill.status.code(), Some(1));
        assert!(text(&ill).contains("refuses the account") && text(&ill).contains("1 thing(s) to mend"), "{}", text(&ill));
    }
}

/// The pay sheet's signature is the service provider's, over the app the member uses.
fn signed_for_the_mini_program(accounts: &UnderProvider, sheet: &Value) {
    let part = |name: &str| sheet[name].as_str().unwrap();
    let (appid, time, nonce, package) = (&accounts.sub.appid, part("timeStamp"), part("nonceStr"), part("package"));
    let message = format!("{appid}\n{time}\n{nonce}\n{package}\n");
    assert_eq!(part("paySign"), accounts.provider.sign(message.as_bytes()).unwrap());
}

on_both! {
    async fn refunds_before_and_after_sharing_are_the_sub_merchants(app: TestApp) {
        let accounts = app.under_provider(shares).await;
        let stage = app.stage().await;
        leader_receives(&stage).await;
        let sku = stage.sku("苹果", 2_990, 20).await;
        let anna = app.member("anna").await;
        let cancelled = stage.orders(&anna, &sku, 2).await;
        app.pays(&anna, &cancelled).await;
        anna.post_new(&format!("/api/v1/orders/{}/cancel", cancelled["id"].as_str().unwrap()), json!({})).await.ok();
        app.run_due_jobs().await;
        let purse = app.wechat().purse(&accounts.sub.mchid);
        assert_eq!((purse.refunded, purse.frozen), (5_980, 0), "it came out of the frozen money");

        let order = a_settled_order(app, &stage, &sku, &anna).await;
        app.sharing_comes_to_rest().await;
        assert_eq!(app.wechat().purse(&accounts.sub.mchid).shared_out, 598);
        let line = anna.order(&order).await["lines"][0]["id"].clone();
        let part = json!({"lines": [{"line_id": line, "amount_fen": 1_000}], "reason": "坏"});
        let path = format!("/console/api/v1/orders/{}/refunds", order["id"].as_str().unwrap());
        stage.operator.post_new(&path, part).await.ok();
        app.refunds_go_on().await;
        for refund in app.wechat().refunds() {
            app.hears_of(refund["out_refund_no"].as_str().unwrap()).await;
        }
        let (first, second) = (anna.order(&cancelled).await, anna.order(&order).await);
        assert_eq!((&first["refunded_fen"], &second["refunded_fen"]), (&json!(5_980), &json!(1_000)));
        let purse = app.wechat().purse(&accounts.sub.mchid);
        assert_eq!((purse.refunded, purse.shared_out, purse.available), (6_980, 598, 4_382));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_leader_is_paid_by_the_merchant_that_pays_transfers(app: TestApp) {
        let accounts = app.under_provider(transfers).await;
        let anna = app.leader_with("anna", 5_000).await;
        let asked = anna.withdraws(5_000).await.ok();
        app.run_due_jobs().await;
        let waiting = anna.sees(&asked).await;
        assert_eq!(waiting["confirmation"]["mch_id"], accounts.payer.mchid);
        assert_eq!(waiting["confirmation"]["app_id"], accounts.sub.appid);
        let bill = app.wechat().transfers().remove(0).out_bill_no;
        assert!(app.wechat().confirms_transfer(&bill));
        app.hears_of(&bill).await;
        assert_eq!(anna.sees(&asked).await["state"], "paid");
        let purse = |mchid: &str| app.wechat().purse(mchid);
        assert_eq!(purse(&accounts.payer.mchid).transferred, 5_000);
        assert_eq!((purse(&accounts.provider.mchid).transferred, purse(&accounts.sub.mchid).transferred), (0, 0));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn transfers_are_held_against_the_bills_of_the_merchant_that_pays_them(setup: Setup) {
        let app = &at_noon(setup).await;
        app.under_provider(transfers).await;
        pays_a_leader(app, "leo").await;
        let elsewhere = pays_a_leader(app, "lena").await;
        // The same merchant pays for another shop, too.
        let other = app.second_shop("other").await;
        let id = TransferId::from_alphanumeric(&elsewhere).unwrap();
        let moved = transfer::Entity::update_many()
            .col_expr(transfer::Column::ShopId, Expr::value(other.id))
            .filter(transfer::Column::Id.eq(id));
        moved.exec(app.app.db.maintenance()).await.unwrap();
        let day = app.today();
        app.time_passes(23 * 3_600);
        let runs = app.reconciles(day).await;
        let kinds: Vec<BillKind> = runs.iter().map(|run| run.kind).collect();
        assert_eq!(kinds, [BillKind::Trade, BillKind::Operation], "a sub-merchant's accounts are not shown");
        let operation = run_of(&runs, BillKind::Operation);
        assert_eq!((operation.state, operation.lines, operation.matched, operation.cases), (RunState::Done, 1, 1, 0));
    }
}

on_both! {
    async fn a_transfer_stays_with_the_merchant_that_began_it(app: TestApp) {
        let accounts = app.under_provider(transfers).await;
        let anna = app.leader_with("anna", 5_000).await;
        let mut lost: Fault = serde_json::from_value(json!({
            "path_prefix": "/v3/fund-app/mch-transfer/transfer-bills", "method": "POST", "status": 500,
        })).unwrap();
        lost.times = 1;
        app.wechat().add_fault(lost);
        let asked = anna.withdraws(5_000).await.ok();
        app.run_due_jobs().await;
        assert_eq!(anna.sees(&asked).await["transfer_state"], "processing");

        // Another merchant pays from now on. To it the number is new, and it would pay it a second time.
        let mut changed = accounts.payout("transfer", &app.keys());
        for (old, new) in [(&accounts.payer.mchid, &accounts.sub.mchid), (&accounts.payer.serial, &accounts.sub.serial)] {
            changed = changed.replace(old.as_str(), new);
        }
        app.apply_shop(&accounts.shop_text("demo", &app.keys(), &changed)).await;
        app.payouts_go_on().await;
        assert!(app.wechat().transfers().is_empty());
        assert_eq!(anna.sees(&asked).await["transfer_state"], "processing");

        app.apply_shop(&accounts.shop_text("demo", &app.keys(), &transfers(&accounts, &app.keys()))).await;
        app.payouts_go_on().await;
        let sent = app.wechat().transfers();
        assert_eq!((sent.len(), app.wechat().purse(&accounts.payer.mchid).locked), (1, 5_000));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_notice_for_another_sub_merchant_is_kept_alarmed_and_refused(app: TestApp) {
        app.under_provider(shares).await;
        let stage = app.stage().await;
        let sku = stage.sku("苹果", 1_000, 5).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 1).await;
        let number = app.prepays(&anna, &order).await;
        app.wechat().pays_quietly(number.as_str()).unwrap();
        for kind in [NoticeKind::OtherSubMerchant, NoticeKind::OtherMerchant, NoticeKind::OtherApp] {
            for _ in 0..2 {
                let told = app.wechat().send_notices(&number, kind, 1).await.unwrap();
                let status = told[0].status.unwrap();
                assert!((400..500).contains(&status), "{kind:?} was answered {status}");
            }
        }
        assert_eq!(anna.order(&order).await["status"], "pending_payment");
        let kept = notice::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert!(!kept.is_empty() && kept.iter().all(|kept| kept.outcome == "mismatch"), "{kept:?}");
        let told = kept.iter().filter_map(|kept| kept.detail.as_deref()).any(|detail| detail.contains("1900000002"));
        assert!(told, "the operator sees which sub-merchant was named: {kept:?}");
        app.hears_of(&number).await;
        assert_eq!(anna.order(&order).await["status"], "paid");
        app.books_are_clean().await;
    }
}

on_both! {
    async fn no_more_is_shared_than_the_platform_grants_the_sub_merchant(setup: Setup) {
        let running = TestApp::beside(setup, |_| {}, |sandbox| sandbox.sharing_ceiling_bp = 500).await;
        let app = &running;
        let accounts = app.under_provider(shares).await;
        let stage = app.stage().await;
        // A merchant receives for him this time.
        let path = format!("/console/api/v1/leaders/{}/sharing-receiver", stage.leader_id);
        let receiver = json!({"type": "MERCHANT_ID", "account": accounts.payer.mchid, "name": "团长商行"});
        assert!(stage.operator.put(&path, receiver).await.ok()["sharing_receiver"]["registered_at"].is_string());
        let sku = stage.sku("苹果", 2_990, 5).await;
        let anna = app.member("anna").await;
        let order = a_settled_order(app, &stage, &sku, &anna).await;
        app.sharing_comes_to_rest().await;
        let share = (SharingKind::Share, SharingState::Finished, vec![(299, PartResult::Succeeded)]);
        assert_eq!(app.shared(order_id(&order)).await, [share, UNFROZEN]);
        assert_eq!(app.wechat().purse(&accounts.payer.mchid).shared_in, 299);
        let ask = json!({"amount_fen": 299, "channel": "wechat_transfer"});
        stage.leader.post_new("/api/v1/leader/withdrawals", ask).await.ok();
        app.run_due_jobs().await;
        let bill = app.wechat().transfers().remove(0);
        assert_eq!(bill.amount, 299, "the rest is owed, and paid another way");
        assert!(app.wechat().confirms_transfer(&bill.out_bill_no));
        app.hears_of(&bill.out_bill_no).await;
        app.books_are_clean().await;
        running.stop().await;
    }
}

on_both! {
    async fn a_shop_file_that_cannot_work_under_a_service_provider_is_refused(app: TestApp) {
        let accounts = app.under_provider(shares).await;
        let keys = app.keys();
        let refused = async |text: &str| shop_file::apply(&app.app, text, resolve_secret).await.unwrap_err();
        let nobody_pays = refused(&accounts.shop_text("demo", &keys, "[payout]\nmode = \"transfer\"\n")).await;
        assert_eq!(nobody_pays.code(), Code::ValidationFailed);
        assert!(format!("{nobody_pays}").contains("payout.mode not_offered"), "{nobody_pays}");
        let by_provider = accounts.payout("transfer", &keys).replace(&accounts.payer.mchid, &accounts.provider.mchid);
        assert_eq!(refused(&accounts.shop_text("demo", &keys, &by_provider)).await.code(), Code::ValidationFailed);
        let bad_key = accounts.payout("transfer", &keys).replace(&accounts.payer.api_v3_key, "short");
        let version = app.shop().version;
        assert_eq!(refused(&accounts.shop_text("demo", &keys, &bad_key)).await.code(), Code::PaymentNotConfigured);
        assert_eq!(app.shop().version, version, "nothing is written");

        let another = |sub_mchid: &str| {
            let text = accounts.shop_text("other", &keys, &shares(&accounts, &keys));
            let own = format!("sub_mchid = \"{}\"", accounts.sub.mchid);
            text.replace(&own, &format!("sub_mchid = \"{sub_mchid}\"")).replace(&accounts.sub.appid, "wx00000000000000aa")
        };
        assert_eq!(refused(&another(&accounts.sub.mchid)).await.code(), Code::NameTaken, "one shop a sub-merchant");
        app.apply_shop(&another("1709982749")).await;
    }
}

/// Which fields of a shop file are refused, and with which words.
async fn faults(app: &TestApp, text: &str) -> Vec<(String, String)> {
    let refused = shop_file::apply(&app.app, text, resolve_secret).await.unwrap_err();
    refused.coded().fields().into_iter().map(|fault| (fault.field, fault.code)).collect()
}

fn fixed(fields: &[&str]) -> Vec<(String, String)> {
    fields.iter().map(|field| ((*field).to_owned(), "fixed".to_owned())).collect()
}

on_both! {
    async fn a_sub_merchants_shop_with_payments_stays_with_its_account(app: TestApp) {
        let accounts = app.under_provider(transfers).await;
        let keys = app.keys();
        let text = accounts.shop_text("demo", &keys, &transfers(&accounts, &keys));
        let number = |field: &str, number: &str| format!("{field} = \"{number}\"");
        let with_sub = |sub: &str| {
            text.replace(&number("sub_mchid", &accounts.sub.mchid), &number("sub_mchid", sub))
        };
        app.apply_shop(&with_sub("1709982749")).await;
        app.apply_shop(&text).await;
        let stage = app.stage().await;
        let sku = stage.sku("苹果", 1_000, 5).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 1).await;
        let paid = app.prepays(&anna, &order).await;
        let version = app.shop().version;

        assert_eq!(faults(app, &with_sub("1709982749")).await, fixed(&["wechat_pay.sub_mchid"]));
        let (own, other) = (number("sp_mchid", &accounts.provider.mchid), number("sp_mchid", "1709982750"));
        assert_eq!(faults(app, &text.replace(&own, &other)).await, fixed(&["wechat_pay.sp_mchid"]));
        let both = with_sub("1709982749").replace(&own, &other);
        assert_eq!(faults(app, &both).await, fixed(&["wechat_pay.sp_mchid", "wechat_pay.sub_mchid"]));
        let direct = crate::app::shop_text("demo", &keys.merchant, &keys);
        assert_eq!(faults(app, &direct).await, fixed(&["wechat_pay.mode"]));
        assert_eq!(app.shop().version, version, "nothing is written");

        // The payer and how leaders are paid may change.
        app.apply_shop(&accounts.shop_text("demo", &keys, "[payout]\nmode = \"profit_sharing\"\n")).await;
        app.wechat().pays_quietly(paid.as_str()).unwrap();
        app.hears_of(&paid).await;
        assert_eq!(anna.order(&order).await["status"], "paid");
    }
}

on_both! {
    async fn a_direct_merchants_shop_with_payments_stays_with_its_account(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("苹果", 1_000, 5).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 1).await;
        app.prepays(&anna, &order).await;
        let keys = app.keys();
        let text = crate::app::shop_text("demo", &keys.merchant, &keys);
        let mut moved = keys.merchant.clone();
        moved.mchid = "1709982749".to_owned();
        let moved = crate::app::shop_text("demo", &moved, &keys);
        assert_eq!(faults(app, &moved).await, fixed(&["wechat_pay.mchid"]));

        // For a while the shop takes no money: its account remains its own.
        let (before, account) = text.split_once("[wechat_pay]").unwrap();
        let (_, after) = account.split_once("[marketplaces").unwrap();
        app.apply_shop(&format!("{before}[marketplaces{after}")).await;
        assert_eq!(faults(app, &moved).await, fixed(&["wechat_pay.mchid"]));
        let mut elsewhere = keys.merchant.clone();
        elsewhere.appid = "wx00000000000000aa".to_owned();
        let taken = crate::app::shop_text("other", &elsewhere, &keys);
        let taken = shop_file::apply(&app.app, &taken, resolve_secret).await.unwrap_err();
        assert_eq!(taken.code(), Code::NameTaken);
        app.apply_shop(&text).await;
        app.pays(&anna, &order).await;
        assert_eq!(anna.order(&order).await["status"], "paid");
    }
}
