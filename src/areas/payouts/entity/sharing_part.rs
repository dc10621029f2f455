//! Table `sharing_parts`.

use sea_orm::entity::prelude::*;

use crate::areas::payouts::state::PartResult;
use kernel::Fen;
use kernel::id::{SharingId, SharingPartId, ShopId};

/// What one receiver gets of a sharing request.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sharing_parts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SharingPartId,
    pub sharing_id: SharingId,
    pub shop_id: ShopId,
    /// `leader`, `supplier`, or `shop` for what it is due of a supplier's own merchant.
    #[sea_orm(column_type = "Text")]
    pub party_kind: String,
    pub party_id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub receiver_type: String,
    #[sea_orm(column_type = "Text")]
    pub account: String,
    pub amount_fen: Fen,
    pub result: PartResult,
    #[sea_orm(column_type = "Text", nullable)]
    pub fail_reason: Option<String>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
