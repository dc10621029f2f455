//! Places on the map: GCJ-02 coordinates and the distance between them.

/// The Earth's radius of rule R-18, in metres.
const EARTH_RADIUS_M: f64 = 6_378_137.0;

/// A point in GCJ-02, the system of WeChat's maps. Degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Latitude, −90 to 90.
    pub lat: f64,
    /// Longitude, −180 to 180.
    pub lng: f64,
}

/// The coordinates are outside the globe, or the null island that stands for "unknown".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the coordinates are not a place")]
pub struct NotAPlace;

/// A square around a place, for an index to cut down the rows before distances are computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundingBox {
    /// Southern edge.
    pub lat_min: f64,
    /// Northern edge.
    pub lat_max: f64,
    /// Western edge.
    pub lng_min: f64,
    /// Eastern edge.
    pub lng_max: f64,
}

impl Place {
    /// Checks the coordinates.
    pub fn new(lat: f64, lng: f64) -> Result<Self, NotAPlace> {
        let inside = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng);
        let null_island = lat.abs() < 1e-9 && lng.abs() < 1e-9;
        if inside && !null_island { Ok(Self { lat, lng }) } else { Err(NotAPlace) }
    }

    /// The great-circle distance in whole metres.
    pub fn distance_m(self, other: Place) -> i64 {
        let (lat1, lat2) = (self.lat.to_radians(), other.lat.to_radians());
        let half_lat = ((lat2 - lat1) / 2.0).sin();
        let half_lng = ((other.lng - self.lng).to_radians() / 2.0).sin();
        let h = half_lat * half_lat + lat1.cos() * lat2.cos() * half_lng * half_lng;
        let metres = 2.0 * EARTH_RADIUS_M * h.clamp(0.0, 1.0).sqrt().asin();
        // At most half the globe: far inside an i64.
        metres.round() as i64
    }

    /// A square that holds every place within `radius_m`.
    pub fn bounding_box(self, radius_m: f64) -> BoundingBox {
        let lat = (radius_m / EARTH_RADIUS_M).to_degrees();
        let narrowing = self.lat.to_radians().cos().max(0.01);
        let lng = lat / narrowing;
        BoundingBox {
            lat_min: self.lat - lat,
            lat_max: self.lat + lat,
            lng_min: self.lng - lng,
            lng_max: self.lng + lng,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn known_distances_are_met() {
        let guangzhou = Place::new(23.1291, 113.2644).unwrap();
        let nearby = Place::new(23.1379, 113.2801).unwrap();
        assert!((guangzhou.distance_m(nearby) - 1882).abs() <= 1);
        assert_eq!(guangzhou.distance_m(guangzhou), 0);
        let square = guangzhou.bounding_box(2000.0);
        assert!(square.lat_max > nearby.lat && square.lng_max > nearby.lng);
    }

    #[test]
    fn nowhere_is_refused() {
        for (lat, lng) in [(0.0, 0.0), (91.0, 0.0), (0.0, 181.0), (f64::NAN, 1.0)] {
            assert_eq!(Place::new(lat, lng), Err(NotAPlace));
        }
    }
}
