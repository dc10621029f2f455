//! Asks WeChat about payments and refunds whose notification is late, at growing intervals. Each row
//! is put off whatever its question is answered, so that none keeps the others waiting.

use std::collections::HashSet;

use futures::StreamExt;
use kernel::{Failure, Time};

use super::Done;
use crate::app::App;
use crate::areas::payments::entity::{payment, refund};
use crate::areas::payments::{query, refunds};
use crate::flows::{open_payments, refund as refund_flow};

/// Rows asked about in one run.
const BATCH: u64 = 50;
/// Rows asked about at the same time.
const SIDE_BY_SIDE: usize = 25;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let wall: Time = app.clock.wall();
    let mut payments = query::due(app.db.reader(), wall, BATCH).await?;
    let open_refunds = refunds::due(app.db.reader(), wall, BATCH).await?;
    let full = payments.len() as u64 >= BATCH || open_refunds.len() as u64 >= BATCH;
    // One question is about all payments that are made at once.
    let mut asked_of = HashSet::new();
    payments.retain(|payment| payment.combination_id.is_none_or(|whole| asked_of.insert(whole)));
    let asked = futures::stream::iter(payments).map(|payment| ask_payment(app, payment)).buffer_unordered(SIDE_BY_SIDE);
    let mut heard = count(asked).await;
    let asked = futures::stream::iter(open_refunds).map(|refund| ask_refund(app, refund)).buffer_unordered(SIDE_BY_SIDE);
    heard += count(asked).await;
    // A full batch of which nothing was heard must not be followed by another at once.
    Ok(if full && heard > 0 { Done::PartOf(heard) } else { Done::AllOf(heard) })
}

async fn count(answers: impl futures::Stream<Item = bool>) -> u64 {
    answers.filter(|heard| std::future::ready(*heard)).count().await as u64
}

/// Whether the platform answered.
async fn ask_payment(app: &App, payment: payment::Model) -> bool {
    let outcome = match app.shops.by_id(payment.shop_id) {
        Ok(shop) => open_payments::follow(app, &shop, &payment).await,
        Err(unknown) => open_payments::put_off(app, &payment).await.and(Err(unknown.into())),
    };
    if let Err(failure) = &outcome {
        tracing::warn!(payment = %payment.id, %failure, "a payment could not be asked about");
    }
    outcome.is_ok()
}

/// Whether the platform answered.
async fn ask_refund(app: &App, open: refund::Model) -> bool {
    let outcome = match app.shops.by_id(open.shop_id) {
        Ok(shop) => refund_flow::ask(app, &shop, &open).await,
        Err(unknown) => refund_flow::put_off(app, &open).await.and(Err(unknown.into())),
    };
    if let Err(failure) = &outcome {
        tracing::warn!(refund = %open.id, %failure, "a refund could not be asked about");
    }
    outcome.is_ok()
}
