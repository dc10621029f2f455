//! Paying a statement: money is set aside, and leaves when its transfer arrived or somebody shows that it
//! was paid. What was shared before is on the statement as a line and never paid a second time.

use kernel::failure::Invalid;
use kernel::id::{OperatorId, SupplierMovementId, SupplierStatementId, UploadId};
use kernel::{Failure, Fen, Time};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::transfer::begin;
use crate::app::App;
use crate::areas::content;
use crate::areas::content::state::UploadState;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::operators::audit;
use crate::areas::payouts;
use crate::areas::shops::query::Shop;
use crate::areas::suppliers::entity::{statement, supplier};
use crate::areas::suppliers::movements;
use crate::areas::suppliers::state::{MovementKind, PaymentWay, Payout, StatementEvent, SupplierState};
use crate::areas::suppliers::statements::{self, Note};
use crate::areas::suppliers::{SupplierError, service};

/// Sets aside what a statement is to pay: what is due, as far as refunds and shares since then have
/// left it in the account. By transfer it is sent at once; where no way is named, the supplier's own is taken.
///
/// # Errors
/// `supplier.frozen`, `supplier_statement.wrong_state`, `funds.not_enough` when nothing is left to pay,
/// `supplier_statement.not_transferable`.
pub async fn pay(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: SupplierStatementId,
    way: Option<PaymentWay>,
) -> Result<statement::Model, Failure> {
    let row = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            let known = statements::by_id(tx, shop.id, id).await?;
            let supplier = service::held(tx, shop.id, known.supplier_id).await?;
            if supplier.state == SupplierState::Frozen {
                return Err(SupplierError::Frozen(supplier.id).into());
            }
            if known.state.after(StatementEvent::PaymentStarted).is_none() {
                return Err(SupplierError::StatementState(known.state).into());
            }
            let party = supplier.id.uuid();
            let available = ledger::query::balance_held(tx, shop.id, AccountKind::SupplierAvailable, party).await?;
            let free = Fen::from_fen(available).minus(payouts::query::on_its_way_to(tx, shop.id, party).await?)?;
            let amount = std::cmp::min(known.due_fen, free);
            if !amount.is_positive() {
                return Err(SupplierError::NothingToPay.into());
            }
            let note = Note { paid_by: Some(by), paid: Some(amount), ..Note::default() };
            let row = statements::advance(tx, &known, StatementEvent::PaymentStarted, note, now).await?;
            let accounts = (AccountKind::SupplierAvailable, AccountKind::SupplierFrozen);
            set_aside(tx, &row, MovementKind::Paying, "supplier_payment", accounts, now).await?;
            let way = way.unwrap_or_else(|| way_of(&supplier));
            if way == PaymentWay::Transfer {
                begin(app, tx, shop, &supplier, &row).await?;
            }
            let detail = json!({ "amount_fen": amount, "way": way });
            audit::note(tx, shop.id, by, "supplier_statement.pay", id, detail, now).await?;
            Ok(row)
        })
        .await?;
    app.bell.ring();
    Ok(row)
}

/// What of a shared supplier's statement is left is paid by hand.
fn way_of(supplier: &supplier::Model) -> PaymentWay {
    if supplier.payout == Payout::Transfer { PaymentWay::Transfer } else { PaymentWay::Manual }
}

/// Notes that a statement was paid by hand, with the payment's reference and the proof's upload.
///
/// # Errors
/// `supplier_statement.wrong_state`, also while a transfer pays it; an upload that is not there.
pub async fn paid(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: SupplierStatementId,
    reference: &str,
    proof: UploadId,
) -> Result<statement::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let known = by_hand(tx, shop, id).await?;
            let upload = content::query::by_id(tx, proof).await?;
            let upload = upload.filter(|upload| upload.shop_id == shop.id && upload.state == UploadState::Stored);
            let file = upload.and_then(|upload| upload.path);
            let Some(file) = file else {
                return Err(Invalid::field("proof_upload_id", "unknown", "a file that was uploaded").into());
            };
            let note =
                Note { paid_by: Some(by), reference: Some(reference.to_owned()), proof: Some(file), ..Note::default() };
            let row = arrived(tx, &known, note, now).await?;
            let detail = json!({ "reference": reference });
            audit::note(tx, shop.id, by, "supplier_statement.paid", id, detail, now).await?;
            Ok(row)
        })
        .await
}

/// Notes that a payment failed: the money is the supplier's again, and the statement may be paid anew.
///
/// # Errors
/// `supplier_statement.wrong_state`, also while a transfer pays it.
pub async fn failed(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: SupplierStatementId,
    reason: &str,
) -> Result<statement::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let known = by_hand(tx, shop, id).await?;
            let row = came_back(tx, &known, reason, now).await?;
            audit::note(tx, shop.id, by, "supplier_statement.failed", id, json!({ "reason": reason }), now).await?;
            Ok(row)
        })
        .await
}

/// The statement, unless a transfer pays it: then the platform alone says how that ends.
async fn by_hand(tx: &impl ConnectionTrait, shop: &Shop, id: SupplierStatementId) -> Result<statement::Model, Failure> {
    let known = statements::by_id(tx, shop.id, id).await?;
    if payouts::query::is_being_transferred(tx, shop.id, id).await? {
        return Err(SupplierError::BeingTransferred.into());
    }
    Ok(known)
}

/// The money of a statement has left the shop.
pub(super) async fn arrived(
    tx: &impl ConnectionTrait,
    known: &statement::Model,
    note: Note,
    now: Time,
) -> Result<statement::Model, Failure> {
    let row = statements::advance(tx, known, StatementEvent::PaymentArrived, note, now).await?;
    let party = Some(row.supplier_id.uuid());
    let mut draft = Draft::new(row.shop_id, "supplier_paid", row.id.uuid());
    draft.debit(AccountKind::SupplierFrozen, party, row.paid_fen);
    draft.credit(AccountKind::MerchantCash, None, row.paid_fen)?;
    ledger::service::post(tx, &draft, Floor::Zero, now).await?;
    Ok(row)
}

/// It has not, and is the supplier's again.
pub(super) async fn came_back(
    tx: &impl ConnectionTrait,
    known: &statement::Model,
    reason: &str,
    now: Time,
) -> Result<statement::Model, Failure> {
    let note = Note { fail_reason: Some(reason.to_owned()), paid: Some(Fen::ZERO), ..Note::default() };
    let row = statements::advance(tx, known, StatementEvent::PaymentFailed, note, now).await?;
    let accounts = (AccountKind::SupplierFrozen, AccountKind::SupplierAvailable);
    set_aside(tx, known, MovementKind::Unpaid, "supplier_unpaid", accounts, now).await?;
    Ok(row)
}

/// Moves a statement's money between what is available and what is being paid; the movement's number
/// is the journal's cause, since a statement may be paid a second time.
async fn set_aside(
    tx: &impl ConnectionTrait,
    row: &statement::Model,
    kind: MovementKind,
    cause: &'static str,
    (from, to): (AccountKind, AccountKind),
    now: Time,
) -> Result<(), Failure> {
    let party = Some(row.supplier_id.uuid());
    let amount = if kind == MovementKind::Paying { row.paid_fen.negated()? } else { row.paid_fen };
    let moved: SupplierMovementId = movements::of_statement(tx, row, kind, amount, now).await?;
    let mut draft = Draft::new(row.shop_id, cause, moved.uuid());
    draft.debit(from, party, row.paid_fen);
    draft.credit(to, party, row.paid_fen)?;
    Ok(ledger::service::post(tx, &draft, Floor::Zero, now).await?)
}
