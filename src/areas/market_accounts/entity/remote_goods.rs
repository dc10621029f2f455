//! Table `remote_goods`.

use sea_orm::entity::prelude::*;

use kernel::ListingKind;
use kernel::Time;
use kernel::id::{GoodsId, RemoteGoodsId, ShopId};

/// Goods as a marketplace shows them, tied to ours.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "remote_goods")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RemoteGoodsId,
    pub shop_id: ShopId,
    #[sea_orm(column_type = "Text")]
    pub marketplace: String,
    /// The store's id, since ids of goods may be each store's own; empty for affiliate goods.
    #[sea_orm(column_type = "Text")]
    pub account: String,
    #[sea_orm(column_type = "Text")]
    pub external_id: String,
    pub listing: ListingKind,
    pub goods_id: GoodsId,
    #[sea_orm(column_type = "JsonBinary")]
    pub snapshot: Json,
    /// When to look at it again (business time).
    pub look_at: Time,
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
