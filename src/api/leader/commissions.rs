//! A leader's statement: what he earned on which order, by which rule.

use crate::api::routes::Routes;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use kernel::id::{CommissionId, OrderId, OrderLineId};
use kernel::{BasisPoints, Fen};
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInLeader;
use crate::api::body::{QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::commissions::entity::commission;
use crate::areas::commissions::query;
use crate::areas::commissions::state::{CommissionKind, CommissionState};

pub(super) fn routes(config: &mut Routes) {
    config.service(list);
}

/// Which commissions are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StatementQuery {
    /// Only those in this state.
    state: Option<CommissionState>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// One line of a statement.
#[derive(Serialize, utoipa::ToSchema)]
struct CommissionView {
    id: CommissionId,
    order_id: OrderId,
    line_id: OrderLineId,
    kind: CommissionKind,
    /// 0 for the leader's own sale, 1 and 2 for sales of leaders he recommended.
    rank: i32,
    /// Which rule gave the rate: `goods_level`, `level`, `goods`, `shop`, `referral` or `delivery_fee`.
    rule: String,
    /// Goods money after every reduction; without shipping.
    base_fen: Fen,
    /// A share of the base, in basis points; null where an amount a unit was agreed.
    rate_bp: Option<BasisPoints>,
    /// An amount a unit.
    fixed_fen: Option<Fen>,
    /// The leader's multiplier, in basis points.
    multiplier_bp: BasisPoints,
    amount_fen: Fen,
    /// What refunds took back of it.
    reversed_fen: Fen,
    state: CommissionState,
    created_at: DateTime<Utc>,
    released_at: Option<DateTime<Utc>>,
}

impl From<commission::Model> for CommissionView {
    fn from(row: commission::Model) -> Self {
        Self {
            id: row.id,
            order_id: row.order_id,
            line_id: row.line_id,
            kind: row.kind,
            rank: row.rank,
            rule: row.rule,
            base_fen: row.base_fen,
            rate_bp: row.rate_bp,
            fixed_fen: row.fixed_fen,
            multiplier_bp: row.multiplier_bp,
            amount_fen: row.amount_fen,
            reversed_fen: row.reversed_fen,
            state: row.state,
            created_at: row.created_at,
            released_at: row.released_at,
        }
    }
}

/// The leader's commissions, newest first.
#[utoipa::path(
    tag = "leader", operation_id = "leader_commissions", security(("bearer" = [])), params(StatementQuery),
    responses((status = 200, body = ListView<CommissionView>), Failures)
)]
#[get("/api/v1/leader/commissions")]
async fn list(app: web::Data<App>, who: SignedInLeader, asked: QueryOf<StatementQuery>) -> Reply {
    let StatementQuery { state, limit, cursor } = asked.0;
    let page = page_request(limit, cursor)?;
    let page = query::statement(app.db.reader(), who.shop.id, who.leader.id, state, &page).await?;
    json(&ListView::from(page.map(CommissionView::from)))
}
