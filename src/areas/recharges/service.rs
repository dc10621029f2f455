//! Writing recharges: every change is a compare-and-set on the old state.

use kernel::id::{RechargeId, ShopId};
use kernel::{Fen, Time};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;

use super::entity::recharge;
use super::error::RechargeError;
use super::query;
use super::state::{RechargeEvent, RechargeState};

/// Writes a new recharge.
pub async fn create(conn: &impl ConnectionTrait, row: &recharge::Model) -> Result<(), RechargeError> {
    recharge::Entity::insert(recharge::ActiveModel::from(row.clone())).exec_without_returning(conn).await?;
    Ok(())
}

/// Moves a recharge on by `event` and returns it as it now stands.
///
/// # Errors
/// [`RechargeError::WrongState`] for the loser of a race.
pub async fn advance(
    conn: &impl ConnectionTrait,
    known: &recharge::Model,
    event: RechargeEvent,
    now: Time,
) -> Result<recharge::Model, RechargeError> {
    let wrong = |state| RechargeError::WrongState { recharge: known.id, state };
    let next = known.state.after(event).ok_or_else(|| wrong(known.state))?;
    let mut after = known.clone();
    after.state = next;
    after.updated_at = now;
    match event {
        RechargeEvent::Paid => after.paid_at = Some(now),
        RechargeEvent::Closed => after.closed_at = Some(now),
    }
    let changed = recharge::Entity::update_many()
        .col_expr(recharge::Column::State, Expr::value(after.state))
        .col_expr(recharge::Column::PaidAt, Expr::value(after.paid_at))
        .col_expr(recharge::Column::ClosedAt, Expr::value(after.closed_at))
        .col_expr(recharge::Column::UpdatedAt, Expr::value(now))
        .filter(recharge::Column::ShopId.eq(known.shop_id))
        .filter(recharge::Column::Id.eq(known.id))
        .filter(recharge::Column::State.eq(known.state))
        .exec(conn)
        .await?
        .rows_affected;
    if changed == 1 {
        return Ok(after);
    }
    Err(wrong(query::by_id(conn, known.shop_id, known.id).await?.state))
}

/// Whether the recharge is still unpaid; if so its row is held until the transaction ends.
pub async fn still_unpaid(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: RechargeId,
    now: Time,
) -> Result<bool, RechargeError> {
    let held = recharge::Entity::update_many()
        .col_expr(recharge::Column::UpdatedAt, Expr::value(now))
        .filter(recharge::Column::ShopId.eq(shop))
        .filter(recharge::Column::Id.eq(id))
        .filter(recharge::Column::State.eq(RechargeState::PendingPayment))
        .exec(conn)
        .await?;
    Ok(held.rows_affected == 1)
}

/// Notes when closing is tried again (wall time).
pub async fn close_later(conn: &impl ConnectionTrait, known: &recharge::Model, at: Time) -> Result<(), RechargeError> {
    recharge::Entity::update_many()
        .col_expr(recharge::Column::NextCloseAt, Expr::value(at))
        .filter(recharge::Column::Id.eq(known.id))
        .filter(recharge::Column::State.eq(RechargeState::PendingPayment))
        .exec(conn)
        .await?;
    Ok(())
}

/// Notes how much went back by now. The row is held by [`query::held`].
pub async fn note_refunded(
    conn: &impl ConnectionTrait,
    known: &recharge::Model,
    refunded: Fen,
    gift_back: Fen,
    now: Time,
) -> Result<bool, RechargeError> {
    let changed = recharge::Entity::update_many()
        .col_expr(recharge::Column::RefundedFen, Expr::value(refunded))
        .col_expr(recharge::Column::GiftBackFen, Expr::value(gift_back))
        .col_expr(recharge::Column::UpdatedAt, Expr::value(now))
        .filter(recharge::Column::Id.eq(known.id))
        .filter(recharge::Column::RefundedFen.eq(known.refunded_fen))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}
