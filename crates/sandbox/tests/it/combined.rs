//! Combined orders: placed, paid and closed together; refunded, shared and shipped each for itself.

use sandbox::NoticeKind;
use serde_json::{Value, json};

use crate::client::{SUB_APPID, Shop, listen, second_merchant};

const FIRST: &str = "1709982749";
const SECOND: &str = "1709982750";
const PATH: &str = "/v3/combine-transactions/jsapi";

fn sub(shop: &Shop, sub: &str, number: &str, fen: i64) -> Value {
    json!({"mchid": shop.merchant.mchid, "sub_mchid": sub, "out_trade_no": number, "attach": "c", "description": "goods",
        "amount": {"total_amount": fen, "currency": "CNY"}, "settle_info": {"profit_sharing": sub == SECOND}})
}

/// Two orders of two sub-merchants, paid in the mini-program of the second.
fn order(shop: &Shop, name: &str) -> Value {
    let openid = shop.sandbox.state().openid(SUB_APPID, "bob");
    json!({"combine_appid": SUB_APPID, "combine_mchid": shop.merchant.mchid,
        "combine_out_trade_no": format!("{name}-whole"), "notify_url": "https://shop.example.com/n",
        "sub_orders": [sub(shop, FIRST, &format!("{name}-1"), 1_000), sub(shop, SECOND, &format!("{name}-2"), 501)],
        "combine_payer_info": {"openid": openid}})
}

fn close(shop: &Shop, name: &str) -> Value {
    let part = |sub: &str, n: u8| json!({"mchid": shop.merchant.mchid, "sub_mchid": sub, "out_trade_no": format!("{name}-{n}")});
    json!({"combine_appid": SUB_APPID, "sub_orders": [part(FIRST, 1), part(SECOND, 2)]})
}

fn whole(name: &str) -> String {
    format!("/v3/combine-transactions/out-trade-no/{name}-whole")
}

#[tokio::test]
async fn all_orders_are_paid_by_one_ticket_and_lie_with_their_sellers() {
    let shop = Shop::provider();
    let ticket = shop.post(PATH, order(&shop, "paid")).await.body["prepay_id"].as_str().unwrap().to_owned();
    assert_eq!(shop.post(PATH, order(&shop, "paid")).await.body["prepay_id"], ticket, "the same request again");
    let states = async || {
        let shown = shop.get(&whole("paid")).await.body;
        let state = |n: usize| shown["sub_orders"][n]["trade_state"].as_str().unwrap().to_owned();
        (state(0), state(1), shown["combine_payer_info"]["openid"].is_string())
    };
    assert_eq!(states().await, ("NOTPAY".to_owned(), "NOTPAY".to_owned(), false));
    let state = shop.sandbox.state();
    state.pays(ticket.as_str()).unwrap();
    assert_eq!(states().await, ("SUCCESS".to_owned(), "SUCCESS".to_owned(), true));
    assert!(state.pays("paid-2").is_err(), "the orders are paid together, once");
    let (one, two) = (state.purse(FIRST), state.purse(SECOND));
    assert_eq!((one.paid, one.frozen, two.paid), (1_000, 0, 501));
    assert!(two.frozen > 490 && state.purse(&shop.merchant.mchid).paid == 0);
    assert_eq!(shop.post(PATH, order(&shop, "paid")).await.code(), (403, "OUT_TRADE_NO_USED"));

    let refund = |sub: &str, number: &str, total: i64| {
        json!({"sub_mchid": sub, "out_trade_no": number, "out_refund_no": format!("r-{number}"),
            "amount": {"refund": 100, "total": total, "currency": "CNY"}})
    };
    let refunds = "/v3/refund/domestic/refunds";
    assert_eq!(shop.post(refunds, refund(SECOND, "paid-1", 1_000)).await.status, 404, "another's order");
    assert_eq!(shop.post(refunds, refund(FIRST, "paid-1", 1_501)).await.status, 400, "its own total, not the whole's");
    assert_eq!(shop.post(refunds, refund(FIRST, "paid-1", 1_000)).await.status, 200);
    assert_eq!(states().await.0, "REFUND");
    assert_eq!((state.purse(FIRST).refunded, state.purse(SECOND).refunded), (100, 0));
}

#[tokio::test]
async fn every_rule_of_a_combined_order_is_kept() {
    let shop = Shop::provider();
    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut body = order(&shop, "rules");
        change(&mut body);
        let answer = shop.post(PATH, body).await;
        (answer.status, answer.body["code"].as_str().unwrap_or("none").to_owned())
    };
    let param = (400, "PARAM_ERROR".to_owned());
    let without = |pointer: &'static str, name: &'static str| {
        move |body: &mut Value| drop(body.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name))
    };
    for (pointer, name) in [
        ("/sub_orders/0", "attach"),
        ("/sub_orders/0", "sub_mchid"),
        ("/sub_orders/0", "description"),
        ("/sub_orders/0/amount", "currency"),
        ("", "combine_payer_info"),
        ("", "notify_url"),
    ] {
        assert_eq!(refused(&without(pointer, name)).await, param, "{name}");
    }
    assert_eq!(refused(&|body| body["sub_orders"][0]["attach"] = json!("")).await, param);
    assert_eq!(refused(&|body| body["sub_orders"][0]["unknown"] = json!(1)).await, param);
    assert_eq!(refused(&|body| body["sub_orders"][0]["amount"]["total_amount"] = json!(0)).await, param);
    assert_eq!(refused(&|body| body["sub_orders"] = json!([])).await, param);
    assert_eq!(refused(&|body| body["sub_orders"][0]["out_trade_no"] = json!("rules-2")).await, param, "twice");
    let many: Vec<Value> = (0..51).map(|n| sub(&shop, FIRST, &format!("many-{n:04}"), 1)).collect();
    assert_eq!(refused(&|body| body["sub_orders"] = json!(many)).await, param, "51 orders");
    assert_eq!(refused(&|body| body["scene_info"] = json!({"device_id": "1"})).await, param);
    let foreign = refused(&|body| body["sub_orders"][0]["sub_mchid"] = json!("1700000000")).await;
    assert_eq!(foreign, (403, "NO_AUTH".to_owned()));
    let app = refused(&|body| body["combine_appid"] = json!("wx0000000000000000")).await;
    assert_eq!(app, (400, "APPID_MCHID_NOT_MATCH".to_owned()));
    let payer = refused(&|body| body["combine_payer_info"]["openid"] = json!(shop.openid("bob"))).await;
    assert_eq!(payer, (500, "OPENID_MISMATCH".to_owned()));
    assert_eq!(shop.post(PATH, order(&shop, "rules")).await.status, 200);
    let other = refused(&|body| body["sub_orders"][1]["attach"] = json!("other")).await;
    assert_eq!(other, (400, "INVALID_REQUEST".to_owned()), "a re-entry that differs");
    let used = refused(&|body| body["combine_out_trade_no"] = json!("rules-again")).await;
    assert_eq!(used, (403, "OUT_TRADE_NO_USED".to_owned()), "its orders have their numbers for ever");
}

#[tokio::test]
async fn a_direct_merchant_combines_two_to_ten_merchants_that_his_app_is_bound_to() {
    let shop = Shop::open();
    let mut second = second_merchant();
    let body = |second: &str| {
        let part = |mchid: &str, number: &str| {
            json!({"mchid": mchid, "out_trade_no": number, "attach": "c", "description": "goods",
                "amount": {"total_amount": 100, "currency": "CNY"}})
        };
        json!({"combine_appid": shop.merchant.appid, "combine_mchid": shop.merchant.mchid,
            "combine_out_trade_no": "direct-whole", "notify_url": "https://shop.example.com/n",
            "sub_orders": [part(&shop.merchant.mchid, "direct-1"), part(second, "direct-2")],
            "combine_payer_info": {"openid": shop.openid("bob")}})
    };
    shop.sandbox.state().add_merchant(&second).unwrap();
    assert_eq!(shop.post(PATH, body(&second.mchid)).await.code(), (400, "APPID_MCHID_NOT_MATCH"));
    second.bound_appids = vec![shop.merchant.appid.clone()];
    shop.sandbox.state().add_merchant(&second).unwrap();
    let mut alone = body(&second.mchid);
    alone["sub_orders"].as_array_mut().unwrap().pop();
    assert_eq!(shop.post(PATH, alone).await.code(), (400, "PARAM_ERROR"), "one order goes the plain way");
    assert_eq!(shop.post(PATH, body(&second.mchid)).await.status, 200);
    shop.sandbox.state().pays("direct-whole").unwrap();
    assert_eq!(shop.sandbox.state().purse(&second.mchid).paid, 100);
}

#[tokio::test]
async fn only_the_whole_list_closes_it_and_no_other_call_does() {
    let shop = Shop::provider();
    shop.post(PATH, order(&shop, "close")).await;
    let path = format!("{}/close", whole("close"));
    let mut part = close(&shop, "close");
    part["sub_orders"].as_array_mut().unwrap().pop();
    assert_eq!(shop.post(&path, part).await.code(), (400, "INVALID_REQUEST"));
    let plain = "/v3/pay/partner/transactions/out-trade-no/close-1";
    let names = json!({"sp_mchid": shop.merchant.mchid, "sub_mchid": FIRST});
    assert_eq!(shop.post(&format!("{plain}/close"), names).await.code(), (404, "ORDER_NOT_EXIST"));
    let asked = format!("{plain}?sp_mchid={}&sub_mchid={FIRST}", shop.merchant.mchid);
    assert_eq!(shop.get(&asked).await.code(), (404, "ORDER_NOT_EXIST"));
    let state = shop.sandbox.state();
    state.enters_password("close-2", true).unwrap();
    assert_eq!(shop.post(&path, close(&shop, "close")).await.code(), (202, "USERPAYING"));
    state.enters_password("close-1", false).unwrap();
    assert_eq!(shop.post(&path, close(&shop, "close")).await.status, 204);
    assert_eq!(shop.post(&path, close(&shop, "close")).await.code(), (400, "ORDER_CLOSED"));
    assert!(state.pays("close-1").is_err());
    assert_eq!(shop.get(&whole("close")).await.body["sub_orders"][1]["trade_state"], "CLOSED");
    assert_eq!(shop.post(PATH, order(&shop, "close")).await.code(), (400, "ORDER_CLOSED"));
    assert_eq!(shop.get(&whole("nobody")).await.code(), (404, "ORDER_NOT_EXIST"));
}

#[tokio::test]
async fn one_notice_tells_of_all_orders() {
    let shop = Shop::provider();
    let (url, inbox) = listen(vec![]).await;
    let mut body = order(&shop, "told");
    body["notify_url"] = json!(url);
    shop.post(PATH, body).await;
    let state = shop.sandbox.state();
    let forged = state.make_notice("told-1", NoticeKind::BadSignature).unwrap();
    assert_eq!(forged.url, url, "an unpaid one can be forged");
    state.pays_quietly("told-whole").unwrap();
    assert_eq!(state.notices()[0].subject, "told-whole");
    let answers = state.send_notices("told-2", NoticeKind::Duplicate, 2).await.unwrap();
    assert!(answers.iter().all(|answer| answer.accepted()));
    assert_eq!(inbox.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn its_orders_are_shipped_one_by_one_and_each_upload_is_newer() {
    let shop = Shop::provider();
    shop.post(PATH, order(&shop, "ship")).await;
    let state = shop.sandbox.state();
    let mut app = second_merchant();
    app.appid = SUB_APPID.to_owned();
    state.add_merchant(&app).unwrap();
    let token = format!("/cgi-bin/token?grant_type=client_credential&appid={SUB_APPID}&secret={}", app.secret);
    let token = shop.json(&token).await["access_token"].as_str().unwrap().to_owned();
    let path = |name: &str| format!("/wxa/sec/order/{name}?access_token={token}");
    let key = |mchid: &str, number: &str| json!({"order_number_type": 1, "mchid": mchid, "out_trade_no": number});
    let upload = |mchid: &str, number: &str, item: &str, second: u32| {
        json!({"order_key": key(&shop.merchant.mchid, "ship-whole"), "sub_orders": [{"order_key": key(mchid, number),
            "logistics_type": 4, "delivery_mode": 1, "shipping_list": [{"item_desc": item}]}],
            "upload_time": format!("2026-11-23T18:05:{second:02}.120+08:00"),
            "payer": {"openid": state.openid(SUB_APPID, "bob")}})
    };
    let send = async |body: Value| {
        shop.control(&path("upload_combined_shipping_info"), body).await.1["errcode"].as_i64().unwrap()
    };
    assert_eq!(send(upload(FIRST, "ship-1", "鸡蛋*1", 1)).await, 10_060_001, "not paid yet");
    state.pays("ship-whole").unwrap();
    assert_eq!(send(upload(FIRST, "ship-1", "鸡蛋*1", 1)).await, 0);
    assert_eq!(send(upload(FIRST, "ship-1", "鸡蛋*1", 1)).await, 10_060_023, "the same again");
    assert_eq!(send(upload(SECOND, "ship-2", "苹果*1", 1)).await, 10_060_014, "as old as the other's");
    assert_eq!(send(upload(FIRST, "ship-2", "苹果*1", 2)).await, 10_060_001, "another's order");
    assert_eq!(send(upload(SECOND, "ship-2", "苹果*1", 2)).await, 0);
    let mut mixed = upload(SECOND, "ship-2", "苹果*2", 3);
    mixed["sub_orders"][0]["order_key"] = json!({"order_number_type": 2, "transaction_id": "42"});
    assert_eq!(send(mixed).await, 268_485_194, "named in two ways");
    let mut stranger = upload(SECOND, "ship-2", "苹果*2", 3);
    stranger["payer"]["openid"] = json!(shop.openid("bob"));
    assert_eq!(send(stranger).await, 10_060_031);
    let mut alone = upload(SECOND, "ship-2", "苹果*2", 3)["sub_orders"][0].take();
    alone["upload_time"] = json!("2026-11-23T18:05:09+08:00");
    alone["payer"] = json!({"openid": state.openid(SUB_APPID, "bob")});
    let answer = shop.control(&path("upload_shipping_info"), alone).await.1;
    assert_eq!(answer["errcode"], 10_060_014, "a part is told within the whole");
    assert_eq!(state.shipments().len(), 2);
}
