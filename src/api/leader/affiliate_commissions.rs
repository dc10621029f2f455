//! What a leader earns on orders that marketplaces served through his links.

use crate::api::routes::Routes;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use kernel::id::AffiliateLineId;
use kernel::{BasisPoints, Fen};
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInLeader;
use crate::api::body::{QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::affiliate_orders::entity::line;
use crate::areas::affiliate_orders::query::{self, Wanted};
use crate::areas::affiliate_orders::state::{LineStatus, Share};

pub(super) fn routes(config: &mut Routes) {
    config.service(list);
}

/// Which lines are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StatementQuery {
    /// Only those in this status.
    status: Option<LineStatus>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// One line of the statement.
#[derive(Serialize, utoipa::ToSchema)]
struct AffiliateCommissionView {
    id: AffiliateLineId,
    marketplace: String,
    status: LineStatus,
    title: Option<String>,
    quantity: i64,
    /// What the buyer pays the marketplace.
    pay_fen: Fen,
    /// The leader's part of the settled commission, in basis points.
    rate_bp: BasisPoints,
    /// His part; zero until the marketplace has settled.
    leader_fen: Fen,
    /// Whether it is held (`pending`) or may be withdrawn (`released`).
    share: Share,
    /// When it becomes available.
    release_at: Option<DateTime<Utc>>,
    ordered_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<line::Model> for AffiliateCommissionView {
    fn from(row: line::Model) -> Self {
        Self {
            id: row.id,
            marketplace: row.marketplace,
            status: row.status,
            title: row.title,
            quantity: row.quantity,
            pay_fen: row.pay_fen,
            rate_bp: row.rate_bp,
            leader_fen: row.leader_fen,
            share: row.share,
            release_at: row.release_at,
            ordered_at: row.ordered_at,
            created_at: row.created_at,
        }
    }
}

/// The leader's affiliate sales and what he earns on them, newest first.
#[utoipa::path(
    tag = "leader", operation_id = "leader_affiliate_commissions", security(("bearer" = [])), params(StatementQuery),
    responses((status = 200, body = ListView<AffiliateCommissionView>), Failures)
)]
#[get("/api/v1/leader/affiliate-commissions")]
async fn list(app: web::Data<App>, who: SignedInLeader, asked: QueryOf<StatementQuery>) -> Reply {
    let StatementQuery { status, limit, cursor } = asked.0;
    let page = page_request(limit, cursor)?;
    let wanted = Wanted { status, leader: Some(who.leader.id), ..Wanted::default() };
    let page = query::lines(app.db.reader(), who.shop.id, &wanted, &page).await?;
    json(&ListView::from(page.map(AffiliateCommissionView::from)))
}
