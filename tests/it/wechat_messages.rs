//! The mini-program's message push over HTTP: judged by every published vector, kept once.

use reqwest::Method;
use sandbox::{Push, PushFormat, PushKind, PushMode};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::payments::entity::notice;

use crate::answer::Answer;
use crate::app::{TestApp, shop_text};

/// The mini-program of the vectors.
const APPID: &str = "wx3d10c0ffee54a7b9";
const PATH: &str = "/notify/wechat-message/push";

fn vectors(set: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../vectors/wechat-miniprogram.json")).unwrap();
    let cases = all[set].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

/// The shop of the vectors, with what its console was told.
async fn configured(app: &TestApp, token: &str, aes_key: Option<&str>) {
    let key = aes_key.map(|key| format!("push_aes_key = \"{key}\"")).unwrap_or_default();
    let text = format!(
        "code = \"push\"\nname = \"推送\"\n[miniprogram]\nappid = \"{APPID}\"\nsecret = \"s\"\npush_token = \"{token}\"\n{key}\n"
    );
    app.apply_shop(&text).await;
}

/// `path` with the query of a vector.
fn address(path: &str, query: &Value) -> String {
    let pairs = query.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    format!("{path}?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

async fn posted(app: &TestApp, path: &str, query: &Value, body: &str) -> Answer {
    app.anybody().send(Method::POST, &address(path, query), Some(("text/plain", body.as_bytes().to_vec()))).await
}

/// Asserts that an answer tells nothing but that it is one.
#[track_caller]
fn assert_refused(answer: &Answer, what: &Value) {
    let told = (answer.status, answer.text());
    assert_eq!(told, (403, r#"{"code":"FAIL","message":"refused"}"#.to_owned()), "{what}");
}

#[track_caller]
fn assert_kept(answer: &Answer, what: &Value) {
    assert_eq!((answer.status, answer.text()), (200, "success".to_owned()), "{what}");
    assert!(answer.header("content-type").starts_with("text/plain"), "{what}");
}

async fn kept(app: &TestApp) -> Vec<notice::Model> {
    let of_messages = notice::Entity::find().filter(notice::Column::Kind.eq("message"));
    of_messages.all(app.app.db.reader()).await.unwrap()
}

on_both! {
    async fn the_address_is_verified_by_an_echo_or_not_at_all(app: TestApp) {
        for case in vectors("url_verification") {
            configured(app, case["token"].as_str().unwrap(), None).await;
            let answer = app.anybody().get(&address(PATH, &case["query"])).await;
            if case["ok"] == true {
                assert_eq!((answer.status, answer.text().as_str()), (200, case["body"].as_str().unwrap()), "{case}");
                assert!(answer.header("content-type").starts_with("text/plain"), "markup must be inert: {case}");
            } else {
                assert_refused(&answer, &case);
            }
        }
    }
}

on_both! {
    async fn sealed_pushes_are_kept_once_or_refused_alike(app: TestApp) {
        let mut told_with = String::new();
        let mut contents = Vec::new();
        for case in vectors("push_crypto") {
            let (token, key) = (case["token"].as_str().unwrap(), case["encoding_aes_key"].as_str().unwrap());
            assert_eq!(case["appid"], APPID);
            if told_with != key {
                configured(app, token, Some(key)).await;
                told_with = key.to_owned();
            }
            let answer = posted(app, PATH, &case["query"], case["body"].as_str().unwrap()).await;
            if case["ok"] == false {
                assert_refused(&answer, &case);
                continue;
            }
            assert_kept(&answer, &case);
            let before = kept(app).await.len();
            assert_kept(&posted(app, PATH, &case["query"], case["body"].as_str().unwrap()).await, &case);
            assert_eq!(kept(app).await.len(), before, "delivered again, kept once: {case}");
            contents.extend(serde_json::from_str::<Value>(case["plaintext"].as_str().unwrap()).ok());
        }
        let kept: Vec<Value> =
            kept(app).await.iter().map(|row| serde_json::from_str(row.detail.as_deref().unwrap()).unwrap()).collect();
        for event in ["trade_manage_order_settlement", "trade_manage_remind_shipping", "wxa_media_check", "subscribe_msg_popup_event"] {
            assert!(kept.iter().any(|row| row["Event"] == event && contents.contains(row)), "{event} is not kept as it came");
        }
        let xml = kept.iter().find(|row| row["Event"] == "trade_manage_remind_access_api").expect("the XML one");
        assert!(xml["msg"].as_str().unwrap().contains("48小时") && xml["CreateTime"] == "1795400009", "{xml}");
    }
}

on_both! {
    async fn plain_pushes_need_their_signature(app: TestApp) {
        for case in vectors("push_signature") {
            configured(app, case["token"].as_str().unwrap(), None).await;
            let query = json!({"signature": case["signature"], "timestamp": case["timestamp"], "nonce": case["nonce"]});
            let message = json!({"MsgType": "text", "FromUserName": "o1", "MsgId": case["name"], "Content": "你好\u{0}"});
            let answer = posted(app, PATH, &query, &message.to_string()).await;
            if case["ok"] == true {
                assert_kept(&answer, &case);
                let rows = kept(app).await;
                assert!(rows.iter().any(|row| row.dedupe_key == case["name"].as_str().unwrap()), "{case}");
            } else {
                assert_refused(&answer, &case);
            }
        }
    }
}

on_both! {
    async fn every_mode_and_form_of_a_true_push_is_kept_and_no_forgery(app: TestApp) {
        let url = format!("{}/notify/wechat-message/demo", app.app.config.server.public_url);
        let message = |n: usize| {
            let message = json!({"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": 1_795_400_007, "MsgType": "event",
                "Event": "trade_manage_remind_shipping", "transaction_id": format!("42{n}"), "msg": "a <b> & <Encrypt>x</Encrypt>"});
            message.as_object().unwrap().clone()
        };
        let push = |n, mode, format, kind| Push { url: url.clone(), appid: None, message: message(n), mode, format, kind };
        for (n, (mode, format)) in [(PushMode::Safe, PushFormat::Json), (PushMode::Safe, PushFormat::Xml),
            (PushMode::Compat, PushFormat::Json), (PushMode::Compat, PushFormat::Xml)].into_iter().enumerate()
        {
            for _ in 0..2 {
                let answer = app.wechat().push(&push(n, mode, format, PushKind::Genuine)).await.unwrap();
                assert_eq!((answer.status, answer.answer.as_str()), (Some(200), "success"), "{mode:?} {format:?}");
            }
            assert_eq!(kept(app).await.len(), n + 1, "{mode:?} {format:?}");
            for kind in [PushKind::BadSignature, PushKind::WrongKey, PushKind::OtherApp] {
                let answer = app.wechat().push(&push(9, mode, format, kind)).await.unwrap();
                assert_eq!(answer.status, Some(403), "{kind:?} {mode:?} {format:?}");
            }
        }
        // Sealing is configured: a plain push, though well signed, is no push.
        let plain = app.wechat().push(&push(9, PushMode::Plain, PushFormat::Json, PushKind::Genuine)).await.unwrap();
        assert_eq!(plain.status, Some(403));
        assert_eq!(kept(app).await.len(), 4);
        assert!(kept(app).await.iter().all(|row| row.detail.as_deref().unwrap().contains("a <b> & <Encrypt>")));

        let without = shop_text("demo", &app.keys().merchant, &app.keys()).replace("push_token", "#").replace("push_aes_key", "#");
        app.apply_shop(&without).await;
        let closed = app.wechat().push(&push(9, PushMode::Safe, PushFormat::Json, PushKind::Genuine)).await.unwrap();
        assert_eq!(closed.status, Some(403), "the shop takes none");
    }
}

on_both! {
    async fn what_cannot_be_a_push_is_refused_like_a_forged_one(app: TestApp) {
        let query = json!({"signature": "x", "timestamp": "1", "nonce": "n", "msg_signature": "x"});
        for path in ["/notify/wechat-message/demo", "/notify/wechat-message/nobody"] {
            for body in ["", "{}", "<xml></xml>", &"x".repeat(65 * 1024)] {
                assert_refused(&posted(app, path, &query, body).await, &json!([path, body.len()]));
            }
            assert_refused(&app.anybody().get(path).await, &json!(path));
            assert_refused(&app.anybody().get(&format!("{path}?nonce=1&nonce=2")).await, &json!(path));
        }
        assert!(kept(app).await.is_empty());
    }
}
