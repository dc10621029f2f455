//! Table `ticket_events`.

use sea_orm::entity::prelude::*;

use crate::areas::after_sales::state::TicketState;
use kernel::Time;
use kernel::id::{ShopId, TicketEventId, TicketId};

/// One entry of a ticket's timeline.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TicketEventId,
    pub shop_id: ShopId,
    pub ticket_id: TicketId,
    /// `asked`, `return_shipped`, `cut_down`, …, or the word of a [`crate::areas::after_sales::state::TicketEvent`].
    #[sea_orm(column_type = "Text")]
    pub what: String,
    /// Where the ticket stood after it.
    pub state: TicketState,
    /// `member:…`, `leader:…`, `operator:…` or `system`.
    #[sea_orm(column_type = "Text")]
    pub actor: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
    pub at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
