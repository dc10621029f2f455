//! Deciding applications to become a leader.

use crate::api::routes::Routes;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::id::{ApplicationId, LeaderId, MemberId, OperatorId, PickupPointId};
use kernel::mask;
use serde::{Deserialize, Serialize};

use super::leaders::LeaderView;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::leaders::applications::{self, Form};
use crate::areas::leaders::entity::application;
use crate::areas::leaders::error::LeaderError;
use crate::areas::leaders::state::ApplicationState;
use crate::flows;

pub(super) fn routes(config: &mut Routes) {
    config.service(list_applications).service(get_application).service(approve).service(reject);
}

/// An application, as shown to operators.
#[derive(Serialize, utoipa::ToSchema)]
struct ApplicationView {
    id: ApplicationId,
    member_id: MemberId,
    state: ApplicationState,
    /// Hidden but for its first character in lists.
    name: String,
    /// With its middle hidden in lists.
    phone: String,
    community: String,
    region: Option<String>,
    /// Left out in lists.
    address: Option<String>,
    lat: f64,
    lng: f64,
    picture: Option<String>,
    recommender_id: Option<LeaderId>,
    reason: Option<String>,
    decided_by: Option<OperatorId>,
    decided_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl ApplicationView {
    fn masked(app: &App, row: application::Model) -> Result<Self, LeaderError> {
        let form = applications::form(&app.sealer, &row)?;
        let (name, phone) = (mask::name(&form.name), mask::phone(&form.phone));
        Ok(Self::new(row, name, phone, form.region, None))
    }

    fn whole(app: &App, row: application::Model) -> Result<Self, LeaderError> {
        let Form { name, phone, region, address } = applications::form(&app.sealer, &row)?;
        Ok(Self::new(row, name, phone, region, Some(address)))
    }

    fn new(
        row: application::Model,
        name: String,
        phone: String,
        region: Option<String>,
        address: Option<String>,
    ) -> Self {
        Self {
            id: row.id,
            member_id: row.member_id,
            state: row.state,
            name,
            phone,
            community: row.community,
            region,
            address,
            lat: row.lat,
            lng: row.lng,
            picture: row.picture,
            recommender_id: row.recommender_id,
            reason: row.reason,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            created_at: row.created_at,
        }
    }
}

/// Which applications.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ApplicationsQuery {
    state: Option<ApplicationState>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Applications, newest first; personal data masked.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(ApplicationsQuery),
    responses((status = 200, body = ListView<ApplicationView>), Failures)
)]
#[get("/console/api/v1/leader-applications")]
async fn list_applications(app: web::Data<App>, who: Operator, asked: QueryOf<ApplicationsQuery>) -> Reply {
    let page = page_request(asked.0.limit, asked.0.cursor)?;
    let rows = applications::list(app.db.reader(), who.shop.id, asked.0.state, &page).await?;
    let next_cursor = rows.next_cursor;
    let items = rows.items.into_iter().map(|row| ApplicationView::masked(&app, row)).collect::<Result<_, _>>()?;
    json(&ListView::from(kernel::page::Page { items, next_cursor }))
}

/// One application with everything needed to decide it.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ApplicationView), Failures)
)]
#[get("/console/api/v1/leader-applications/{id}")]
async fn get_application(app: web::Data<App>, who: Operator, id: PathId<ApplicationId>) -> Reply {
    who.may(Permission::Leaders)?;
    let row = applications::by_id(app.db.reader(), who.shop.id, *id).await?;
    json(&ApplicationView::whole(&app, row)?)
}

/// What an approval made.
#[derive(Serialize, utoipa::ToSchema)]
struct ApprovedView {
    id: ApplicationId,
    state: ApplicationState,
    leader: LeaderView,
    pickup_point_id: PickupPointId,
}

/// Approves an application: the member becomes a leader with a pickup point at once.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ApprovedView), Failures)
)]
#[post("/console/api/v1/leader-applications/{id}/approve")]
async fn approve(app: web::Data<App>, who: Operator, id: PathId<ApplicationId>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Leaders)?;
    let approved = flows::leaders::approve(&app, &who.shop, Some(who.operator), *id).await?;
    json(&ApprovedView {
        id: *id,
        state: ApplicationState::Approved,
        leader: LeaderView::new(&app, approved.leader)?,
        pickup_point_id: approved.point.id,
    })
}

/// Why an application is rejected.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Rejection {
    /// Shown to who applied.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Rejects an application; the member may ask again.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(("id" = String, Path)), request_body = Rejection,
    responses((status = 200, body = ApplicationView), Failures)
)]
#[post("/console/api/v1/leader-applications/{id}/reject")]
async fn reject(app: web::Data<App>, who: Operator, id: PathId<ApplicationId>, body: JsonBody<Rejection>) -> Reply {
    who.may(Permission::Leaders)?;
    let mut fields = Fields::default();
    let reason = fields.prose("reason", &body.value.reason, 1, 200);
    fields.done()?;
    let rejected = flows::leaders::reject(&app, &who.shop, who.operator, *id, &reason).await?;
    json(&ApplicationView::masked(&app, rejected)?)
}
