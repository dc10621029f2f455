//! A statement paid by merchant transfer: written with the state that it is being paid, and ended by the
//! platform's own answer alone. Sending and asking are the withdrawals'.

use kernel::id::{OperatorId, SupplierStatementId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::pay::{arrived, came_back};
use crate::app::App;
use crate::areas::operators::audit;
use crate::areas::payouts::rules;
use crate::areas::payouts::transfers::Pays;
use crate::areas::shops::query::Shop;
use crate::areas::suppliers::SupplierError;
use crate::areas::suppliers::entity::{statement, supplier};
use crate::areas::suppliers::payee::{self, Limits, TransferRefusal};
use crate::areas::suppliers::statements::{self, Note};
use crate::areas::{members, payouts};
use crate::flows::payout::{NewTransfer, cancel_transfer, write_transfer};

/// What the platform is quoted with where it gives no reason.
const NO_REASON: &str = "not paid";

/// Writes the transfer of a statement whose money was set aside just now.
pub(super) async fn begin(
    app: &App,
    tx: &impl ConnectionTrait,
    shop: &Shop,
    supplier: &supplier::Model,
    row: &statement::Model,
) -> Result<(), Failure> {
    let refused = |refusal: TransferRefusal| Failure::from(SupplierError::from(refusal));
    let payer = payer_of(shop).ok_or_else(|| refused(TransferRefusal::NotOffered))?;
    let payee = payee::of(&app.sealer, supplier)?.ok_or_else(|| refused(TransferRefusal::NoPayee))?;
    let limits = Limits {
        least: rules::TRANSFER_MIN,
        most: shop.profile.payout.transfer_max_fen,
        needs_name: rules::needs_name(row.paid_fen),
    };
    let user_name = payee::judge(row.paid_fen, limits, &payee).map_err(refused)?;
    let member = members::query::by_id(tx, shop.id, payee.member).await?;
    let new = NewTransfer {
        pays: Pays::Statement(row.id),
        payer,
        openid: member.ok_or_else(|| refused(TransferRefusal::NoPayee))?.openid,
        user_name,
        amount: row.paid_fen,
        scene: shop.profile.payout.suppliers(),
    };
    write_transfer(app, tx, shop, new).await?;
    Ok(())
}

/// Has the transfer of a statement cancelled. It shows `paying` until WeChat says that it is, and may then be
/// paid anew.
///
/// # Errors
/// `supplier_statement.wrong_state` also when it was paid first; those of a withdrawal's cancelling about transfers.
pub async fn cancel(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: SupplierStatementId,
) -> Result<statement::Model, Failure> {
    let transfer = app
        .db
        .write(async |tx| {
            let known = statements::by_id(tx, shop.id, id).await?;
            let newest = payouts::query::transfers_of_statements(tx, shop.id, &[id]).await?.into_iter().next();
            let open = newest.filter(|transfer| !transfer.state.is_final());
            let open = open.ok_or(SupplierError::StatementState(known.state))?;
            let detail = json!({ "transfer": open.id.alphanumeric(), "transfer_state": open.state });
            audit::note(tx, shop.id, by, "supplier_statement.cancel", id, detail, app.clock.now()).await?;
            Ok(open.id)
        })
        .await?;
    let is_cancelled = cancel_transfer(app, shop, transfer).await?;
    let row = statements::by_id(app.db.reader(), shop.id, id).await?;
    if is_cancelled { Ok(row) } else { Err(SupplierError::StatementState(row.state).into()) }
}

/// The merchant that may pay suppliers by transfer, if the shop has one.
pub(in crate::flows) fn payer_of(shop: &Shop) -> Option<&str> {
    shop.profile.transfer_mchid().filter(|_| !shop.profile.payout.suppliers().id.is_empty())
}

/// The transfer of a statement arrived, under this number of ours.
pub(in crate::flows) async fn transferred(
    tx: &impl ConnectionTrait,
    shop: &Shop,
    id: SupplierStatementId,
    number: &str,
    now: Time,
) -> Result<(), Failure> {
    let known = statements::by_id(tx, shop.id, id).await?;
    let note = Note { reference: Some(number.to_owned()), ..Note::default() };
    arrived(tx, &known, note, now).await?;
    tracing::info!(statement = %id, "a statement was paid by transfer");
    Ok(())
}

/// The transfer of a statement came to nothing: it may be paid anew, under another number.
pub(in crate::flows) async fn not_transferred(
    tx: &impl ConnectionTrait,
    shop: &Shop,
    id: SupplierStatementId,
    reason: Option<String>,
    now: Time,
) -> Result<(), Failure> {
    let known = statements::by_id(tx, shop.id, id).await?;
    came_back(tx, &known, reason.as_deref().unwrap_or(NO_REASON), now).await?;
    tracing::warn!(statement = %id, reason, "the transfer of a statement came to nothing");
    Ok(())
}
