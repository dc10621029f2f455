//! Reading payments.

use kernel::Time;
use kernel::id::{OrderId, ShopId};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use super::entity::payment;
use super::error::PaymentError;
use super::state::PaymentState;

/// Open payments the platform is to be asked about, over all shops.
pub async fn due(conn: &impl ConnectionTrait, wall: Time, limit: u64) -> Result<Vec<payment::Model>, PaymentError> {
    Ok(payment::Entity::find()
        .filter(payment::Column::State.is_in([PaymentState::Prepaying, PaymentState::Prepaid]))
        .filter(payment::Column::NextQueryAt.lte(wall))
        .order_by_asc(payment::Column::NextQueryAt)
        .limit(limit)
        .all(conn)
        .await?)
}

/// The payment of an order.
pub async fn of_order(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Option<payment::Model>, PaymentError> {
    Ok(payment::in_shop(shop).filter(payment::Column::OrderId.eq(order)).one(conn).await?)
}
