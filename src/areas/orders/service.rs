//! Writing orders. A change of state is a compare-and-set with a row of history.

use kernel::Time;
use kernel::id::{LeaderId, OrderEventId, OrderId, PickupPointId, ShopId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use super::entity::{event, line, order};
use super::error::OrderError;
use super::query;
use super::state::{ClosedReason, OrderEvent, OrderStatus};

/// Writes a new order with its lines and the first entry of its history.
pub async fn place(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    lines: &[line::Model],
    actor: &str,
) -> Result<(), OrderError> {
    order::Entity::insert(order::ActiveModel::from(order.clone())).exec_without_returning(conn).await?;
    let rows = lines.iter().cloned().map(line::ActiveModel::from);
    line::Entity::insert_many(rows).exec_without_returning(conn).await?;
    note(conn, order, None, "placed", actor, None, order.created_at).await
}

/// Moves order `id` on by `event` and returns it as it now stands.
///
/// Compare-and-set on the old state: of two racing callers one wins and the other gets
/// [`OrderError::WrongState`]. Works inside the caller's transaction. `actor` is `member:…`,
/// `leader:…`, `operator:…`, `wechat` or `system`.
pub async fn advance(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: OrderId,
    happened: OrderEvent,
    actor: &str,
    remark: Option<&str>,
    now: Time,
) -> Result<order::Model, OrderError> {
    let order = query::by_id(conn, shop, id).await?.ok_or(OrderError::NotFound(id))?;
    advance_known(conn, order, happened, actor, remark, now).await
}

/// As [`advance`], for an order the caller has just read and may have given a pickup code.
pub async fn advance_known(
    conn: &impl ConnectionTrait,
    order: order::Model,
    happened: OrderEvent,
    actor: &str,
    remark: Option<&str>,
    now: Time,
) -> Result<order::Model, OrderError> {
    let wrong = |status| OrderError::WrongState { order: order.id, status, event: happened };
    let next = order.status.after(happened).ok_or_else(|| wrong(order.status))?;
    let mut after = order.clone();
    after.status = next;
    after.updated_at = now;
    stamp(&mut after, happened, now);
    let changed = order::Entity::update_many()
        .col_expr(order::Column::Status, Expr::value(next))
        .col_expr(order::Column::UpdatedAt, Expr::value(now))
        .col_expr(order::Column::ClosedReason, Expr::value(after.closed_reason))
        .col_expr(order::Column::PickupCode, Expr::value(after.pickup_code.clone()))
        .col_expr(order::Column::PaidAt, Expr::value(after.paid_at))
        .col_expr(order::Column::ShippedAt, Expr::value(after.shipped_at))
        .col_expr(order::Column::ArrivedAt, Expr::value(after.arrived_at))
        .col_expr(order::Column::ReceivedAt, Expr::value(after.received_at))
        .col_expr(order::Column::CompletedAt, Expr::value(after.completed_at))
        .col_expr(order::Column::ClosedAt, Expr::value(after.closed_at))
        .filter(order::Column::ShopId.eq(order.shop_id))
        .filter(order::Column::Id.eq(order.id))
        .filter(order::Column::Status.eq(order.status))
        .exec(conn)
        .await?
        .rows_affected;
    if changed == 0 {
        let current = query::by_id(conn, order.shop_id, order.id).await?;
        return Err(wrong(current.map_or(order.status, |order| order.status)));
    }
    note(conn, &after, Some(order.status), event_name(happened), actor, remark, now).await?;
    Ok(after)
}

/// Adds an entry to the timeline without a change of state.
pub async fn note(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    from: Option<OrderStatus>,
    what: &str,
    actor: &str,
    remark: Option<&str>,
    now: Time,
) -> Result<(), OrderError> {
    noted(conn, order, from, what, actor, remark, now).await.map(drop)
}

/// As [`note`], with the entry's id, for a journal that has it as its cause.
pub async fn noted(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    from: Option<OrderStatus>,
    what: &str,
    actor: &str,
    remark: Option<&str>,
    now: Time,
) -> Result<OrderEventId, OrderError> {
    let id = OrderEventId::new();
    let row = event::ActiveModel {
        id: Set(id),
        shop_id: Set(order.shop_id),
        order_id: Set(order.id),
        event: Set(what.to_owned()),
        from_status: Set(from),
        to_status: Set(order.status),
        actor: Set(actor.to_owned()),
        note: Set(remark.map(str::to_owned)),
        at: Set(now),
    };
    event::Entity::insert(row).exec_without_returning(conn).await?;
    Ok(id)
}

/// The entry of a timeline that says that another leader took the order over.
pub const LEADER_CHANGED: &str = "leader_changed";

/// Gives an order to another leader, at a point of his where it is collected; `false` when it has moved
/// on since the caller read it.
pub async fn set_leader(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    leader: LeaderId,
    point: Option<PickupPointId>,
    now: Time,
) -> Result<bool, OrderError> {
    let given = order::Entity::update_many()
        .col_expr(order::Column::LeaderId, Expr::value(leader))
        .col_expr(order::Column::PickupPointId, Expr::value(point))
        .col_expr(order::Column::UpdatedAt, Expr::value(now))
        .filter(order::Column::ShopId.eq(order.shop_id))
        .filter(order::Column::Id.eq(order.id))
        .filter(order::Column::Status.eq(order.status))
        .filter(order::Column::UpdatedAt.eq(order.updated_at))
        .exec(conn)
        .await?;
    Ok(given.rows_affected == 1)
}

/// Replaces the commission rule of a line that another leader takes over.
pub async fn set_commission_rule(conn: &impl ConnectionTrait, line: &line::Model) -> Result<(), OrderError> {
    line::Entity::update_many()
        .col_expr(line::Column::CommissionRule, Expr::value(line.commission_rule.clone()))
        .filter(line::Column::ShopId.eq(line.shop_id))
        .filter(line::Column::Id.eq(line.id))
        .exec(conn)
        .await?;
    Ok(())
}

fn stamp(order: &mut order::Model, happened: OrderEvent, now: Time) {
    match happened {
        OrderEvent::PaymentReceived | OrderEvent::GroupJoined => order.paid_at = Some(now),
        OrderEvent::GroupFilled => {}
        OrderEvent::Dispatched => order.shipped_at = Some(now),
        OrderEvent::ArrivedAtPickupPoint => order.arrived_at = Some(now),
        OrderEvent::HandedOver => order.received_at = Some(now),
        OrderEvent::WindowsEnded => order.completed_at = Some(now),
        OrderEvent::Cancelled | OrderEvent::TimedOut | OrderEvent::RefundedInFull => {
            order.closed_at = Some(now);
            order.closed_reason = Some(match happened {
                OrderEvent::Cancelled => ClosedReason::Cancelled,
                OrderEvent::TimedOut => ClosedReason::TimedOut,
                _ => ClosedReason::Refunded,
            });
        }
    }
}

fn event_name(happened: OrderEvent) -> &'static str {
    match happened {
        OrderEvent::PaymentReceived => "paid",
        OrderEvent::GroupJoined => "group_joined",
        OrderEvent::GroupFilled => "group_filled",
        OrderEvent::Cancelled => "cancelled",
        OrderEvent::TimedOut => "timed_out",
        OrderEvent::Dispatched => "shipped",
        OrderEvent::ArrivedAtPickupPoint => "arrived",
        OrderEvent::HandedOver => "received",
        OrderEvent::WindowsEnded => "completed",
        OrderEvent::RefundedInFull => "refunded",
    }
}

/// Whether the order is still unpaid; if so its row is held until the transaction ends, so that
/// closing it waits.
pub async fn still_unpaid(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: OrderId,
    now: Time,
) -> Result<bool, OrderError> {
    let held = order::Entity::update_many()
        .col_expr(order::Column::UpdatedAt, Expr::value(now))
        .filter(order::Column::ShopId.eq(shop))
        .filter(order::Column::Id.eq(id))
        .filter(order::Column::Status.eq(OrderStatus::PendingPayment))
        .exec(conn)
        .await?;
    Ok(held.rows_affected == 1)
}

/// Notes that overdue orders could not be closed, and when each is tried again (wall time).
pub async fn close_later(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    orders: &[(OrderId, Time)],
) -> Result<(), OrderError> {
    for (id, at) in orders {
        order::Entity::update_many()
            .col_expr(order::Column::NextCloseAt, Expr::value(*at))
            .filter(order::Column::ShopId.eq(shop))
            .filter(order::Column::Id.eq(*id))
            .filter(order::Column::Status.eq(OrderStatus::PendingPayment))
            .exec(conn)
            .await?;
    }
    Ok(())
}
