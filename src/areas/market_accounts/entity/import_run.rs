//! Table `import_runs`.

use sea_orm::entity::prelude::*;

use crate::areas::market_accounts::state::RunState;
use kernel::ListingKind;
use kernel::Time;
use kernel::id::{ImportId, ShopId, StoreId};

/// One import of marketplace goods, with its cursor.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ImportId,
    pub shop_id: ShopId,
    #[sea_orm(column_type = "Text")]
    pub marketplace: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub account: Option<String>,
    /// The store whose goods are taken in; affiliate goods have none.
    pub store_id: Option<StoreId>,
    pub listing: ListingKind,
    /// Begun by the clock, to look at goods again that were imported before; makes none.
    pub renewal: bool,
    #[sea_orm(column_type = "JsonBinary")]
    pub query: Json,
    pub state: RunState,
    #[sea_orm(column_type = "Text", nullable)]
    pub cursor: Option<String>,
    pub fetched: i64,
    pub created: i64,
    pub updated: i64,
    /// Goods of a store that the shop had already.
    pub linked: i64,
    pub refused: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub last_error: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub refusals: Json,
    /// Until when one worker alone has it (wall time); what is written names the lease it was taken under.
    pub lease_until: Option<Time>,
    /// When a paused run goes on by itself (business time); never when an operator paused it.
    pub resume_at: Option<Time>,
    /// Failed for want of a working store: it goes on by itself once the store works again.
    pub waits_for_store: bool,
    /// Passing failures in a row.
    pub failures: i32,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
