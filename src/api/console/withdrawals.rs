//! Operators decide withdrawals and note what they paid by hand.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::id::{LeaderId, OperatorId, PayoutBatchId, WithdrawalId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::leader::withdrawals::WithheldView;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::payouts::entity::{transfer, withdrawal};
use crate::areas::payouts::query;
use crate::areas::payouts::state::{TransferState, WithdrawalChannel, WithdrawalState};
use crate::flows::payout::{self, By, Withdrawal};

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(approve).service(reject).service(cancel).service(paid);
}

/// A leader's withdrawal, as operators see it.
#[derive(Serialize, utoipa::ToSchema)]
struct ConsoleWithdrawal {
    id: WithdrawalId,
    leader_id: LeaderId,
    channel: WithdrawalChannel,
    state: WithdrawalState,
    amount_fen: Fen,
    fee_fen: Fen,
    tax_fen: Fen,
    /// How the tax came about.
    tax: Option<WithheldView>,
    net_fen: Fen,
    /// To which account outside WeChat, masked.
    payee: Option<String>,
    /// The sheet that pays it.
    batch_id: Option<PayoutBatchId>,
    /// Why it was refused or failed, or how it was paid by hand.
    reason: Option<String>,
    decided_by: Option<OperatorId>,
    decided_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    transfer: Option<ConsoleTransfer>,
}

/// The transfer that pays a withdrawal or a statement.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ConsoleTransfer {
    /// The `out_bill_no` at WeChat Pay.
    out_bill_no: String,
    /// WeChat Pay's own number.
    transfer_bill_no: Option<String>,
    state: TransferState,
    /// What WeChat Pay said last, where it was no success.
    fail_reason: Option<String>,
}

impl From<&transfer::Model> for ConsoleTransfer {
    fn from(row: &transfer::Model) -> Self {
        Self {
            out_bill_no: row.id.alphanumeric(),
            transfer_bill_no: row.platform_bill_no.clone(),
            state: row.state,
            fail_reason: row.fail_reason.clone(),
        }
    }
}

fn view(row: &withdrawal::Model, transfer: Option<&transfer::Model>) -> ConsoleWithdrawal {
    ConsoleWithdrawal {
        id: row.id,
        leader_id: row.leader_id,
        channel: row.channel,
        state: row.state,
        amount_fen: row.amount_fen,
        fee_fen: row.fee_fen,
        tax_fen: row.tax_fen,
        tax: WithheldView::of(row),
        net_fen: row.net_fen,
        payee: row.payee_mask.clone(),
        batch_id: row.batch_id,
        reason: row.reason.clone(),
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        created_at: row.created_at,
        finished_at: row.finished_at,
        transfer: transfer.map(ConsoleTransfer::from),
    }
}

fn view_of(done: &Withdrawal) -> ConsoleWithdrawal {
    view(&done.row, done.transfer.as_ref())
}

/// Which withdrawals.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WithdrawalsQuery {
    /// In this state alone.
    state: Option<WithdrawalState>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Withdrawals, newest first.
#[utoipa::path(
    tag = "payouts", operation_id = "console_withdrawals", security(("session" = [])), params(WithdrawalsQuery),
    responses((status = 200, body = ListView<ConsoleWithdrawal>), Failures)
)]
#[get("/console/api/v1/withdrawals")]
async fn list(app: web::Data<App>, who: Operator, asked: QueryOf<WithdrawalsQuery>) -> Reply {
    who.may(Permission::Books)?;
    let WithdrawalsQuery { state, limit, cursor } = asked.0;
    let (conn, shop) = (app.db.reader(), who.shop.id);
    let page = query::withdrawals(conn, shop, None, state, &page_request(limit, cursor)?).await?;
    let transfers = query::transfers_of(conn, shop, &page.items).await?;
    let own = |row: &withdrawal::Model| transfers.iter().find(|transfer| transfer.withdrawal_id == Some(row.id));
    json(&ListView::from(page.map(|row| view(&row, own(&row)))))
}

/// Grants a withdrawal; by transfer it is sent at once.
#[utoipa::path(
    tag = "payouts", operation_id = "approve_withdrawal", security(("session" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 200, body = ConsoleWithdrawal), Failures)
)]
#[post("/console/api/v1/withdrawals/{id}/approve")]
async fn approve(
    app: web::Data<App>,
    who: Operator,
    id: PathId<WithdrawalId>,
    key: IdempotencyKey,
    body: JsonBody<Nothing>,
) -> Reply {
    who.may(Permission::Payouts)?;
    let work = async |once: &_| payout::approve(&app, &who.shop, *id, who.operator, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::OK, view_of, work).await
}

/// Why a withdrawal is refused.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RejectWithdrawal {
    /// Shown to the leader.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Refuses a withdrawal: the money is available to the leader again.
#[utoipa::path(
    tag = "payouts", operation_id = "reject_withdrawal", security(("session" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    request_body = RejectWithdrawal, responses((status = 200, body = ConsoleWithdrawal), Failures)
)]
#[post("/console/api/v1/withdrawals/{id}/reject")]
async fn reject(
    app: web::Data<App>,
    who: Operator,
    id: PathId<WithdrawalId>,
    key: IdempotencyKey,
    body: JsonBody<RejectWithdrawal>,
) -> Reply {
    who.may(Permission::Payouts)?;
    let mut fields = Fields::default();
    let reason = fields.line("reason", &body.value.reason, 1, 200);
    fields.done()?;
    let work = async |once: &_| payout::reject(&app, &who.shop, *id, who.operator, &reason, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::OK, view_of, work).await
}

/// Cancels a granted withdrawal by transfer, as long as the leader has not confirmed it. It shows `paying` until
/// WeChat Pay says that it is cancelled; then the money is available to the leader again.
#[utoipa::path(
    tag = "payouts", operation_id = "cancel_withdrawal", security(("session" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 200, body = ConsoleWithdrawal), Failures)
)]
#[post("/console/api/v1/withdrawals/{id}/cancel")]
async fn cancel(
    app: web::Data<App>,
    who: Operator,
    id: PathId<WithdrawalId>,
    key: IdempotencyKey,
    body: JsonBody<Nothing>,
) -> Reply {
    who.may(Permission::Payouts)?;
    let work = async |once: &_| payout::cancel(&app, &who.shop, *id, By::Operator(who.operator), once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::OK, view_of, work).await
}

/// How a withdrawal was paid by hand.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PaidByHand {
    /// Such as the bank's reference; shown to the leader.
    #[schema(min_length = 1, max_length = 200)]
    note: String,
}

/// Notes that a granted withdrawal was paid by hand.
#[utoipa::path(
    tag = "payouts", operation_id = "withdrawal_paid", security(("session" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    request_body = PaidByHand, responses((status = 200, body = ConsoleWithdrawal), Failures)
)]
#[post("/console/api/v1/withdrawals/{id}/paid")]
async fn paid(
    app: web::Data<App>,
    who: Operator,
    id: PathId<WithdrawalId>,
    key: IdempotencyKey,
    body: JsonBody<PaidByHand>,
) -> Reply {
    who.may(Permission::Payouts)?;
    let mut fields = Fields::default();
    let note = fields.line("note", &body.value.note, 1, 200);
    fields.done()?;
    let work = async |once: &_| payout::pay_by_hand(&app, &who.shop, *id, who.operator, &note, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::OK, view_of, work).await
}
