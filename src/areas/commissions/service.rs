//! Writing commissions: created at payment, released or reversed once.

use kernel::id::{CommissionId, LeaderId, OrderId, OrderLineId, ShopId};
use kernel::{Fen, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::commission;
use super::error::CommissionError;
use super::rules::{self, Part, Reckoning, Refunded};
use super::state::{CommissionKind, CommissionState};

/// Writes the commissions of a paid order's lines, pending, in one statement, and returns them.
///
/// The database refuses a second set for the same line, so a line earns once; a set that another
/// leader's took the place of does not count.
pub async fn create(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
    parts: &[(OrderLineId, Part)],
    now: Time,
) -> Result<Vec<commission::Model>, CommissionError> {
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<commission::Model> = parts.iter().map(|(line, part)| row(shop, order, *line, part, now)).collect();
    insert(conn, &rows).await?;
    Ok(rows)
}

/// Writes the commissions of a line that another leader takes over, of which `refunded` has gone back
/// before: what that reverses is reversed at once.
pub async fn create_anew(
    conn: &impl ConnectionTrait,
    (shop, order, line): (ShopId, OrderId, OrderLineId),
    parts: &[Part],
    refunded: &Refunded,
    now: Time,
) -> Result<Vec<commission::Model>, CommissionError> {
    let mut rows = Vec::with_capacity(parts.len());
    for part in parts {
        let mut new = row(shop, order, line, part, now);
        new.reversed_fen = rules::reversed_so_far(new.amount_fen, new.kind, refunded)?;
        if new.reversed_fen == new.amount_fen {
            new.state = CommissionState::Reversed;
        }
        rows.push(new);
    }
    if !rows.is_empty() {
        insert(conn, &rows).await?;
    }
    Ok(rows)
}

async fn insert(conn: &impl ConnectionTrait, rows: &[commission::Model]) -> Result<(), CommissionError> {
    let models = rows.iter().cloned().map(commission::ActiveModel::from);
    commission::Entity::insert_many(models).exec_without_returning(conn).await?;
    Ok(())
}

/// Takes the commissions of a line from their leaders, because another takes the order over,
/// and says what each had left of them. Nothing may have been released.
pub async fn take_over(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    line: OrderLineId,
) -> Result<Vec<(LeaderId, Fen)>, CommissionError> {
    let rows = commission::in_shop(shop)
        .filter(commission::Column::LineId.eq(line))
        .filter(commission::Column::TakenOver.eq(false))
        .order_by_asc(commission::Column::Id)
        .lock_exclusive()
        .all(conn)
        .await?;
    let mut left = Vec::with_capacity(rows.len());
    for row in &rows {
        if row.state == CommissionState::Released {
            return Err(CommissionError::Changed(row.id));
        }
        write_reversed(conn, row, (row.amount_fen, CommissionState::Reversed, true)).await?;
        left.push((row.leader_id, row.amount_fen.minus(row.reversed_fen)?));
    }
    Ok(left)
}

fn row(shop: ShopId, order: OrderId, line: OrderLineId, part: &Part, now: Time) -> commission::Model {
    let (rate_bp, fixed_fen) = match part.reckoning {
        Reckoning::RateBp(rate) => (Some(rate), None),
        Reckoning::FixedFen(fen) => (None, Some(fen)),
    };
    commission::Model {
        id: CommissionId::new(),
        shop_id: shop,
        order_id: order,
        line_id: line,
        leader_id: part.leader,
        kind: part.kind,
        rank: part.rank,
        base_fen: part.base,
        rate_bp,
        fixed_fen,
        multiplier_bp: part.multiplier,
        rule: part.source.word().to_owned(),
        amount_fen: part.amount,
        reversed_fen: Fen::ZERO,
        state: CommissionState::Pending,
        taken_over: false,
        created_at: now,
        released_at: None,
    }
}

/// What became available to a leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// Whose.
    pub leader: LeaderId,
    /// The amount less what was reversed; may be nothing.
    pub amount: Fen,
}

/// Releases the pending commissions of a line, in one statement, and says what each leader gets.
pub async fn release(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    line: OrderLineId,
    now: Time,
) -> Result<Vec<Release>, CommissionError> {
    let rows = commission::Entity::update_many()
        .col_expr(commission::Column::State, Expr::value(CommissionState::Released))
        .col_expr(commission::Column::ReleasedAt, Expr::value(now))
        .filter(commission::Column::ShopId.eq(shop))
        .filter(commission::Column::LineId.eq(line))
        .filter(commission::Column::State.eq(CommissionState::Pending))
        .exec_with_returning(conn)
        .await?;
    let released =
        |row: commission::Model| Ok(Release { leader: row.leader_id, amount: row.amount_fen.minus(row.reversed_fen)? });
    rows.into_iter().map(released).collect()
}

/// What a refund takes back from a leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reversal {
    /// The commission.
    pub commission: CommissionId,
    /// Whose.
    pub leader: LeaderId,
    /// What for.
    pub kind: CommissionKind,
    /// How much this refund takes: above zero.
    pub amount: Fen,
    /// Whether it had been released already, so that R-30 decides who bears it.
    pub was_released: bool,
}

/// Reverses the commissions of a line as far as its money has gone back.
///
/// `refunded` counts everything refunded so far, this refund included. The rows are locked, so that
/// a release at the same moment comes wholly before or wholly after.
pub async fn reverse(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    line: OrderLineId,
    refunded: &Refunded,
) -> Result<Vec<Reversal>, CommissionError> {
    let rows = commission::in_shop(shop)
        .filter(commission::Column::LineId.eq(line))
        .order_by_asc(commission::Column::Id)
        .lock_exclusive()
        .all(conn)
        .await?;
    let reversals = would_reverse(&rows, refunded)?;
    for (row, reversal) in rows.iter().filter_map(|row| Some((row, reversals.iter().find(|r| r.commission == row.id)?)))
    {
        note_reversed(conn, row, row.reversed_fen.plus(reversal.amount)?).await?;
    }
    Ok(reversals)
}

/// What [`reverse`] would take of these commissions of one line.
pub fn would_reverse(rows: &[commission::Model], refunded: &Refunded) -> Result<Vec<Reversal>, kernel::MoneyError> {
    let mut reversals = Vec::new();
    for row in rows {
        let so_far = rules::reversed_so_far(row.amount_fen, row.kind, refunded)?.max(row.reversed_fen);
        let amount = so_far.minus(row.reversed_fen)?;
        if amount.is_positive() {
            let was_released = row.state == CommissionState::Released;
            let (commission, leader, kind) = (row.id, row.leader_id, row.kind);
            reversals.push(Reversal { commission, leader, kind, amount, was_released });
        }
    }
    Ok(reversals)
}

async fn note_reversed(
    conn: &impl ConnectionTrait,
    row: &commission::Model,
    so_far: Fen,
) -> Result<(), CommissionError> {
    let in_full = so_far == row.amount_fen && row.state == CommissionState::Pending;
    let state = if in_full { CommissionState::Reversed } else { row.state };
    write_reversed(conn, row, (so_far, state, row.taken_over)).await
}

/// Writes how much of a commission is reversed and where it stands, as long as it is as it was read.
async fn write_reversed(
    conn: &impl ConnectionTrait,
    row: &commission::Model,
    (so_far, state, taken_over): (Fen, CommissionState, bool),
) -> Result<(), CommissionError> {
    let changed = commission::Entity::update_many()
        .col_expr(commission::Column::TakenOver, Expr::value(taken_over))
        .col_expr(commission::Column::ReversedFen, Expr::value(so_far))
        .col_expr(commission::Column::State, Expr::value(state))
        .filter(commission::Column::ShopId.eq(row.shop_id))
        .filter(commission::Column::Id.eq(row.id))
        .filter(commission::Column::State.eq(row.state))
        .filter(commission::Column::ReversedFen.eq(row.reversed_fen))
        .exec(conn)
        .await?
        .rows_affected;
    if changed == 1 { Ok(()) } else { Err(CommissionError::Changed(row.id)) }
}
