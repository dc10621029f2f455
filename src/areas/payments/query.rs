//! Reading payments.

use std::collections::HashSet;

use kernel::Time;
use kernel::id::{OrderId, PaymentId, RechargeId, ShopId};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder, QuerySelect};

use super::entity::payment;
use super::error::PaymentError;
use super::state::PaymentState;

/// Payments the platform is to be asked about, over all shops: open ones, and those whose close
/// began a while ago and never ended.
pub async fn due(conn: &impl ConnectionTrait, wall: Time, limit: u64) -> Result<Vec<payment::Model>, PaymentError> {
    Ok(payment::Entity::find()
        .filter(payment::Column::State.is_in([PaymentState::Prepaying, PaymentState::Prepaid, PaymentState::Closing]))
        .filter(payment::Column::NextQueryAt.lte(wall))
        .order_by_asc(payment::Column::NextQueryAt)
        .limit(limit)
        .all(conn)
        .await?)
}

/// The payment of an order that may still be paid: at most one is.
pub async fn open_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Option<payment::Model>, PaymentError> {
    Ok(payment::in_shop(shop)
        .filter(payment::Column::OrderId.eq(order))
        .filter(payment::Column::State.is_not_in([PaymentState::Succeeded, PaymentState::Closed]))
        .one(conn)
        .await?)
}

/// The payment that paid an order; one that came too late or twice has not.
pub async fn paid_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Option<payment::Model>, PaymentError> {
    Ok(payment::in_shop(shop)
        .filter(payment::Column::OrderId.eq(order))
        .filter(payment::Column::State.eq(PaymentState::Succeeded))
        .filter(payment::Column::Late.eq(false))
        .one(conn)
        .await?)
}

/// The payment of a recharge that may still be paid: at most one is.
pub async fn open_of_recharge(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    recharge: RechargeId,
) -> Result<Option<payment::Model>, PaymentError> {
    Ok(payment::in_shop(shop)
        .filter(payment::Column::RechargeId.eq(recharge))
        .filter(payment::Column::State.is_not_in([PaymentState::Succeeded, PaymentState::Closed]))
        .one(conn)
        .await?)
}

/// The payment that paid a recharge.
pub async fn paid_of_recharge(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    recharge: RechargeId,
) -> Result<Option<payment::Model>, PaymentError> {
    Ok(payment::in_shop(shop)
        .filter(payment::Column::RechargeId.eq(recharge))
        .filter(payment::Column::State.eq(PaymentState::Succeeded))
        .filter(payment::Column::Late.eq(false))
        .one(conn)
        .await?)
}

/// Whether a payment of the shop was ever begun.
pub async fn any(conn: &impl ConnectionTrait, shop: ShopId) -> Result<bool, PaymentError> {
    Ok(payment::in_shop(shop).limit(1).one(conn).await?.is_some())
}

/// The payment the platform knows by this number.
pub async fn by_transaction(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    transaction_id: &str,
) -> Result<Option<payment::Model>, PaymentError> {
    Ok(payment::in_shop(shop).filter(payment::Column::TransactionId.eq(transaction_id)).one(conn).await?)
}

/// The payment of one of these shops that a platform speaks of, by its own number, which may be empty, or
/// by ours.
pub async fn told_of(
    conn: &impl ConnectionTrait,
    shops: &[ShopId],
    transaction_id: &str,
    number: Option<PaymentId>,
) -> Result<Option<payment::Model>, PaymentError> {
    let mut either = Condition::any();
    if !transaction_id.is_empty() {
        either = either.add(payment::Column::TransactionId.eq(transaction_id));
    }
    if let Some(number) = number {
        either = either.add(payment::Column::Id.eq(number));
    }
    if either.is_empty() {
        return Ok(None);
    }
    let of_shops = payment::Entity::find().filter(payment::Column::ShopId.is_in(shops.iter().copied()));
    Ok(of_shops.filter(either).order_by_asc(payment::Column::Id).one(conn).await?)
}

/// Every payment of an order, the newest first.
pub async fn all_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Vec<payment::Model>, PaymentError> {
    Ok(payment::in_shop(shop)
        .filter(payment::Column::OrderId.eq(order))
        .order_by_desc(payment::Column::Id)
        .all(conn)
        .await?)
}

/// Which of these orders were ever offered to the platform.
pub async fn offered(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    orders: &[OrderId],
) -> Result<HashSet<OrderId>, PaymentError> {
    let offered: Vec<OrderId> = payment::in_shop(shop)
        .select_only()
        .column(payment::Column::OrderId)
        .filter(payment::Column::OrderId.is_in(orders.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(offered.into_iter().collect())
}
