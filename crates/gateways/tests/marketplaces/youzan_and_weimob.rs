//! What is peculiar to the two SaaS stores: tokens in the query, pushed codes, messages, partial failure.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gateways::marketplaces::{
    Access, Account, Callback, Channel, Connector, ErrorClass, Grant, HookCall, HookKind, LineOutcome,
    RemoteOrderState, StockChange, TokenSet, TokenStep, Window, youzan,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use crate::questions;
use crate::vectors;

fn sign_cases(platform: &str, kind: &str) -> Vec<Value> {
    let file = vectors::global();
    let all = file["sign"].as_array().unwrap().iter();
    all.filter(|case| case["platform"] == platform && case["kind"] == kind).cloned().collect()
}

fn at(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap()
}

fn pairs(url: &Url) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = url.query_pairs().into_owned().collect();
    pairs.sort();
    pairs
}

fn account() -> Account {
    let connector = vectors::connector("weimob");
    questions::setup(connector.as_ref()).account("4020502275894")
}

#[test]
fn youzans_messages_are_verified_by_their_bytes() {
    let cases = sign_cases("youzan", "event_sign");
    assert_eq!(cases.len(), 2);
    let connector = vectors::connector("youzan");
    let hooks = connector.hooks().unwrap();
    for case in cases {
        let body = BASE64_STANDARD.decode(case["input"]["body_base64"].as_str().unwrap()).unwrap();
        let told = case["expected"]["header_value"].as_str().unwrap();
        let receive = |sign: &str, body: &[u8]| {
            let headers = [("event-sign".to_owned(), sign.to_owned())];
            hooks.receive(&HookCall {
                method: "POST",
                address: "https://shop.example.test/notify",
                query: &[],
                headers: &headers,
                body,
                key: None,
                received_at: at(1_795_392_000),
            })
        };
        let event = receive(told, &body).unwrap();
        assert!(!event.trusted && event.answer.body.contains("success"));
        if case["id"] == "youzan-event-paid" {
            assert_eq!((event.kind, event.account_id.as_deref()), (HookKind::Orders, Some("56232")));
            assert_eq!(event.ids, ["E20261122093000123400001"]);
            assert_eq!(event.dedupe_key, "6dc15f0b-0000-4812-b635-ab66e199f330");
        }
        for (sign, body) in [("", body.as_slice()), ("0", &body), (told, b"{}".as_slice())] {
            let error = receive(sign, body).unwrap_err();
            assert_eq!(error.class, ErrorClass::BadSignature);
        }
    }
}

#[test]
fn youzans_callback_message_is_opened_and_a_broken_one_refused() {
    let cases = sign_cases("youzan", "callback_message_decrypt");
    assert_eq!(cases.len(), 1);
    for case in cases {
        let secret = case["input"]["client_secret"].as_str().unwrap();
        let message = case["input"]["message"].as_str().unwrap();
        assert_eq!(youzan::open_message(secret, message).unwrap(), case["expected"]["plain"]);
        for (secret, message) in [("short", message), (secret, "%%%"), (secret, ""), (secret, "AAAA")] {
            assert!(youzan::open_message(secret, message).is_err());
        }
    }
}

#[test]
fn youzans_code_comes_without_a_state_and_one_that_comes_is_checked() {
    let connector = vectors::connector("youzan");
    let setup = questions::setup(connector.as_ref());
    let callback = |query: &[(&str, &str)]| {
        let query: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let callback = Callback { query: &query, state: "ours", now: at(0) };
        connector.auth().unwrap().callback(&setup, &callback).map(|grant| match grant {
            Grant::Code(code) => code.expose_secret().to_owned(),
            _ => panic!("no code"),
        })
    };
    assert_eq!(callback(&[("code", "c"), ("message", "m")]).unwrap(), "c");
    assert_eq!(callback(&[("code", "c"), ("state", "ours")]).unwrap(), "c");
    assert!(callback(&[("code", "c"), ("state", "other")]).is_err());
    assert!(callback(&[("message", "m")]).is_err());
}

#[test]
fn a_stores_own_youzan_app_asks_silently_and_renews_by_asking_anew() {
    let connector = vectors::connector("youzan");
    let setup = questions::setup(connector.as_ref());
    let auth = connector.auth().unwrap();
    let asked = |grant: &Grant| {
        let Ok(TokenStep::Ask(request)) = auth.token(&setup, grant) else { panic!("nothing is asked") };
        let gateways::marketplaces::Body::Text { text, .. } = request.body else { panic!("no JSON") };
        (serde_json::from_str::<Value>(&text).unwrap(), request.repeatable)
    };
    let (first, repeatable) = asked(&Grant::Silent { anew: false });
    assert_eq!((&first["grant_id"], &first["refresh"], repeatable), (&json!("56232"), &json!(false), true));
    let renewal = auth.renewal(&setup, &TokenSet::lasting("t")).unwrap();
    let (anew, repeatable) = asked(&renewal);
    assert_eq!((&anew["authorize_type"], &anew["refresh"], repeatable), (&json!("silent"), &json!(true), false));
}

#[test]
fn a_token_travels_in_the_query_and_nowhere_else() {
    for (id, name) in [("youzan", "access_token"), ("weimob", "accesstoken")] {
        let connector = vectors::connector(id);
        let account = questions::setup(connector.as_ref()).account("1");
        let window = Window { from: at(1_795_396_400), until: at(1_795_400_000) };
        let request = connector.orders().unwrap().changed(&account, &window).request(None).unwrap();
        let body = format!("{:?}", matches!(request.body, gateways::marketplaces::Body::Text { .. }));
        assert_eq!(body, "true");
        let signed = connector.sign(request, Some(&Access::new("tok", account.clone())), at(1_795_400_000));
        assert_eq!(signed.query, [(name.to_owned(), "tok".to_owned())]);
        assert!(signed.headers.is_empty());
    }
}

#[test]
fn weimobs_token_question_is_all_in_the_query() {
    let cases = sign_cases("weimob", "cc_token_url");
    assert_eq!(cases.len(), 1);
    let connector: Arc<dyn Connector> = Arc::from(vectors::connector("weimob"));
    let channel = Channel::new(connector.clone(), Url::parse("https://dopen.weimob.com").unwrap()).unwrap();
    let setup = questions::setup(connector.as_ref());
    for case in cases {
        let Ok(TokenStep::Ask(request)) = connector.auth().unwrap().token(&setup, &Grant::ClientCredentials) else {
            panic!("nothing is asked")
        };
        let url = channel.address(&request).unwrap();
        let wanted = Url::parse(case["expected"]["url"].as_str().unwrap()).unwrap();
        assert_eq!((url.path(), pairs(&url)), (wanted.path(), pairs(&wanted)));
        assert_eq!(request.method.as_str(), case["expected"]["method"]);
    }
}

#[test]
fn weimob_changes_many_variants_a_call_and_keeps_setting_and_adding_apart() {
    let connector = vectors::connector("weimob");
    let sink = connector.stock().unwrap();
    let mut lines = vec![
        questions::stock_line("1", "2", 7),
        questions::stock_line("1", "3", 8),
        questions::stock_line("9", "4", 0),
    ];
    lines
        .push(gateways::marketplaces::StockLine { change: StockChange::Add(-1), ..questions::stock_line("9", "5", 0) });
    assert_eq!((sink.fitting(&lines, 20), sink.fitting(&lines, 2), sink.fitting(&lines[3..], 20)), (3, 2, 1));
    let request = sink.push(&account(), &lines[..3]).unwrap();
    let gateways::marketplaces::Body::Text { text, .. } = &request.body else { panic!("no JSON") };
    let body: Value = serde_json::from_str(text).unwrap();
    assert_eq!(body["goodsList"][0]["skuList"], json!([{"skuId": 2, "stockNum": 7}, {"skuId": 3, "stockNum": 8}]));
    assert_eq!(
        (&body["goodsList"][1]["goodsId"], &body["basicInfo"]["vid"]),
        (&json!(9), &json!(6_000_287_446_212_u64))
    );
    assert!(request.repeatable && !sink.push(&account(), &lines[3..]).unwrap().repeatable);
    // Only the variant that the answer names has failed.
    let file = vectors::global();
    let partial = file["fixtures"].as_array().unwrap().iter().find(|case| case["id"] == "fx-weimob-stock-partial");
    let results = sink.read(&lines[..3], &vectors::global_reply(partial.unwrap())).unwrap();
    let failed: Vec<&str> = results
        .iter()
        .filter(|line| matches!(line.outcome, LineOutcome::Refused(_)))
        .map(|line| line.key.as_str())
        .collect();
    assert_eq!((failed, results.len()), (vec!["1/2"], 3));
}

#[test]
fn weimobs_order_states_are_those_that_the_operator_has_entered() {
    let connector = vectors::connector("weimob");
    let file = vectors::global();
    let orders = file["fixtures"].as_array().unwrap().iter().find(|case| case["id"] == "fx-weimob-orders").unwrap();
    let window = Window { from: at(1_795_396_400), until: at(1_795_400_000) };
    let read = |account: &Account| {
        let feed = connector.orders().unwrap().changed(account, &window);
        feed.read(None, &vectors::global_reply(orders)).unwrap().rows[0].state
    };
    let mut account = account();
    assert_eq!(read(&account), RemoteOrderState::Unknown);
    account.data.insert("order_states".into(), json!("1:paid_unshipped"));
    assert_eq!(read(&account), RemoteOrderState::PaidUnshipped);
}

#[test]
fn weimobs_messages_are_hints_and_never_trusted() {
    let connector = vectors::connector("weimob");
    let body = json!({"id": "m1", "topic": "weimob_shop.order", "event": "statusUpdate", "sign": "x",
        "msgBody": "{\"orderNo\":4000012345678901,\"bosId\":4020502275894}"});
    let body = body.to_string();
    let call = |body: &str| {
        connector.hooks().unwrap().receive(&HookCall {
            method: "POST",
            address: "https://shop.example.test/notify",
            query: &[],
            headers: &[],
            body: body.as_bytes(),
            key: None,
            received_at: at(0),
        })
    };
    let event = call(&body).unwrap();
    assert_eq!((event.kind, event.ids, event.trusted), (HookKind::Orders, vec!["4000012345678901".to_owned()], false));
    assert_eq!((event.account_id.as_deref(), event.dedupe_key.as_str()), (Some("4020502275894"), "m1"));
    assert!(call("[]").is_err() && call("{}").is_err());
}
