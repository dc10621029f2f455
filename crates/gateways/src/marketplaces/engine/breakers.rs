//! One circuit breaker a platform, app and host: a platform that is down is left alone and probed, one
//! store's own host does not stop the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::breaker::Breaker;

use super::super::budget::BudgetKey;
use super::super::error::{ApiError, ErrorClass};

/// Stores with hosts of their own that are known at once; beyond it the healthy ones are forgotten.
const MOST: usize = 2_000;

/// The circuits of one process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Breakers(Arc<Mutex<HashMap<String, Arc<Breaker>>>>);

impl Breakers {
    /// The circuit of a call.
    pub(super) fn of(&self, key: &BudgetKey, host: &str) -> Arc<Breaker> {
        let name = name(key.marketplace, &key.app, host);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, breaker| breaker.is_open());
        }
        let make = || Arc::new(Breaker::new(key.marketplace, format!("{}@{host}", key.app)));
        Arc::clone(known.entry(name).or_insert_with(make))
    }

    /// Hosts of an app's platform that are being left alone.
    pub fn open_hosts(&self, marketplace: &str, app: &str) -> Vec<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = name(marketplace, app, "");
        let open = known.iter().filter(|(_, breaker)| breaker.is_open());
        open.filter_map(|(name, _)| name.strip_prefix(&start).map(str::to_owned)).collect()
    }
}

fn name(marketplace: &str, app: &str, host: &str) -> String {
    format!("{marketplace} {app} {host}")
}

/// Whether the platform is being left alone.
pub(super) fn check(breaker: &Breaker) -> Result<(), ApiError> {
    breaker.rests(Instant::now()).map_or(Ok(()), |wait| Err(left_alone(wait)))
}

/// Leave for one call, which must be followed by a report; else the refusal of ours.
pub(super) fn pass(breaker: &Breaker) -> Result<(), ApiError> {
    breaker.pass(Instant::now()).map_err(left_alone)
}

fn left_alone(wait: Duration) -> ApiError {
    let said = "the platform gave no answers lately and is left alone for a while";
    ApiError::new(ErrorClass::Upstream, "circuit_open", said).after(Some(wait))
}

/// Tells the circuit what came of a call: anything but silence and 5xx is an answer.
pub(super) fn report<T>(breaker: &Breaker, outcome: &Result<T, ApiError>) {
    let silent = matches!(outcome, Err(error) if error.class == ErrorClass::Upstream);
    breaker.report(Instant::now(), !silent);
}
