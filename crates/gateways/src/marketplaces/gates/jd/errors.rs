//! The gateway's and the Union's error codes by class (marketplaces-cn D.1).

use serde::Deserialize;

use super::super::super::error::{ApiError, ErrorClass};
use super::super::super::exchange::HttpReply;
use super::super::super::loose::Loose;
use super::answer::{self, Fields};

#[derive(Deserialize, Default)]
#[serde(default)]
struct GatewayRefusal {
    code: Loose,
    zh_desc: Loose,
    en_desc: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Outcome {
    code: Loose,
    message: Loose,
}

/// Lets a good answer pass; "none found" and "past the last page" are good ones.
pub fn classify_union(reply: &HttpReply) -> Result<(), ApiError> {
    let fields: Fields = reply.json()?;
    if let Some(error) = gateway_refusal(&fields, ErrorClass::ReauthorizeNeeded) {
        return Err(error);
    }
    reply.accepted_by_status()?;
    let Some(text) = answer::inner(&fields)? else { return Ok(()) };
    let outcome: Outcome = serde_json::from_str(&text).map_err(|_| ApiError::malformed("the result is no JSON"))?;
    match outcome.code.integer() {
        Some(200..=202) => Ok(()),
        None => Err(ApiError::malformed("a result without code")),
        Some(code) => Err(ApiError::new(union(code), code.to_string(), outcome.message.text().unwrap_or_default())),
    }
}

/// The gateway's own refusal, if the answer is one; `token` is what a token that is not valid means:
/// where merchants authorise it may be renewed.
pub fn gateway_refusal(fields: &Fields, token: ErrorClass) -> Option<ApiError> {
    let refusal: GatewayRefusal = serde_json::from_str(fields.get("error_response")?.get()).unwrap_or_default();
    let said = refusal.zh_desc.text().or(refusal.en_desc.text()).unwrap_or_default();
    let class = match refusal.code.integer().unwrap_or(0) {
        19 => token,
        code => gateway(code),
    };
    Some(ApiError::new(class, refusal.code.owned().unwrap_or_default(), said))
}

fn gateway(code: i64) -> ErrorClass {
    match code {
        1 | 43 | 65..=67 => ErrorClass::Upstream,
        2 => ErrorClass::RateLimited,
        3 | 24 | 25 => ErrorClass::NotPermitted,
        11 | 12 => ErrorClass::BadSignature,
        7 | 8 | 20 | 21 => ErrorClass::BadConfiguration,
        18 | 19 => ErrorClass::ReauthorizeNeeded,
        14 | 15 | 23 | 28 => ErrorClass::Retired,
        4..=6 | 13 | 50 | 60..=63 => ErrorClass::BadRequest,
        _ => ErrorClass::Business,
    }
}

/// The class of a code inside an answer.
pub fn union(code: i64) -> ErrorClass {
    match code {
        429 => ErrorClass::RateLimited,
        500 | 2001504 | 2001609 | 2002408 | 2002500 => ErrorClass::Upstream,
        403 | 2001403 | 2002403 => ErrorClass::NotPermitted,
        408 | 2001501 | 2001610 | 2002410 => ErrorClass::BadConfiguration,
        401 | 2001101 | 2001102 | 2001208 | 2001214 | 2002400 | 2002452 | 2002453 => ErrorClass::BadRequest,
        _ => ErrorClass::Business,
    }
}
