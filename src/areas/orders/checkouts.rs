//! Orders placed together: one a merchant, because an order's money has one receiver.

use kernel::Time;
use kernel::id::{CheckoutId, MemberId, ShopId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{QueryOrder, QuerySelect};

use super::entity::{checkout, order};
use super::error::OrderError;
use super::state::OrderStatus;

/// Writes what holds the orders together; they name it.
pub async fn create(conn: &impl ConnectionTrait, row: &checkout::Model) -> Result<(), OrderError> {
    checkout::Entity::insert(checkout::ActiveModel::from(row.clone())).exec_without_returning(conn).await?;
    Ok(())
}

/// A checkout of this member; another's does not exist for him.
pub async fn of_member(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    id: CheckoutId,
) -> Result<checkout::Model, OrderError> {
    let row = checkout::in_shop(shop).filter(checkout::Column::Id.eq(id)).one(conn).await?;
    row.filter(|row| row.member_id == member).ok_or(OrderError::NoSuchCheckout(id))
}

/// The orders of a checkout, by their ids: whoever locks several locks them in this order.
pub async fn orders_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: CheckoutId,
) -> Result<Vec<order::Model>, OrderError> {
    let orders = order::in_shop(shop).filter(order::Column::CheckoutId.eq(id)).order_by_asc(order::Column::Id);
    Ok(orders.all(conn).await?)
}

/// The order and those of its checkout that wait for money with it, by their ids. One that waits for
/// none stands alone.
pub async fn waiting_with(conn: &impl ConnectionTrait, order: &order::Model) -> Result<Vec<order::Model>, OrderError> {
    let Some(checkout) = order.checkout_id.filter(|_| order.status == OrderStatus::PendingPayment) else {
        return Ok(vec![order.clone()]);
    };
    let mut waiting = orders_of(conn, order.shop_id, checkout).await?;
    waiting.retain(|other| other.status == OrderStatus::PendingPayment || other.id == order.id);
    Ok(waiting)
}

/// Whether the member has paid an order that was not placed together with this one; one that was
/// refunded counts, and what one basket came to is one purchase.
pub async fn has_paid_beside(conn: &impl ConnectionTrait, order: &order::Model) -> Result<bool, OrderError> {
    let mut paid = order::in_shop(order.shop_id)
        .filter(order::Column::MemberId.eq(order.member_id))
        .filter(order::Column::Id.ne(order.id))
        .filter(order::Column::PaidAt.is_not_null());
    if let Some(checkout) = order.checkout_id {
        let apart = order::Column::CheckoutId.ne(checkout);
        paid = paid.filter(order::Column::CheckoutId.is_null().or(apart));
    }
    Ok(paid.limit(1).one(conn).await?.is_some())
}

/// Whether an order of the shop was ever placed whose money goes to this merchant.
pub async fn collects(conn: &impl ConnectionTrait, shop: ShopId, merchant_no: &str) -> Result<bool, OrderError> {
    let found = order::in_shop(shop).filter(order::Column::MerchantNo.eq(merchant_no)).limit(1).one(conn).await?;
    Ok(found.is_some())
}

/// The merchants beside the shop's own that were paid since `since`.
pub async fn merchants_paid(conn: &impl ConnectionTrait, shop: ShopId, since: Time) -> Result<Vec<String>, OrderError> {
    Ok(order::in_shop(shop)
        .select_only()
        .column(order::Column::MerchantNo)
        .distinct()
        .filter(order::Column::MerchantNo.is_not_null())
        .filter(order::Column::PaidAt.gte(since))
        .order_by_asc(order::Column::MerchantNo)
        .into_tuple()
        .all(conn)
        .await?)
}
