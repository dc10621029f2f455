//! What is to be told, written in the transaction of the step that makes it so.

use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use super::subject::{self, Held};
use crate::areas::orders;
use crate::areas::orders::entity::order;
use crate::areas::orders::state::{FulfilmentKind, OrderStatus};
use crate::areas::payments::entity::payment;
use crate::areas::payments::query::paid_of;
use crate::areas::shipping::entity::upload;
use crate::areas::shipping::state::{Logistics, UploadEvent, UploadKind};
use crate::areas::shipping::subject::Subject;
use crate::areas::shipping::uploads::{self, Of, Said};
use crate::areas::shipping::{holds, management};
use crate::flows::effects::Effect;

/// An order was sent, in part or whole, or is at its pickup point: WeChat is to be told. Free orders
/// and those paid by balance have no payment there, and are no business of WeChat's. Where WeChat said
/// of late that it keeps nothing, nothing is written: should that change, the daily list finds it.
pub async fn wanted(conn: &impl ConnectionTrait, order: &order::Model, wall: Time) -> Result<(), Failure> {
    if management::is_known_free(conn, order.shop_id, wall).await? {
        return Ok(());
    }
    let Some(payment) = paid_of(conn, order.shop_id, order.id).await? else { return Ok(()) };
    let Some(of) = of(order, &payment) else { return Ok(()) };
    tell(conn, &of, wall).await
}

/// A recharge was paid: the balance is there, so WeChat is told at once. As with orders nothing is
/// written where it said of late that it keeps nothing.
pub async fn recharged(conn: &impl ConnectionTrait, payment: &payment::Model, wall: Time) -> Result<(), Failure> {
    if management::is_known_free(conn, payment.shop_id, wall).await? {
        return Ok(());
    }
    let Some(of) = of_recharge(payment) else { return Ok(()) };
    tell(conn, &of, wall).await
}

async fn tell(conn: &impl ConnectionTrait, of: &Of, wall: Time) -> Result<(), Failure> {
    holds::create(conn, of, wall).await?;
    if let Some(upload) = uploads::create(conn, of, UploadKind::Upload, wall).await? {
        return Effect::ShippingUpload { upload }.put(conn, of.shop, wall).await;
    }
    let known = uploads::of_payment(conn, of.shop, of.payment).await?;
    match known.iter().find(|row| row.kind == UploadKind::Upload && row.state.is_open()) {
        // More parcels of a split delivery.
        Some(row) => Effect::ShippingUpload { upload: row.id }.put_again(conn, of.shop, wall).await,
        None => Ok(()),
    }
}

/// Receipt was confirmed here, or an order ended: the money may be free by now.
pub async fn received(conn: &impl ConnectionTrait, order: &order::Model, wall: Time) -> Result<(), Failure> {
    Ok(holds::look_soon(conn, order.id, wall).await?)
}

pub(super) fn of(order: &order::Model, payment: &payment::Model) -> Option<Of> {
    let logistics = match order.fulfilment {
        FulfilmentKind::Express => Logistics::Express,
        FulfilmentKind::LeaderDelivery => Logistics::City,
        FulfilmentKind::Pickup => Logistics::Pickup,
    };
    let transaction_id = payment.transaction_id.clone()?;
    let subject = Subject::Order(order.id);
    Some(Of { shop: order.shop_id, subject, payment: payment.id, transaction_id, logistics })
}

fn of_recharge(payment: &payment::Model) -> Option<Of> {
    Some(Of {
        shop: payment.shop_id,
        subject: Subject::Recharge(payment.recharge_id?),
        payment: payment.id,
        transaction_id: payment.transaction_id.clone()?,
        logistics: Logistics::Virtual,
    })
}

/// What a payment's shipping is about, whatever the payment was for.
pub(super) async fn of_payment(conn: &impl ConnectionTrait, payment: &payment::Model) -> Result<Option<Of>, Failure> {
    let Some(order) = payment.order_id else { return Ok(of_recharge(payment)) };
    let order = orders::query::by_id(conn, payment.shop_id, order).await?;
    Ok(order.and_then(|order| of(&order, payment)))
}

/// What came of wanting an upload again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It will be sent.
    Queued,
    /// The goods have not been sent, so there is nothing to tell.
    NotSent,
    /// The order is closed or the money has gone back, or its parcels are told one by one.
    NotNeeded,
}

/// WeChat does not have what it was told of a payment, or was to be told: it is told anew.
pub(super) async fn again(conn: &impl ConnectionTrait, payment: &payment::Model, wall: Time) -> Result<Again, Failure> {
    let Some(subject) = subject::of_payment(payment) else { return Ok(Again::NotNeeded) };
    let held = subject::held(conn, payment.shop_id, subject).await?;
    if held.is_gone() {
        return Ok(Again::NotNeeded);
    }
    let rows = uploads::of_payment(conn, payment.shop_id, payment.id).await?;
    if let Some(row) = rows.iter().find(|row| row.kind == UploadKind::Upload) {
        requeue(conn, row, wall).await?;
        return Ok(Again::Queued);
    }
    match held {
        // What came too late goes back.
        Held::Recharge(_) if payment.late => return Ok(Again::NotNeeded),
        Held::Recharge(_) => recharged(conn, payment, wall).await?,
        Held::Order(order) if was_sent(&order) => wanted(conn, &order, wall).await?,
        Held::Order(_) => return Ok(Again::NotSent),
    }
    Ok(Again::Queued)
}

fn was_sent(order: &order::Model) -> bool {
    match order.fulfilment {
        FulfilmentKind::Express => [OrderStatus::Shipped, OrderStatus::Received, OrderStatus::Completed],
        _ => [OrderStatus::Arrived, OrderStatus::Received, OrderStatus::Completed],
    }
    .contains(&order.status)
}

/// Puts one row back to be told.
pub(super) async fn requeue(conn: &impl ConnectionTrait, row: &upload::Model, wall: Time) -> Result<(), Failure> {
    if !row.state.is_open() {
        if let Some(of) = of_row(row) {
            holds::create(conn, &of, wall).await?;
        }
        let said = Said { errcode: row.errcode, errmsg: row.errmsg.clone() };
        uploads::advance(conn, row, UploadEvent::WantedAgain, &said, wall).await?;
    }
    Effect::ShippingUpload { upload: row.id }.put_again(conn, row.shop_id, wall).await
}

fn of_row(row: &upload::Model) -> Option<Of> {
    Some(Of {
        shop: row.shop_id,
        subject: row.subject()?,
        payment: row.payment_id,
        transaction_id: row.transaction_id.clone(),
        logistics: row.logistics,
    })
}
