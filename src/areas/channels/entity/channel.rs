//! Table `store_channels`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{ShopId, StoreId, StoreSkuId};

/// How a store is told its stock, and how far that is.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_channels")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub store_id: StoreId,
    pub shop_id: ShopId,
    /// [`super::super::PushRule`].
    #[sea_orm(column_type = "JsonBinary")]
    pub rule: Json,
    /// Until when one worker alone tells the store (wall time).
    pub lease_until: Option<Time>,
    /// Not before (business time): the platform refused, or is down.
    pub rest_until: Option<Time>,
    /// When the rest began (business time): it ends when the store changes.
    pub rested_at: Option<Time>,
    /// Failures in a row.
    pub failures: i32,
    #[sea_orm(column_type = "Text", nullable)]
    pub last_error: Option<String>,
    /// When its lines are compared with the pool again (business time).
    pub check_at: Time,
    /// The line that the comparison has come to; `None`: it begins.
    pub checked_to: Option<StoreSkuId>,
    /// When what it shows is read again (business time).
    pub reconcile_at: Time,
    /// Until when one worker alone reads it (wall time).
    pub reconcile_lease_until: Option<Time>,
    /// The reading under way, or the last one (business time).
    pub reconcile_began_at: Option<Time>,
    /// Its next page.
    #[sea_orm(column_type = "Text", nullable)]
    pub reconcile_cursor: Option<String>,
    pub reconcile_failures: i32,
    #[sea_orm(column_type = "Text", nullable)]
    pub reconcile_error: Option<String>,
    /// When the last reading came to its end (business time).
    pub reconciled_at: Option<Time>,
    /// Variants compared by that reading.
    pub goods_read: i64,
    /// Differences it found.
    pub drifted: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
