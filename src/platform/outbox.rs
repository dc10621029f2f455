//! Effects on the outside world: written in the transaction that wants them, delivered after it,
//! at least once. What an effect does is the flows' business; this file keeps the queue.

use std::sync::Arc;

use chrono::Duration;
use kernel::id::{EffectId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Time};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, QueryTrait, entity::prelude::*};
use serde::Serialize;

use crate::platform::entity::effect;

/// How many effects one worker claims at a time.
pub const CLAIM_MAX: u64 = 100;
/// How long a claimed effect is its worker's alone.
const LEASE: Duration = Duration::seconds(60);
/// The longest pause between two tries.
const PAUSE_MOST: Duration = Duration::hours(1);
/// After how many failures an effect waits for an operator, or an alarm is raised.
pub const ATTEMPTS_MAX: i32 = 12;

/// Where an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum EffectState {
    /// To be delivered.
    Ready,
    /// Delivered.
    Done,
    /// Given up; an operator can replay it.
    Dead,
}

/// Wakes the delivering worker after a commit, so that it need not poll tightly.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<tokio::sync::Notify>);

impl Bell {
    /// Something may be due.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits for a ring.
    pub async fn rung(&self) {
        self.0.notified().await;
    }
}

/// Writes an effect, due at `run_at` (wall time). A second one with the same `dedupe_key` is the same.
pub async fn put(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    kind: &str,
    payload: serde_json::Value,
    dedupe_key: Option<String>,
    run_at: Time,
) -> Result<(), DbErr> {
    let row = effect::ActiveModel {
        id: Set(EffectId::new()),
        shop_id: Set(shop),
        kind: Set(kind.to_owned()),
        payload: Set(payload),
        dedupe_key: Set(dedupe_key),
        state: Set(EffectState::Ready),
        attempts: Set(0),
        run_at: Set(run_at),
        lease_until: Set(None),
        last_error: Set(None),
        created_at: Set(run_at),
        done_at: Set(None),
    };
    effect::Entity::insert(row)
        .on_conflict(OnConflict::column(effect::Column::DedupeKey).do_nothing().to_owned())
        .exec_without_returning(conn)
        .await?;
    Ok(())
}

/// Claims what is due, in one statement.
pub async fn claim(conn: &impl ConnectionTrait, now: Time) -> Result<Vec<effect::Model>, DbErr> {
    let due = effect::Entity::find()
        .select_only()
        .column(effect::Column::Id)
        .filter(effect::Column::State.eq(EffectState::Ready))
        .filter(effect::Column::RunAt.lte(now))
        .filter(effect::Column::LeaseUntil.is_null().or(effect::Column::LeaseUntil.lt(now)))
        .order_by_asc(effect::Column::RunAt)
        .limit(CLAIM_MAX)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_query();
    effect::Entity::update_many()
        .col_expr(effect::Column::LeaseUntil, Expr::value(now + LEASE))
        .col_expr(effect::Column::Attempts, Expr::col(effect::Column::Attempts).add(1))
        .filter(effect::Column::Id.in_subquery(due))
        .exec_with_returning(conn)
        .await
}

/// Marks delivered effects.
pub async fn finish(conn: &impl ConnectionTrait, ids: &[EffectId], now: Time) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    effect::Entity::update_many()
        .col_expr(effect::Column::State, Expr::value(EffectState::Done))
        .col_expr(effect::Column::DoneAt, Expr::value(now))
        .filter(effect::Column::Id.is_in(ids.iter().copied()))
        .exec(conn)
        .await?;
    Ok(())
}

/// How long a failing effect is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Until it succeeds: it is owed, and time or an operator may cure what stops it.
    Endless,
    /// At most [`ATTEMPTS_MAX`] times.
    Limited,
    /// Not again: it cannot be read or done.
    None,
}

/// Puts a failed effect back after `pause`, else a growing one of at most [`PAUSE_MOST`], or gives it up.
pub async fn retry_later(
    conn: &impl ConnectionTrait,
    effect: &effect::Model,
    error: &str,
    (patience, pause): (Patience, Option<Duration>),
    now: Time,
) -> Result<EffectState, DbErr> {
    let dead = match patience {
        Patience::Endless => false,
        Patience::Limited => effect.attempts >= ATTEMPTS_MAX,
        Patience::None => true,
    };
    let state = if dead { EffectState::Dead } else { EffectState::Ready };
    let growing = Duration::seconds(1i64 << effect.attempts.clamp(0, 12).unsigned_abs()).min(PAUSE_MOST);
    let pause = pause.unwrap_or(growing);
    effect::Entity::update_many()
        .col_expr(effect::Column::State, Expr::value(state))
        .col_expr(effect::Column::RunAt, Expr::value(now + pause))
        .col_expr(effect::Column::LeaseUntil, Expr::value(None::<Time>))
        .col_expr(effect::Column::LastError, Expr::value(error.chars().take(500).collect::<String>()))
        .filter(effect::Column::Id.eq(effect.id))
        .exec(conn)
        .await?;
    Ok(state)
}

/// Puts a dead effect back; `false` when it is not dead.
pub async fn replay(conn: &impl ConnectionTrait, shop: ShopId, id: EffectId, now: Time) -> Result<bool, DbErr> {
    let changed = effect::Entity::update_many()
        .col_expr(effect::Column::State, Expr::value(EffectState::Ready))
        .col_expr(effect::Column::Attempts, Expr::value(0))
        .col_expr(effect::Column::RunAt, Expr::value(now))
        .col_expr(effect::Column::LeaseUntil, Expr::value(None::<Time>))
        .filter(effect::Column::ShopId.eq(shop))
        .filter(effect::Column::Id.eq(id))
        .filter(effect::Column::State.eq(EffectState::Dead))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// The effect with this id.
pub async fn by_id(conn: &impl ConnectionTrait, shop: ShopId, id: EffectId) -> Result<Option<effect::Model>, DbErr> {
    effect::in_shop(shop).filter(effect::Column::Id.eq(id)).one(conn).await
}

/// A shop's effects in one state, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    state: EffectState,
    page: &PageRequest,
) -> Result<Page<effect::Model>, Failure> {
    let mut select = effect::in_shop(shop)
        .filter(effect::Column::State.eq(state))
        .order_by_desc(effect::Column::Id)
        .limit(page.limit + 1);
    if let Some(cursor) = &page.cursor {
        select = select.filter(effect::Column::Id.lt(decode_cursor::<EffectId>(cursor)?));
    }
    Ok(Page::cut(select.all(conn).await?, page.limit, |row: &effect::Model| encode_cursor(&row.id)))
}

/// Deletes delivered effects older than `before`, in a bounded batch; dead ones stay.
pub async fn sweep(conn: &impl ConnectionTrait, before: Time) -> Result<u64, DbErr> {
    let old = effect::Entity::find()
        .select_only()
        .column(effect::Column::Id)
        .filter(effect::Column::State.eq(EffectState::Done))
        .filter(effect::Column::RunAt.lt(before))
        .limit(1_000)
        .into_query();
    let deleted = effect::Entity::delete_many().filter(effect::Column::Id.in_subquery(old)).exec(conn).await?;
    Ok(deleted.rows_affected)
}
