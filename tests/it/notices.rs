//! WeChat Pay's notifications over HTTP: forged, stale, foreign, repeated, out of order. The vectors
//! themselves are judged in the gateways' tests, whose clock they name.

use futures::future::join_all;
use sandbox::NoticeKind;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tuanqiao::areas::ledger::query::accounts;
use tuanqiao::areas::payments::entity::notice;

use crate::app::TestApp;
use crate::shop_floor::{Floor, events, id};
use crate::shopper::Client;

/// Every kind that is not WeChat's word at all.
const FORGED: [NoticeKind; 8] = [
    NoticeKind::Stale,
    NoticeKind::BadSignature,
    NoticeKind::WrongKey,
    NoticeKind::UnknownSerial,
    NoticeKind::SignTest,
    NoticeKind::TamperedBody,
    NoticeKind::MissingHeader,
    NoticeKind::BadCiphertext,
];
/// Every kind that is truly signed and says what cannot be.
const FOREIGN: [NoticeKind; 3] = [NoticeKind::OtherMerchant, NoticeKind::OtherApp, NoticeKind::WrongAmount];

/// What was kept of suspicious messages.
async fn kept(app: &TestApp) -> Vec<notice::Model> {
    notice::Entity::find().all(app.app.db.reader()).await.unwrap()
}

on_both! {
    async fn a_forged_payment_notice_pays_nothing(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        floor.opens_pay_sheet(&anna, &order).await;
        let number = floor.number_of(&order).await;
        for kind in FORGED {
            let answered = floor.hears_kind(&number, kind).await;
            assert!((400..500).contains(&answered), "{kind:?} was answered {answered}");
        }
        assert!(kept(app).await.is_empty(), "what WeChat did not sign is not kept");
        for kind in FOREIGN {
            let answered = floor.hears_kind(&number, kind).await;
            assert!((400..500).contains(&answered), "{kind:?} was answered {answered}");
        }
        let kept = kept(app).await;
        assert!(kept.iter().all(|kept| kept.outcome == "mismatch"), "{kept:?}");
        assert_eq!(kept.len(), 2, "the merchant and app of one notice, and the order that differs: {kept:?}");
        assert_eq!(floor.hears_kind(&number, NoticeKind::UnknownOrder).await, 500, "WeChat shall repeat it");
        assert!((400..500).contains(&floor.hears_kind(&number, NoticeKind::WrongType).await));

        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], events(&seen)), (&json!("pending_payment"), vec!["placed"]));
        assert_eq!(accounts(app.app.db.reader(), app.shop().id).await.unwrap(), []);

        // The true one still counts, and a false one after it changes nothing.
        floor.pays_unheard(&anna, &order).await;
        assert_eq!(floor.hears(&number).await, 204);
        for kind in FORGED.into_iter().chain(FOREIGN) {
            let answered = floor.hears_kind(&number, kind).await;
            assert!((400..500).contains(&answered), "{kind:?} after the payment was answered {answered}");
        }
        assert_eq!(events(&floor.seen(&anna, &order).await), ["placed", "paid"]);
        floor.adds_up().await;
    }
}

on_both! {
    async fn the_same_notice_twenty_times_at_once_has_one_effect(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        let number = floor.pays_unheard(&anna, &order).await;
        let answers = app.wechat().send_notices(&number, NoticeKind::Duplicate, 20).await.unwrap();
        assert!(answers.iter().all(|answer| answer.accepted()), "{answers:?}");
        assert_eq!(events(&floor.seen(&anna, &order).await), ["placed", "paid"]);

        anna.post(&format!("/api/v1/orders/{}/cancel", id(&order)), json!({})).await.ok();
        app.run_due_jobs().await;
        let refund = app.wechat().refunds()[0]["out_refund_no"].as_str().unwrap().to_owned();
        let answers = app.wechat().send_notices(&refund, NoticeKind::Duplicate, 20).await.unwrap();
        assert!(answers.iter().all(|answer| answer.accepted()), "{answers:?}");
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], &seen["refunded_fen"]), (&json!("closed"), &json!(1000)));
        assert_eq!(events(&seen), ["placed", "paid", "refund_asked", "refunded"]);
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_refusal_looks_the_same_whatever_was_wrong(app: TestApp) {
        let path = "/notify/wechat-pay/demo/payment";
        let large = vec![b'x'; 65 * 1024];
        for (path, body, status) in [(path, large, 413), (path, b"{}".to_vec(), 403), ("/notify/wechat-pay/nobody/payment", vec![], 404)] {
            let answer = app.anybody().send(reqwest::Method::POST, path, Some(("application/json", body))).await;
            assert_eq!((answer.status, &answer.body), (status, &json!({"code": "FAIL", "message": "refused"})), "{}", answer.text());
        }
    }
}

on_both! {
    async fn twenty_late_notices_at_once_are_one_refund(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        let lost = json!({"path_prefix": "/v3/pay/transactions/jsapi", "status": 500, "after_effect": true, "times": 3});
        app.wechat().add_fault(serde_json::from_value(lost).unwrap());
        anna.post(&format!("/api/v1/orders/{}/payment", id(&order)), json!({})).await.refused(503, "payment.unavailable");
        let unknown = json!({"path_prefix": "/v3/pay/transactions/out-trade-no/", "method": "GET", "status": 404});
        app.wechat().add_fault(serde_json::from_value(unknown).unwrap());
        anna.post(&format!("/api/v1/orders/{}/cancel", id(&order)), json!({})).await.ok();
        let number = floor.number_of(&order).await;
        app.wechat().pays(number.as_str()).unwrap();
        let answers = app.wechat().send_notices(&number, NoticeKind::Duplicate, 20).await.unwrap();
        assert!(answers.iter().all(|answer| answer.accepted()), "{answers:?}");
        floor.refunds_arrive().await;
        assert_eq!(app.wechat().refunds().len(), 1);
        assert_eq!(app.wechat().purse(&app.keys().merchant.mchid).refunded, 1000);
        assert_eq!(floor.console(&order).await["refunds"].as_array().unwrap().len(), 1);
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_forged_refund_notice_refunds_nothing(setup: Setup) {
        let app = &TestApp::beside(setup, |_| {}, |sandbox| sandbox.settle_after_ms = None).await;
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 1)]).await;
        let refund = floor.refunds(&order, json!({"all": true})).await;
        app.run_due_jobs().await;
        assert_eq!(floor.console(&order).await["refunds"][0]["state"], "processing");
        assert!(app.wechat().settle_refund(id(&refund), sandbox::RefundStatus::Success));
        for kind in FORGED.into_iter().chain([NoticeKind::OtherMerchant, NoticeKind::WrongAmount, NoticeKind::WrongType]) {
            let answered = floor.hears_kind(id(&refund), kind).await;
            assert!((400..500).contains(&answered), "{kind:?} was answered {answered}");
        }
        assert_eq!(floor.hears_kind(id(&refund), NoticeKind::UnknownOrder).await, 500);
        assert_eq!(floor.console(&order).await["refunds"][0]["state"], "processing");
        assert_eq!(kept(app).await.len(), 2);

        // The refund's notice comes first, then a late one about the payment.
        let number = floor.number_of(&order).await;
        assert_eq!(floor.hears(id(&refund)).await, 204);
        assert_eq!(floor.hears(&number).await, 204);
        assert_eq!(floor.seen(&anna, &order).await["status"], "closed");
        assert_eq!(app.wechat().refunds().len(), 1, "the old notice is no late payment");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_notice_at_the_wrong_address_or_of_the_wrong_size_is_refused(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        let number = floor.pays_unheard(&anna, &order).await;
        let true_one = app.wechat().notice_about(&number).unwrap();
        let second = app.second_shop("second").await;
        for path in ["demo/refund", "demo/sharing", "demo/transfer", "demo/complaint", "demo/nonsense", "nowhere/payment"] {
            let mut moved = app.wechat().notice_about(&number).unwrap();
            moved.url = format!("http://{}/notify/wechat-pay/{path}", app.address);
            let answered = app.wechat().post_notice(moved).await;
            assert!((400..500).contains(&answered.status.unwrap()), "{path}: {answered:?}");
            assert!(answered.answer.contains("FAIL"), "{answered:?}");
        }
        let mut moved = app.wechat().notice_about(&number).unwrap();
        moved.url = format!("http://{}/notify/wechat-pay/{}/payment", app.address, second.code);
        assert!((400..500).contains(&app.wechat().post_notice(moved).await.status.unwrap()), "another shop's key");

        let path = "/notify/wechat-pay/demo/payment";
        let send = async |client: Client, body: Vec<u8>| {
            client.send(reqwest::Method::POST, path, Some(("application/json", body))).await
        };
        assert_eq!(send(app.anybody(), vec![b'x'; 70_000]).await.status, 413);
        assert!((400..500).contains(&send(app.anybody(), Vec::new()).await.status));
        assert!((400..500).contains(&send(app.anybody(), b"{}".to_vec()).await.status));
        let get = app.anybody().get(path).await;
        assert!((400..500).contains(&get.status), "{}", get.text());

        assert_eq!(floor.seen(&anna, &order).await["status"], "pending_payment");
        assert!(app.wechat().post_notice(true_one).await.accepted());
        assert_eq!(floor.seen(&anna, &order).await["status"], "paid");
    }
}

on_both! {
    async fn many_orders_are_told_at_once_in_any_order(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 100).await;
        let anna = app.member("anna").await;
        let mut numbers = Vec::new();
        for _ in 0..8 {
            let order = floor.orders(&anna, &[(&apples, 1)]).await;
            numbers.push(floor.pays_unheard(&anna, &order).await);
        }
        numbers.reverse();
        let told = join_all(numbers.iter().chain(&numbers).map(|number| floor.hears(number))).await;
        assert!(told.iter().all(|status| *status == 204), "{told:?}");
        let paid = anna.get("/api/v1/orders?status=paid").await.ok();
        let codes: Vec<&Value> = paid["items"].as_array().unwrap().iter().collect();
        assert_eq!(codes.len(), 8);
        floor.adds_up().await;
    }
}

on_both! {
    async fn money_that_somebody_else_paid_is_booked_all_the_same(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        let number = floor.pays_unheard(&anna, &order).await;
        assert_eq!(floor.hears_kind(&number, NoticeKind::OtherPayer).await, 204);
        assert_eq!(floor.seen(&anna, &order).await["status"], "paid");
        assert!(kept(app).await.is_empty());
        floor.adds_up().await;
    }
}
