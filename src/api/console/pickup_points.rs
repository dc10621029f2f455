//! Pickup points, as operators keep them.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, patch, post, put, web};
use chrono::{DateTime, Utc};
use kernel::id::{LeaderId, PickupPointId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::pickup::entity::point;
use crate::areas::pickup::query;
use crate::areas::pickup::service::{PointChange, PointDraft};
use crate::flows;

pub(super) fn routes(config: &mut Routes) {
    config.service(list_points).service(create_point).service(patch_point).service(put_point);
}

/// A pickup point, as shown to operators.
#[derive(Serialize, utoipa::ToSchema)]
struct ConsolePointView {
    id: PickupPointId,
    leader_id: LeaderId,
    name: String,
    community: String,
    region: Option<String>,
    address: String,
    lat: f64,
    lng: f64,
    picture: Option<String>,
    hours: Option<String>,
    /// The point's own switch.
    enabled: bool,
    /// Enabled, and its leader enabled and not resting.
    open: bool,
    created_at: DateTime<Utc>,
}

impl From<&point::Model> for ConsolePointView {
    fn from(row: &point::Model) -> Self {
        Self {
            id: row.id,
            leader_id: row.leader_id,
            name: row.name.clone(),
            community: row.community.clone(),
            region: row.region.clone(),
            address: row.address.clone(),
            lat: row.lat,
            lng: row.lng,
            picture: row.picture.clone(),
            hours: row.hours.clone(),
            enabled: row.enabled,
            open: row.open,
            created_at: row.created_at,
        }
    }
}

/// Which points.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ConsolePointsQuery {
    leader_id: Option<LeaderId>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Pickup points, newest first, closed ones too.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(ConsolePointsQuery),
    operation_id = "console_list_points",
    responses((status = 200, body = ListView<ConsolePointView>), Failures)
)]
#[get("/console/api/v1/pickup-points")]
async fn list_points(app: web::Data<App>, who: Operator, asked: QueryOf<ConsolePointsQuery>) -> Reply {
    let page = page_request(asked.0.limit, asked.0.cursor)?;
    let filter = query::Filter { open_only: false, leader: asked.0.leader_id };
    let rows = query::list(app.db.reader(), who.shop.id, filter, &page).await?;
    json(&ListView::from(rows.map(|row| ConsolePointView::from(&row))))
}

/// A further pickup point of a leader.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPoint {
    leader_id: LeaderId,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(min_length = 1, max_length = 100)]
    community: String,
    #[schema(max_length = 100)]
    region: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    address: String,
    /// GCJ-02.
    #[schema(minimum = -90.0, maximum = 90.0)]
    lat: f64,
    /// GCJ-02.
    #[schema(minimum = -180.0, maximum = 180.0)]
    lng: f64,
    #[schema(max_length = 512)]
    picture: Option<String>,
    /// When it hands over, in words.
    #[schema(max_length = 100)]
    hours: Option<String>,
    /// True when left out.
    enabled: Option<bool>,
}

/// Creates a pickup point.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), request_body = NewPoint,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = ConsolePointView), Failures)
)]
#[post("/console/api/v1/pickup-points")]
async fn create_point(app: web::Data<App>, who: Operator, key: IdempotencyKey, body: JsonBody<NewPoint>) -> Reply {
    who.may(Permission::Leaders)?;
    let asked = body.value;
    let mut fields = Fields::default();
    let draft = PointDraft {
        name: fields.line("name", &asked.name, 1, 100),
        community: fields.line("community", &asked.community, 1, 100),
        region: fields.line_if("region", asked.region.as_deref(), 100),
        address: fields.line("address", &asked.address, 1, 200),
        place: fields.place(asked.lat, asked.lng),
        picture: fields.picture_if("picture", asked.picture.as_deref()),
        hours: fields.line_if("hours", asked.hours.as_deref(), 100),
        enabled: asked.enabled.unwrap_or(true),
    };
    fields.done()?;
    let view = |row: &point::Model| ConsolePointView::from(row);
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, async |once| {
        flows::leaders::create_point(&app, &who.shop, who.operator, asked.leader_id, &draft, once).await
    })
    .await
}

/// A change of a pickup point; what is left out stays, an empty text takes one away.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePoint {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    community: Option<String>,
    #[schema(max_length = 100)]
    region: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    address: Option<String>,
    /// GCJ-02; together with `lng`.
    #[schema(minimum = -90.0, maximum = 90.0)]
    lat: Option<f64>,
    /// GCJ-02; together with `lat`.
    #[schema(minimum = -180.0, maximum = 180.0)]
    lng: Option<f64>,
    #[schema(max_length = 512)]
    picture: Option<String>,
    #[schema(max_length = 100)]
    hours: Option<String>,
    enabled: Option<bool>,
}

/// Changes a pickup point.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(("id" = String, Path)), request_body = ChangePoint,
    responses((status = 200, body = ConsolePointView), Failures)
)]
#[patch("/console/api/v1/pickup-points/{id}")]
async fn patch_point(
    app: web::Data<App>,
    who: Operator,
    id: PathId<PickupPointId>,
    body: JsonBody<ChangePoint>,
) -> Reply {
    change_point(app, who, *id, body.value).await
}

/// Changes a pickup point, for clients without PATCH.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(("id" = String, Path)), request_body = ChangePoint,
    responses((status = 200, body = ConsolePointView), Failures)
)]
#[put("/console/api/v1/pickup-points/{id}")]
async fn put_point(
    app: web::Data<App>,
    who: Operator,
    id: PathId<PickupPointId>,
    body: JsonBody<ChangePoint>,
) -> Reply {
    change_point(app, who, *id, body.value).await
}

async fn change_point(app: web::Data<App>, who: Operator, id: PickupPointId, asked: ChangePoint) -> Reply {
    who.may(Permission::Leaders)?;
    let mut fields = Fields::default();
    let place = match (asked.lat, asked.lng) {
        (None, None) => None,
        (Some(lat), Some(lng)) => Some(fields.place(lat, lng)),
        _ => {
            fields.fault("lat", "required", "lat and lng come together");
            None
        }
    };
    let change = PointChange {
        name: asked.name.map(|given| fields.line("name", &given, 1, 100)),
        community: asked.community.map(|given| fields.line("community", &given, 1, 100)),
        region: asked.region.map(|given| fields.line_if("region", Some(&given), 100)),
        address: asked.address.map(|given| fields.line("address", &given, 1, 200)),
        place,
        picture: asked.picture.map(|given| fields.picture_if("picture", Some(&given))),
        hours: asked.hours.map(|given| fields.line_if("hours", Some(&given), 100)),
        enabled: asked.enabled,
    };
    fields.done()?;
    json(&ConsolePointView::from(&flows::leaders::change_point(&app, &who.shop, who.operator, id, &change).await?))
}
