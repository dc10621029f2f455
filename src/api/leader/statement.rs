//! A leader's account over a period, from the books (domain.md, "Statement export").

use crate::api::routes::Routes;
use actix_web::{get, web};
use chrono::{DateTime, Duration, Utc};
use kernel::failure::Invalid;
use kernel::id::JournalId;
use kernel::page::PageRequest;
use kernel::{Failure, Fen};
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInLeader;
use crate::api::body::{QueryOf, page_request};
use crate::api::console::ledger::cause_text;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::statement::{self, Movement, Period};

/// The longest period of one statement.
const DAYS_MAX: i64 = 366;

pub(super) fn routes(config: &mut Routes) {
    config.service(of_period);
}

/// Which period.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StatementQuery {
    /// The first moment.
    from: DateTime<Utc>,
    /// The moment after the last; at most 366 days later.
    until: DateTime<Utc>,
    /// 1 to 100 movements; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// What moves a leader's available money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum MovementKind {
    /// Commission whose after-sale window has ended.
    Release,
    /// Commission taken back by a refund.
    Clawback,
    /// For a recommended leader.
    Reward,
    /// A marketplace's commission.
    Affiliate,
    /// Asked for as a payout.
    Withdrawal,
    /// A payout that came to nothing.
    WithdrawalReturned,
    /// Given by profit sharing.
    Sharing,
    /// Anything else the books name.
    Other,
}

impl MovementKind {
    fn of(cause: &str) -> Self {
        match cause {
            "release" | "release_early" => Self::Release,
            "refund" => Self::Clawback,
            "referral_reward" => Self::Reward,
            "withdrawal" => Self::Withdrawal,
            "withdrawal_returned" => Self::WithdrawalReturned,
            "shared" => Self::Sharing,
            cause if cause.starts_with("affiliate") => Self::Affiliate,
            _ => Self::Other,
        }
    }
}

/// What a kind of movement came to.
#[derive(Serialize, utoipa::ToSchema)]
struct KindTotal {
    kind: MovementKind,
    /// Gained; below zero what left.
    amount_fen: Fen,
}

/// One movement.
#[derive(Serialize, utoipa::ToSchema)]
struct MovementView {
    journal_id: JournalId,
    kind: MovementKind,
    /// The id of what caused it.
    cause_id: String,
    /// Gained; below zero what left.
    amount_fen: Fen,
    at: DateTime<Utc>,
}

impl From<Movement> for MovementView {
    fn from(row: Movement) -> Self {
        Self {
            journal_id: row.journal_id,
            kind: MovementKind::of(&row.cause_kind),
            cause_id: cause_text(&row.cause_kind, row.cause_id),
            amount_fen: row.gained,
            at: row.at,
        }
    }
}

/// A leader's available account over a period: opening balance, movements, closing balance.
#[derive(Serialize, utoipa::ToSchema)]
struct StatementView {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    /// Available at the first moment.
    opening_fen: Fen,
    /// Available at the end: the opening balance and every movement of the period.
    closing_fen: Fen,
    /// The period's movements by kind; those of every page.
    totals: Vec<KindTotal>,
    /// Oldest first.
    items: Vec<MovementView>,
    next_cursor: Option<String>,
}

/// The leader's available account from `from` until before `until`, as the books have it.
#[utoipa::path(
    tag = "leader", operation_id = "leader_statement", security(("bearer" = [])), params(StatementQuery),
    responses((status = 200, body = StatementView), Failures)
)]
#[get("/api/v1/leader/statement")]
async fn of_period(app: web::Data<App>, who: SignedInLeader, asked: QueryOf<StatementQuery>) -> Reply {
    let StatementQuery { from, until, limit, cursor } = asked.0;
    if until <= from || until - from > Duration::days(DAYS_MAX) {
        return Err(Invalid::field("until", "out_of_range", "after from, by at most 366 days").into());
    }
    let (shop, party, account) = (who.shop.id, who.leader.id.uuid(), AccountKind::LeaderAvailable);
    let period = Period { shop, account, party, from, until };
    json(&read(&app, &period, &page_request(limit, cursor)?).await?)
}

/// Balances and movements are read at one moment, so that they always add up.
async fn read(app: &App, period: &Period, page: &PageRequest) -> Result<StatementView, Failure> {
    app.db
        .read(async |tx| {
            let opening = statement::opening(tx, period).await?;
            let mut totals: Vec<KindTotal> = Vec::new();
            for sum in statement::totals(tx, period).await? {
                let (kind, amount) = (MovementKind::of(&sum.cause_kind), Fen::from_fen(sum.gained));
                match totals.iter_mut().find(|total| total.kind == kind) {
                    Some(total) => total.amount_fen = total.amount_fen.plus(amount)?,
                    None => totals.push(KindTotal { kind, amount_fen: amount }),
                }
            }
            totals.sort_by_key(|total| total.kind);
            let closing = opening.plus(Fen::sum(totals.iter().map(|total| total.amount_fen))?)?;
            let page = statement::movements(tx, period, page).await?;
            Ok(StatementView {
                from: period.from,
                until: period.until,
                opening_fen: opening,
                closing_fen: closing,
                totals,
                items: page.items.into_iter().map(MovementView::from).collect(),
                next_cursor: page.next_cursor,
            })
        })
        .await
}
