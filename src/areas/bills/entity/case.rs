//! Table `bill_cases`.

use sea_orm::entity::prelude::*;

use crate::areas::bills::state::{BillKind, CaseCause, CaseClass, CaseState, Subject};
use kernel::id::{BillLineId, BillRunId, CaseId, OperatorId, ShopId};
use kernel::{Fen, Time};

/// A difference between a bill and ours. One thing has one case.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bill_cases")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CaseId,
    pub shop_id: ShopId,
    pub run_id: BillRunId,
    pub line_id: Option<BillLineId>,
    /// Of the bill it was found by.
    #[sea_orm(column_type = "Text")]
    pub day: String,
    pub kind: BillKind,
    pub subject: Subject,
    /// Our number where there is one, else the platform's.
    #[sea_orm(column_type = "Text")]
    pub subject_key: String,
    pub subject_id: Option<Uuid>,
    pub class: CaseClass,
    pub cause: CaseCause,
    #[sea_orm(column_type = "Text", nullable)]
    pub our_no: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub platform_no: Option<String>,
    pub ours_fen: Option<Fen>,
    pub theirs_fen: Option<Fen>,
    #[sea_orm(column_type = "Text", nullable)]
    pub detail: Option<String>,
    pub state: CaseState,
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
    /// None when a bill settled it.
    pub resolved_by: Option<OperatorId>,
    pub created_at: Time,
    pub resolved_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
