//! Table `complaint_actions`.

use sea_orm::entity::prelude::*;

use crate::areas::complaints::state::{ActionKind, ActionState};
use kernel::Time;
use kernel::id::{ComplaintActionId, ComplaintId, OperatorId, ShopId};

/// What the shop says or does about a complaint. All times are wall time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "complaint_actions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ComplaintActionId,
    pub shop_id: ShopId,
    pub complaint_id: ComplaintId,
    pub kind: ActionKind,
    #[sea_orm(column_type = "Text", nullable)]
    pub content: Option<String>,
    /// For a refund that is promised: within how many days.
    pub refund_days: Option<i32>,
    /// The pictures of an answer: names of our files.
    #[sea_orm(column_type = "JsonBinary")]
    pub pictures: Json,
    /// WeChat's numbers of the first of them, as far as they were uploaded.
    #[sea_orm(column_type = "JsonBinary")]
    pub media_ids: Json,
    pub state: ActionState,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    pub operator_id: OperatorId,
    /// When it was sent first; its answer may have been lost.
    pub sent_at: Option<Time>,
    pub done_at: Option<Time>,
    pub created_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The names of an answer's pictures, as our files are called.
    pub fn picture_names(&self) -> Vec<String> {
        super::texts(&self.pictures)
    }

    /// WeChat's numbers of the pictures that were uploaded.
    pub fn media(&self) -> Vec<String> {
        super::texts(&self.media_ids)
    }
}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
