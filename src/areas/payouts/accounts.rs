//! A leader's accounts outside WeChat: one of each kind.

use kernel::Time;
use kernel::id::{LeaderId, PayoutAccountId, ShopId};
use sea_orm::{QueryOrder, entity::prelude::*};

use super::entity::payout_account;
use super::error::PayoutError;
use super::payee::Payee;
use super::state::WithdrawalChannel;
use crate::platform::seal::Sealer;

fn place(id: PayoutAccountId) -> String {
    format!("payout_accounts.sealed:{id}")
}

/// A leader's accounts, by kind.
pub async fn of_leader(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
) -> Result<Vec<payout_account::Model>, PayoutError> {
    let own = payout_account::in_shop(shop).filter(payout_account::Column::LeaderId.eq(leader));
    Ok(own.order_by_asc(payout_account::Column::Channel).all(conn).await?)
}

/// Puts an account in the place of the leader's earlier one of its kind. It gets an id of its own, so
/// that nobody is paid to an account he has not looked at.
pub async fn put(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    leader: LeaderId,
    payee: &Payee,
    now: Time,
) -> Result<payout_account::Model, PayoutError> {
    payout_account::Entity::delete_many()
        .filter(payout_account::Column::ShopId.eq(shop))
        .filter(payout_account::Column::LeaderId.eq(leader))
        .filter(payout_account::Column::Channel.eq(payee.channel))
        .exec(conn)
        .await?;
    let id = PayoutAccountId::new();
    let row = payout_account::Model {
        id,
        shop_id: shop,
        leader_id: leader,
        channel: payee.channel,
        sealed: payee.seal(sealer, &place(id))?,
        mask: payee.mask(),
        created_at: now,
    };
    payout_account::Entity::insert(payout_account::ActiveModel::from(row.clone())).exec_without_returning(conn).await?;
    Ok(row)
}

/// Forgets an account; withdrawals that name it keep their own copy.
pub async fn remove(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    id: PayoutAccountId,
) -> Result<(), PayoutError> {
    let gone = payout_account::Entity::delete_many()
        .filter(payout_account::Column::ShopId.eq(shop))
        .filter(payout_account::Column::LeaderId.eq(leader))
        .filter(payout_account::Column::Id.eq(id))
        .exec(conn)
        .await?;
    if gone.rows_affected == 1 { Ok(()) } else { Err(PayoutError::NoAccount) }
}

/// One of a leader's accounts, opened; it has to be of the channel.
pub async fn opened(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    leader: LeaderId,
    (id, channel): (PayoutAccountId, WithdrawalChannel),
) -> Result<Payee, PayoutError> {
    let row = payout_account::in_shop(shop)
        .filter(payout_account::Column::LeaderId.eq(leader))
        .filter(payout_account::Column::Id.eq(id))
        .filter(payout_account::Column::Channel.eq(channel))
        .one(conn)
        .await?;
    let row = row.ok_or(PayoutError::NoAccount)?;
    Payee::open(sealer, &place(id), &row.sealed)
}
