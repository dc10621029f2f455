//! Table `store_notices`.

use sea_orm::entity::prelude::*;

use crate::areas::stores::state::NoticeKind;
use kernel::Time;
use kernel::id::{OperatorId, ShopId, StoreId, StoreNoticeId};

/// A message that a platform has pushed and vouches for, kept so that its repetitions do nothing.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_notices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreNoticeId,
    pub shop_id: ShopId,
    pub store_id: StoreId,
    pub kind: NoticeKind,
    /// The platform's word for it.
    #[sea_orm(column_type = "Text")]
    pub topic: String,
    /// What repetitions of the same message share.
    #[sea_orm(column_type = "Text")]
    pub dedupe_key: String,
    /// The things it concerns, by the platform's ids.
    #[sea_orm(column_type = "JsonBinary")]
    pub external_ids: Json,
    /// Whether an operator must do something.
    pub is_task: bool,
    /// What of the orders is still to be erased because of it, as `Erasure` of the connectors.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub erases: Option<Json>,
    /// Orders whose receivers were erased because of it; `None` where nothing is erased by itself.
    pub erased: Option<i64>,
    pub done_at: Option<Time>,
    pub done_by: Option<OperatorId>,
    pub received_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
