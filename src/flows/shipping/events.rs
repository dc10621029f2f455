//! What WeChat pushes about shipping (mini-program sheet §5.5). Called in the transaction that keeps
//! the message, so that each is heard once. What the buyer of a parcel confirms at WeChat is receipt here;
//! goods that are collected are received when they are handed over by their code.

use gateways::wechat::PushMessage;
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use super::queue;
use crate::areas::payments::entity::payment;
use crate::areas::payments::query::by_transaction;
use crate::areas::shipping::holds::{self, Event, Told};
use crate::areas::shipping::management;
use crate::areas::shops::query::Shop;
use crate::flows::receipt;

/// Does what follows from a pushed event; others are left. Business time comes first.
pub async fn heard(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    message: &PushMessage,
    (now, wall): (Time, Time),
) -> Result<(), Failure> {
    match message.event.as_deref() {
        Some("trade_manage_order_settlement") => settlement(conn, shop, message, (now, wall)).await,
        Some("trade_manage_remind_shipping") => unshipped(conn, shop, message, wall).await,
        Some("trade_manage_remind_access_api") => {
            metrics::counter!("shipping_alarms_total", "kind" => "access_api").increment(1);
            tracing::error!(shop = %shop.id, "ALARM: WeChat keeps this shop's money until it is told of the shipping");
            Ok(management::keep(conn, shop.id, true, wall).await?)
        }
        _ => Ok(()),
    }
}

async fn payment_of(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    message: &PushMessage,
) -> Result<Option<payment::Model>, Failure> {
    let Some(transaction_id) = message.field("transaction_id") else { return Ok(None) };
    let found = by_transaction(conn, shop.id, &transaction_id).await?;
    if found.is_none() {
        tracing::warn!(shop = %shop.id, transaction_id, "WeChat tells of a payment that is not ours");
    }
    Ok(found)
}

/// Told at shipping and at settlement: each says what it knows, 0 where it knows nothing yet.
async fn settlement(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    message: &PushMessage,
    (now, wall): (Time, Time),
) -> Result<(), Failure> {
    let Some(payment) = payment_of(conn, shop, message).await? else { return Ok(()) };
    let Some(of) = queue::of_payment(conn, &payment).await? else { return Ok(()) };
    let number = |name: &str| message.field(name).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let event = Event {
        shipped_time: number("shipped_time"),
        estimated_settlement_time: number("estimated_settlement_time"),
        confirm_receive_method: number("confirm_receive_method"),
        confirm_receive_time: number("confirm_receive_time"),
        settlement_time: number("settlement_time"),
    };
    let told = Told {
        state: None,
        received: event.confirm_receive_time > 0,
        settled: event.settlement_time > 0,
        event: Some(event),
    };
    // The order's row is held first, as by whoever sends it.
    if let Some(order) = payment.order_id.filter(|_| told.received && !payment.late) {
        receipt::confirmed_at_wechat(conn, shop, order, (now, wall)).await?;
    }
    holds::create(conn, &of, wall).await?;
    Ok(holds::heard(conn, shop.id, payment.id, &told, wall).await?)
}

/// Two days have passed: either the goods have not left, or WeChat did not hear of it.
async fn unshipped(conn: &impl ConnectionTrait, shop: &Shop, message: &PushMessage, wall: Time) -> Result<(), Failure> {
    metrics::counter!("shipping_alarms_total", "kind" => "unshipped").increment(1);
    let Some(payment) = payment_of(conn, shop, message).await? else { return Ok(()) };
    let came = queue::again(conn, &payment, wall).await?;
    tracing::error!(payment = %payment.id, ?came, "ALARM: WeChat misses the shipping of a payment");
    Ok(())
}
