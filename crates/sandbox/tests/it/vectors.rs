//! The verifier over the shared vectors.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::{AuthorizationFault, SignedRequest, verify_request};
use serde_json::Value;

struct Case {
    method: String,
    url: String,
    authorization: String,
    body: String,
}

fn load() -> (Value, Vec<Case>) {
    let text = include_str!("../../../../tests/vectors/wechat-pay.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let take = |case: &Value, name: &str| case[name].as_str().unwrap_or("").to_owned();
    let cases = all["request_signing"].as_array().unwrap().iter().map(|case| Case {
        method: take(case, "method"),
        url: take(case, "url"),
        authorization: take(case, "authorization"),
        body: take(case, "body"),
    });
    let cases = cases.collect();
    (all, cases)
}

fn judge(all: &Value, case: &Case, now: i64) -> Result<(), AuthorizationFault> {
    let serial = all["merchant"]["serial_no"].as_str().unwrap();
    let key = STANDARD.decode(all["merchant"]["test_public_key_der_b64"].as_str().unwrap()).unwrap();
    let request = SignedRequest {
        method: &case.method,
        url: &case.url,
        authorization: &case.authorization,
        body: case.body.as_bytes(),
    };
    verify_request(&request, serial, &key, now)
}

/// The moment each vector was signed at.
fn moment(case: &Case) -> i64 {
    let after = case.authorization.split("timestamp=\"").nth(1).unwrap();
    after.split('"').next().unwrap().parse().unwrap()
}

#[test]
fn every_signed_request_of_the_vectors_is_accepted() {
    let (all, cases) = load();
    assert!(cases.len() >= 8);
    for case in &cases {
        assert_eq!(judge(&all, case, moment(case)), Ok(()), "{} {}", case.method, case.url);
    }
}

#[test]
fn a_changed_byte_anywhere_is_refused() {
    let (all, cases) = load();
    for case in cases {
        let now = moment(&case);
        let with = |change: fn(&mut Case)| {
            let mut changed = Case {
                method: case.method.clone(),
                url: case.url.clone(),
                authorization: case.authorization.clone(),
                body: case.body.clone(),
            };
            change(&mut changed);
            judge(&all, &changed, now)
        };
        assert_eq!(with(|case| case.body.push(' ')), Err(AuthorizationFault::BadSignature));
        assert_eq!(with(|case| case.url.push('x')), Err(AuthorizationFault::BadSignature));
        assert_eq!(with(|case| case.method = "PUT".to_owned()), Err(AuthorizationFault::BadSignature));
        let other_nonce =
            |case: &mut Case| case.authorization = case.authorization.replacen("nonce_str=\"", "nonce_str=\"x", 1);
        assert!(with(other_nonce).is_err());
        let other_serial =
            |case: &mut Case| case.authorization = case.authorization.replacen("serial_no=\"", "serial_no=\"0", 1);
        assert_eq!(with(other_serial), Err(AuthorizationFault::UnknownSerial));
        let twice = |case: &mut Case| case.authorization.push_str(",mchid=\"1\"");
        assert_eq!(with(twice), Err(AuthorizationFault::Malformed));
        assert_eq!(judge(&all, &case, now + 300), Err(AuthorizationFault::Expired));
        assert_eq!(judge(&all, &case, now - 300), Err(AuthorizationFault::Expired));
        assert_eq!(judge(&all, &case, now + 299), Ok(()));
    }
}
