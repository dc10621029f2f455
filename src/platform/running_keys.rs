//! Which requests run under an idempotency key right now: known to the process and, by a short
//! lease in Redis where there is one, to every process.
//!
//! Nothing of it is a row: who dies takes his mark along or leaves a lease that ends by itself.
//! While Redis cannot be asked the process's own mark is all there is, and two processes meet at
//! the key's row in the database, where one of them loses.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::Script;

use super::redis::{Redis, RedisFault};

/// How long a lease outlives a process that died. A request that takes longer loses its mark in
/// other processes, not its key.
const LEASE: Duration = Duration::from_secs(3);

/// Ends a lease that still is ours.
const GIVE_BACK: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// The requests that are running under a key. Cheap to clone.
#[derive(Clone)]
pub struct RunningKeys(Arc<Inner>);

struct Inner {
    here: Mutex<HashSet<String>>,
    redis: Option<Redis>,
    give_back: Script,
}

/// The mark of one running request; it ends when dropped.
pub struct Mark {
    keys: RunningKeys,
    name: String,
    /// What our lease in Redis says, if we may have one.
    lease: Option<String>,
}

impl RunningKeys {
    /// Nothing runs yet. With `redis` the marks are seen by every process that shares it.
    pub fn new(redis: Option<Redis>) -> Self {
        Self(Arc::new(Inner { here: Mutex::default(), redis, give_back: Script::new(GIVE_BACK) }))
    }

    /// Marks `name` as running; `None` when it is already.
    pub async fn mark(&self, name: String) -> Option<Mark> {
        if !self.0.here.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone()) {
            return None;
        }
        let mut mark = Mark { keys: self.clone(), name, lease: None };
        let Some(redis) = &self.0.redis else { return Some(mark) };
        let token = uuid::Uuid::new_v4().simple().to_string();
        let mut set = redis::cmd("SET");
        set.arg(&mark.name).arg(&token).arg("NX").arg("PX").arg(u64::try_from(LEASE.as_millis()).unwrap_or(3_000));
        match redis.command::<Option<String>>(&set).await {
            Ok(None) => return None,
            Err(RedisFault::Away) => {}
            // Without an answer the lease may be there all the same.
            Ok(Some(_)) | Err(_) => mark.lease = Some(token),
        }
        Some(mark)
    }
}

impl Mark {
    /// Ends the mark before its caller is answered, so that he may try again at once.
    pub async fn give_up(mut self) {
        if let Some(token) = self.lease.take() {
            give_back(&self.keys, &self.name, token).await;
        }
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.keys.0.here.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
        let (Some(token), Ok(runtime)) = (self.lease.take(), tokio::runtime::Handle::try_current()) else { return };
        let (keys, name) = (self.keys.clone(), std::mem::take(&mut self.name));
        runtime.spawn(async move { give_back(&keys, &name, token).await });
    }
}

async fn give_back(keys: &RunningKeys, name: &str, token: String) {
    let Some(redis) = &keys.0.redis else { return };
    let mut call = keys.0.give_back.key(name);
    call.arg(token);
    if let Err(fault) = redis.script::<i64>(&call).await {
        tracing::debug!(%fault, "a lease of a running request was not given back; it ends by itself");
    }
}
