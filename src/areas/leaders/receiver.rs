//! A leader's profit-sharing receiver: stored here, registered at WeChat by the payout flow.

use kernel::Time;
use kernel::id::{LeaderId, ShopId};
use sea_orm::sea_query::Expr;
use sea_orm::{QuerySelect, entity::prelude::*};

use super::entity::leader;
use super::error::LeaderError;
pub use crate::platform::receiver::{Receiver, ReceiverKind};
use crate::platform::seal::Sealer;

/// The receiver of a leader, if one is set.
pub fn of(sealer: &Sealer, leader: &leader::Model) -> Result<Option<Receiver>, LeaderError> {
    let stored = leader.receiver.as_ref();
    Ok(stored.map(|stored| Receiver::open(sealer, &place(leader.id), stored)).transpose()?)
}

/// Sets a leader's receiver, which then waits to be registered at WeChat; `None` takes it away.
pub async fn set(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    id: LeaderId,
    receiver: Option<&Receiver>,
    now: Time,
) -> Result<(), LeaderError> {
    let json = receiver.map(|receiver| receiver.seal(sealer, &place(id))).transpose()?;
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

/// Whether any leader of the shop receives under an account.
pub async fn is_used(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    kind: ReceiverKind,
    account: &str,
) -> Result<bool, LeaderError> {
    let stored: Vec<Json> = leader::in_shop(shop)
        .select_only()
        .column(leader::Column::Receiver)
        .filter(leader::Column::Receiver.is_not_null())
        .into_tuple()
        .all(conn)
        .await?;
    Ok(stored.iter().any(|stored| Receiver::is_at(stored, kind, account)))
}

fn place(id: LeaderId) -> String {
    format!("leaders.receiver_name:{id}")
}
