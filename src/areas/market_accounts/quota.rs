//! Calls counted against a platform's daily budget, and stops, where all processes see them.
//!
//! A scope is an app (`marketplace/app`), to which platforms count; beside it stands one a merchant
//! (`marketplace/app/merchant`), so that it is seen who used what. A day is Beijing's.

use kernel::Time;
use kernel::clock::{beijing_day, beijing_midnight};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, QuerySelect, TryInsertResult, entity::prelude::*};

use super::entity::quota_usage::{ActiveModel, Column, Entity};

/// Stands in the column `day` of a scope that may not call at all.
const STOPPED: &str = "stopped";
/// Added to a day's count when the platform itself says that the day is over: more than any budget has.
pub const SPENT: i64 = 1_000_000_000;
/// The most merchants of one app that are listed.
const LISTED: u64 = 1_000;

/// How much of a budget is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// So many calls today; [`SPENT`] and more when the platform said that the day is over.
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

/// Counts a call of `scope`, and of `merchant` within it, unless `limit` of them were counted today;
/// tells whether it was. One statement.
pub async fn spend(
    conn: &impl ConnectionTrait,
    scope: &str,
    merchant: Option<&str>,
    limit: i64,
    now: Time,
) -> Result<bool, DbErr> {
    if limit < 1 {
        return Ok(false);
    }
    // The app's row first, always, so that two calls wait for each other instead of locking up.
    let counted: Vec<&str> = std::iter::once(scope).chain(merchant.filter(|merchant| *merchant != scope)).collect();
    let wanted = u64::try_from(counted.len()).unwrap_or(1);
    let used = Expr::col((Entity, Column::Used));
    let mut on_conflict = OnConflict::columns([Column::Scope, Column::Day]);
    // The same kind of number as elsewhere in a statement of this text: prepared ones are shared.
    on_conflict.value(Column::Used, used.clone().add(1_i64)).action_and_where(used.lt(limit));
    let rows = counted.into_iter().map(|scope| row_of(scope, day_of(now), 1));
    let outcome = Entity::insert_many(rows).on_conflict(on_conflict).try_insert().exec_without_returning(conn).await?;
    Ok(matches!(outcome, TryInsertResult::Inserted(rows) if rows == wanted))
}

/// Adds calls that were made without a limit.
pub async fn add(conn: &impl ConnectionTrait, counts: &[(String, i64)], now: Time) -> Result<(), DbErr> {
    let mut on_conflict = OnConflict::columns([Column::Scope, Column::Day]);
    on_conflict.value(Column::Used, Expr::col((Entity, Column::Used)).add(Expr::cust("excluded.used")));
    // In order, so that two processes never wait for each other crosswise.
    let mut counts = counts.to_vec();
    counts.sort();
    let rows = counts.into_iter().map(|(scope, calls)| row_of(&scope, day_of(now), calls));
    Entity::insert_many(rows).on_conflict(on_conflict).exec_without_returning(conn).await?;
    Ok(())
}

/// Nothing is left of the day, whatever we counted.
pub async fn exhaust(conn: &impl ConnectionTrait, scope: &str, now: Time) -> Result<(), DbErr> {
    let used = Expr::col((Entity, Column::Used));
    let mut on_conflict = OnConflict::columns([Column::Scope, Column::Day]);
    on_conflict.value(Column::Used, used.clone().add(SPENT)).action_and_where(used.lt(SPENT));
    let row = row_of(scope, day_of(now), SPENT);
    Entity::insert(row).on_conflict(on_conflict).try_insert().exec_without_returning(conn).await?;
    Ok(())
}

/// No call any more, until an operator lifts it.
pub async fn stop(conn: &impl ConnectionTrait, scope: &str) -> Result<(), DbErr> {
    let mut on_conflict = OnConflict::columns([Column::Scope, Column::Day]);
    on_conflict.update_column(Column::Used);
    let row = row_of(scope, STOPPED.to_owned(), 1);
    Entity::insert(row).on_conflict(on_conflict).exec_without_returning(conn).await?;
    Ok(())
}

/// An operator lifts a stop; tells whether there was one.
pub async fn lift(conn: &impl ConnectionTrait, scope: &str) -> Result<bool, DbErr> {
    let stop = Entity::delete_many().filter(Column::Scope.eq(scope)).filter(Column::Day.eq(STOPPED));
    Ok(stop.exec(conn).await?.rows_affected > 0)
}

/// An operator knows better than the platform's word that the day is over, as when it has granted more;
/// tells whether there was such a word.
pub async fn reopen(conn: &impl ConnectionTrait, scope: &str, now: Time) -> Result<bool, DbErr> {
    let day = Entity::update_many()
        .col_expr(Column::Used, Expr::col(Column::Used).sub(SPENT))
        .filter(Column::Scope.eq(scope))
        .filter(Column::Day.eq(day_of(now)))
        .filter(Column::Used.gte(SPENT));
    Ok(day.exec(conn).await?.rows_affected > 0)
}

/// Today's calls of each merchant within `scope`, most first.
pub async fn by_merchant(conn: &impl ConnectionTrait, scope: &str, now: Time) -> Result<Vec<(String, i64)>, DbErr> {
    let start = format!("{scope}/");
    let rows = Entity::find()
        .filter(Column::Day.eq(day_of(now)))
        .filter(Column::Scope.starts_with(&start))
        .limit(LISTED)
        .all(conn)
        .await?;
    // The pattern may have taken a sign of the app's name for any sign.
    let own = |row: super::entity::quota_usage::Model| Some((row.scope.strip_prefix(&start)?.to_owned(), row.used));
    let mut found: Vec<(String, i64)> = rows.into_iter().filter_map(own).collect();
    found.sort_by_key(|(_, used)| std::cmp::Reverse(*used));
    Ok(found)
}

fn row_of(scope: &str, day: String, used: i64) -> ActiveModel {
    ActiveModel { scope: Set(scope.to_owned()), day: Set(day), used: Set(used) }
}

fn day_of(now: Time) -> String {
    beijing_day(now).to_string()
}

/// The next midnight in Beijing, when the platforms' days begin.
pub fn next_day(now: Time) -> Time {
    let tomorrow = beijing_day(now).succ_opt().unwrap_or_else(|| beijing_day(now));
    beijing_midnight(tomorrow)
}
