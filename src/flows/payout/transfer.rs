//! A transfer's exchanges with the platform (R-41, WeChat Pay sheet §7).
//!
//! What is paid has one transfer at a time and that one number. Without a clear answer the number is asked
//! about, and sent again when the platform does not know it; it is never replaced by another.

use chrono::Duration;
use gateways::pay::wechat_pay::{
    NewTransfer, PayError, SceneReport, SealedTransfer, TransferBill, TransferState as Theirs, WechatPay,
};
use kernel::id::TransferId;
use kernel::{Code, Coded, Failure, Time};
use sea_orm::ConnectionTrait;

use super::settle::{settle, started};
use crate::app::App;
use crate::areas::payouts::PayoutError;
use crate::areas::payouts::entity::transfer;
use crate::areas::payouts::requests::{self, TransferRequest, Wire};
use crate::areas::payouts::rules;
use crate::areas::payouts::state::{TransferEvent, TransferState};
use crate::areas::payouts::transfers::{self, Told};
use crate::areas::shops::query::Shop;
use crate::flows::suspicious::{self, Difference};

/// The longest pause between two questions while the platform works on it.
const WORKING_MOST: Duration = Duration::minutes(10);
/// The same while its receiver has to confirm; the notice is faster.
const WAITING_MOST: Duration = Duration::minutes(30);
/// How often a row is read again that others change at the same time.
const TRIES: usize = 5;

/// No transfer of ours has the number.
#[derive(Debug, thiserror::Error)]
#[error("no transfer of this shop is {0}")]
struct Unheard(String);

impl Coded for Unheard {
    fn code(&self) -> Code {
        // The platform asks again, and somebody has to look.
        Code::Internal
    }
}

/// What came of one exchange.
enum Answer {
    /// The platform shows the transfer.
    Bill(Box<TransferBill>),
    /// Refused over the platform's signature, and its query knows no such number: it will not be paid.
    Refused(String),
    /// Ask again later; `sent` when the request may have arrived.
    Later { why: String, sent: bool },
    /// Somebody has taken it over, and nothing was sent.
    TakenOver,
}

/// Sends a transfer or asks about it. With `only_due` nothing happens before its time.
#[tracing::instrument(skip_all, fields(transfer = %id))]
pub async fn exchange(app: &App, shop: &Shop, id: TransferId, only_due: bool) -> Result<(), Failure> {
    let claimed = app
        .db
        .write(async |tx| {
            let row = transfers::claim(tx, shop.id, id, only_due, app.clock.wall()).await?;
            if let Some(row) = &row {
                started(tx, shop, row, app.clock.now()).await?;
            }
            Ok(row)
        })
        .await?;
    let Some(row) = claimed else { return Ok(()) };
    let clients = app.clients.of(shop);
    let answer = match clients.of_merchant(&row.mchid) {
        Ok(pay) => talk(app, pay, &row).await?,
        Err(error) => {
            tracing::error!(shop = %shop.id, mchid = row.mchid, %error, "a transfer waits for the merchant that pays it");
            Answer::Later { why: error.to_string(), sent: false }
        }
    };
    match answer {
        Answer::Bill(bill) => record(app, shop, id, &bill).await,
        Answer::Refused(why) => {
            tracing::warn!(shop = %shop.id, %why, "a transfer was refused; the money is available again");
            end_unpaid(app, shop, id, &why).await
        }
        Answer::Later { why, sent } => postpone(app, &row, why, sent).await,
        Answer::TakenOver => Ok(()),
    }
}

/// Applies what a verified notice says about a transfer. The caller has checked that it is of a merchant
/// of this shop, `mchid`; whether that one pays this transfer is seen here.
pub async fn told(app: &App, shop: &Shop, mchid: &str, bill: &TransferBill) -> Result<(), Failure> {
    let unheard = || Unheard(bill.out_bill_no.clone());
    let id = TransferId::from_alphanumeric(&bill.out_bill_no).map_err(|_| unheard())?;
    let row = transfers::by_id(app.db.reader(), shop.id, id).await?.ok_or_else(unheard)?;
    if row.mchid != mchid {
        let odd = Difference::new("the merchant", mchid);
        return Err(suspicious::refuse_difference(app, shop, "transfer", id, &odd).await);
    }
    record(app, shop, id, bill).await
}

async fn talk(app: &App, pay: &WechatPay, row: &transfer::Model) -> Result<Answer, Failure> {
    let number = row.id.alphanumeric();
    let mut seen = None;
    if row.state != TransferState::Created {
        match pay.query_transfer(&number).await {
            // The answer that opens the confirmation was lost, and no query gives it: a repeat does.
            Ok(bill) if cannot_be_confirmed(row, &bill) => seen = Some(bill),
            Ok(bill) => return Ok(Answer::Bill(Box::new(bill))),
            // A create whose answer was lost never arrived: the same number goes out again.
            Err(PayError::NotFound(_)) if row.state == TransferState::Processing => {}
            Err(error) => return Ok(Answer::Later { why: error.to_string(), sent: false }),
        }
    }
    let sent = match wire(app, pay, row, &number).await? {
        Ok(Some(wire)) => pay.create_transfer(&wire).await,
        Ok(None) => return Ok(Answer::TakenOver),
        Err(error) => Err(error),
    };
    if sent.as_ref().is_err_and(did_not_arrive) {
        app.db.write(async |tx| Ok(transfers::did_not_arrive(tx, row).await?)).await?;
    }
    match (sent, seen) {
        (Ok(bill), _) => Ok(Answer::Bill(Box::new(bill))),
        (Err(error), Some(bill)) => {
            tracing::warn!(transfer = %row.id, %error, "a transfer waits for its receiver, who cannot confirm it yet");
            Ok(Answer::Bill(Box::new(bill)))
        }
        (Err(error), None) => not_made(app, pay, row, error).await,
    }
}

/// Whether a request was refused for good, or never left us.
fn did_not_arrive(error: &PayError) -> bool {
    let never_left = matches!(
        error,
        PayError::Unreachable(_) | PayError::Invalid(_) | PayError::Credentials(..) | PayError::Crypto(_)
    );
    never_left || error.is_definite_refusal()
}

/// Whether a transfer was not made, now that the platform says over its signature that it does not know it.
pub(super) fn not_found_proves(row: &transfer::Model, wall: Time) -> bool {
    let was_shown = match row.state {
        TransferState::Created => false,
        TransferState::Processing => row.unanswered_at.is_none(),
        _ => true,
    };
    !was_shown && row.platform_bill_no.is_none() && rules::not_found_proves(row.unanswered_at, wall)
}

/// Whether the receiver is asked to confirm and nothing at hand opens the confirmation.
fn cannot_be_confirmed(row: &transfer::Model, bill: &TransferBill) -> bool {
    bill.state == Theirs::WaitUserConfirm && bill.package_info.is_none() && row.package_info.is_none()
}

/// The request's bytes, stored before they go out, so that every repeat is the same, with the note that they go
/// out now; none when somebody has taken the transfer over.
async fn wire(
    app: &App,
    pay: &WechatPay,
    row: &transfer::Model,
    number: &str,
) -> Result<Result<Option<SealedTransfer>, PayError>, Failure> {
    let mut asked: TransferRequest = requests::from_text(row.request_body.as_deref())?;
    let is_new = asked.wire.is_none();
    if is_new {
        let sealed = match pay.transfer_body(&to_platform(number.to_owned(), asked.clone())).await {
            Ok(sealed) => sealed,
            Err(error) => return Ok(Err(error)),
        };
        asked.wire = Some(Wire { body: sealed.body, serial: sealed.serial });
    }
    let kept = app
        .db
        .write(async |tx| {
            let kept = if is_new { transfers::keep_wire(tx, row, &asked).await? } else { asked.clone() };
            Ok(transfers::goes_out(tx, row, app.clock.wall()).await?.then_some(kept))
        })
        .await?;
    let Some(kept) = kept else { return Ok(Ok(None)) };
    let none = || PayoutError::Unreadable("a transfer's bytes are not stored".to_owned());
    let Wire { body, serial } = kept.wire.ok_or_else(none)?;
    Ok(Ok(Some(SealedTransfer { body, serial })))
}

/// What an answer that is no transfer means.
async fn not_made(app: &App, pay: &WechatPay, row: &transfer::Model, error: PayError) -> Result<Answer, Failure> {
    if matches!(error, PayError::NotEnough(_) | PayError::Config(_)) {
        let cause = if matches!(error, PayError::NotEnough(_)) { "funds" } else { "configuration" };
        metrics::counter!("transfers_blocked_total", "cause" => cause).increment(1);
        tracing::error!(transfer = %row.id, %error, "a transfer cannot be made until somebody mends the account");
        return Ok(Answer::Later { why: error.to_string(), sent: false });
    }
    if error.is_definite_refusal() {
        return Ok(confirm_refusal(app, pay, row, &error).await);
    }
    let sent = matches!(error, PayError::Unknown(_) | PayError::Malformed(_)) || error.refusal().is_some();
    Ok(Answer::Later { why: error.to_string(), sent })
}

/// A refusal alone proves nothing when an earlier request under the number may have arrived, or may yet.
async fn confirm_refusal(app: &App, pay: &WechatPay, row: &transfer::Model, refusal: &PayError) -> Answer {
    let words = refusal.refusal().map(|r| format!("{}: {}", r.code, r.message));
    let words = words.unwrap_or_else(|| refusal.to_string());
    let wall = app.clock.wall();
    match pay.query_transfer(&row.id.alphanumeric()).await {
        Ok(bill) => Answer::Bill(Box::new(bill)),
        Err(PayError::NotFound(answer)) if answer.signed && not_found_proves(row, wall) => Answer::Refused(words),
        Err(PayError::NotFound(answer)) if answer.signed => Answer::Later { why: words, sent: false },
        Err(error) => Answer::Later { why: error.to_string(), sent: false },
    }
}

async fn postpone(app: &App, row: &transfer::Model, why: String, sent: bool) -> Result<(), Failure> {
    tracing::warn!(transfer = %row.id, why, sent, "a transfer has no clear answer yet");
    let most = if row.state == TransferState::WaitingForUser { WAITING_MOST } else { WORKING_MOST };
    let at = app.clock.wall() + rules::pause(row.queries, most);
    app.db
        .write(async |tx| {
            if sent && row.state == TransferState::Created {
                let told = Told { fail_reason: Some(why.clone()), ask_again: Some(at), ..Told::default() };
                transfers::advance(tx, row, TransferEvent::Sent, &told, app.clock.now()).await?;
            } else {
                transfers::look_again(tx, row.id, at, Some(why.clone())).await?;
            }
            Ok(())
        })
        .await
}

/// Applies what the platform says about a transfer, exactly once, whoever brought it.
pub(super) async fn record(app: &App, shop: &Shop, id: TransferId, bill: &TransferBill) -> Result<(), Failure> {
    let odd = app
        .db
        .write(async |tx| {
            for _ in 0..TRIES {
                let row = transfers::by_id(tx, shop.id, id).await?;
                let row = row.ok_or_else(|| Unheard(bill.out_bill_no.clone()))?;
                if let Some(odd) = difference(&row, bill) {
                    return Ok(Some(odd));
                }
                if apply(app, tx, shop, &row, bill).await? {
                    return Ok(None);
                }
            }
            Err(PayoutError::Contended.into())
        })
        .await?;
    match odd {
        None => Ok(()),
        Some(odd) => Err(suspicious::refuse_difference(app, shop, "transfer", id, &odd).await),
    }
}

/// `false` when another changed the row meanwhile.
async fn apply(
    app: &App,
    tx: &impl ConnectionTrait,
    shop: &Shop,
    row: &transfer::Model,
    bill: &TransferBill,
) -> Result<bool, Failure> {
    let event = event_of(&bill.state);
    if row.state.is_final() {
        let same = event.is_some_and(|e| TransferState::Processing.after(e) == Some(row.state));
        if bill.state.is_final() && !same {
            tracing::error!(transfer = %row.id, ours = ?row.state, theirs = ?bill.state, "a final transfer changed");
        }
        return Ok(true);
    }
    let told = kept(app, row, bill);
    let event = event.filter(|event| row.state.after(*event).is_some());
    let Some(event) = event else {
        transfers::refresh(tx, row, &told).await?;
        return Ok(true);
    };
    let now = app.clock.now();
    let Some(next) = transfers::advance(tx, row, event, &told, now).await? else { return Ok(false) };
    settle(tx, shop, row, next, told.fail_reason, now).await?;
    Ok(true)
}

/// Ends a transfer the platform refused and does not know.
async fn end_unpaid(app: &App, shop: &Shop, id: TransferId, why: &str) -> Result<(), Failure> {
    app.db
        .write(async |tx| {
            let Some(row) = transfers::by_id(tx, shop.id, id).await? else { return Ok(()) };
            let now = app.clock.now();
            let told = Told { fail_reason: Some(why.to_owned()), ..Told::default() };
            if let Some(next) = transfers::advance(tx, &row, TransferEvent::Failed, &told, now).await? {
                settle(tx, shop, &row, next, told.fail_reason, now).await?;
            }
            Ok(())
        })
        .await
}

fn kept(app: &App, row: &transfer::Model, bill: &TransferBill) -> Told {
    let waits = bill.state == Theirs::WaitUserConfirm;
    let most = if waits { WAITING_MOST } else { WORKING_MOST };
    let package_info = bill.package_info.clone().or_else(|| row.package_info.clone());
    Told {
        bill_no: bill.transfer_bill_no.clone(),
        package_info: package_info.filter(|_| waits),
        fail_reason: bill.fail_reason.clone(),
        ask_again: (!bill.state.is_final()).then(|| app.clock.wall() + rules::pause(row.queries, most)),
    }
}

/// An unknown state means: on its way, ask again.
fn event_of(state: &Theirs) -> Option<TransferEvent> {
    match state {
        Theirs::WaitUserConfirm => Some(TransferEvent::ConfirmationAsked),
        Theirs::Success => Some(TransferEvent::Succeeded),
        Theirs::Fail => Some(TransferEvent::Failed),
        Theirs::Cancelled => Some(TransferEvent::Cancelled),
        Theirs::Accepted | Theirs::Processing | Theirs::Transferring | Theirs::Cancelling | Theirs::Other(_) => {
            Some(TransferEvent::Sent)
        }
    }
}

/// What of the bill is not as we asked it.
fn difference(row: &transfer::Model, bill: &TransferBill) -> Option<Difference> {
    if bill.out_bill_no != row.id.alphanumeric() {
        return Some(Difference::new("the number", &bill.out_bill_no));
    }
    if let Some(amount) = bill.transfer_amount.filter(|amount| *amount != row.amount_fen) {
        return Some(Difference::new("the amount", amount));
    }
    let openid = bill.openid.as_ref().filter(|openid| **openid != row.openid);
    openid.map(|openid| Difference::of_person("the receiver", openid))
}

fn to_platform(number: String, stored: TransferRequest) -> NewTransfer {
    NewTransfer {
        out_bill_no: number,
        scene_id: stored.scene_id,
        openid: stored.openid,
        user_name: stored.user_name,
        amount: stored.amount_fen,
        remark: stored.remark,
        notify_url: Some(stored.notify_url),
        perception: None,
        reports: stored
            .reports
            .into_iter()
            .map(|(info_type, info_content)| SceneReport { info_type, info_content })
            .collect(),
    }
}
