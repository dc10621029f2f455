//! The shop's books, for reading.

use crate::api::routes::Routes;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use kernel::failure::Invalid;
use kernel::id::{
    AdjustmentId, BillFeeId, CommissionId, EntryId, JournalId, LeaderId, MemberId, OrderEventId, OrderId, OrderLineId,
    PaymentId, RechargeId, RefundId, SharingPartId, SupplierId, SupplierMovementId, SupplierStatementId, WithdrawalId,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::ledger::entity::entry;
use crate::areas::ledger::query::{self, Journal};
use crate::areas::ledger::state::{AccountKind, LedgerUnit};
use crate::areas::reports::books::Fault;
use crate::flows::verify_books::{self, Report};

/// A cause's kind is one of ours and short.
const CAUSE_MAX: usize = 64;

pub(super) fn routes(config: &mut Routes) {
    config.service(accounts).service(journals).service(verify);
}

/// An account with the sum of its entries.
#[derive(Serialize, utoipa::ToSchema)]
struct AccountView {
    account: AccountKind,
    /// What is counted.
    unit: LedgerUnit,
    /// Debits less credits, in fen or points.
    sum: i64,
}

/// A balanced journal.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct JournalView {
    id: JournalId,
    /// What kind of thing caused it.
    cause_kind: String,
    /// Which one.
    cause_id: String,
    note: Option<String>,
    /// Business time.
    at: DateTime<Utc>,
    entries: Vec<EntryView>,
}

/// One side of a journal.
#[derive(Serialize, utoipa::ToSchema)]
struct EntryView {
    id: EntryId,
    account: AccountKind,
    /// Whose, where accounts are a party's own.
    party: Option<String>,
    unit: LedgerUnit,
    /// Fen or points; debit above zero, credit below.
    amount: i64,
}

impl From<Journal> for JournalView {
    fn from(Journal { journal, entries }: Journal) -> Self {
        Self {
            id: journal.id,
            cause_id: cause_text(&journal.cause_kind, journal.cause_id),
            cause_kind: journal.cause_kind,
            note: journal.note,
            at: journal.at,
            entries: entries.into_iter().map(EntryView::from).collect(),
        }
    }
}

impl From<entry::Model> for EntryView {
    fn from(row: entry::Model) -> Self {
        Self {
            id: row.id,
            account: row.account,
            party: row.party.map(|party| party_text(row.account, party)),
            unit: row.unit,
            amount: row.amount,
        }
    }
}

pub(in crate::api) fn cause_text(kind: &str, id: Uuid) -> String {
    match kind {
        "payment" | "order_held" | "held_back" | "points_earned" => OrderId::from_uuid(id).to_string(),
        "leader_change" => OrderEventId::from_uuid(id).to_string(),
        "late_payment" => PaymentId::from_uuid(id).to_string(),
        "release" | "release_early" => OrderLineId::from_uuid(id).to_string(),
        "recharge" => RechargeId::from_uuid(id).to_string(),
        "adjustment" => AdjustmentId::from_uuid(id).to_string(),
        "shared" => SharingPartId::from_uuid(id).to_string(),
        "payment_fee" => BillFeeId::from_uuid(id).to_string(),
        "referral_reward" => LeaderId::from_uuid(id).to_string(),
        kind if kind.starts_with("refund") => RefundId::from_uuid(id).to_string(),
        "supplier_paid" => SupplierStatementId::from_uuid(id).to_string(),
        "supplier_payment" | "supplier_unpaid" => SupplierMovementId::from_uuid(id).to_string(),
        kind if kind.starts_with("withdrawal") => WithdrawalId::from_uuid(id).to_string(),
        _ => id.to_string(),
    }
}

fn party_text(account: AccountKind, id: Uuid) -> String {
    use AccountKind as A;
    match account {
        // A loss names the leader who kept what a refund would have taken back.
        A::LeaderPending | A::LeaderAvailable | A::LeaderFrozen | A::Loss => LeaderId::from_uuid(id).to_string(),
        A::SupplierPending | A::SupplierAvailable | A::SupplierFrozen => SupplierId::from_uuid(id).to_string(),
        A::MemberBalance | A::MemberBalanceGift | A::MemberHeld | A::MemberPayable => {
            MemberId::from_uuid(id).to_string()
        }
        A::Points | A::PointsHeld | A::PointsIssued => MemberId::from_uuid(id).to_string(),
        _ => id.to_string(),
    }
}

/// The id a cause is named by, whatever its kind.
fn cause_id(text: &str) -> Option<Uuid> {
    text.parse()
        .map(OrderId::uuid)
        .or_else(|_| text.parse().map(OrderLineId::uuid))
        .or_else(|_| text.parse().map(PaymentId::uuid))
        .or_else(|_| text.parse().map(RefundId::uuid))
        .or_else(|_| text.parse().map(WithdrawalId::uuid))
        .or_else(|_| text.parse().map(SharingPartId::uuid))
        .or_else(|_| text.parse().map(CommissionId::uuid))
        .or_else(|_| text.parse().map(OrderEventId::uuid))
        .ok()
        .or_else(|| text.parse().ok())
}

/// Every account of the shop. All sums of one unit add up to zero.
#[utoipa::path(
    tag = "books", operation_id = "ledger_accounts", security(("session" = [])),
    responses((status = 200, body = ListView<AccountView>), Failures)
)]
#[get("/console/api/v1/ledger/accounts")]
async fn accounts(app: web::Data<App>, who: Operator) -> Reply {
    who.may(Permission::Books)?;
    let sums = query::accounts(app.db.reader(), who.shop.id).await?;
    let view = |sum: query::AccountSum| AccountView { account: sum.account, unit: sum.unit, sum: sum.sum };
    json(&ListView::from(sums.into_iter().map(view).collect::<Vec<_>>()))
}

/// Which journals.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct JournalsQuery {
    /// A kind of cause (`payment`, `refund`, `release`, `withdrawal`, …) or the id of one.
    #[param(max_length = 64)]
    cause: Option<String>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Journals, newest first.
#[utoipa::path(
    tag = "books", operation_id = "ledger_journals", security(("session" = [])), params(JournalsQuery),
    responses((status = 200, body = ListView<JournalView>), Failures)
)]
#[get("/console/api/v1/ledger/journals")]
async fn journals(app: web::Data<App>, who: Operator, asked: QueryOf<JournalsQuery>) -> Reply {
    who.may(Permission::Books)?;
    let JournalsQuery { cause, limit, cursor } = asked.0;
    if cause.as_ref().is_some_and(|cause| cause.chars().count() > CAUSE_MAX || cause.contains('\0')) {
        return Err(Invalid::field("cause", "too_long", "at most 64 characters").into());
    }
    let id = cause.as_deref().and_then(cause_id);
    let kind = cause.as_deref().filter(|_| id.is_none());
    let page = query::journals(app.db.reader(), who.shop.id, kind, id, &page_request(limit, cursor)?).await?;
    json(&ListView::from(page.map(JournalView::from)))
}

/// What a verification of the books found; empty lists mean that everything adds up.
#[derive(Serialize, utoipa::ToSchema)]
struct VerdictView {
    /// Whether nothing is off.
    clean: bool,
    /// How many journals were checked.
    journals: u64,
    /// Journals whose entries do not add up to zero.
    unbalanced: Vec<JournalId>,
    /// Accounts of one party whose balance is not the sum of their entries.
    drifted: Vec<DriftView>,
    /// Rows that do not agree with the books.
    faults: Vec<FaultView>,
}

/// An account that differs from its entries.
#[derive(Serialize, utoipa::ToSchema)]
struct DriftView {
    account: AccountKind,
    /// Whose.
    party: String,
    /// What its row says.
    balance: i64,
    /// What its entries say.
    entries: i64,
}

/// One kind of thing that must never be, and with what it was found.
#[derive(Serialize, utoipa::ToSchema)]
struct FaultView {
    what: String,
    /// Ids without their prefix; at most 20.
    with: Vec<String>,
}

impl From<Report> for VerdictView {
    fn from(report: Report) -> Self {
        let clean = report.found() == 0;
        let drift = |(account, party, balance, entries)| DriftView {
            account,
            party: party_text(account, party),
            balance,
            entries,
        };
        let fault = |fault: Fault| FaultView {
            what: fault.what.to_owned(),
            with: fault.with.iter().map(Uuid::to_string).collect(),
        };
        Self {
            clean,
            journals: report.verdict.journals,
            unbalanced: report.verdict.unbalanced,
            drifted: report.verdict.drifted.into_iter().map(drift).collect(),
            faults: report.faults.into_iter().map(fault).collect(),
        }
    }
}

/// Proves that journals balance, that accounts equal their entries, and that orders, refunds and
/// payouts agree with the books, as they stand at this moment. Changes nothing.
#[utoipa::path(
    tag = "books", operation_id = "ledger_verify", security(("session" = [])),
    responses((status = 200, body = VerdictView), Failures)
)]
#[get("/console/api/v1/ledger/verify")]
async fn verify(app: web::Data<App>, who: Operator) -> Reply {
    who.may(Permission::Books)?;
    json(&VerdictView::from(verify_books::verify(&app, &who.shop).await?))
}
