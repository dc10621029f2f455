//! Combined orders on the wire (sheet §3).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod pay_world;
mod stand_in;

use gateways::pay::wechat_pay::{CombinedPart, NewCombined, PayError, TradeState};
use kernel::Fen;
use pay_world::{assert_signed, client, partner, signed};
use serde_json::{Value, json};
use stand_in::StandIn;

const OPENID: &str = "ocxQ7qFpVJ83ctyweHMWPQQ8GvSg";

fn part(merchant: &str, number: &str, fen: i64) -> CombinedPart {
    CombinedPart {
        merchant: merchant.into(),
        out_trade_no: number.into(),
        attach: "c1".into(),
        description: "好".repeat(130),
        total: Fen::from_fen(fen),
        profit_sharing: fen > 500,
    }
}

fn combined(parts: Vec<CombinedPart>) -> NewCombined {
    NewCombined {
        combine_out_trade_no: "CB0000000001".into(),
        time_expire: Some("2026-11-23T04:15:00Z".parse().unwrap()),
        notify_url: "https://shop.example.com/notify/wechat-pay/demo/payment".into(),
        openid: OPENID.into(),
        parts,
    }
}

fn two() -> NewCombined {
    combined(vec![part("1709982749", "CS0000000001", 1_000), part("1790278980", "CS0000000002", 500)])
}

#[tokio::test]
async fn a_service_provider_names_himself_and_each_sub_merchant() {
    let server = StandIn::start(|_| signed(200, r#"{"prepay_id":"wx201410272009395522657a690389285100"}"#)).await;
    let pay = partner(&server.url);
    let body = pay.combined_body(&two()).unwrap();
    assert_eq!(pay.send_combined(&body).await.unwrap(), "wx201410272009395522657a690389285100");
    let asked = server.last();
    assert_signed(&asked);
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/v3/combine-transactions/jsapi"));
    assert_eq!(asked.body, body, "the very bytes that were stored");
    let sub = |mchid: &str, number: &str, fen: i64| {
        json!({"mchid": "1654991716", "sub_mchid": mchid, "out_trade_no": number, "attach": "c1",
            "description": "好".repeat(127), "amount": {"total_amount": fen, "currency": "CNY"}})
    };
    let mut flagged = sub("1709982749", "CS0000000001", 1_000);
    flagged["settle_info"] = json!({"profit_sharing": true});
    let wanted = json!({"combine_appid": pay_world::vectors()["merchant"]["sub_appid"], "combine_mchid": "1654991716",
        "combine_out_trade_no": "CB0000000001", "sub_orders": [flagged, sub("1790278980", "CS0000000002", 500)],
        "combine_payer_info": {"openid": OPENID}, "time_expire": "2026-11-23T12:15:00+08:00",
        "notify_url": "https://shop.example.com/notify/wechat-pay/demo/payment"});
    assert_eq!(asked.json(), wanted);
}

#[tokio::test]
async fn a_direct_merchant_names_every_participant_by_its_own_number() {
    let body = client("http://127.0.0.1:1").combined_body(&two()).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let names: Vec<_> = body["sub_orders"].as_array().unwrap().iter().map(|o| (&o["mchid"], &o["sub_mchid"])).collect();
    assert_eq!(names, [(&json!("1709982749"), &Value::Null), (&json!("1790278980"), &Value::Null)]);
}

#[test]
fn what_the_platform_never_accepts_is_not_sent() {
    let (direct, partner) = (client("http://127.0.0.1:1"), partner("http://127.0.0.1:1"));
    let many = |count: usize| combined((0..count).map(|n| part("1709982749", &format!("CS{n:010}"), 600)).collect());
    let counts = |pay: &gateways::pay::wechat_pay::WechatPay| {
        [0, 1, 2, 10, 11, 50, 51].map(|count| pay.combined_body(&many(count)).is_ok())
    };
    assert_eq!(counts(&direct), [false, false, true, true, false, false, false]);
    assert_eq!(counts(&partner), [false, true, true, true, true, true, false]);
    let refused = |change: fn(&mut NewCombined)| {
        let mut order = two();
        change(&mut order);
        matches!(partner.combined_body(&order), Err(PayError::Invalid(_)))
    };
    assert!(refused(|order| order.combine_out_trade_no = "short".into()));
    assert!(refused(|order| order.parts[1].out_trade_no = "a number with spaces".into()));
    assert!(refused(|order| order.parts[1].attach = String::new()), "attach is required here");
    assert!(refused(|order| order.parts[0].attach = "长".repeat(129)));
    assert!(refused(|order| order.parts[0].total = Fen::ZERO));
}

#[tokio::test]
async fn every_order_of_the_answer_has_a_state_of_its_own() {
    let server = StandIn::start(|_| {
        let order = |number: &str, state: Value| {
            json!({"mchid": "1654991716", "sub_mchid": "1709982749",
            "out_trade_no": number, "trade_state": state, "amount": {"total_amount": 700, "payer_amount": 600}})
        };
        let orders = [order("CS1", json!("SUCCESS")), order("CS2", json!("NOTPAY")), order("CS3", Value::Null)];
        signed(200, json!({"combine_out_trade_no": "CB1", "sub_orders": orders}).to_string())
    })
    .await;
    let answer = partner(&server.url).query_combined("CB|1").await.unwrap();
    assert_eq!(server.last().target, "/v3/combine-transactions/out-trade-no/CB%7C1");
    let states: Vec<_> = answer.orders().into_iter().map(|order| order.trade_state).collect();
    assert_eq!(states, [TradeState::Success, TradeState::NotPay, TradeState::Other(String::new())]);
    assert_eq!(answer.orders()[0].total(), Some(Fen::from_fen(700)));
}

#[tokio::test]
async fn a_close_lists_every_order_and_only_204_is_one() {
    let server = StandIn::start(|asked| {
        if asked.target.contains("PAYING") { signed(202, r#"{"code":"USERPAYING"}"#) } else { signed(204, "") }
    })
    .await;
    let pay = partner(&server.url);
    let orders = [("1709982749".to_owned(), "CS1".to_owned()), ("1790278980".to_owned(), "CS2".to_owned())];
    pay.close_combined("CB000001", &orders).await.unwrap();
    let asked = server.last();
    assert_eq!(asked.target, "/v3/combine-transactions/out-trade-no/CB000001/close");
    let named = |sub: &str, number: &str| json!({"mchid": "1654991716", "sub_mchid": sub, "out_trade_no": number});
    let wanted = json!({"combine_appid": pay_world::vectors()["merchant"]["sub_appid"],
        "sub_orders": [named("1709982749", "CS1"), named("1790278980", "CS2")]});
    assert_eq!(asked.json(), wanted);
    assert!(pay.close_combined("PAYING", &orders).await.unwrap_err().is_undecided());
}

#[tokio::test]
async fn for_another_sub_merchant_only_the_name_changes() {
    let server = StandIn::start(|_| signed(200, r#"{"out_trade_no":"x","trade_state":"NOTPAY"}"#)).await;
    let other = partner(&server.url).for_sub_merchant("1790278980");
    other.query_order("ORDER1").await.unwrap();
    assert_signed(&server.last());
    assert!(server.last().target.ends_with("?sp_mchid=1654991716&sub_mchid=1790278980"));
    assert_eq!(client(&server.url).for_sub_merchant("1790278980").sub_mchid(), None);
}
