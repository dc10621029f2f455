//! What a member has with the shop: balance and points.

use crate::api::routes::Routes;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::id::EntryId;
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInMember;
use crate::api::body::{QueryOf, page_request};
use crate::api::console::ledger::cause_text;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::statement::{self, PartyMovement};
use crate::flows::member_money::{ACCOUNTS, Balance, balance};

pub(super) fn routes(config: &mut Routes) {
    config.service(my_balance).service(my_entries);
}

/// What a member has.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::api) struct BalanceView {
    /// What can be spent: principal and gift together.
    balance_fen: Fen,
    /// Of it, what was paid in.
    principal_fen: Fen,
    /// Of it, what was given.
    gift_fen: Fen,
    /// Points; below zero when points were taken back that had been spent.
    points: i64,
}

impl From<Balance> for BalanceView {
    fn from(has: Balance) -> Self {
        Self {
            balance_fen: has.principal.plus(has.gift).unwrap_or_default(),
            principal_fen: has.principal,
            gift_fen: has.gift,
            points: has.points,
        }
    }
}

/// Which part of what a member has was moved.
#[derive(Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum BalancePart {
    /// Balance that was paid in, in fen.
    Principal,
    /// Balance that was given, in fen.
    Gift,
    /// Points.
    Points,
}

/// A movement of balance or points.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::api) struct BalanceEntryView {
    id: EntryId,
    part: BalancePart,
    /// Fen or points; below zero what was spent or taken back.
    amount: i64,
    /// `order_held` (an order was placed), `held_back` (it was closed unpaid), `refund`, `adjustment`,
    /// `points_earned`, `recharge`, `withdrawal_paid` (a leader's commission).
    cause: String,
    /// The order, refund, adjustment, recharge or withdrawal.
    cause_id: String,
    /// Why, where an operator said it.
    note: Option<String>,
    at: DateTime<Utc>,
}

impl From<PartyMovement> for BalanceEntryView {
    fn from(row: PartyMovement) -> Self {
        let part = match row.account {
            AccountKind::MemberBalance => BalancePart::Principal,
            AccountKind::MemberBalanceGift => BalancePart::Gift,
            _ => BalancePart::Points,
        };
        Self {
            id: row.id,
            part,
            amount: row.gained,
            cause_id: cause_text(&row.cause_kind, row.cause_id),
            cause: row.cause_kind,
            note: row.note,
            at: row.at,
        }
    }
}

/// Which movements.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct BalanceEntriesQuery {
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    pub cursor: Option<String>,
}

/// The member's balance and points; what unpaid orders hold is not in it.
#[utoipa::path(tag = "me", security(("bearer" = [])), responses((status = 200, body = BalanceView), Failures))]
#[get("/api/v1/me/balance")]
async fn my_balance(app: web::Data<App>, who: SignedInMember) -> Reply {
    json(&BalanceView::from(balance(app.db.reader(), who.shop.id, who.member).await?))
}

/// What moved the member's balance and points, newest first.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), params(BalanceEntriesQuery),
    responses((status = 200, body = ListView<BalanceEntryView>), Failures)
)]
#[get("/api/v1/me/balance/entries")]
async fn my_entries(app: web::Data<App>, who: SignedInMember, asked: QueryOf<BalanceEntriesQuery>) -> Reply {
    let BalanceEntriesQuery { limit, cursor } = asked.0;
    let page = page_request(limit, cursor)?;
    let rows = statement::of_party(app.db.reader(), who.shop.id, &ACCOUNTS, who.member.uuid(), &page).await?;
    json(&ListView::from(rows.map(BalanceEntryView::from)))
}
