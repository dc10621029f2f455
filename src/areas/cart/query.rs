//! Reading carts.

use kernel::id::{MemberId, ShopId, SkuId};
use sea_orm::{QueryOrder, entity::prelude::*};

use super::entity::cart_item;
use super::error::CartError;

/// A member's lines, the latest first.
pub async fn lines(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
) -> Result<Vec<cart_item::Model>, CartError> {
    Ok(cart_item::in_shop(shop)
        .filter(cart_item::Column::MemberId.eq(member))
        .order_by_desc(cart_item::Column::AddedAt)
        .order_by_desc(cart_item::Column::SkuId)
        .all(conn)
        .await?)
}

/// A member's line of one SKU.
pub async fn line(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    sku: SkuId,
) -> Result<Option<cart_item::Model>, CartError> {
    Ok(cart_item::in_shop(shop)
        .filter(cart_item::Column::MemberId.eq(member))
        .filter(cart_item::Column::SkuId.eq(sku))
        .one(conn)
        .await?)
}
