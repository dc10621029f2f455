//! Sheets of withdrawals: which stand on one, and when all have their result.

use kernel::id::{OperatorId, PayoutBatchId, ShopId, WithdrawalId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Fen, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{payout_batch, withdrawal};
use super::error::PayoutError;
use super::state::{BatchState, WithdrawalChannel, WithdrawalEvent, WithdrawalState};

/// The most rows of one sheet; more wait for the next.
pub const MOST: u64 = 500;

/// Takes the granted withdrawals of a channel, the oldest first, onto a new sheet: they are `paying`
/// from then on. The change is conditional, so that no withdrawal stands on two sheets; and as `paying`
/// never ends but by a result, none comes onto a second one later.
pub async fn make(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    channel: WithdrawalChannel,
    by: OperatorId,
    now: Time,
) -> Result<(payout_batch::Model, Vec<withdrawal::Model>), PayoutError> {
    use withdrawal::Column as C;
    let waiting: Vec<WithdrawalId> = withdrawal::in_shop(shop)
        .select_only()
        .column(C::Id)
        .filter(C::Channel.eq(channel))
        .filter(C::State.eq(WithdrawalState::Approved))
        .order_by_asc(C::Id)
        .limit(MOST)
        .into_tuple()
        .all(conn)
        .await?;
    let id = PayoutBatchId::new();
    let next = WithdrawalState::Approved.after(WithdrawalEvent::TransferStarted).ok_or(PayoutError::Contended)?;
    let taken = withdrawal::Entity::update_many()
        .col_expr(C::State, Expr::value(next))
        .col_expr(C::BatchId, Expr::value(id))
        .filter(C::ShopId.eq(shop))
        .filter(C::Id.is_in(waiting))
        .filter(C::State.eq(WithdrawalState::Approved))
        .filter(C::BatchId.is_null())
        .exec(conn)
        .await?;
    let rows = withdrawals_of(conn, shop, id).await?;
    let rows_count = i32::try_from(taken.rows_affected).unwrap_or(i32::MAX);
    if rows.is_empty() {
        return Err(PayoutError::NothingToPay);
    }
    let batch = payout_batch::Model {
        id,
        shop_id: shop,
        channel,
        state: BatchState::Open,
        rows_count,
        net_fen: Fen::sum(rows.iter().map(|row| row.net_fen))?,
        created_by: by,
        created_at: now,
        settled_at: None,
    };
    let active = payout_batch::ActiveModel::from(batch.clone());
    payout_batch::Entity::insert(active).exec_without_returning(conn).await?;
    Ok((batch, rows))
}

/// A sheet of a shop.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: PayoutBatchId,
) -> Result<payout_batch::Model, PayoutError> {
    let found = payout_batch::in_shop(shop).filter(payout_batch::Column::Id.eq(id)).one(conn).await?;
    found.ok_or(PayoutError::NoBatch)
}

/// The withdrawals of a sheet, in its order.
pub async fn withdrawals_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: PayoutBatchId,
) -> Result<Vec<withdrawal::Model>, PayoutError> {
    let own = withdrawal::in_shop(shop).filter(withdrawal::Column::BatchId.eq(id));
    Ok(own.order_by_asc(withdrawal::Column::Id).all(conn).await?)
}

/// The sheets of a shop, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    page: &PageRequest,
) -> Result<Page<payout_batch::Model>, Failure> {
    let mut select =
        payout_batch::in_shop(shop).order_by_desc(payout_batch::Column::Id).limit(page.limit.saturating_add(1));
    if let Some(cursor) = &page.cursor {
        select = select.filter(payout_batch::Column::Id.lt(decode_cursor::<PayoutBatchId>(cursor)?));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row: &payout_batch::Model| encode_cursor(&row.id)))
}

/// Ends a sheet whose withdrawals all have a result; `true` when this call did.
pub async fn settle(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: PayoutBatchId,
    now: Time,
) -> Result<bool, PayoutError> {
    if withdrawals_of(conn, shop, id).await?.iter().any(|row| !row.state.is_final()) {
        return Ok(false);
    }
    let changed = payout_batch::Entity::update_many()
        .col_expr(payout_batch::Column::State, Expr::value(BatchState::Settled))
        .col_expr(payout_batch::Column::SettledAt, Expr::value(now))
        .filter(payout_batch::Column::ShopId.eq(shop))
        .filter(payout_batch::Column::Id.eq(id))
        .filter(payout_batch::Column::State.eq(BatchState::Open))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}
