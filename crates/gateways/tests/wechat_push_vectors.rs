//! Message push, judged by every published vector.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use gateways::wechat::PushMessage;
use gateways::wechat::push::{PushDoor, PushFormat, PushQuery, PushRefused};
use kernel::crypto::CryptoError;
use secrecy::SecretString;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/wechat-miniprogram.json")).unwrap()
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| panic!("{field} missing in {case}"))
}

fn list<'a>(set: &'a Value, name: &str) -> &'a Vec<Value> {
    let cases = set[name].as_array().unwrap();
    assert!(!cases.is_empty(), "{name} must hold cases");
    cases
}

fn door(case: &Value, sealed: bool) -> PushDoor {
    let appid = case["appid"].as_str().unwrap_or("wx3d10c0ffee54a7b9");
    let key = sealed.then(|| SecretString::from(text(case, "encoding_aes_key")));
    PushDoor::new(appid.into(), SecretString::from(text(case, "token")), key.as_ref()).unwrap()
}

fn query(case: &Value) -> PushQuery {
    serde_json::from_value(case["query"].clone()).unwrap()
}

/// Whether `made` is among the classes a vector accepts.
fn class_fits(made: &PushRefused, accepted: &str) -> bool {
    let class = match made {
        PushRefused::NotSealed => "bad_length",
        PushRefused::Crypto(CryptoError::Signature) => "bad_signature",
        PushRefused::Crypto(CryptoError::Base64) => "bad_base64",
        PushRefused::Crypto(CryptoError::Length) => "bad_length",
        PushRefused::Crypto(CryptoError::Padding) => "bad_padding",
        PushRefused::Crypto(CryptoError::ForeignApp) => "bad_appid",
        PushRefused::Crypto(other) => panic!("unexpected {other:?}"),
    };
    accepted.split('|').any(|a| a == class)
}

#[test]
fn sealed_pushes_are_opened_or_refused() {
    for case in list(&vectors(), "push_crypto") {
        let opened = door(case, true).open(&query(case), text(case, "body").as_bytes());
        if case["ok"].as_bool().unwrap() {
            assert_eq!(String::from_utf8(opened.unwrap()).unwrap(), text(case, "plaintext"), "{}", case["name"]);
        } else {
            let refused = opened.unwrap_err();
            assert!(class_fits(&refused, text(case, "error")), "{}: {refused:?}", case["name"]);
        }
    }
}

#[test]
fn the_address_is_verified_by_echo_or_not_at_all() {
    for case in list(&vectors(), "url_verification") {
        let (door, query) = (door(case, false), query(case));
        let echoed = door.verify_url(&query);
        if case["ok"].as_bool().unwrap() {
            assert_eq!(echoed.unwrap(), text(case, "body"), "{}", case["name"]);
        } else {
            assert!(echoed.is_err(), "{}", case["name"]);
        }
    }
}

#[test]
fn plain_pushes_need_their_signature() {
    for case in list(&vectors(), "push_signature") {
        let query = PushQuery {
            signature: text(case, "signature").into(),
            timestamp: text(case, "timestamp").into(),
            nonce: text(case, "nonce").into(),
            ..PushQuery::default()
        };
        let opened = door(case, false).open(&query, b"{}");
        assert_eq!(opened.is_ok(), case["ok"].as_bool().unwrap(), "{}", case["name"]);
    }
}

#[test]
fn a_plain_body_is_refused_where_sealing_is_configured() {
    let set = vectors();
    let case = &list(&set, "push_crypto")[0];
    for body in ["{\"MsgType\":\"event\"}", "<xml><MsgType>event</MsgType></xml>", "", "\u{feff}{", "<Encrypt>"] {
        assert_eq!(door(case, true).open(&query(case), body.as_bytes()), Err(PushRefused::NotSealed));
    }
    assert_eq!(door(case, true).open(&query(case), &[0xFF, 0xFE]), Err(PushRefused::NotSealed));
}

#[test]
fn replies_are_sealed_byte_for_byte_and_open_in_both_forms() {
    for case in list(&vectors(), "push_seal") {
        let door = door(case, true);
        let (at, nonce, plain) = (text(case, "timestamp"), text(case, "nonce"), text(case, "plaintext"));
        let random: [u8; 16] = text(case, "random16").as_bytes().try_into().unwrap();
        for format in [PushFormat::Json, PushFormat::Xml] {
            let reply = door.seal_with(plain.as_bytes(), at, nonce, random, format).unwrap();
            assert!(reply.contains(text(case, "encrypt")) && reply.contains(text(case, "msg_signature")));
            let query = PushQuery {
                timestamp: at.into(),
                nonce: nonce.into(),
                msg_signature: text(case, "msg_signature").into(),
                ..PushQuery::default()
            };
            assert_eq!(door.open(&query, reply.as_bytes()).unwrap(), plain.as_bytes(), "{}", case["name"]);
        }
        let json = door.seal_with(plain.as_bytes(), at, nonce, random, PushFormat::Json).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        let names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names.len(), 4);
        for name in ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"] {
            assert!(names.contains(&name), "{name}");
        }
    }
}

#[test]
fn a_fresh_seal_opens() {
    let set = vectors();
    let door = door(&list(&set, "push_seal")[0], true);
    let reply: Value = serde_json::from_str(&door.seal(b"hello", 1_795_400_300, PushFormat::Json).unwrap()).unwrap();
    let query = PushQuery {
        timestamp: text(&reply, "TimeStamp").into(),
        nonce: text(&reply, "Nonce").into(),
        msg_signature: text(&reply, "MsgSignature").into(),
        ..PushQuery::default()
    };
    assert_eq!(door.open(&query, reply.to_string().as_bytes()).unwrap(), b"hello");
}

#[test]
fn opened_messages_are_read_with_one_list_entry_or_several() {
    let set = vectors();
    let opened = |name: &str| {
        let case = list(&set, "push_crypto").iter().find(|c| c["name"] == name).unwrap();
        PushMessage::parse(text(case, "plaintext").as_bytes())
    };
    let one = opened("json_popup_list_is_object").unwrap();
    assert_eq!(one.event.as_deref(), Some("subscribe_msg_popup_event"));
    assert_eq!(one.list().len(), 1);
    let several = opened("json_popup_list_is_array").unwrap();
    assert!(several.list().len() > 1);
    assert!(several.list().iter().all(|entry| entry["TemplateId"].is_string()));
    assert_eq!(opened("empty_message"), None);
    let xml = opened("xml_remind_access").unwrap();
    assert_eq!(xml.event.as_deref(), Some("trade_manage_remind_access_api"));
    let entry = "<List><TemplateId>a</TemplateId></List>";
    for (entries, count) in [(entry.to_owned(), 1), (entry.repeat(2), 2)] {
        let text =
            format!("<xml><MsgType>event</MsgType><SubscribeMsgPopupEvent>{entries}</SubscribeMsgPopupEvent></xml>");
        assert_eq!(PushMessage::parse(text.as_bytes()).unwrap().list().len(), count);
    }
    let settled = opened("json_settlement").unwrap();
    assert!(settled.key.contains(&settled.field("transaction_id").unwrap()));
    assert_ne!(settled.key, opened("json_remind_utf8").unwrap().key);
    assert!(!format!("{settled:?}").contains(&settled.openid));
}
