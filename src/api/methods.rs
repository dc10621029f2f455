//! Methods: a path that exists answers another method than its own with 405 and what it offers, and
//! HEAD as GET without the body.
//!
//! The router knows each path once for every method and takes a path with a wrong method for one
//! that does not exist; so what is offered where is listed once.

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use kernel::{Code, Coded};

use super::problem::ApiError;
use super::routes::Routes;
use super::{console, leader, storefront};

/// Calls outside the documents, in every role.
pub const HEALTH: [(&str, &str); 2] = [("/healthz", "GET"), ("/readyz", "GET")];

/// Calls outside the documents of a process that serves the API.
pub const BESIDE: [(&str, &str); 12] = [
    ("/", "GET"),
    ("/docs", "GET"),
    ("/docs/{_:.*}", "GET"),
    ("/miniapp-api.json", "GET"),
    ("/console-api.json", "GET"),
    ("/files/{name}", "GET"),
    ("/notify/wechat-pay/{shop}/{kind}", "POST"),
    ("/notify/wechat-message/{shop}", "GET"),
    ("/notify/wechat-message/{shop}", "POST"),
    ("/notify/market/{platform}/{account_id}", "GET"),
    ("/notify/market/{platform}/{account_id}", "POST"),
    ("/oauth/{platform}/callback", "GET"),
];

/// Calls of a process that serves the API in sandbox mode.
pub const SANDBOX: [(&str, &str); 1] = [("/sandbox/clock", "POST")];

/// What each path offers.
pub struct Offered(Vec<(Pattern, String)>);

/// A path with its `{…}` parts. Compiled patterns of every path would take more memory than all the rest.
struct Pattern(String);

impl Pattern {
    /// How many of its parts stand for anything.
    fn parts(&self) -> usize {
        self.0.matches('{').count()
    }

    fn is_match(&self, path: &str) -> bool {
        let (mut wanted, mut given) = (self.0.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                // A tail takes all that follows, also nothing.
                (Some(tail), Some(_)) if tail.ends_with(":.*}") => return true,
                (Some(part), Some(text)) if part == text || (part.starts_with('{') && !text.is_empty()) => {}
                _ => return false,
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum NotOffered {
    #[error("nothing is at this address")]
    Path,
    #[error("{method} is not offered here, but {allowed}")]
    Method { method: Method, allowed: String },
}

impl Coded for NotOffered {
    fn code(&self) -> Code {
        match self {
            NotOffered::Path => Code::NotFound,
            NotOffered::Method { .. } => Code::MethodNotAllowed,
        }
    }
}

impl Offered {
    /// What a process offers that serves the API or not, in sandbox mode or not.
    pub fn new(serves_api: bool, in_sandbox: bool) -> Self {
        let beside: &[(&str, &str)] = if serves_api { &BESIDE } else { &[] };
        let sandbox: &[(&str, &str)] = if serves_api && in_sandbox { &SANDBOX } else { &[] };
        let mut documented = Vec::new();
        if serves_api {
            let mut list = Routes::List(&mut documented);
            list.configure(storefront::routes).configure(leader::routes).configure(console::routes);
        }
        let plain = HEALTH.iter().chain(beside).chain(sandbox);
        let plain = plain.map(|(path, method)| ((*path).to_owned(), (*method).to_owned()));
        Self(plain.chain(documented).map(|(path, method)| (Pattern(path), method)).collect())
    }

    /// The `Allow` header of a path; empty where nothing is.
    fn at(&self, path: &str) -> String {
        let matching = || self.0.iter().filter(|(pattern, _)| pattern.is_match(path));
        // What is named in so many words is not what stands for anything.
        let fewest = matching().map(|(pattern, _)| pattern.parts()).min();
        let named = matching().filter(|(pattern, _)| Some(pattern.parts()) == fewest);
        let mut methods: Vec<&str> = named.map(|(_, method)| method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        methods.join(", ")
    }
}

/// Answers what no route took.
pub async fn refuse(request: HttpRequest, offered: Data<Offered>) -> HttpResponse {
    let allowed = offered.at(request.path());
    if allowed.is_empty() {
        return ApiError::from(NotOffered::Path).error_response();
    }
    let header = HeaderValue::try_from(&allowed);
    let refusal = NotOffered::Method { method: request.method().clone(), allowed };
    let mut response = ApiError::from(refusal).error_response();
    if let Ok(header) = header {
        response.headers_mut().insert(ALLOW, header);
    }
    response
}

/// HEAD is routed as GET. The server leaves the body out, since it goes by what was sent.
pub(super) fn head_as_get(request: &mut ServiceRequest) {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
}
