//! Table `transfers`.

use sea_orm::entity::prelude::*;

use crate::areas::payouts::state::TransferState;
use kernel::id::{ShopId, SupplierStatementId, TransferId, WithdrawalId};
use kernel::{Fen, Time};

/// One transfer to a person's wallet; the id without underscore is the out_bill_no.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transfers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TransferId,
    pub shop_id: ShopId,
    /// A leader's withdrawal it pays, or
    pub withdrawal_id: Option<WithdrawalId>,
    /// a supplier's statement.
    pub statement_id: Option<SupplierStatementId>,
    /// The merchant that pays; under another the same number would be a second transfer.
    #[sea_orm(column_type = "Text")]
    pub mchid: String,
    pub state: TransferState,
    pub amount_fen: Fen,
    #[sea_orm(column_type = "Text")]
    pub openid: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub request_body: Option<String>,
    /// Wall time of the last sending that may have arrived and has no answer yet.
    pub unanswered_at: Option<Time>,
    #[sea_orm(column_type = "Text", nullable)]
    pub platform_bill_no: Option<String>,
    /// What the mini-program opens the confirmation with.
    #[sea_orm(column_type = "Text", nullable)]
    pub package_info: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub fail_reason: Option<String>,
    /// Wall time.
    pub next_query_at: Option<Time>,
    pub queries: i32,
    pub created_at: Time,
    pub finished_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
