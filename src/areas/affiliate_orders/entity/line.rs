//! Table `affiliate_lines`.

use kernel::id::{AffiliateLineId, LeaderId, MemberId, ShopId};
use kernel::{BasisPoints, Fen, Time};
use sea_orm::entity::prelude::*;

use crate::areas::affiliate_orders::state::{LineStatus, Share};

/// One line of an order a marketplace served through our links.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "affiliate_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AffiliateLineId,
    pub shop_id: ShopId,
    #[sea_orm(column_type = "Text")]
    pub marketplace: String,
    /// The platform's id of the line.
    #[sea_orm(column_type = "Text")]
    pub line_key: String,
    /// The number the buyer sees.
    #[sea_orm(column_type = "Text", nullable)]
    pub order_no: Option<String>,
    pub status: LineStatus,
    #[sea_orm(column_type = "Text", nullable)]
    pub external_id: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub title: Option<String>,
    pub quantity: i64,
    /// What the buyer pays the platform.
    pub pay_fen: Fen,
    /// Our commission before the platform's fee, as last told.
    pub commission_fen: Fen,
    /// The platform's fee on it.
    pub service_fee_fen: Fen,
    /// A claim against it is open: nothing is released.
    pub claimed: bool,
    /// Whom the platform names, in the words of our mark.
    #[sea_orm(column_type = "Text", nullable)]
    pub mark_person: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub mark_group: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub position: Option<String>,
    /// Who bought, where the mark names one of our members.
    pub member_id: Option<MemberId>,
    /// Whose sale it is.
    pub leader_id: Option<LeaderId>,
    /// The leader's part of the settled commission, as it was when the line was attributed.
    pub rate_bp: BasisPoints,
    /// What is booked as owed by the platform.
    pub net_fen: Fen,
    /// What of it is booked for the leader.
    pub leader_fen: Fen,
    pub share: Share,
    /// When the leader's part becomes available (business time).
    pub release_at: Option<Time>,
    /// The platform's times: shown, never compared with ours.
    pub ordered_at: Option<Time>,
    pub paid_at: Option<Time>,
    pub received_at: Option<Time>,
    pub settled_at: Option<Time>,
    /// Orders the platform's tellings of this line.
    pub modified_at: Option<Time>,
    #[sea_orm(column_type = "JsonBinary")]
    pub extra: Json,
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
