//! Somebody who calls the API: nobody yet, a member, a leader, an operator.

use std::net::SocketAddr;

use reqwest::Method;
use serde_json::{Value, json};

use crate::answer::Answer;

/// A caller with what he sends along: a token, an app id, a language.
#[derive(Clone, Debug)]
pub struct Client {
    base: String,
    http: reqwest::Client,
    headers: Vec<(&'static str, String)>,
    /// What signing in answered; `Null` before.
    pub session: Value,
}

impl Client {
    /// A caller without a token.
    pub fn new(address: SocketAddr) -> Self {
        // Without idle connections, so that a server that stops waits for nobody.
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        Self { base: format!("http://{address}"), http, headers: Vec::new(), session: Value::Null }
    }

    /// The same caller, sending one more header.
    pub fn sending(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_string()));
        self
    }

    /// The same caller, calling another address.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { base: format!("http://{address}"), ..self.clone() }
    }

    /// The same caller with another access token.
    pub fn with_token(self, token: &str) -> Self {
        self.sending("Authorization", format!("Bearer {token}"))
    }

    /// Signs in with a `wx.login` code.
    pub async fn signs_in(self, code: &str) -> Self {
        let session = self.post("/api/v1/session", json!({"code": code})).await.ok();
        let mut client = self.with_token(session["access_token"].as_str().unwrap());
        client.session = session;
        client
    }

    /// Signs in to the console: the cookie, and the proof that writes need.
    pub async fn signs_in_to_console(self, username: &str, password: &str) -> Self {
        let body = json!({"username": username, "password": password});
        let answer = self.post("/console/api/v1/session", body).await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let session = answer.ok();
        let csrf_token = session["csrf_token"].as_str().unwrap();
        let mut client = self.sending("Cookie", cookie).sending("X-CSRF-Token", csrf_token);
        client.session = session;
        client
    }

    /// The member's id.
    pub fn id(&self) -> &str {
        self.session["member"]["id"].as_str().unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// Posts under an idempotency key.
    pub async fn post_once(&self, key: &str, path: &str, body: Value) -> Answer {
        self.clone().sending("Idempotency-Key", key).post(path, body).await
    }

    /// Posts under a fresh idempotency key.
    pub async fn post_new(&self, path: &str, body: Value) -> Answer {
        self.post_once(&uuid::Uuid::new_v4().to_string(), path, body).await
    }

    /// Any call, with a JSON body.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let text = body.map(|body| body.to_string());
        self.send(method, path, text.map(|text| ("application/json", text.into_bytes()))).await
    }

    /// Any call, with any bytes as its body.
    pub async fn send(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Answer {
        self.attempt(method, path, body).await.unwrap()
    }

    /// As [`Client::send`], for a server that may die meanwhile.
    pub async fn attempt(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> reqwest::Result<Answer> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some((kind, bytes)) = body {
            request = request.header("Content-Type", kind).body(bytes);
        }
        Answer::of(format!("{method} {path}"), request.send().await?).await
    }
}
