//! Writing carts.

use kernel::Time;
use kernel::id::{MemberId, ShopId, SkuId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use super::entity::cart_item;
use super::error::CartError;
use super::query;

/// Most lines of a cart.
pub const LINES_MAX: u64 = 100;

/// Makes a member's line of `sku` hold `quantity` units, adding the line when it is new.
///
/// # Errors
/// [`CartError::Full`] when a new line would be one too many.
pub async fn put(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    sku: SkuId,
    quantity: i64,
    selected: bool,
    now: Time,
) -> Result<(), CartError> {
    if query::line(conn, shop, member, sku).await?.is_none() {
        let lines = cart_item::in_shop(shop).filter(cart_item::Column::MemberId.eq(member)).count(conn).await?;
        if lines >= LINES_MAX {
            return Err(CartError::Full(LINES_MAX));
        }
    }
    let row = cart_item::ActiveModel {
        member_id: Set(member),
        sku_id: Set(sku),
        shop_id: Set(shop),
        quantity: Set(quantity),
        selected: Set(selected),
        added_at: Set(now),
        updated_at: Set(now),
    };
    let there_already = OnConflict::columns([cart_item::Column::MemberId, cart_item::Column::SkuId])
        .update_columns([cart_item::Column::Quantity, cart_item::Column::Selected, cart_item::Column::UpdatedAt])
        .to_owned();
    cart_item::Entity::insert(row).on_conflict(there_already).exec_without_returning(conn).await?;
    Ok(())
}

/// Removes a member's lines of these SKUs; those that are not there are no fault. An order takes
/// its lines out of the cart this way.
pub async fn remove(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    skus: &[SkuId],
) -> Result<(), CartError> {
    if skus.is_empty() {
        return Ok(());
    }
    cart_item::Entity::delete_many()
        .filter(cart_item::Column::ShopId.eq(shop))
        .filter(cart_item::Column::MemberId.eq(member))
        .filter(cart_item::Column::SkuId.is_in(skus.iter().copied()))
        .exec(conn)
        .await?;
    Ok(())
}
