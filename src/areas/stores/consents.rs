//! Consent pages that merchants were sent to: each `state` is good once and for ten minutes.

use chrono::Duration;
use kernel::Time;
use kernel::crypto::random;
use kernel::id::{OperatorId, ShopId, StoreId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::entity::store;
use super::entity::store_consent::{ActiveModel, Column, Entity, Model};
use super::error::StoreError;
use crate::platform::seal::token_hash;

/// How long a merchant may take on the platform's page.
const LIFE: Duration = Duration::minutes(10);
/// How long what came of a consent can be shown again.
const KEPT: Duration = Duration::days(1);

/// What came of a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The store works.
    Authorised,
    /// The platform names another merchant or site than the one chosen.
    OtherAccount,
    /// The merchant's store is bound to another entry already.
    Bound,
    /// The merchant, or the platform, said no.
    Refused,
    /// Our app is not set up for it as the platform wants.
    Misconfigured,
    /// The platform could not be asked, or not usefully; to be tried again.
    Unavailable,
}

/// Opens a consent and answers its `state`, which is kept nowhere. What is long over is forgotten.
pub async fn open(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    operator: OperatorId,
    wall: Time,
) -> Result<String, StoreError> {
    let over = Entity::delete_many().filter(Column::StoreId.eq(store)).filter(Column::EndsAt.lt(wall - KEPT));
    over.exec(conn).await?;
    let state = random::token();
    let row = ActiveModel {
        state_hash: Set(token_hash(&state)),
        shop_id: Set(shop),
        store_id: Set(store),
        operator_id: Set(operator),
        ends_at: Set(wall + LIFE),
        used_at: Set(None),
        outcome: Set(None),
        created_at: Set(wall),
    };
    Entity::insert(row).exec_without_returning(conn).await?;
    Ok(state)
}

/// The consent of a `state`, used or not.
pub async fn of_state(conn: &impl ConnectionTrait, state: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(token_hash(state)).one(conn).await?)
}

/// Consents under way for the stores of a marketplace whose merchant was named beforehand, newest
/// first: for platforms that send no `state` back.
pub async fn under_way(
    conn: &impl ConnectionTrait,
    marketplace: &str,
    wall: Time,
) -> Result<Vec<(Model, store::Model)>, StoreError> {
    let open = Entity::find()
        .filter(Column::UsedAt.is_null())
        .filter(Column::EndsAt.gt(wall))
        .order_by_desc(Column::CreatedAt)
        .all(conn)
        .await?;
    let stores = store::Entity::find()
        .filter(store::Column::Id.is_in(open.iter().map(|row| row.store_id)))
        .filter(store::Column::Marketplace.eq(marketplace))
        .filter(store::Column::ExternalId.is_not_null().or(store::Column::ExpectedId.is_not_null()))
        .all(conn)
        .await?;
    let paired = open.into_iter().filter_map(|row| {
        let store = stores.iter().find(|store| store.id == row.store_id)?.clone();
        Some((row, store))
    });
    Ok(paired.collect())
}

/// Uses a consent; of several calls one gets `true`, and after its ten minutes none.
pub async fn take(conn: &impl ConnectionTrait, row: &Model, wall: Time) -> Result<bool, StoreError> {
    let taken = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(wall))
        .filter(Column::StateHash.eq(row.state_hash.as_str()))
        .filter(Column::UsedAt.is_null())
        .filter(Column::EndsAt.gt(wall))
        .exec(conn)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Notes what came of a consent, for whoever loads the page again.
pub async fn ended(conn: &impl ConnectionTrait, row: &Model, outcome: Outcome) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::Outcome, Expr::value(kernel::words::wire(&outcome)))
        .filter(Column::StateHash.eq(row.state_hash.as_str()))
        .exec(conn)
        .await?;
    Ok(())
}

/// What came of a used consent; `None` while it is under way.
pub fn outcome_of(row: &Model) -> Option<Outcome> {
    serde_json::from_value(serde_json::Value::String(row.outcome.clone()?)).ok()
}
