//! Writing adjustments and the points that orders gave.

use kernel::id::{OrderId, ShopId};
use sea_orm::sea_query::Expr;
use sea_orm::{QuerySelect, entity::prelude::*};

use super::entity::{adjustment, grant};
use super::error::BalanceError;

/// Writes an adjustment.
pub async fn adjust(conn: &impl ConnectionTrait, row: &adjustment::Model) -> Result<(), BalanceError> {
    adjustment::Entity::insert(adjustment::ActiveModel::from(row.clone())).exec_without_returning(conn).await?;
    Ok(())
}

/// Writes what an order gave; the database refuses a second grant of the same order.
pub async fn grant(conn: &impl ConnectionTrait, row: &grant::Model) -> Result<(), BalanceError> {
    grant::Entity::insert(grant::ActiveModel::from(row.clone())).exec_without_returning(conn).await?;
    Ok(())
}

/// What an order gave, its row held until the transaction ends.
pub async fn grant_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Option<grant::Model>, BalanceError> {
    Ok(grant::in_shop(shop).filter(grant::Column::OrderId.eq(order)).lock_exclusive().one(conn).await?)
}

/// Notes that of a grant so many points are taken back by now. The row is held by [`grant_of`].
pub async fn note_taken_back(
    conn: &impl ConnectionTrait,
    known: &grant::Model,
    so_far: i64,
) -> Result<(), BalanceError> {
    grant::Entity::update_many()
        .col_expr(grant::Column::TakenBack, Expr::value(so_far))
        .filter(grant::Column::OrderId.eq(known.order_id))
        .filter(grant::Column::TakenBack.eq(known.taken_back))
        .exec(conn)
        .await?;
    Ok(())
}
