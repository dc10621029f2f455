//! Cancelling a withdrawal or a statement's transfer before it is paid (R-40, R-41, WeChat Pay sheet §7).
//!
//! What WeChat knows it alone ends: it is asked to cancel, and says by its query or notice that it has. What
//! it does not know is ended here once that is certain, by whoever has taken the transfer over, so that no
//! worker sends it at the same moment.

use chrono::Duration;
use gateways::pay::wechat_pay::{PayError, TransferBill, TransferState as Theirs, WechatPay};
use kernel::id::{LeaderId, OperatorId, TransferId, WithdrawalId};
use kernel::{Code, Coded, Failure, Time};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::settle::{CANCELLED, settle};
use super::transfer::{not_found_proves, record};
use super::{Withdrawal, book_returned};
use crate::app::App;
use crate::areas::operators::audit;
use crate::areas::payouts::entity::{transfer, withdrawal};
use crate::areas::payouts::requests::{self, TransferRequest};
use crate::areas::payouts::service::{self, Note};
use crate::areas::payouts::state::{TransferState, WithdrawalEvent, WithdrawalState};
use crate::areas::payouts::{PayoutError, query, rules, transfers};
use crate::areas::shops::query::Shop;
use crate::platform::request_keys::Once;

/// How soon the platform is asked whether it has cancelled.
const ASKED_AFTER: Duration = Duration::seconds(5);

/// Who cancels a withdrawal.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// The leader whose it is.
    Leader(LeaderId),
    /// An operator of the shop.
    Operator(OperatorId),
}

/// Why nobody can say yet that a transfer will not be paid. It stays as it is.
#[derive(Debug, thiserror::Error)]
enum CancelError {
    /// A request under its number may still arrive.
    #[error("a request of the transfer has no answer and may still arrive")]
    Undecided { until: Option<Time> },
    /// The platform cannot be asked, or gave no clear answer.
    #[error("WeChat Pay gave no clear answer; the transfer stays as it is")]
    Unclear(#[source] PayError),
    /// The platform cancels nothing for us.
    #[error("WeChat Pay refused to cancel the transfer")]
    Refused(#[source] PayError),
}

impl Coded for CancelError {
    fn code(&self) -> Code {
        match self {
            Self::Undecided { .. } => Code::TransferUndecided,
            Self::Unclear(_) => Code::PaymentUnavailable,
            Self::Refused(_) => Code::PaymentRefused,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            Self::Undecided { until } => Some(json!({ "until": until })),
            _ => None,
        }
    }
}

/// What is left to do of a withdrawal that is to be cancelled.
enum Begun {
    /// Nothing: this is how it stands.
    Over(Box<Withdrawal>),
    /// Its transfer has to end.
    Transfer(TransferId),
}

/// Cancels a withdrawal. What a leader has applied for he takes back; of a granted one the transfer is
/// cancelled, and what comes back then may show `paying` still: only WeChat's answer ends it. A repeat is harmless.
///
/// # Errors
/// `withdrawal.not_found`, `withdrawal.wrong_state` also when it was paid first, `transfer.undecided`,
/// `payment.unavailable`, `payment.refused`, `payment.not_configured` when its payer can be asked no more.
#[tracing::instrument(skip_all, fields(shop = %shop.id, withdrawal = %id))]
pub async fn cancel(
    app: &App,
    shop: &Shop,
    id: WithdrawalId,
    by: By,
    once: &Once<Withdrawal>,
) -> Result<Withdrawal, Failure> {
    let begun = app.db.write(async |tx| begin(app, tx, shop, id, by, once).await).await?;
    let transfer = match begun {
        Begun::Over(withdrawal) => return Ok(*withdrawal),
        Begun::Transfer(transfer) => transfer,
    };
    let is_cancelled = cancel_transfer(app, shop, transfer).await?;
    app.db
        .write(async |tx| {
            let row = query::withdrawal(tx, shop.id, id).await?.ok_or(PayoutError::NotFound)?;
            if !is_cancelled {
                return Err(PayoutError::WrongState { id, state: row.state }.into());
            }
            let done = Withdrawal { row, transfer: query::transfer_of(tx, shop.id, id).await? };
            once.keep(tx, &done, app.clock.wall()).await?;
            Ok(done)
        })
        .await
}

async fn begin(
    app: &App,
    tx: &impl ConnectionTrait,
    shop: &Shop,
    id: WithdrawalId,
    by: By,
    once: &Once<Withdrawal>,
) -> Result<Begun, Failure> {
    let row = query::withdrawal(tx, shop.id, id).await?.ok_or(PayoutError::NotFound)?;
    let transfer = query::transfer_of(tx, shop.id, id).await?;
    let over = match by {
        By::Leader(leader) if row.leader_id != leader => return Err(PayoutError::NotFound.into()),
        _ if row.state == WithdrawalState::Cancelled => Withdrawal { row, transfer },
        By::Leader(_) if row.state == WithdrawalState::Applied => take_back(app, tx, shop, &row).await?,
        _ => {
            let open = transfer.filter(|_| !row.state.is_final());
            let open = open.ok_or(PayoutError::WrongState { id, state: row.state })?;
            if let By::Operator(operator) = by {
                let detail = json!({ "transfer": open.id.alphanumeric(), "transfer_state": open.state });
                audit::note(tx, shop.id, operator, "withdrawal.cancel", id, detail, app.clock.now()).await?;
            }
            return Ok(Begun::Transfer(open.id));
        }
    };
    once.keep(tx, &over, app.clock.wall()).await?;
    Ok(Begun::Over(Box::new(over)))
}

/// A leader wants his money back before anybody has looked.
async fn take_back(
    app: &App,
    tx: &impl ConnectionTrait,
    shop: &Shop,
    row: &withdrawal::Model,
) -> Result<Withdrawal, Failure> {
    let now = app.clock.now();
    let note = Note { reason: Some(CANCELLED.to_owned()), by: None };
    let row = service::advance(tx, shop.id, row.id, &[WithdrawalEvent::Cancelled], &note, now).await?;
    service::uncount(tx, &row).await?;
    book_returned(tx, shop.id, &row, now).await?;
    Ok(Withdrawal { row, transfer: None })
}

/// Has a transfer cancelled. `true` when it is, or WeChat is at it; `false` when it ended otherwise, or its
/// receiver has confirmed it.
///
/// # Errors
/// Those of [`cancel`] about transfers; nothing has ended then.
pub(in crate::flows) async fn cancel_transfer(app: &App, shop: &Shop, id: TransferId) -> Result<bool, Failure> {
    let wall = app.clock.wall();
    let taken = app.db.write(async |tx| Ok(transfers::take_over(tx, shop.id, id, wall).await?)).await?;
    let Some(row) = taken else {
        let ended = transfers::by_id(app.db.reader(), shop.id, id).await?;
        return Ok(ended.is_some_and(|row| row.state == TransferState::Cancelled));
    };
    let clients = app.clients.of(shop);
    let pay = match clients.of_merchant(&row.mchid) {
        Ok(pay) => pay,
        // Nobody can be asked, and nobody has to be.
        Err(_) if was_never_sent(&row)? => return end_unmade(app, shop, &row).await,
        Err(error) => return Err(error.into()),
    };
    match pay.query_transfer(&row.id.alphanumeric()).await {
        Ok(bill) => end_made(app, shop, pay, &row, bill).await,
        Err(PayError::NotFound(answer)) if answer.signed => {
            if !not_found_proves(&row, wall) {
                let until = row.unanswered_at.map(|at| at + rules::STILL_APPEARS);
                return Err(CancelError::Undecided { until }.into());
            }
            end_unmade(app, shop, &row).await
        }
        Err(error) => Err(CancelError::Unclear(error).into()),
    }
}

/// Whether the very bytes of a transfer were never made, which happens before they are sent.
fn was_never_sent(row: &transfer::Model) -> Result<bool, PayoutError> {
    let asked: TransferRequest = requests::from_text(row.request_body.as_deref())?;
    let is_new = row.state == TransferState::Created && row.platform_bill_no.is_none();
    Ok(is_new && row.unanswered_at.is_none() && asked.wire.is_none())
}

/// Ends a transfer that the platform does not know. Whoever claimed it before sends nothing any more.
async fn end_unmade(app: &App, shop: &Shop, row: &transfer::Model) -> Result<bool, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            if !transfers::cancel_unmade(tx, row, CANCELLED, now).await? {
                return Err(PayoutError::Contended.into());
            }
            settle(tx, shop, row, TransferState::Cancelled, Some(CANCELLED.to_owned()), now).await
        })
        .await?;
    tracing::info!(transfer = %row.id, "a transfer was cancelled before it was made");
    Ok(true)
}

/// Has the platform cancel what it shows, unless it is too late.
async fn end_made(
    app: &App,
    shop: &Shop,
    pay: &WechatPay,
    row: &transfer::Model,
    seen: TransferBill,
) -> Result<bool, Failure> {
    let (bill, error) = if is_open(&seen.state) { ask_to_cancel(pay, row, seen).await } else { (seen, None) };
    record(app, shop, row.id, &bill).await?;
    match (&bill.state, error) {
        (Theirs::Cancelled, _) => Ok(true),
        (Theirs::Cancelling, _) => {
            let soon = app.clock.wall() + ASKED_AFTER;
            app.db.write(async |tx| Ok(transfers::look_again(tx, row.id, soon, None).await?)).await?;
            tracing::info!(transfer = %row.id, "a transfer is being cancelled");
            Ok(true)
        }
        // Asked, and as before.
        (state, error) if is_open(state) => Err(error.unwrap_or(CancelError::Undecided { until: None }).into()),
        _ => Ok(false),
    }
}

/// Whether the receiver has not confirmed yet; afterwards nothing can be cancelled.
fn is_open(state: &Theirs) -> bool {
    matches!(state, Theirs::Accepted | Theirs::Processing | Theirs::WaitUserConfirm | Theirs::Other(_))
}

/// Asks the platform to cancel. Without a clear answer it may have done so, and a refusal may mean that the
/// receiver was faster: either way it says itself how the transfer stands.
async fn ask_to_cancel(
    pay: &WechatPay,
    row: &transfer::Model,
    seen: TransferBill,
) -> (TransferBill, Option<CancelError>) {
    let number = row.id.alphanumeric();
    let error = match pay.cancel_transfer(&number).await {
        Ok(bill) => return (bill, None),
        Err(error) => error,
    };
    tracing::warn!(transfer = %row.id, %error, "a transfer was not cancelled at once");
    let is_refused = error.is_definite_refusal();
    match pay.query_transfer(&number).await {
        Ok(bill) if is_refused => (bill, Some(CancelError::Refused(error))),
        Ok(bill) => (bill, Some(CancelError::Unclear(error))),
        Err(error) => (seen, Some(CancelError::Unclear(error))),
    }
}
