//! Reading members.

use kernel::id::{MemberId, ShopId};
use sea_orm::entity::prelude::*;

use super::entity::member;
use super::error::MemberError;

/// The member with this id.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: MemberId,
) -> Result<Option<member::Model>, MemberError> {
    Ok(member::in_shop(shop).filter(member::Column::Id.eq(id)).one(conn).await?)
}

/// The member with this openid.
pub async fn by_openid(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    openid: &str,
) -> Result<Option<member::Model>, MemberError> {
    Ok(member::in_shop(shop).filter(member::Column::Openid.eq(openid)).one(conn).await?)
}

/// Several members at once.
pub async fn by_ids(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[MemberId],
) -> Result<Vec<member::Model>, MemberError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(member::in_shop(shop).filter(member::Column::Id.is_in(ids.iter().copied())).all(conn).await?)
}
