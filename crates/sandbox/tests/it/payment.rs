//! Prepay, query, close, pay.

use futures::future::join_all;
use sandbox::{PayTarget, PaymentRefused};
use serde_json::json;

use crate::client::{Shop, second_merchant};

#[tokio::test]
async fn an_order_is_paid_and_the_books_agree() {
    let shop = Shop::open();
    let prepay_id = shop.prepay("order-000001", 5_277).await;
    assert_eq!(shop.query("order-000001").await.body["trade_state"], "NOTPAY");
    let transaction = shop.sandbox.state().pays(prepay_id.as_str()).unwrap();
    let paid = shop.query("order-000001").await;
    assert!(paid.signed);
    assert_eq!(paid.body["trade_state"], "SUCCESS");
    assert_eq!(paid.body["transaction_id"], transaction);
    assert_eq!(paid.body["amount"]["total"], 5_277);
    assert_eq!(paid.body["payer"]["openid"], shop.openid("alice"));
    let by_id = shop.get(&format!("/v3/pay/transactions/id/{transaction}?mchid={}", shop.merchant.mchid)).await;
    assert_eq!(by_id.body, paid.body);
    let purse = shop.sandbox.state().purse(&shop.merchant.mchid);
    assert_eq!((purse.available, purse.paid, purse.frozen), (5_277, 5_277, 0));
    assert_eq!(shop.sandbox.state().user_purse(&shop.openid("alice")).paid, 5_277);
}

#[tokio::test]
async fn re_entry_needs_the_very_same_request() {
    let shop = Shop::open();
    let first = shop.prepay("order-000002", 100).await;
    assert_eq!(shop.prepay("order-000002", 100).await, first);
    let other = shop.post("/v3/pay/transactions/jsapi", shop.order("order-000002", 101)).await;
    assert_eq!(other.code(), (400, "INVALID_REQUEST"));
    shop.sandbox.state().clock().advance(7_200);
    assert_ne!(shop.prepay("order-000002", 100).await, first, "a ticket lives two hours");
    assert_eq!(shop.sandbox.state().pays(first.as_str()), Err(PaymentRefused::TicketExpired));
}

#[tokio::test]
async fn closed_and_paid_numbers_are_used_up() {
    let shop = Shop::open();
    shop.prepay("order-000003", 100).await;
    let close = "/v3/pay/transactions/out-trade-no/order-000003/close";
    let body = json!({"mchid": shop.merchant.mchid});
    let closed = shop.post(close, body.clone()).await;
    assert_eq!((closed.status, closed.signed), (204, true));
    assert_eq!(shop.sandbox.state().pays("order-000003"), Err(PaymentRefused::Closed));
    assert_eq!(shop.query("order-000003").await.body["trade_state"], "CLOSED");
    let again = shop.post("/v3/pay/transactions/jsapi", shop.order("order-000003", 100)).await;
    assert_eq!(again.code(), (400, "ORDER_CLOSED"));
    shop.prepay("order-000004", 100).await;
    shop.sandbox.state().pays("order-000004").unwrap();
    assert_eq!(shop.sandbox.state().pays("order-000004"), Err(PaymentRefused::AlreadyPaid));
    let again = shop.post("/v3/pay/transactions/jsapi", shop.order("order-000004", 100)).await;
    assert_eq!(again.code(), (403, "OUT_TRADE_NO_USED"));
    let late = shop.post("/v3/pay/transactions/out-trade-no/order-000004/close", body.clone()).await;
    assert_eq!(late.code(), (400, "ORDERPAID"));
    let never = shop.post("/v3/pay/transactions/out-trade-no/order-neverr/close", body).await;
    assert_eq!(never.code(), (404, "ORDER_NOT_EXIST"));
}

#[tokio::test]
async fn each_field_rule_is_kept() {
    let shop = Shop::open();
    let refused = async |change: fn(&mut serde_json::Value)| {
        let mut body = shop.order("order-000005", 100);
        change(&mut body);
        let answer = shop.post("/v3/pay/transactions/jsapi", body).await;
        (answer.status, answer.body["code"].as_str().unwrap_or("none").to_owned())
    };
    let param = (400, "PARAM_ERROR".to_owned());
    assert_eq!(refused(|body| body["out_trade_no"] = json!("a.b.c.d")).await, param);
    assert_eq!(refused(|body| body["out_trade_no"] = json!("short")).await, param);
    assert_eq!(refused(|body| body["out_trade_no"] = json!("x".repeat(33))).await, param);
    assert_eq!(refused(|body| body["description"] = json!("")).await, param);
    assert_eq!(refused(|body| body["description"] = json!("葡".repeat(128))).await, param);
    assert_eq!(refused(|body| body["amount"]["total"] = json!(0)).await, param);
    assert_eq!(refused(|body| body["amount"]["total"] = json!("100")).await, param);
    assert_eq!(refused(|body| body["amount"]["total"] = json!(1.5)).await, param);
    assert_eq!(refused(|body| body["amount"]["currency"] = json!("USD")).await, param);
    assert_eq!(refused(|body| body["notify_url"] = json!("https://a.example/n?x=1")).await, param);
    assert_eq!(refused(|body| body["notify_url"] = json!("http://a.example/n")).await, param);
    assert_eq!(refused(|body| body["time_expire"] = json!("2026-11-23 18:00:00")).await, param);
    assert_eq!(refused(|body| body["unknown_field"] = json!(1)).await, param);
    assert_eq!(refused(|body| body["settle_info"] = json!({"profitSharing": true})).await, param);
    assert_eq!(refused(|body| body["attach"] = json!("x".repeat(129))).await, param);
    let mismatch = refused(|body| body["payer"]["openid"] = json!("oSomebodyElse000000000000000")).await;
    assert_eq!(mismatch, (500, "OPENID_MISMATCH".to_owned()));
    let unbound = refused(|body| body["appid"] = json!("wx0000000000000000")).await;
    assert_eq!(unbound, (400, "APPID_MCHID_NOT_MATCH".to_owned()));
    assert_eq!(refused(|body| body["mchid"] = json!("1900000001")).await, (400, "INVALID_REQUEST".to_owned()));
    assert!(shop.sandbox.state().orders().is_empty());
}

#[tokio::test]
async fn an_expired_order_cannot_be_paid() {
    let shop = Shop::open();
    let mut body = shop.order("order-000006", 100);
    let soon = chrono::Utc::now() + chrono::Duration::seconds(900);
    body["time_expire"] = json!(soon.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    assert_eq!(shop.post("/v3/pay/transactions/jsapi", body.clone()).await.status, 200);
    shop.sandbox.state().advance(901);
    assert_eq!(shop.sandbox.state().pays("order-000006"), Err(PaymentRefused::Expired));
    assert_eq!(shop.query("order-000006").await.body["trade_state"], "NOTPAY", "expiry is not a close");
    assert_eq!(shop.post("/v3/pay/transactions/jsapi", body).await.code(), (400, "INVALID_REQUEST"));
}

#[tokio::test]
async fn a_service_provider_orders_for_its_sub_merchant() {
    let shop = Shop::provider();
    let sub = "1709982749";
    let body = json!({"sp_appid": shop.merchant.appid, "sp_mchid": shop.merchant.mchid, "sub_mchid": sub,
        "description": "goods", "out_trade_no": "partner-0001", "notify_url": "https://shop.example.com/n",
        "amount": {"total": 900}, "payer": {"sp_openid": shop.openid("bob")}});
    assert_eq!(shop.post("/v3/pay/partner/transactions/jsapi", body.clone()).await.status, 200);
    shop.sandbox.state().pays("partner-0001").unwrap();
    let path = format!(
        "/v3/pay/partner/transactions/out-trade-no/partner-0001?sp_mchid={}&sub_mchid={sub}",
        shop.merchant.mchid
    );
    let paid = shop.get(&path).await;
    assert_eq!(paid.body["sub_mchid"], sub);
    assert_eq!(paid.body["payer"], json!({"sp_openid": shop.openid("bob")}));
    assert_eq!(shop.query("partner-0001").await.code(), (404, "ORDER_NOT_EXIST"), "not through the direct path");
    assert_eq!(shop.sandbox.state().purse(sub).available, 900);
    let mut both = body.clone();
    both["payer"]["sub_openid"] = json!(shop.openid("bob"));
    assert_eq!(shop.post("/v3/pay/partner/transactions/jsapi", both).await.code(), (400, "PARAM_ERROR"));
    let mut stranger = body;
    stranger["sub_mchid"] = json!("1900000009");
    assert_eq!(shop.post("/v3/pay/partner/transactions/jsapi", stranger).await.code(), (403, "NO_AUTH"));
}

#[tokio::test]
async fn two_merchants_do_not_see_each_other() {
    let shop = Shop::open();
    let other = second_merchant();
    shop.sandbox.state().add_merchant(&other).unwrap();
    shop.prepay("order-000007", 100).await;
    let second = Shop { merchant: other, ..shop };
    assert_eq!(second.query("order-000007").await.code(), (404, "ORDER_NOT_EXIST"));
    second.prepay("order-000007", 200).await;
    let state = second.sandbox.state();
    assert_eq!(state.pays("order-000007"), Err(PaymentRefused::Ambiguous));
    let mchid = second.merchant.mchid.clone();
    state.pays(PayTarget::OrderOf { mchid: mchid.clone(), out_trade_no: "order-000007".to_owned() }).unwrap();
    assert_eq!(state.purse(&mchid).paid, 200);
}

#[tokio::test]
async fn unsigned_and_replayed_calls_are_refused() {
    let shop = Shop::open();
    let path = format!("/v3/pay/transactions/out-trade-no/order-000008?mchid={}", shop.merchant.mchid);
    let now = chrono::Utc::now().timestamp();
    let good = shop.authorization("GET", &path, "", now, "fixednonce");
    assert_eq!(shop.send("GET", &path, String::new(), &good).await.code(), (404, "ORDER_NOT_EXIST"));
    let replayed = shop.send("GET", &path, String::new(), &good).await;
    assert_eq!(replayed.code(), (401, "SIGN_ERROR"));
    assert!(!replayed.signed);
    for bad in [
        shop.authorization("GET", &path, "", now - 301, "n1"),
        shop.authorization("GET", &path, "", now + 301, "n2"),
        shop.authorization("POST", &path, "", now, "n3"),
        shop.authorization("GET", &path, " ", now, "n4"),
        shop.authorization("GET", &path, "", now, "n5").replace(&shop.merchant.serial, "00"),
        shop.authorization("GET", &path, "", now, "n6").replace("RSA2048 ", "SM2 "),
        String::new(),
    ] {
        assert_eq!(shop.send("GET", &path, String::new(), &bad).await.code(), (401, "SIGN_ERROR"), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_orders_side_by_side_are_paid_once_each() {
    let shop = Shop::with(|config| config.workers = 2);
    let numbers: Vec<String> = (0..200).map(|n| format!("parallel-{n:04}")).collect();
    join_all(numbers.iter().map(|number| shop.prepay(number, 10))).await;
    let state = shop.sandbox.state();
    let payers: Vec<_> = (0..4)
        .map(|_| {
            let (state, numbers) = (state.clone(), numbers.clone());
            std::thread::spawn(move || numbers.iter().filter(|number| state.pays(number.as_str()).is_ok()).count())
        })
        .collect();
    let paid: usize = payers.into_iter().map(|payer| payer.join().unwrap()).sum();
    assert_eq!(paid, 200);
    assert_eq!(state.purse(&shop.merchant.mchid).available, 2_000);
}
