//! Table `affiliate_feeds`.

use kernel::Time;
use kernel::id::ShopId;
use sea_orm::entity::prelude::*;

/// How far the lines of one marketplace have been read for one shop.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "affiliate_feeds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub shop_id: ShopId,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub marketplace: String,
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
    /// Until when one worker alone has it (wall time); what is written names the lease.
    pub lease_until: Option<Time>,
    /// Failures in a row.
    pub failures: i32,
    #[sea_orm(column_type = "Text", nullable)]
    pub last_error: Option<String>,
    /// When everything there was had last been read (business time).
    pub finished_at: Option<Time>,
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
