//! Table `market_orders`.

use sea_orm::entity::prelude::*;

use crate::areas::market_orders::state::{EndedBy, OrderState, RemoteState};
use kernel::Time;
use kernel::id::{MarketOrderId, ShopId, StoreId};

/// An order of a store, as its platform tells it and as far as we are with it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "market_orders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MarketOrderId,
    pub shop_id: ShopId,
    pub store_id: StoreId,
    /// The platform's number.
    #[sea_orm(column_type = "Text")]
    pub external_id: String,
    /// Where it came from, for accounts that gather orders of many stores.
    #[sea_orm(column_type = "Text", nullable)]
    pub origin: Option<String>,
    pub state: OrderState,
    pub remote_state: RemoteState,
    /// The platform's own words for it.
    #[sea_orm(column_type = "Text")]
    pub wire_state: String,
    /// The platform holds it back: not to be sent.
    pub held: bool,
    /// The buyer asks for money back: not to be sent meanwhile.
    pub refunding: bool,
    /// Who ended it, where it was cancelled.
    pub ended_by: Option<EndedBy>,
    /// What the buyer pays there, in minor units of `currency`. Never booked here.
    pub total_minor: i64,
    pub shipping_minor: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub currency: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub buyer: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub buyer_note: Option<String>,
    /// An operator's.
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
    /// What lists may show of the receiver.
    #[sea_orm(column_type = "JsonBinary")]
    pub receiver: Json,
    /// The whole of it, sealed.
    #[sea_orm(column_type = "Text", nullable)]
    pub sealed_receiver: Option<String>,
    pub receiver_erased_at: Option<Time>,
    /// Parcels the platform knows of.
    #[sea_orm(column_type = "JsonBinary")]
    pub parcels: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub extra: Json,
    /// The platform's times: shown, never compared with ours.
    pub placed_at: Option<Time>,
    pub paid_at: Option<Time>,
    pub sent_at: Option<Time>,
    pub over_at: Option<Time>,
    pub ship_before: Option<Time>,
    /// Orders the platform's tellings.
    pub modified_at: Option<Time>,
    /// A keyed hash of the last telling.
    #[sea_orm(column_type = "Text")]
    pub fingerprint: String,
    /// Whether anything may still change: read again by its number.
    pub is_open: bool,
    /// When it was last read (business time).
    pub read_at: Time,
    pub confirmed_at: Option<Time>,
    pub shipped_at: Option<Time>,
    /// When it was over for us (business time); its receiver is kept for a while after that.
    pub ended_at: Option<Time>,
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
