//! Reading pickup points and verifiers.

use kernel::id::{LeaderId, MemberId, ShopId};
use sea_orm::entity::prelude::*;

use super::entity::verifier;

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
