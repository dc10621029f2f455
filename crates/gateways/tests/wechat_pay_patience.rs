//! The client keeps to the platform's limits, and leaves a platform alone that does not answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod pay_world;
mod stand_in;

use gateways::pay::wechat_pay::PayError;
use pay_world::{client, refund, signed};
use serde_json::json;
use stand_in::StandIn;

#[tokio::test]
async fn refunds_refused_in_a_row_are_no_more_than_the_platform_bears() {
    let server = StandIn::start(|_| signed(400, r#"{"code":"INVALID_REQUEST","message":"x"}"#)).await;
    let pay = client(&server.url);
    let body = pay.refund_body(&refund()).unwrap();
    let begun = std::time::Instant::now();
    for _ in 0..8 {
        assert!(matches!(pay.refund(&body).await, Err(PayError::Refused(_))));
    }
    // One at once, then five a second.
    assert!(begun.elapsed() >= std::time::Duration::from_millis(1_300), "{:?}", begun.elapsed());
    let begun = std::time::Instant::now();
    pay.query_refund("RF|154222").await.unwrap_err();
    assert!(begun.elapsed() < std::time::Duration::from_millis(150), "questions are not counted");
}

#[tokio::test]
async fn a_platform_in_trouble_is_left_alone_after_eight_failures_and_a_refusal_is_none() {
    let server = StandIn::start(|asked| match asked.target.as_str() {
        target if target.contains("REFUSED") => signed(500, r#"{"code":"OPENID_MISMATCH","message":""}"#),
        target if target.contains("UNKNOWN") => signed(404, r#"{"code":"ORDER_NOT_EXIST","message":""}"#),
        _ => signed(500, json!({"code": "SYSTEM_ERROR", "message": ""}).to_string()),
    })
    .await;
    let pay = client(&server.url);
    for _ in 0..20 {
        assert!(matches!(pay.query_order("REFUSED1").await, Err(PayError::Refused(_))));
    }
    for number in ["TROUBLE1"; 7].into_iter().chain(["UNKNOWN1"]).chain(["TROUBLE1"; 8]) {
        pay.query_order(number).await.unwrap_err();
    }
    assert!(pay.breaker().is_open());
    let asked = server.asked().len();
    let judged = pay.query_order("UNKNOWN1").await.unwrap_err();
    assert!(matches!(judged, PayError::Unreachable(_)) && judged.is_undecided(), "{judged:?}");
    assert_eq!(server.asked().len(), asked, "nothing is sent meanwhile");
}
