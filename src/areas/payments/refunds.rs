//! Writing refunds: money going back, each with one number for ever.

use kernel::id::{OrderId, OrderLineId, RefundId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Fen, Time};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{refund, refund_line};
use super::error::PaymentError;
use super::service::pause;
use super::state::{RefundEvent, RefundState};

/// The cause of a refund of money that paid for nothing.
pub const LATE: &str = "late_payment";

/// Writes a refund with its lines.
pub async fn create(
    conn: &impl ConnectionTrait,
    refund: &refund::Model,
    lines: &[refund_line::Model],
) -> Result<(), PaymentError> {
    refund::Entity::insert(refund::ActiveModel::from(refund.clone())).exec_without_returning(conn).await?;
    if !lines.is_empty() {
        let rows = lines.iter().cloned().map(refund_line::ActiveModel::from);
        refund_line::Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// What of an order that was paid in time goes back by WeChat, or went: every refund goes on until it has
/// arrived.
pub async fn by_wechat(conn: &impl ConnectionTrait, shop: ShopId, order: OrderId) -> Result<Fen, PaymentError> {
    let amounts: Vec<Fen> = refund::in_shop(shop)
        .select_only()
        .column(refund::Column::WechatFen)
        .filter(refund::Column::OrderId.eq(order))
        .filter(refund::Column::Cause.ne(LATE))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(Fen::sum(amounts)?)
}

/// Moves a refund on by `event`, as [`super::service::advance`] does.
pub async fn advance(
    conn: &impl ConnectionTrait,
    known: &refund::Model,
    event: RefundEvent,
    platform_refund_id: Option<String>,
    fail_reason: Option<String>,
    (now, wall): (Time, Time),
) -> Result<refund::Model, PaymentError> {
    let wrong = |state| PaymentError::RefundWrongState { refund: known.id, state };
    let next = known.state.after(event).ok_or_else(|| wrong(known.state))?;
    let mut update = refund::Entity::update_many().col_expr(refund::Column::State, Expr::value(next));
    if let Some(id) = platform_refund_id {
        update = update.col_expr(refund::Column::PlatformRefundId, Expr::value(id));
    }
    // What is on its way or has arrived waits for nothing any more; a retried one keeps why it had to be.
    if fail_reason.is_some() || matches!(next, RefundState::Processing | RefundState::Succeeded) {
        update = update.col_expr(refund::Column::FailReason, Expr::value(fail_reason));
    }
    let (query, finished) = match next {
        RefundState::Processing => (Some(wall + pause(0)), None),
        RefundState::Succeeded => (None, Some(now)),
        _ => (None, None),
    };
    update = update
        .col_expr(refund::Column::NextQueryAt, Expr::value(query))
        .col_expr(refund::Column::FinishedAt, Expr::value(finished));
    let changed = update
        .filter(refund::Column::ShopId.eq(known.shop_id))
        .filter(refund::Column::Id.eq(known.id))
        .filter(refund::Column::State.eq(known.state))
        .exec_with_returning(conn)
        .await?;
    match changed.into_iter().next() {
        Some(row) => Ok(row),
        None => {
            let current = refund::Entity::find_by_id(known.id).one(conn).await?;
            Err(wrong(current.map_or(known.state, |row| row.state)))
        }
    }
}

/// Keeps the exact bytes of the request before they are sent the first time.
pub async fn keep_body(conn: &impl ConnectionTrait, id: RefundId, body: &str) -> Result<(), PaymentError> {
    refund::Entity::update_many()
        .col_expr(refund::Column::RequestBody, Expr::value(body))
        .filter(refund::Column::Id.eq(id))
        .filter(refund::Column::RequestBody.is_null())
        .exec(conn)
        .await?;
    Ok(())
}

/// Keeps why a refund that is still to be sent has to wait.
pub async fn note_waiting(conn: &impl ConnectionTrait, id: RefundId, why: &str) -> Result<(), PaymentError> {
    refund::Entity::update_many()
        .col_expr(refund::Column::FailReason, Expr::value(why.chars().take(500).collect::<String>()))
        .filter(refund::Column::Id.eq(id))
        .filter(refund::Column::State.eq(RefundState::Pending))
        .exec(conn)
        .await?;
    Ok(())
}

/// Notes that the platform was asked; the next question comes later.
pub async fn asked(conn: &impl ConnectionTrait, refund: &refund::Model, wall: Time) -> Result<(), PaymentError> {
    refund::Entity::update_many()
        .col_expr(refund::Column::NextQueryAt, Expr::value(wall + pause(refund.queries + 1)))
        .col_expr(refund::Column::Queries, Expr::col(refund::Column::Queries).add(1))
        .filter(refund::Column::Id.eq(refund.id))
        .filter(refund::Column::NextQueryAt.is_not_null())
        .exec(conn)
        .await?;
    Ok(())
}

/// A refund of a shop.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: RefundId,
) -> Result<Option<refund::Model>, PaymentError> {
    Ok(refund::in_shop(shop).filter(refund::Column::Id.eq(id)).one(conn).await?)
}

/// The refunds of an order, oldest first.
pub async fn of_order(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Vec<refund::Model>, PaymentError> {
    Ok(refund::in_shop(shop)
        .filter(refund::Column::OrderId.eq(order))
        .order_by_asc(refund::Column::Id)
        .all(conn)
        .await?)
}

/// Whether a refund of the order has not reached the member yet; those of the cause `besides` do not count.
pub async fn any_unfinished(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
    besides: Option<&str>,
) -> Result<bool, PaymentError> {
    let open = refund::in_shop(shop)
        .filter(refund::Column::OrderId.eq(order))
        .filter(refund::Column::Cause.is_not_in(besides))
        .filter(refund::Column::State.ne(RefundState::Succeeded))
        .limit(1);
    Ok(open.one(conn).await?.is_some())
}

/// The refunds of a shop, newest first, perhaps of one state alone.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    state: Option<RefundState>,
    page: &PageRequest,
) -> Result<Page<refund::Model>, Failure> {
    let mut select = refund::in_shop(shop).order_by_desc(refund::Column::Id).limit(page.limit + 1);
    if let Some(state) = state {
        select = select.filter(refund::Column::State.eq(state));
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(refund::Column::Id.lt(decode_cursor::<RefundId>(cursor)?));
    }
    let rows = select.all(conn).await.map_err(PaymentError::Db)?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// The lines of several refunds.
pub async fn lines_of_all(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[RefundId],
) -> Result<Vec<refund_line::Model>, PaymentError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let lines = refund_line::in_shop(shop).filter(refund_line::Column::RefundId.is_in(ids.iter().copied()));
    Ok(lines.order_by_asc(refund_line::Column::LineId).all(conn).await?)
}

/// Refunds the platform is to be asked about, over all shops.
pub async fn due(conn: &impl ConnectionTrait, wall: Time, limit: u64) -> Result<Vec<refund::Model>, PaymentError> {
    Ok(refund::Entity::find()
        .filter(refund::Column::State.eq(RefundState::Processing))
        .filter(refund::Column::NextQueryAt.lte(wall))
        .order_by_asc(refund::Column::NextQueryAt)
        .limit(limit)
        .all(conn)
        .await?)
}

/// What an order's refunds gave back so far, by means of payment, those under way included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MeansBack {
    /// By WeChat Pay.
    pub wechat: Fen,
    /// To the balance, principal and gift together.
    pub balance: Fen,
    /// Of it, the gift.
    pub gift: Fen,
    /// Points.
    pub points: i64,
}

/// What went back of what paid an order; money that paid for nothing is not among it.
pub async fn means_back(conn: &impl ConnectionTrait, shop: ShopId, order: OrderId) -> Result<MeansBack, PaymentError> {
    let rows = of_order(conn, shop, order).await?;
    let mut back = MeansBack::default();
    for row in rows.iter().filter(|row| row.cause != LATE) {
        back.wechat = back.wechat.plus(row.wechat_fen)?;
        back.balance = back.balance.plus(row.balance_fen)?;
        back.gift = back.gift.plus(row.balance_gift_fen)?;
        back.points += row.points_back;
    }
    Ok(back)
}

/// Shipping of a line that earlier refunds gave back.
pub async fn shipping_back(conn: &impl ConnectionTrait, shop: ShopId, line: OrderLineId) -> Result<Fen, PaymentError> {
    let rows: Vec<i64> = refund_line::in_shop(shop)
        .select_only()
        .column(refund_line::Column::ShippingFen)
        .filter(refund_line::Column::LineId.eq(line))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(Fen::from_fen(rows.iter().sum()))
}
