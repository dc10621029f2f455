//! Becoming a leader.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::BasisPoints;
use kernel::id::{ApplicationId, LeaderId, LeaderLevelId};
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInMember;
use crate::api::body::JsonBody;
use crate::api::fields::Fields;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::leaders::applications::{self, ApplicationDraft, Form};
use crate::areas::leaders::entity::{application, leader};
use crate::areas::leaders::query;
use crate::areas::leaders::state::{ApplicationState, LeaderState};
use crate::flows;

pub(super) fn routes(config: &mut Routes) {
    config.service(apply).service(my_leader);
}

/// An application to become a leader.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewApplication {
    #[schema(min_length = 1, max_length = 50)]
    name: String,
    #[schema(min_length = 5, max_length = 20)]
    phone: String,
    /// The estate or street to serve.
    #[schema(min_length = 1, max_length = 100)]
    community: String,
    /// Where shoppers would collect.
    #[schema(min_length = 1, max_length = 200)]
    address: String,
    /// Province, city and district in words.
    #[schema(max_length = 100)]
    region: Option<String>,
    /// GCJ-02.
    #[schema(minimum = -90.0, maximum = 90.0)]
    lat: f64,
    /// GCJ-02.
    #[schema(minimum = -180.0, maximum = 180.0)]
    lng: f64,
    /// A picture's address.
    #[schema(max_length = 512)]
    picture: Option<String>,
    /// The leader who recommended; fixed from here on.
    recommender_id: Option<LeaderId>,
}

/// An application, as shown to who made it.
#[derive(Serialize, utoipa::ToSchema)]
struct OwnApplication {
    id: ApplicationId,
    state: ApplicationState,
    community: String,
    lat: f64,
    lng: f64,
    picture: Option<String>,
    recommender_id: Option<LeaderId>,
    /// Why it was rejected.
    reason: Option<String>,
    created_at: DateTime<Utc>,
    decided_at: Option<DateTime<Utc>>,
}

impl From<&application::Model> for OwnApplication {
    fn from(row: &application::Model) -> Self {
        Self {
            id: row.id,
            state: row.state,
            community: row.community.clone(),
            lat: row.lat,
            lng: row.lng,
            picture: row.picture.clone(),
            recommender_id: row.recommender_id,
            reason: row.reason.clone(),
            created_at: row.created_at,
            decided_at: row.decided_at,
        }
    }
}

/// A leader, as shown to himself.
#[derive(Serialize, utoipa::ToSchema)]
struct OwnLeader {
    id: LeaderId,
    name: String,
    /// The phone number with its middle hidden.
    phone: Option<String>,
    state: LeaderState,
    resting: bool,
    /// Serves and redeems, earns nothing.
    pickup_only: bool,
    level_id: Option<LeaderLevelId>,
    recommender_id: Option<LeaderId>,
    multiplier_bp: BasisPoints,
    created_at: DateTime<Utc>,
}

impl From<leader::Model> for OwnLeader {
    fn from(row: leader::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            phone: row.phone_mask,
            state: row.state,
            resting: row.resting,
            pickup_only: row.pickup_only,
            level_id: row.level_id,
            recommender_id: row.recommender_id,
            multiplier_bp: row.multiplier_bp,
            created_at: row.created_at,
        }
    }
}

/// Whether the member is a leader, and how his latest application stands.
#[derive(Serialize, utoipa::ToSchema)]
struct MyLeader {
    application: Option<OwnApplication>,
    leader: Option<OwnLeader>,
}

/// Asks to become a leader. One application waits at a time; a rejected member may ask again.
#[utoipa::path(
    tag = "leaders", security(("bearer" = [])), request_body = NewApplication,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = OwnApplication), Failures)
)]
#[post("/api/v1/leaders/applications")]
async fn apply(app: web::Data<App>, who: SignedInMember, key: IdempotencyKey, body: JsonBody<NewApplication>) -> Reply {
    let asked = body.value;
    let mut fields = Fields::default();
    let form = Form {
        name: fields.line("name", &asked.name, 1, 50),
        phone: fields.phone("phone", &asked.phone),
        region: fields.line_if("region", asked.region.as_deref(), 100),
        address: fields.line("address", &asked.address, 1, 200),
    };
    let community = fields.line("community", &asked.community, 1, 100);
    let picture = fields.picture_if("picture", asked.picture.as_deref());
    let place = fields.place(asked.lat, asked.lng);
    fields.done()?;
    let draft = ApplicationDraft { form, community, place, picture, recommender: asked.recommender_id };
    let view = |row: &application::Model| OwnApplication::from(row);
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::CREATED, view, async |once| {
        flows::leaders::apply(&app, &who.shop, who.member, &draft, once).await
    })
    .await
}

/// Whether the member is a leader, and how his latest application stands.
#[utoipa::path(tag = "leaders", security(("bearer" = [])), responses((status = 200, body = MyLeader), Failures))]
#[get("/api/v1/me/leader")]
async fn my_leader(app: web::Data<App>, who: SignedInMember) -> Reply {
    let conn = app.db.reader();
    let application = applications::latest_of(conn, who.shop.id, who.member).await?;
    let leader = query::of_member(conn, who.shop.id, who.member).await?;
    json(&MyLeader { application: application.as_ref().map(OwnApplication::from), leader: leader.map(OwnLeader::from) })
}
