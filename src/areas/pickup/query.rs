//! Reading pickup points and verifiers.

use kernel::id::{LeaderId, MemberId, PickupPointId, ShopId};
use sea_orm::entity::prelude::*;

use super::entity::{point, verifier};
use super::error::PickupError;

/// For which leader a member may redeem, if for any.
pub async fn verifies_for(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
) -> Result<Option<LeaderId>, DbErr> {
    let row = verifier::in_shop(shop)
        .filter(verifier::Column::MemberId.eq(member))
        .filter(verifier::Column::RemovedAt.is_null())
        .one(conn)
        .await?;
    Ok(row.map(|verifier| verifier.leader_id))
}

/// A pickup point that takes orders now.
pub async fn open_point(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: PickupPointId,
) -> Result<point::Model, PickupError> {
    let point = point::in_shop(shop).filter(point::Column::Id.eq(id)).one(conn).await?;
    let point = point.ok_or(PickupError::PointNotFound)?;
    if point.open { Ok(point) } else { Err(PickupError::PointClosed) }
}
