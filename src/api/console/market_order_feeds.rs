//! How far each store's orders have been read, and what becomes of them.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, patch, post, web};
use chrono::{DateTime, Utc};
use kernel::checks::Checks;
use kernel::id::StoreId;
use serde::{Deserialize, Serialize};

use super::store_views::sight;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId};
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::market_orders::entity::feed;
use crate::areas::market_orders::state::Oversold;
use crate::areas::stores::entity::store;
use crate::areas::stores::state::Duty;
use crate::flows::market_orders::{self, Rules};
use crate::flows::stores;

/// Most orders or buyers of one call.
const FORGOTTEN_MAX: usize = 100;

pub(super) fn routes(config: &mut Routes) {
    config.service(feed_of).service(change).service(pull).service(forget);
}

/// How far a store's orders have been read.
#[derive(Serialize, utoipa::ToSchema)]
struct OrderFeedView {
    store_id: StoreId,
    /// `waiting` for its hour, `asked`, `reading`, or `resting` after a failure.
    state: FeedState,
    /// Every change up to here is known, by the platform's clock.
    read_until: DateTime<Utc>,
    /// When it is read again.
    next_at: DateTime<Utc>,
    /// When an operator last asked for a reading; done once `finished_at` is later.
    #[schema(required)]
    asked_at: Option<DateTime<Utc>>,
    /// When everything there was had last been read.
    #[schema(required)]
    finished_at: Option<DateTime<Utc>>,
    /// Orders seen for the first time in the last reading, or the one under way.
    new_orders: i64,
    /// Orders that it changed.
    changed_orders: i64,
    /// Failures in a row.
    failures: i32,
    /// What the platform said when it last refused.
    #[schema(required)]
    last_error: Option<String>,
    /// What becomes of what the platform sold and we no longer had.
    oversold: Oversold,
    /// Whether the platform is told of parcels.
    push_shipments: bool,
}

/// What a feed is at.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum FeedState {
    Waiting,
    Asked,
    Reading,
    Resting,
}

impl From<feed::Model> for OrderFeedView {
    fn from(row: feed::Model) -> Self {
        let is_asked = row.asked_at.is_some_and(|asked| row.finished_at.is_none_or(|done| done < asked));
        let state = match row {
            _ if row.failures > 0 => FeedState::Resting,
            _ if row.began_at.is_some() => FeedState::Reading,
            _ if is_asked => FeedState::Asked,
            _ => FeedState::Waiting,
        };
        Self {
            store_id: row.store_id,
            state,
            read_until: row.watermark,
            next_at: row.next_at,
            asked_at: row.asked_at,
            finished_at: row.finished_at,
            new_orders: row.seen_new,
            changed_orders: row.seen_changed,
            failures: row.failures,
            last_error: row.last_error,
            oversold: row.oversold,
            push_shipments: row.push_shipments,
        }
    }
}

async fn store_of(app: &App, who: &Operator, id: StoreId) -> Result<store::Model, kernel::Failure> {
    stores::one(app, sight(who), id, Some(Duty::Orders)).await
}

/// How far a store's orders have been read, and what becomes of them.
#[utoipa::path(
    tag = "market orders", operation_id = "store_order_feed", security(("session" = [])),
    params(("id" = String, Path)), responses((status = 200, body = OrderFeedView), Failures)
)]
#[get("/console/api/v1/stores/{id}/order-feed")]
async fn feed_of(app: web::Data<App>, who: Operator, id: PathId<StoreId>) -> Reply {
    let row = store_of(&app, &who, *id).await?;
    json(&OrderFeedView::from(market_orders::of_store(&app, &who.shop, &row).await?))
}

/// What becomes of a store's orders; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeOrderFeed {
    /// `wait`: lines take their units when stock comes, the oldest first; `review`: an operator decides;
    /// `cancel`: an operator is asked to cancel at the platform.
    oversold: Option<Oversold>,
    /// Whether the platform is told of parcels.
    push_shipments: Option<bool>,
}

/// Says what becomes of a store's orders.
#[utoipa::path(
    tag = "market orders", operation_id = "change_store_order_feed", security(("session" = [])),
    params(("id" = String, Path)), request_body = ChangeOrderFeed,
    responses((status = 200, body = OrderFeedView), Failures)
)]
#[patch("/console/api/v1/stores/{id}/order-feed")]
async fn change(app: web::Data<App>, who: Operator, id: PathId<StoreId>, body: JsonBody<ChangeOrderFeed>) -> Reply {
    who.may(Permission::Orders)?;
    let row = store_of(&app, &who, *id).await?;
    let rules = Rules { oversold: body.value.oversold, push_shipments: body.value.push_shipments };
    json(&OrderFeedView::from(market_orders::set_rules(&app, &who.shop, sight(&who), &row, rules).await?))
}

/// Reads a store's orders now instead of within the hour; a worker begins within seconds, and joins a
/// reading that is under way.
#[utoipa::path(
    tag = "market orders", operation_id = "pull_store_orders", security(("session" = [])),
    params(("id" = String, Path)), responses((status = 202, body = OrderFeedView), Failures)
)]
#[post("/console/api/v1/stores/{id}/orders/pull")]
async fn pull(app: web::Data<App>, who: Operator, id: PathId<StoreId>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Orders)?;
    let row = store_of(&app, &who, *id).await?;
    let feed = market_orders::hurry(&app, &who.shop, sight(&who), &row).await?;
    Ok(HttpResponse::build(StatusCode::ACCEPTED).json(OrderFeedView::from(feed)))
}

/// Whose receivers are to be forgotten.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ForgetReceivers {
    /// The platform's numbers of the orders.
    #[serde(default)]
    #[schema(max_items = 100)]
    external_ids: Vec<String>,
    /// The buyer's id there.
    #[schema(max_length = 200)]
    buyer: Option<String>,
}

/// How many orders were touched.
#[derive(Serialize, utoipa::ToSchema)]
struct ForgottenView {
    forgotten: u64,
}

/// Forgets a person, as the platform demands: the receivers of his orders, and what he wrote.
#[utoipa::path(
    tag = "market orders", operation_id = "forget_store_receivers", security(("session" = [])),
    params(("id" = String, Path)), request_body = ForgetReceivers,
    responses((status = 200, body = ForgottenView), Failures)
)]
#[post("/console/api/v1/stores/{id}/orders/forget")]
async fn forget(app: web::Data<App>, who: Operator, id: PathId<StoreId>, body: JsonBody<ForgetReceivers>) -> Reply {
    who.may(Permission::Orders)?;
    let row = store_of(&app, &who, *id).await?;
    let ForgetReceivers { external_ids, buyer } = body.value;
    let mut checks = Checks::default();
    checks.count("external_ids", external_ids.len(), FORGOTTEN_MAX);
    checks.need(!external_ids.is_empty() || buyer.is_some(), "external_ids", "required", "orders or a buyer");
    checks.done()?;
    let actor = format!("operator:{}", who.operator);
    let asked = (external_ids.as_slice(), buyer.as_deref());
    let forgotten = market_orders::forget(&app, who.shop.id, row.id, asked, &actor).await?;
    json(&ForgottenView { forgotten })
}
