//! One runner for the fixtures of every platform: a new connector adds a line in `vectors.rs`.

use gateways::marketplaces::{ApiError, Connector};
use serde_json::Value;

use crate::questions::{self, Question, Subject};
use crate::vectors;

#[test]
fn every_fixture_is_read_as_expected() {
    let file = vectors::cn();
    let mut faults = Vec::new();
    for (platform, method, fixture) in vectors::all_fixtures(&file) {
        let place = format!("{platform}/{method}");
        // Two connectors of one company share its refusals and divide its methods.
        let mut asked = 0;
        for (_, id, settings) in vectors::platforms().into_iter().filter(|(known, _, _)| *known == platform) {
            let connector = vectors::open(id, &settings);
            let subject = Subject::of(connector.as_ref());
            if !speaks(connector.as_ref(), &subject, method) {
                continue;
            }
            asked += 1;
            if let Some(fault) = judge(connector.as_ref(), &subject, method, fixture) {
                faults.push(format!("{id}: {place}, {}: {fault}", fixture["name"]));
            }
        }
        if asked == 0 {
            faults.push(format!("{place}: no question of a connector uses this method"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn speaks(connector: &dyn Connector, subject: &Subject, method: &str) -> bool {
    matches!(method, "error" | "transport")
        || questions::all(connector, subject).iter().any(|question| question.request().operation == method)
}

/// What is wrong with how a fixture is read, if anything.
fn judge(connector: &dyn Connector, subject: &Subject, method: &str, fixture: &Value) -> Option<String> {
    let reply = vectors::reply(fixture);
    let expected = fixture.get("expect");
    if matches!(method, "error" | "transport") {
        return match connector.classify(&reply) {
            Ok(()) => Some("was let pass".to_owned()),
            Err(error) => judge_error(&error, expected?),
        };
    }
    let questions = questions::all(connector, subject);
    let asking: Vec<&Question> = questions.iter().filter(|each| each.request().operation == method).collect();
    let faulty = fixture["note"].as_str().is_some_and(|note| note.contains("retryable upstream fault"));
    asking.iter().find_map(|question| match (question.answer(connector, &reply), expected) {
        (Err(error), None) if faulty && error.class.may_pass() => None,
        (Ok(_), None) if faulty => Some("was let pass".to_owned()),
        (Err(error), None) => Some(format!("refused: {error}")),
        (Ok(_), None) => None,
        (Err(error), Some(expected)) => judge_error(&error, expected),
        (Ok(rows), Some(expected)) => judge_rows(&rows, expected),
    })
}

fn judge_error(error: &ApiError, expected: &Value) -> Option<String> {
    let class = questions::class(error.class);
    let code_differs = expected.get("code").is_some_and(|code| text(code) != error.code);
    let wait = error.retry_after.map(|wait| wait.as_secs());
    let wait_differs = expected.get("retry_after_s").is_some_and(|seconds| seconds.as_u64() != wait);
    let wrong = expected["class"] != class || code_differs || wait_differs;
    wrong.then(|| format!("{class} {} {wait:?} instead of {expected}", error.code))
}

fn judge_rows(rows: &[Value], expected: &Value) -> Option<String> {
    // A list that only counts: its rows, or the ids that its rows will be asked for with.
    if let Some(count) = expected.get("count").and_then(Value::as_u64) {
        let fitting = rows.len() as u64 == count;
        return (!fitting).then(|| format!("{} rows instead of {count}", rows.len()));
    }
    let single = std::slice::from_ref(expected);
    let expected = expected.as_array().map_or(single, Vec::as_slice);
    if rows.len() != expected.len() {
        return Some(format!("{} rows instead of {}", rows.len(), expected.len()));
    }
    rows.iter().zip(expected).find_map(|(row, expected)| {
        let fields = expected.as_object().unwrap().iter().filter(|(name, _)| *name != "platform");
        let mut differing = fields.filter(|(name, value)| text(&row[name.as_str()]) != text(value));
        differing.next().map(|(name, value)| format!("{name} is {} instead of {value}", row[name.as_str()]))
    })
}

/// Ids are numbers in some expectations and text in others.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
