//! Table `outbox`.

use sea_orm::entity::prelude::*;

use crate::platform::outbox::EffectState;
use kernel::Time;
use kernel::id::{EffectId, ShopId};

/// An outside effect, written in the transaction that wants it, delivered after it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EffectId,
    pub shop_id: ShopId,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// A second effect with the same key is the same effect.
    #[sea_orm(column_type = "Text", nullable)]
    pub dedupe_key: Option<String>,
    pub state: EffectState,
    pub attempts: i32,
    /// Wall time.
    pub run_at: Time,
    pub lease_until: Option<Time>,
    #[sea_orm(column_type = "Text", nullable)]
    pub last_error: Option<String>,
    pub created_at: Time,
    pub done_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
