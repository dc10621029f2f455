//! Writing sharing and unfreezing requests and their parts.

use chrono::Duration;
use kernel::id::{OrderId, PaymentId, SharingId, SharingPartId, ShopId};
use kernel::{Fen, Time};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*};
use uuid::Uuid;

use super::entity::{sharing, sharing_part};
use super::error::PayoutError;
use super::requests::{self, ReceiverShare, SharingRequest};
use super::state::{PartResult, SharingEvent, SharingKind, SharingState};

/// How long one worker keeps a request to itself while it talks to the platform.
const CLAIM: Duration = Duration::seconds(45);

/// A part of a share to be written: whose, and what the platform is told.
#[derive(Clone, Debug)]
pub struct NewPart {
    /// `leader` or `supplier`.
    pub party_kind: &'static str,
    /// Which.
    pub party: Uuid,
    /// What is asked of the platform.
    pub share: ReceiverShare,
}

/// A payment whose money is shared.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The shop.
    pub shop: ShopId,
    /// The order.
    pub order: OrderId,
    /// Its payment.
    pub payment: PaymentId,
    /// The platform's number of it.
    pub transaction_id: String,
}

/// Writes a request with its parts, to be sent at `send_at` (wall time). Without parts it unfreezes.
pub async fn create(
    conn: &impl ConnectionTrait,
    of: &Shared,
    parts: &[NewPart],
    description: &str,
    now: Time,
    send_at: Time,
) -> Result<sharing::Model, PayoutError> {
    let request = SharingRequest {
        receivers: parts.iter().map(|part| part.share.clone()).collect(),
        description: description.to_owned(),
    };
    let row = sharing::Model {
        id: SharingId::new(),
        shop_id: of.shop,
        order_id: of.order,
        payment_id: of.payment,
        transaction_id: of.transaction_id.clone(),
        kind: if parts.is_empty() { SharingKind::Unfreeze } else { SharingKind::Share },
        state: SharingState::Created,
        amount_fen: Fen::sum(parts.iter().map(|part| part.share.amount_fen))?,
        request_body: Some(requests::to_text(&request)?),
        platform_order_id: None,
        fail_reason: None,
        next_query_at: Some(send_at),
        queries: 0,
        created_at: now,
        finished_at: None,
    };
    let active: sharing::ActiveModel = row.clone().into();
    sharing::Entity::insert(active.reset_all()).exec_without_returning(conn).await?;
    if !parts.is_empty() {
        let rows = parts.iter().map(|part| sharing_part::ActiveModel {
            id: Set(SharingPartId::new()),
            sharing_id: Set(row.id),
            shop_id: Set(of.shop),
            party_kind: Set(part.party_kind.to_owned()),
            party_id: Set(part.party),
            receiver_type: Set(part.share.kind.clone()),
            account: Set(part.share.account.clone()),
            amount_fen: Set(part.share.amount_fen),
            result: Set(PartResult::Pending),
            fail_reason: Set(None),
        });
        sharing_part::Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    Ok(row)
}

/// The requests of every shop that are due at `wall`, oldest first, at most `limit`.
pub async fn due(conn: &impl ConnectionTrait, wall: Time, limit: u64) -> Result<Vec<(ShopId, SharingId)>, PayoutError> {
    Ok(sharing::Entity::find()
        .select_only()
        .columns([sharing::Column::ShopId, sharing::Column::Id])
        .filter(sharing::Column::State.is_in([SharingState::Created, SharingState::Processing]))
        .filter(sharing::Column::NextQueryAt.lte(wall))
        .order_by_asc(sharing::Column::NextQueryAt)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?)
}

/// An open request that is due at `wall`.
pub async fn waiting(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: SharingId,
    wall: Time,
) -> Result<Option<sharing::Model>, PayoutError> {
    let row = sharing::in_shop(shop)
        .filter(sharing::Column::Id.eq(id))
        .filter(sharing::Column::State.is_in([SharingState::Created, SharingState::Processing]))
        .filter(sharing::Column::NextQueryAt.lte(wall));
    Ok(row.one(conn).await?)
}

/// Takes an open request, just read, for one exchange with the platform; `None` when another worker
/// has it.
pub async fn claim(
    conn: &impl ConnectionTrait,
    row: &sharing::Model,
    wall: Time,
) -> Result<Option<(sharing::Model, Vec<sharing_part::Model>)>, PayoutError> {
    let claimed = sharing::Entity::update_many()
        .col_expr(sharing::Column::NextQueryAt, Expr::value(wall + CLAIM))
        .col_expr(sharing::Column::Queries, Expr::col(sharing::Column::Queries).add(1))
        .filter(sharing::Column::Id.eq(row.id))
        .filter(sharing::Column::State.eq(row.state))
        .filter(sharing::Column::Queries.eq(row.queries))
        .exec(conn)
        .await?;
    if claimed.rows_affected != 1 {
        return Ok(None);
    }
    Ok(Some((row.clone(), parts_of(conn, row).await?)))
}

/// The parts of a request.
pub async fn parts_of(
    conn: &impl ConnectionTrait,
    row: &sharing::Model,
) -> Result<Vec<sharing_part::Model>, PayoutError> {
    Ok(sharing_part::in_shop(row.shop_id).filter(sharing_part::Column::SharingId.eq(row.id)).all(conn).await?)
}

/// Brings the next question about an open request forward to `wall`, since there is news of it.
/// `false` when no request of the shop has this number.
pub async fn ask_soon(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: SharingId,
    wall: Time,
) -> Result<bool, PayoutError> {
    if sharing::in_shop(shop).filter(sharing::Column::Id.eq(id)).one(conn).await?.is_none() {
        return Ok(false);
    }
    sharing::Entity::update_many()
        .col_expr(sharing::Column::NextQueryAt, Expr::value(wall))
        .filter(sharing::Column::Id.eq(id))
        .filter(sharing::Column::State.eq(SharingState::Processing))
        .filter(sharing::Column::NextQueryAt.gt(wall))
        .exec(conn)
        .await?;
    Ok(true)
}

/// Puts a request back, to be looked at again at `at` (wall time), with what was said.
pub async fn look_again(
    conn: &impl ConnectionTrait,
    id: SharingId,
    at: Time,
    said: Option<String>,
) -> Result<(), PayoutError> {
    let mut update = sharing::Entity::update_many()
        .col_expr(sharing::Column::NextQueryAt, Expr::value(at))
        .filter(sharing::Column::Id.eq(id));
    if let Some(said) = said {
        update = update.col_expr(sharing::Column::FailReason, Expr::value(requests::cut(said)));
    }
    update.exec(conn).await?;
    Ok(())
}

/// What the platform told about a request.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The platform's number.
    pub order_id: Option<String>,
    /// Why it was refused.
    pub fail_reason: Option<String>,
    /// When to ask again, wall time; none once final.
    pub ask_again: Option<Time>,
}

/// Moves a request on by `event`. `None` when the event cannot happen to it or another was faster.
pub async fn advance(
    conn: &impl ConnectionTrait,
    row: &sharing::Model,
    event: SharingEvent,
    told: &Told,
    now: Time,
) -> Result<Option<SharingState>, PayoutError> {
    let Some(next) = row.state.after(event) else { return Ok(None) };
    let order_id = told.order_id.clone().or_else(|| row.platform_order_id.clone());
    let changed = sharing::Entity::update_many()
        .col_expr(sharing::Column::State, Expr::value(next))
        .col_expr(sharing::Column::PlatformOrderId, Expr::value(order_id))
        .col_expr(sharing::Column::FailReason, Expr::value(told.fail_reason.clone().map(requests::cut)))
        .col_expr(sharing::Column::NextQueryAt, Expr::value(told.ask_again))
        .col_expr(sharing::Column::FinishedAt, Expr::value(next.is_final().then_some(now)))
        .filter(sharing::Column::Id.eq(row.id))
        .filter(sharing::Column::State.eq(row.state))
        .exec(conn)
        .await?;
    Ok((changed.rows_affected == 1).then_some(next))
}

/// Settles one receiver's part; `false` when it was settled before.
pub async fn settle_part(
    conn: &impl ConnectionTrait,
    id: SharingPartId,
    result: PartResult,
    fail_reason: Option<String>,
) -> Result<bool, PayoutError> {
    let changed = sharing_part::Entity::update_many()
        .col_expr(sharing_part::Column::Result, Expr::value(result))
        .col_expr(sharing_part::Column::FailReason, Expr::value(fail_reason.map(requests::cut)))
        .filter(sharing_part::Column::Id.eq(id))
        .filter(sharing_part::Column::Result.eq(PartResult::Pending))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}
