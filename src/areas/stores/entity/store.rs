//! Table `stores`.

use sea_orm::entity::prelude::*;

use crate::areas::stores::state::StoreState;
use kernel::Time;
use kernel::id::{OperatorId, ShopId, StoreId};

/// A merchant's store at a marketplace, as a shop has bound it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stores")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreId,
    pub shop_id: ShopId,
    #[sea_orm(column_type = "Text")]
    pub marketplace: String,
    /// Letters, digits and underscores; unique in the shop.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub display_name: String,
    /// Whose app acts: `self` or `third_party`.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// The country's part of the marketplace; empty where it has one.
    #[sea_orm(column_type = "Text")]
    pub site: String,
    /// The merchant's id there as an operator entered it beforehand: nobody else may authorise.
    #[sea_orm(column_type = "Text", nullable)]
    pub expected_id: Option<String>,
    /// The merchant's id there, once he has authorised; no other entry of the installation has it then.
    #[sea_orm(column_type = "Text", nullable)]
    pub external_id: Option<String>,
    /// The merchant of a store that was taken off: what he asks of his buyers' data is still heard.
    #[sea_orm(column_type = "Text", nullable)]
    pub former_id: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub external_name: Option<String>,
    /// What the operator entered, in the platform's own words; nothing secret.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// What the authorisation told and calls need.
    #[sea_orm(column_type = "JsonBinary")]
    pub told: Json,
    /// The rights granted, in the platform's words.
    #[sea_orm(column_type = "JsonBinary")]
    pub scopes: Json,
    /// The company behind the store, to be compared with the mini-program's.
    #[sea_orm(column_type = "Text", nullable)]
    pub legal_subject: Option<String>,
    pub state: StoreState,
    /// What is wrong, for people.
    #[sea_orm(column_type = "Text", nullable)]
    pub trouble: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub sealed_tokens: Option<String>,
    /// One more with every new set of tokens: whoever replaces them names the one he read.
    pub token_version: i64,
    /// When the access token ends (wall time); never, when there is none.
    pub tokens_end_at: Option<Time>,
    /// When it is due for renewal (wall time).
    pub renew_at: Option<Time>,
    /// When the merchant must authorise again, as far as the platform tells (wall time).
    pub consent_ends_at: Option<Time>,
    /// Until when one holder alone renews (wall time).
    pub renewing_until: Option<Time>,
    /// Renewals in a row that the platform has refused.
    pub renewal_failures: i32,
    /// After a failure: until when no renewal is tried (wall time).
    pub renewal_rests_until: Option<Time>,
    pub authorised_by: Option<OperatorId>,
    pub authorised_at: Option<Time>,
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
