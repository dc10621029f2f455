//! The address book.

use kernel::id::{AddressId, MemberId, ShopId};
use sea_orm::entity::prelude::*;
use serde_json::json;

use super::entity::address;
use super::error::MemberError;

/// Where an address is sealed for.
pub fn place(id: AddressId) -> String {
    format!("addresses.sealed:{id}")
}

/// An address as an order keeps it: still sealed, with the place it opens at.
pub async fn snapshot(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    id: AddressId,
) -> Result<serde_json::Value, MemberError> {
    let address = address::in_shop(shop)
        .filter(address::Column::MemberId.eq(member))
        .filter(address::Column::Id.eq(id))
        .one(conn)
        .await?
        .ok_or(MemberError::AddressNotFound)?;
    Ok(json!({
        "place": place(id),
        "sealed": address.sealed,
        "province": address.province,
        "city": address.city,
        "district": address.district,
    }))
}
