//! Table `picture_copies`.

use sea_orm::entity::prelude::*;

use crate::areas::market_accounts::state::CopyState;
use kernel::Time;
use kernel::id::{GoodsId, ImportId, PictureCopyId, ShopId};

/// A picture of imported goods on its way to our storage.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "picture_copies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PictureCopyId,
    pub shop_id: ShopId,
    pub run_id: ImportId,
    pub goods_id: GoodsId,
    /// Where it lies at the platform.
    #[sea_orm(column_type = "Text")]
    pub address: String,
    pub state: CopyState,
    pub attempts: i32,
    /// When it may be tried (wall time); a worker that takes it moves this on.
    pub due_at: Time,
    /// Its address here.
    #[sea_orm(column_type = "Text", nullable)]
    pub stored: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub trouble: Option<String>,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
