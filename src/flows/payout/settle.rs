//! What the beginning and the end of a transfer mean for what it pays, and for the books.

use kernel::id::WithdrawalId;
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use super::{book_paid, book_returned};
use crate::areas::payouts::entity::transfer;
use crate::areas::payouts::service::{self, Note};
use crate::areas::payouts::state::{TransferState, WithdrawalEvent, WithdrawalState};
use crate::areas::payouts::transfers::Pays;
use crate::areas::payouts::{PayoutError, query};
use crate::areas::shops::query::Shop;
use crate::flows::supplier_statements;

/// Why what was cancelled was not paid, in the words of the platform's own reasons.
pub(super) const CANCELLED: &str = "CANCELLED";

/// A transfer is about to be sent. A statement is being paid from the moment its transfer is written.
pub(super) async fn started(
    tx: &impl ConnectionTrait,
    shop: &Shop,
    row: &transfer::Model,
    now: Time,
) -> Result<(), Failure> {
    let Pays::Withdrawal(id) = Pays::of(row)? else { return Ok(()) };
    if let Some(withdrawal) = query::withdrawal(tx, shop.id, id).await?
        && withdrawal.state == WithdrawalState::Approved
    {
        service::advance(tx, shop.id, id, &[WithdrawalEvent::TransferStarted], &Note::default(), now).await?;
    }
    Ok(())
}

/// A transfer came into `state`; only a final one means anything.
pub(super) async fn settle(
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
    let paid = state == TransferState::Succeeded;
    let reason = match state {
        TransferState::Succeeded => None,
        TransferState::Cancelled => reason.or_else(|| Some(CANCELLED.to_owned())),
        _ => reason,
    };
    match Pays::of(row)? {
        Pays::Withdrawal(id) => end_withdrawal(tx, shop, id, state, reason, now).await,
        Pays::Statement(id) if paid => {
            supplier_statements::transferred(tx, shop, id, &row.id.alphanumeric(), now).await
        }
        Pays::Statement(id) => supplier_statements::not_transferred(tx, shop, id, reason, now).await,
    }
}

async fn end_withdrawal(
    tx: &impl ConnectionTrait,
    shop: &Shop,
    id: WithdrawalId,
    state: TransferState,
    reason: Option<String>,
    now: Time,
) -> Result<(), Failure> {
    let asked = query::withdrawal(tx, shop.id, id).await?.ok_or(PayoutError::NotFound)?;
    let end = match state {
        TransferState::Succeeded => WithdrawalEvent::Paid,
        TransferState::Cancelled => WithdrawalEvent::Cancelled,
        _ => WithdrawalEvent::TransferFailed,
    };
    // A notice may be faster than our own note that the request went out.
    let started = (asked.state == WithdrawalState::Approved).then_some(WithdrawalEvent::TransferStarted);
    let events: Vec<_> = started.into_iter().chain([end]).collect();
    let done = service::advance(tx, shop.id, id, &events, &Note { reason, by: None }, now).await?;
    tracing::info!(withdrawal = %id, state = ?done.state, "a withdrawal ended");
    if end == WithdrawalEvent::Paid {
        return book_paid(tx, shop.id, &done, now).await;
    }
    service::uncount(tx, &done).await?;
    book_returned(tx, shop.id, &done, now).await
}
