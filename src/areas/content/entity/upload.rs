//! Table `uploads`.

use sea_orm::entity::prelude::*;

use crate::areas::content::state::UploadState;
use kernel::Time;
use kernel::id::{MemberId, ShopId, UploadId};

/// A file on its way in: signed first, then filled.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "uploads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UploadId,
    pub shop_id: ShopId,
    pub member_id: Option<MemberId>,
    #[sea_orm(column_type = "Text")]
    pub purpose: String,
    #[sea_orm(column_type = "Text")]
    pub content_type: String,
    /// Most bytes of the file.
    pub size: i64,
    pub state: UploadState,
    /// The file's name.
    #[sea_orm(column_type = "Text", nullable)]
    pub path: Option<String>,
    pub created_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
