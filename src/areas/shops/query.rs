//! Reading shops. A [`Shop`] is the row made usable: typed, secrets opened.

use std::sync::Arc;

use kernel::Time;
use kernel::id::ShopId;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use super::entity::shop;
use super::error::ShopError;
use super::profile::{Profile, ShopSecrets};
use super::service::secrets_place;
use super::settings::Settings;
use crate::platform::seal::Sealer;

/// A shop as the product works with it.
#[derive(Debug)]
pub struct Shop {
    /// The shop.
    pub id: ShopId,
    /// The callback path's word.
    pub code: String,
    /// For people.
    pub name: String,
    /// Its mini-program.
    pub appid: String,
    /// What is not secret.
    pub profile: Profile,
    /// What is; `Debug` prints nothing of it.
    pub secrets: ShopSecrets,
    /// The R-… settings.
    pub settings: Settings,
    /// Grows with every change.
    pub version: i64,
    /// Since when it is here.
    pub created_at: Time,
}

/// Every shop of the installation, opened.
pub async fn all(conn: &impl ConnectionTrait, sealer: &Sealer) -> Result<Vec<Arc<Shop>>, ShopError> {
    let rows = shop::Entity::find().order_by_asc(shop::Column::Id).all(conn).await?;
    rows.into_iter().map(|row| opened(row, sealer).map(Arc::new)).collect()
}

/// The ids and versions of all shops, to notice a change cheaply.
pub async fn versions(conn: &impl ConnectionTrait) -> Result<Vec<(ShopId, i64)>, ShopError> {
    let rows = shop::Entity::find()
        .select_only()
        .columns([shop::Column::Id, shop::Column::Version])
        .order_by_asc(shop::Column::Id)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows)
}

/// The shop with this code, as stored now.
pub async fn id_of(conn: &impl ConnectionTrait, code: &str) -> Result<Option<ShopId>, ShopError> {
    let row = shop::Entity::find().filter(shop::Column::Code.eq(code)).one(conn).await?;
    Ok(row.map(|row| row.id))
}

/// A shop's settings as stored now, where the ones at hand may be some seconds old.
pub async fn settings(conn: &impl ConnectionTrait, id: ShopId) -> Result<Settings, ShopError> {
    let row = shop::Entity::find_by_id(id).one(conn).await?.ok_or_else(|| ShopError::Unknown(id.to_string()))?;
    serde_json::from_value(row.settings).map_err(|error| ShopError::Unreadable("settings", error.to_string()))
}

fn opened(row: shop::Model, sealer: &Sealer) -> Result<Shop, ShopError> {
    let unreadable =
        |what: &'static str| move |error: serde_json::Error| ShopError::Unreadable(what, error.to_string());
    let secrets = sealer
        .open(&secrets_place(row.id), &row.sealed_secrets)
        .map_err(|error| ShopError::Unreadable("secrets", error.to_string()))?;
    Ok(Shop {
        id: row.id,
        code: row.code,
        name: row.name,
        appid: row.appid,
        profile: serde_json::from_value(row.profile).map_err(unreadable("profile"))?,
        secrets: serde_json::from_slice(&secrets).map_err(unreadable("secrets"))?,
        settings: serde_json::from_value(row.settings).map_err(unreadable("settings"))?,
        version: row.version,
        created_at: row.created_at,
    })
}
