//! What was paid of an order, and what has gone back of it.

use kernel::{Fen, MoneyError, Time};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::entity::{line, order};
use super::error::OrderError;
use super::state::RefundStatus;

/// What was paid for a line in money: goods less reductions, with its shipping and packing.
pub fn paid(line: &line::Model) -> Result<Fen, MoneyError> {
    goods_paid(line)?.plus(line.shipping_fen)?.plus(line.packing_fen)
}

/// Goods money less 满减, coupon and points.
pub fn goods_paid(line: &line::Model) -> Result<Fen, MoneyError> {
    line.goods_fen.minus(line.spend_and_save_fen)?.minus(line.coupon_fen)?.minus(line.points_fen)
}

/// What a line is worth to the shop: what was paid for it, and what points paid at their value.
pub fn worth(line: &line::Model) -> Result<Fen, MoneyError> {
    paid(line)?.plus(line.points_fen)
}

/// Notes which part of an order's balance is gift, when it is held.
pub async fn set_balance_gift(conn: &impl ConnectionTrait, order: &order::Model, gift: Fen) -> Result<(), OrderError> {
    order::Entity::update_many()
        .col_expr(order::Column::BalanceGiftFen, Expr::value(gift))
        .filter(order::Column::Id.eq(order.id))
        .exec(conn)
        .await?;
    Ok(())
}

/// Notes that units and money of a line go back; `false` when that is more than is left. The
/// line must still be as the caller read it, so that two refunds cannot both count on it.
pub async fn take_back(
    conn: &impl ConnectionTrait,
    known: &line::Model,
    quantity: i64,
    amount: Fen,
) -> Result<bool, OrderError> {
    let (units, money) = (known.refunded_quantity + quantity, known.refunded_fen.plus(amount)?);
    if quantity < 0 || amount.is_negative() || units > known.quantity || money > paid(known)? {
        return Ok(false);
    }
    let changed = line::Entity::update_many()
        .col_expr(line::Column::RefundedQuantity, Expr::value(units))
        .col_expr(line::Column::RefundedFen, Expr::value(money))
        .filter(line::Column::Id.eq(known.id))
        .filter(line::Column::RefundedQuantity.eq(known.refunded_quantity))
        .filter(line::Column::RefundedFen.eq(known.refunded_fen))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Shows that a refund is on its way.
pub async fn set_refund_status(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    status: RefundStatus,
    now: Time,
) -> Result<(), OrderError> {
    order::Entity::update_many()
        .col_expr(order::Column::RefundStatus, Expr::value(status))
        .col_expr(order::Column::UpdatedAt, Expr::value(now))
        .filter(order::Column::Id.eq(order.id))
        .exec(conn)
        .await?;
    Ok(())
}

/// Notes that `amount` has gone back, of whatever means of payment.
pub async fn note_refunded(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    amount: Fen,
    now: Time,
) -> Result<(), OrderError> {
    order::Entity::update_many()
        .col_expr(order::Column::RefundedFen, Expr::col(order::Column::RefundedFen).add(amount.fen()))
        .col_expr(order::Column::UpdatedAt, Expr::value(now))
        .filter(order::Column::Id.eq(order.id))
        .exec(conn)
        .await?;
    Ok(())
}
