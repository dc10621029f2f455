//! Idempotency keys: the first answer to a key is kept inside the transaction that made it, and
//! given again byte for byte.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use kernel::id::ShopId;
use kernel::{Code, Coded, Failure, Time};
use sea_orm::{ActiveValue::Set, QuerySelect, entity::prelude::*};
use serde::Serialize;

use crate::platform::db::{Db, is_unique_violation};
use crate::platform::entity::request_key;

/// The longest key accepted, in characters.
const KEY_MAX: usize = 128;

/// Why a key cannot be honoured.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The call needs a key.
    #[error("the Idempotency-Key header is missing, empty or too long")]
    Required,
    /// The key came with another body before.
    #[error("the Idempotency-Key was used with another body")]
    Reused,
    /// The first request with this key has not ended.
    #[error("the first request with this Idempotency-Key is still running")]
    InProgress,
}

impl Coded for KeyError {
    fn code(&self) -> Code {
        match self {
            KeyError::Required => Code::IdempotencyKeyRequired,
            KeyError::Reused => Code::IdempotencyKeyReused,
            KeyError::InProgress => Code::IdempotencyInProgress,
        }
    }
}

/// Whose key it is and for what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The shop.
    pub shop: ShopId,
    /// The member or operator, as text.
    pub caller: String,
    /// The route, with its ids.
    pub route: String,
    /// The header's value.
    pub key: String,
}

/// The requests of this process that are running under a key.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<HashSet<Scope>>>);

/// An answer given before.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The HTTP status.
    pub status: u16,
    /// The body, byte for byte.
    pub body: String,
}

/// What became of a key.
pub enum Begun {
    /// The call was answered before.
    Answered(Stored),
    /// The call may run; the slot ends with it.
    Fresh(Slot),
}

/// The right to run under a key, until dropped. Without a key it keeps nothing.
pub struct Slot {
    held: Option<(Running, Scope, String)>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some((running, scope, _)) = &self.held {
            running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(scope);
        }
    }
}

/// Looks the key up and takes its slot. `body_hash` tells two bodies apart.
pub async fn begin(db: &Db, running: &Running, scope: Scope, body_hash: String) -> Result<Begun, Failure> {
    if scope.key.trim().is_empty() || scope.key.chars().count() > KEY_MAX {
        return Err(KeyError::Required.into());
    }
    if !running.0.lock().unwrap_or_else(PoisonError::into_inner).insert(scope.clone()) {
        return Err(KeyError::InProgress.into());
    }
    let slot = Slot { held: Some((running.clone(), scope.clone(), body_hash.clone())) };
    let known =
        request_key::Entity::find_by_id((scope.shop, scope.caller, scope.route, scope.key)).one(db.reader()).await?;
    match known {
        None => Ok(Begun::Fresh(slot)),
        Some(row) if row.body_hash != body_hash => Err(KeyError::Reused.into()),
        Some(row) => {
            let status = u16::try_from(row.status).unwrap_or(200);
            Ok(Begun::Answered(Stored { status, body: row.answer }))
        }
    }
}

/// Makes the answer's body of a flow's result.
type Render<T> = Box<dyn Fn(&T) -> serde_json::Result<String>>;

/// A call that may be answered again: renders the flow's result once, inside its transaction.
pub struct Once<T> {
    slot: Slot,
    status: u16,
    render: Render<T>,
}

impl Slot {
    /// A slot that keeps nothing, for calls without a key.
    pub fn without_key() -> Self {
        Self { held: None }
    }

    /// The call's answer will be `status` with what `view` makes of the result.
    pub fn once<T, V: Serialize>(self, status: u16, view: impl Fn(&T) -> V + 'static) -> Once<T> {
        Once { slot: self, status, render: Box::new(move |value| serde_json::to_string(&view(value))) }
    }
}

impl<T> Once<T> {
    /// Keeps the answer to `value` in the caller's transaction.
    pub async fn keep(&self, conn: &impl ConnectionTrait, value: &T, now: Time) -> Result<(), Failure> {
        let Some((_, scope, body_hash)) = &self.slot.held else { return Ok(()) };
        let row = request_key::ActiveModel {
            shop_id: Set(scope.shop),
            caller: Set(scope.caller.clone()),
            route: Set(scope.route.clone()),
            key: Set(scope.key.clone()),
            body_hash: Set(body_hash.clone()),
            status: Set(i32::from(self.status)),
            answer: Set(self.body(value)?),
            created_at: Set(now),
        };
        match request_key::Entity::insert(row).exec_without_returning(conn).await {
            // Another process answered the same key between our look and our commit.
            Err(error) if is_unique_violation(&error) => Err(KeyError::InProgress.into()),
            other => Ok(other.map(|_| ())?),
        }
    }

    /// The answer's body.
    pub fn body(&self, value: &T) -> Result<String, Failure> {
        Ok((self.render)(value).map_err(|error| DbErr::Json(error.to_string()))?)
    }

    /// The answer's status.
    pub fn status(&self) -> u16 {
        self.status
    }
}

/// Forgets keys older than `before`, in a bounded batch.
pub async fn sweep(conn: &impl ConnectionTrait, before: Time) -> Result<u64, DbErr> {
    let oldest = request_key::Entity::find()
        .select_only()
        .column(request_key::Column::CreatedAt)
        .filter(request_key::Column::CreatedAt.lt(before))
        .limit(1)
        .into_tuple::<Time>()
        .one(conn)
        .await?;
    if oldest.is_none() {
        return Ok(0);
    }
    let deleted =
        request_key::Entity::delete_many().filter(request_key::Column::CreatedAt.lt(before)).exec(conn).await?;
    Ok(deleted.rows_affected)
}
