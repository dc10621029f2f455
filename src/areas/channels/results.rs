//! What becomes of a line: about to be told, told, taken in, refused, looked at. Whoever writes here holds
//! the store's lease.

use std::collections::BTreeMap;

use chrono::Duration;
use kernel::Time;
use kernel::id::StoreSkuId;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{Value, entity::prelude::*};

use super::ChannelError;
use super::entity::line::{Column, Entity, Model};
use super::state::LineState;
use super::statement;

/// Refusals in a row after which a line waits for an operator.
pub const REFUSALS_MAX: i32 = 8;
/// The first pause after a refusal; doubled with each one after it.
const FIRST_PAUSE: Duration = Duration::seconds(10);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::hours(1);
/// The longest error kept, in characters.
const ERROR_LENGTH: usize = 300;

/// A number about to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The line.
    pub line: StoreSkuId,
    /// The number.
    pub units: i64,
    /// Which telling: the same again when the same number is told again.
    pub no: i64,
}

impl Intent {
    /// To tell `row` that it is `units`.
    pub fn of(row: &Model, units: i64) -> Self {
        let again = row.sent == Some(units);
        Intent { line: row.id, units, no: if again { row.send_no } else { row.send_no.saturating_add(1) } }
    }

    /// The key by which a platform knows a repetition.
    pub fn key(&self) -> String {
        format!("{}:{}", self.line, self.no)
    }
}

/// Writes down what is about to be told, before anybody tells it. Until the answer is known the line is
/// due at `flight`, so that a worker who dies has a successor.
pub async fn intend(conn: &impl ConnectionTrait, intents: &[Intent], flight: Time) -> Result<(), ChannelError> {
    let row = |intent: &Intent| vec![intent.line.into(), intent.units.into(), intent.no.into()];
    let rows = intents.iter().map(row).collect();
    let set = "sent = line.column2, send_no = line.column3, push_at = $1";
    statement::update(conn, set, "TRUE", vec![flight.into()], rows).await?;
    Ok(())
}

/// `at`, unless the line was marked since it was sent: then it is due already.
fn unless_marked(flight: Time, at: Option<Time>) -> Expr {
    let unmarked = Expr::col(Column::PushAt).eq(flight);
    Expr::case(unmarked, Expr::value(at)).finally(Expr::col(Column::PushAt)).into()
}

/// The store shows what it was told.
pub async fn applied(
    conn: &impl ConnectionTrait,
    ids: &[StoreSkuId],
    flight: Time,
    now: Time,
) -> Result<(), ChannelError> {
    if ids.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::Told, Expr::col(Column::Sent))
        .col_expr(Column::Shown, Expr::col(Column::Sent))
        .col_expr(Column::ShownAt, Expr::value(now))
        .col_expr(Column::Sent, Expr::value(None::<i64>))
        .col_expr(Column::SoldSince, Expr::value(0_i64))
        .col_expr(Column::StockState, Expr::value(LineState::Told))
        .col_expr(Column::PushAttempts, Expr::value(0))
        .col_expr(Column::PushError, Expr::value(None::<String>))
        .col_expr(Column::PushAt, unless_marked(flight, None))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::Sent.is_not_null())
        .exec(conn)
        .await?;
    Ok(())
}

/// The platform has taken the numbers in; what it shows is looked at from `look_at` on.
pub async fn accepted(
    conn: &impl ConnectionTrait,
    ids: &[StoreSkuId],
    flight: Time,
    look_at: Time,
) -> Result<(), ChannelError> {
    if ids.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::StockState, Expr::value(LineState::Accepted))
        .col_expr(Column::PushError, Expr::value(None::<String>))
        .col_expr(Column::PushAt, unless_marked(flight, Some(look_at)))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(conn)
        .await?;
    Ok(())
}

/// How long a line rests that has now been refused `attempts` times in a row; `None`: it is given up.
fn pause(attempts: i32) -> Option<Duration> {
    let doubled = FIRST_PAUSE * 2_i32.pow(attempts.saturating_sub(1).clamp(0, 12).unsigned_abs());
    (attempts < REFUSALS_MAX).then(|| doubled.min(LONGEST_PAUSE))
}

/// The platform refused lines, each for its reason: they are told again later, or given up. Says how many
/// were given up.
pub async fn refused(
    conn: &impl ConnectionTrait,
    refusals: &[(&Model, String)],
    now: Time,
) -> Result<u64, ChannelError> {
    let mut alike: BTreeMap<(i32, String), Vec<StoreSkuId>> = BTreeMap::new();
    for (row, why) in refusals {
        let why: String = why.chars().filter(|c| !c.is_control()).take(ERROR_LENGTH).collect();
        alike.entry((row.push_attempts.saturating_add(1), why)).or_default().push(row.id);
    }
    let mut dead = 0;
    for ((attempts, why), ids) in alike {
        let pause = pause(attempts);
        let state = if pause.is_some() { LineState::Refused } else { LineState::Dead };
        let done = Entity::update_many()
            .col_expr(Column::StockState, Expr::value(state))
            .col_expr(Column::Sent, Expr::value(None::<i64>))
            .col_expr(Column::PushAttempts, Expr::value(attempts))
            .col_expr(Column::PushError, Expr::value(why))
            .col_expr(Column::PushAt, Expr::value(pause.map(|pause| now + pause)))
            .filter(Column::Id.is_in(ids))
            .exec(conn)
            .await?;
        if pause.is_none() {
            dead += done.rows_affected;
        }
    }
    Ok(dead)
}

/// Lines whose push came to no answer, and those not told: due again, told or not.
pub async fn unanswered(conn: &impl ConnectionTrait, ids: &[StoreSkuId], now: Time) -> Result<(), ChannelError> {
    if ids.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::PushAt, Expr::value(now))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(conn)
        .await?;
    Ok(())
}

/// Lines that the platform has certainly not written: due again.
pub async fn unwritten(conn: &impl ConnectionTrait, ids: &[StoreSkuId], now: Time) -> Result<(), ChannelError> {
    if ids.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::Sent, Expr::value(None::<i64>))
        .col_expr(Column::PushAt, Expr::value(now))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(conn)
        .await?;
    Ok(())
}

/// Lines that show what they should: nothing is to be told. A mark that came meanwhile stays.
pub async fn settled(conn: &impl ConnectionTrait, rows: &[&Model]) -> Result<(), ChannelError> {
    let set = "push_at = NULL, stock_state = 'told', push_attempts = 0, push_error = NULL";
    unmark(conn, set, rows).await
}

/// Lines that are not told: their rule is off, or they sell nothing of ours.
pub async fn left_alone(conn: &impl ConnectionTrait, rows: &[&Model]) -> Result<(), ChannelError> {
    unmark(conn, "push_at = NULL, sent = NULL", rows).await
}

async fn unmark(conn: &impl ConnectionTrait, set: &str, rows: &[&Model]) -> Result<(), ChannelError> {
    let row = |row: &&Model| vec![row.id.into(), row.push_at.into(), row.push_marks.into()];
    let rows = rows.iter().map(row).collect();
    let unmarked = "store_skus.push_at = line.column2 AND store_skus.push_marks = line.column3";
    statement::update(conn, set, unmarked, Vec::new(), rows).await?;
    Ok(())
}

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The line.
    pub line: StoreSkuId,
    /// What the store shows.
    pub shown: i64,
    /// Units it has sold that no order has told us of.
    pub unpulled: i64,
}

impl Looked {
    /// Judges what a store shows of `row`.
    ///
    /// Fewer units than it was told and has sold by its orders are sales that nobody told of yet; more are
    /// units that came back. Where nobody knows whether the last number arrived, the lower of both is what it
    /// was told.
    pub fn of(row: &Model, shown: i64, now: Time) -> Self {
        let known = if row.unpulled_until.is_some_and(|until| until > now) { row.unpulled } else { 0 };
        let told = match (row.told, row.sent) {
            (_, Some(sent)) if sent == shown => shown,
            (Some(told), Some(sent)) => std::cmp::min(told, sent),
            (Some(told), None) => told,
            (None, _) => shown,
        };
        let expected = told.saturating_sub(row.sold_since);
        Looked { line: row.id, shown, unpulled: std::cmp::max(known.saturating_add(expected).saturating_sub(shown), 0) }
    }
}

/// Writes down what stores show; it is what they were told from now on. Units sold that no order told of
/// count until `until`.
///
/// `settled_only` leaves lines alone that are being told meanwhile.
pub async fn looked(
    conn: &impl ConnectionTrait,
    found: &[Looked],
    until: Time,
    now: Time,
    settled_only: bool,
) -> Result<(), ChannelError> {
    let row = |one: &Looked| vec![one.line.into(), one.shown.into(), one.unpulled.into()];
    let set = "shown = line.column2, told = line.column2, unpulled = line.column3, shown_at = $1, \
               unpulled_until = $2, sent = NULL, sold_since = 0, \
               stock_state = CASE WHEN stock_state IN ('new', 'accepted') THEN 'told' ELSE stock_state END";
    let only_if = if settled_only { "store_skus.sent IS NULL" } else { "TRUE" };
    let more: Vec<Value> = vec![now.into(), until.into()];
    statement::update(conn, set, only_if, more, found.iter().map(row).collect()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_line_rests_longer_each_time_and_is_given_up_in_the_end() {
        let seconds: Vec<_> = (1..=REFUSALS_MAX).map(|nth| pause(nth).map(|pause| pause.num_seconds())).collect();
        assert_eq!(
            seconds,
            [Some(10), Some(20), Some(40), Some(80), Some(160), Some(320), Some(640), None],
            "a quarter of an hour and then an operator"
        );
    }
}
