//! Taobao's open platform (TOP, marketplaces-cn C.1): common parameters, signature, refusals.

mod errors;
pub mod sign;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::super::account::Access;
use super::super::exchange::{Body, HttpRequest};
use super::super::settings::SettingsReader;
use super::super::times;
use sign::SignMethod;

pub use errors::classify;

/// Where both families are called.
pub const ADDRESS: &str = "https://eco.taobao.com/router/rest";

/// One app's credentials.
pub struct App {
    /// Its key; not a secret.
    pub app_key: String,
    /// What signs.
    pub app_secret: SecretString,
    /// How it signs.
    pub sign_method: SignMethod,
}

impl App {
    /// Reads `app_key`, `app_secret` and `sign_method`.
    pub fn read(reader: &mut SettingsReader<'_>) -> App {
        let method = reader.optional("sign_method").unwrap_or_else(|| "md5".to_owned());
        let sign_method = SignMethod::parse(&method).unwrap_or_else(|| {
            reader.fault("sign_method", "must be md5, hmac or hmac-sha256");
            SignMethod::Md5
        });
        App { app_key: reader.text("app_key"), app_secret: reader.secret("app_secret"), sign_method }
    }

    /// Adds the common parameters, the merchant's session and the signature.
    pub fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest {
        let operation = request.operation;
        let session = access.map(|access| access.token.expose_secret());
        let mut request = request
            .with("method", operation)
            .with("app_key", &self.app_key)
            .with("timestamp", times::beijing_text(now))
            .with("v", "2.0")
            // The gateway's own default is XML.
            .with("format", "json")
            .with("sign_method", self.sign_method.name())
            .with_some("session", session);
        if let Body::Form(fields) = &mut request.body {
            let signature = self.sign_method.sign(fields, self.app_secret.expose_secret());
            fields.insert("sign".to_owned(), signature);
        }
        request
    }
}
