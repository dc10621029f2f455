//! Withdrawals paid by sheets outside WeChat: to a bank, to Alipay.

use kernel::id::{OperatorId, PayoutBatchId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{book_paid, book_returned, read_results};
use crate::app::App;
use crate::areas::operators::audit;
use crate::areas::payouts::entity::{payout_batch, withdrawal};
use crate::areas::payouts::payee::{self, Payee};
use crate::areas::payouts::results::{Held, Judged, RowCode, judge};
use crate::areas::payouts::service::{self, Note};
use crate::areas::payouts::state::{WithdrawalChannel, WithdrawalEvent};
use crate::areas::payouts::{PayoutError, batches};
use crate::areas::shops::query::Shop;
use crate::flows::tables::{self, Rows};
use crate::platform::request_keys::Once;

/// The columns that hold amounts.
const AMOUNTS: [u16; 1] = [5];
/// A sheet's headings; a file of results is read by the same.
pub(super) const HEADINGS: [&str; 8] =
    ["序号", "提现编号", "收款人", "账号", "开户行", "金额（元）", "结果", "失败原因"];

/// A sheet with its withdrawals.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The sheet.
    pub row: payout_batch::Model,
    /// What it pays, in its order.
    pub withdrawals: Vec<withdrawal::Model>,
}

/// What a file of results did.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The sheet as it stands now.
    pub batch: Batch,
    /// Row by row.
    pub rows: Vec<Judged>,
}

/// Takes the granted withdrawals of a channel onto a new sheet. Errors: `payout_batch.empty`.
pub async fn make(
    app: &App,
    shop: &Shop,
    channel: WithdrawalChannel,
    by: OperatorId,
    once: &Once<Batch>,
) -> Result<Batch, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let (row, withdrawals) = batches::make(tx, shop.id, channel, by, now).await?;
            let detail = json!({ "channel": channel, "rows": row.rows_count, "net_fen": row.net_fen });
            audit::note(tx, shop.id, by, "payout_batch.make", row.id, detail, now).await?;
            let batch = Batch { row, withdrawals };
            once.keep(tx, &batch, app.clock.wall()).await?;
            Ok(batch)
        })
        .await
}

/// A sheet of the shop. Errors: `payout_batch.not_found`.
pub async fn one(conn: &impl ConnectionTrait, shop: &Shop, id: PayoutBatchId) -> Result<Batch, Failure> {
    let row = batches::by_id(conn, shop.id, id).await?;
    let withdrawals = batches::withdrawals_of(conn, shop.id, id).await?;
    Ok(Batch { row, withdrawals })
}

/// The sheet as CSV, with whole account numbers; who took it is noted.
pub async fn csv(app: &App, shop: &Shop, id: PayoutBatchId, by: OperatorId) -> Result<String, Failure> {
    Ok(tables::csv(&sheet(app, shop, id, by, "csv").await?))
}

/// The sheet as a workbook, with whole account numbers; who took it is noted.
pub async fn xlsx(app: &App, shop: &Shop, id: PayoutBatchId, by: OperatorId) -> Result<Vec<u8>, Failure> {
    tables::xlsx(sheet(app, shop, id, by, "xlsx").await?, &AMOUNTS).await
}

async fn sheet(app: &App, shop: &Shop, id: PayoutBatchId, by: OperatorId, kind: &str) -> Result<Rows, Failure> {
    let batch = app
        .db
        .write(async |tx| {
            let batch = one(tx, shop, id).await?;
            audit::note(tx, shop.id, by, "payout_batch.sheet", id, json!({ "kind": kind }), app.clock.now()).await?;
            Ok(batch)
        })
        .await?;
    let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
    for (no, row) in (1..).zip(&batch.withdrawals) {
        let payee = payee_of(app, row)?;
        rows.push(vec![
            format!("{no}"),
            row.id.to_string(),
            payee.name.clone(),
            payee.account.clone(),
            payee.house().to_owned(),
            row.net_fen.to_yuan_string(),
            String::new(),
            String::new(),
        ]);
    }
    Ok(rows)
}

fn payee_of(app: &App, row: &withdrawal::Model) -> Result<Payee, PayoutError> {
    let none = || PayoutError::Unreadable("a withdrawal by sheet has no account".to_owned());
    Payee::open(&app.sealer, &payee::place_of(row.id), row.sealed_payee.as_deref().ok_or_else(none)?)
}

/// Takes a file of results. Every row is judged first; with one that cannot be, nothing changes. What is
/// known already stays, so that the same file may come twice.
///
/// Errors: `payout_batch.not_found`, `payout_batch.results_refused` with every row, `validation.failed`.
pub async fn import(
    app: &App,
    shop: &Shop,
    id: PayoutBatchId,
    by: OperatorId,
    bytes: Vec<u8>,
) -> Result<Imported, Failure> {
    let given = read_results::read(bytes).await?;
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let before = one(tx, shop, id).await?;
            let held = before
                .withdrawals
                .iter()
                .map(|row| {
                    let tail = payee::tail(&payee_of(app, row)?.account);
                    Ok(Held { id: row.id, net: row.net_fen, tail, state: row.state })
                })
                .collect::<Result<Vec<_>, PayoutError>>()?;
            let rows = judge(&given, &held);
            if rows.iter().any(|row| row.code.is_fault()) {
                return Err(PayoutError::ResultsRefused(rows).into());
            }
            let mut changed = 0;
            for row in &rows {
                changed += i32::from(apply(tx, shop, row, by, now).await?);
            }
            if changed > 0 {
                batches::settle(tx, shop.id, id, now).await?;
                audit::note(tx, shop.id, by, "payout_batch.results", id, json!({ "changed": changed }), now).await?;
            }
            Ok(Imported { batch: one(tx, shop, id).await?, rows })
        })
        .await
}

/// `false` when the row says nothing new.
async fn apply(
    tx: &impl ConnectionTrait,
    shop: &Shop,
    row: &Judged,
    by: OperatorId,
    now: Time,
) -> Result<bool, Failure> {
    let event = match row.code {
        RowCode::Paid => WithdrawalEvent::Paid,
        RowCode::Failed => WithdrawalEvent::TransferFailed,
        _ => return Ok(false),
    };
    let id = row.withdrawal_id.ok_or(PayoutError::NotFound)?;
    let note = Note { reason: row.reason.clone(), by: Some(by) };
    let done = service::advance(tx, shop.id, id, &[event], &note, now).await?;
    if event == WithdrawalEvent::Paid {
        book_paid(tx, shop.id, &done, now).await?;
    } else {
        service::uncount(tx, &done).await?;
        book_returned(tx, shop.id, &done, now).await?;
    }
    Ok(true)
}
