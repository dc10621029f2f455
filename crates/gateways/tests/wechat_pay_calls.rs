//! The WeChat Pay client against a stand-in that signs its answers: what is sent, and what every
//! kind of answer means.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod pay_world;
mod stand_in;

use gateways::pay::wechat_pay::{
    Mode, NewPrepay, NewReceiver, NewRefund, NewReturn, NewSharing, NewTransfer, Notice, NoticeResource, Parties,
    PayError, ReceiverKind, ReceiverResult, RefundStatus, ReturnResult, Share, SharingState, TradeState, TransferState,
};
use kernel::crypto::base64_encode;
use kernel::crypto::rsa::PrivateKey;
use kernel::{Clock, Fen};
use pay_world::{
    assert_signed, client, client_in, order, partner, platform_id, refund, says_nothing, secret, signed, signed_by,
    transfer, vectors,
};
use serde_json::{Value, json};
use stand_in::{Answer, StandIn};

#[tokio::test]
async fn a_direct_order_is_sent_as_stored_and_signed() {
    let server = StandIn::start(|_| signed(200, r#"{"prepay_id":"wx1"}"#)).await;
    let pay = client(&server.url);
    let stored = pay.prepay_body(&order()).unwrap();
    assert_eq!(stored, pay.prepay_body(&order()).unwrap(), "the same order gives the same bytes");
    assert_eq!(pay.send_prepay(&stored).await.unwrap(), "wx1");
    let asked = server.last();
    assert_signed(&asked);
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/v3/pay/transactions/jsapi"));
    assert_eq!(asked.body, stored);
    assert_eq!(
        asked.json(),
        json!({
            "appid": "wx7e165b1387bcb4b4", "mchid": "1654991716", "description": "阳光玫瑰葡萄 2斤装",
            "out_trade_no": "pay_01jq7d3c5x8z9v2m4n6p8r0t2w", "time_expire": "2026-11-23T12:15:00+08:00",
            "notify_url": "https://shop.example.com/notify/wechat-pay/demo/payment",
            "amount": {"total": 18064, "currency": "CNY"}, "payer": {"openid": "ocxQ7qFpVJ83ctyweHMWPQQ8GvSg"},
            "settle_info": {"profit_sharing": true},
        })
    );
}

#[tokio::test]
async fn a_partner_order_names_both_parties_and_the_payer_under_the_sub_merchants_app() {
    let server = StandIn::start(|_| signed(200, r#"{"prepay_id":"wx1"}"#)).await;
    let pay = partner(&server.url);
    let plain = NewPrepay { profit_sharing: false, time_expire: None, ..order() };
    pay.send_prepay(&pay.prepay_body(&plain).unwrap()).await.unwrap();
    let (asked, body) = (server.last(), server.last().json());
    assert_signed(&asked);
    assert_eq!(asked.target, "/v3/pay/partner/transactions/jsapi");
    assert_eq!(body["sp_mchid"], "1654991716");
    assert_eq!(body["sub_mchid"], "1709982749");
    assert_eq!(body["sub_appid"], "wxfa0a0615ea4ee91b");
    assert_eq!(body["payer"], json!({"sub_openid": "ocxQ7qFpVJ83ctyweHMWPQQ8GvSg"}));
    for absent in ["appid", "mchid", "settle_info", "time_expire", "detail"] {
        assert!(body.get(absent).is_none(), "{absent} must be left out");
    }
}

#[test]
fn impossible_orders_are_not_built() {
    let pay = client("http://127.0.0.1:1");
    let bad = |change: fn(&mut NewPrepay)| {
        let mut order = order();
        change(&mut order);
        matches!(pay.prepay_body(&order), Err(PayError::Invalid(_)))
    };
    assert!(bad(|o| o.total = Fen::ZERO));
    assert!(bad(|o| o.total = Fen::from_fen(-1)));
    assert!(bad(|o| o.out_trade_no = "short".into()));
    assert!(bad(|o| o.out_trade_no = "x".repeat(33)));
    assert!(bad(|o| o.out_trade_no = "中文编号中文".into()));
    let long = NewPrepay { description: "好".repeat(200), ..order() };
    let body: Value = serde_json::from_slice(&pay.prepay_body(&long).unwrap()).unwrap();
    assert_eq!(body["description"].as_str().unwrap().chars().count(), 127);
}

#[tokio::test]
async fn queries_and_closes_use_the_accounts_mode() {
    let unpaid = r#"{"out_trade_no":"GB202611230040808495","trade_state":"NOTPAY","mchid":"1654991716"}"#;
    let server = StandIn::start(move |asked| match asked.method.as_str() {
        "GET" => signed(200, unpaid),
        _ => signed(204, ""),
    })
    .await;
    let (direct, partner) = (client(&server.url), partner(&server.url));
    let found = direct.query_order("GB202611230040808495").await.unwrap();
    assert_eq!((found.trade_state, found.amount), (TradeState::NotPay, None));
    assert_eq!(server.last().target, "/v3/pay/transactions/out-trade-no/GB202611230040808495?mchid=1654991716");
    direct.close_order("GB202611230040808495").await.unwrap();
    assert_signed(&server.last());
    assert_eq!(server.last().body, br#"{"mchid":"1654991716"}"#);
    partner.query_order("GB202611230040808495").await.unwrap();
    assert_eq!(
        server.last().target,
        "/v3/pay/partner/transactions/out-trade-no/GB202611230040808495?sp_mchid=1654991716&sub_mchid=1709982749"
    );
    partner.close_order("GB202611230040808495").await.unwrap();
    assert_eq!(server.last().json(), json!({"sp_mchid": "1654991716", "sub_mchid": "1709982749"}));
}

#[tokio::test]
async fn only_204_says_that_an_order_is_closed() {
    let server = StandIn::start(|asked| match asked.target.as_str() {
        target if target.contains("PAYING") => signed(202, r#"{"code":"USERPAYING","message":"用户支付中"}"#),
        target if target.contains("STRANGE") => signed(200, "{}"),
        _ => signed(204, ""),
    })
    .await;
    let pay = client(&server.url);
    pay.close_order("ORDER1").await.unwrap();
    for unclear in ["PAYING1", "STRANGE"] {
        let error = pay.close_order(unclear).await.unwrap_err();
        assert!(matches!(error, PayError::Unknown(_)) && error.is_undecided(), "{error:?}");
    }
}

#[tokio::test]
async fn an_unknown_state_is_kept_and_a_refunded_order_counts_as_paid() {
    let server = StandIn::start(|asked| {
        let state = if asked.target.contains("REFUNDED") { "REFUND" } else { "SOMETHING_NEW" };
        let amount = json!({"total": 500, "payer_total": 400});
        signed(200, json!({"out_trade_no": "x", "trade_state": state, "amount": amount, "new": [1]}).to_string())
    })
    .await;
    let pay = client(&server.url);
    let other = pay.query_order("ORDER1").await.unwrap();
    assert_eq!(other.trade_state, TradeState::Other("SOMETHING_NEW".into()));
    assert!(!other.trade_state.is_paid());
    let refunded = pay.query_order("REFUNDED").await.unwrap();
    assert!(refunded.trade_state.is_paid());
    assert_eq!(refunded.total(), Some(Fen::from_fen(500)));
}

#[tokio::test]
async fn refusals_are_sorted_by_meaning() {
    type Check = fn(&PayError) -> bool;
    let cases: &[(u16, &str, Check)] = &[
        (404, "ORDER_NOT_EXIST", |e| matches!(e, PayError::NotFound(r) if r.signed)),
        (404, "ORDERNOTEXIST", |e| matches!(e, PayError::NotFound(_))),
        (404, "RESOURCE_NOT_EXISTS", |e| matches!(e, PayError::NotFound(_))),
        (404, "NOT_FOUND", |e| matches!(e, PayError::NotFound(_))),
        (400, "ORDERPAID", |e| matches!(e, PayError::AlreadyPaid(_))),
        (403, "OUT_TRADE_NO_USED", |e| matches!(e, PayError::OutTradeNoUsed(_))),
        (400, "ORDER_CLOSED", |e| matches!(e, PayError::OrderClosed(_))),
        (403, "NOT_ENOUGH", |e| matches!(e, PayError::NotEnough(_))),
        (403, "NOTENOUGH", |e| matches!(e, PayError::NotEnough(_))),
        (401, "SIGN_ERROR", |e| matches!(e, PayError::Config(_))),
        (403, "NO_AUTH", |e| matches!(e, PayError::Config(_))),
        (400, "APPID_MCHID_NOT_MATCH", |e| matches!(e, PayError::Config(_))),
        (400, "PARAM_ERROR", |e| matches!(e, PayError::Refused(r) if r.status == 400)),
        (400, "INVALID_REQUEST", |e| e.is_definite_refusal()),
        (500, "OPENID_MISMATCH", |e| matches!(e, PayError::Refused(_))),
        (500, "SYSTEM_ERROR", |e| e.is_undecided()),
        (500, "SYSTEMERROR", |e| e.is_undecided()),
        (502, "", |e| e.is_undecided()),
        (429, "RATELIMIT_EXCEEDED", |e| e.is_undecided()),
        (403, "FREQUENCY_LIMITED", |e| e.is_undecided()),
        (400, "", |e| e.is_undecided()),
        (302, "", |e| e.is_undecided()),
    ];
    for (status, code, check) in cases.iter().copied() {
        let body =
            if code.is_empty() { "<html>".to_owned() } else { json!({"code": code, "message": "m"}).to_string() };
        let server =
            StandIn::start(move |_| signed(status, body.clone()).with("Location", "http://127.0.0.1:1/")).await;
        let error = client(&server.url).query_order("GB202611230040808495").await.unwrap_err();
        assert!(check(&error), "{status} {code}: {error:?}");
        assert_eq!(server.asked().len(), 1, "no retry, no redirect: {status} {code}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_signed_right_decides_nothing() {
    let paid = r#"{"out_trade_no":"x","trade_state":"SUCCESS"}"#;
    let stranger = PrivateKey::generate().unwrap();
    let answers = vec![
        Answer::new(200, paid),
        signed_by(&stranger, &platform_id(), 200, paid),
        signed_by(&stranger, "PUB_KEY_ID_01", 200, paid),
        Answer { body: paid.replace("SUCCESS", "CLOSED").into(), ..signed(200, paid) },
        signed_by(&stranger, &platform_id(), 404, r#"{"code":"ORDER_NOT_EXIST","message":""}"#),
        signed(200, vec![b' '; 2 * 1024 * 1024]),
    ];
    for answer in answers {
        let server = StandIn::start(move |_| answer.clone()).await;
        let judged = client(&server.url).query_order("GB202611230040808495").await;
        assert!(matches!(judged, Err(PayError::Unknown(_))), "{judged:?}");
    }
    let server = StandIn::start(|_| Answer::new(404, r#"{"code":"ORDER_NOT_EXIST","message":""}"#)).await;
    let unsigned = client(&server.url).query_order("GB202611230040808495").await.unwrap_err();
    assert!(matches!(&unsigned, PayError::NotFound(r) if !r.signed), "{unsigned:?}");
    assert!(!unsigned.is_definite_refusal());
    let server = StandIn::start(|_| signed(200, "not json")).await;
    let unreadable = client(&server.url).query_order("GB202611230040808495").await.unwrap_err();
    assert!(matches!(unreadable, PayError::Malformed(_)));
}

#[tokio::test]
async fn the_backup_host_is_asked_once_when_the_main_one_gives_no_whole_answer() {
    let backup = StandIn::start(|_| signed(200, r#"{"prepay_id":"wx2"}"#)).await;
    let pay = client_in(Mode::Direct, "http://127.0.0.1:1", Some(&backup.url), true);
    let body = pay.prepay_body(&order()).unwrap();
    assert_eq!(pay.send_prepay(&body).await.unwrap(), "wx2");
    assert_signed(&backup.last());
    assert_eq!(backup.last().body, body);

    let failing = StandIn::start(|_| signed(500, r#"{"code":"SYSTEM_ERROR","message":""}"#)).await;
    let pay = client_in(Mode::Direct, &failing.url, Some(&backup.url), true);
    assert!(pay.send_prepay(&body).await.unwrap_err().is_undecided());
    assert_eq!((failing.asked().len(), backup.asked().len()), (1, 1));

    let nobody = client_in(Mode::Direct, "http://127.0.0.1:1", Some("http://127.0.0.1:1"), true);
    assert!(matches!(nobody.send_prepay(&body).await, Err(PayError::Unreachable(_))));

    for breaks in [true, false] {
        let mute = says_nothing(breaks).await;
        let pay = client_in(Mode::Direct, &mute, Some(&backup.url), true);
        let before = backup.asked().len();
        assert_eq!(pay.send_prepay(&body).await.unwrap(), "wx2", "breaks: {breaks}");
        assert_eq!(backup.asked().len(), before + 1);
        assert_eq!(backup.last().body, body, "the same bytes under the same number");
        // The main host may have acted: nobody may say that nothing was sent.
        let pay = client_in(Mode::Direct, &mute, Some("http://127.0.0.1:1"), true);
        let lost = pay.send_prepay(&body).await.unwrap_err();
        assert!(matches!(lost, PayError::Unknown(_)), "breaks: {breaks}: {lost:?}");
    }
}

#[tokio::test]
async fn an_unknown_serial_is_looked_up_at_once_but_not_without_end() {
    let set = vectors();
    if Clock::default().wall().timestamp() < set["now"].as_i64().unwrap() - 25 * 86_400 {
        return;
    }
    let serial = set["platform_certificate"]["serial_no"].as_str().unwrap().to_owned();
    let list = set["certificates_response"]["body"].as_str().unwrap().to_owned();
    let server = StandIn::start(move |asked| {
        let key = secret("platform_certificate");
        match asked.target.as_str() {
            "/v3/certificates" => signed_by(&key, &serial, 200, list.clone()),
            "/v3/pay/transactions/jsapi" => signed_by(&key, &serial, 200, r#"{"prepay_id":"wx3"}"#),
            _ => signed_by(&key, "5F00000000000000000000000000000000000001", 200, "{}"),
        }
    })
    .await;
    let pay = client_in(Mode::Direct, &server.url, None, false);
    let body = pay.prepay_body(&order()).unwrap();
    let lists = || server.asked().iter().filter(|asked| asked.target == "/v3/certificates").count();
    assert_eq!(pay.send_prepay(&body).await.unwrap(), "wx3");
    assert_eq!(lists(), 1);
    for fetched in [2, 3, 3, 3] {
        assert!(pay.query_order("GB202611230040808495").await.unwrap_err().is_undecided());
        assert_eq!(lists(), fetched, "a serial nobody knows is asked about, three times in a row at most");
    }
    assert_eq!(pay.send_prepay(&body).await.unwrap(), "wx3", "the known key serves on");
}

#[tokio::test]
async fn without_any_platform_key_nothing_is_sent() {
    let server = StandIn::start(|_| Answer::new(500, r#"{"code":"SYSTEM_ERROR","message":""}"#)).await;
    let pay = client_in(Mode::Direct, &server.url, None, false);
    for _ in 0..5 {
        let judged = pay.query_order("GB202611230040808495").await;
        assert!(matches!(judged, Err(PayError::Unreachable(_))), "{judged:?}");
    }
    let asked: Vec<String> = server.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(asked, ["/v3/certificates"; 3]);
}

#[tokio::test]
async fn null_is_as_good_as_absent() {
    let server = StandIn::start(|asked| match asked.target.split('?').next().unwrap() {
        "/v3/profitsharing/orders/PS1" => {
            signed(200, r#"{"out_order_no":"PS1","state":"PROCESSING","receivers":null}"#)
        }
        _ => signed(404, r#"{"code":"ORDER_NOT_EXIST","message":null,"detail":null}"#),
    })
    .await;
    let pay = client(&server.url);
    let missing = pay.query_order("GB202611230040808495").await;
    assert!(matches!(&missing, Err(PayError::NotFound(r)) if r.message.is_empty()), "{missing:?}");
    let sharing = pay.query_sharing("4200", "PS1").await.unwrap();
    assert_eq!((sharing.state, sharing.receivers), (SharingState::Processing, Vec::new()));
}

#[test]
fn in_partner_mode_the_app_compared_is_that_of_whom_the_notice_names() {
    let set = vectors();
    let part = |name: &str| set["merchant"][name].as_str().map(str::to_owned);
    let pay = partner("http://127.0.0.1:1");
    let fits = |sub_appid: Option<String>, sp_appid: Option<String>| {
        let (mchid, sub_mchid) = (part("mchid"), part("sub_mchid"));
        let parties = Parties { mchid, sub_mchid, appid: sub_appid, sp_appid, combined: false };
        let resource = NoticeResource::Other(Value::Null);
        pay.check_merchant(&Notice {
            id: "1".into(),
            event_type: "".into(),
            original_type: "".into(),
            parties,
            resource,
        })
        .is_ok()
    };
    let other = || Some("wx0000000000000000".to_owned());
    assert!(fits(part("sub_appid"), part("appid")));
    assert!(fits(None, part("appid")), "an order without sub_appid names the service provider's app alone");
    assert!(fits(None, None), "a refund names none");
    assert!(!fits(other(), part("appid")) && !fits(None, other()));
}

#[tokio::test]
async fn in_certificate_mode_the_list_comes_first_and_is_fetched_once() {
    let set = vectors();
    let serial = set["platform_certificate"]["serial_no"].as_str().unwrap().to_owned();
    let list = set["certificates_response"]["body"].as_str().unwrap().to_owned();
    let named = serial.clone();
    let server = StandIn::start(move |asked| {
        let key = secret("platform_certificate");
        match asked.target.as_str() {
            "/v3/certificates" => signed_by(&key, &serial, 200, list.clone()),
            _ => signed_by(&key, &serial, 200, r#"{"prepay_id":"wx3"}"#),
        }
    })
    .await;
    // The certificate of the vectors is valid from October 2026 on.
    if Clock::default().wall().timestamp() < set["now"].as_i64().unwrap() - 25 * 86_400 {
        return;
    }
    let pay = client_in(Mode::Direct, &server.url, None, false);
    let body = pay.prepay_body(&order()).unwrap();
    for _ in 0..2 {
        assert_eq!(pay.send_prepay(&body).await.unwrap(), "wx3");
    }
    let asked: Vec<String> = server.asked().iter().map(|a| a.target.clone()).collect();
    assert_eq!(asked, ["/v3/certificates", "/v3/pay/transactions/jsapi", "/v3/pay/transactions/jsapi"]);
    assert_eq!(server.asked()[0].header("wechatpay-serial"), None);
    assert_eq!(server.last().header("wechatpay-serial"), Some(named.as_str()));
}

#[tokio::test]
async fn missing_certificates_are_never_taken_for_a_missing_order() {
    for (status, code) in [(404, "RESOURCE_NOT_EXISTS"), (500, "SYSTEM_ERROR"), (200, "")] {
        let server = StandIn::start(move |asked| match asked.target.as_str() {
            "/v3/certificates" => Answer::new(status, json!({"code": code, "message": "", "data": []}).to_string()),
            _ => signed(404, r#"{"code":"ORDER_NOT_EXIST","message":""}"#),
        })
        .await;
        let judged = client_in(Mode::Direct, &server.url, None, false).query_order("GB202611230040808495").await;
        assert!(matches!(judged, Err(PayError::Unreachable(_))), "{judged:?}");
        assert_eq!(server.asked().len(), 1);
    }
    let server = StandIn::start(|_| Answer::new(401, r#"{"code":"SIGN_ERROR","message":""}"#)).await;
    let judged = client_in(Mode::Direct, &server.url, None, false).query_order("GB202611230040808495").await;
    assert!(matches!(judged, Err(PayError::Config(_))));
}

#[tokio::test]
async fn refunds_are_sent_as_stored_and_read_in_every_state() {
    let server = StandIn::start(|asked| {
        let status = if asked.method == "POST" { "PROCESSING" } else { "ABNORMAL" };
        let amount = json!({"total": 18064, "refund": 300, "from": [], "payer_refund": 300});
        signed(
            200,
            json!({"refund_id": "503", "out_refund_no": "RF|154222", "status": status, "amount": amount}).to_string(),
        )
    })
    .await;
    let pay = partner(&server.url);
    let stored = pay.refund_body(&refund()).unwrap();
    let accepted = pay.refund(&stored).await.unwrap();
    assert_eq!(accepted.status, RefundStatus::Processing);
    assert_signed(&server.last());
    let body = server.last().json();
    assert_eq!(body["sub_mchid"], "1709982749");
    assert_eq!(body["amount"], json!({"refund": 300, "total": 18064, "currency": "CNY"}));
    assert_eq!(body["reason"].as_str().unwrap(), "缺货".repeat(13), "80 bytes at most, cut between characters");
    let found = pay.query_refund("RF|154222").await.unwrap();
    assert_eq!(found.status, RefundStatus::Abnormal);
    assert_eq!(server.last().target, "/v3/refund/domestic/refunds/RF%7C154222?sub_mchid=1709982749");
    assert_signed(&server.last());

    let bad = |change: fn(&mut NewRefund)| {
        let mut refund = refund();
        change(&mut refund);
        matches!(pay.refund_body(&refund), Err(PayError::Invalid(_)))
    };
    assert!(bad(|r| r.refund = Fen::ZERO));
    assert!(bad(|r| r.refund = Fen::from_fen(18065)));
    assert!(bad(|r| r.out_refund_no = String::new()));
}

#[tokio::test]
async fn sharing_goes_from_receiver_to_unfreeze() {
    let server = StandIn::start(|asked| {
        let path = asked.target.split('?').next().unwrap();
        let receivers = json!([
            {"type": "PERSONAL_OPENID", "account": "o1", "amount": 120, "result": "CLOSED", "fail_reason": "NO_RELATION"},
            {"type": "MERCHANT_ID", "account": "1588", "amount": 80, "result": "SUCCESS", "detail_id": "36"}
        ]);
        match path {
            "/v3/profitsharing/receivers/add" | "/v3/profitsharing/receivers/delete" => signed(200, "{}"),
            "/v3/profitsharing/transactions/4200/amounts" => signed(200, r#"{"unsplit_amount":77}"#),
            p if p.starts_with("/v3/profitsharing/return-orders") => {
                signed(200, r#"{"out_return_no":"RT1","result":"FAILED","fail_reason":"BALANCE_NOT_ENOUGH","amount":80}"#)
            }
            _ => {
                let state = if asked.method == "GET" { "FINISHED" } else { "PROCESSING" };
                signed(200, json!({"out_order_no": "PS1", "state": state, "receivers": receivers}).to_string())
            }
        }
    })
    .await;
    let pay = client(&server.url);
    let name = "欧阳·阿依古丽";
    let receiver = NewReceiver {
        kind: ReceiverKind::Person,
        account: "o1".into(),
        name: Some(name.into()),
        relation: "DISTRIBUTOR".into(),
        custom_relation: None,
    };
    pay.add_receiver(&receiver).await.unwrap();
    let body = server.last().json();
    assert_signed(&server.last());
    let opened = secret("platform_public_key").oaep_sha1_decrypt(body["name"].as_str().unwrap()).unwrap();
    assert_eq!(opened, name.as_bytes());
    assert_eq!((&body["type"], &body["relation_type"]), (&json!("PERSONAL_OPENID"), &json!("DISTRIBUTOR")));

    let share = |kind, account: &str, amount| Share {
        kind,
        account: account.into(),
        name: None,
        amount: Fen::from_fen(amount),
        description: "团购佣金".into(),
    };
    let mut sharing = NewSharing {
        transaction_id: "4200".into(),
        out_order_no: "PS1".into(),
        shares: vec![share(ReceiverKind::Person, "o1", 120), share(ReceiverKind::Merchant, "1588", 80)],
        unfreeze_rest: false,
    };
    assert_eq!(pay.share(&sharing).await.unwrap().state, SharingState::Processing);
    let body = server.last().json();
    assert_eq!(body["unfreeze_unsplit"], false);
    assert_eq!(
        body["receivers"][0],
        json!({"type": "PERSONAL_OPENID", "account": "o1", "amount": 120, "description": "团购佣金"})
    );

    let found = pay.query_sharing("4200", "PS1").await.unwrap();
    assert_eq!(server.last().target, "/v3/profitsharing/orders/PS1?transaction_id=4200");
    assert_eq!(found.state, SharingState::Finished);
    assert_eq!(found.receivers[0].result, Some(ReceiverResult::Closed), "finished is not paid");
    assert_eq!(found.receivers[1].result, Some(ReceiverResult::Success));

    pay.unfreeze("4200", "PS2", "解冻剩余").await.unwrap();
    assert_eq!(
        server.last().json(),
        json!({"transaction_id": "4200", "out_order_no": "PS2", "description": "解冻剩余"})
    );
    assert_eq!(pay.unsplit_amount("4200").await.unwrap(), Fen::from_fen(77));
    let back = NewReturn {
        out_order_no: "PS1".into(),
        out_return_no: "RT1".into(),
        return_mchid: "1588".into(),
        amount: Fen::from_fen(80),
        description: "退款".into(),
    };
    assert_eq!(pay.return_shared(&back).await.unwrap().result, ReturnResult::Failed);
    let found = pay.query_return("PS1", "RT1").await.unwrap();
    assert_eq!(found.fail_reason.as_deref(), Some("BALANCE_NOT_ENOUGH"));
    pay.delete_receiver(ReceiverKind::Person, "o1").await.unwrap();

    sharing.shares.clear();
    assert!(matches!(pay.share(&sharing).await, Err(PayError::Invalid(_))));
    sharing.shares = vec![share(ReceiverKind::Person, "o1", 0)];
    assert!(matches!(pay.share(&sharing).await, Err(PayError::Invalid(_))));
}

#[tokio::test]
async fn in_partner_mode_sharing_names_the_sub_merchant() {
    let server = StandIn::start(|_| signed(200, r#"{"out_order_no":"PS1","state":"FINISHED"}"#)).await;
    let pay = partner(&server.url);
    pay.query_sharing("4200", "PS1").await.unwrap();
    assert_eq!(server.last().target, "/v3/profitsharing/orders/PS1?transaction_id=4200&sub_mchid=1709982749");
    pay.unfreeze("4200", "PS2", "x").await.unwrap();
    assert_eq!(server.last().json()["sub_mchid"], "1709982749");
    assert!(matches!(pay.transfer_body(&transfer(100, None)).await, Err(PayError::Invalid(_))));
}

#[tokio::test]
async fn transfers_carry_an_encrypted_name_only_when_it_is_demanded() {
    let server = StandIn::start(|asked| {
        let state = match (asked.method.as_str(), asked.target.ends_with("/cancel")) {
            ("POST", true) => "CANCELING",
            ("POST", false) => "WAIT_USER_CONFIRM",
            _ => "TRANSFERING",
        };
        let body =
            json!({"out_bill_no": "TB45281045", "transfer_bill_no": "133", "state": state, "package_info": "aff+/="});
        signed(200, body.to_string())
    })
    .await;
    let pay = client(&server.url);
    let small = pay.transfer_body(&transfer(199_999, Some("张三"))).await.unwrap();
    let made = pay.create_transfer(&small).await.unwrap();
    assert_eq!((made.state, made.package_info.as_deref()), (TransferState::WaitUserConfirm, Some("aff+/=")));
    let body = server.last().json();
    assert_signed(&server.last());
    assert!(body.get("user_name").is_none() && body.get("user_recv_perception").is_none());
    assert_eq!(body["transfer_scene_report_infos"], json!([{"info_type": "岗位类型", "info_content": "团长"}]));
    assert_eq!(body["transfer_amount"], 199_999);

    let large = pay.transfer_body(&transfer(200_000, Some("张三"))).await.unwrap();
    pay.create_transfer(&large).await.unwrap();
    let first = server.last().body;
    pay.create_transfer(&large).await.unwrap();
    assert_eq!(server.last().body, first, "a repeat is the same bytes");
    let body = server.last().json();
    let opened = secret("platform_public_key").oaep_sha1_decrypt(body["user_name"].as_str().unwrap()).unwrap();
    assert_eq!(opened, "张三".as_bytes());

    let found = pay.query_transfer("TB45281045").await.unwrap();
    assert_eq!(found.state, TransferState::Transferring);
    assert!(!found.state.is_final());
    let cancelled = pay.cancel_transfer("TB45281045").await.unwrap();
    assert_eq!(cancelled.state, TransferState::Cancelling);
    let asked = server.last();
    assert_eq!(asked.target, "/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/TB45281045/cancel");
    assert!(asked.body.is_empty());
    assert_signed(&asked);

    for bad in
        [transfer(200_000, None), transfer(9, None), NewTransfer { out_bill_no: "a_b".into(), ..transfer(100, None) }]
    {
        assert!(matches!(pay.transfer_body(&bad).await, Err(PayError::Invalid(_))));
    }
}

#[tokio::test]
async fn what_the_partner_returns_encrypted_is_opened_with_the_merchants_key() {
    let pay = client("http://127.0.0.1:1");
    let sealed = secret("merchant").public_key().unwrap().oaep_sha1_encrypt("张三".as_bytes()).unwrap();
    assert_eq!(pay.decrypt(&sealed).unwrap(), "张三");
    assert!(pay.decrypt("AAAA").is_err());
    assert!(pay.decrypt(&base64_encode([1; 256])).is_err());
}
