//! JD's gateway (marketplaces-cn D.1): common parameters, signature, envelopes, refusals.

pub mod answer;
mod errors;
pub mod sign;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::super::account::Access;
use super::super::exchange::{Body, HttpRequest};
use super::super::times;

pub use errors::{classify_union, gateway_refusal, union};

/// Where both families are called.
pub const ADDRESS: &str = "https://api.jd.com/routerjson";

/// The one parameter that carries a call's own ones, as JSON text.
pub const PARAM: &str = "360buy_param_json";

/// One app's credentials.
pub struct App {
    /// Its key; not a secret.
    pub app_key: String,
    /// What signs.
    pub app_secret: SecretString,
}

impl App {
    /// Adds the common parameters, the merchant's token and the signature. `version` is the family's.
    pub fn sign(
        &self,
        request: HttpRequest,
        version: &str,
        access: Option<&Access>,
        now: DateTime<Utc>,
    ) -> HttpRequest {
        let operation = request.operation;
        let token = access.map(|access| access.token.expose_secret());
        let mut request = request
            .with("method", operation)
            .with("app_key", &self.app_key)
            .with("timestamp", times::beijing_text(now))
            .with("v", version)
            .with("format", "json")
            .with("sign_method", "md5")
            .with_some("access_token", token);
        if let Body::Form(fields) = &mut request.body {
            let signature = sign::sign(fields, self.app_secret.expose_secret());
            fields.insert("sign".to_owned(), signature);
        }
        request
    }
}
