//! Money that WeChat still holds, payment by payment, and why.

use chrono::Duration;
use kernel::id::{OrderId, PaymentId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Time};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{Condition, QueryOrder, QuerySelect, entity::prelude::*};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::areas::orders::entity::order;
use crate::areas::orders::state::OrderStatus;
use crate::areas::payments::entity::payment;
use crate::areas::payments::state::PaymentState;
use crate::areas::recharges::entity::recharge;
use crate::areas::shipping::entity::{hold, upload};
use crate::areas::shipping::state::{UploadKind, UploadState};
use crate::areas::shipping::{holds, management, uploads};
use crate::areas::shops::query::Shop;

/// Older payments WeChat has long set free or given back.
const LOOK_BACK: Duration = Duration::days(90);

/// Why WeChat still holds a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StuckReason {
    /// The goods have not left, or not arrived: there is nothing to tell yet.
    NotSent,
    /// WeChat is being told.
    NotTold,
    /// WeChat refused what it was told.
    Refused,
    /// WeChat knows, and waits for the buyer's word or the end of its days.
    AwaitingConfirmation,
    /// Received; WeChat is about to set it free.
    AwaitingSettlement,
}

/// One payment WeChat holds.
#[derive(Clone, Debug)]
pub struct Stuck {
    /// The payment.
    pub payment: payment::Model,
    /// Where its order stands; none of a recharge's.
    pub order_status: Option<OrderStatus>,
    /// Why it is held.
    pub reason: StuckReason,
    /// Since when that is so.
    pub since: Time,
    /// What WeChat was told or is to be told: the first telling, and the correction.
    pub uploads: Vec<upload::Model>,
    /// What WeChat says of it.
    pub hold: Option<hold::Model>,
}

/// What WeChat holds of a shop, newest first; what went back whole is not held, and nothing is where
/// WeChat says that it keeps nothing.
pub async fn stuck(
    app: &App,
    shop: &Shop,
    reason: Option<StuckReason>,
    page: &PageRequest,
) -> Result<Page<Stuck>, Failure> {
    let conn = app.db.reader();
    if management::is_known_free(conn, shop.id, app.clock.wall()).await? {
        return Ok(Page { items: Vec::new(), next_cursor: None });
    }
    let mut select = payment::in_shop(shop.id)
        .filter(payment::Column::State.eq(PaymentState::Succeeded))
        .filter(payment::Column::Late.eq(false))
        .filter(payment::Column::Id.gte(oldest(app.clock.wall())))
        .filter(Expr::exists(closed_order()).not())
        .filter(Expr::exists(returned_recharge()).not())
        .filter(Expr::exists(free_hold()).not())
        .filter(Expr::exists(first_upload(&[UploadState::Skipped])).not())
        .order_by_desc(payment::Column::Id)
        .limit(page.limit + 1);
    if let Some(reason) = reason {
        select = select.filter(because(reason));
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(payment::Column::Id.lt(decode_cursor::<PaymentId>(cursor)?));
    }
    let page = Page::cut(select.all(conn).await?, page.limit, |row: &payment::Model| encode_cursor(&row.id));
    let ids: Vec<PaymentId> = page.items.iter().map(|row| row.id).collect();
    let orders: Vec<OrderId> = page.items.iter().filter_map(|row| row.order_id).collect();
    let uploads = uploads::of_payments(conn, shop.id, &ids).await?;
    let holds = holds::of_payments(conn, shop.id, &ids).await?;
    let orders = order::in_shop(shop.id).filter(order::Column::Id.is_in(orders)).all(conn).await?;
    let Page { items, next_cursor } = page;
    let one = |payment: payment::Model| {
        let told = uploads.iter().filter(|row| row.payment_id == payment.id).cloned().collect();
        let hold = holds.iter().find(|row| row.payment_id == payment.id).cloned();
        let order = orders.iter().find(|row| Some(row.id) == payment.order_id);
        shown(payment, order.map(|order| order.status), told, hold)
    };
    Ok(Page { items: items.into_iter().map(one).collect(), next_cursor })
}

fn shown(
    payment: payment::Model,
    order_status: Option<OrderStatus>,
    uploads: Vec<upload::Model>,
    hold: Option<hold::Model>,
) -> Stuck {
    let paid_at = payment.paid_at.unwrap_or(payment.created_at);
    let first = uploads.iter().find(|row| row.kind == UploadKind::Upload);
    let received = hold.as_ref().and_then(|hold| hold.received_at);
    let (reason, since) = match (first, received) {
        (_, Some(at)) => (StuckReason::AwaitingSettlement, at),
        // Balance does not travel: there is nothing to wait for.
        (None, None) if payment.recharge_id.is_some() => (StuckReason::NotTold, paid_at),
        (None, None) => (StuckReason::NotSent, paid_at),
        (Some(row), None) => match row.state {
            UploadState::Recorded => (StuckReason::AwaitingConfirmation, row.recorded_at.unwrap_or(row.updated_at)),
            UploadState::Refused => (StuckReason::Refused, row.updated_at),
            _ => (StuckReason::NotTold, row.created_at),
        },
    };
    Stuck { payment, order_status, reason, since, uploads, hold }
}

/// Ids are ordered by time: the first one of the days looked back at.
fn oldest(wall: Time) -> PaymentId {
    let ms = u128::try_from((wall - LOOK_BACK).timestamp_millis()).unwrap_or(0);
    PaymentId::from_uuid(Uuid::from_u128(ms << 80))
}

fn because(reason: StuckReason) -> Condition {
    let received = Expr::exists(received_hold());
    let told = |states: &[UploadState]| Expr::exists(first_upload(states));
    let any = [UploadState::Waiting, UploadState::Partial, UploadState::Recorded, UploadState::Refused];
    match reason {
        StuckReason::AwaitingSettlement => Condition::all().add(received),
        StuckReason::NotSent => {
            Condition::all().add(received.not()).add(told(&any).not()).add(payment::Column::OrderId.is_not_null())
        }
        StuckReason::NotTold => {
            let nothing = Condition::all().add(told(&any).not()).add(payment::Column::RechargeId.is_not_null());
            let open = told(&[UploadState::Waiting, UploadState::Partial]);
            Condition::all().add(received.not()).add(Condition::any().add(open).add(nothing))
        }
        StuckReason::Refused => Condition::all().add(received.not()).add(told(&[UploadState::Refused])),
        StuckReason::AwaitingConfirmation => Condition::all().add(received.not()).add(told(&[UploadState::Recorded])),
    }
}

fn first_upload(states: &[UploadState]) -> SelectStatement {
    let own = Expr::col((upload::Entity, upload::Column::PaymentId)).equals((payment::Entity, payment::Column::Id));
    Query::select()
        .expr(Expr::value(1))
        .from(upload::Entity)
        .and_where(own)
        .and_where(upload::Column::Kind.eq(UploadKind::Upload))
        .and_where(upload::Column::State.is_in(states.iter().copied()))
        .to_owned()
}

fn hold_where(holds: Condition) -> SelectStatement {
    let own = Expr::col((hold::Entity, hold::Column::PaymentId)).equals((payment::Entity, payment::Column::Id));
    Query::select().expr(Expr::value(1)).from(hold::Entity).and_where(own).cond_where(holds).to_owned()
}

fn received_hold() -> SelectStatement {
    hold_where(Condition::all().add(hold::Column::ReceivedAt.is_not_null()))
}

fn free_hold() -> SelectStatement {
    let back = hold::Column::PlatformState.eq(holds::REFUNDED);
    hold_where(Condition::any().add(hold::Column::SettledAt.is_not_null()).add(back))
}

/// A closed order's money has gone back, or is about to.
fn closed_order() -> SelectStatement {
    let own = Expr::col((order::Entity, order::Column::Id)).equals((payment::Entity, payment::Column::OrderId));
    Query::select()
        .expr(Expr::value(1))
        .from(order::Entity)
        .and_where(own)
        .and_where(order::Column::Status.eq(OrderStatus::Closed))
        .to_owned()
}

/// All that was paid in has gone back, or is about to.
fn returned_recharge() -> SelectStatement {
    let own =
        Expr::col((recharge::Entity, recharge::Column::Id)).equals((payment::Entity, payment::Column::RechargeId));
    let all = Expr::col((recharge::Entity, recharge::Column::RefundedFen))
        .gte(Expr::col((recharge::Entity, recharge::Column::AmountFen)));
    Query::select().expr(Expr::value(1)).from(recharge::Entity).and_where(own).and_where(all).to_owned()
}
