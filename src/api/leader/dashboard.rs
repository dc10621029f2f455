//! What a leader sees first: today, in total, and his money.

use crate::api::routes::Routes;
use actix_web::{get, web};
use kernel::clock::{beijing_day, beijing_midnight};
use kernel::{Failure, Fen};
use serde::Serialize;

use crate::api::auth::SignedInLeader;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::ledger;
use crate::areas::ledger::state::AccountKind;
use crate::areas::orders::by_leader::{self, Sales};

pub(super) fn routes(config: &mut Routes) {
    config.service(dashboard);
}

/// Orders of a period, by the moment they were paid.
#[derive(Serialize, utoipa::ToSchema)]
struct SalesView {
    /// Orders paid, also those refunded since.
    orders: i64,
    /// What members paid for them.
    sales_fen: Fen,
    /// What went back of it.
    refunded_fen: Fen,
}

impl From<Sales> for SalesView {
    fn from(sales: Sales) -> Self {
        Self { orders: sales.orders, sales_fen: sales.sales, refunded_fen: sales.refunded }
    }
}

/// A leader's commission, as the books have it.
#[derive(Serialize, utoipa::ToSchema)]
struct CommissionTotals {
    /// Not final: after-sale windows are open.
    pending_fen: Fen,
    /// May be withdrawn; below zero after a clawback.
    available_fen: Fen,
    /// Inside withdrawals that are under way.
    frozen_fen: Fen,
}

/// The leader's dashboard.
#[derive(Serialize, utoipa::ToSchema)]
struct DashboardView {
    /// Since midnight, Beijing time.
    today: SalesView,
    /// Of all time.
    total: SalesView,
    commission: CommissionTotals,
}

/// Orders, sales and commission, today and in total.
#[utoipa::path(
    tag = "leader", operation_id = "leader_dashboard", security(("bearer" = [])),
    responses((status = 200, body = DashboardView), Failures)
)]
#[get("/api/v1/leader/dashboard")]
async fn dashboard(app: web::Data<App>, who: SignedInLeader) -> Reply {
    let (conn, shop, leader) = (app.db.reader(), who.shop.id, who.leader.id);
    let midnight = beijing_midnight(beijing_day(app.clock.now()));
    let today = by_leader::sales(conn, shop, leader, Some(midnight)).await?;
    let total = by_leader::sales(conn, shop, leader, None).await?;
    let commission = totals(&app, &who).await?;
    json(&DashboardView { today: today.into(), total: total.into(), commission })
}

async fn totals(app: &App, who: &SignedInLeader) -> Result<CommissionTotals, Failure> {
    let (conn, shop, party) = (app.db.reader(), who.shop.id, who.leader.id.uuid());
    let available = ledger::query::balance(conn, shop, AccountKind::LeaderAvailable, party).await?;
    let frozen = ledger::query::balance(conn, shop, AccountKind::LeaderFrozen, party).await?;
    Ok(CommissionTotals {
        pending_fen: ledger::query::pending(conn, shop, AccountKind::LeaderPending, party).await?,
        available_fen: Fen::from_fen(available),
        frozen_fen: Fen::from_fen(frozen),
    })
}
