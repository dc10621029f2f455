//! A supplier's statement paid by merchant transfer: sent once, confirmed by its payee in the
//! mini-program, and payable again when nobody confirms it.

use kernel::id::{ShopId, TransferId};
use sandbox::Fault;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;

use crate::app::TestApp;
use crate::shop_floor::id;
use crate::shopper::Client;
use crate::supplier_money::Orchard;
use crate::suppliers::supplier;

const MINE: &str = "/api/v1/supplier-transfers";
const BILLS: &str = "/v3/fund-app/mch-transfer/transfer-bills";

/// An orchard that is paid by transfer to `guo`, and the statement of one sale.
async fn orchard_of<'a>(app: &'a TestApp, guo: &Client, name: Value) -> (Orchard<'a>, Value) {
    let orchard = Orchard::open(app, json!({"payout": "transfer"})).await;
    let payee = json!({"member_id": guo.id(), "name": name});
    let shown = orchard.floor.keeper.put(&format!("{}/transfer-payee", orchard.path()), payee).await.ok();
    assert_eq!(shown["transfer_payee"]["member_id"], guo.id());
    orchard.sells(1).await;
    let statement = orchard.states().await;
    orchard.does(&statement, "confirm", json!({})).await.ok();
    (orchard, statement)
}

async fn seen(orchard: &Orchard<'_>, statement: &Value) -> Value {
    orchard.floor.keeper.get(&format!("/console/api/v1/supplier-statements/{}", id(statement))).await.ok()
}

on_both! {
    async fn a_statement_is_paid_once_when_its_payee_confirms_the_transfer(app: TestApp) {
        let guo = app.member("guo").await;
        let (orchard, statement) = orchard_of(app, &guo, json!(null)).await;
        let paying = (0..4).map(|_| orchard.does(&statement, "pay", json!({})));
        let answers = futures::future::join_all(paying).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        app.run_due_jobs().await;
        let waiting = seen(&orchard, &statement).await;
        assert_eq!((&waiting["state"], &waiting["transfer"]["state"]), (&json!("paying"), &json!("waiting_for_user")));
        assert_eq!(orchard.funds().await, (0, 0, 8_000));
        let by_hand = orchard.does(&statement, "failed", json!({"reason": "退票"})).await;
        assert_eq!(by_hand.refused(409, "supplier_statement.wrong_state")["extra"]["way"], "transfer");
        let slip = crate::supplier_statements::proof(app, &orchard.floor.keeper).await;
        let slip = json!({"reference": "x", "proof_upload_id": slip});
        orchard.does(&statement, "paid", slip).await.refused(409, "supplier_statement.wrong_state");

        let there = app.wechat().transfers().remove(0);
        assert_eq!((there.amount, there.remark.as_str(), there.user_name.as_deref()), (8_000, "供货货款", None));
        let listed = guo.get(MINE).await;
        assert!(!listed.text().contains("package_info"), "a list opens no confirmation");
        let listed = listed.ok();
        assert_eq!((&listed["items"][0]["amount_fen"], &listed["items"][0]["statement_id"]), (&json!(8_000), &statement["id"]));
        let mine = format!("{MINE}/{}", id(&listed["items"][0]));
        let one = guo.get(&mine).await.ok();
        assert_eq!((&one["confirmation"]["package_info"], &one["confirmation"]["mch_id"]), (&json!(there.package_info), &json!(there.mchid)));
        orchard.anna.get(&mine).await.refused(404, "transfer.not_found");
        assert_eq!(orchard.anna.get(MINE).await.ok()["items"], json!([]));

        // Whoever is named later gets what comes later.
        orchard.floor.keeper.put(&format!("{}/transfer-payee", orchard.path()), json!({"member_id": orchard.anna.id()})).await.ok();
        assert!(app.wechat().confirms_transfer(&there.out_bill_no));
        for _ in 0..3 {
            let notice = app.wechat().notice_about(&there.out_bill_no).unwrap();
            app.wechat().post_notice(notice).await;
        }
        app.payouts_go_on().await;
        let paid = seen(&orchard, &statement).await;
        assert_eq!((&paid["state"], &paid["paid_fen"], &paid["reference"]), (&json!("paid"), &json!(8_000), &json!(there.out_bill_no)));
        assert_eq!((&paid["transfer"]["state"], &guo.get(&mine).await.ok()["confirmation"]), (&json!("succeeded"), &json!(null)));
        assert_eq!((orchard.funds().await, app.account(AccountKind::MerchantCash).await), ((0, 0, 0), -8_000));
        assert_eq!(app.wechat().purse(&app.keys().merchant.mchid).transferred, 8_000);
        orchard.floor.adds_up().await;

        let why = orchard.floor.keeper.get(&format!("/console/api/v1/explain/{}", id(&statement))).await.ok();
        assert_eq!((&why["kind"], &why["amount_fen"]), (&json!("supplier_statement"), &json!(8_000)));
        assert_eq!((&why["parts"][0]["what"], &why["parts"][0]["amount_fen"]), (&json!("released"), &json!(8_000)));
        let causes: Vec<_> = why["journals"].as_array().unwrap().iter().map(|row| row["cause_kind"].as_str().unwrap()).collect();
        assert_eq!(causes, ["supplier_payment", "supplier_paid"]);
        let planted = "UPDATE transfers SET amount_fen = amount_fen + 1";
        app.app.db.maintenance().execute_unprepared(planted).await.unwrap();
        let report = tuanqiao::flows::verify_books::verify(&app.app, &app.shop()).await.unwrap();
        let told: Vec<_> = report.faults.iter().map(|fault| fault.what).collect();
        assert_eq!(told, ["a transfer and the statement it pays disagree"]);
    }
}

on_both! {
    async fn what_nobody_confirms_in_a_day_may_be_paid_again_under_another_number(app: TestApp) {
        let guo = app.member("guo").await;
        let (orchard, statement) = orchard_of(app, &guo, json!(null)).await;
        orchard.does(&statement, "pay", json!({})).await.ok();
        app.run_due_jobs().await;
        app.time_passes(86_401);
        app.payouts_go_on().await;
        let failed = seen(&orchard, &statement).await;
        assert_eq!((&failed["state"], &failed["fail_reason"], &failed["paid_fen"]), (&json!("failed"), &json!("OVERDUE_CLOSE"), &json!(0)));
        assert_eq!((orchard.funds().await, app.wechat().transfers().len()), ((0, 8_000, 0), 1));

        // Its answer is lost after the effect: one number, however often it is sent.
        let fault = json!({"path_prefix": BILLS, "method": "POST", "status": 500, "after_effect": true});
        app.wechat().add_fault(serde_json::from_value::<Fault>(fault).unwrap());
        orchard.does(&statement, "pay", json!({"way": "transfer"})).await.ok();
        app.run_due_jobs().await;
        app.payouts_go_on().await;
        app.payouts_go_on().await;
        let numbers = app.wechat().transfers();
        assert_eq!((numbers.len(), numbers[0].out_bill_no == numbers[1].out_bill_no), (2, false));
        app.wechat().confirms_transfer(&numbers[0].out_bill_no);
        app.payouts_go_on().await;
        assert_eq!(seen(&orchard, &statement).await["state"], "paid");
        assert_eq!(app.wechat().purse(&app.keys().merchant.mchid).transferred, 8_000);
        orchard.floor.adds_up().await;
    }
}

on_both! {
    async fn a_statements_transfer_is_cancelled_and_paid_again_under_another_number(app: TestApp) {
        let guo = app.member("guo").await;
        let (orchard, statement) = orchard_of(app, &guo, json!(null)).await;
        orchard.does(&statement, "cancel", json!({})).await.refused(409, "supplier_statement.wrong_state");
        orchard.does(&statement, "pay", json!({})).await.ok();
        app.run_due_jobs().await;
        let first = app.wechat().transfers().remove(0).out_bill_no;
        assert_eq!(orchard.does(&statement, "cancel", json!({})).await.ok()["state"], "paying");
        assert_eq!(orchard.funds().await, (0, 0, 8_000), "it is WeChat that ends it");
        app.payouts_go_on().await;
        let ended = seen(&orchard, &statement).await;
        assert_eq!((&ended["state"], &ended["fail_reason"]), (&json!("failed"), &json!("CANCELLED")));
        assert_eq!((&ended["transfer"]["state"], orchard.funds().await), (&json!("cancelled"), (0, 8_000, 0)));
        orchard.does(&statement, "cancel", json!({})).await.refused(409, "supplier_statement.wrong_state");

        orchard.does(&statement, "pay", json!({})).await.ok();
        app.run_due_jobs().await;
        let second = app.wechat().transfers().remove(0).out_bill_no;
        assert_ne!(second, first);
        assert!(app.wechat().confirms_transfer(&second));
        let late = orchard.does(&statement, "cancel", json!({})).await.refused(409, "supplier_statement.wrong_state");
        assert_eq!(late["extra"]["state"], "paid", "the confirmation was faster");
        assert_eq!(app.wechat().purse(&app.keys().merchant.mchid).transferred, 8_000);
        orchard.floor.adds_up().await;
    }
}

on_both! {
    async fn a_transfer_that_cannot_be_is_refused_and_the_statement_paid_by_hand(app: TestApp) {
        app.shop_says("[payout]\ntransfer_max_fen = 7999\n[payout.supplier_transfer]\nremark = \"水果货款\"\n").await;
        let guo = app.member("guo").await;
        let (orchard, statement) = orchard_of(app, &guo, json!(null)).await;
        let keeper = &orchard.floor.keeper;
        let too_large = orchard.does(&statement, "pay", json!({})).await.refused(422, "supplier_statement.not_transferable");
        assert_eq!(too_large["extra"], json!({"reason": "too_large", "max_fen": 7_999}));
        let payee = format!("{}/transfer-payee", orchard.path());
        assert_eq!(keeper.delete(&payee).await.ok()["transfer_payee"], json!(null));
        let nobody = orchard.does(&statement, "pay", json!({})).await.refused(422, "supplier_statement.not_transferable");
        assert_eq!((&nobody["extra"]["reason"], orchard.funds().await), (&json!("no_payee"), (0, 8_000, 0)));
        assert_eq!(seen(&orchard, &statement).await["state"], "confirmed");
        for wrong in [json!({}), json!({"member_id": guo.id(), "openid": "o"}), json!({"openid": "nobody"}), json!({"member_id": kernel::id::MemberId::new()})] {
            keeper.put(&payee, wrong).await.refused(400, "validation.failed");
        }
        orchard.does(&statement, "pay", json!({"way": "manual"})).await.ok();
        let slip = json!({"reference": "建行 1", "proof_upload_id": pdf(app, keeper).await});
        let paid = orchard.does(&statement, "paid", slip).await.ok();
        assert_eq!((&paid["state"], &paid["transfer"]), (&json!("paid"), &json!(null)));
        let shown = path(&paid["proof"]);
        let shown = app.anybody().get(&shown).await;
        assert_eq!((shown.header("content-type"), shown.header("content-disposition"), shown.bytes.as_slice()), ("application/pdf", "attachment", PDF));
        orchard.floor.adds_up().await;
    }
}

const PDF: &[u8] = b"%PDF-1.7\na transfer slip";

fn path(url: &Value) -> String {
    let url = url::Url::parse(url.as_str().unwrap()).unwrap();
    url[url::Position::BeforePath..].to_owned()
}

/// A PDF that was uploaded as a proof; as a picture it is not taken, nor is a picture as a PDF.
async fn pdf(app: &TestApp, keeper: &Client) -> Value {
    let mut body = json!({"content_type": "application/pdf", "size": PDF.len()});
    keeper.post_new("/console/api/v1/uploads", body.clone()).await.refused(400, "validation.failed");
    body["purpose"] = json!("proof");
    let announced = keeper.post_new("/console/api/v1/uploads", body).await.ok();
    let to = path(&announced["upload_url"]);
    let put = async |bytes: &[u8]| {
        app.anybody().send(reqwest::Method::PUT, &to, Some(("application/pdf", bytes.to_vec()))).await
    };
    put(b"\x89PNG\r\n\x1a\n a slip").await.refused(422, "upload.invalid");
    put(PDF).await.ok();
    announced["id"].clone()
}

on_both! {
    async fn a_large_transfer_names_its_payee_and_one_the_platform_refuses_comes_back(app: TestApp) {
        let guo = app.member("guo").await;
        let (orchard, small) = orchard_of(app, &guo, json!(null)).await;
        orchard.sells(25).await;
        let large = orchard.states().await;
        assert_eq!(large["due_fen"], 200_000);
        orchard.does(&large, "confirm", json!({})).await.ok();
        let unnamed = orchard.does(&large, "pay", json!({})).await.refused(422, "supplier_statement.not_transferable");
        assert_eq!(unnamed["extra"]["reason"], "name_required");
        let openid = tuanqiao::areas::members::query::by_id(app.app.db.reader(), app.shop().id, guo.id().parse().unwrap()).await.unwrap().unwrap().openid;
        let named = json!({"openid": openid, "name": "陈果果"});
        let shown = orchard.floor.keeper.put(&format!("{}/transfer-payee", orchard.path()), named).await.ok();
        assert_eq!(shown["transfer_payee"], json!({"member_id": guo.id(), "name": "陈**"}));
        orchard.does(&large, "pay", json!({})).await.ok();
        app.run_due_jobs().await;
        let there = app.wechat().transfers().remove(0);
        assert_eq!((there.amount, there.user_name.as_deref()), (200_000, Some("陈果果")));
        assert!(app.wechat().fail_transfer(&there.out_bill_no, "REAL_NAME_CHECK_FAIL"));
        app.payouts_go_on().await;
        let failed = seen(&orchard, &large).await;
        assert_eq!((&failed["state"], &failed["fail_reason"]), (&json!("failed"), &json!("REAL_NAME_CHECK_FAIL")));

        app.shop_says("[payout]\ntransfer_scene_report = []\n").await;
        orchard.does(&small, "pay", json!({})).await.ok();
        app.run_due_jobs().await;
        let failed = seen(&orchard, &small).await;
        assert!(failed["fail_reason"].as_str().unwrap().starts_with("PARAM_ERROR"), "{failed}");
        assert_eq!(orchard.funds().await, (0, 208_000, 0));
        orchard.floor.adds_up().await;
    }
}

on_both! {
    async fn a_service_providers_shop_pays_suppliers_by_transfer_through_a_merchant_of_its_own_alone(app: TestApp) {
        app.under_provider(|_, _| "[payout]\nmode = \"profit_sharing\"\n".to_owned()).await;
        let keeper = app.operator().await;
        let by_hand = supplier(&keeper, "果园", json!({})).await;
        let path = format!("/console/api/v1/suppliers/{}", id(&by_hand));
        let refused = keeper.patch(&path, json!({"payout": "transfer"})).await.refused(400, "validation.failed");
        assert_eq!((&refused["errors"][0]["field"], &refused["errors"][0]["code"]), (&json!("payout"), &json!("not_offered")));
        keeper.post_new("/console/api/v1/suppliers", json!({"name": "米厂", "payout": "transfer"})).await.refused(400, "validation.failed");
        app.under_provider(|accounts, keys| accounts.payout("profit_sharing", keys)).await;
        assert_eq!(keeper.patch(&path, json!({"payout": "transfer"})).await.ok()["payout"], "transfer");
        // The merchant is taken away again: what is set stays, and nothing is sent.
        app.under_provider(|_, _| "[payout]\nmode = \"profit_sharing\"\n".to_owned()).await;
        keeper.patch(&path, json!({"contact": "陈果"})).await.ok();
    }
}

on_both! {
    async fn a_stored_transfer_pays_one_thing(app: TestApp) {
        let conn = app.app.db.maintenance();
        let shop: ShopId = app.shop().id;
        let write = |withdrawal: &str, statement: &str| {
            let sql = format!(
                "INSERT INTO transfers (id, shop_id, withdrawal_id, statement_id, mchid, state, amount_fen, openid, queries, created_at) \
                 VALUES ('{}', '{}', {withdrawal}, {statement}, '1', 'created', 1, 'o', 0, '2026-11-28T00:00:00Z')",
                TransferId::new().uuid(), shop.uuid(),
            );
            async move { conn.execute_unprepared(&sql).await }
        };
        let some = format!("'{}'", uuid::Uuid::new_v4());
        assert!(write("NULL", "NULL").await.is_err());
        assert!(write(&some, &some).await.is_err());
        write("NULL", &some).await.unwrap();
        assert!(write("NULL", &some).await.is_err(), "one at a time");
    }
}
