//! Points near a place: a box on the index, then exact distances.

use kernel::id::ShopId;
use kernel::place::{BoundingBox, Place};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{Condition, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::point;
use super::error::PickupError;

/// The first reach of a search; each further one is four times as far.
const FIRST_REACH_M: i64 = 500;
/// Half the globe's girth: nothing is farther.
const FARTHEST_M: i64 = 20_037_509;

/// The open points within `radius_m` (`None`: wherever), nearest first, at most `limit`, each with
/// its distance in metres.
///
/// The reach grows until enough points lie within it, so that the rows read depend on how many are
/// wanted and not on how many the shop has.
pub async fn near(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    place: Place,
    radius_m: Option<i64>,
    limit: u64,
) -> Result<Vec<(point::Model, i64)>, PickupError> {
    let farthest = radius_m.unwrap_or(FARTHEST_M).clamp(0, FARTHEST_M);
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut reach = Ord::min(FIRST_REACH_M, farthest);
    loop {
        let found = within(conn, shop, place, reach, limit).await?;
        if found.len() >= wanted || reach >= farthest {
            return Ok(found);
        }
        reach = Ord::min(reach * 4, farthest);
    }
}

async fn within(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    place: Place,
    reach_m: i64,
    limit: u64,
) -> Result<Vec<(point::Model, i64)>, PickupError> {
    // One metre more, because distances are rounded to whole metres.
    let square = place.bounding_box((reach_m + 1) as f64);
    let rows = point::in_shop(shop)
        .filter(point::Column::Open.eq(true))
        .filter(inside(&square))
        .order_by_asc(flat_distance(place))
        // Twice as many, since the flat order may differ from the round one at the edge.
        .limit(limit.saturating_mul(2))
        .all(conn)
        .await?;
    let exact = |row: point::Model| {
        let distance = place.distance_m(Place { lat: row.lat, lng: row.lng });
        (row, distance)
    };
    let mut found: Vec<_> = rows.into_iter().map(exact).filter(|(_, distance)| *distance <= reach_m).collect();
    found.sort_by_key(|(row, distance)| (*distance, row.id));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

fn inside(square: &BoundingBox) -> Condition {
    let latitudes = Condition::all().add(point::Column::Lat.between(square.lat_min, square.lat_max));
    // A box over the date line or a pole is cut by latitude alone.
    if square.lng_min < -180.0 || square.lng_max > 180.0 || square.lat_min < -89.0 || square.lat_max > 89.0 {
        return latitudes;
    }
    latitudes.add(point::Column::Lng.between(square.lng_min, square.lng_max))
}

/// The square of the distance on a map that is flat around `place`: good enough to choose rows by.
fn flat_distance(place: Place) -> Expr {
    let narrowing = place.lat.to_radians().cos();
    let north = || Expr::col(point::Column::Lat).sub(place.lat);
    let east = || Expr::col(point::Column::Lng).sub(place.lng).mul(narrowing);
    north().mul(north()).add(east().mul(east()))
}
