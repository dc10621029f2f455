//! The client keeps to the platform's limits, and leaves a platform alone that does not answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod pay_world;
mod stand_in;

use std::time::{Duration, Instant};

use gateways::pay::wechat_pay::{Mode, PayError, TradeState};
use pay_world::{client, client_waiting, refund, says_nothing, signed};
use serde_json::json;
use stand_in::StandIn;

#[tokio::test]
async fn refunds_refused_in_a_row_are_no_more_than_the_platform_bears() {
    let server = StandIn::start(|_| signed(400, r#"{"code":"INVALID_REQUEST","message":"x"}"#)).await;
    let pay = client(&server.url);
    let body = pay.refund_body(&refund()).unwrap();
    let begun = Instant::now();
    for _ in 0..8 {
        assert!(matches!(pay.refund(&body).await, Err(PayError::Refused(_))));
    }
    // One at once, then five a second.
    assert!(begun.elapsed() >= Duration::from_millis(1_300), "{:?}", begun.elapsed());
    let begun = Instant::now();
    pay.query_refund("RF|154222").await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_millis(150), "questions are not counted");
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

/// Longer than any test waits.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_caller_with_little_patience_has_the_backups_answer_in_time() {
    let unpaid = r#"{"out_trade_no":"GB202611230040808495","trade_state":"NOTPAY","mchid":"1654991716"}"#;
    let backup = StandIn::start(move |asked| match asked.method.as_str() {
        "GET" => signed(200, unpaid),
        _ => signed(204, ""),
    })
    .await;
    let mute = says_nothing(false).await;
    let patience = Duration::from_secs(6);
    let pay = client_waiting(Mode::Direct, (&mute, Some(&backup.url)), LONG, true).within(patience);
    let begun = Instant::now();
    assert_eq!(pay.query_order("GB202611230040808495").await.unwrap().trade_state, TradeState::NotPay);
    pay.for_sub_merchant("1709982749").close_order("GB202611230040808495").await.unwrap();
    assert!(begun.elapsed() < 2 * patience && begun.elapsed() >= patience / 3, "{:?}", begun.elapsed());
    assert_eq!(backup.asked().len(), 2);
    assert!(!pay.breaker().is_open());
}

#[tokio::test]
async fn calls_that_end_with_their_callers_patience_are_heard_of_by_the_circuit() {
    let mute = says_nothing(false).await;
    for backup in [Some(mute.as_str()), None] {
        let pay = client_waiting(Mode::Direct, (&mute, backup), LONG, true);
        let begun = Instant::now();
        for _ in 0..8 {
            let lost = pay.within(Duration::from_millis(90)).query_order("GB202611230040808495").await.unwrap_err();
            assert!(lost.is_undecided(), "{lost:?}");
        }
        assert!(begun.elapsed() >= Duration::from_millis(8 * 90) && begun.elapsed() < LONG, "{:?}", begun.elapsed());
        assert!(pay.breaker().is_open(), "backup: {backup:?}");
    }
}
