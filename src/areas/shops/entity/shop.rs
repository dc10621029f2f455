//! Table `shops`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::ShopId;

/// A tenant: one mini-program with its merchant account. Credentials are sealed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shops")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShopId,
    /// The `{shop}` of callback paths, unique.
    #[sea_orm(column_type = "Text")]
    pub code: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// The mini-program, unique in the installation.
    #[sea_orm(column_type = "Text")]
    pub appid: String,
    /// Who signs. Of a shop with payments it stays, with `sub_mchid`, though its file name no account.
    #[sea_orm(column_type = "Text", nullable)]
    pub mchid: Option<String>,
    /// Empty for a direct merchant, so that (mchid, sub_mchid) is unique on both databases.
    #[sea_orm(column_type = "Text")]
    pub sub_mchid: String,
    /// What is not secret of the shop file: modes, ids, payout, marketplaces without secrets.
    #[sea_orm(column_type = "JsonBinary")]
    pub profile: Json,
    /// The secrets of the shop file, sealed with the master key.
    #[sea_orm(column_type = "Text")]
    pub sealed_secrets: String,
    /// The R-… settings, as one document.
    #[sea_orm(column_type = "JsonBinary")]
    pub settings: Json,
    /// Grows with every change, so that caches notice.
    pub version: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
