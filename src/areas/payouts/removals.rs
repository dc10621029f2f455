//! Receivers that left: a row each, so that the platform's list follows ours.

use kernel::Time;
use kernel::id::{ReceiverRemovalId, ShopId};
use sea_orm::sea_query::Expr;
use sea_orm::{PaginatorTrait, entity::prelude::*};

use super::PayoutError;
use super::entity::{receiver_removal, sharing_part};
use super::state::PartResult;

/// Notes that an account is to leave the platform's list.
pub async fn ask(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    kind: &str,
    account: &str,
    now: Time,
) -> Result<receiver_removal::Model, PayoutError> {
    let row = receiver_removal::Model {
        id: ReceiverRemovalId::new(),
        shop_id: shop,
        receiver_type: kind.to_owned(),
        account: account.to_owned(),
        outcome: None,
        created_at: now,
        finished_at: None,
    };
    receiver_removal::Entity::insert(receiver_removal::ActiveModel::from(row.clone()))
        .exec_without_returning(conn)
        .await?;
    Ok(row)
}

/// The removal with this id, while it is to be made.
pub async fn open(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: ReceiverRemovalId,
) -> Result<Option<receiver_removal::Model>, PayoutError> {
    let found = receiver_removal::in_shop(shop).filter(receiver_removal::Column::Id.eq(id)).one(conn).await?;
    Ok(found.filter(|row| row.finished_at.is_none()))
}

/// Whether a share to the account is still without a result.
pub async fn is_expecting(conn: &impl ConnectionTrait, row: &receiver_removal::Model) -> Result<bool, PayoutError> {
    let pending = sharing_part::in_shop(row.shop_id)
        .filter(sharing_part::Column::Account.eq(&row.account))
        .filter(sharing_part::Column::ReceiverType.eq(&row.receiver_type))
        .filter(sharing_part::Column::Result.eq(PartResult::Pending));
    Ok(pending.count(conn).await? > 0)
}

/// Ends a removal, once.
pub async fn finish(
    conn: &impl ConnectionTrait,
    row: &receiver_removal::Model,
    outcome: &str,
    now: Time,
) -> Result<(), PayoutError> {
    receiver_removal::Entity::update_many()
        .col_expr(receiver_removal::Column::Outcome, Expr::value(outcome))
        .col_expr(receiver_removal::Column::FinishedAt, Expr::value(now))
        .filter(receiver_removal::Column::ShopId.eq(row.shop_id))
        .filter(receiver_removal::Column::Id.eq(row.id))
        .filter(receiver_removal::Column::FinishedAt.is_null())
        .exec(conn)
        .await?;
    Ok(())
}
