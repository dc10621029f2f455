//! Table `suppliers`.

use sea_orm::entity::prelude::*;

use crate::areas::suppliers::state::{Payout, SupplierState, Terms};
use kernel::id::{MemberId, ShopId, SupplierId};
use kernel::{BasisPoints, Time};

/// Who provides goods that the shop sells.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "suppliers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SupplierId,
    pub shop_id: ShopId,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Who is called.
    #[sea_orm(column_type = "Text", nullable)]
    pub contact: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub sealed_phone: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub phone_mask: Option<String>,
    pub state: SupplierState,
    /// Sends its goods itself and keeps the freight; its goods take no 满减.
    pub independent: bool,
    pub terms: Terms,
    /// What the shop keeps of the base; 0 with a settlement price.
    pub service_fee_bp: BasisPoints,
    /// Days of one statement.
    pub settlement_days: i32,
    pub payout: Payout,
    /// The sub-merchant that collects its money itself.
    #[sea_orm(column_type = "Text", nullable)]
    pub sub_mchid: Option<String>,
    /// Where shares go: type, account, sealed name.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub receiver: Option<Json>,
    pub receiver_added_at: Option<Time>,
    /// Who takes its transfers in the mini-program.
    pub payee_member_id: Option<MemberId>,
    /// His name as the wallet has it, which large transfers need.
    #[sea_orm(column_type = "Text", nullable)]
    pub sealed_payee_name: Option<String>,
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
