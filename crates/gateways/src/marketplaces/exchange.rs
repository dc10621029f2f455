//! One request as a connector builds it and one reply as it reads it: plain data, no network.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::error::{ApiError, ErrorClass};
use super::money;

/// Which of a platform's hosts a request goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// The base address.
    Base,
    /// One of [`super::Descriptor::hosts`], by its key in `[platforms]`.
    Named(&'static str),
    /// This origin, checked by the connector: a store's own host, a region's.
    Own(String),
}

/// What a request carries.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// Form fields, un-encoded; the engine encodes them for the wire after signing.
    Form(BTreeMap<String, String>),
    /// A body already serialised: the signed text is the sent text.
    Text {
        /// Its media type.
        content_type: &'static str,
        /// The text, sent as it stands.
        text: String,
    },
}

/// A request before or after signing. It has no `Debug`: after signing it holds tokens.
#[derive(Clone)]
pub struct HttpRequest {
    /// The platform's name of the call: key of quotas, metrics and fixtures.
    pub operation: &'static str,
    /// Where it goes.
    pub host: Host,
    /// HTTP method.
    pub method: Method,
    /// What follows the base address; empty for single-address gateways.
    pub path: String,
    /// Query parameters, un-encoded.
    pub query: Vec<(String, String)>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// Whether the same request may be sent twice without doing something twice.
    pub repeatable: bool,
    /// Whether it goes out as it stands, without token and signature: calls for tokens.
    pub complete: bool,
}

impl HttpRequest {
    /// A form POST to a single-address gateway, of a call that only reads.
    pub fn gateway_read(operation: &'static str) -> Self {
        Self::of(operation, Method::POST, "", Body::Form(BTreeMap::new()))
    }

    /// A form POST to a single-address gateway, of a call that changes something.
    pub fn gateway_write(operation: &'static str) -> Self {
        Self::gateway_read(operation).once()
    }

    /// A GET of `path`.
    pub fn get(operation: &'static str, path: impl Into<String>) -> Self {
        Self::of(operation, Method::GET, path, Body::Empty)
    }

    /// A form POST to `path`; reads unless [`Self::once`] is said.
    pub fn form(operation: &'static str, path: impl Into<String>) -> Self {
        Self::of(operation, Method::POST, path, Body::Form(BTreeMap::new()))
    }

    /// A JSON body sent to `path`; reads unless [`Self::once`] is said.
    pub fn json(operation: &'static str, method: Method, path: impl Into<String>, body: &Value) -> Self {
        let body = Body::Text { content_type: "application/json", text: body.to_string() };
        Self::of(operation, method, path, body)
    }

    fn of(operation: &'static str, method: Method, path: impl Into<String>, body: Body) -> Self {
        HttpRequest {
            operation,
            host: Host::Base,
            method,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body,
            repeatable: true,
            complete: false,
        }
    }

    /// The same request, sent once: it changes something.
    pub fn once(mut self) -> Self {
        self.repeatable = false;
        self
    }

    /// The same request, repeatable or not.
    pub fn repeatable(mut self, repeatable: bool) -> Self {
        self.repeatable = repeatable;
        self
    }

    /// The same request, sent as it stands: no token, no signature.
    pub fn complete(mut self) -> Self {
        self.complete = true;
        self
    }

    /// The same request to another host.
    pub fn at(mut self, host: Host) -> Self {
        self.host = host;
        self
    }

    /// The same request with one more query parameter.
    pub fn asking(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// The same request with one more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same request with one more form field.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        if let Body::Form(fields) = &mut self.body {
            fields.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The same request with one more form field when there is a value; absent ones are not sent.
    pub fn with_some(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

/// An id for a JSON body: a number where it is one, since strict platforms refuse a text there.
pub fn json_id(id: &str) -> Value {
    match id.parse::<u64>() {
        // Leading zeros would be lost.
        Ok(number) if number.to_string() == id => Value::from(number),
        _ => Value::from(id),
    }
}

/// What came back.
#[derive(Clone)]
pub struct HttpReply {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body, bounded by the engine.
    pub body: Vec<u8>,
    /// When it came, by our wall clock; coupons are judged at this moment.
    pub received_at: DateTime<Utc>,
}

impl HttpReply {
    /// The first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON of the shape `T`.
    ///
    /// Fails as [`ErrorClass::Upstream`] when the body is no JSON object at all (a web page, nothing),
    /// as [`ErrorClass::Malformed`] when it is cut off or of another shape; an HTTP error status
    /// without readable JSON speaks for itself.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let unreadable = match serde_json::from_slice(&self.body) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        self.accepted_by_status()?;
        if !self.body.trim_ascii_start().starts_with(b"{") {
            let said = if self.body.is_empty() { "empty body" } else { "no JSON" };
            return Err(ApiError::new(ErrorClass::Upstream, "not_json", said));
        }
        // The position is told, not the text: bodies may hold names and addresses.
        let place = format!("line {} column {}", unreadable.line(), unreadable.column());
        Err(ApiError::malformed(place))
    }

    /// The same for bodies that must be an object: a list is no answer, even where every field of `T`
    /// may be absent.
    pub fn object<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        if self.body.trim_ascii_start().starts_with(b"{") {
            return self.json();
        }
        self.accepted_by_status()?;
        Err(ApiError::new(ErrorClass::Upstream, "not_json", "no JSON object"))
    }

    /// Judges the HTTP status alone; for replies whose body says nothing better.
    pub fn accepted_by_status(&self) -> Result<(), ApiError> {
        let class = match self.status {
            200..=299 => return Ok(()),
            401 => ErrorClass::TokenExpired,
            403 => ErrorClass::NotPermitted,
            404 | 410 => ErrorClass::NotFound,
            409 | 412 => ErrorClass::Conflict,
            429 => ErrorClass::RateLimited,
            408 | 425 | 500.. => ErrorClass::Upstream,
            _ => ErrorClass::BadRequest,
        };
        // Some write a fraction: `2.0`.
        let wait = self.header("retry-after").and_then(|text| money::scaled(text.trim(), 3).ok());
        let wait = wait.and_then(|millis| u64::try_from(millis).ok()).map(Duration::from_millis);
        let error = ApiError::new(class, format!("http_{}", self.status), "HTTP status");
        Err(error.after(wait))
    }
}

/// A piece of a path, encoded: ids and merchants' codes hold anything.
pub fn segment(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
