//! Redemptions: what was handed over against a code, when and by whom.

use kernel::id::{LeaderId, MemberId, OrderId, OrderLineId, RedemptionId, ShopId};
use kernel::{Code, Coded, Time};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::entity::{redemption, verifier};

/// Why a code is not redeemed.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// No such code, or another leader's: the two are not told apart.
    #[error("no order to be handed over here has this code")]
    CodeUnknown,
    /// Nothing is left to hand over.
    #[error("everything was handed over already")]
    AlreadyRedeemed {
        /// When.
        at: Time,
        /// By whom, as shown to people; `None` when no code was redeemed.
        by: Option<String>,
    },
    /// What was asked for is not here yet.
    #[error("the goods are not at the pickup point")]
    NotArrived,
    /// The stored lines cannot be read.
    #[error("a redemption cannot be read or written: {0}")]
    Stored(#[from] serde_json::Error),
    /// The database failed.
    #[error("redemption storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for RedeemError {
    fn code(&self) -> Code {
        match self {
            RedeemError::CodeUnknown => Code::PickupCodeUnknown,
            RedeemError::AlreadyRedeemed { .. } => Code::PickupAlreadyRedeemed,
            RedeemError::NotArrived => Code::PickupNotArrived,
            RedeemError::Stored(_) | RedeemError::Db(_) => Code::Internal,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            RedeemError::AlreadyRedeemed { at, by } => Some(json!({ "redeemed_at": at, "by": by })),
            _ => None,
        }
    }
}

/// Units of a line that changed hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// The line.
    pub line_id: OrderLineId,
    /// How many.
    pub quantity: i64,
}

/// Writes down a hand-over by `member`, who acts for `leader`.
pub async fn record(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
    leader: LeaderId,
    member: MemberId,
    handed: &[Handed],
    now: Time,
) -> Result<redemption::Model, RedeemError> {
    let row = redemption::Model {
        id: RedemptionId::new(),
        shop_id: shop,
        order_id: order,
        leader_id: leader,
        member_id: member,
        lines: serde_json::to_value(handed)?,
        at: now,
    };
    redemption::Entity::insert(redemption::ActiveModel::from(row.clone())).exec_without_returning(conn).await?;
    Ok(row)
}

/// The latest redemption of an order.
pub async fn latest(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Option<redemption::Model>, RedeemError> {
    Ok(redemption::in_shop(shop)
        .filter(redemption::Column::OrderId.eq(order))
        .order_by_desc(redemption::Column::Id)
        .one(conn)
        .await?)
}

/// The name of a leader's verifier, removed ones too: history keeps its names.
pub async fn verifier_name(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    member: MemberId,
) -> Result<Option<String>, RedeemError> {
    let row = verifier::in_shop(shop)
        .filter(verifier::Column::LeaderId.eq(leader))
        .filter(verifier::Column::MemberId.eq(member))
        .one(conn)
        .await?;
    Ok(row.map(|verifier| verifier.name))
}
