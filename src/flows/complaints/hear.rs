//! A notice names a complaint and nothing else: WeChat is asked what it is about.

use gateways::pay::wechat_pay::{Complaint, ComplaintState as Theirs, PayError};
use kernel::Failure;
use kernel::id::ComplaintId;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::app::App;
use crate::areas::complaints::service::Heard;
use crate::areas::complaints::state::ComplaintState;
use crate::areas::complaints::{query, service};
use crate::areas::orders;
use crate::areas::payments::entity::payment;
use crate::areas::payments::query::by_transaction;
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

/// Reads a complaint at WeChat and keeps what it says.
#[tracing::instrument(skip_all, fields(complaint = %id))]
pub async fn refresh(app: &App, shop: &Shop, id: ComplaintId) -> Result<Delivery, Failure> {
    let row = query::by_id(app.db.reader(), shop.id, id).await?;
    let clients = app.clients.of(shop);
    let complaint = match clients.pay()?.complaint(&row.complaint_no).await {
        Ok(complaint) => complaint,
        Err(PayError::NotFound(why)) if why.signed => {
            tracing::error!(%why, "WeChat told of a complaint that it does not know");
            return Ok(Delivery::Done);
        }
        Err(error) => return Ok(Delivery::Later(error.to_string())),
    };
    let phone = opened_phone(app, shop, &complaint);
    app.db.write(async |tx| keep(app, tx, shop, &complaint, phone.clone()).await).await?;
    Ok(Delivery::Done)
}

/// The payer's phone number; a complaint is worth more than its phone number.
pub(super) fn opened_phone(app: &App, shop: &Shop, complaint: &Complaint) -> Option<String> {
    let sealed = complaint.payer_phone.as_ref().filter(|sealed| !sealed.is_empty())?;
    let clients = app.clients.of(shop);
    let opened = clients.pay().ok()?.decrypt(sealed);
    opened.inspect_err(|error| tracing::warn!(%error, "a complainant's phone number cannot be opened")).ok()
}

/// The supplier's sub-merchant that a complaint is about: the one it names, if that collects for the shop,
/// else the one its payment went to. None is the shop's own.
async fn complained_about(
    app: &App,
    conn: &impl ConnectionTrait,
    shop: &Shop,
    complaint: &Complaint,
    payment: Option<&payment::Model>,
) -> Result<Option<String>, Failure> {
    let clients = app.clients.of(shop);
    match complaint.complainted_mchid.as_deref().filter(|named| !named.is_empty()) {
        Some(named) if named == clients.pay()?.receiver() => Ok(None),
        Some(named) if orders::checkouts::collects(conn, shop.id, named).await? => Ok(Some(named.to_owned())),
        _ => Ok(payment.and_then(|payment| payment.merchant_no.clone())),
    }
}

/// Keeps what WeChat says of a complaint, in the caller's transaction.
pub(super) async fn keep(
    app: &App,
    conn: &impl ConnectionTrait,
    shop: &Shop,
    complaint: &Complaint,
    phone: Option<String>,
) -> Result<(), Failure> {
    let mut ours = None;
    for order in &complaint.complaint_order_info {
        if ours.is_none() && !order.transaction_id.is_empty() {
            ours = by_transaction(conn, shop.id, &order.transaction_id).await?;
        }
    }
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
        order_id: ours.as_ref().and_then(|payment| payment.order_id),
        payment_id: ours.as_ref().map(|payment| payment.id),
        merchant_no: complained_about(app, conn, shop, complaint, ours.as_ref()).await?,
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
