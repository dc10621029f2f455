//! The plans a shop offers.

use kernel::id::{RechargePlanId, ShopId};
use sea_orm::{QueryOrder, entity::prelude::*};

use super::entity::plan;
use super::error::RechargeError;

/// Every plan of a shop, in its order.
pub async fn all(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<plan::Model>, RechargeError> {
    let plans = plan::in_shop(shop).order_by_asc(plan::Column::Position).order_by_asc(plan::Column::Id);
    Ok(plans.all(conn).await?)
}

/// A plan.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: RechargePlanId,
) -> Result<plan::Model, RechargeError> {
    let found = plan::in_shop(shop).filter(plan::Column::Id.eq(id)).one(conn).await?;
    found.ok_or(RechargeError::PlanNotFound(id))
}

/// Writes a new plan.
pub async fn create(conn: &impl ConnectionTrait, row: &plan::Model) -> Result<(), RechargeError> {
    plan::Entity::insert(plan::ActiveModel::from(row.clone())).exec_without_returning(conn).await?;
    Ok(())
}

/// Keeps a plan as it is now; recharges made by it keep what they were made with.
pub async fn keep(conn: &impl ConnectionTrait, row: &plan::Model) -> Result<(), RechargeError> {
    plan::Entity::update(plan::ActiveModel::from(row.clone()).reset_all()).exec(conn).await?;
    Ok(())
}
