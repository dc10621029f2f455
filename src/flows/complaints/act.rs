//! What operators say and do about complaints. An answer is said again when it is sent again, so after
//! a lost one WeChat's own history is looked at first.

use gateways::pay::wechat_pay::{ComplaintState as Theirs, Negotiation, PayError, RefundProgress, WechatPay};
use kernel::Failure;
use kernel::id::{ComplaintActionId, ComplaintId, OperatorId};
use serde_json::json;

use crate::app::App;
use crate::areas::complaints::actions::{self, NewAction};
use crate::areas::complaints::entity::{action, complaint};
use crate::areas::complaints::error::ComplaintError;
use crate::areas::complaints::state::{ActionEvent, ActionKind, ActionState, ComplaintState};
use crate::areas::complaints::{query, service};
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::flows::complaints::pictures;
use crate::flows::effects::{Delivery, Effect};
use crate::platform::request_keys::Once;

/// A complaint with what the shop did about it.
#[derive(Clone, Debug)]
pub struct Acted {
    /// As WeChat told it last.
    pub complaint: complaint::Model,
    /// Oldest first.
    pub actions: Vec<action::Model>,
}

/// Writes what an operator says or does; the outbox sends it.
///
/// # Errors
/// `complaint.not_found`, `complaint.wrong_state`; of a picture `upload.not_found`, `upload.invalid`.
#[tracing::instrument(skip_all, fields(complaint = %id))]
pub async fn act(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: ComplaintId,
    new: &NewAction,
    once: &Once<Acted>,
) -> Result<Acted, Failure> {
    let files = pictures::chosen(app, shop, &new.pictures).await?;
    let acted = app
        .db
        .write(async |tx| {
            let wall = app.clock.wall();
            let complaint = query::by_id(tx, shop.id, id).await?;
            let earlier = actions::of_all(tx, shop.id, &[id]).await?;
            let ending =
                earlier.iter().any(|row| row.kind == ActionKind::Complete && row.state != ActionState::Refused);
            if complaint.state == ComplaintState::Processed || (ending && new.kind == ActionKind::Complete) {
                return Err(ComplaintError::WrongState { complaint: id, state: complaint.state }.into());
            }
            let row = actions::create(tx, shop.id, id, new, &files, by, wall).await?;
            Effect::ComplaintAction { action: row.id }.put(tx, shop.id, wall).await?;
            let detail = json!({ "kind": new.kind, "content": new.content, "refund_days": new.refund_days,
                "pictures": new.pictures });
            audit::note(tx, shop.id, by, "complaint.act", id, detail, app.clock.now()).await?;
            let acted = Acted { complaint, actions: actions::of_all(tx, shop.id, &[id]).await? };
            once.keep(tx, &acted, wall).await?;
            Ok(acted)
        })
        .await?;
    app.bell.ring();
    Ok(acted)
}

/// What was said about a complaint, as WeChat keeps it; `None` where it cannot be asked.
pub async fn history(app: &App, shop: &Shop, complaint: &complaint::Model) -> Option<Vec<Negotiation>> {
    let clients = app.clients.of(shop);
    match clients.pay().ok()?.negotiations(&complaint.complaint_no).await {
        Ok(entries) => Some(entries),
        Err(error) => {
            tracing::warn!(complaint = %complaint.id, %error, "a complaint's history cannot be read");
            None
        }
    }
}

/// Sends an action.
#[tracing::instrument(skip_all, fields(action = %id))]
pub async fn send(app: &App, shop: &Shop, id: ComplaintActionId) -> Result<Delivery, Failure> {
    let Some(row) = actions::waiting(app.db.reader(), shop.id, id).await? else { return Ok(Delivery::Done) };
    let complaint = query::by_id(app.db.reader(), shop.id, row.complaint_id).await?;
    // Who is complained about answers: of a supplier's merchant the service provider says so for it.
    let pay = app.clients.of(shop).pay_for(complaint.merchant_no.as_deref())?;
    if row.sent_at.is_some() {
        match took_effect(&pay, &complaint, &row).await {
            Ok(true) => return ended(app, shop, &row, ActionEvent::Taken, None).await,
            Ok(false) => {}
            Err(error) => return Ok(Delivery::Later(error.to_string())),
        }
    }
    let media = match pictures::at_wechat(app, &pay, &row).await? {
        Ok(media) => media,
        Err(error) => return settled(app, shop, &row, Err(error)).await,
    };
    app.db.write(async |tx| Ok(actions::sending(tx, &row, app.clock.wall()).await?)).await?;
    let words = row.content.clone().unwrap_or_default();
    let number = &complaint.complaint_no;
    let sent = match row.kind {
        ActionKind::Reply => pay.answer_complaint(number, &words, &media).await,
        ActionKind::Complete => pay.complete_complaint(number).await,
        ActionKind::PromiseRefund => {
            let days = row.refund_days.and_then(|days| u8::try_from(days).ok()).unwrap_or(0);
            pay.complaint_refund_progress(number, &RefundProgress::Approve(days)).await
        }
        ActionKind::RefuseRefund => pay.complaint_refund_progress(number, &RefundProgress::Reject(words)).await,
    };
    settled(app, shop, &row, sent).await
}

/// What WeChat said about an action: it has ended, or it is tried again.
async fn settled(app: &App, shop: &Shop, row: &action::Model, sent: Result<(), PayError>) -> Result<Delivery, Failure> {
    match sent {
        Ok(()) => ended(app, shop, row, ActionEvent::Taken, None).await,
        Err(error @ PayError::Config(_)) => {
            tracing::error!(%error, "ALARM: complaints cannot be answered until somebody mends the account");
            Ok(Delivery::Later(error.to_string()))
        }
        Err(error) if error.is_definite_refusal() || matches!(error, PayError::Invalid(_)) => {
            tracing::error!(%error, "ALARM: WeChat refused what was said about a complaint");
            ended(app, shop, row, ActionEvent::Refused, Some(&error.to_string())).await
        }
        Err(error) => Ok(Delivery::Later(error.to_string())),
    }
}

/// Whether an action whose answer was lost took place.
async fn took_effect(pay: &WechatPay, complaint: &complaint::Model, row: &action::Model) -> Result<bool, PayError> {
    match row.kind {
        ActionKind::Reply => {
            let words = row.content.as_deref().unwrap_or_default();
            let said = pay.negotiations(&complaint.complaint_no).await?;
            Ok(said.iter().any(|entry| entry.is_answer(words)))
        }
        ActionKind::Complete => Ok(pay.complaint(&complaint.complaint_no).await?.complaint_state == Theirs::Processed),
        // Said twice it means the same.
        ActionKind::PromiseRefund | ActionKind::RefuseRefund => Ok(false),
    }
}

/// The action has ended; WeChat is asked how the complaint stands now.
async fn ended(
    app: &App,
    shop: &Shop,
    row: &action::Model,
    event: ActionEvent,
    error: Option<&str>,
) -> Result<Delivery, Failure> {
    app.db
        .write(async |tx| {
            let wall = app.clock.wall();
            if !actions::end(tx, row, event, error, wall).await? {
                return Ok(());
            }
            if event == ActionEvent::Taken && row.kind == ActionKind::Reply {
                service::answered(tx, row.complaint_id, wall).await?;
            }
            Effect::ComplaintRefresh { complaint: row.complaint_id }.put_again(tx, shop.id, wall).await
        })
        .await?;
    app.bell.ring();
    Ok(Delivery::Done)
}
