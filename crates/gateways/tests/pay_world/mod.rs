//! The accounts of the vectors, clients for them, and what WeChat Pay would answer.
#![allow(dead_code, reason = "every test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use gateways::http;
use gateways::pay::wechat_pay::sign::request_message;
use gateways::pay::wechat_pay::{Credentials, Hosts, Mode, NewPrepay, NewRefund, NewTransfer, SceneReport, WechatPay};
use kernel::crypto::random;
use kernel::crypto::rsa::{PrivateKey, PublicKey};
use kernel::{Clock, Fen};
use secrecy::SecretString;
use serde_json::Value;

use crate::stand_in::{Answer, Asked};

/// Patience with the main host in tests.
pub const FIRST_WAIT: std::time::Duration = std::time::Duration::from_millis(300);

pub fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../tests/vectors/wechat-pay.json")).unwrap()
}

pub fn secret(of: &str) -> PrivateKey {
    PrivateKey::parse(vectors()[of]["test_private_key_der_b64"].as_str().unwrap()).unwrap()
}

pub fn platform_id() -> String {
    vectors()["platform_public_key"]["id"].as_str().unwrap().into()
}

/// An answer signed now by the platform's public-key mode key.
pub fn signed(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    signed_by(&secret("platform_public_key"), &platform_id(), status, body)
}

pub fn signed_by(key: &PrivateKey, serial: &str, status: u16, body: impl Into<Vec<u8>>) -> Answer {
    let (body, nonce): (Vec<u8>, _) = (body.into(), random::nonce(32));
    let at = Clock::default().wall().timestamp().to_string();
    let mut message = format!("{at}\n{nonce}\n").into_bytes();
    message.extend_from_slice(&body);
    message.push(b'\n');
    let signature = key.sign(&message).unwrap();
    Answer::new(status, body)
        .with("Wechatpay-Timestamp", at)
        .with("Wechatpay-Nonce", nonce)
        .with("Wechatpay-Serial", serial)
        .with("Wechatpay-Signature", signature)
}

pub fn client_in(mode: Mode, main: &str, backup: Option<&str>, public_key: bool) -> WechatPay {
    client_waiting(mode, (main, backup), FIRST_WAIT, public_key)
}

/// A client that waits for the main host as long as `first_wait`, where nobody says otherwise.
pub fn client_waiting(
    mode: Mode,
    (main, backup): (&str, Option<&str>),
    first_wait: std::time::Duration,
    public_key: bool,
) -> WechatPay {
    let set = vectors();
    let merchant = &set["merchant"];
    let part = |name: &str| merchant[name].as_str().unwrap().to_owned();
    let credentials = Credentials {
        appid: if mode == Mode::Direct { part("appid") } else { part("sub_appid") },
        mode,
        mchid: part("mchid"),
        merchant_serial: part("serial_no"),
        merchant_key: SecretString::from(part("test_private_key_der_b64")),
        api_v3_key: SecretString::from(set["api_v3_key"].as_str().unwrap()),
        earlier_api_v3_key: None,
        platform_public_key_id: public_key.then(platform_id),
        platform_public_key: public_key.then(|| secret("platform_public_key").public_key().unwrap().to_spki_pem()),
    };
    let backup = backup.map(|b| b.parse().unwrap());
    let hosts = Hosts { main: main.parse().unwrap(), backup, first_wait };
    WechatPay::new(&credentials, hosts, http::client().unwrap()).unwrap()
}

pub fn client(main: &str) -> WechatPay {
    client_in(Mode::Direct, main, None, true)
}

pub fn partner(main: &str) -> WechatPay {
    let set = vectors();
    let part = |name: &str| set["merchant"][name].as_str().unwrap().to_owned();
    let mode = Mode::Partner { sp_appid: part("appid"), sp_mchid: part("mchid"), sub_mchid: part("sub_mchid") };
    client_in(mode, main, None, true)
}

/// A host that takes requests and breaks the connection, or keeps it and never answers.
pub async fn says_nothing(breaks: bool) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut some = [0; 64];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut some).await;
            if !breaks {
                kept.push(stream);
            }
        }
    });
    url
}

/// Checks the request's signature as WeChat does.
pub fn assert_signed(asked: &Asked) {
    let header = asked.header("authorization").expect("signed");
    let field = |name: &str| {
        let (_, rest) = header.split_once(&format!("{name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let at: i64 = field("timestamp").parse().unwrap();
    let message = request_message(&asked.method, &asked.target, &asked.body, at, &field("nonce_str"));
    let set = vectors();
    let key = PublicKey::parse(set["merchant"]["test_public_key_der_b64"].as_str().unwrap()).unwrap();
    key.verify(&message, &field("signature")).expect("a fitting signature");
    assert_eq!(field("mchid"), set["merchant"]["mchid"]);
    assert_eq!(field("serial_no"), set["merchant"]["serial_no"]);
    assert_eq!(asked.header("wechatpay-serial"), Some(platform_id().as_str()));
    assert_eq!(asked.header("accept"), Some("application/json"));
    assert!(asked.header("user-agent").is_some_and(|a| a.starts_with("tuanqiao/")));
}

pub fn order() -> NewPrepay {
    NewPrepay {
        description: "阳光玫瑰葡萄 2斤装".into(),
        out_trade_no: "pay_01jq7d3c5x8z9v2m4n6p8r0t2w".into(),
        time_expire: Some("2026-11-23T04:15:00Z".parse().unwrap()),
        notify_url: "https://shop.example.com/notify/wechat-pay/demo/payment".into(),
        total: Fen::from_fen(18064),
        openid: "ocxQ7qFpVJ83ctyweHMWPQQ8GvSg".into(),
        profit_sharing: true,
        goods: Vec::new(),
    }
}

pub fn refund() -> NewRefund {
    NewRefund {
        out_trade_no: "GB202611230040808495".into(),
        out_refund_no: "RF|154222".into(),
        reason: Some("缺货".repeat(20)),
        notify_url: None,
        refund: Fen::from_fen(300),
        total: Fen::from_fen(18064),
    }
}

pub fn transfer(amount: i64, name: Option<&str>) -> NewTransfer {
    NewTransfer {
        out_bill_no: "TB45281045".into(),
        scene_id: "1005".into(),
        openid: "ocxQ7qFpVJ83ctyweHMWPQQ8GvSg".into(),
        user_name: name.map(str::to_owned),
        amount: Fen::from_fen(amount),
        remark: "团购佣金".into(),
        notify_url: Some("https://shop.example.com/notify/wechat-pay/demo/transfer".into()),
        perception: None,
        reports: vec![SceneReport { info_type: "岗位类型".into(), info_content: "团长".into() }],
    }
}
