//! Signatures, byte for byte.

use std::collections::BTreeMap;

use gateways::marketplaces::gates::jd::sign as jd;
use gateways::marketplaces::gates::pinduoduo::sign as pdd;
use gateways::marketplaces::gates::taobao::sign::SignMethod;
use serde_json::Value;

use crate::vectors;

/// Runs a list of the file's `sign` section; the count guards against a renamed section.
fn check(section: &str, cases: usize, sign: impl Fn(&BTreeMap<String, String>, &str) -> String) {
    let file = vectors::cn();
    let list = file["sign"][section].as_array().unwrap();
    assert_eq!(list.len(), cases, "{section}");
    for case in list {
        let (params, secret) = params_and_secret(case);
        assert_eq!(sign(&params, secret), case["sign"], "{section}: {}", case["name"]);
    }
}

fn params_and_secret(case: &Value) -> (BTreeMap<String, String>, &str) {
    let params = serde_json::from_value(case["params"].clone()).unwrap();
    (params, case["secret"].as_str().unwrap())
}

#[test]
fn pinduoduo() {
    check("pdd", 7, pdd::sign);
}

#[test]
fn top_md5() {
    check("top_md5", 5, |params, secret| SignMethod::Md5.sign(params, secret));
}

#[test]
fn top_hmac() {
    check("top_hmac", 4, |params, secret| SignMethod::Hmac.sign(params, secret));
}

#[test]
fn top_hmac_sha256() {
    check("top_hmac_sha256", 4, |params, secret| SignMethod::HmacSha256.sign(params, secret));
}

#[test]
fn jd_union() {
    check("jd", 5, jd::sign);
}

#[test]
fn pinduoduos_message_socket() {
    let file = vectors::cn();
    let case = &file["sign"]["pdd_message_ws"][0];
    let text = |name: &str| case[name].as_str().unwrap();
    let path = gateways::marketplaces::gates::pinduoduo::push::path(
        text("client_id"),
        text("secret"),
        case["millis"].as_i64().unwrap(),
    );
    assert_eq!(path, text("path"));
}

#[test]
fn common_mistakes_are_not_made() {
    let file = vectors::cn();
    let list = file["sign"]["negative"].as_array().unwrap();
    assert_eq!(list.len(), 3);
    for case in list {
        let (params, secret) = params_and_secret(case);
        let signature = match case["platform"].as_str().unwrap() {
            "pdd" => pdd::sign(&params, secret),
            "top" => SignMethod::parse(&params["sign_method"]).unwrap().sign(&params, secret),
            other => panic!("{other}"),
        };
        assert_ne!(signature, case["wrong_sign"], "{}", case["name"]);
    }
}
