//! The mini-program client against a stand-in: what is sent and what every kind of answer means.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod stand_in;

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::Mutex;

use gateways::http;
use gateways::wechat::{
    AccessToken, CodeRequest, Contact, ImageFormat, LogisticsType, MessageStage, MiniProgram, Parcel, PaymentKey,
    ReleaseStage, ShippedOrdersWanted, Shipping, ShippingOutcome, ShippingState, SubscribeMessage, TokenStore,
    WechatError,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use stand_in::{Answer, Asked, StandIn};

const APPID: &str = "wx3d10c0ffee54a7b9";

fn client(url: &str) -> MiniProgram {
    let secret = SecretString::from("the-app-secret");
    MiniProgram::new(url.parse().unwrap(), APPID.into(), secret, http::client().unwrap())
}

/// An answer as the platform gives it: JSON that calls itself text.
fn says(body: serde_json::Value) -> Answer {
    Answer::new(200, body.to_string()).with("content-type", "text/plain")
}

fn query(asked: &Asked) -> HashMap<String, String> {
    let url: url::Url = format!("http://x{}", asked.target).parse().unwrap();
    url.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn login_gives_openid_and_session_key() {
    let server = StandIn::start(|_| says(json!({"openid": "oLL5x5", "session_key": "ZCvUNvzcpooABJjgouMOEA=="}))).await;
    let session = client(&server.url).login("the code+/").await.unwrap();
    assert_eq!((session.openid.as_str(), session.unionid.as_deref()), ("oLL5x5", None));
    assert_eq!(session.session_key.expose_secret(), "ZCvUNvzcpooABJjgouMOEA==");
    assert!(!format!("{session:?}").contains("ZCvUNvzc"));
    let asked = server.last();
    assert!(asked.target.starts_with("/sns/jscode2session?"));
    let query = query(&asked);
    assert_eq!(query["js_code"], "the code+/");
    assert_eq!((query["appid"].as_str(), query["grant_type"].as_str()), (APPID, "authorization_code"));
    assert_eq!(query["secret"], "the-app-secret");
}

#[tokio::test]
async fn login_refusals_are_sorted_by_meaning_and_never_retried() {
    type Check = fn(&WechatError) -> bool;
    let cases: &[(i64, Check)] = &[
        (40029, |e| matches!(e, WechatError::CodeInvalid(_))),
        (40163, |e| matches!(e, WechatError::CodeInvalid(_))),
        (40226, |e| matches!(e, WechatError::HighRisk(_))),
        (45011, |e| matches!(e, WechatError::RateLimited(_))),
        (-1, |e| matches!(e, WechatError::Busy(_))),
        (40013, |e| matches!(e, WechatError::Config(_))),
        (40125, |e| matches!(e, WechatError::Config(_))),
        (40001, |e| matches!(e, WechatError::Config(_))),
        (268_485_216, |e| matches!(e, WechatError::Refused(r) if r.errcode == 268_485_216)),
    ];
    for (errcode, check) in cases.iter().copied() {
        let server = StandIn::start(move |_| says(json!({"errcode": errcode, "errmsg": "m rid: 1-2-3"}))).await;
        let error = client(&server.url).login("c").await.unwrap_err();
        assert!(check(&error), "{errcode}: {error:?}");
        assert_eq!(server.asked().len(), 1);
    }
    let server = StandIn::start(|_| Answer::new(502, "<html>")).await;
    assert!(matches!(client(&server.url).login("c").await, Err(WechatError::Busy(_))));
    let server = StandIn::start(|_| Answer::new(200, "<html>")).await;
    assert!(matches!(client(&server.url).login("c").await, Err(WechatError::Malformed(_))));
    let gone = client("http://127.0.0.1:1").login("c").await.unwrap_err();
    assert!(matches!(gone, WechatError::Busy(_)));
    assert!(!gone.to_string().contains("secret"), "an error never shows the address with its query");
}

#[tokio::test]
async fn the_token_is_asked_for_in_the_body_and_never_printed() {
    let server = StandIn::start(|_| says(json!({"access_token": "68_secret", "expires_in": 7200}))).await;
    let token = client(&server.url).stable_token(false).await.unwrap();
    assert_eq!((token.token.expose_secret(), token.expires_in_s), ("68_secret", 7200));
    assert!(!format!("{token:?}").contains("68_secret"));
    let asked = server.last();
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/cgi-bin/stable_token"));
    assert_eq!(
        asked.json(),
        json!({"grant_type": "client_credential", "appid": APPID, "secret": "the-app-secret", "force_refresh": false})
    );
}

/// A store as the database row will be.
#[derive(Default)]
struct Row {
    token: Mutex<Option<String>>,
    kept: Mutex<Vec<String>>,
    force: bool,
}

impl TokenStore for Row {
    type Error = Infallible;

    async fn current(&self) -> Result<Option<String>, Infallible> {
        Ok(self.token.lock().unwrap().clone())
    }

    async fn keep(&self, token: &AccessToken) -> Result<(), Infallible> {
        let token = token.token.expose_secret().to_owned();
        self.kept.lock().unwrap().push(token.clone());
        *self.token.lock().unwrap() = Some(token);
        Ok(())
    }

    async fn forget(&self, token: &str) -> Result<(), Infallible> {
        self.token.lock().unwrap().take_if(|t| t == token);
        Ok(())
    }

    async fn may_force(&self) -> Result<bool, Infallible> {
        Ok(self.force)
    }
}

fn message() -> SubscribeMessage {
    SubscribeMessage {
        openid: "oLL5x5".into(),
        template_id: "T1".into(),
        page: None,
        data: BTreeMap::from([("thing1".into(), "阳光玫瑰葡萄".into()), ("amount2".into(), "¥12.50".into())]),
        stage: MessageStage::Formal,
    }
}

/// Sends a message under whatever token `row` holds.
async fn send(wechat: &MiniProgram, row: &Row) -> Result<(), WechatError> {
    let message = message();
    wechat
        .with_token(row, |token| {
            let (wechat, message) = (wechat.clone(), message.clone());
            async move { wechat.send_subscribe_message(&token, &message).await }
        })
        .await
}

#[tokio::test]
async fn a_rejected_token_is_forgotten_and_the_call_runs_once_more() {
    let server = StandIn::start(|asked| match asked.target.split('?').next().unwrap() {
        "/cgi-bin/stable_token" => says(json!({"access_token": "new", "expires_in": 7200})),
        _ if query(asked)["access_token"] == "new" => says(json!({"errcode": 0, "errmsg": "ok"})),
        _ => says(json!({"errcode": 42001, "errmsg": "access_token expired"})),
    })
    .await;
    let wechat = client(&server.url);
    let row = Row { token: Mutex::new(Some("old".into())), ..Row::default() };
    send(&wechat, &row).await.unwrap();
    assert_eq!(*row.token.lock().unwrap(), Some("new".into()));
    assert_eq!(server.asked().len(), 3);
    send(&wechat, &row).await.unwrap();
    assert_eq!(server.asked().len(), 4, "a good token is used as it is");
    let empty = Row::default();
    send(&wechat, &empty).await.unwrap();
    assert_eq!(*empty.kept.lock().unwrap(), ["new"]);
}

#[tokio::test]
async fn a_token_somebody_else_has_renewed_is_used_and_not_thrown_away() {
    struct Raced(Row);
    impl TokenStore for Raced {
        type Error = Infallible;
        async fn current(&self) -> Result<Option<String>, Infallible> {
            self.0.current().await
        }
        async fn keep(&self, _: &AccessToken) -> Result<(), Infallible> {
            panic!("nothing to fetch")
        }
        async fn forget(&self, token: &str) -> Result<(), Infallible> {
            // Another instance has just put a good token there.
            *self.0.token.lock().unwrap() = Some("good".into());
            self.0.forget(token).await
        }
        async fn may_force(&self) -> Result<bool, Infallible> {
            Ok(false)
        }
    }
    let server = StandIn::start(|asked| match query(asked)["access_token"].as_str() {
        "good" => says(json!({"errcode": 0})),
        _ => says(json!({"errcode": 40001, "errmsg": "invalid credential"})),
    })
    .await;
    let wechat = client(&server.url);
    let row = Raced(Row { token: Mutex::new(Some("old".into())), ..Row::default() });
    let message = message();
    let sent = wechat
        .with_token(&row, |token| {
            let (wechat, message) = (wechat.clone(), message.clone());
            async move { wechat.send_subscribe_message(&token, &message).await }
        })
        .await;
    sent.unwrap();
    assert_eq!(*row.0.token.lock().unwrap(), Some("good".into()));
}

#[tokio::test]
async fn force_is_used_only_with_leave_and_only_when_the_same_token_comes_back() {
    let judge = |asked: &Asked| match asked.target.split('?').next().unwrap() {
        "/cgi-bin/stable_token" => {
            let token = if asked.json()["force_refresh"] == true { "forced" } else { "dead" };
            says(json!({"access_token": token, "expires_in": 300}))
        }
        _ if query(asked)["access_token"] == "forced" => says(json!({"errcode": 0})),
        _ => says(json!({"errcode": 40001, "errmsg": "invalid credential"})),
    };
    let server = StandIn::start(judge).await;
    let wechat = client(&server.url);
    let without = Row { token: Mutex::new(Some("dead".into())), ..Row::default() };
    assert!(matches!(send(&wechat, &without).await, Err(WechatError::TokenRejected(_))));
    assert!(server.asked().iter().all(|a| a.body.is_empty() || a.json()["force_refresh"] != true));
    let with = Row { token: Mutex::new(Some("dead".into())), force: true, ..Row::default() };
    send(&wechat, &with).await.unwrap();
    assert_eq!(*with.token.lock().unwrap(), Some("forced".into()));
}

#[tokio::test]
async fn a_token_rejected_twice_is_an_error_and_not_a_loop() {
    let server = StandIn::start(|asked| match asked.target.split('?').next().unwrap() {
        "/cgi-bin/stable_token" => says(json!({"access_token": "new", "expires_in": 300})),
        _ => says(json!({"errcode": 40014, "errmsg": "invalid access_token"})),
    })
    .await;
    let row = Row { token: Mutex::new(Some("old".into())), ..Row::default() };
    assert!(matches!(send(&client(&server.url), &row).await, Err(WechatError::TokenRejected(_))));
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_phone_number_is_read_with_either_kind_of_country_code() {
    for country in [json!("86"), json!(86)] {
        let info = json!({"phoneNumber": "13800000417", "purePhoneNumber": "13800000417", "countryCode": country,
            "watermark": {"timestamp": 1, "appid": APPID}});
        let server = StandIn::start(move |_| says(json!({"errcode": 0, "errmsg": "ok", "phone_info": info}))).await;
        let number = client(&server.url).phone_number("t", "c", "oLL5x5").await.unwrap();
        assert_eq!((number.pure_phone_number.as_str(), number.country_code.as_str()), ("13800000417", "86"));
        assert!(!format!("{number:?}").contains("13800000417"));
        assert_eq!(server.last().target, "/wxa/business/getuserphonenumber?access_token=t");
        assert_eq!(server.last().json(), json!({"code": "c", "openid": "oLL5x5"}));
    }
    let foreign = json!({"purePhoneNumber": "1", "countryCode": "86", "watermark": {"appid": "wxother"}});
    let server = StandIn::start(move |_| says(json!({"phone_info": foreign}))).await;
    assert!(matches!(client(&server.url).phone_number("t", "c", "o").await, Err(WechatError::Malformed(_))));
}

/// A platform that is busy `times` times and then says `body`.
async fn busy(times: usize, how: Answer, body: serde_json::Value) -> StandIn {
    let asked = Mutex::new(0);
    StandIn::start(move |_| {
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        if *asked <= times { how.clone() } else { says(body.clone()) }
    })
    .await
}

#[tokio::test]
async fn a_busy_platform_is_asked_again_for_tokens_and_phone_numbers_and_never_with_a_login_code() {
    let token = json!({"access_token": "t", "expires_in": 7200});
    let phone = json!({"phone_info": {"purePhoneNumber": "13800000417", "countryCode": null}});
    for how in [says(json!({"errcode": -1, "errmsg": "system error"})), Answer::new(502, "<html>")] {
        let server = busy(2, how.clone(), token.clone()).await;
        assert!(client(&server.url).stable_token(false).await.is_ok());
        assert_eq!(server.asked().len(), 3);
        let server = busy(2, how.clone(), phone.clone()).await;
        assert!(client(&server.url).phone_number("t", "c", "o").await.is_ok());
        let server = busy(9, how.clone(), token.clone()).await;
        assert!(matches!(client(&server.url).stable_token(false).await, Err(WechatError::Busy(_))));
        assert_eq!(server.asked().len(), 3, "two repeats and no more");
        let server = busy(9, how, token.clone()).await;
        assert!(matches!(client(&server.url).login("c").await, Err(WechatError::Busy(_))));
        assert_eq!(server.asked().len(), 1);
    }
    let refused = says(json!({"errcode": 40029, "errmsg": "invalid code"}));
    let server = busy(9, refused, phone).await;
    assert!(matches!(client(&server.url).phone_number("t", "c", "o").await, Err(WechatError::CodeInvalid(_))));
    assert_eq!(server.asked().len(), 1, "a refusal is an answer");
}

#[tokio::test]
async fn null_is_as_good_as_absent() {
    let body = json!({"errcode": null, "errmsg": null, "openid": "o1", "session_key": "k", "unionid": null});
    let server = StandIn::start(move |_| says(body.clone())).await;
    assert_eq!(client(&server.url).login("c").await.unwrap().openid, "o1");
    let server = StandIn::start(|_| says(json!({"errcode": 40029, "errmsg": null}))).await;
    assert!(matches!(client(&server.url).login("c").await, Err(WechatError::CodeInvalid(_))));
    let order = json!({"errcode": 0, "order": {"transaction_id": "42", "order_state": 2, "in_complaint": null}});
    let server = StandIn::start(move |_| says(order.clone())).await;
    let order = client(&server.url).get_order("t", &PaymentKey::Transaction("42".into())).await.unwrap();
    assert_eq!((order.order_state, order.in_complaint), (ShippingState::Shipped, false));
}

#[tokio::test]
async fn messages_leave_out_what_is_absent_and_know_a_missing_grant() {
    let server = StandIn::start(|asked| match asked.json()["touser"].as_str().unwrap() {
        "oLL5x5" => says(json!({"errcode": 0, "errmsg": "ok"})),
        "oBusy" => says(json!({"errcode": 43108, "errmsg": "concurrent"})),
        "oBad" => says(json!({"errcode": 47003, "errmsg": "argument invalid! data.thing1.value invalid"})),
        _ => says(json!({"errcode": 43101, "errmsg": "user refuse to accept the msg"})),
    })
    .await;
    let wechat = client(&server.url);
    wechat.send_subscribe_message("t", &message()).await.unwrap();
    assert_eq!(
        server.last().json(),
        json!({"touser": "oLL5x5", "template_id": "T1", "miniprogram_state": "formal", "lang": "zh_CN",
            "data": {"amount2": {"value": "¥12.50"}, "thing1": {"value": "阳光玫瑰葡萄"}}})
    );
    let to = |openid: &str| SubscribeMessage { openid: openid.into(), ..message() };
    let refused = wechat.send_subscribe_message("t", &to("oElse")).await.unwrap_err();
    assert!(matches!(refused, WechatError::NotSubscribed(_)));
    assert!(matches!(wechat.send_subscribe_message("t", &to("oBusy")).await, Err(WechatError::RateLimited(_))));
    assert!(matches!(wechat.send_subscribe_message("t", &to("oBad")).await, Err(WechatError::Refused(_))));
}

fn code() -> CodeRequest {
    CodeRequest {
        scene: "l_01jq7d3c5x8z".into(),
        page: Some("pages/leader/index".into()),
        check_page: true,
        stage: ReleaseStage::Release,
        width: 430,
        transparent: false,
    }
}

#[tokio::test]
async fn a_code_is_a_picture_or_an_error_but_never_an_error_kept_as_a_picture() {
    let png = b"\x89PNG\r\n\x1a\nrest".to_vec();
    let server = StandIn::start(move |asked| match asked.json()["scene"].as_str().unwrap() {
        "png" => Answer::new(200, png.clone()),
        "jpeg" => Answer::new(200, [0xFF, 0xD8, 0xFF, 0xE0]),
        "gif" => Answer::new(200, "GIF89a"),
        "broken" => Answer::new(500, [0xFF, 0xD8, 0xFF, 0xE0]),
        _ => says(json!({"errcode": 41030, "errmsg": "invalid page"})).with("content-type", "image/jpeg"),
    })
    .await;
    let wechat = client(&server.url);
    let drawn = |scene: &str| CodeRequest { scene: scene.into(), ..code() };
    assert_eq!(wechat.unlimited_code("t", &drawn("png")).await.unwrap().format, ImageFormat::Png);
    assert_eq!(wechat.unlimited_code("t", &drawn("jpeg")).await.unwrap().format, ImageFormat::Jpeg);
    let refused = wechat.unlimited_code("t", &code()).await.unwrap_err();
    assert!(matches!(refused, WechatError::Refused(r) if r.errcode == 41030));
    assert_eq!(
        server.last().json(),
        json!({"scene": "l_01jq7d3c5x8z", "page": "pages/leader/index", "check_path": true,
            "env_version": "release", "width": 430, "is_hyaline": false})
    );
    assert!(matches!(wechat.unlimited_code("t", &drawn("gif")).await, Err(WechatError::Malformed(_))));
    assert!(matches!(wechat.unlimited_code("t", &drawn("broken")).await, Err(WechatError::Busy(_))));

    let asked = server.asked().len();
    let long = "x".repeat(33);
    for scene in ["", "a=b", "a&b", "中文", "50%", &long] {
        assert!(matches!(wechat.unlimited_code("t", &drawn(scene)).await, Err(WechatError::Invalid(_))), "{scene}");
    }
    for page in ["/pages/a", "pages/a?b=1"] {
        let bad = CodeRequest { page: Some(page.into()), ..code() };
        assert!(matches!(wechat.unlimited_code("t", &bad).await, Err(WechatError::Invalid(_))));
    }
    let narrow = CodeRequest { width: 279, ..code() };
    assert!(matches!(wechat.unlimited_code("t", &narrow).await, Err(WechatError::Invalid(_))));
    assert_eq!(server.asked().len(), asked, "what cannot work is not sent");
}

fn pickup() -> Shipping {
    Shipping {
        payment: PaymentKey::Transaction("4200009911202611239000000017".into()),
        logistics: LogisticsType::Pickup,
        parcels: vec![Parcel { item_desc: "云南小番茄5斤*1;鸡蛋30枚*1".into(), express: None, contact: None }],
        all_delivered: true,
        continued: false,
        uploaded_at: "2026-11-23T10:05:12.120Z".parse().unwrap(),
        openid: "oLL5x5mQpT2vYk8WcB1nRzXe0aGs".into(),
    }
}

#[tokio::test]
async fn pickup_orders_are_uploaded_as_documented() {
    let server = StandIn::start(|_| says(json!({"errcode": 0, "errmsg": "ok"}))).await;
    let outcome = client(&server.url).upload_shipping_info("t", &pickup()).await.unwrap();
    assert_eq!(outcome, ShippingOutcome::Recorded);
    assert_eq!(server.last().target, "/wxa/sec/order/upload_shipping_info?access_token=t");
    assert_eq!(
        server.last().json(),
        json!({"order_key": {"order_number_type": 2, "transaction_id": "4200009911202611239000000017"},
            "logistics_type": 4, "delivery_mode": 1, "shipping_list": [{"item_desc": "云南小番茄5斤*1;鸡蛋30枚*1"}],
            "upload_time": "2026-11-23T18:05:12.120+08:00", "payer": {"openid": "oLL5x5mQpT2vYk8WcB1nRzXe0aGs"}})
    );
}

#[tokio::test]
async fn parcels_are_split_with_their_tracking_numbers() {
    let server = StandIn::start(|_| says(json!({"errcode": 0}))).await;
    let parcel = |number: &str| Parcel {
        item_desc: "好".repeat(200),
        express: Some(("SF".into(), number.into())),
        contact: Some(Contact::ReceiverContact("138****0417".into())),
    };
    let payment = PaymentKey::OutTradeNo { mchid: "1680000417".into(), out_trade_no: "LT1".into() };
    let express = Shipping {
        payment,
        logistics: LogisticsType::Express,
        parcels: vec![parcel("SF1"), parcel("SF2")],
        all_delivered: false,
        ..pickup()
    };
    client(&server.url).upload_shipping_info("t", &express).await.unwrap();
    let body = server.last().json();
    assert_eq!((&body["delivery_mode"], &body["is_all_delivered"]), (&json!(2), &json!(false)));
    assert_eq!(body["order_key"], json!({"order_number_type": 1, "mchid": "1680000417", "out_trade_no": "LT1"}));
    let first = &body["shipping_list"][0];
    assert_eq!((&first["tracking_no"], &first["express_company"]), (&json!("SF1"), &json!("SF")));
    assert_eq!(first["contact"], json!({"receiver_contact": "138****0417"}));
    assert_eq!(first["item_desc"].as_str().unwrap().chars().count(), 120);
}

#[tokio::test]
async fn impossible_shipping_is_not_sent() {
    let wechat = client("http://127.0.0.1:1");
    let one = pickup().parcels[0].clone();
    let tracked = Parcel { express: Some(("SF".into(), "SF1".into())), ..one.clone() };
    let bad = [
        Shipping { parcels: Vec::new(), ..pickup() },
        Shipping { parcels: vec![one.clone(), one.clone()], ..pickup() },
        Shipping { all_delivered: false, ..pickup() },
        Shipping { parcels: vec![tracked], ..pickup() },
        Shipping { logistics: LogisticsType::Express, ..pickup() },
        Shipping { parcels: vec![Parcel { item_desc: " ".into(), ..one }], ..pickup() },
    ];
    for shipping in bad {
        let judged = wechat.upload_shipping_info("t", &shipping).await;
        assert!(matches!(judged, Err(WechatError::Invalid(_))), "{judged:?}");
    }
}

#[tokio::test]
async fn shipping_answers_mean_wait_done_or_final() {
    for (errcode, wanted) in [
        (10_060_023_i64, "done"),
        (268_440_065, "done"),
        (10_060_001, "wait"),
        (10_060_012, "busy"),
        (10_060_003, "final"),
    ] {
        let server = StandIn::start(move |_| says(json!({"errcode": errcode, "errmsg": "m"}))).await;
        let made = match client(&server.url).upload_shipping_info("t", &pickup()).await {
            Ok(ShippingOutcome::AlreadyRecorded) => "done",
            Err(WechatError::PaymentUnknown(_)) => "wait",
            Err(WechatError::Busy(_)) => "busy",
            Err(WechatError::Refused(_)) => "final",
            other => panic!("{errcode}: {other:?}"),
        };
        assert_eq!(made, wanted, "{errcode}");
    }
}

#[tokio::test]
async fn an_order_is_found_by_either_number_under_its_own_names() {
    let server = StandIn::start(|asked| {
        let state = if asked.json().get("transaction_id").is_some() { 6 } else { 9 };
        says(json!({"errcode": 0, "order": {"transaction_id": "42", "merchant_trade_no": "LT1", "order_state": state, "in_complaint": true, "shipping": {}}}))
    })
    .await;
    let wechat = client(&server.url);
    let found = wechat.get_order("t", &PaymentKey::Transaction("42".into())).await.unwrap();
    assert_eq!((found.order_state, found.in_complaint), (ShippingState::AwaitingSettlement, true));
    let ours = PaymentKey::OutTradeNo { mchid: "1680000417".into(), out_trade_no: "LT1".into() };
    assert_eq!(wechat.get_order("t", &ours).await.unwrap().order_state, ShippingState::Other(9));
    assert_eq!(server.last().json(), json!({"merchant_id": "1680000417", "merchant_trade_no": "LT1"}));
}

#[tokio::test]
async fn the_last_parcel_of_a_split_delivery_stays_split() {
    let server = StandIn::start(|_| says(json!({"errcode": 0}))).await;
    let parcel = Parcel { express: Some(("ZTO".into(), "7".into())), ..pickup().parcels[0].clone() };
    let last = Shipping { logistics: LogisticsType::Express, parcels: vec![parcel], continued: true, ..pickup() };
    client(&server.url).upload_shipping_info("t", &last).await.unwrap();
    let body = server.last().json();
    assert_eq!((&body["delivery_mode"], &body["is_all_delivered"]), (&json!(2), &json!(true)));
}

#[tokio::test]
async fn what_lies_beside_the_upload_is_asked_as_documented() {
    let server = StandIn::start(|asked| match asked.target.split('?').next().unwrap() {
        "/wxa/sec/order/get_order_list" => says(json!({"errcode": 0, "last_index": "i7", "has_more": true,
            "order_list": [{"transaction_id": "42", "merchant_trade_no": null, "order_state": 1}]})),
        "/wxa/sec/order/is_trade_managed" => says(json!({"errcode": 0, "is_trade_managed": true})),
        "/wxa/sec/order/notify_confirm_receive" => says(json!({"errcode": 10_060_030, "errmsg": "used"})),
        "/cgi-bin/express/delivery/open_msg/get_delivery_list" => {
            says(json!({"errcode": 0, "count": 1, "delivery_list": [{"delivery_id": "YD", "delivery_name": "韵达"}]}))
        }
        _ => says(json!({"errcode": 0, "errmsg": "ok"})),
    })
    .await;
    let wechat = client(&server.url);
    let wanted = ShippedOrdersWanted { paid_from: 1, paid_until: 2, state: 1, last_index: Some("i6".into()) };
    let page = wechat.get_orders("t", &wanted).await.unwrap();
    assert_eq!((page.order_list.len(), page.last_index.as_str(), page.has_more), (1, "i7", true));
    let body = json!({"pay_time_range": {"begin_time": 1, "end_time": 2}, "order_state": 1, "page_size": 100, "last_index": "i6"});
    assert_eq!(server.last().json(), body);
    assert!(wechat.is_trade_managed("t").await.unwrap());
    assert_eq!(server.last().json()["appid"], wechat.appid());
    wechat.remind_to_confirm("t", &PaymentKey::Transaction("42".into()), 9).await.unwrap();
    assert_eq!(server.last().json(), json!({"transaction_id": "42", "received_time": 9}));
    assert_eq!(wechat.carriers("t").await.unwrap()[0].delivery_id, "YD");
    wechat.set_message_page("t", "pages/order").await.unwrap();
    let refused = wechat.set_order_page("t", "pages/order?no=1").await;
    assert!(matches!(refused, Err(WechatError::Invalid(_))), "{refused:?}");
    wechat.set_order_page("t", "pages/order?no=${商品订单号}").await.unwrap();
    assert_eq!(server.last().target, "/wxa/sec/order/update_order_detail_path?access_token=t");
}
