//! A service provider and its sub-merchants: who may call what, and under which names.

use sandbox::NoticeKind;
use serde_json::{Value, json};

use crate::client::{SUB_APPID, Shop};

const SUB: &str = "1709982750";

/// A flagged order of the sub-merchant with the mini-program.
fn order(shop: &Shop, number: &str) -> Value {
    let openid = shop.sandbox.state().openid(SUB_APPID, "bob");
    json!({"sp_appid": shop.merchant.appid, "sp_mchid": shop.merchant.mchid, "sub_mchid": SUB, "sub_appid": SUB_APPID,
        "description": "goods", "out_trade_no": number, "notify_url": "https://shop.example.com/n",
        "amount": {"total": 10_000}, "payer": {"sub_openid": openid}, "settle_info": {"profit_sharing": true}})
}

const JSAPI: &str = "/v3/pay/partner/transactions/jsapi";

#[tokio::test]
async fn what_is_a_direct_merchants_is_refused_to_a_service_provider_and_the_reverse() {
    let shop = Shop::provider();
    let direct = shop.post("/v3/pay/transactions/jsapi", shop.order("mode-000001", 100)).await;
    assert_eq!(direct.code(), (403, "NO_AUTH"));
    let transfer = "/v3/fund-app/mch-transfer/transfer-bills";
    assert_eq!(shop.post(transfer, json!({})).await.code(), (403, "NO_AUTH"));
    assert_eq!(shop.get(&format!("{transfer}/out-bill-no/T1")).await.code(), (403, "NO_AUTH"));
    assert_eq!(shop.post(JSAPI, order(&shop, "mode-000002")).await.status, 200);
    shop.sandbox.state().pays("mode-000002").unwrap();
    let refund = json!({"out_trade_no": "mode-000002", "out_refund_no": "r1",
        "amount": {"refund": 1, "total": 10_000, "currency": "CNY"}});
    let nobody = shop.post("/v3/refund/domestic/refunds", refund.clone()).await;
    assert_eq!(nobody.code(), (400, "PARAM_ERROR"), "whose refund it is must be said");
    let mut foreign = refund.clone();
    foreign["sub_mchid"] = json!("1709982749");
    assert_eq!(shop.post("/v3/refund/domestic/refunds", foreign).await.code(), (404, "RESOURCE_NOT_EXISTS"));
    let mut own = refund;
    own["sub_mchid"] = json!(SUB);
    assert_eq!(shop.post("/v3/refund/domestic/refunds", own).await.status, 200);
    let ratio = format!("/v3/profitsharing/merchant-configs/{SUB}");
    assert_eq!(shop.get(&ratio).await.body["max_ratio"], 3_000);

    let merchant = Shop::open();
    let mut body = order(&merchant, "mode-000003");
    assert_eq!(merchant.post(JSAPI, body.take()).await.code(), (403, "NO_AUTH"));
    assert_eq!(merchant.get(&ratio).await.code(), (403, "NO_AUTH"));
}

#[tokio::test]
async fn an_openid_and_an_app_must_be_those_of_the_sub_merchant() {
    let shop = Shop::provider();
    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut body = order(&shop, "names-000001");
        change(&mut body);
        let answer = shop.post(JSAPI, body).await;
        (answer.status, answer.body["code"].as_str().unwrap_or("none").to_owned())
    };
    let of_provider = shop.openid("bob");
    let mismatch = refused(&|body| body["payer"]["sub_openid"] = json!(of_provider)).await;
    assert_eq!(mismatch, (500, "OPENID_MISMATCH".to_owned()));
    let unbound = refused(&|body| body["sub_appid"] = json!("wx0000000000000000")).await;
    assert_eq!(unbound, (400, "APPID_MCHID_NOT_MATCH".to_owned()));
    let of_another = refused(&|body| body["sub_mchid"] = json!("1709982749")).await;
    assert_eq!(of_another, (400, "APPID_MCHID_NOT_MATCH".to_owned()));
    let other_provider = refused(&|body| body["sp_mchid"] = json!("1900000001")).await;
    assert_eq!(other_provider, (400, "INVALID_REQUEST".to_owned()));
}

#[tokio::test]
async fn people_of_the_sub_merchants_mini_program_receive_shares() {
    let shop = Shop::provider();
    let leader = shop.sandbox.state().openid(SUB_APPID, "leader");
    let receiver = json!({"sub_mchid": SUB, "appid": shop.merchant.appid, "sub_appid": SUB_APPID,
        "type": "PERSONAL_SUB_OPENID", "account": leader, "relation_type": "DISTRIBUTOR"});
    for (field, value) in [("type", json!("PERSONAL_OPENID")), ("sub_appid", json!("wx0000000000000000"))] {
        let mut wrong = receiver.clone();
        wrong[field] = value;
        assert_eq!(shop.post("/v3/profitsharing/receivers/add", wrong).await.status, 400, "{field}");
    }
    assert_eq!(shop.post("/v3/profitsharing/receivers/add", receiver).await.status, 200);
    shop.post(JSAPI, order(&shop, "share-000001")).await;
    let transaction = shop.sandbox.state().pays("share-000001").unwrap();
    shop.sandbox.state().advance(60);
    let share = json!({"sub_mchid": SUB, "appid": shop.merchant.appid, "sub_appid": SUB_APPID,
        "transaction_id": transaction, "out_order_no": "ps1", "unfreeze_unsplit": true,
        "receivers": [{"type": "PERSONAL_SUB_OPENID", "account": leader, "amount": 900, "description": "x"}]});
    let made = shop.post("/v3/profitsharing/orders", share).await;
    assert_eq!((made.status, &made.body["sub_mchid"]), (200, &json!(SUB)), "{made:?}");
    let asked = format!("/v3/profitsharing/orders/ps1?transaction_id={transaction}");
    assert_eq!(shop.get(&asked).await.code(), (400, "PARAM_ERROR"));
    assert_eq!(shop.get(&format!("{asked}&sub_mchid={SUB}")).await.body["state"], "FINISHED");
    let purse = shop.sandbox.state().purse(SUB);
    assert_eq!((purse.shared_out, purse.available, purse.frozen), (900, 9_100, 0));
}

#[tokio::test]
async fn a_notice_names_both_sides_and_can_be_forged_for_another_sub_merchant() {
    let (url, inbox) = crate::client::listen(Vec::new()).await;
    let shop = Shop::provider();
    let mut body = order(&shop, "notice-00001");
    body["notify_url"] = json!(url);
    shop.post(JSAPI, body).await;
    shop.sandbox.state().pays("notice-00001").unwrap();
    for kind in [NoticeKind::Duplicate, NoticeKind::OtherSubMerchant] {
        shop.sandbox.state().send_notices("notice-00001", kind, 1).await.unwrap();
    }
    assert_eq!(inbox.lock().unwrap().len(), 2);
    let path = format!(
        "/v3/pay/partner/transactions/out-trade-no/notice-00001?sp_mchid={}&sub_mchid={SUB}",
        shop.merchant.mchid
    );
    let shown = shop.get(&path).await.body;
    assert_eq!((&shown["sub_appid"], &shown["appid"]), (&json!(SUB_APPID), &Value::Null));
    assert!(shown["payer"]["sub_openid"].is_string() && shown["payer"]["sp_openid"].is_null());
}
