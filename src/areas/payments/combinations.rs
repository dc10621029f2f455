//! Payments of several orders made at once. Each payment has its own state; what they have in common
//! is here.

use kernel::Time;
use kernel::id::{CombinationId, ShopId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{QueryOrder, QuerySelect};

use super::entity::{combination, payment};
use super::error::PaymentError;

/// Writes an attempt whose request is about to be sent.
pub async fn create(conn: &impl ConnectionTrait, row: &combination::Model) -> Result<(), PaymentError> {
    combination::Entity::insert(combination::ActiveModel::from(row.clone())).exec_without_returning(conn).await?;
    Ok(())
}

/// The attempt with this number.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: CombinationId,
) -> Result<Option<combination::Model>, PaymentError> {
    Ok(combination::in_shop(shop).filter(combination::Column::Id.eq(id)).one(conn).await?)
}

/// Holds the attempt's row until the transaction ends; the orders' rows are held after it.
pub async fn lock(conn: &impl ConnectionTrait, shop: ShopId, id: CombinationId) -> Result<(), PaymentError> {
    combination::in_shop(shop).filter(combination::Column::Id.eq(id)).lock(LockType::NoKeyUpdate).one(conn).await?;
    Ok(())
}

/// Keeps the prepay id that came at `wall`.
pub async fn prepaid(
    conn: &impl ConnectionTrait,
    id: CombinationId,
    prepay_id: &str,
    wall: Time,
) -> Result<(), PaymentError> {
    combination::Entity::update_many()
        .col_expr(combination::Column::PrepayId, Expr::value(prepay_id))
        .col_expr(combination::Column::PrepaidAt, Expr::value(wall))
        .filter(combination::Column::Id.eq(id))
        .exec(conn)
        .await?;
    Ok(())
}

/// Every payment of an attempt, by its order.
pub async fn payments_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: CombinationId,
) -> Result<Vec<payment::Model>, PaymentError> {
    let all = payment::in_shop(shop).filter(payment::Column::CombinationId.eq(id));
    Ok(all.order_by_asc(payment::Column::OrderId).all(conn).await?)
}

/// The other payments of the attempt that a payment is part of.
pub async fn beside(conn: &impl ConnectionTrait, known: &payment::Model) -> Result<Vec<payment::Model>, PaymentError> {
    let Some(id) = known.combination_id else { return Ok(Vec::new()) };
    let mut all = payments_of(conn, known.shop_id, id).await?;
    all.retain(|other| other.id != known.id);
    Ok(all)
}
