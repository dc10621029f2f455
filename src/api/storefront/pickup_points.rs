//! Where a shopper can collect.

use crate::api::routes::Routes;
use actix_web::{get, web};
use kernel::failure::Invalid;
use kernel::id::{LeaderId, PickupPointId};
use kernel::place::Place;
use serde::{Deserialize, Serialize};

use crate::api::auth::Visitor;
use crate::api::body::{PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::leaders;
use crate::areas::pickup::entity::point;
use crate::areas::pickup::error::PickupError;
use crate::areas::pickup::{nearby, query};
use crate::areas::shops::query::Shop;

/// The farthest radius that may be asked for: half the globe's girth.
const RADIUS_MAX_M: i64 = 20_037_509;

pub(super) fn routes(config: &mut Routes) {
    config.service(list_pickup_points).service(pickup_point);
}

/// A pickup point.
#[derive(Serialize, utoipa::ToSchema)]
struct PickupPointView {
    id: PickupPointId,
    name: String,
    community: String,
    region: Option<String>,
    address: String,
    /// GCJ-02.
    lat: f64,
    /// GCJ-02.
    lng: f64,
    picture: Option<String>,
    hours: Option<String>,
    /// Whether it takes orders now.
    open: bool,
    leader: PointLeader,
    /// Metres from the place asked about, along the great circle.
    distance_m: Option<i64>,
}

/// Who runs a pickup point.
#[derive(Serialize, utoipa::ToSchema)]
struct PointLeader {
    id: LeaderId,
    name: String,
}

/// Which pickup points.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PointsQuery {
    /// Latitude in GCJ-02; together with `lng` the nearest points come first.
    #[param(minimum = -90.0, maximum = 90.0)]
    lat: Option<f64>,
    /// Longitude in GCJ-02.
    #[param(minimum = -180.0, maximum = 180.0)]
    lng: Option<f64>,
    /// Metres; the shop's own setting is never exceeded.
    #[param(minimum = 1, maximum = 20037509)]
    radius_m: Option<i64>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`, to the same question.
    cursor: Option<String>,
}

/// The open pickup points: with coordinates the nearest first, without the newest first.
#[utoipa::path(
    tag = "pickup points", params(PointsQuery),
    responses((status = 200, body = ListView<PickupPointView>), Failures)
)]
#[get("/api/v1/pickup-points")]
async fn list_pickup_points(app: web::Data<App>, visitor: Visitor, asked: QueryOf<PointsQuery>) -> Reply {
    let asked = asked.0;
    let page = page_request(asked.limit, asked.cursor)?;
    let conn = app.db.reader();
    let found = match place_of(asked.lat, asked.lng)? {
        Some(place) => {
            let radius = radius_of(&visitor.shop, asked.radius_m)?;
            let near = nearby::near(conn, visitor.shop.id, place, radius, &page).await?;
            near.map(|(point, distance)| (point, Some(distance)))
        }
        None => {
            let filter = query::Filter { open_only: true, leader: None };
            query::list(conn, visitor.shop.id, filter, &page).await?.map(|point| (point, None))
        }
    };
    let names =
        leader_names(&app, &visitor.shop, found.items.iter().map(|(point, _)| point.leader_id).collect()).await?;
    json(&ListView::from(found.map(|(point, distance)| view(point, distance, &names))))
}

/// One pickup point, also when it takes no orders now.
#[utoipa::path(
    tag = "pickup points", params(("id" = String, Path)),
    responses((status = 200, body = PickupPointView), Failures)
)]
#[get("/api/v1/pickup-points/{id}")]
async fn pickup_point(app: web::Data<App>, visitor: Visitor, id: PathId<PickupPointId>) -> Reply {
    let point = query::by_id(app.db.reader(), visitor.shop.id, *id).await?.ok_or(PickupError::PointNotFound)?;
    let names = leader_names(&app, &visitor.shop, vec![point.leader_id]).await?;
    json(&view(point, None, &names))
}

type Names = Vec<(LeaderId, String)>;

async fn leader_names(app: &App, shop: &Shop, mut ids: Vec<LeaderId>) -> Result<Names, leaders::error::LeaderError> {
    ids.sort_unstable();
    ids.dedup();
    let leaders = leaders::query::by_ids(app.db.reader(), shop.id, &ids).await?;
    Ok(leaders.into_iter().map(|leader| (leader.id, leader.name)).collect())
}

fn view(point: point::Model, distance_m: Option<i64>, names: &Names) -> PickupPointView {
    let name = names.iter().find(|(id, _)| *id == point.leader_id).map(|(_, name)| name.clone()).unwrap_or_default();
    PickupPointView {
        id: point.id,
        name: point.name,
        community: point.community,
        region: point.region,
        address: point.address,
        lat: point.lat,
        lng: point.lng,
        picture: point.picture,
        hours: point.hours,
        open: point.open,
        leader: PointLeader { id: point.leader_id, name },
        distance_m,
    }
}

fn place_of(lat: Option<f64>, lng: Option<f64>) -> Result<Option<Place>, Invalid> {
    match (lat, lng) {
        (None, None) => Ok(None),
        (Some(lat), Some(lng)) => {
            Place::new(lat, lng).map(Some).map_err(|fault| Invalid::field("lat", "out_of_range", fault.to_string()))
        }
        (None, Some(_)) => Err(Invalid::field("lat", "required", "lat and lng come together")),
        (Some(_), None) => Err(Invalid::field("lng", "required", "lat and lng come together")),
    }
}

/// The nearer of what is asked for and what the shop shows; 0 in the setting is no limit.
fn radius_of(shop: &Shop, asked: Option<i64>) -> Result<Option<i64>, Invalid> {
    if asked.is_some_and(|radius| !(1..=RADIUS_MAX_M).contains(&radius)) {
        return Err(Invalid::field("radius_m", "out_of_range", "1 to 20037509"));
    }
    let setting = Some(shop.settings.pickup_radius_m).filter(|radius| *radius > 0);
    Ok([asked, setting].into_iter().flatten().min())
}
