//! Pickup points near a shopper.

use kernel::id::PickupPointId;
use kernel::place::Place;
use serde_json::{Value, json};
use tuanqiao::areas::leaders;
use tuanqiao::areas::pickup::service::{PointDraft, create_point};

use crate::app::TestApp;
use crate::leaders::leader;

const HERE: (f64, f64) = (23.1291, 113.2644);

/// A town of points, written straight into the area.
async fn points_at(app: &TestApp, places: &[(f64, f64)]) {
    let (_, approved) = leader(app, "anna", 39.9, 116.4).await;
    let id = approved["leader"]["id"].as_str().unwrap().parse().unwrap();
    let shop = app.shop().id;
    app.app
        .db
        .write(async |tx| {
            let leader = leaders::query::by_id(tx, shop, id).await?.unwrap();
            for (n, (lat, lng)) in places.iter().enumerate() {
                let draft = PointDraft {
                    name: format!("point {n}"),
                    community: "东湖花园".to_owned(),
                    region: None,
                    address: "体育西路".to_owned(),
                    place: Place::new(*lat, *lng).unwrap(),
                    picture: None,
                    hours: None,
                    enabled: true,
                };
                create_point(tx, shop, leader.id, true, draft, app.app.clock.now()).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

async fn asked(app: &TestApp, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/pickup-points?{query}");
    app.anybody().get(&path).await.ok()["items"].as_array().unwrap().clone()
}

on_both! {
    async fn the_nearest_come_first_with_their_distance(app: TestApp) {
        points_at(app, &[(23.1379, 113.2801), (23.1291, 113.2644), (24.0, 113.2644), (23.1300, 113.2644)]).await;
        let found = asked(app, "lat=23.1291&lng=113.2644").await;
        let told: Vec<_> = found.iter().map(|point| (point["name"].as_str().unwrap(), point["distance_m"].as_i64().unwrap())).collect();
        assert_eq!(told.len(), 5, "without a radius everything is found, Beijing too");
        assert_eq!(&told[..3], [("point 1", 0), ("point 3", 100), ("point 0", 1882)]);
        assert_eq!(told[4].0, "anna");
        assert_eq!(asked(app, "lat=23.1291&lng=113.2644&radius_m=1882").await.len(), 3);
        assert_eq!(asked(app, "lat=23.1291&lng=113.2644&radius_m=1881").await.len(), 2);
        assert_eq!(asked(app, "lat=23.1291&lng=113.2644&limit=1").await[0]["name"], "point 1");
    }
}

on_both! {
    async fn the_shops_own_radius_is_never_exceeded(app: TestApp) {
        points_at(app, &[(23.1379, 113.2801), (23.1300, 113.2644)]).await;
        let keeper = app.operator().await;
        keeper.put("/console/api/v1/settings", json!({"pickup_radius_m": 1000})).await.ok();
        assert_eq!(asked(app, "lat=23.1291&lng=113.2644").await.len(), 1);
        assert_eq!(asked(app, "lat=23.1291&lng=113.2644&radius_m=50000").await.len(), 1);
        assert_eq!(asked(app, "lat=23.1291&lng=113.2644&radius_m=50").await.len(), 0);
    }
}

on_both! {
    async fn a_search_agrees_with_measuring_every_point(app: TestApp) {
        // A spiral from some metres to some hundred kilometres, denser in the middle.
        let places: Vec<_> = (1..300)
            .map(|n| {
                let (turn, reach) = (f64::from(n) * 2.4, f64::from(n).powi(3) / 9e6);
                (HERE.0 + reach * turn.sin(), HERE.1 + reach * turn.cos())
            })
            .collect();
        points_at(app, &places).await;
        let here = Place::new(HERE.0, HERE.1).unwrap();
        let mut distances: Vec<i64> = places.iter().map(|(lat, lng)| here.distance_m(Place { lat: *lat, lng: *lng })).collect();
        distances.sort_unstable();
        for limit in [1, 7, 100] {
            let found = asked(app, &format!("lat=23.1291&lng=113.2644&limit={limit}")).await;
            let told: Vec<i64> = found.iter().map(|point| point["distance_m"].as_i64().unwrap()).collect();
            assert_eq!(told, distances[..limit], "the nearest {limit}");
        }
        for radius in [40, 999, 30_000, 400_000] {
            let wanted = distances.iter().filter(|distance| **distance <= radius).count().min(100);
            let found = asked(app, &format!("lat=23.1291&lng=113.2644&limit=100&radius_m={radius}")).await;
            assert_eq!(found.len(), wanted, "within {radius}");
        }
    }
}

on_both! {
    async fn the_nearest_points_come_page_by_page_and_none_twice(app: TestApp) {
        let mut places: Vec<_> = (1..60)
            .map(|n| {
                let (turn, reach) = (f64::from(n) * 2.4, f64::from(n).powi(3) / 1e5);
                (HERE.0 + reach * turn.sin(), HERE.1 + reach * turn.cos())
            })
            .collect();
        // Houses with several points: as near as each other, also over the end of a page.
        places.extend([HERE; 9]);
        places.extend([(HERE.0 + 0.01, HERE.1); 9]);
        points_at(app, &places).await;
        for (limit, radius) in [(1, ""), (4, ""), (7, "&radius_m=30000"), (100, "")] {
            let question = format!("/api/v1/pickup-points?lat={}&lng={}&limit={limit}{radius}", HERE.0, HERE.1);
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = app.anybody().get(&format!("{question}{cursor}")).await.ok();
                let items = page["items"].as_array().unwrap().clone();
                seen.extend(items.iter().map(|point| (point["distance_m"].as_i64().unwrap(), point["id"].as_str().unwrap().to_owned())));
                let Some(next) = page["next_cursor"].as_str() else { break };
                assert_eq!(items.len(), limit, "a page that is followed by another is full");
                cursor = format!("&cursor={next}");
            }
            let here = Place::new(HERE.0, HERE.1).unwrap();
            let within = |(lat, lng): &&(f64, f64)| radius.is_empty() || here.distance_m(Place { lat: *lat, lng: *lng }) <= 30_000;
            let mut sorted = seen.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(seen, sorted, "nearest first, none twice, {limit} a page");
            // Anna's own point lies in Beijing.
            assert_eq!(seen.len(), places.iter().filter(within).count() + usize::from(radius.is_empty()));
        }
        let newest = app.anybody().get("/api/v1/pickup-points?limit=1").await.ok()["next_cursor"].as_str().unwrap().to_owned();
        for cursor in ["nonsense", &newest] {
            let path = format!("/api/v1/pickup-points?lat=23.1&lng=113.2&cursor={cursor}");
            app.anybody().get(&path).await.refused(400, "validation.failed");
        }
    }
}

on_both! {
    async fn without_a_place_the_newest_come_first_page_by_page(app: TestApp) {
        points_at(app, &[HERE; 7]).await;
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.anybody().get(&format!("/api/v1/pickup-points?limit=3{cursor}")).await.ok();
            seen.extend(page["items"].as_array().unwrap().iter().map(|point| point["id"].as_str().unwrap().to_owned()));
            assert!(page["items"][0]["distance_m"].is_null());
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let mut sorted = seen.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        sorted.dedup();
        assert_eq!((seen.len(), &seen), (8, &sorted));
        let one = app.anybody().get(&format!("/api/v1/pickup-points/{}", seen[0])).await.ok();
        assert_eq!((&one["id"], &one["open"]), (&json!(seen[0]), &json!(true)));
        let none = format!("/api/v1/pickup-points/{}", PickupPointId::new());
        app.anybody().get(&none).await.refused(404, "pickup_point.not_found");
    }
}

on_both! {
    async fn half_a_place_and_nonsense_are_refused(app: TestApp) {
        for query in [
            "lat=23.1", "lng=113.2", "lat=91&lng=0", "lat=NaN&lng=1", "lat=inf&lng=1", "lat=0&lng=0", "lat=x&lng=1",
            "lat=23.1&lng=113.2&radius_m=0", "lat=23.1&lng=113.2&radius_m=99999999999", "limit=0", "limit=101",
            "cursor=nonsense", "near=me",
        ] {
            let answer = app.anybody().get(&format!("/api/v1/pickup-points?{query}")).await;
            assert_eq!((answer.status, answer.code()), (400, "validation.failed"), "{query}: {}", answer.text());
        }
        assert_eq!(asked(app, "lat=-89.9&lng=179.9").await.len(), 0, "the edge of the world is a place");
    }
}
