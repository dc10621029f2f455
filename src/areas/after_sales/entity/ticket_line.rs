//! Table `ticket_lines`.

use sea_orm::entity::prelude::*;

use kernel::Fen;
use kernel::id::{OrderLineId, ShopId, TicketId};

/// What a ticket claims of one order line; once granted, what of it was left to give.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub ticket_id: TicketId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line_id: OrderLineId,
    pub shop_id: ShopId,
    pub quantity: i64,
    pub amount_fen: Fen,
    /// The line while the ticket is open: one open ticket a line.
    pub open_line: Option<OrderLineId>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
