//! Table `market_order_feeds`.

use sea_orm::entity::prelude::*;

use crate::areas::market_orders::state::Oversold;
use kernel::Time;
use kernel::id::{ShopId, StoreId};

/// How far one store's orders have been read, and what becomes of them.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "market_order_feeds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub store_id: StoreId,
    pub shop_id: ShopId,
    /// Every change up to here has been read (the platform's time, which is wall time).
    pub watermark: Time,
    /// The window being read, while it has further pages.
    pub window_from: Option<Time>,
    pub window_until: Option<Time>,
    /// Its next page.
    #[sea_orm(column_type = "Text", nullable)]
    pub cursor: Option<String>,
    /// When to go on (business time).
    pub next_at: Time,
    /// When open orders are read again by their numbers (business time).
    pub reread_at: Time,
    /// Until when one worker alone has it (wall time); what is written names the lease.
    pub lease_until: Option<Time>,
    /// Failures in a row.
    pub failures: i32,
    #[sea_orm(column_type = "Text", nullable)]
    pub last_error: Option<String>,
    /// When an operator last asked for a reading (business time).
    pub asked_at: Option<Time>,
    /// When the reading under way began (business time).
    pub began_at: Option<Time>,
    /// When everything there was had last been read (business time).
    pub finished_at: Option<Time>,
    /// Orders seen for the first time in the last reading, or the one under way.
    pub seen_new: i64,
    /// Orders it changed.
    pub seen_changed: i64,
    /// What becomes of what the platform sold and we no longer had.
    pub oversold: Oversold,
    /// Whether the platform is told of parcels.
    pub push_shipments: bool,
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
