//! Refusals of both kinds of method, all in HTTP status 200.

use std::time::Duration;

use serde::Deserialize;

use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::loose::Loose;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Envelope {
    error_response: Option<Refusal>,
    /// Of system methods; `0` is success.
    code: Loose,
    message: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refusal {
    code: Loose,
    msg: Loose,
    sub_code: Loose,
    sub_msg: Loose,
}

/// Lets a good answer pass.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    let body: Envelope = reply.object()?;
    if let Some(refusal) = body.error_response {
        let words = [refusal.msg.text(), refusal.sub_code.text(), refusal.sub_msg.text()];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        return Err(error(refusal.code.text().unwrap_or_default(), &words.join(": ")));
    }
    match body.code.text() {
        None | Some("0") => reply.accepted_by_status(),
        Some(code) => Err(error(code, body.message.text().unwrap_or_default())),
    }
}

fn error(code: &str, said: &str) -> ApiError {
    ApiError::new(class(code), code, said).after(ban(said))
}

fn class(code: &str) -> ErrorClass {
    match code {
        "IncompleteSignature" | "InvalidSignature" => ErrorClass::BadSignature,
        "IllegalAccessToken" => ErrorClass::TokenExpired,
        "InvalidCode" | "IllegalRefreshToken" | "InvalidRefreshToken" => ErrorClass::ReauthorizeNeeded,
        "ApiCallLimit" | "AppApiCallLimit" => ErrorClass::RateLimited,
        "InvalidAppKey" | "InvalidTimestamp" => ErrorClass::BadConfiguration,
        "InsufficientPermission" | "AppWhiteIpLimit" => ErrorClass::NotPermitted,
        "MissingParameter" | "InvalidParameter" | "InvalidApiPath" => ErrorClass::BadRequest,
        "ServiceUnavailable" | "ServiceTimeout" | "InternalError" | "SystemError" => ErrorClass::Upstream,
        _ => ErrorClass::Business,
    }
}

/// The pause in "this ban will last N seconds".
fn ban(said: &str) -> Option<Duration> {
    let (_, rest) = said.split_once("ban will last ")?;
    let seconds = rest.split(' ').next()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
