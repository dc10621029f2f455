//! Writing leaders.

use kernel::id::{LeaderId, LeaderLevelId, MemberId, ShopId};
use kernel::{BasisPoints, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{IntoActiveModel, QuerySelect, entity::prelude::*};

use super::applications::Form;
use super::entity::leader;
use super::error::LeaderError;
use super::state::LeaderState;
use super::{levels, query};
use crate::platform::db::is_unique_violation;
use crate::platform::seal::Sealer;

/// How far a chain of recommendations is followed; longer ones are treated as a circle.
const CHAIN_MAX: usize = 100;

/// Makes a member a leader.
///
/// Errors: [`LeaderError::AlreadyLeader`].
pub async fn create(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    member: MemberId,
    form: &Form,
    recommender: Option<LeaderId>,
    now: Time,
) -> Result<leader::Model, LeaderError> {
    let id = LeaderId::new();
    let row = leader::Model {
        id,
        shop_id: shop,
        member_id: member,
        name: form.name.clone(),
        sealed_phone: Some(sealer.seal(&phone_place(id), form.phone.as_bytes())?),
        phone_mask: Some(kernel::mask::phone(&form.phone)),
        state: LeaderState::Enabled,
        resting: false,
        pickup_only: false,
        level_id: None,
        recommender_id: recommender,
        multiplier_bp: BasisPoints::WHOLE,
        receiver: None,
        receiver_added_at: None,
        created_at: now,
        updated_at: now,
    };
    match leader::Entity::insert(leader::ActiveModel::from(row.clone())).exec_without_returning(conn).await {
        Err(error) if is_unique_violation(&error) => Err(LeaderError::AlreadyLeader),
        other => Ok(other.map(|_| row)?),
    }
}

/// A change of a leader; what is `None` stays. It touches future orders alone.
#[derive(Clone, Debug, Default)]
pub struct LeaderChange {
    /// Enabled or frozen.
    pub state: Option<LeaderState>,
    /// Takes no new orders for now.
    pub resting: Option<bool>,
    /// serves and redeems, earns nothing.
    pub pickup_only: Option<bool>,
    /// R-26, 10 000 is the whole.
    pub multiplier: Option<BasisPoints>,
    /// The level; `Some(None)` takes it away.
    pub level: Option<Option<LeaderLevelId>>,
    /// Who recommended; `Some(None)` takes it away.
    pub recommender: Option<Option<LeaderId>>,
}

/// Changes a leader. Who changes state or resting also opens or closes his points
/// (`pickup::service::set_serving`).
///
/// Errors: [`LeaderError::NotFound`], [`LeaderError::LevelNotFound`],
/// [`LeaderError::NoRecommender`], [`LeaderError::RecommendationCycle`].
pub async fn change(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: LeaderId,
    change: &LeaderChange,
    now: Time,
) -> Result<leader::Model, LeaderError> {
    let known = held(conn, shop, id).await?;
    if let Some(Some(level)) = change.level {
        levels::by_id(conn, shop, level).await?;
    }
    if let Some(Some(recommender)) = change.recommender
        && known.recommender_id != Some(recommender)
    {
        expect_no_circle(conn, shop, id, recommender).await?;
    }
    let row = leader::Model {
        state: change.state.unwrap_or(known.state),
        resting: change.resting.unwrap_or(known.resting),
        pickup_only: change.pickup_only.unwrap_or(known.pickup_only),
        multiplier_bp: change.multiplier.unwrap_or(known.multiplier_bp),
        level_id: change.level.unwrap_or(known.level_id),
        recommender_id: change.recommender.unwrap_or(known.recommender_id),
        updated_at: now,
        ..known
    };
    leader::Entity::update(row.clone().into_active_model().reset_all()).exec(conn).await?;
    Ok(row)
}

/// Lets a leader rise to a level, compare-and-set on the one he has; `false` when that changed meanwhile
/// or he was frozen.
pub async fn raise(
    conn: &impl ConnectionTrait,
    leader: &leader::Model,
    level: LeaderLevelId,
    now: Time,
) -> Result<bool, LeaderError> {
    let raised = leader::Entity::update_many()
        .col_expr(leader::Column::LevelId, Expr::value(level))
        .col_expr(leader::Column::UpdatedAt, Expr::value(now))
        .filter(leader::Column::ShopId.eq(leader.shop_id))
        .filter(leader::Column::Id.eq(leader.id))
        .filter(leader::Column::State.eq(LeaderState::Enabled));
    let raised = match leader.level_id {
        Some(has) => raised.filter(leader::Column::LevelId.eq(has)),
        None => raised.filter(leader::Column::LevelId.is_null()),
    };
    Ok(raised.exec(conn).await?.rows_affected == 1)
}

/// The leader, who cannot change until the caller's transaction ends: for whoever decides by his
/// state. Errors: [`LeaderError::NotFound`].
pub async fn held(conn: &impl ConnectionTrait, shop: ShopId, id: LeaderId) -> Result<leader::Model, LeaderError> {
    let row = leader::in_shop(shop).filter(leader::Column::Id.eq(id)).lock_exclusive().one(conn).await?;
    row.ok_or(LeaderError::NotFound)
}

/// Follows the chain from `recommender` up; it must not lead to `id`.
async fn expect_no_circle(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: LeaderId,
    recommender: LeaderId,
) -> Result<(), LeaderError> {
    let mut above = query::enabled(conn, shop, recommender).await?.ok_or(LeaderError::NoRecommender)?;
    for _ in 0..CHAIN_MAX {
        if above.id == id {
            return Err(LeaderError::RecommendationCycle);
        }
        let Some(next) = above.recommender_id else { return Ok(()) };
        let Some(leader) = query::by_id(conn, shop, next).await? else { return Ok(()) };
        above = leader;
    }
    Err(LeaderError::RecommendationCycle)
}

/// Where a leader's telephone number is sealed for.
pub(super) fn phone_place(id: LeaderId) -> String {
    format!("leaders.phone:{id}")
}
