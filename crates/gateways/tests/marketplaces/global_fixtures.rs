//! One runner for the fixtures of the other platforms: they name a kind of question, not a call.

use gateways::marketplaces::{ApiError, Connector, ErrorClass, HttpReply};
use serde_json::Value;

use crate::questions::{self, Answer, Question, Subject};
use crate::vectors;

#[test]
fn every_fixture_of_the_other_platforms_is_read_as_expected() {
    let file = vectors::global();
    let mut faults = Vec::new();
    for fixture in file["fixtures"].as_array().unwrap() {
        let platform = fixture["platform"].as_str().unwrap();
        if vectors::IN_STEPS.contains(&platform) {
            continue;
        }
        let id = vectors::id_of(platform);
        let connector = vectors::connector(id);
        let reply = vectors::global_reply(fixture);
        if let Some(fault) = judge(connector.as_ref(), fixture, &reply) {
            faults.push(format!("{}: {fault}", fixture["id"]));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_platform_of_the_file_has_a_connector() {
    let file = vectors::global();
    for fixture in file["fixtures"].as_array().unwrap() {
        let id = vectors::id_of(fixture["platform"].as_str().unwrap());
        assert!(gateways::marketplaces::find(id).is_some(), "{id}");
    }
}

/// What is wrong with how a fixture is read, if anything.
fn judge(connector: &dyn Connector, fixture: &Value, reply: &HttpReply) -> Option<String> {
    let (kind, expect) = (fixture["kind"].as_str().unwrap(), &fixture["expect"]);
    let kinds = ["token", "items", "orders", "stock", "ship"];
    if !kinds.contains(&kind) && kind != "token_error" {
        return match connector.classify(reply) {
            Ok(()) => Some("was let pass".to_owned()),
            Err(error) => judge_error(&error, expect),
        };
    }
    // One of the connector's questions of that kind must read it so.
    let subject = Subject::of(connector);
    let mut told = format!("no question of the kind {kind}");
    for question in questions::all(connector, &subject).iter().filter(|question| is_of(question, kind)) {
        let fault = match question.read(connector, reply) {
            Err(error) if expect.get("error").is_some() => judge_error(&error, expect),
            Err(error) => Some(format!("refused: {error}")),
            Ok(answer) if kind == "stock" => judge_stock(&answer, expect),
            Ok(answer) => judge_answer(&answer, expect),
        };
        match fault {
            None => return None,
            Some(fault) => told = fault,
        }
    }
    Some(told)
}

fn is_of(question: &Question<'_>, kind: &str) -> bool {
    match question {
        Question::Token(..) => matches!(kind, "token" | "token_error"),
        Question::StoreGoods(_) => kind == "items",
        Question::Order(_) => kind == "orders",
        Question::Stock(..) => kind == "stock",
        Question::Ship(_) => kind == "ship",
        _ => false,
    }
}

fn judge_error(error: &ApiError, expect: &Value) -> Option<String> {
    let wanted = expect["error"].as_str().unwrap_or_default();
    let classes: &[ErrorClass] = match wanted {
        "auth_rejected" => &[ErrorClass::ReauthorizeNeeded, ErrorClass::BadConfiguration, ErrorClass::NotPermitted],
        "token_expired_or_revoked" => &[ErrorClass::TokenExpired, ErrorClass::ReauthorizeNeeded],
        "token_expired_or_revoked_or_unknown" => {
            &[ErrorClass::TokenExpired, ErrorClass::ReauthorizeNeeded, ErrorClass::Business]
        }
        "rate_limited" => &[ErrorClass::RateLimited, ErrorClass::QuotaSpent],
        "bad_request" => &[ErrorClass::BadRequest, ErrorClass::Business, ErrorClass::NotFound],
        "bad_signature" => &[ErrorClass::BadSignature],
        "conflict" => &[ErrorClass::Conflict],
        "upstream_unavailable" => &[ErrorClass::Upstream],
        "malformed" => &[ErrorClass::Malformed],
        "ip_not_allowed" => &[ErrorClass::BadConfiguration],
        other => panic!("no word for {other}"),
    };
    let wait = error.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap());
    let code_differs = expect.get("code").is_some_and(|code| text(code) != error.code);
    let wait_differs = expect.get("retry_after_ms").is_some_and(|told| told.as_u64() != wait);
    let retry = expect.get("retry").and_then(Value::as_bool);
    let retry_differs = retry.is_some_and(|retry| retry != error.class.may_pass());
    let wrong = !classes.contains(&error.class) || code_differs || wait_differs || retry_differs;
    wrong.then(|| format!("{error} after {wait:?} instead of {expect}"))
}

fn judge_answer(answer: &Answer, expect: &Value) -> Option<String> {
    for (name, wanted) in expect.as_object().unwrap() {
        let fault = match name.as_str() {
            "total" => (answer.total != wanted.as_u64()).then(|| format!("total {:?}", answer.total)),
            "next" | "next_page" => (answer.more == wanted.is_null()).then(|| format!("more is {}", answer.more)),
            "items" | "orders" => judge_rows(&answer.rows, wanted),
            _ => {
                let row = answer.rows.first()?;
                differs(row, name, wanted)
            }
        };
        if fault.is_some() {
            return fault;
        }
    }
    None
}

fn judge_rows(rows: &[Value], wanted: &Value) -> Option<String> {
    let wanted = wanted.as_array().unwrap();
    if rows.len() != wanted.len() {
        return Some(format!("{} rows instead of {}", rows.len(), wanted.len()));
    }
    rows.iter().zip(wanted).find_map(|(row, wanted)| judge_row(row, wanted))
}

fn judge_row(row: &Value, wanted: &Value) -> Option<String> {
    wanted.as_object().unwrap().iter().find_map(|(name, value)| match value {
        Value::Array(_) => judge_rows(row[name.as_str()].as_array().map_or(&[][..], Vec::as_slice), value),
        _ => differs(row, name, value),
    })
}

fn differs(row: &Value, name: &str, wanted: &Value) -> Option<String> {
    let read = &row[name];
    (text(read) != text(wanted)).then(|| format!("{name} is {read} instead of {wanted}"))
}

fn judge_stock(answer: &Answer, expect: &Value) -> Option<String> {
    let refused = answer.rows.iter().filter(|row| !row["refused"].is_null());
    let refused: Vec<&str> = refused.map(|row| row["key"].as_str().unwrap()).collect();
    let all_done = refused.is_empty() && !answer.rows.is_empty();
    if expect["ok"].as_bool() != Some(all_done) {
        return Some(format!("refused: {refused:?}"));
    }
    let wanted: Option<Vec<&str>> =
        expect.get("failed").map(|failed| failed.as_array().unwrap().iter().filter_map(Value::as_str).collect());
    wanted.filter(|wanted| *wanted != refused).map(|wanted| format!("refused {refused:?} instead of {wanted:?}"))
}

/// Ids are numbers in some expectations and text in others.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
