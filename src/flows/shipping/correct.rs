//! An operator mends what WeChat was told, or was to be told: once where it has taken it, and as often
//! as it takes where it has not.

use kernel::id::{OperatorId, OrderLineId, PaymentId, ShippingUploadId};
use kernel::{Code, Coded, Failure, Time};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::queue;
use super::subject::{self, Held};
use crate::app::App;
use crate::areas::operators::audit;
use crate::areas::orders::entity::order;
use crate::areas::orders::progress::Parcel;
use crate::areas::orders::{self, query};
use crate::areas::payments::entity::payment;
use crate::areas::payments::service as payments;
use crate::areas::shipping::entity::upload;
use crate::areas::shipping::state::{Logistics, UploadKind, UploadState};
use crate::areas::shipping::{holds, uploads};
use crate::areas::shops::query::Shop;
use crate::flows::effects::Effect;
use crate::platform::request_keys::Once;

/// Why nothing is told again.
#[derive(Debug, thiserror::Error)]
enum CorrectError {
    #[error("payment {0} has no shipping to tell")]
    NotFound(PaymentId),
    #[error("nothing can be told again: {0}")]
    NotPossible(&'static str),
}

impl Coded for CorrectError {
    fn code(&self) -> Code {
        match self {
            CorrectError::NotFound(_) => Code::ShippingUploadNotFound,
            CorrectError::NotPossible(_) => Code::ShippingUploadWrongState,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            CorrectError::NotFound(_) => None,
            CorrectError::NotPossible(why) => Some(json!({ "reason": why })),
        }
    }
}

/// What an operator wants told.
#[derive(Clone, Debug, Default)]
pub struct Correction {
    /// The lines whose parcel was named wrong; all that were sent when empty.
    pub lines: Vec<OrderLineId>,
    /// Their parcel, where it is to change.
    pub parcel: Option<Parcel>,
}

/// A row that was put back or written.
#[derive(Clone, Debug)]
pub struct Told {
    /// As it now stands.
    pub upload: upload::Model,
}

/// Tells WeChat again: anew what it has not taken, as the one correction what it has.
///
/// # Errors
/// `shipping_upload.not_found`, `shipping_upload.wrong_state`.
#[tracing::instrument(skip_all, fields(%payment))]
pub async fn tell_again(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    payment: PaymentId,
    correction: &Correction,
    once: &Once<Told>,
) -> Result<Told, Failure> {
    let told = app
        .db
        .write(async |tx| {
            let (now, wall) = (app.clock.now(), app.clock.wall());
            let id = write(tx, shop, payment, correction, wall).await?;
            let upload = uploads::by_id(tx, shop.id, id).await?.ok_or(CorrectError::NotFound(payment))?;
            let detail = json!({ "kind": upload.kind, "parcel": correction.parcel.is_some() });
            audit::note(tx, shop.id, by, "shipping.tell_again", payment, detail, now).await?;
            let told = Told { upload };
            once.keep(tx, &told, wall).await?;
            Ok(told)
        })
        .await?;
    app.bell.ring();
    Ok(told)
}

async fn unwritten(
    tx: &DatabaseTransaction,
    payment: &payment::Model,
    wall: Time,
) -> Result<ShippingUploadId, Failure> {
    queue::again(tx, payment, wall).await?;
    let rows = uploads::of_payment(tx, payment.shop_id, payment.id).await?;
    Ok(rows.first().ok_or(CorrectError::NotFound(payment.id))?.id)
}

/// The lines that were sent, all or those named, are in this parcel.
async fn rename(
    tx: &DatabaseTransaction,
    order: &order::Model,
    lines: &[OrderLineId],
    parcel: &Parcel,
) -> Result<(), Failure> {
    let all = query::lines_of(tx, order.shop_id, order.id).await?;
    let asked = |id: &OrderLineId| lines.is_empty() || lines.contains(id);
    let sent = all.iter().filter(|line| line.shipped_at.is_some() && asked(&line.id));
    let sent: Vec<OrderLineId> = sent.map(|line| line.id).collect();
    orders::progress::rename_parcel(tx, order.shop_id, &sent, parcel).await?;
    Ok(())
}

async fn write(
    tx: &DatabaseTransaction,
    shop: &Shop,
    payment: PaymentId,
    correction: &Correction,
    wall: Time,
) -> Result<ShippingUploadId, Failure> {
    let missing = || CorrectError::NotFound(payment);
    let payment = payments::by_id(tx, shop.id, payment).await?.ok_or_else(missing)?;
    let held = subject::held(tx, shop.id, subject::of_payment(&payment).ok_or_else(missing)?).await?;
    let rows = uploads::of_payment(tx, shop.id, payment.id).await?;
    let first = rows.iter().find(|row| row.kind == UploadKind::Upload);
    if held.is_gone() && (first.is_some() || payment.recharge_id.is_some()) {
        return Err(CorrectError::NotPossible(held.gone_why()).into());
    }
    match (&held, &correction.parcel) {
        (_, None) => {}
        (Held::Order(_), Some(_)) if first.is_none() => return Err(missing().into()),
        (Held::Order(order), Some(parcel)) => rename(tx, order, &correction.lines, parcel).await?,
        (Held::Recharge(_), Some(_)) => return Err(CorrectError::NotPossible("a recharge has no parcel").into()),
    }
    let Some(first) = first else {
        // A recharge paid while WeChat kept nothing, or said that it does not, was never written down.
        return match held {
            Held::Recharge(_) => unwritten(tx, &payment, wall).await,
            Held::Order(_) => Err(missing().into()),
        };
    };
    if first.state != UploadState::Recorded {
        if first.request_body.is_some() && first.state.is_open() {
            return Err(CorrectError::NotPossible("it is being told right now").into());
        }
        queue::requeue(tx, first, wall).await?;
        return Ok(first.id);
    }
    let hold = holds::of_payment(tx, shop.id, payment.id).await?;
    let earlier = rows.iter().find(|row| row.kind == UploadKind::Correction);
    let why = match (&correction.parcel, earlier) {
        _ if hold.is_some_and(|hold| hold.received_at.is_some()) => Some("receipt was confirmed"),
        (None, _) => Some("WeChat has it, and nothing is to be changed"),
        _ if first.logistics != Logistics::Express => Some("only parcels can be corrected"),
        // One that WeChat refused has not used it up.
        (_, Some(earlier)) if earlier.state != UploadState::Refused => Some("the one correction is used"),
        (Some(_), _) => None,
    };
    if let Some(why) = why {
        return Err(CorrectError::NotPossible(why).into());
    }
    if let Some(earlier) = earlier {
        queue::requeue(tx, earlier, wall).await?;
        return Ok(earlier.id);
    }
    let of = queue::of_payment(tx, &payment).await?.ok_or_else(missing)?;
    let id = uploads::create(tx, &of, UploadKind::Correction, wall).await?.ok_or_else(missing)?;
    Effect::ShippingUpload { upload: id }.put(tx, shop.id, wall).await?;
    Ok(id)
}
