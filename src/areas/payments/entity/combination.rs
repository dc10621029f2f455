//! Table `combinations`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{CheckoutId, CombinationId, ShopId};

/// One attempt to collect the money of several orders at once; the id is the combine_out_trade_no. Each
/// order has its own payment in it, which says how it stands.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "combinations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CombinationId,
    pub shop_id: ShopId,
    pub checkout_id: CheckoutId,
    /// The exact bytes sent, so that a repeat is identical.
    #[sea_orm(column_type = "Text")]
    pub request_body: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub prepay_id: Option<String>,
    /// Wall time: a prepay id lives two hours.
    pub prepaid_at: Option<Time>,
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
