//! Reading operators.

use kernel::id::{OperatorId, ShopId};
use sea_orm::{PaginatorTrait, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::operator;
use super::error::OperatorError;
use super::role::Role;

/// The most operators a shop lists.
const LIST_MAX: u64 = 500;

/// The operator with this user name; names are unique in the installation and in lower case.
pub async fn by_username(
    conn: &impl ConnectionTrait,
    username: &str,
) -> Result<Option<operator::Model>, OperatorError> {
    Ok(operator::Entity::find().filter(operator::Column::Username.eq(username)).one(conn).await?)
}

/// The operator with this id.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: OperatorId,
) -> Result<Option<operator::Model>, OperatorError> {
    Ok(operator::in_shop(shop).filter(operator::Column::Id.eq(id)).one(conn).await?)
}

/// A shop's operators, oldest first.
pub async fn list(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<operator::Model>, OperatorError> {
    Ok(operator::in_shop(shop).order_by_asc(operator::Column::Id).limit(LIST_MAX).all(conn).await?)
}

/// How many owners of a shop can sign in.
pub async fn owners(conn: &impl ConnectionTrait, shop: ShopId) -> Result<u64, OperatorError> {
    let owners = operator::in_shop(shop)
        .filter(operator::Column::Role.eq(Role::Owner))
        .filter(operator::Column::DisabledAt.is_null());
    Ok(owners.count(conn).await?)
}
