//! Answers of WeChat Pay: bodies, refusals and the platform's signature over them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::{Value, json};

use crate::crypto;
use crate::faults::Verdict;
use crate::platform::PlatformKey;
use crate::state::SandboxState;

/// What a call comes to.
pub(crate) type Reply = Result<Answer, Refusal>;

/// A call that was accepted.
pub(crate) enum Answer {
    /// 200 with a JSON body.
    Body(Value),
    /// 204.
    Empty,
    /// 200 with a file, which WeChat does not sign.
    File(Vec<u8>),
}

/// A call that was refused: status, code, human text and, for a field, where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) detail: Option<Value>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: &str) -> Self {
        Self { status, code, message: message.to_owned(), detail: None }
    }

    /// 400 PARAM_ERROR at `field` (a JSON pointer) of the body.
    pub(crate) fn param(field: &str, issue: &str) -> Self {
        Self::param_at(field, issue, "body")
    }

    /// 400 PARAM_ERROR at a query parameter.
    pub(crate) fn query(name: &str, issue: &str) -> Self {
        Self::param_at(name, issue, "query")
    }

    /// 400 INVALID_REQUEST: the fields are well formed, a rule of business forbids the call.
    pub(crate) fn invalid(message: &str) -> Self {
        Self::new(400, "INVALID_REQUEST", message)
    }

    /// 401 SIGN_ERROR.
    pub(crate) fn sign_error(issue: &str) -> Self {
        let detail = json!({"field": "signature", "issue": issue, "location": "authorization"});
        Self { detail: Some(detail), ..Self::new(401, "SIGN_ERROR", "签名错误，请检查后再试") }
    }

    fn param_at(field: &str, issue: &str, location: &str) -> Self {
        let detail = json!({"field": field, "issue": issue, "location": location});
        Self { detail: Some(detail), ..Self::new(400, "PARAM_ERROR", &format!("参数错误：{issue}")) }
    }

    fn body(&self) -> Value {
        match &self.detail {
            Some(detail) => json!({"code": self.code, "message": self.message, "detail": detail}),
            None => json!({"code": self.code, "message": self.message}),
        }
    }
}

/// An answer without signature: to a call whose sender is not known.
pub(super) fn unsigned(refusal: &Refusal) -> HttpResponse {
    finish(refusal.status, refusal.body().to_string(), refusal.code, Vec::new())
}

/// An answer signed with a key of the platform's over `timestamp\nnonce\nbody\n`.
pub(super) fn signed(state: &SandboxState, reply: &Reply, key: Option<&PlatformKey>) -> HttpResponse {
    let (status, body, verdict) = match reply {
        Ok(Answer::File(bytes)) => return file(bytes.clone()),
        Ok(Answer::Body(value)) => (200, value.to_string(), "ok"),
        Ok(Answer::Empty) => (204, String::new(), "ok"),
        Err(refusal) => (refusal.status, refusal.body().to_string(), refusal.code),
    };
    match sign_headers(key, state.clock().wall(), &body) {
        Ok(headers) => finish(status, body, verdict, headers),
        Err(error) => unsigned(&Refusal::new(500, "SYSTEM_ERROR", &error.to_string())),
    }
}

/// The five signature headers over `body` at `timestamp`.
pub(super) fn sign_headers(
    key: Option<&PlatformKey>,
    timestamp: i64,
    body: &str,
) -> Result<Vec<(String, String)>, crypto::CryptoError> {
    let nonce = crypto::random_text(32);
    let key = key.ok_or(crypto::CryptoError("platform key"))?;
    let signature = key.key.sign(format!("{timestamp}\n{nonce}\n{body}\n").as_bytes())?;
    let headers = [
        ("Wechatpay-Timestamp", timestamp.to_string()),
        ("Wechatpay-Nonce", nonce),
        ("Wechatpay-Signature", signature),
        ("Wechatpay-Serial", key.serial.clone()),
        ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
    ];
    Ok(headers.map(|(name, value)| (name.to_owned(), value)).to_vec())
}

fn file(bytes: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::Ok().content_type("application/octet-stream").body(bytes);
    response.extensions_mut().insert(Verdict("ok".to_owned()));
    response
}

fn finish(status: u16, body: String, verdict: &str, headers: Vec<(String, String)>) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header(("Request-ID", crypto::random_text(32)));
    for header in headers {
        response.insert_header(header);
    }
    let mut response = if body.is_empty() {
        response.finish()
    } else {
        response.content_type("application/json; charset=utf-8").body(body)
    };
    response.extensions_mut().insert(Verdict(verdict.to_owned()));
    response
}
