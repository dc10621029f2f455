//! Leaders by the ids a marketplace knows them by, where it has a scheme of its own.

use kernel::Time;
use kernel::id::{LeaderId, ShopId};
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*};

use super::entity::channel::{self, Column, Entity};
use super::error::AffiliateError;
use crate::platform::db::is_unique_violation;

/// Names a leader by `channel_id` from now on, whatever named him before.
///
/// # Errors
/// [`AffiliateError::ChannelTaken`] when it names another leader.
pub async fn set(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: &str,
    leader: LeaderId,
    channel_id: &str,
    now: Time,
) -> Result<(), AffiliateError> {
    remove(conn, shop, marketplace, leader).await?;
    let row = channel::ActiveModel {
        shop_id: Set(shop),
        marketplace: Set(marketplace.to_owned()),
        channel_id: Set(channel_id.to_owned()),
        leader_id: Set(leader),
        created_at: Set(now),
    };
    match Entity::insert(row).exec_without_returning(conn).await {
        Err(error) if is_unique_violation(&error) => Err(AffiliateError::ChannelTaken),
        other => other.map(|_| ()).map_err(Into::into),
    }
}

/// Forgets what names a leader. Tells whether anything did.
pub async fn remove(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: &str,
    leader: LeaderId,
) -> Result<bool, AffiliateError> {
    let gone = Entity::delete_many()
        .filter(Column::ShopId.eq(shop))
        .filter(Column::Marketplace.eq(marketplace))
        .filter(Column::LeaderId.eq(leader));
    Ok(gone.exec(conn).await?.rows_affected > 0)
}

/// What names a leader, by marketplace.
pub async fn of_leader(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
) -> Result<Vec<channel::Model>, AffiliateError> {
    Ok(channel::in_shop(shop).filter(Column::LeaderId.eq(leader)).order_by_asc(Column::Marketplace).all(conn).await?)
}

/// The leader a marketplace names so.
pub async fn leader_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: &str,
    channel_id: &str,
) -> Result<Option<LeaderId>, AffiliateError> {
    let row = Entity::find_by_id((shop, marketplace.to_owned(), channel_id.to_owned())).one(conn).await?;
    Ok(row.map(|row| row.leader_id))
}
