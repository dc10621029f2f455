//! Leader levels.

use kernel::id::{LeaderLevelId, ShopId};
use kernel::{BasisPoints, Time};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::level;
use super::error::LeaderError;
use crate::platform::db::is_unique_violation;

/// The most levels a shop lists.
const LIST_MAX: u64 = 100;

/// What a level is made of.
#[derive(Clone, Debug)]
pub struct LevelDraft {
    /// For people.
    pub name: String,
    /// Its place among the levels, 1 the lowest; unique in the shop.
    pub rank: i32,
    /// The commission rate of its leaders.
    pub rate: BasisPoints,
}

/// A shop's levels, the lowest first.
pub async fn list(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<level::Model>, LeaderError> {
    Ok(level::in_shop(shop).order_by_asc(level::Column::Rank).limit(LIST_MAX).all(conn).await?)
}

/// The level with this id.
pub async fn by_id(conn: &impl ConnectionTrait, shop: ShopId, id: LeaderLevelId) -> Result<level::Model, LeaderError> {
    let found = level::in_shop(shop).filter(level::Column::Id.eq(id)).one(conn).await?;
    found.ok_or(LeaderError::LevelNotFound)
}

/// The highest rate of a shop's levels.
pub async fn highest_rate(conn: &impl ConnectionTrait, shop: ShopId) -> Result<BasisPoints, LeaderError> {
    let highest = level::in_shop(shop).order_by_desc(level::Column::RateBp).one(conn).await?;
    Ok(highest.map_or(BasisPoints::ZERO, |level| level.rate_bp))
}

/// Creates a level. Errors: [`LeaderError::RankTaken`].
pub async fn create(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    draft: LevelDraft,
    now: Time,
) -> Result<level::Model, LeaderError> {
    let row = level::Model {
        id: LeaderLevelId::new(),
        shop_id: shop,
        name: draft.name,
        rank: draft.rank,
        rate_bp: draft.rate,
        created_at: now,
    };
    match level::Entity::insert(level::ActiveModel::from(row.clone())).exec_without_returning(conn).await {
        Err(error) if is_unique_violation(&error) => Err(LeaderError::RankTaken),
        other => Ok(other.map(|_| row)?),
    }
}

/// Changes a level; orders paid before keep their snapshot. Errors: [`LeaderError::RankTaken`].
pub async fn change(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: LeaderLevelId,
    draft: LevelDraft,
) -> Result<level::Model, LeaderError> {
    let known = by_id(conn, shop, id).await?;
    let row = level::Model { name: draft.name, rank: draft.rank, rate_bp: draft.rate, ..known };
    match level::Entity::update(row.clone().into_active_model().reset_all()).exec(conn).await {
        Err(error) if is_unique_violation(&error) => Err(LeaderError::RankTaken),
        other => Ok(other.map(|_| row)?),
    }
}
