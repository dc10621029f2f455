//! Points near a place: a box on the index, then exact distances.

use kernel::Failure;
use kernel::id::{PickupPointId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::place::{BoundingBox, Place};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{Condition, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::point;
use super::error::PickupError;

/// The first reach of a search; each further one is four times as far.
const FIRST_REACH_M: i64 = 500;
/// Half the globe's girth: nothing is farther.
const FARTHEST_M: i64 = 20_037_509;

/// How far a point is, and which: the order of a list of near points.
type Rank = (i64, PickupPointId);

/// The open points within `radius_m` (`None`: wherever), nearest first, each with its distance in
/// metres.
///
/// The reach grows until enough points lie within it, so that the rows read depend on how many are
/// wanted and not on how many the shop has.
pub async fn near(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    place: Place,
    radius_m: Option<i64>,
    page: &PageRequest,
) -> Result<Page<(point::Model, i64)>, Failure> {
    let after: Option<Rank> = page.cursor.as_deref().map(decode_cursor).transpose()?;
    let farthest = radius_m.unwrap_or(FARTHEST_M).clamp(0, FARTHEST_M);
    let wanted = page.limit + 1;
    // Nothing nearer than where the last page ended is wanted.
    let least = after.map_or(FIRST_REACH_M, |(distance, _)| Ord::max(distance, FIRST_REACH_M));
    let mut reach = Ord::min(least, farthest);
    loop {
        let found = within(conn, shop, place, reach, after, wanted).await?;
        if count(&found) >= wanted || reach >= farthest {
            return Ok(Page::cut(found, page.limit, |(row, distance)| encode_cursor(&(distance, row.id))));
        }
        reach = Ord::min(reach.saturating_mul(4), farthest);
    }
}

/// The nearest of the points after `after` within the reach, at most `wanted`.
async fn within(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    place: Place,
    reach_m: i64,
    after: Option<Rank>,
    wanted: u64,
) -> Result<Vec<(point::Model, i64)>, PickupError> {
    // One metre more, because distances are rounded to whole metres.
    let square = place.bounding_box((reach_m + 1) as f64);
    // Twice as many, since the flat order may differ from the round one at the edge.
    let enough = wanted.saturating_mul(2);
    let mut take = enough;
    loop {
        let rows = point::in_shop(shop)
            .filter(point::Column::Open.eq(true))
            .filter(inside(&square))
            .order_by_asc(flat_distance(place))
            .limit(take)
            .all(conn)
            .await?;
        let is_all = count(&rows) < take;
        let exact = |row: point::Model| {
            let distance = place.distance_m(Place { lat: row.lat, lng: row.lng });
            (row, distance)
        };
        let is_next = |(row, distance): &(point::Model, i64)| {
            *distance <= reach_m && after.is_none_or(|after| (*distance, row.id) > after)
        };
        let mut found: Vec<_> = rows.into_iter().map(exact).filter(is_next).collect();
        // Those of the pages before come first: more rows are read until enough others are among them.
        if is_all || count(&found) >= enough {
            found.sort_by_key(|(row, distance)| (*distance, row.id));
            found.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
            return Ok(found);
        }
        take = take.saturating_mul(4);
    }
}

fn count<T>(rows: &[T]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
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
