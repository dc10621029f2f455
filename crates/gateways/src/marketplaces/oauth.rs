//! The answer of a token endpoint as OAuth prescribes it (RFC 6749 §5); most platforms outside China
//! give it.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Map;

use super::error::{ApiError, ErrorClass};
use super::exchange::HttpReply;
use super::loose::Loose;
use super::tokens::TokenSet;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    access_token: Loose,
    refresh_token: Loose,
    expires_in: Loose,
    refresh_token_expires_in: Loose,
    scope: Loose,
    error: Loose,
    error_description: Loose,
}

/// The tokens in an answer, or its refusal. A refresh token that is not repeated stays absent.
pub fn read(reply: &HttpReply) -> Result<TokenSet, ApiError> {
    let body: Answer = reply.object().map_err(not_expired)?;
    if let Some(code) = body.error.text() {
        return Err(ApiError::new(class(code), code, body.error_description.text().unwrap_or_default()));
    }
    reply.accepted_by_status().map_err(not_expired)?;
    let access = body.access_token.owned().ok_or_else(|| ApiError::malformed("no access_token"))?;
    let scopes = body.scope.text().unwrap_or_default().split([',', ' ']).filter(|scope| !scope.is_empty());
    Ok(TokenSet {
        access: SecretString::from(access),
        access_expires_at: end(&body.expires_in, reply),
        refresh: body.refresh_token.owned().map(SecretString::from),
        refresh_expires_at: end(&body.refresh_token_expires_in, reply),
        account_id: None,
        account_name: None,
        site: None,
        scopes: scopes.map(str::to_owned).collect(),
        extra: Map::new(),
    })
}

/// The end of a life told in seconds; no life is this many, so a greater number is a moment in
/// milliseconds, as some write it.
fn end(life: &Loose, reply: &HttpReply) -> Option<DateTime<Utc>> {
    match life.integer() {
        Some(10_000_000_001..) => life.unix_millis(),
        _ => life.seconds_after(reply.received_at),
    }
}

/// A token endpoint that answers 401 refuses the grant; there is no token that could have run out.
pub fn not_expired(mut error: ApiError) -> ApiError {
    if error.class == ErrorClass::TokenExpired {
        error.class = ErrorClass::ReauthorizeNeeded;
    }
    error
}

fn class(code: &str) -> ErrorClass {
    match code {
        "invalid_grant" | "access_denied" | "consent_required" => ErrorClass::ReauthorizeNeeded,
        "invalid_client" | "unauthorized_client" | "invalid_scope" => ErrorClass::BadConfiguration,
        "temporarily_unavailable" | "server_error" => ErrorClass::Upstream,
        _ => ErrorClass::BadRequest,
    }
}
