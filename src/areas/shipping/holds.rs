//! What WeChat says of the payments it may keep frozen. Everything it says may come twice and in any
//! order, so a fact is set once and never taken back.

use kernel::Time;
use kernel::id::{OrderId, PaymentId, ShopId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::hold::{self, Column};
use super::rules;
use super::uploads::Of;

/// The number of an order that went back whole: nothing of it is held.
pub const REFUNDED: i64 = 5;

/// Writes a payment down, once.
pub async fn create(conn: &impl ConnectionTrait, of: &Of, wall: Time) -> Result<(), DbErr> {
    let row = hold::ActiveModel {
        payment_id: Set(of.payment),
        shop_id: Set(of.shop),
        order_id: Set(of.subject.order()),
        recharge_id: Set(of.subject.recharge()),
        transaction_id: Set(of.transaction_id.clone()),
        queries: Set(0),
        created_at: Set(wall),
        updated_at: Set(wall),
        ..Default::default()
    };
    let known = OnConflict::column(Column::PaymentId).do_nothing().to_owned();
    hold::Entity::insert(row).on_conflict(known).exec_without_returning(conn).await?;
    Ok(())
}

/// Forgets a payment that is not held after all.
pub async fn forget(conn: &impl ConnectionTrait, shop: ShopId, payment: PaymentId) -> Result<(), DbErr> {
    hold::Entity::delete_many()
        .filter(Column::ShopId.eq(shop))
        .filter(Column::PaymentId.eq(payment))
        .exec(conn)
        .await?;
    Ok(())
}

/// What is known of a payment.
pub async fn of_payment(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    payment: PaymentId,
) -> Result<Option<hold::Model>, DbErr> {
    hold::in_shop(shop).filter(Column::PaymentId.eq(payment)).one(conn).await
}

/// The same of several payments.
pub async fn of_payments(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    payments: &[PaymentId],
) -> Result<Vec<hold::Model>, DbErr> {
    if payments.is_empty() {
        return Ok(Vec::new());
    }
    hold::in_shop(shop).filter(Column::PaymentId.is_in(payments.iter().copied())).all(conn).await
}

/// All is told: from now on WeChat is asked whether the money is free, and the buyer of a parcel is
/// reminded at `remind_at`.
pub async fn told(
    conn: &impl ConnectionTrait,
    payment: PaymentId,
    remind_at: Option<Time>,
    wall: Time,
) -> Result<(), DbErr> {
    let mut update = hold::Entity::update_many()
        .col_expr(Column::NextQueryAt, Expr::value(wall + rules::look_pause(rules::LOOK_CALMLY)))
        .col_expr(Column::Queries, Expr::value(rules::LOOK_CALMLY))
        .col_expr(Column::UpdatedAt, Expr::value(wall));
    if remind_at.is_some() {
        update = update.col_expr(Column::RemindAt, Expr::value(remind_at));
    }
    update.filter(Column::PaymentId.eq(payment)).filter(Column::SettledAt.is_null()).exec(conn).await?;
    Ok(())
}

/// WeChat is asked about an order's payments soon: something happened that may have set them free.
pub async fn look_soon(conn: &impl ConnectionTrait, order: OrderId, wall: Time) -> Result<(), DbErr> {
    hold::Entity::update_many()
        .col_expr(Column::NextQueryAt, Expr::value(wall))
        .col_expr(Column::Queries, Expr::value(0))
        .filter(Column::OrderId.eq(order))
        .filter(Column::NextQueryAt.is_not_null())
        .exec(conn)
        .await?;
    Ok(())
}

/// Payments of all shops WeChat is to be asked about, at most `limit`.
pub async fn due(conn: &impl ConnectionTrait, wall: Time, limit: u64) -> Result<Vec<hold::Model>, DbErr> {
    hold::Entity::find()
        .filter(Column::NextQueryAt.lte(wall))
        .order_by_asc(Column::NextQueryAt)
        .limit(limit)
        .all(conn)
        .await
}

/// Puts the next question off, whatever comes of this one.
pub async fn put_off(conn: &impl ConnectionTrait, row: &hold::Model, wall: Time) -> Result<(), DbErr> {
    hold::Entity::update_many()
        .col_expr(Column::NextQueryAt, Expr::value(wall + rules::look_pause(row.queries)))
        .col_expr(Column::Queries, Expr::col(Column::Queries).add(1))
        .filter(Column::PaymentId.eq(row.payment_id))
        .filter(Column::NextQueryAt.is_not_null())
        .exec(conn)
        .await?;
    Ok(())
}

/// What WeChat tells of a payment, by answer or by event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    /// `order_state`.
    pub state: Option<i64>,
    /// Receipt was confirmed or timed out.
    pub received: bool,
    /// The money is free.
    pub settled: bool,
    /// The event's own Unix seconds and number, as they came.
    pub event: Option<Event>,
}

/// The raw parts of a settlement event; 0 for what it does not say.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "the platform's own names")]
pub struct Event {
    pub shipped_time: i64,
    pub estimated_settlement_time: i64,
    pub confirm_receive_method: i64,
    pub confirm_receive_time: i64,
    pub settlement_time: i64,
}

/// Notes what WeChat tells. A time once set stays; an event's 0 unsets nothing.
pub async fn heard(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    payment: PaymentId,
    told: &Told,
    wall: Time,
) -> Result<(), DbErr> {
    let first = |column: Column| Expr::expr(Expr::col(column)).if_null(Expr::value(wall));
    let mut update = hold::Entity::update_many().col_expr(Column::UpdatedAt, Expr::value(wall));
    if let Some(state) = told.state {
        update = update.col_expr(Column::PlatformState, Expr::value(state));
    }
    if told.received || told.settled {
        update = update.col_expr(Column::ReceivedAt, first(Column::ReceivedAt));
    }
    if told.settled {
        update = update.col_expr(Column::SettledAt, first(Column::SettledAt));
    }
    if told.settled || told.state == Some(REFUNDED) {
        update = update.col_expr(Column::NextQueryAt, Expr::value(None::<Time>));
    }
    if let Some(event) = told.event {
        for (column, number) in [
            (Column::ShippedTime, event.shipped_time),
            (Column::EstimatedSettlementTime, event.estimated_settlement_time),
            (Column::ConfirmReceiveMethod, event.confirm_receive_method),
            (Column::ConfirmReceiveTime, event.confirm_receive_time),
            (Column::SettlementTime, event.settlement_time),
        ] {
            if number != 0 {
                update = update.col_expr(column, Expr::value(number));
            }
        }
    }
    update.filter(Column::ShopId.eq(shop)).filter(Column::PaymentId.eq(payment)).exec(conn).await?;
    Ok(())
}

/// Payments of all shops whose buyer is to be reminded by `now` (business time), at most `limit`.
pub async fn to_remind(conn: &impl ConnectionTrait, now: Time, limit: u64) -> Result<Vec<hold::Model>, DbErr> {
    hold::Entity::find()
        .filter(Column::RemindAt.lte(now))
        .filter(Column::RemindedAt.is_null())
        .filter(Column::ReceivedAt.is_null())
        .order_by_asc(Column::RemindAt)
        .limit(limit)
        .all(conn)
        .await
}

/// The buyer is reminded now; `false` when he was before.
pub async fn remind(conn: &impl ConnectionTrait, payment: PaymentId, wall: Time) -> Result<bool, DbErr> {
    let marked = hold::Entity::update_many()
        .col_expr(Column::RemindedAt, Expr::value(wall))
        .filter(Column::PaymentId.eq(payment))
        .filter(Column::RemindedAt.is_null())
        .exec(conn)
        .await?;
    Ok(marked.rows_affected == 1)
}
