//! Login, tokens and what needs a token.

use serde_json::{Value, json};

use crate::client::Shop;

async fn login(shop: &Shop, code: &str) -> Value {
    let (appid, secret) = (&shop.merchant.appid, &shop.merchant.secret);
    shop.json(&format!(
        "/sns/jscode2session?appid={appid}&secret={secret}&js_code={code}&grant_type=authorization_code"
    ))
    .await
}

async fn token(shop: &Shop, force: bool) -> String {
    let body = json!({"grant_type": "client_credential", "appid": shop.merchant.appid, "secret": shop.merchant.secret,
        "force_refresh": force});
    let (_, answer) = shop.control("/cgi-bin/stable_token", body).await;
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_login_code_works_once_and_names_its_user() {
    let shop = Shop::open();
    let first = login(&shop, "code-alice").await;
    assert_eq!(first["openid"], shop.openid("alice"));
    assert_eq!(first["openid"].as_str().unwrap().len(), 28);
    assert_eq!(login(&shop, "code-alice").await["errcode"], 40163);
    assert_eq!(login(&shop, "code-alice.2").await["openid"], first["openid"]);
    assert_eq!(login(&shop, "anything").await["errcode"], 40029);
    assert_eq!(login(&shop, "code-highrisk").await["errcode"], 40226);
    let minted = shop.control("/_sandbox/login-code", json!({"name": "bob"})).await.1["code"].clone();
    assert_eq!(login(&shop, minted.as_str().unwrap()).await["openid"], shop.openid("bob"));
    let stale = shop.sandbox.state().login_code("bob", true);
    assert_eq!(login(&shop, &stale).await["errcode"], 40029);
    let appid = &shop.merchant.appid;
    let path = format!("/sns/jscode2session?appid={appid}&secret=no&js_code=code-x&grant_type=authorization_code");
    assert_eq!(shop.json(&path).await["errcode"], 40125);
}

#[tokio::test]
async fn a_stable_token_stays_until_it_is_forced() {
    let shop = Shop::open();
    let first = token(&shop, false).await;
    assert_eq!(token(&shop, false).await, first);
    let forced = token(&shop, true).await;
    assert_ne!(forced, first);
    assert_eq!(token(&shop, true).await, forced, "a second force within 30 s does nothing");
    let check = |token: &str| format!("/wxa/sec/order/is_trade_managed?access_token={token}");
    let body = json!({"appid": shop.merchant.appid});
    assert_eq!(shop.control(&check(&first), body.clone()).await.1["errcode"], 40001);
    assert_eq!(shop.control(&check(&forced), body.clone()).await.1["errcode"], 0);
    assert_eq!(shop.control("/wxa/sec/order/is_trade_managed", body.clone()).await.1["errcode"], 41001);
    shop.sandbox.state().expire_tokens(&shop.merchant.appid);
    assert_eq!(shop.control(&check(&forced), body).await.1["errcode"], 42001);
    assert_ne!(token(&shop, false).await, forced);
}

#[tokio::test]
async fn a_phone_code_belongs_to_its_user() {
    let shop = Shop::open();
    let path = format!("/wxa/business/getuserphonenumber?access_token={}", token(&shop, false).await);
    let ask = async |code: &str, openid: String| shop.control(&path, json!({"code": code, "openid": openid})).await.1;
    let info = ask("phone-alice", shop.openid("alice")).await;
    assert_eq!(info["phone_info"]["watermark"]["appid"], shop.merchant.appid);
    assert_eq!(info["phone_info"]["purePhoneNumber"].as_str().unwrap().len(), 11);
    assert_eq!(ask("phone-alice", shop.openid("alice")).await["errcode"], 40029);
    assert_eq!(ask("phone-alice.2", shop.openid("bob")).await["errcode"], 40003);
    assert_eq!(ask("code-alice.9", shop.openid("alice")).await["errcode"], 40029, "a login code is not a phone code");
    let given = ask("phone-13912345678", shop.openid("bob")).await;
    assert_eq!(given["phone_info"]["phoneNumber"], "13912345678");
}

#[tokio::test]
async fn a_code_picture_needs_a_legal_scene() {
    let shop = Shop::open();
    let path = format!("/wxa/getwxacodeunlimit?access_token={}", token(&shop, false).await);
    let answer = shop.http.post(shop.url(&path)).json(&json!({"scene": "l_abc", "page": "pages/home", "width": 280}));
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/png");
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!(&bytes[16..24], &[0, 0, 1, 24, 0, 0, 1, 24]);
    let refused = async |body: Value| shop.control(&path, body).await.1["errcode"].clone();
    assert_eq!(refused(json!({"scene": "团长"})).await, 40129);
    assert_eq!(refused(json!({"scene": "x".repeat(33)})).await, 40169);
    assert_eq!(refused(json!({"scene": "ok", "page": "/pages/home"})).await, 41030);
    assert_eq!(refused(json!({"scene": "ok", "width": 100})).await, 40097);
    assert_eq!(refused(json!({"scene": "ok", "page": null})).await, 47001);
}

#[tokio::test]
async fn messages_keep_the_word_limits_and_the_grants() {
    let shop = Shop::with(|config| config.message_grants = true);
    let path = format!("/cgi-bin/message/subscribe/send?access_token={}", token(&shop, false).await);
    let message = |thing: &str| {
        json!({"touser": shop.openid("alice"), "template_id": "T1", "page": "pages/order?id=1",
            "data": {"thing1": {"value": thing}, "amount2": {"value": "¥12.50"}}, "miniprogram_state": "formal"})
    };
    let send = async |body: Value| shop.control(&path, body).await.1["errcode"].clone();
    assert_eq!(send(message("待自提")).await, 43101);
    shop.sandbox.state().grant_messages(&shop.openid("alice"), "T1", 1);
    assert_eq!(send(message(&"长".repeat(21))).await, 47003);
    assert_eq!(send(message("待自提")).await, 0);
    assert_eq!(send(message("待自提")).await, 43101);
    assert_eq!(shop.sandbox.state().messages()[0].data["thing1"], "待自提");
}

#[tokio::test]
async fn shipping_is_reported_once_and_corrected_once() {
    let shop = Shop::open();
    let base = token(&shop, false).await;
    let path = format!("/wxa/sec/order/upload_shipping_info?access_token={base}");
    shop.prepay("shipping-001", 100).await;
    let transaction = shop.sandbox.state().pays("shipping-001").unwrap();
    let upload = |item: &str, minute: u32| {
        json!({"order_key": {"order_number_type": 2, "transaction_id": transaction}, "logistics_type": 4,
            "delivery_mode": 1, "shipping_list": [{"item_desc": item}],
            "upload_time": format!("2026-11-23T18:{minute:02}:12.120+08:00"), "payer": {"openid": shop.openid("alice")}})
    };
    let send = async |body: Value| shop.control(&path, body).await.1["errcode"].clone();
    assert_eq!(send(upload("鸡蛋30枚", 1)).await, 0);
    assert_eq!(send(upload("鸡蛋30枚", 2)).await, 10060023);
    assert_eq!(send(upload("鸡蛋31枚", 1)).await, 10060014, "not newer");
    assert_eq!(send(upload("鸡蛋31枚", 3)).await, 0);
    assert_eq!(send(upload("鸡蛋32枚", 4)).await, 10060003);
    let mut empty = upload("x", 5);
    empty["shipping_list"] = json!([]);
    assert_eq!(send(empty).await, 268485228);

    // Virtual goods have no parcel, are not split, and are told once like any other.
    shop.prepay("shipping-002", 100).await;
    let paid_in = shop.sandbox.state().pays("shipping-002").unwrap();
    let virtual_goods = |changes: Value| {
        let mut body = upload("余额充值*1", 6);
        body["order_key"]["transaction_id"] = json!(paid_in);
        body["logistics_type"] = json!(3);
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        body
    };
    let parcel = json!([{"item_desc": "x", "tracking_no": "1", "express_company": "ZTO"}]);
    assert_eq!(send(virtual_goods(json!({"shipping_list": parcel}))).await, 10060014);
    assert_eq!(send(virtual_goods(json!({"delivery_mode": 2, "is_all_delivered": true}))).await, 10060006);
    assert_eq!(send(virtual_goods(json!({"shipping_list": [{"item_desc": ""}]}))).await, 10060008);
    assert_eq!(send(virtual_goods(json!({"payer": {"openid": shop.openid("bea")}}))).await, 10060031);
    assert_eq!(send(virtual_goods(json!({}))).await, 0);
    assert_eq!(send(virtual_goods(json!({}))).await, 10060023);
    let ask = format!("/wxa/sec/order/get_order?access_token={base}");
    let order = shop.control(&ask, json!({"transaction_id": transaction})).await.1;
    assert_eq!(order["order"]["order_state"], 2);
    assert!(shop.sandbox.state().confirms_receipt(&transaction));
    let order = shop.control(&ask, json!({"transaction_id": transaction})).await.1;
    assert_eq!(order["order"]["order_state"], 4);
    assert_eq!(order["order"]["shipping"]["goods_desc"], "鸡蛋31枚");
}
