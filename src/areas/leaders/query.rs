//! Reading leaders.

use kernel::id::{LeaderId, LeaderLevelId, MemberId, ShopId};
use sea_orm::entity::prelude::*;

use super::entity::{leader, level};
use super::error::LeaderError;

/// The leader a member is, if he is one.
pub async fn of_member(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
) -> Result<Option<leader::Model>, LeaderError> {
    Ok(leader::in_shop(shop).filter(leader::Column::MemberId.eq(member)).one(conn).await?)
}

/// The leader with this id.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: LeaderId,
) -> Result<Option<leader::Model>, LeaderError> {
    Ok(leader::in_shop(shop).filter(leader::Column::Id.eq(id)).one(conn).await?)
}

/// The level with this id.
pub async fn level(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: LeaderLevelId,
) -> Result<Option<level::Model>, LeaderError> {
    Ok(level::in_shop(shop).filter(level::Column::Id.eq(id)).one(conn).await?)
}
