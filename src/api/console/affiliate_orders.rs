//! What marketplaces sold through the shop's links, and what it earns.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use kernel::id::{AffiliateBookingId, AffiliateLineId, LeaderId, MemberId};
use kernel::{BasisPoints, Fen};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::affiliate_orders::entity::{booking, feed, line};
use crate::areas::affiliate_orders::query::{self, Wanted};
use crate::areas::affiliate_orders::state::{BookingKind, LineStatus, Share};
use crate::areas::affiliate_orders::{AffiliateError, feeds};
use crate::flows::affiliate_orders;

pub(super) fn routes(config: &mut Routes) {
    config.service(feeds_of_shop).service(pull).service(list).service(one);
}

/// How far a marketplace's orders have been read.
#[derive(Serialize, utoipa::ToSchema)]
struct FeedView {
    marketplace: String,
    /// Every change up to here is known.
    read_until: DateTime<Utc>,
    /// When it is asked again.
    next_at: DateTime<Utc>,
    /// When it last had nothing more to tell.
    finished_at: Option<DateTime<Utc>>,
    /// Failures in a row.
    failures: i32,
    /// What it said when it last refused.
    last_error: Option<String>,
}

impl From<feed::Model> for FeedView {
    fn from(row: feed::Model) -> Self {
        Self {
            marketplace: row.marketplace,
            read_until: row.watermark,
            next_at: row.next_at,
            finished_at: row.finished_at,
            failures: row.failures,
            last_error: row.last_error,
        }
    }
}

/// How far each marketplace's orders have been read.
#[utoipa::path(
    tag = "affiliate orders", operation_id = "affiliate_feeds", security(("session" = [])),
    responses((status = 200, body = ListView<FeedView>), Failures)
)]
#[get("/console/api/v1/affiliate-feeds")]
async fn feeds_of_shop(app: web::Data<App>, who: Operator) -> Reply {
    let rows = feeds::of_shop(app.db.reader(), who.shop.id).await?;
    let items: Vec<FeedView> = rows.into_iter().map(FeedView::from).collect();
    json(&ListView::from(items))
}

/// Which marketplace to read.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PullOrders {
    /// Such as `pinduoduo_affiliate`.
    #[schema(min_length = 1, max_length = 64)]
    marketplace: String,
}

/// Reads a marketplace's orders now instead of within the hour; a worker begins within seconds.
#[utoipa::path(
    tag = "affiliate orders", operation_id = "pull_affiliate_orders", security(("session" = [])), request_body = PullOrders,
    responses((status = 202, description = "Asked for."), Failures)
)]
#[post("/console/api/v1/affiliate-feeds/pull")]
async fn pull(app: web::Data<App>, who: Operator, body: JsonBody<PullOrders>) -> Reply {
    who.may(Permission::Goods)?;
    let mut fields = Fields::default();
    let marketplace = fields.line("marketplace", &body.value.marketplace, 1, 64);
    fields.done()?;
    affiliate_orders::hurry(&app, &who.shop, who.operator, &marketplace).await?;
    Ok(HttpResponse::new(StatusCode::ACCEPTED))
}

/// Which lines are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LinesQuery {
    /// Only those of this marketplace.
    #[param(max_length = 64)]
    marketplace: Option<String>,
    /// Only those in this status.
    status: Option<LineStatus>,
    /// Only those of this leader.
    leader_id: Option<LeaderId>,
    /// Only those that name one of ours, or only those that name nobody.
    attributed: Option<bool>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// A line of an order served by a marketplace.
#[derive(Serialize, utoipa::ToSchema)]
struct LineView {
    id: AffiliateLineId,
    marketplace: String,
    /// The number the buyer sees there.
    order_no: Option<String>,
    status: LineStatus,
    external_id: Option<String>,
    title: Option<String>,
    quantity: i64,
    /// What the buyer pays there.
    pay_fen: Fen,
    /// Our commission before the platform's fee: an estimate until settled.
    commission_fen: Fen,
    /// The platform's fee on it.
    service_fee_fen: Fen,
    /// A claim is open: nothing is released.
    claimed: bool,
    /// Who bought; null where the platform names nobody of ours.
    member_id: Option<MemberId>,
    /// Whose sale it is.
    leader_id: Option<LeaderId>,
    /// The leader's part of the settled commission, in basis points.
    rate_bp: BasisPoints,
    /// What the platform owes us, as booked; above zero once settled.
    net_fen: Fen,
    /// What of it is booked for the leader.
    leader_fen: Fen,
    /// Where his part stands.
    share: Share,
    /// When his part becomes available.
    release_at: Option<DateTime<Utc>>,
    ordered_at: Option<DateTime<Utc>>,
    paid_at: Option<DateTime<Utc>>,
    received_at: Option<DateTime<Utc>>,
    settled_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<line::Model> for LineView {
    fn from(row: line::Model) -> Self {
        Self {
            id: row.id,
            marketplace: row.marketplace,
            order_no: row.order_no,
            status: row.status,
            external_id: row.external_id,
            title: row.title,
            quantity: row.quantity,
            pay_fen: row.pay_fen,
            commission_fen: row.commission_fen,
            service_fee_fen: row.service_fee_fen,
            claimed: row.claimed,
            member_id: row.member_id,
            leader_id: row.leader_id,
            rate_bp: row.rate_bp,
            net_fen: row.net_fen,
            leader_fen: row.leader_fen,
            share: row.share,
            release_at: row.release_at,
            ordered_at: row.ordered_at,
            paid_at: row.paid_at,
            received_at: row.received_at,
            settled_at: row.settled_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Lines of orders served by marketplaces, newest first.
#[utoipa::path(
    tag = "affiliate orders", operation_id = "affiliate_orders", security(("session" = [])), params(LinesQuery),
    responses((status = 200, body = ListView<LineView>), Failures)
)]
#[get("/console/api/v1/affiliate-orders")]
async fn list(app: web::Data<App>, who: Operator, asked: QueryOf<LinesQuery>) -> Reply {
    let LinesQuery { marketplace, status, leader_id, attributed, limit, cursor } = asked.0;
    let page = page_request(limit, cursor)?;
    let wanted = Wanted { marketplace, status, leader: leader_id, attributed };
    let page = query::lines(app.db.reader(), who.shop.id, &wanted, &page).await?;
    json(&ListView::from(page.map(LineView::from)))
}

/// A line with what was booked for it.
#[derive(Serialize, utoipa::ToSchema)]
struct LineDetail {
    #[serde(flatten)]
    line: LineView,
    bookings: Vec<BookingView>,
}

/// One change of what a line earns; the cause of a journal.
#[derive(Serialize, utoipa::ToSchema)]
struct BookingView {
    id: AffiliateBookingId,
    kind: BookingKind,
    /// Change of what the platform owes.
    net_fen: Fen,
    /// Change of the leader's part; what became available, for `released`.
    leader_fen: Fen,
    at: DateTime<Utc>,
}

impl From<booking::Model> for BookingView {
    fn from(row: booking::Model) -> Self {
        Self { id: row.id, kind: row.kind, net_fen: row.net_fen, leader_fen: row.leader_fen, at: row.at }
    }
}

/// One line, with what was booked for it.
#[utoipa::path(
    tag = "affiliate orders", operation_id = "affiliate_order", security(("session" = [])),
    params(("id" = String, Path)), responses((status = 200, body = LineDetail), Failures)
)]
#[get("/console/api/v1/affiliate-orders/{id}")]
async fn one(app: web::Data<App>, who: Operator, id: PathId<AffiliateLineId>) -> Reply {
    let (conn, shop) = (app.db.reader(), who.shop.id);
    let line = query::by_id(conn, shop, *id).await?.ok_or(AffiliateError::NotFound(*id))?;
    let bookings = query::bookings(conn, shop, line.id).await?.into_iter().map(BookingView::from).collect();
    json(&LineDetail { line: line.into(), bookings })
}
