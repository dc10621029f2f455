//! One door to the outside: a shared client with time and redirect limits, answers of bounded
//! size, and traces without secrets.
//!
//! Query strings, headers and bodies are never logged: several platforms carry tokens there.

use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::{Client, Request, redirect};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// Longest wait for a whole answer, body included.
const TOTAL: Duration = Duration::from_secs(10);
/// How long a connection may wait for its next call. Servers close theirs after five seconds at the least,
/// and a call that is sent just then has no answer although nobody heard it.
const IDLE: Duration = Duration::from_secs(4);

/// Most bytes read of an ordinary API answer.
pub const ANSWER_CAP: usize = 1024 * 1024;

/// Why there is no answer to read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nothing was sent: no connection, no name, no TLS session.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// No complete answer in time; the other side may have acted.
    #[error("no answer in time")]
    Timeout,
    /// The answer is larger than allowed; the other side has acted.
    #[error("answer larger than {0} bytes")]
    TooLarge(usize),
    /// The connection broke on the way; the other side may have acted.
    #[error("connection broke: {0}")]
    Broken(String),
    /// The request itself cannot be built, or the client cannot.
    #[error("cannot build the request: {0}")]
    Build(String),
}

/// A whole answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers; names are case-insensitive.
    pub headers: HeaderMap,
    /// The body as received, after content decoding.
    pub body: Vec<u8>,
}

impl Reply {
    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header as text, if there and readable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
}

/// Builds the client every gateway shares; cheap to clone. Redirects and proxies are off: a
/// signed request must reach exactly the address it was made for.
///
/// Errors: [`SendError::Build`] when TLS cannot be set up.
pub fn client() -> Result<Client, SendError> {
    Client::builder()
        .connect_timeout(CONNECT)
        .timeout(TOTAL)
        .pool_idle_timeout(IDLE)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("tuanqiao/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|e| SendError::Build(e.to_string()))
}

/// Sends `request` once and reads at most `cap` bytes of the answer.
///
/// `platform` is a constant word for metrics and traces. Never retries: only the caller knows
/// whether a repeat is harmless.
pub async fn send(platform: &'static str, client: &Client, request: Request, cap: usize) -> Result<Reply, SendError> {
    let method = request.method().clone();
    let (host, path) = (request.url().host_str().unwrap_or("").to_owned(), request.url().path().to_owned());
    let started = Instant::now();
    let outcome = exchange(client, request, cap).await;
    let elapsed = started.elapsed();
    let class = outcome_class(&outcome);
    metrics::counter!("gateway_calls_total", "platform" => platform, "outcome" => class).increment(1);
    metrics::histogram!("gateway_call_seconds", "platform" => platform).record(elapsed.as_secs_f64());
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    match &outcome {
        Ok(reply) => {
            let id = reply.header("request-id").unwrap_or("");
            tracing::debug!(platform, %method, host, path, status = reply.status, request_id = id, elapsed_ms, "outbound call");
        }
        Err(error) => tracing::warn!(platform, %method, host, path, %error, elapsed_ms, "outbound call failed"),
    }
    outcome
}

fn outcome_class(outcome: &Result<Reply, SendError>) -> &'static str {
    match outcome {
        Ok(reply) if reply.is_success() => "ok",
        Ok(reply) if reply.status >= 500 => "5xx",
        Ok(reply) if reply.status == 429 => "429",
        Ok(_) => "refused",
        Err(SendError::Connect(_)) => "connect",
        Err(SendError::Timeout) => "timeout",
        Err(_) => "broken",
    }
}

async fn exchange(client: &Client, request: Request, cap: usize) -> Result<Reply, SendError> {
    let mut response = client.execute(request).await.map_err(classify)?;
    let too_large = || SendError::TooLarge(cap);
    if response.content_length().is_some_and(|n| usize::try_from(n).map_or(true, |n| n > cap)) {
        return Err(too_large());
    }
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(classify)? {
        if body.len().saturating_add(chunk.len()) > cap {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, headers, body })
}

/// The address is cut off the message: its query may hold an access token.
fn classify(error: reqwest::Error) -> SendError {
    let error = error.without_url();
    if error.is_connect() {
        SendError::Connect(root_cause(&error))
    } else if error.is_timeout() {
        SendError::Timeout
    } else if error.is_builder() {
        SendError::Build(root_cause(&error))
    } else {
        SendError::Broken(root_cause(&error))
    }
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
