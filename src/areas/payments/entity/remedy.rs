//! Table `refund_remedies`.

use sea_orm::entity::prelude::*;

use crate::areas::payments::remedies::{RemedyState, RemedyWay};
use kernel::Time;
use kernel::id::{OperatorId, RefundId, RemedyId, ShopId};

/// What an operator did about a refund that could not go the way it came.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund_remedies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RemedyId,
    pub shop_id: ShopId,
    pub refund_id: RefundId,
    pub way: RemedyWay,
    pub state: RemedyState,
    /// The refund while this is under way: one at a time.
    pub open_refund: Option<RefundId>,
    /// The exact request; what is secret in it is encrypted for the platform.
    #[sea_orm(column_type = "Text", nullable)]
    pub body: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub serial: Option<String>,
    /// To which card, masked; or how it was paid.
    #[sea_orm(column_type = "Text")]
    pub note: String,
    /// The address of a picture that proves it.
    #[sea_orm(column_type = "Text", nullable)]
    pub proof: Option<String>,
    pub operator_id: OperatorId,
    /// When it was sent first.
    pub sent_at: Option<Time>,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    pub created_at: Time,
    pub ended_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
