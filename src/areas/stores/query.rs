//! Reading stores.

use kernel::id::{ShopId, StoreId};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::store::{Column, Entity, Model, in_shop};
use super::error::StoreError;
use super::state::StoreState;

/// The most stores a shop lists.
const LIST_MAX: u64 = 500;

/// The shop's store with this id.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn store(conn: &impl ConnectionTrait, shop: ShopId, id: StoreId) -> Result<Model, StoreError> {
    in_shop(shop).filter(Column::Id.eq(id)).one(conn).await?.ok_or(StoreError::NotFound)
}

/// A store of any shop: for callbacks and for those who hold tokens.
pub async fn any(conn: &impl ConnectionTrait, id: StoreId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// The stores of one merchant at a marketplace, on all of its sites and in any shop.
pub async fn of_merchant(
    conn: &impl ConnectionTrait,
    marketplace: &str,
    external_id: &str,
) -> Result<Vec<Model>, StoreError> {
    let rows = Entity::find().filter(Column::Marketplace.eq(marketplace)).filter(Column::ExternalId.eq(external_id));
    Ok(rows.order_by_asc(Column::Id).all(conn).await?)
}

/// The shop's stores at a marketplace, those taken off among them: their orders stay.
pub async fn at(conn: &impl ConnectionTrait, shop: ShopId, marketplace: &str) -> Result<Vec<Model>, StoreError> {
    let rows = in_shop(shop).filter(Column::Marketplace.eq(marketplace)).order_by_asc(Column::Id);
    Ok(rows.all(conn).await?)
}

/// The shop's entries of one merchant at a marketplace, on all of its sites, those taken off among them.
pub async fn ever_of_merchant(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: &str,
    merchant: &str,
) -> Result<Vec<Model>, StoreError> {
    let rows = in_shop(shop)
        .filter(Column::Marketplace.eq(marketplace))
        .filter(Column::ExternalId.eq(merchant).or(Column::FormerId.eq(merchant)));
    Ok(rows.order_by_asc(Column::Id).all(conn).await?)
}

/// The shop's store of that name.
pub async fn named(conn: &impl ConnectionTrait, shop: ShopId, name: &str) -> Result<Option<Model>, StoreError> {
    let row = in_shop(shop).filter(Column::Name.eq(name)).filter(Column::State.ne(StoreState::Removed));
    Ok(row.one(conn).await?)
}

/// The shop's stores, oldest first, without those taken off.
pub async fn list(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<Model>, StoreError> {
    let rows = in_shop(shop).filter(Column::State.ne(StoreState::Removed)).order_by_asc(Column::Id).limit(LIST_MAX);
    Ok(rows.all(conn).await?)
}

/// Every store that works, of all shops.
pub async fn active(conn: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::State.eq(StoreState::Active)).order_by_asc(Column::Id).all(conn).await?)
}
