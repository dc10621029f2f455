//! An answer of the API, with the assertions tests make about it.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// One answer.
#[derive(Debug)]
pub struct Answer {
    /// What was asked, for messages.
    pub request: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    /// The body as JSON; `Null` when it is none.
    pub body: Value,
}

impl Answer {
    /// Reads the whole answer.
    pub async fn of(request: String, response: reqwest::Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?.to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Self { request, status, headers, bytes, body })
    }

    /// The body of a 200, 201 or 204; anything else fails the test.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(
            matches!(self.status, 200 | 201 | 204),
            "{} was answered {} {}",
            self.request,
            self.status,
            self.text()
        );
        self.body
    }

    /// Asserts a refusal: its status, its code and that it is a whole problem.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        let told = (self.status, self.code().to_owned());
        assert_eq!(told, (status, code.to_owned()), "{} was answered {}", self.request, self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["status"], status);
        for part in ["type", "title", "detail", "request_id"] {
            assert!(self.body[part].as_str().is_some_and(|text| !text.is_empty()), "{part} is missing: {}", self.body);
        }
        self.body
    }

    /// Asserts a refusal of which nothing but the status is told, as platforms get it.
    #[track_caller]
    pub fn refused_plainly(self, status: u16) {
        assert_eq!((self.status, self.code()), (status, "FAIL"), "{} was answered {}", self.request, self.text());
    }

    /// The code of a problem; empty when it is none.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }

    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The body as text, for messages.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}
