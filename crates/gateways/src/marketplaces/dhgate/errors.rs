//! Refusals of the gateway, by a code of its own, and of the methods, in their `status`.

use serde::Deserialize;

use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::loose::{List, Loose};

/// The one code of success, a text.
const OK: &str = "00000000";

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    code: Loose,
    message: Loose,
    status: Option<Status>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    code: Loose,
    message: Loose,
    solution: Loose,
    sub_errors: List<SubError>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SubError {
    code: Loose,
    message: Loose,
}

/// Lets a good answer pass.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    let body: Answer = reply.object()?;
    if let Some(status) = body.status {
        let code = status.code.text().unwrap_or_default();
        if code == OK {
            return reply.accepted_by_status();
        }
        let sub = status.sub_errors.0.first();
        let words = [
            status.message.text(),
            sub.and_then(|sub| sub.code.text()),
            sub.and_then(|sub| sub.message.text()),
            status.solution.text(),
        ];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        let class = if code == "109" { ErrorClass::BadRequest } else { ErrorClass::Business };
        return Err(ApiError::new(class, code, words.join(": ")));
    }
    let Some(code) = body.code.text() else { return reply.accepted_by_status() };
    let said = body.message.text().unwrap_or_default();
    let class = match code {
        "40" => ErrorClass::TokenExpired,
        // A wrong parameter or a wrong token.
        "2" if said.to_lowercase().contains("token") => ErrorClass::TokenExpired,
        "2" => ErrorClass::BadRequest,
        _ => ErrorClass::Business,
    };
    Err(ApiError::new(class, code, said))
}
