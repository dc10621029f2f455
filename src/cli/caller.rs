//! Somebody who calls the API over HTTP, as the demo's seed and the tour do.

use anyhow::Context;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// A caller with what he sends along.
#[derive(Clone)]
pub(super) struct Caller {
    base: String,
    http: Client,
    headers: Vec<(&'static str, String)>,
}

/// What a call was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    asked: String,
}

impl Answer {
    /// The body of a success; a refusal is an error that says what was asked.
    pub(super) fn ok(self) -> anyhow::Result<Value> {
        anyhow::ensure!(self.status < 300, "{} was answered {} {}", self.asked, self.status, self.body);
        Ok(self.body)
    }

    /// The refusal's code; a success, or another code, is an error.
    pub(super) fn refused(self, code: &str) -> anyhow::Result<Value> {
        let told = self.body.get("code").and_then(Value::as_str).unwrap_or_default();
        anyhow::ensure!(told == code, "{} should be refused as {code}, not {} {}", self.asked, self.status, self.body);
        Ok(self.body)
    }
}

impl Caller {
    /// Nobody yet, who calls the server at `base`.
    pub(super) fn new(base: &str) -> anyhow::Result<Self> {
        let http = Client::builder().no_proxy().timeout(std::time::Duration::from_secs(30)).build()?;
        Ok(Self { base: base.trim_end_matches('/').to_owned(), http, headers: Vec::new() })
    }

    fn sending(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Signs in with a `wx.login` code.
    pub(super) async fn signs_in(self, code: &str) -> anyhow::Result<Self> {
        let session = self.post("/api/v1/session", json!({ "code": code })).await?.ok()?;
        let token = text(&session, "/access_token")?;
        Ok(self.sending("Authorization", format!("Bearer {token}")))
    }

    /// Signs in to the console.
    pub(super) async fn signs_in_to_console(self, username: &str, password: &str) -> anyhow::Result<Self> {
        let body = json!({ "username": username, "password": password });
        let response = self.http.post(format!("{}/console/api/v1/session", self.base)).json(&body).send().await?;
        let status = response.status().as_u16();
        let cookie = response.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|text| text.split(';').next()).unwrap_or_default().to_owned();
        let body = response.json().await.unwrap_or_default();
        let session = Answer { status, body, asked: "signing in to the console".to_owned() }.ok()?;
        let csrf_token = text(&session, "/csrf_token")?;
        Ok(self.sending("Cookie", cookie).sending("X-CSRF-Token", csrf_token))
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.call(Method::GET, path, None).await
    }

    /// Posts under an idempotency key of its own.
    pub(super) async fn post(&self, path: &str, body: Value) -> anyhow::Result<Answer> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> anyhow::Result<Answer> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// Opens a page as somebody's browser does, and follows where it leads.
    pub(super) async fn opens(url: &str) -> anyhow::Result<()> {
        let browser = Self::new(url)?.http;
        let status = browser.get(url).send().await.with_context(|| format!("{url} does not answer"))?.status();
        anyhow::ensure!(status.is_success(), "{url} was answered {status}");
        Ok(())
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Answer> {
        let url = format!("{}{path}", self.base);
        let asked = format!("{method} {path}");
        let mut request = self.http.request(method.clone(), &url).header("Accept-Language", "en");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if method == Method::POST {
            request = request.header("Idempotency-Key", uuid::Uuid::new_v4().to_string());
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.with_context(|| format!("{url} does not answer"))?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null), asked })
    }
}

/// The text at a JSON pointer.
pub(super) fn text(body: &Value, pointer: &str) -> anyhow::Result<String> {
    let found = body.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).with_context(|| format!("{pointer} is missing in {body}"))
}

/// The number at a JSON pointer.
pub(super) fn number(body: &Value, pointer: &str) -> anyhow::Result<i64> {
    let found = body.pointer(pointer).and_then(Value::as_i64);
    found.with_context(|| format!("{pointer} is missing in {body}"))
}
