//! How the lines of an order move: shipped, arrived, handed over, received, settled. Every write
//! is conditional, so that a repeat or a lost race changes nothing.
//!
//! A unit that was refunded is no longer to be handed over; a line without units left is gone and
//! holds nothing up.

use chrono::Duration;
use kernel::Time;
use kernel::id::{LeaderId, OrderId, OrderLineId, ShopId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{Condition, QueryOrder, QuerySelect, QueryTrait, entity::prelude::*};

use super::entity::{line, order};
use super::error::OrderError;
use super::state::{FulfilmentKind, OrderStatus};

impl line::Model {
    /// Units that were not refunded.
    pub fn units_left(&self) -> i64 {
        self.quantity - self.refunded_quantity
    }

    /// Units still to be handed over.
    pub fn units_to_hand_over(&self) -> i64 {
        self.units_left() - self.redeemed
    }

    /// Whether every unit was refunded.
    pub fn is_gone(&self) -> bool {
        self.units_left() <= 0
    }
}

/// Locks an order until the transaction ends and reads it as it stands.
///
/// Whoever moves an order or its lines on locks it first: that is the one order of locks (order,
/// then line, commission, account).
pub async fn lock(conn: &impl ConnectionTrait, shop: ShopId, id: OrderId) -> Result<order::Model, OrderError> {
    let order = order::in_shop(shop).filter(order::Column::Id.eq(id)).lock_exclusive().one(conn).await?;
    order.ok_or(OrderError::NotFound(id))
}

/// Locks several orders, by ascending id.
pub async fn lock_all(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[OrderId],
) -> Result<Vec<order::Model>, OrderError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(order::in_shop(shop)
        .filter(order::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(order::Column::Id)
        .lock_exclusive()
        .all(conn)
        .await?)
}

/// The order a pickup code belongs to.
pub async fn by_pickup_code(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    code: &str,
) -> Result<Option<order::Model>, OrderError> {
    Ok(order::in_shop(shop).filter(order::Column::PickupCode.eq(code)).one(conn).await?)
}

/// How a parcel travels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    /// Who carries it.
    pub carrier: Option<String>,
    /// Its number there.
    pub tracking_no: Option<String>,
}

/// Marks lines as sent that were not; says how many.
pub async fn mark_shipped(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    lines: &[OrderLineId],
    parcel: &Parcel,
    now: Time,
) -> Result<u64, OrderError> {
    let sent = line::Entity::update_many()
        .col_expr(line::Column::ShippedAt, Expr::value(now))
        .col_expr(line::Column::Carrier, Expr::value(parcel.carrier.clone()))
        .col_expr(line::Column::TrackingNo, Expr::value(parcel.tracking_no.clone()))
        .filter(line::Column::ShopId.eq(shop))
        .filter(line::Column::Id.is_in(lines.iter().copied()))
        .filter(line::Column::ShippedAt.is_null());
    Ok(sent.exec(conn).await?.rows_affected)
}

/// Names the parcel of lines that were sent anew: it was named wrong.
pub async fn rename_parcel(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    lines: &[OrderLineId],
    parcel: &Parcel,
) -> Result<(), OrderError> {
    line::Entity::update_many()
        .col_expr(line::Column::Carrier, Expr::value(parcel.carrier.clone()))
        .col_expr(line::Column::TrackingNo, Expr::value(parcel.tracking_no.clone()))
        .filter(line::Column::ShopId.eq(shop))
        .filter(line::Column::Id.is_in(lines.iter().copied()))
        .filter(line::Column::ShippedAt.is_not_null())
        .exec(conn)
        .await?;
    Ok(())
}

/// Takes back that lines were sent, because they did not arrive: they wait for the next list.
pub async fn mark_unsent(conn: &impl ConnectionTrait, shop: ShopId, lines: &[OrderLineId]) -> Result<(), OrderError> {
    line::Entity::update_many()
        .col_expr(line::Column::ShippedAt, Expr::value(None::<Time>))
        .filter(line::Column::ShopId.eq(shop))
        .filter(line::Column::Id.is_in(lines.iter().copied()))
        .filter(line::Column::ArrivedAt.is_null())
        .exec(conn)
        .await?;
    Ok(())
}

/// Marks sent lines as being at the pickup point.
pub async fn mark_arrived(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    lines: &[OrderLineId],
    now: Time,
) -> Result<u64, OrderError> {
    let arrived = line::Entity::update_many()
        .col_expr(line::Column::ArrivedAt, Expr::value(now))
        .filter(line::Column::ShopId.eq(shop))
        .filter(line::Column::Id.is_in(lines.iter().copied()))
        .filter(line::Column::ShippedAt.is_not_null())
        .filter(line::Column::ArrivedAt.is_null());
    Ok(arrived.exec(conn).await?.rows_affected)
}

/// Hands `units` of an arrived line over; `false` when fewer are left.
pub async fn hand_over(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: OrderLineId,
    units: i64,
) -> Result<bool, OrderError> {
    let left = Expr::col(line::Column::Quantity).sub(Expr::col(line::Column::RefundedQuantity));
    let handed = line::Entity::update_many()
        .col_expr(line::Column::Redeemed, Expr::col(line::Column::Redeemed).add(units))
        .filter(line::Column::ShopId.eq(shop))
        .filter(line::Column::Id.eq(id))
        .filter(line::Column::ArrivedAt.is_not_null())
        .filter(line::Column::ReceivedAt.is_null())
        .filter(Expr::col(line::Column::Redeemed).add(units).lte(left))
        .exec(conn)
        .await?;
    Ok(handed.rows_affected == 1)
}

/// Marks lines as received; their after-sale window begins now and lasts `window`.
pub async fn mark_received(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    lines: &[OrderLineId],
    window: Duration,
    now: Time,
) -> Result<u64, OrderError> {
    let received = line::Entity::update_many()
        .col_expr(line::Column::ReceivedAt, Expr::value(now))
        .col_expr(line::Column::AfterSaleUntil, Expr::value(now + window))
        .filter(line::Column::ShopId.eq(shop))
        .filter(line::Column::Id.is_in(lines.iter().copied()))
        .filter(line::Column::ReceivedAt.is_null());
    Ok(received.exec(conn).await?.rows_affected)
}

/// Settles a line whose window has ended; `false` when another worker did, or it has not.
pub async fn settle(conn: &impl ConnectionTrait, line: &line::Model, now: Time) -> Result<bool, OrderError> {
    let settled = line::Entity::update_many()
        .col_expr(line::Column::SettledAt, Expr::value(now))
        .filter(line::Column::ShopId.eq(line.shop_id))
        .filter(line::Column::Id.eq(line.id))
        .filter(line::Column::SettledAt.is_null())
        .filter(line::Column::AfterSaleUntil.lte(now))
        .exec(conn)
        .await?;
    Ok(settled.rows_affected == 1)
}

/// Received lines of all shops whose window has ended and that are not settled, oldest first, after
/// the line named by its window's end and id.
pub async fn window_ended(
    conn: &impl ConnectionTrait,
    now: Time,
    after: Option<(Time, OrderLineId)>,
    limit: u64,
) -> Result<Vec<line::Model>, OrderError> {
    let mut select = line::Entity::find()
        .filter(line::Column::SettledAt.is_null())
        .filter(line::Column::AfterSaleUntil.lte(now))
        .order_by_asc(line::Column::AfterSaleUntil)
        .order_by_asc(line::Column::Id)
        .limit(limit);
    if let Some((until, id)) = after {
        let later = Condition::any()
            .add(line::Column::AfterSaleUntil.gt(until))
            .add(Condition::all().add(line::Column::AfterSaleUntil.eq(until)).add(line::Column::Id.gt(id)));
        select = select.filter(later);
    }
    Ok(select.all(conn).await?)
}

/// The lines that wait to be brought to a leader: paid until `until`, not sent, or sent and missing
/// on arrival. At most `limit` orders, oldest first.
pub async fn to_deliver(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    until: Time,
    limit: u64,
) -> Result<Vec<line::Model>, OrderError> {
    let own = Expr::col((line::Entity, line::Column::OrderId)).equals((order::Entity, order::Column::Id));
    let unsent = line::in_shop(shop)
        .select_only()
        .column(line::Column::Id)
        .filter(own)
        .filter(line::Column::ShippedAt.is_null())
        .filter(Expr::col(line::Column::RefundedQuantity).lt(Expr::col(line::Column::Quantity)));
    let orders: Vec<OrderId> = order::in_shop(shop)
        .select_only()
        .column(order::Column::Id)
        .filter(order::Column::LeaderId.eq(leader))
        .filter(order::Column::Status.is_in([OrderStatus::Paid, OrderStatus::Shipped]))
        .filter(order::Column::Fulfilment.ne(FulfilmentKind::Express))
        .filter(order::Column::PaidAt.lte(until))
        .filter(Expr::exists(unsent.into_query()))
        .order_by_asc(order::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?;
    let mut lines = super::query::lines_of_all(conn, shop, &orders).await?;
    lines.retain(|line| line.shipped_at.is_none() && !line.is_gone());
    Ok(lines)
}

/// Which orders are received by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// At the pickup point and not collected.
    AtPickupPoint,
    /// Sent by parcel and not confirmed.
    ByExpress,
}

/// Orders of a shop that arrived or were sent by `before` and are not received, by ascending id
/// after `after`.
pub async fn awaiting_receipt(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    awaited: Awaited,
    before: Time,
    after: Option<OrderId>,
    limit: u64,
) -> Result<Vec<order::Model>, OrderError> {
    let waiting = match awaited {
        Awaited::AtPickupPoint => Condition::all()
            .add(order::Column::Status.eq(OrderStatus::Arrived))
            .add(order::Column::ArrivedAt.lte(before)),
        Awaited::ByExpress => Condition::all()
            .add(order::Column::Status.eq(OrderStatus::Shipped))
            .add(order::Column::ShippedAt.lte(before))
            .add(order::Column::Fulfilment.eq(FulfilmentKind::Express)),
    };
    let mut select = order::in_shop(shop).filter(waiting).order_by_asc(order::Column::Id).limit(limit);
    if let Some(after) = after {
        select = select.filter(order::Column::Id.gt(after));
    }
    Ok(select.all(conn).await?)
}
