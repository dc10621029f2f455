//! Parcels as the platform is told of them.

use kernel::Time;
use kernel::id::{MarketShipmentId, ShopId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, IntoActiveModel, entity::prelude::*};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entity::shipment::{Column, Entity, Model, in_shop};
use super::entity::{carriers, order};
use super::error::MarketOrderError;
use super::state::ShipmentState;

/// Pieces of one line in a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// The platform's id of the line.
    pub line_key: String,
    /// Pieces.
    pub quantity: i64,
}

/// Longest error kept, in characters.
const ERROR_LENGTH: usize = 300;

/// Writes a new parcel.
pub async fn add(conn: &impl ConnectionTrait, row: Model) -> Result<(), MarketOrderError> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(conn).await?;
    Ok(())
}

/// The parcel with this id.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: MarketShipmentId,
) -> Result<Option<Model>, MarketOrderError> {
    Ok(in_shop(shop).filter(Column::Id.eq(id)).one(conn).await?)
}

/// What is in a parcel.
///
/// # Errors
/// [`MarketOrderError::Unreadable`].
pub fn packed(row: &Model) -> Result<Vec<Packed>, MarketOrderError> {
    serde_json::from_value(row.lines.clone()).map_err(|error| MarketOrderError::Unreadable { what: "parcel", error })
}

/// Notes before telling that the platform may hear of it from now on; with `None`, that it has not.
pub async fn asked(
    conn: &impl ConnectionTrait,
    row: &Model,
    at: Option<Time>,
    now: Time,
) -> Result<bool, MarketOrderError> {
    let update = Entity::update_many()
        .col_expr(Column::AskedAt, Expr::value(at))
        .col_expr(Column::State, Expr::value(ShipmentState::Pending))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(row.state));
    Ok(update.exec(conn).await?.rows_affected == 1)
}

/// The platform's word about a parcel.
#[derive(Clone, Debug)]
pub enum Said {
    /// It has it, under this id of its own.
    Has(Option<String>),
    /// It does not take it, and why.
    No(String),
}

/// Writes the platform's word down, once; says whether this was the one.
pub async fn said(conn: &impl ConnectionTrait, row: &Model, said: &Said, now: Time) -> Result<bool, MarketOrderError> {
    let (state, external_id, error) = match said {
        Said::Has(id) => (ShipmentState::Told, id.clone(), None),
        Said::No(why) => (ShipmentState::Refused, None, Some(why.chars().take(ERROR_LENGTH).collect::<String>())),
    };
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::ExternalId, Expr::value(external_id))
        .col_expr(Column::Error, Expr::value(error))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.is_in([ShipmentState::Pending, ShipmentState::Refused]));
    Ok(update.exec(conn).await?.rows_affected == 1)
}

/// Keeps what carriers a store's platform knows.
pub async fn keep_carriers(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    known: Value,
    wall: Time,
) -> Result<(), MarketOrderError> {
    let row = carriers::ActiveModel {
        store_id: Set(order.store_id),
        shop_id: Set(order.shop_id),
        carriers: Set(known),
        read_at: Set(wall),
    };
    let mut again = OnConflict::column(carriers::Column::StoreId);
    again.update_columns([carriers::Column::Carriers, carriers::Column::ReadAt]);
    carriers::Entity::insert(row).on_conflict(again).exec_without_returning(conn).await?;
    Ok(())
}
