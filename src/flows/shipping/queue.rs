//! What is to be told, written in the transaction of the step that makes it so.

use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use crate::areas::orders::entity::order;
use crate::areas::orders::state::{FulfilmentKind, OrderStatus};
use crate::areas::payments::entity::payment;
use crate::areas::payments::query::paid_of;
use crate::areas::shipping::entity::upload;
use crate::areas::shipping::state::{Logistics, UploadEvent, UploadKind};
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
    holds::create(conn, &of, wall).await?;
    if let Some(upload) = uploads::create(conn, &of, UploadKind::Upload, wall).await? {
        return Effect::ShippingUpload { upload }.put(conn, order.shop_id, wall).await;
    }
    let known = uploads::of_payment(conn, order.shop_id, payment.id).await?;
    match known.iter().find(|row| row.kind == UploadKind::Upload && row.state.is_open()) {
        // More parcels of a split delivery.
        Some(row) => Effect::ShippingUpload { upload: row.id }.put_again(conn, order.shop_id, wall).await,
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
    Some(Of { shop: order.shop_id, order: order.id, payment: payment.id, transaction_id, logistics })
}

/// What came of wanting an upload again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It will be sent.
    Queued,
    /// The goods have not been sent, so there is nothing to tell.
    NotSent,
    /// The order is closed, or its parcels are told one by one.
    NotNeeded,
}

/// WeChat does not have what it was told, or was to be told: it is told anew. The order must be locked.
pub async fn again(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    payment: &payment::Model,
    wall: Time,
) -> Result<Again, Failure> {
    let rows = uploads::of_payment(conn, order.shop_id, payment.id).await?;
    let Some(row) = rows.iter().find(|row| row.kind == UploadKind::Upload) else {
        let reached = match order.fulfilment {
            FulfilmentKind::Express => [OrderStatus::Shipped, OrderStatus::Received, OrderStatus::Completed],
            _ => [OrderStatus::Arrived, OrderStatus::Received, OrderStatus::Completed],
        };
        if !reached.contains(&order.status) {
            return Ok(if order.status == OrderStatus::Closed { Again::NotNeeded } else { Again::NotSent });
        }
        wanted(conn, order, wall).await?;
        return Ok(Again::Queued);
    };
    if order.status == OrderStatus::Closed {
        return Ok(Again::NotNeeded);
    }
    requeue(conn, row, wall).await?;
    Ok(Again::Queued)
}

/// Puts one row back to be told.
pub(super) async fn requeue(conn: &impl ConnectionTrait, row: &upload::Model, wall: Time) -> Result<(), Failure> {
    if !row.state.is_open() {
        holds::create(conn, &of_row(row), wall).await?;
        let said = Said { errcode: row.errcode, errmsg: row.errmsg.clone() };
        uploads::advance(conn, row, UploadEvent::WantedAgain, &said, wall).await?;
    }
    Effect::ShippingUpload { upload: row.id }.put_again(conn, row.shop_id, wall).await
}

fn of_row(row: &upload::Model) -> Of {
    Of {
        shop: row.shop_id,
        order: row.order_id,
        payment: row.payment_id,
        transaction_id: row.transaction_id.clone(),
        logistics: row.logistics,
    }
}
