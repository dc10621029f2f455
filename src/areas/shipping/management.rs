//! Whether a shop's mini-program is under trade management, remembered with an age.

use chrono::Duration;
use kernel::Time;
use kernel::id::ShopId;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use super::entity::management::{self, Column};

/// How long an answer is believed.
pub const AGE_MOST: Duration = Duration::hours(24);

/// What is remembered of a shop.
pub async fn of(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Option<management::Model>, DbErr> {
    management::in_shop(shop).one(conn).await
}

/// Whether a shop is known to be managed, however long ago that was learnt.
pub async fn is_known_managed(conn: &impl ConnectionTrait, shop: ShopId) -> Result<bool, DbErr> {
    Ok(of(conn, shop).await?.is_some_and(|row| row.managed))
}

/// Whether a shop is known not to be managed, by an answer that is still believed.
pub async fn is_known_free(conn: &impl ConnectionTrait, shop: ShopId, wall: Time) -> Result<bool, DbErr> {
    Ok(of(conn, shop).await?.is_some_and(|row| !row.managed && wall < row.asked_at + AGE_MOST))
}

/// Remembers an answer. The first list of what is not shipped is asked for a day later.
pub async fn keep(conn: &impl ConnectionTrait, shop: ShopId, managed: bool, wall: Time) -> Result<(), DbErr> {
    let row = management::ActiveModel {
        shop_id: Set(shop),
        managed: Set(managed),
        asked_at: Set(wall),
        listed_at: Set(wall),
        carriers: Set(Json::Array(Vec::new())),
        carriers_at: Set(None),
    };
    let known = OnConflict::column(Column::ShopId).update_columns([Column::Managed, Column::AskedAt]).to_owned();
    management::Entity::insert(row).on_conflict(known).exec_without_returning(conn).await?;
    Ok(())
}

/// Notes that the list was asked for; `false` when another process did since `known`.
pub async fn listed(conn: &impl ConnectionTrait, known: &management::Model, wall: Time) -> Result<bool, DbErr> {
    let noted = management::Entity::update_many()
        .col_expr(Column::ListedAt, Expr::value(wall))
        .filter(Column::ShopId.eq(known.shop_id))
        .filter(Column::ListedAt.eq(known.listed_at))
        .exec(conn)
        .await?;
    Ok(noted.rows_affected == 1)
}

/// Keeps the carriers, as pairs of id and name.
pub async fn keep_carriers(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    carriers: &[(String, String)],
    wall: Time,
) -> Result<(), DbErr> {
    let list = carriers.iter().map(|(id, name)| serde_json::json!([id, name])).collect();
    management::Entity::update_many()
        .col_expr(Column::Carriers, Expr::value(Json::Array(list)))
        .col_expr(Column::CarriersAt, Expr::value(wall))
        .filter(Column::ShopId.eq(shop))
        .exec(conn)
        .await?;
    Ok(())
}

impl management::Model {
    /// The carriers, as pairs of id and name.
    pub fn known_carriers(&self) -> Vec<(String, String)> {
        serde_json::from_value(self.carriers.clone()).unwrap_or_default()
    }
}
