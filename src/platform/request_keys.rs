//! Idempotency keys: the first answer to a key is kept inside the transaction that made it, and
//! given again byte for byte.

use std::sync::Arc;

use kernel::id::ShopId;
use kernel::{Code, Coded, Failure, Time};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*};
use serde::Serialize;

use crate::platform::db::{Db, is_unique_violation};
use crate::platform::entity::request_key;
use crate::platform::redis::Redis;
use crate::platform::running_keys::{Mark, RunningKeys};
use crate::platform::seal::{Sealer, token_hash};

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
    held: Option<Held>,
}

struct Held {
    keys: RequestKeys,
    scope: Scope,
    body_hash: String,
    mark: Mark,
}

/// The keys of this installation. Cheap to clone.
#[derive(Clone)]
pub struct RequestKeys {
    running: RunningKeys,
    sealer: Arc<Sealer>,
}

impl RequestKeys {
    /// Answers are sealed, since they name people; `redis` lets other processes see what runs.
    pub fn new(redis: Option<Redis>, sealer: Arc<Sealer>) -> Self {
        Self { running: RunningKeys::new(redis), sealer }
    }

    /// Looks the key up and takes its slot. `body_hash` tells two bodies apart.
    pub async fn begin(&self, db: &Db, scope: Scope, body_hash: String) -> Result<Begun, Failure> {
        if scope.key.trim().is_empty() || scope.key.chars().count() > KEY_MAX {
            return Err(KeyError::Required.into());
        }
        // The mark comes first: an answer that is kept after our look then belongs to nobody else.
        let mark = self.running.mark(format!("request:{}", token_hash(&scope.place()))).await;
        match (self.answered(db, &scope, &body_hash).await?, mark) {
            (Some(stored), _) => Ok(Begun::Answered(stored)),
            (None, None) => Err(KeyError::InProgress.into()),
            (None, Some(mark)) => {
                let held = Held { keys: self.clone(), scope, body_hash, mark };
                Ok(Begun::Fresh(Slot { held: Some(held) }))
            }
        }
    }

    /// The answer kept under the key.
    async fn answered(&self, db: &Db, scope: &Scope, body_hash: &str) -> Result<Option<Stored>, Failure> {
        let id = (scope.shop, scope.caller.clone(), scope.route.clone(), scope.key.clone());
        let Some(row) = request_key::Entity::find_by_id(id).one(db.reader()).await? else { return Ok(None) };
        if row.body_hash != body_hash {
            return Err(KeyError::Reused.into());
        }
        let body = self.sealer.open_text(&scope.place(), &row.answer)?;
        Ok(Some(Stored { status: u16::try_from(row.status).unwrap_or(200), body }))
    }
}

impl Scope {
    /// The place its answer is sealed for.
    fn place(&self) -> String {
        format!("request_keys.answer:{}:{}:{}:{}", self.shop, self.caller, self.route, self.key)
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
        let Some(Held { keys, scope, body_hash, .. }) = &self.slot.held else { return Ok(()) };
        let row = request_key::ActiveModel {
            shop_id: Set(scope.shop),
            caller: Set(scope.caller.clone()),
            route: Set(scope.route.clone()),
            key: Set(scope.key.clone()),
            body_hash: Set(body_hash.clone()),
            status: Set(i32::from(self.status)),
            answer: Set(keys.sealer.seal(&scope.place(), self.body(value)?.as_bytes())?),
            created_at: Set(now),
        };
        match request_key::Entity::insert(row).exec_without_returning(conn).await {
            // Another process answered the same key between our look and our commit.
            Err(error) if is_unique_violation(&error) => Err(KeyError::InProgress.into()),
            other => Ok(other.map(|_| ())?),
        }
    }

    /// What to answer when the call was refused: a repeat that lost against its own first try gets
    /// the first answer, anybody else `failure`.
    ///
    /// Another process may have run the same key meanwhile and taken what this one was refused.
    pub async fn refused(self, db: &Db, failure: Failure) -> Result<Stored, Failure> {
        let Some(Held { keys, scope, body_hash, mark }) = self.slot.held else { return Err(failure) };
        let answered = keys.answered(db, &scope, &body_hash).await;
        mark.give_up().await;
        answered?.ok_or(failure)
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

/// A kept answer as it is sealed, with the place it is sealed for.
pub struct Sealed {
    /// Whose it is.
    pub scope: Scope,
    /// What [`Sealer::open`] wants to know.
    pub place: String,
    /// The answer, sealed.
    pub answer: String,
}

/// Kept answers by their whole key, from the one after `last`.
pub async fn sealed_after(conn: &impl ConnectionTrait, last: Option<&Scope>, limit: u64) -> Result<Vec<Sealed>, DbErr> {
    use request_key::Column as C;
    let mut query = request_key::Entity::find();
    if let Some(last) = last {
        let key = [C::ShopId, C::Caller, C::Route, C::Key].map(Expr::col);
        let values = [last.shop.into(), (&last.caller).into(), (&last.route).into(), (&last.key).into()];
        query = query.filter(Expr::tuple(key).gt(Expr::tuple(values.map(|value: Value| Expr::value(value)))));
    }
    let by_key = [C::ShopId, C::Caller, C::Route, C::Key].into_iter().fold(query, QueryOrder::order_by_asc);
    let rows = by_key.limit(limit).all(conn).await?;
    let sealed = |row: request_key::Model| {
        let scope = Scope { shop: row.shop_id, caller: row.caller, route: row.route, key: row.key };
        Sealed { place: scope.place(), scope, answer: row.answer }
    };
    Ok(rows.into_iter().map(sealed).collect())
}

/// Puts the same answer, sealed anew, in the place of `old`.
pub async fn reseal(conn: &impl ConnectionTrait, old: &Sealed, fresh: &str) -> Result<u64, DbErr> {
    let changed = request_key::Entity::update_many()
        .col_expr(request_key::Column::Answer, Expr::value(fresh))
        .filter(request_key::Column::ShopId.eq(old.scope.shop))
        .filter(request_key::Column::Caller.eq(&old.scope.caller))
        .filter(request_key::Column::Route.eq(&old.scope.route))
        .filter(request_key::Column::Key.eq(&old.scope.key))
        .filter(request_key::Column::Answer.eq(&old.answer))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected)
}
