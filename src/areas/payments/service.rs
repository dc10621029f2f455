//! Writing payments: every change is a compare-and-set on the old state.

use chrono::Duration;
use kernel::id::{NoticeId, PaymentId, ShopId};
use kernel::{Fen, Time};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict};
use sea_orm::{ActiveValue::Set, QuerySelect, entity::prelude::*};

use super::entity::{notice, payment};
use super::error::PaymentError;
use super::state::{PaymentEvent, PaymentState};

/// The pauses between two queries of an open payment; the last one repeats.
const QUERY_PAUSES_S: [i64; 6] = [10, 30, 60, 180, 600, 1800];

/// Writes a payment whose request is about to be sent.
pub async fn create(conn: &impl ConnectionTrait, payment: &payment::Model) -> Result<(), PaymentError> {
    payment::Entity::insert(payment::ActiveModel::from(payment.clone())).exec_without_returning(conn).await?;
    Ok(())
}

/// Moves a payment on by `event`, together with what `changes` sets.
///
/// Of two racing callers one wins; the other gets [`PaymentError::WrongState`] with the state the
/// first has left.
pub async fn advance(
    conn: &impl ConnectionTrait,
    known: &payment::Model,
    event: PaymentEvent,
    changes: Changes,
    now: Time,
) -> Result<payment::Model, PaymentError> {
    let wrong = |state| PaymentError::WrongState { payment: known.id, state };
    let next = known.state.after(event).ok_or_else(|| wrong(known.state))?;
    let mut update = payment::Entity::update_many()
        .col_expr(payment::Column::State, Expr::value(next))
        .col_expr(payment::Column::UpdatedAt, Expr::value(now));
    if let Some(body) = changes.request_body {
        update = update.col_expr(payment::Column::RequestBody, Expr::value(body));
    }
    if let Some((prepay_id, at)) = changes.prepaid {
        update = update
            .col_expr(payment::Column::PrepayId, Expr::value(prepay_id))
            .col_expr(payment::Column::PrepaidAt, Expr::value(at))
            .col_expr(payment::Column::NextQueryAt, Expr::value(at + pause(0)))
            .col_expr(payment::Column::Queries, Expr::value(0));
    }
    if let Some(at) = changes.ask_at {
        update = update.col_expr(payment::Column::NextQueryAt, Expr::value(at));
    }
    if let Some(paid) = changes.paid {
        update = update
            .col_expr(payment::Column::TransactionId, Expr::value(paid.transaction_id))
            .col_expr(payment::Column::PaidAt, Expr::value(now))
            .col_expr(payment::Column::PlatformPaidAt, Expr::value(paid.platform_paid_at))
            .col_expr(payment::Column::PayerTotalFen, Expr::value(paid.payer_total))
            .col_expr(payment::Column::Late, Expr::value(paid.late));
    }
    if next == PaymentState::Succeeded || next == PaymentState::Closed {
        update = update.col_expr(payment::Column::NextQueryAt, Expr::value(None::<Time>));
    }
    let changed = update
        .filter(payment::Column::ShopId.eq(known.shop_id))
        .filter(payment::Column::Id.eq(known.id))
        .filter(payment::Column::State.eq(known.state))
        .exec_with_returning(conn)
        .await?;
    match changed.into_iter().next() {
        Some(row) => Ok(row),
        None => {
            let current = payment::Entity::find_by_id(known.id).one(conn).await?;
            Err(wrong(current.map_or(known.state, |row| row.state)))
        }
    }
}

/// What a step sets beside the state.
#[derive(Debug, Default)]
pub struct Changes {
    /// The exact bytes sent.
    pub request_body: Option<String>,
    /// The platform's prepay id and when it came (wall time).
    pub prepaid: Option<(String, Time)>,
    /// When the platform is to be asked, if nothing else happens (wall time).
    pub ask_at: Option<Time>,
    /// The money.
    pub paid: Option<Paid>,
}

/// What the platform says of a payment.
#[derive(Debug)]
pub struct Paid {
    /// The platform's number.
    pub transaction_id: String,
    /// Its `success_time`; stored, never compared.
    pub platform_paid_at: Option<Time>,
    /// What the user paid after the platform's coupons.
    pub payer_total: Option<Fen>,
    /// Whether the order was closed already.
    pub late: bool,
}

/// Notes that the platform was asked; the next question comes later. One question is about all payments
/// of a combination.
pub async fn asked(conn: &impl ConnectionTrait, payment: &payment::Model, wall: Time) -> Result<(), PaymentError> {
    let these = match payment.combination_id {
        Some(id) => payment::Column::CombinationId.eq(id),
        None => payment::Column::Id.eq(payment.id),
    };
    payment::Entity::update_many()
        .col_expr(payment::Column::NextQueryAt, Expr::value(wall + pause(payment.queries + 1)))
        .col_expr(payment::Column::Queries, Expr::col(payment::Column::Queries).add(1))
        .filter(these)
        .filter(payment::Column::NextQueryAt.is_not_null())
        .exec(conn)
        .await?;
    Ok(())
}

/// How long to wait after `queries` questions without an answer.
pub fn pause(queries: i32) -> Duration {
    let index = usize::try_from(queries).unwrap_or(0).min(QUERY_PAUSES_S.len() - 1);
    Duration::seconds(QUERY_PAUSES_S.get(index).copied().unwrap_or(1800))
}

/// A notification worth keeping: what it was about and what came of it.
#[derive(Debug)]
pub struct Kept<'a> {
    /// `payment`, `refund`, …
    pub kind: &'a str,
    /// The business key: our number and the state it tells.
    pub key: String,
    /// The platform's id of the notification.
    pub platform_id: &'a str,
    /// `done`, `mismatch`, `unknown`, …
    pub outcome: &'a str,
    /// For the operator.
    pub detail: Option<String>,
}

/// Keeps a notification once a business key; `false` when it was kept before.
pub async fn keep_notice(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    kept: Kept<'_>,
    now: Time,
) -> Result<bool, PaymentError> {
    let row = notice::ActiveModel {
        id: Set(NoticeId::new()),
        shop_id: Set(shop),
        kind: Set(kept.kind.to_owned()),
        dedupe_key: Set(kept.key),
        platform_id: Set(kept.platform_id.to_owned()),
        outcome: Set(kept.outcome.to_owned()),
        detail: Set(kept.detail),
        received_at: Set(now),
    };
    let known = OnConflict::columns([notice::Column::ShopId, notice::Column::Kind, notice::Column::DedupeKey])
        .do_nothing()
        .to_owned();
    Ok(notice::Entity::insert(row).on_conflict(known).exec_without_returning(conn).await? == 1)
}

/// The payment with its row held until the transaction ends; the order's row is held before it.
pub async fn held(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: PaymentId,
) -> Result<Option<payment::Model>, PaymentError> {
    Ok(payment::in_shop(shop).filter(payment::Column::Id.eq(id)).lock(LockType::NoKeyUpdate).one(conn).await?)
}

/// The payment with this number.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: PaymentId,
) -> Result<Option<payment::Model>, PaymentError> {
    Ok(payment::in_shop(shop).filter(payment::Column::Id.eq(id)).one(conn).await?)
}
