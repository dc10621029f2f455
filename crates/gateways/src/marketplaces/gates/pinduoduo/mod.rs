//! Pinduoduo's gateway (marketplaces-cn A.1): common parameters, signature, refusals.

mod errors;
pub mod push;
pub mod sign;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::super::account::Access;
use super::super::exchange::{Body, HttpRequest};

pub use errors::classify;

/// Where both families are called.
pub const ADDRESS: &str = "https://gw-api.pinduoduo.com/api/router";

/// One app's credentials.
pub struct App {
    /// Its id; not a secret.
    pub client_id: String,
    /// What signs.
    pub client_secret: SecretString,
}

impl App {
    /// Adds the common parameters, the merchant's token and the signature.
    pub fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest {
        let operation = request.operation;
        let token = access.map(|access| access.token.expose_secret());
        let mut request = request
            .with("type", operation)
            .with("client_id", &self.client_id)
            .with("timestamp", now.timestamp().to_string())
            .with("data_type", "JSON")
            .with_some("access_token", token);
        if let Body::Form(fields) = &mut request.body {
            let signature = sign::sign(fields, self.client_secret.expose_secret());
            fields.insert("sign".to_owned(), signature);
        }
        request
    }
}
