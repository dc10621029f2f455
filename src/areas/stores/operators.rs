//! Which operators are bound to which stores, and for what.

use std::collections::{BTreeSet, HashMap};

use kernel::Time;
use kernel::id::{OperatorId, ShopId, StoreId};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use super::entity::store_operator::{ActiveModel, Column, Entity, Model};
use super::error::StoreError;
use super::state::Duty;

/// The stores an operator is bound to, with his duties.
pub async fn bound(
    conn: &impl ConnectionTrait,
    operator: OperatorId,
) -> Result<HashMap<StoreId, BTreeSet<Duty>>, StoreError> {
    let mut bound: HashMap<StoreId, BTreeSet<Duty>> = HashMap::new();
    for row in Entity::find().filter(Column::OperatorId.eq(operator)).all(conn).await? {
        bound.entry(row.store_id).or_default().insert(row.duty);
    }
    Ok(bound)
}

/// Who is bound to a store.
pub async fn of_store(conn: &impl ConnectionTrait, store: StoreId) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::StoreId.eq(store)).all(conn).await?)
}

/// Binds these operators to a store and nobody else.
pub async fn replace(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    operators: &BTreeSet<(OperatorId, Duty)>,
    now: Time,
) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::StoreId.eq(store)).exec(conn).await?;
    let rows = operators.iter().map(|(operator, duty)| ActiveModel {
        store_id: Set(store),
        operator_id: Set(*operator),
        shop_id: Set(shop),
        duty: Set(*duty),
        created_at: Set(now),
    });
    if !operators.is_empty() {
        Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    Ok(())
}
