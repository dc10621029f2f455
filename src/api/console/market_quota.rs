//! What of the platforms' calls a day is used, and lifting what has stopped them.

use crate::api::routes::Routes;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::id::StoreId;
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::JsonBody;
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::flows::market_quota::{self, Quota};

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(lift);
}

/// A store's part of an app's calls.
#[derive(Serialize, utoipa::ToSchema)]
struct StoreCalls {
    #[schema(required)]
    store_id: Option<StoreId>,
    /// The merchant's id at the platform.
    external_id: String,
    used: i64,
}

/// An app's calls today; a day is Beijing's.
#[derive(Serialize, utoipa::ToSchema)]
struct QuotaView {
    marketplace: String,
    /// The app the platform counts to.
    app: String,
    /// Calls a day (`calls_per_day` of the shop file); null is no limit of ours.
    #[schema(required)]
    limit: Option<u32>,
    /// Calls so far, of all shops and processes that use the app.
    used: i64,
    /// Whether the platform saw a risk in us: nothing is sent until it is lifted.
    stopped: bool,
    /// Until when nothing is sent, because the day's calls are used up.
    #[schema(required)]
    spent_until: Option<DateTime<Utc>>,
    /// Hosts that are left alone for a while because they do not answer, as this process sees it.
    left_alone: Vec<String>,
    /// By the shop's stores, most first.
    stores: Vec<StoreCalls>,
}

impl From<Quota> for QuotaView {
    fn from(quota: Quota) -> Self {
        let calls = |(merchant, used): (market_quota::Merchant, i64)| StoreCalls {
            store_id: merchant.store,
            external_id: merchant.external_id,
            used,
        };
        Self {
            marketplace: quota.marketplace.to_owned(),
            app: quota.app,
            limit: quota.limit,
            used: quota.used,
            stopped: quota.stopped,
            spent_until: quota.spent_until,
            left_alone: quota.left_alone,
            stores: quota.by_merchant.into_iter().map(calls).collect(),
        }
    }
}

/// The calls of every marketplace that the shop can use.
#[utoipa::path(
    tag = "stores", operation_id = "market_quota", security(("session" = [])),
    responses((status = 200, body = ListView<QuotaView>), Failures)
)]
#[get("/console/api/v1/market-quota")]
async fn list(app: web::Data<App>, who: Operator) -> Reply {
    let all = market_quota::of_shop(&app, &who.shop).await?;
    json(&ListView::from(all.into_iter().map(QuotaView::from).collect::<Vec<_>>()))
}

/// Whose calls may go on.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct LiftQuota {
    #[schema(min_length = 1, max_length = 64)]
    marketplace: String,
}

/// What was lifted.
#[derive(Serialize, utoipa::ToSchema)]
struct LiftedView {
    /// Whether there was anything to lift.
    lifted: bool,
}

/// Lifts what has stopped a marketplace's calls: a stop for risk, or its word that the day is over.
#[utoipa::path(
    tag = "stores", operation_id = "lift_market_quota", security(("session" = [])), request_body = LiftQuota,
    responses((status = 200, body = LiftedView), Failures)
)]
#[post("/console/api/v1/market-quota/lift")]
async fn lift(app: web::Data<App>, who: Operator, body: JsonBody<LiftQuota>) -> Reply {
    who.may(Permission::Goods)?;
    let mut fields = Fields::default();
    let marketplace = fields.line("marketplace", &body.value.marketplace, 1, 64);
    fields.done()?;
    let lifted = market_quota::lift(&app, &who.shop, who.operator, &marketplace).await?;
    json(&LiftedView { lifted })
}
