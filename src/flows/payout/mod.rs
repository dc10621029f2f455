//! Paying leaders out: a withdrawal freezes money, a transfer pays it; and the transfers of
//! suppliers' statements, which go the same way.
//!
//! `Applied` (available → frozen) → `Approved` → `Paying` → `Paid`, or `Rejected` / `Failed` / `Cancelled`,
//! and the money is available again. What the platform says reaches us three ways, all equal: the
//! answer to the request, a query of [`exchange`], and the notice.

pub mod batch;
mod cancel;
mod read_results;
mod settle;
pub mod tax_report;
mod transfer;
mod withdraw;
mod write;

pub(in crate::flows) use cancel::cancel_transfer;
pub use cancel::{By, cancel};
pub use transfer::{exchange, told};
pub(in crate::flows) use write::{NewTransfer, write as write_transfer};

pub use withdraw::{Wish, Withdrawal, approve, offered, pay_by_hand, reject, withdraw};

use kernel::id::{MemberId, ShopId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::payouts::entity::withdrawal;

/// Books that a withdrawal was paid: the shop keeps the fee.
async fn book_paid(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    row: &withdrawal::Model,
    now: Time,
) -> Result<(), Failure> {
    let mut draft = Draft::new(shop, "withdrawal_paid", row.id.uuid());
    draft.debit(AccountKind::LeaderFrozen, Some(row.leader_id.uuid()), row.amount_fen);
    draft.credit(AccountKind::MerchantCash, None, row.net_fen)?;
    draft.credit(AccountKind::Revenue, None, row.fee_fen)?;
    draft.credit_rest(AccountKind::TaxPayable, None)?;
    Ok(ledger::service::post(conn, &draft, Floor::Zero, now).await?)
}

/// Books that a withdrawal went into the leader's own balance: no money leaves the shop.
async fn book_into_balance(
    conn: &impl ConnectionTrait,
    row: &withdrawal::Model,
    member: MemberId,
    now: Time,
) -> Result<(), Failure> {
    let mut draft = Draft::new(row.shop_id, "withdrawal_paid", row.id.uuid());
    draft.debit(AccountKind::LeaderFrozen, Some(row.leader_id.uuid()), row.amount_fen);
    draft.credit(AccountKind::MemberBalance, Some(member.uuid()), row.net_fen)?;
    draft.credit(AccountKind::Revenue, None, row.fee_fen)?;
    draft.credit_rest(AccountKind::TaxPayable, None)?;
    Ok(ledger::service::post(conn, &draft, Floor::Zero, now).await?)
}

/// Books that a withdrawal came to nothing: the money is available again.
async fn book_returned(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    row: &withdrawal::Model,
    now: Time,
) -> Result<(), Failure> {
    let leader = Some(row.leader_id.uuid());
    let mut draft = Draft::new(shop, "withdrawal_returned", row.id.uuid());
    draft.debit(AccountKind::LeaderFrozen, leader, row.amount_fen);
    draft.credit(AccountKind::LeaderAvailable, leader, row.amount_fen)?;
    Ok(ledger::service::post(conn, &draft, Floor::Zero, now).await?)
}
