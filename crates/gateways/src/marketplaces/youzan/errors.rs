//! Youzan's three envelopes and its codes by class; HTTP status is 200 for all of them.

use std::time::Duration;

use serde::Deserialize;

use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::loose::Loose;

/// The first pause that Youzan advises; the engine doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(3);

#[derive(Deserialize)]
struct Envelope {
    gw_err_resp: Option<GatewayRefusal>,
    error_response: Option<OldRefusal>,
    success: Option<Loose>,
    #[serde(default)]
    code: Loose,
    #[serde(default)]
    message: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GatewayRefusal {
    err_code: Loose,
    err_msg: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OldRefusal {
    code: Loose,
    msg: Loose,
}

/// Lets a good answer pass. A refusal may carry an empty list beside it, so success is judged first.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    let envelope: Envelope = reply.json()?;
    if let Some(refusal) = envelope.gw_err_resp {
        return Err(error(&refusal.err_code, &refusal.err_msg, gateway));
    }
    if let Some(refusal) = envelope.error_response {
        return Err(error(&refusal.code, &refusal.msg, business));
    }
    reply.accepted_by_status()?;
    let failed = envelope.success.is_some_and(|success| success.text().is_some() && !success.is_true());
    let other_code = envelope.code.text().is_some_and(|code| !matches!(code, "200" | "0"));
    if failed || other_code {
        return Err(error(&envelope.code, &envelope.message, business));
    }
    Ok(())
}

fn error(code: &Loose, said: &Loose, class: fn(i64) -> ErrorClass) -> ApiError {
    let class = class(code.integer().unwrap_or(0));
    let wait = (class == ErrorClass::RateLimited).then_some(FIRST_PAUSE);
    ApiError::new(class, code.owned().unwrap_or_default(), said.text().unwrap_or_default())
        .after(wait)
        .slows_operation()
}

fn gateway(code: i64) -> ErrorClass {
    match code {
        4101 => ErrorClass::RateLimited,
        4201..=4203 => ErrorClass::TokenExpired,
        4204 => ErrorClass::NotPermitted,
        4004 | 4005 => ErrorClass::Retired,
        // A wrong method, or our address is not on the list: with these requests, the latter.
        4007 => ErrorClass::BadConfiguration,
        4001 | 5001 => ErrorClass::BadRequest,
        other => business(other),
    }
}

fn business(code: i64) -> ErrorClass {
    match code {
        500_100_004 | 123_000_042 | 141_500_203 => ErrorClass::RateLimited,
        123_005_001 | 123_004_002 => ErrorClass::NotFound,
        // Sent already, or in a state that cannot be sent.
        102_570_020 | 102_510_001 | 102_570_007 => ErrorClass::Conflict,
        105_000_003 => ErrorClass::BadRequest,
        _ => ErrorClass::Business,
    }
}

/// The class of a refusal by the token endpoint.
pub fn token(code: &Loose, said: &Loose) -> ApiError {
    error(code, said, |code| match code {
        1004 | 1005 => ErrorClass::ReauthorizeNeeded,
        // Client, secret, or a store that has not let the app in: somebody must look.
        1103 | 1105 => ErrorClass::BadConfiguration,
        1000 => ErrorClass::BadRequest,
        4101 => ErrorClass::RateLimited,
        _ => ErrorClass::ReauthorizeNeeded,
    })
}
