//! Answers to writes that came with a key: the same write again gets the same answer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// What was asked under a key, and what was answered.
#[derive(Default)]
pub(crate) struct Repeats(Mutex<HashMap<String, (Value, Value)>>);

impl Repeats {
    /// What was asked and answered under `key`.
    pub(crate) fn get(&self, key: &str) -> Option<(Value, Value)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(crate) fn put(&self, key: String, asked: Value, answer: Value) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (asked, answer));
    }
}
