//! The one place where a marketplace request meets the network.

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::{Host, Url, form_urlencoded};

use crate::http::{self, SendError};

use super::error::{ApiError, ErrorClass};
use super::exchange::{Body, HttpReply, HttpRequest};

/// No answer of these platforms is near this; a longer one is a fault or an attack.
const LONGEST_BODY: usize = 8 * 1024 * 1024;

/// An answer before it is stamped with our time.
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// The reply as connectors read it.
    pub fn received_at(self, received_at: DateTime<Utc>) -> HttpReply {
        HttpReply { status: self.status, headers: self.headers, body: self.body, received_at }
    }
}

/// Whether credentials may be sent there: https, or this very machine (sandbox, tests).
pub fn is_trustworthy(base: &Url) -> bool {
    let loopback = match base.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    base.scheme() == "https" || (base.scheme() == "http" && loopback)
}

/// Sends a signed request to its address and reads the bounded answer; every fault of the network is
/// [`ErrorClass::Upstream`].
pub async fn send(
    marketplace: &'static str,
    client: &reqwest::Client,
    url: Url,
    request: HttpRequest,
    timeout: Duration,
) -> Result<Answer, ApiError> {
    let mut builder = client.request(request.method, url).timeout(timeout);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    builder = match request.body {
        Body::Empty => builder,
        Body::Form(fields) => {
            let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            builder.header("content-type", "application/x-www-form-urlencoded;charset=utf-8").body(encoded)
        }
        Body::Text { content_type, text } => builder.header("content-type", content_type).body(text),
    };
    let request = builder.build().map_err(|_| ApiError::bad_request("the request cannot be built"))?;
    let reply = http::send(marketplace, client, request, LONGEST_BODY).await.map_err(network_fault)?;
    let headers = reply.headers.iter();
    let headers =
        headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect();
    Ok(Answer { status: reply.status, headers, body: reply.body })
}

fn network_fault(error: SendError) -> ApiError {
    let code = match &error {
        SendError::Connect(_) => "no_connection",
        SendError::Timeout => "timeout",
        SendError::TooLarge(_) => "too_long",
        SendError::Broken(_) => "broken",
        SendError::Build(_) => return ApiError::bad_request("the request cannot be built"),
    };
    ApiError::new(ErrorClass::Upstream, code, error.to_string())
}
