//! Writing carts.

use kernel::id::{MemberId, ShopId, SkuId};
use sea_orm::entity::prelude::*;

use super::entity::cart_item;

/// Takes SKUs out of a member's cart; what is not in it is skipped.
pub async fn remove(conn: &impl ConnectionTrait, shop: ShopId, member: MemberId, skus: &[SkuId]) -> Result<(), DbErr> {
    cart_item::Entity::delete_many()
        .filter(cart_item::Column::ShopId.eq(shop))
        .filter(cart_item::Column::MemberId.eq(member))
        .filter(cart_item::Column::SkuId.is_in(skus.iter().copied()))
        .exec(conn)
        .await?;
    Ok(())
}
