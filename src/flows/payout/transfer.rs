//! A transfer's exchanges with the platform (R-41, WeChat Pay sheet §7).
//!
//! One withdrawal has one transfer and that one number. Without a clear answer the number is asked
//! about, and sent again when the platform does not know it; it is never replaced by another.

use chrono::Duration;
use gateways::pay::wechat_pay::{NewTransfer, PayError, SceneReport, TransferBill, TransferState as Theirs, WechatPay};
use kernel::id::TransferId;
use kernel::{Code, Coded, Failure, Time};
use sea_orm::ConnectionTrait;

use super::{book_paid, book_returned};
use crate::app::App;
use crate::areas::payouts::entity::{transfer, withdrawal};
use crate::areas::payouts::requests::{self, TransferRequest};
use crate::areas::payouts::rules;
use crate::areas::payouts::service::{self, Note};
use crate::areas::payouts::state::{TransferEvent, TransferState, WithdrawalEvent, WithdrawalState};
use crate::areas::payouts::transfers::{self, Told};
use crate::areas::payouts::{PayoutError, query};
use crate::areas::shops::query::Shop;

/// The longest pause between two questions while the platform works on it.
const WORKING_MOST: Duration = Duration::minutes(10);
/// The same while the leader has to confirm; the notice is faster.
const WAITING_MOST: Duration = Duration::minutes(30);
/// How often a row is read again that others change at the same time.
const TRIES: usize = 5;

/// Why what the platform said was not taken in.
#[derive(Debug, thiserror::Error)]
enum Unheard {
    /// No transfer of ours has this number.
    #[error("no transfer of this shop is {0}")]
    UnknownBill(String),
    /// It is not what we asked for.
    #[error("transfer {0} shows another amount or receiver than was asked for")]
    Differs(TransferId),
}

impl Coded for Unheard {
    fn code(&self) -> Code {
        match self {
            // The platform asks again, and somebody has to look.
            Unheard::UnknownBill(_) => Code::Internal,
            Unheard::Differs(_) => Code::NoticeRefused,
        }
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
}

/// Sends a transfer or asks about it. With `only_due` nothing happens before its time.
#[tracing::instrument(skip_all, fields(transfer = %id))]
pub async fn exchange(app: &App, shop: &Shop, id: TransferId, only_due: bool) -> Result<(), Failure> {
    let claimed = app
        .db
        .write(async |tx| {
            let row = transfers::claim(tx, shop.id, id, only_due, app.clock.wall()).await?;
            if let Some(row) = &row
                && let Some(withdrawal) = query::withdrawal(tx, shop.id, row.withdrawal_id).await?
                && withdrawal.state == WithdrawalState::Approved
            {
                let (started, note) = ([WithdrawalEvent::TransferStarted], Note::default());
                service::advance(tx, shop.id, withdrawal.id, &started, &note, app.clock.now()).await?;
            }
            Ok(row)
        })
        .await?;
    let Some(row) = claimed else { return Ok(()) };
    let clients = app.clients.of(shop);
    let answer = match clients.pay() {
        Ok(pay) => talk(pay, &row).await?,
        Err(error) => {
            tracing::error!(shop = %shop.id, %error, "a transfer waits for the shop's payment account");
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
    }
}

/// Applies what a verified notice says about a transfer. The caller has checked its merchant.
pub async fn told(app: &App, shop: &Shop, bill: &TransferBill) -> Result<(), Failure> {
    let id = TransferId::from_alphanumeric(&bill.out_bill_no);
    record(app, shop, id.map_err(|_| Unheard::UnknownBill(bill.out_bill_no.clone()))?, bill).await
}

async fn talk(pay: &WechatPay, row: &transfer::Model) -> Result<Answer, Failure> {
    let number = row.id.alphanumeric();
    if row.state != TransferState::Created {
        match pay.query_transfer(&number).await {
            Ok(bill) => return Ok(Answer::Bill(Box::new(bill))),
            // A create whose answer was lost never arrived: the same number goes out again.
            Err(PayError::NotFound(_)) if row.state == TransferState::Processing => {}
            Err(error) => return Ok(Answer::Later { why: error.to_string(), sent: false }),
        }
    }
    let stored: TransferRequest = requests::from_text(row.request_body.as_deref())?;
    match pay.create_transfer(&to_platform(number.clone(), stored)).await {
        Ok(bill) => Ok(Answer::Bill(Box::new(bill))),
        Err(error @ (PayError::NotEnough(_) | PayError::Config(_))) => {
            let cause = if matches!(error, PayError::NotEnough(_)) { "funds" } else { "configuration" };
            metrics::counter!("transfers_blocked_total", "cause" => cause).increment(1);
            tracing::error!(transfer = %row.id, %error, "a transfer cannot be made until somebody mends the account");
            Ok(Answer::Later { why: error.to_string(), sent: false })
        }
        Err(error) if error.is_definite_refusal() => confirm_refusal(pay, &number, &error).await,
        Err(error) => {
            let sent = matches!(error, PayError::Unknown(_) | PayError::Malformed(_)) || error.refusal().is_some();
            Ok(Answer::Later { why: error.to_string(), sent })
        }
    }
}

/// A refusal alone proves nothing when an earlier request under the number may have arrived.
async fn confirm_refusal(pay: &WechatPay, number: &str, refusal: &PayError) -> Result<Answer, Failure> {
    Ok(match pay.query_transfer(number).await {
        Ok(bill) => Answer::Bill(Box::new(bill)),
        Err(PayError::NotFound(answer)) if answer.signed => {
            let words = refusal.refusal().map(|r| format!("{}: {}", r.code, r.message));
            Answer::Refused(words.unwrap_or_else(|| refusal.to_string()))
        }
        Err(error) => Answer::Later { why: error.to_string(), sent: false },
    })
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
async fn record(app: &App, shop: &Shop, id: TransferId, bill: &TransferBill) -> Result<(), Failure> {
    app.db
        .write(async |tx| {
            for _ in 0..TRIES {
                let row = transfers::by_id(tx, shop.id, id).await?;
                let row = row.ok_or_else(|| Unheard::UnknownBill(bill.out_bill_no.clone()))?;
                if differs(&row, bill) {
                    metrics::counter!("payment_alarms_total", "kind" => "transfer").increment(1);
                    tracing::error!(transfer = %id, "ALARM: a transfer shows another amount or receiver");
                    return Err(Unheard::Differs(id).into());
                }
                if apply(app, tx, shop, &row, bill).await? {
                    return Ok(());
                }
            }
            Err(PayoutError::Contended.into())
        })
        .await
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

/// What a final state of the transfer means for the withdrawal and the books.
async fn settle(
    tx: &impl ConnectionTrait,
    shop: &Shop,
    row: &transfer::Model,
    state: TransferState,
    reason: Option<String>,
    now: Time,
) -> Result<(), Failure> {
    if !state.is_final() {
        return Ok(());
    }
    let id = row.withdrawal_id;
    let asked: withdrawal::Model = query::withdrawal(tx, shop.id, id).await?.ok_or(PayoutError::NotFound)?;
    let paid = state == TransferState::Succeeded;
    let end = if paid { WithdrawalEvent::Paid } else { WithdrawalEvent::TransferFailed };
    // A notice may be faster than our own note that the request went out.
    let started = (asked.state == WithdrawalState::Approved).then_some(WithdrawalEvent::TransferStarted);
    let events: Vec<_> = started.into_iter().chain([end]).collect();
    let note = Note { reason: reason.filter(|_| !paid), by: None };
    let done = service::advance(tx, shop.id, id, &events, &note, now).await?;
    tracing::info!(withdrawal = %id, state = ?done.state, "a withdrawal ended");
    if paid {
        return book_paid(tx, shop.id, &done, now).await;
    }
    service::uncount(tx, &done).await?;
    book_returned(tx, shop.id, &done, now).await
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

fn differs(row: &transfer::Model, bill: &TransferBill) -> bool {
    bill.out_bill_no != row.id.alphanumeric()
        || bill.transfer_amount.is_some_and(|amount| amount != row.amount_fen)
        || bill.openid.as_ref().is_some_and(|openid| *openid != row.openid)
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
