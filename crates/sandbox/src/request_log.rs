//! The last calls that the platforms received, for the control page and for tests.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::clock::rfc3339;
use crate::state::SandboxState;

/// Calls remembered.
const KEPT: usize = 100;

/// One call as the platform judged it. Queries and bodies are not kept: they carry secrets.
#[derive(Debug, Clone, Serialize)]
pub struct LoggedCall {
    /// Sandbox time, RFC 3339.
    pub at: String,
    /// HTTP method.
    pub method: String,
    /// Path without its query.
    pub path: String,
    /// HTTP status answered.
    pub status: u16,
    /// `ok`, the platform's error code, or `fault`.
    pub verdict: String,
}

#[derive(Default)]
pub(crate) struct RequestLog(Mutex<VecDeque<LoggedCall>>);

impl RequestLog {
    pub(crate) fn write(&self, at: i64, method: &str, path: &str, status: u16, verdict: &str) {
        let call = LoggedCall {
            at: rfc3339(at),
            method: method.to_owned(),
            path: path.to_owned(),
            status,
            verdict: verdict.to_owned(),
        };
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push_front(call);
        calls.truncate(KEPT);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl SandboxState {
    /// The last hundred platform calls, newest first.
    pub fn request_log(&self) -> Vec<LoggedCall> {
        let calls = self.0.log.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().cloned().collect()
    }
}
