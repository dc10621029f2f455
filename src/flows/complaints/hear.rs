//! A notice names a complaint and nothing else: WeChat is asked what it is about.

use gateways::pay::wechat_pay::{Complaint, ComplaintState as Theirs, PayError};
use kernel::Failure;
use kernel::id::ComplaintId;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::owner::{self, Owner};
use crate::app::App;
use crate::areas::complaints::entity::complaint;
use crate::areas::complaints::error::ComplaintError;
use crate::areas::complaints::service::Heard;
use crate::areas::complaints::state::ComplaintState;
use crate::areas::complaints::{query, service};
use crate::areas::payments::service::{Kept, keep_notice};
use crate::areas::shops::query::Shop;
use crate::flows::effects::{Delivery, Effect};

/// Keeps a verified notice of a complaint, once, and has the complaint read.
pub async fn heard(app: &App, shop: &Shop, notice_id: &str, content: &Value) -> Result<(), Failure> {
    tracing::warn!(shop = %shop.id, notice_id, "a complaint at WeChat is new or has changed");
    metrics::counter!("complaints_total").increment(1);
    let of = |name: &str| content.get(name).and_then(Value::as_str);
    let number = of("complaint_id").filter(|number| !number.is_empty());
    let detail = format!("complaint {}: {}", number.unwrap_or("?"), of("action_type").unwrap_or("?"));
    app.db
        .write(async |tx| {
            let wall = app.clock.wall();
            let (key, platform_id, detail) = (notice_id.to_owned(), notice_id, Some(detail.clone()));
            let kept = Kept { kind: "complaint", key, platform_id, outcome: "open", detail };
            let fresh = keep_notice(tx, shop.id, kept, wall).await?;
            if let Some(number) = number.filter(|_| fresh) {
                let row = service::touch(tx, shop.id, number, wall).await?;
                Effect::ComplaintRefresh { complaint: row.id }.put_again(tx, shop.id, wall).await?;
            }
            Ok(())
        })
        .await?;
    app.bell.ring();
    Ok(())
}

/// Reads a complaint at WeChat and keeps what it says, or hands it to the shop whose it is.
#[tracing::instrument(skip_all, fields(complaint = %id))]
pub async fn refresh(app: &App, shop: &Shop, id: ComplaintId) -> Result<Delivery, Failure> {
    let row = match query::by_id(app.db.reader(), shop.id, id).await {
        // It was another shop's and has been handed on.
        Err(ComplaintError::NotFound(_)) => return Ok(Delivery::Done),
        found => found?,
    };
    let clients = app.clients.of(shop);
    let complaint = match clients.pay()?.complaint(&row.complaint_no).await {
        Ok(complaint) => complaint,
        Err(PayError::NotFound(why)) if why.signed => {
            tracing::error!(%why, "WeChat told of a complaint that it does not know");
            return Ok(Delivery::Done);
        }
        Err(error) => return Ok(Delivery::Later(error.to_string())),
    };
    match owner::of(app, app.db.reader(), shop, &complaint).await? {
        Some(owner) if owner.shop.id == shop.id => {
            let phone = opened_phone(app, shop, &complaint);
            app.db.write(async |tx| keep(app, tx, &complaint, &owner, phone.clone()).await).await?;
        }
        other => hand_on(app, &row, other.as_ref()).await?,
    }
    Ok(Delivery::Done)
}

/// Forgets a complaint that is not the shop's; the one whose it is reads it for itself.
async fn hand_on(app: &App, row: &complaint::Model, owner: Option<&Owner>) -> Result<(), Failure> {
    match owner {
        Some(owner) => tracing::info!(to = %owner.shop.id, "a complaint is handed to the shop whose it is"),
        None => tracing::warn!(complaint_no = row.complaint_no, "a complaint is about no shop of ours and is not kept"),
    }
    app.db
        .write(async |tx| {
            let wall = app.clock.wall();
            service::forget(tx, row.id).await?;
            if let Some(owner) = owner {
                let known = service::touch(tx, owner.shop.id, &row.complaint_no, wall).await?;
                Effect::ComplaintRefresh { complaint: known.id }.put_again(tx, owner.shop.id, wall).await?;
            }
            Ok(())
        })
        .await?;
    app.bell.ring();
    Ok(())
}

/// The payer's phone number; a complaint is worth more than its phone number.
pub(super) fn opened_phone(app: &App, shop: &Shop, complaint: &Complaint) -> Option<String> {
    let sealed = complaint.payer_phone.as_ref().filter(|sealed| !sealed.is_empty())?;
    let clients = app.clients.of(shop);
    let opened = clients.pay().ok()?.decrypt(sealed);
    opened.inspect_err(|error| tracing::warn!(%error, "a complainant's phone number cannot be opened")).ok()
}

/// Keeps what WeChat says of a complaint for the shop whose it is, in the caller's transaction.
pub(super) async fn keep(
    app: &App,
    conn: &impl ConnectionTrait,
    complaint: &Complaint,
    owner: &Owner,
    phone: Option<String>,
) -> Result<(), Failure> {
    let (shop, ours) = (&owner.shop, owner.payment.as_ref());
    let payments = complaint.complaint_order_info.iter().map(|order| {
        json!({ "transaction_id": order.transaction_id, "out_trade_no": order.out_trade_no, "amount_fen": order.amount })
    });
    let known = query::by_number(conn, shop.id, &complaint.complaint_id).await?;
    let state = match &complaint.complaint_state {
        Theirs::Pending => ComplaintState::Pending,
        Theirs::Processing => ComplaintState::Processing,
        Theirs::Processed => ComplaintState::Processed,
        Theirs::Other(word) => {
            tracing::warn!(word, "a complaint is in a state unknown to us");
            known.map_or(ComplaintState::Processing, |row| row.state)
        }
    };
    let heard = Heard {
        complaint_no: complaint.complaint_id.clone(),
        state,
        detail: complaint.complaint_detail.clone(),
        problem_type: complaint.problem_type.clone(),
        problem_description: complaint.problem_description.clone(),
        phone,
        order_id: ours.and_then(|payment| payment.order_id),
        payment_id: ours.map(|payment| payment.id),
        merchant_no: owner.merchant_no.clone(),
        payments: payments.collect(),
        pictures: complaint.pictures(),
        apply_refund_fen: complaint.apply_refund_amount,
        full_refunded: complaint.complaint_full_refunded,
        awaits_answer: complaint.incoming_user_response,
        times: complaint.user_complaint_times,
        complained_at: complaint.filed_at(),
    };
    service::keep(conn, &app.sealer, shop.id, &heard, app.clock.wall()).await?;
    Ok(())
}
