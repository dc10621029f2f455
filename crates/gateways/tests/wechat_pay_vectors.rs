//! Every WeChat Pay vector, judged by our client; signatures and decryption cross-checked with the SDK.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use gateways::http;
use gateways::pay::wechat_pay::sign::{Signer, Unverified, request_message, verify};
use gateways::pay::wechat_pay::{
    Credentials, Hosts, Mode, NoticeError, NoticeResource, PayError, SignatureHeaders, TradeState, WechatPay,
};
use kernel::Fen;
use kernel::crypto::certificate::Certificate;
use kernel::crypto::rsa::{PrivateKey, PublicKey};
use secrecy::SecretString;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/wechat-pay.json")).unwrap()
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| panic!("{field} missing in {case}"))
}

fn list<'a>(set: &'a Value, name: &str) -> &'a Vec<Value> {
    let cases = set[name].as_array().unwrap();
    assert!(!cases.is_empty(), "{name} must hold cases");
    cases
}

fn headers(case: &Value) -> SignatureHeaders<'_> {
    SignatureHeaders::read(|name| case["headers"][name].as_str())
}

fn now(set: &Value) -> i64 {
    set["now"].as_i64().unwrap()
}

fn credentials(set: &Value, mode: Mode) -> Credentials {
    let merchant = &set["merchant"];
    let appid = match mode {
        Mode::Direct => text(merchant, "appid"),
        Mode::Partner { .. } => text(merchant, "sub_appid"),
    };
    Credentials {
        mode,
        appid: appid.into(),
        mchid: text(merchant, "mchid").into(),
        merchant_serial: text(merchant, "serial_no").into(),
        merchant_key: SecretString::from(text(merchant, "test_private_key_der_b64")),
        api_v3_key: SecretString::from(text(set, "api_v3_key")),
        earlier_api_v3_key: None,
        platform_public_key_id: Some(text(&set["platform_public_key"], "id").into()),
        platform_public_key: Some(text(&set["platform_public_key"], "test_public_key_der_b64").into()),
    }
}

fn partner(set: &Value) -> Mode {
    let merchant = &set["merchant"];
    Mode::Partner {
        sp_appid: text(merchant, "appid").into(),
        sp_mchid: text(merchant, "mchid").into(),
        sub_mchid: text(merchant, "sub_mchid").into(),
    }
}

/// A client that can reach nobody, so that unknown serials stay unknown.
fn client(credentials: &Credentials) -> WechatPay {
    let hosts = Hosts { main: "http://127.0.0.1:1".parse().unwrap(), backup: None, first_wait: Hosts::FIRST_WAIT };
    WechatPay::new(credentials, hosts, http::client().unwrap()).unwrap()
}

/// A client knowing both platform keys, the certificate through the certificates answer.
fn both_keys(set: &Value, mode: Mode) -> WechatPay {
    let pay = client(&credentials(set, mode));
    let answer = &set["certificates_response"];
    pay.accept_certificates(&headers(answer), text(answer, "body").as_bytes(), now(set)).unwrap();
    pay
}

fn reason(error: &NoticeError) -> &'static str {
    match error {
        NoticeError::Unverified(why) => unverified(why),
        NoticeError::DecryptFailed => "decrypt_failed",
        NoticeError::Malformed(_) => "malformed",
        NoticeError::ForeignMerchant => "foreign_merchant",
    }
}

fn unverified(why: &Unverified) -> &'static str {
    match why {
        Unverified::MissingHeader(_) => "missing_header",
        Unverified::TimestampExpired => "timestamp_expired",
        Unverified::UnknownSerial(_) => "unknown_serial",
        Unverified::SigntestProbe => "signtest_probe",
        Unverified::BadSignature => "bad_signature",
    }
}

#[test]
fn every_request_is_signed_byte_for_byte() {
    let set = vectors();
    let pay = client(&credentials(&set, Mode::Direct));
    for case in list(&set, "request_signing") {
        let (method, url, nonce) = (text(case, "method"), text(case, "url"), text(case, "nonce_str"));
        let (body, at) = (text(case, "body").as_bytes(), case["timestamp"].as_i64().unwrap());
        assert_eq!(request_message(method, url, body, at, nonce), text(case, "message").as_bytes(), "{}", case["name"]);
        let made = pay.signer().authorization(method, url, body, at, nonce).unwrap();
        assert_eq!(pairs(&made), pairs(text(case, "authorization")), "{}", case["name"]);
    }
}

/// The pairs of an Authorization header, whose order is free.
fn pairs(header: &str) -> Vec<String> {
    let (scheme, rest) = header.split_once(' ').unwrap();
    assert_eq!(scheme, "WECHATPAY2-SHA256-RSA2048");
    let mut pairs: Vec<String> = rest.split(',').map(str::to_owned).collect();
    pairs.sort();
    pairs
}

#[test]
fn payment_params_are_signed_byte_for_byte_under_their_exact_names() {
    let set = vectors();
    let merchant = &set["merchant"];
    let key = PrivateKey::parse(text(merchant, "test_private_key_der_b64")).unwrap();
    let signer = Signer::new(text(merchant, "mchid").into(), text(merchant, "serial_no").into(), key);
    for case in list(&set, "pay_sign") {
        let prepay_id = text(case, "package").strip_prefix("prepay_id=").unwrap();
        let at: i64 = text(case, "timeStamp").parse().unwrap();
        let made = signer.payment_params(text(case, "appId"), prepay_id, at, text(case, "nonceStr")).unwrap();
        let made = serde_json::to_value(made).unwrap();
        assert_eq!(made.as_object().unwrap().len(), 5);
        for field in ["timeStamp", "nonceStr", "package", "signType", "paySign"] {
            assert_eq!(made[field], case[field], "{} {field}", case["name"]);
        }
    }
}

#[test]
fn answers_are_believed_or_refused_as_the_vectors_say() {
    let set = vectors();
    let public = Arc::new(PublicKey::parse(text(&set["platform_public_key"], "test_public_key_der_b64")).unwrap());
    let certificate = Certificate::parse(text(&set["platform_certificate"], "test_certificate_der_b64")).unwrap();
    let (id, serial) = (text(&set["platform_public_key"], "id"), text(&set["platform_certificate"], "serial_no"));
    let find = |given: &str| match given {
        g if g == id => Some(Arc::clone(&public)),
        g if g == serial => Some(Arc::new(certificate.public_key().clone())),
        _ => None,
    };
    for case in list(&set, "responses") {
        let judged = verify(&headers(case), text(case, "body").as_bytes(), now(&set), find);
        match case["expect"]["valid"].as_bool().unwrap() {
            true => assert_eq!(judged, Ok(()), "{}", case["name"]),
            false => assert_eq!(unverified(&judged.unwrap_err()), text(&case["expect"], "reason"), "{}", case["name"]),
        }
    }
}

#[tokio::test]
async fn every_notification_is_judged_right() {
    let set = vectors();
    let (direct, partner) = (both_keys(&set, Mode::Direct), both_keys(&set, partner(&set)));
    for case in list(&set, "notifications") {
        let expect = &case["expect"];
        let pay = if expect["resource"]["sp_mchid"].is_string() { &partner } else { &direct };
        let opened = pay.open_notice(&headers(case), text(case, "body").as_bytes(), now(&set)).await;
        let judged = opened.and_then(|notice| pay.check_merchant(&notice).map(|()| notice));
        if expect["valid"].as_bool().unwrap() {
            let notice = judged.unwrap_or_else(|e| panic!("{}: {e}", case["name"]));
            assert_eq!(notice.event_type, text(expect, "event_type"), "{}", case["name"]);
            assert_eq!(notice.original_type, text(expect, "original_type"), "{}", case["name"]);
            compare(&notice.resource, &expect["resource"]);
        } else {
            assert_eq!(reason(&judged.unwrap_err()), text(expect, "reason"), "{}", case["name"]);
        }
    }
}

/// What our types make of a resource, against the resource itself.
fn compare(made: &NoticeResource, wanted: &Value) {
    let same = |field: &str, value: Option<&str>| assert_eq!(value, wanted[field].as_str(), "{field} of {wanted}");
    let fen = |field: &Value, value: Option<Fen>| assert_eq!(value.map(Fen::fen), field.as_i64(), "{wanted}");
    match made {
        NoticeResource::Transaction(t) => {
            same("out_trade_no", Some(&t.out_trade_no));
            same("transaction_id", t.transaction_id.as_deref());
            same("attach", t.attach.as_deref());
            assert_eq!(t.trade_state, TradeState::Success);
            fen(&wanted["amount"]["total"], t.total());
            fen(&wanted["amount"]["payer_total"], t.amount.as_ref().and_then(|a| a.payer_total));
            let payer = &wanted["payer"];
            assert_eq!(t.payer_openid(), payer["openid"].as_str().or(payer["sub_openid"].as_str()));
            assert!(t.success_time.is_some());
        }
        NoticeResource::Refund(r) => {
            same("out_refund_no", Some(&r.out_refund_no));
            same("refund_id", r.refund_id.as_deref());
            assert_eq!(format!("{:?}", r.status).to_uppercase(), text(wanted, "refund_status"));
            fen(&wanted["amount"]["refund"], r.amount.as_ref().and_then(|a| a.refund));
            assert_eq!(r.success_time.is_some(), wanted["success_time"].is_string());
        }
        NoticeResource::Sharing(s) => {
            same("out_order_no", Some(&s.out_order_no));
            assert_eq!(s.receiver.account, text(&wanted["receiver"], "account"));
            fen(&wanted["receiver"]["amount"], Some(s.receiver.amount));
        }
        NoticeResource::Transfer(t) => {
            same("out_bill_no", Some(&t.out_bill_no));
            same("fail_reason", t.fail_reason.as_deref());
            assert_eq!(format!("{:?}", t.state).to_uppercase(), text(wanted, "state"));
            assert!(t.state.is_final());
            fen(&wanted["transfer_amount"], t.transfer_amount);
        }
        NoticeResource::Combined(combined) => {
            same("combine_out_trade_no", Some(&combined.combine_out_trade_no));
            let (orders, theirs) = (combined.orders(), list(wanted, "sub_orders"));
            assert_eq!(orders.len(), theirs.len());
            for (order, theirs) in orders.iter().zip(theirs) {
                let same = |field: &str, value: Option<&str>| assert_eq!(value, theirs[field].as_str(), "{field}");
                same("out_trade_no", Some(&order.out_trade_no));
                same("transaction_id", order.transaction_id.as_deref());
                same("sub_mchid", order.sub_mchid.as_deref());
                same("attach", order.attach.as_deref());
                assert!(order.trade_state == TradeState::Success && order.success_time.is_some());
                fen(&theirs["amount"]["total_amount"], order.total());
                fen(&theirs["amount"]["payer_amount"], order.amount.as_ref().and_then(|a| a.payer_total));
                assert_eq!(order.payer_openid(), wanted["combine_payer_info"]["openid"].as_str());
            }
        }
        NoticeResource::Other(content) => panic!("every kind of the vectors is known: {content}"),
    }
}

#[tokio::test]
async fn a_notice_for_a_sub_merchant_is_foreign_to_the_direct_merchant_and_the_other_way_round() {
    let set = vectors();
    let (direct, partner) = (both_keys(&set, Mode::Direct), both_keys(&set, partner(&set)));
    for case in list(&set, "notifications").iter().filter(|c| c["expect"]["valid"] == true) {
        let theirs = case["expect"]["resource"]["sp_mchid"].is_string();
        let wrong = if theirs { &direct } else { &partner };
        let notice = wrong.open_notice(&headers(case), text(case, "body").as_bytes(), now(&set)).await.unwrap();
        assert_eq!(wrong.check_merchant(&notice), Err(NoticeError::ForeignMerchant), "{}", case["name"]);
    }
}

#[tokio::test]
async fn a_debugged_notice_or_client_shows_neither_openid_nor_key() {
    let set = vectors();
    let pay = both_keys(&set, Mode::Direct);
    let case = &list(&set, "notifications")[0];
    let notice = pay.open_notice(&headers(case), text(case, "body").as_bytes(), now(&set)).await.unwrap();
    let credentials = credentials(&set, Mode::Direct);
    let printed = format!("{notice:?} {pay:?} {credentials:?} {:?}", pay.signer());
    let openid = text(&case["expect"]["resource"]["payer"], "openid");
    let key = &text(&set["merchant"], "test_private_key_der_b64")[..40];
    for secret in [openid, key, text(&set, "api_v3_key")] {
        assert!(!printed.contains(secret));
    }
}

#[tokio::test]
async fn without_the_certificates_answer_its_serial_is_unknown() {
    let set = vectors();
    let pay = client(&credentials(&set, Mode::Direct));
    let case =
        list(&set, "notifications").iter().find(|c| c["name"] == "signed with the platform certificate").unwrap();
    let judged = pay.open_notice(&headers(case), text(case, "body").as_bytes(), now(&set)).await;
    assert_eq!(reason(&judged.unwrap_err()), "unknown_serial");
}

#[test]
fn the_certificates_answer_is_opened_and_checked() {
    let set = vectors();
    let answer = &set["certificates_response"];
    let body = text(answer, "body");
    let wanted = Certificate::parse(text(&answer["expect"], "certificate_der_b64")).unwrap();
    assert_eq!(both_keys(&set, Mode::Direct).certificate_expiry(), Some(wanted.not_after()));

    let fresh = client(&credentials(&set, Mode::Direct));
    assert_eq!(fresh.certificate_expiry(), None);
    let tampered = body.replacen("\"ciphertext\":\"", "\"ciphertext\":\"A", 1);
    assert!(fresh.accept_certificates(&headers(answer), tampered.as_bytes(), now(&set)).is_err());
    let foreign = SignatureHeaders { signature: Some("AAAA"), ..headers(answer) };
    assert!(matches!(fresh.accept_certificates(&foreign, body.as_bytes(), now(&set)), Err(PayError::Unknown(_))));
    let renamed = body.replacen(text(&answer["expect"], "serial_no"), "1A2B", 1);
    assert!(fresh.accept_certificates(&SignatureHeaders::default(), renamed.as_bytes(), now(&set)).is_err());
    assert_eq!(fresh.certificate_expiry(), None, "nothing of a refused answer is kept");

    // The first list arrives before any key is known; the APIv3 key authenticates its content.
    fresh.accept_certificates(&SignatureHeaders::default(), body.as_bytes(), now(&set)).unwrap();
    assert_eq!(fresh.certificate_expiry(), Some(wanted.not_after()));
}

#[test]
fn unusable_credentials_are_refused_at_construction() {
    let set = vectors();
    let good = credentials(&set, Mode::Direct);
    let refused = |change: &dyn Fn(&mut Credentials)| {
        let mut bad = good.clone();
        change(&mut bad);
        let hosts = Hosts { main: "http://127.0.0.1:1".parse().unwrap(), backup: None, first_wait: Hosts::FIRST_WAIT };
        WechatPay::new(&bad, hosts, http::client().unwrap()).unwrap_err()
    };
    let named = |error: PayError| match error {
        PayError::Credentials(part, _) => part,
        other => panic!("{other}"),
    };
    assert_eq!(named(refused(&|c| c.merchant_key = SecretString::from("no key"))), "merchant_key");
    assert_eq!(named(refused(&|c| c.api_v3_key = SecretString::from("31".repeat(15)))), "api_v3_key");
    assert_eq!(named(refused(&|c| c.platform_public_key = Some("no key".into()))), "platform_public_key");
    assert!(matches!(refused(&|c| c.platform_public_key = None), PayError::Invalid(_)));
}

#[test]
fn the_sdk_agrees_with_our_signatures() {
    use wechat_pay_rust_sdk::pay::{PayNotifyTrait as _, WechatPay as Sdk, WechatPayTrait as _};
    let set = vectors();
    let merchant = &set["merchant"];
    let key = PrivateKey::parse(text(merchant, "test_private_key_der_b64")).unwrap();
    let pem = key.to_pkcs8_pem().unwrap();
    let sdk = Sdk::new("", "", pem.as_str(), "", text(&set, "api_v3_key"), "");
    for case in list(&set, "request_signing") {
        assert_eq!(sdk.rsa_sign(text(case, "message")), key.sign(text(case, "message").as_bytes()).unwrap());
    }
    let public = PublicKey::parse(text(&set["platform_public_key"], "test_public_key_der_b64")).unwrap().to_spki_pem();
    let case = &list(&set, "notifications")[0];
    let header = |name: &str| text(&case["headers"], name);
    let (at, nonce, sign) = (header("Wechatpay-Timestamp"), header("Wechatpay-Nonce"), header("Wechatpay-Signature"));
    assert!(sdk.verify_signature(&public, at, nonce, sign, text(case, "body")).is_ok());
    for case in list(&set, "aes_gcm") {
        let opened = sdk.decrypt_bytes(text(case, "ciphertext"), text(case, "nonce"), text(case, "associated_data"));
        assert_eq!(opened.is_ok(), case["expect"]["valid"].as_bool().unwrap(), "{}", case["name"]);
    }
}
