//! What an operator does about a refund that WeChat cannot pay: an abnormal one WeChat sends to a card of
//! the payer's; it, one refused for good and one closed the shop pays by hand and proves it (R-58, WeChat
//! Pay sheet §5).

use gateways::pay::wechat_pay::{PayError, PayerCard, RefundStatus, SealedAbnormal};
use kernel::id::{OperatorId, RefundId, RemedyId};
use kernel::{Failure, Time};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::operator::held;
use super::send::{merchant_of, succeed, told};
use crate::app::App;
use crate::areas::operators::audit;
use crate::areas::orders;
use crate::areas::orders::entity::order;
use crate::areas::payments::entity::{refund, remedy};
use crate::areas::payments::error::PaymentError;
use crate::areas::payments::refunds;
use crate::areas::payments::remedies::{self, NewRemedy, RemedyState, RemedyWay};
use crate::areas::payments::state::{RefundEvent, RefundState};
use crate::areas::shops::query::Shop;
use crate::flows::effects::{Delivery, Effect};
use crate::flows::payment_received::ReceiptError;
use crate::flows::recharge;
use crate::platform::request_keys::Once;

/// Has an abnormal refund sent to a card of the payer's. The request is stored before it is sent; card
/// and name are in it for WeChat's eyes alone.
///
/// Errors: `refund.not_found`, `refund.wrong_state`; what the platform's keys say.
pub async fn to_card(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: RefundId,
    card: &PayerCard,
    once: &Once<remedy::Model>,
) -> Result<remedy::Model, Failure> {
    let known = open_to(RemedyWay::Card, refunds::by_id(app.db.reader(), shop.id, id).await?, id)?;
    let pay = app.clients.of(shop).pay_for(merchant_of(app, shop, &known).await?.as_deref())?;
    let sealed = pay.abnormal_refund_body(&known.id.to_string(), card).await;
    let SealedAbnormal { body, serial } = sealed.map_err(ReceiptError::Unavailable)?;
    let end: String = card.number.chars().skip(card.number.chars().count().saturating_sub(4)).collect();
    let note = format!("{} ****{end} {}", card.bank_type, kernel::mask::name(&card.real_name));
    let new = NewRemedy { request: Some((body, serial)), note, proof: None };
    let made = app
        .db
        .write(async |tx| {
            let (_, _, row) = write(app, tx, shop, by, id, new.clone()).await?;
            Effect::RefundRemedy { remedy: row.id }.put(tx, shop.id, app.clock.wall()).await?;
            once.keep(tx, &row, app.clock.wall()).await?;
            Ok(row)
        })
        .await?;
    app.bell.ring();
    Ok(made)
}

/// The shop has paid a refund outside WeChat: the member has his money out of the shop's own, and what
/// WeChat keeps of it stays with WeChat. Of one that was refused or closed WeChat is asked first.
///
/// Errors: `refund.not_found`; `order.wrong_state` where it is not to be paid by hand, or no more at WeChat;
/// `payment.unavailable` without a clear answer.
pub async fn by_hand(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: RefundId,
    new: &NewRemedy,
    once: &Once<remedy::Model>,
) -> Result<remedy::Model, Failure> {
    let known = open_to(RemedyWay::ByHand, refunds::by_id(app.db.reader(), shop.id, id).await?, id)?;
    if known.state != RefundState::Abnormal {
        given_up_there(app, shop, &known).await?;
    }
    app.db
        .write(async |tx| {
            let (order, refund, row) = write(app, tx, shop, by, id, new.clone()).await?;
            match (&order, refund.recharge_id) {
                (Some(order), _) => {
                    drop(succeed(app, tx, shop, order, &refund, (RefundEvent::PaidByHand, None)).await?);
                }
                (None, Some(of)) => {
                    drop(recharge::moved(app, tx, shop, (&refund, of), RefundEvent::PaidByHand, (None, None)).await?);
                }
                (None, None) => {}
            }
            once.keep(tx, &row, app.clock.wall()).await?;
            Ok(row)
        })
        .await
}

/// Makes sure that WeChat will not pay a refund that was refused or closed: it says so over its signature.
/// What else it says is booked, and the refund is not to be paid by hand.
async fn given_up_there(app: &App, shop: &Shop, known: &refund::Model) -> Result<(), Failure> {
    let pay = app.clients.of(shop).pay_for(merchant_of(app, shop, known).await?.as_deref())?;
    let answer = match pay.query_refund(&known.id.to_string()).await {
        Err(error @ PayError::NotFound(_)) if error.is_definite_refusal() => return Ok(()),
        other => other.map_err(ReceiptError::Unavailable)?,
    };
    let state = match &answer.status {
        RefundStatus::Closed => RefundState::Closed,
        RefundStatus::Success => RefundState::Succeeded,
        RefundStatus::Processing => RefundState::Processing,
        RefundStatus::Abnormal => RefundState::Abnormal,
        RefundStatus::Other(word) => {
            let unclear = PayError::Unknown(format!("a refund's status {word}"));
            return Err(ReceiptError::Unavailable(unclear).into());
        }
    };
    told(app, shop, &answer).await?;
    match state {
        RefundState::Closed => Ok(()),
        state => Err(PaymentError::RefundWrongState { refund: known.id, state }.into()),
    }
}

/// The refund, where this way is open to it.
fn open_to(way: RemedyWay, row: Option<refund::Model>, id: RefundId) -> Result<refund::Model, PaymentError> {
    let row = row.ok_or(PaymentError::RefundNotFound(id))?;
    let fits = match way {
        RemedyWay::Card => row.state == RefundState::Abnormal && row.platform_refund_id.is_some(),
        RemedyWay::ByHand => row.state.after(RefundEvent::PaidByHand).is_some(),
    };
    if fits { Ok(row) } else { Err(PaymentError::RefundWrongState { refund: id, state: row.state }) }
}

async fn write(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    by: OperatorId,
    id: RefundId,
    new: NewRemedy,
) -> Result<(Option<order::Model>, refund::Model, remedy::Model), Failure> {
    let now: Time = app.clock.now();
    let known = open_to(new.way(), refunds::by_id(tx, shop.id, id).await?, id)?;
    let order = held(tx, shop, &known).await?;
    let refund = open_to(new.way(), refunds::by_id(tx, shop.id, id).await?, id)?;
    let row = remedies::create(tx, shop.id, id, new, by, now).await?;
    let row = row.ok_or(PaymentError::RefundWrongState { refund: id, state: refund.state })?;
    let what = format!("refund_{}", kernel::words::wire(&row.way));
    let actor = format!("operator:{by}");
    if let Some(order) = &order {
        orders::service::note(tx, order, Some(order.status), &what, &actor, Some(&row.note), now).await?;
    }
    let detail = json!({ "way": row.way, "note": row.note, "proof": row.proof });
    audit::note(tx, shop.id, by, "refund.remedy", id, detail, now).await?;
    Ok((order, refund, row))
}

/// Tells WeChat of a card. After a lost answer the refund itself says whether it was heard.
#[tracing::instrument(skip_all, fields(remedy = %id))]
pub async fn deliver(app: &App, shop: &Shop, id: RemedyId) -> Result<Delivery, Failure> {
    let Some(row) = remedies::waiting(app.db.reader(), shop.id, id).await? else { return Ok(Delivery::Done) };
    let refund = refunds::by_id(app.db.reader(), shop.id, row.refund_id).await?;
    let refund = refund.ok_or(PaymentError::RefundNotFound(row.refund_id))?;
    let clients = app.clients.of(shop);
    let pay = clients.pay_for(merchant_of(app, shop, &refund).await?.as_deref())?;
    if row.sent_at.is_some() {
        match pay.query_refund(&refund.id.to_string()).await {
            Ok(answer) if answer.status != RefundStatus::Abnormal => {
                end(app, &row, RemedyState::Done, None).await?;
                told(app, shop, &answer).await?;
                return Ok(Delivery::Done);
            }
            Ok(_) => {}
            Err(error) => return Ok(Delivery::Later(error.to_string())),
        }
    }
    let theirs = refund.platform_refund_id.clone().unwrap_or_default();
    let sealed =
        SealedAbnormal { body: row.body.clone().unwrap_or_default(), serial: row.serial.clone().unwrap_or_default() };
    app.db.write(async |tx| Ok(remedies::sending(tx, &row, app.clock.now()).await?)).await?;
    match pay.send_abnormal_refund(&theirs, &sealed).await {
        Ok(answer) => {
            end(app, &row, RemedyState::Done, None).await?;
            told(app, shop, &answer).await?;
            Ok(Delivery::Done)
        }
        Err(error @ (PayError::Config(_) | PayError::NotEnough(_))) => {
            tracing::error!(%error, "ALARM: an abnormal refund waits until somebody mends the account");
            Ok(Delivery::Later(error.to_string()))
        }
        Err(error) => {
            // An unsigned "no" is believed once the refund itself has not moved.
            let unmoved = || async { pay.query_refund(&refund.id.to_string()).await.map(|answer| answer.status) };
            let refused = error.is_definite_refusal()
                || (!error.is_undecided() && unmoved().await.is_ok_and(|status| status == RefundStatus::Abnormal));
            if !refused {
                return Ok(Delivery::Later(error.to_string()));
            }
            tracing::error!(refund = %refund.id, %error, "ALARM: WeChat did not take the card of an abnormal refund");
            end(app, &row, RemedyState::Refused, Some(error.to_string())).await?;
            Ok(Delivery::Done)
        }
    }
}

async fn end(app: &App, row: &remedy::Model, state: RemedyState, error: Option<String>) -> Result<(), Failure> {
    let now = app.clock.now();
    app.db.write(async |tx| Ok(remedies::end(tx, row, state, error.clone(), now).await?)).await?;
    Ok(())
}
