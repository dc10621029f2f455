//! Table `affiliate_bookings`.

use kernel::id::{AffiliateBookingId, AffiliateLineId, ShopId};
use kernel::{Fen, Time};
use sea_orm::entity::prelude::*;

use crate::areas::affiliate_orders::state::BookingKind;

/// One change of what a line earns: the cause of a journal.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "affiliate_bookings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AffiliateBookingId,
    pub shop_id: ShopId,
    pub line_id: AffiliateLineId,
    pub kind: BookingKind,
    /// Change of what the platform owes.
    pub net_fen: Fen,
    /// Change of the leader's part; what is released counts as it is moved.
    pub leader_fen: Fen,
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
