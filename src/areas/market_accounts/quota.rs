//! Calls counted against a platform's daily budget, and stops, where all processes see them.

use kernel::Time;
use kernel::clock::{beijing_day, beijing_midnight};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, TryInsertResult, entity::prelude::*};

use super::entity::quota_usage::{ActiveModel, Column, Entity};

/// Stands in the column `day` of a scope that may not call at all.
const STOPPED: &str = "stopped";
/// More calls than any budget has: the platform itself said that the day is over.
pub const SPENT: i64 = 1_000_000_000;

/// How much of a budget is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// So many calls today.
    Calls(i64),
    /// An operator must lift a stop first.
    Stopped,
}

/// What `scope` has used on the day of `now`.
pub async fn usage(conn: &impl ConnectionTrait, scope: &str, now: Time) -> Result<Usage, DbErr> {
    let day = day_of(now);
    let rows = Entity::find().filter(Column::Scope.eq(scope)).filter(Column::Day.is_in([day.as_str(), STOPPED]));
    let rows = rows.all(conn).await?;
    if rows.iter().any(|row| row.day == STOPPED) {
        return Ok(Usage::Stopped);
    }
    Ok(Usage::Calls(rows.iter().map(|row| row.used).sum()))
}

/// Counts a call, unless `limit` of them were counted today; tells whether it was.
pub async fn spend(conn: &impl ConnectionTrait, scope: &str, limit: i64, now: Time) -> Result<bool, DbErr> {
    if limit < 1 {
        return Ok(false);
    }
    let used = Expr::col((Entity, Column::Used));
    let mut on_conflict = OnConflict::columns([Column::Scope, Column::Day]);
    on_conflict.value(Column::Used, used.clone().add(1)).action_and_where(used.lt(limit));
    let row = ActiveModel { scope: Set(scope.to_owned()), day: Set(day_of(now)), used: Set(1) };
    let outcome = Entity::insert(row).on_conflict(on_conflict).try_insert().exec_without_returning(conn).await?;
    Ok(matches!(outcome, TryInsertResult::Inserted(rows) if rows > 0))
}

/// Nothing is left of the day, whatever we counted.
pub async fn exhaust(conn: &impl ConnectionTrait, scope: &str, now: Time) -> Result<(), DbErr> {
    put(conn, scope, &day_of(now), SPENT).await
}

/// No call any more, until an operator lifts it.
pub async fn stop(conn: &impl ConnectionTrait, scope: &str) -> Result<(), DbErr> {
    put(conn, scope, STOPPED, 1).await
}

/// An operator lifts a stop; tells whether there was one.
pub async fn lift(conn: &impl ConnectionTrait, scope: &str) -> Result<bool, DbErr> {
    let stop = Entity::delete_many().filter(Column::Scope.eq(scope)).filter(Column::Day.eq(STOPPED));
    Ok(stop.exec(conn).await?.rows_affected > 0)
}

async fn put(conn: &impl ConnectionTrait, scope: &str, day: &str, used: i64) -> Result<(), DbErr> {
    let row = ActiveModel { scope: Set(scope.to_owned()), day: Set(day.to_owned()), used: Set(used) };
    let mut on_conflict = OnConflict::columns([Column::Scope, Column::Day]);
    on_conflict.update_column(Column::Used);
    Entity::insert(row).on_conflict(on_conflict).exec_without_returning(conn).await?;
    Ok(())
}

fn day_of(now: Time) -> String {
    beijing_day(now).to_string()
}

/// The next midnight in Beijing, when the platforms' days begin.
pub fn next_day(now: Time) -> Time {
    let tomorrow = beijing_day(now).succ_opt().unwrap_or_else(|| beijing_day(now));
    beijing_midnight(tomorrow)
}
