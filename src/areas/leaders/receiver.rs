//! A leader's profit-sharing receiver: stored here, registered at WeChat by the payout flow.

use kernel::Time;
use kernel::id::{LeaderId, ShopId};
use sea_orm::sea_query::Expr;
use sea_orm::{QuerySelect, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::entity::leader;
use super::error::LeaderError;
use crate::platform::seal::Sealer;

/// What the receiver's account is, in WeChat Pay's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum ReceiverKind {
    /// A merchant number; can return money.
    #[serde(rename = "MERCHANT_ID")]
    Merchant,
    /// A person's openid under our appid; can never return money.
    #[serde(rename = "PERSONAL_OPENID")]
    Person,
    /// A person's openid under the sub-merchant's appid.
    #[serde(rename = "PERSONAL_SUB_OPENID")]
    SubPerson,
}

/// Who receives a leader's shares.
#[derive(Clone, PartialEq, Eq)]
pub struct Receiver {
    /// Merchant or person.
    pub kind: ReceiverKind,
    /// Merchant number or openid.
    pub account: String,
    /// Full legal name; required for merchants.
    pub name: Option<String>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    r#type: ReceiverKind,
    account: String,
    sealed_name: Option<String>,
}

/// The receiver of a leader, if one is set.
pub fn of(sealer: &Sealer, leader: &leader::Model) -> Result<Option<Receiver>, LeaderError> {
    let Some(json) = leader.receiver.clone() else { return Ok(None) };
    let stored: Stored = serde_json::from_value(json).map_err(|error| LeaderError::Unreadable(error.to_string()))?;
    let name = stored.sealed_name.map(|name| sealer.open_text(&place(leader.id), &name)).transpose()?;
    Ok(Some(Receiver { kind: stored.r#type, account: stored.account, name }))
}

/// Sets a leader's receiver, which then waits to be registered at WeChat.
pub async fn set(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    id: LeaderId,
    receiver: &Receiver,
    now: Time,
) -> Result<(), LeaderError> {
    let name = receiver.name.as_deref().map(|name| sealer.seal(&place(id), name.as_bytes())).transpose()?;
    let stored = Stored { r#type: receiver.kind, account: receiver.account.clone(), sealed_name: name };
    let json = serde_json::to_value(stored).map_err(|error| LeaderError::Unreadable(error.to_string()))?;
    let changed = leader::Entity::update_many()
        .col_expr(leader::Column::Receiver, Expr::value(json))
        .col_expr(leader::Column::ReceiverAddedAt, Expr::value(None::<Time>))
        .col_expr(leader::Column::UpdatedAt, Expr::value(now))
        .filter(leader::Column::ShopId.eq(shop))
        .filter(leader::Column::Id.eq(id))
        .exec(conn)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(LeaderError::NotFound) }
}

/// Leaders whose receiver waits to be registered at WeChat, oldest first.
pub async fn waiting(conn: &impl ConnectionTrait, shop: ShopId, limit: u64) -> Result<Vec<leader::Model>, LeaderError> {
    let rows = leader::in_shop(shop)
        .filter(leader::Column::Receiver.is_not_null())
        .filter(leader::Column::ReceiverAddedAt.is_null())
        .limit(limit)
        .all(conn)
        .await?;
    Ok(rows)
}

/// Notes that WeChat knows the receiver. `leader` is the row that was registered: when the receiver
/// has been changed meanwhile nothing is noted and the answer is `false`.
pub async fn note_added(conn: &impl ConnectionTrait, leader: &leader::Model, now: Time) -> Result<bool, LeaderError> {
    let changed = leader::Entity::update_many()
        .col_expr(leader::Column::ReceiverAddedAt, Expr::value(now))
        .filter(leader::Column::ShopId.eq(leader.shop_id))
        .filter(leader::Column::Id.eq(leader.id))
        .filter(leader::Column::UpdatedAt.eq(leader.updated_at))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}

fn place(id: LeaderId) -> String {
    format!("leaders.receiver_name:{id}")
}
