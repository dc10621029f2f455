//! What a store sold that nobody told of, and what it shows for other reasons.

use sandbox::stores::{StorePlatform, StoreRef};
use serde_json::json;

use crate::app::TestApp;
use crate::channels::scene::Shelf;
use crate::shop_floor::Floor;

async fn shelf(app: &TestApp, platform: StorePlatform, skus: usize) -> Shelf {
    let floor = Floor::open(app).await;
    let mut ids = Vec::new();
    for _ in 0..skus {
        ids.push(floor.goods(1_000, 10).await.sku.parse().unwrap());
    }
    let seller = if platform == StorePlatform::Shopify { "neighbours.myshopify.com" } else { "11" };
    let shelf = app.shelf(&StoreRef::new(platform, seller), &ids, 10).await;
    app.tells_after(1).await;
    shelf
}

/// Reads what the store shows, as an operator asks for it.
async fn reads(app: &TestApp, shelf: &Shelf) -> serde_json::Value {
    let asked = shelf.bound.operator.post(&shelf.bound.path("/stock/reconcile"), json!({})).await;
    assert_eq!(asked.status, 202);
    while tuanqiao::flows::stock_channels::reconcile(&app.app).await.unwrap() > 0 {}
    shelf.bound.operator.get(&shelf.bound.path("/stock-rule")).await.ok()["reading"].clone()
}

on_both! {
    async fn a_raise_never_sells_again_what_the_platform_sold_unheard(app: TestApp) {
        let shelf = shelf(app, StorePlatform::Pinduoduo, 1).await;
        shelf.sells_unheard(app, 0, 3);
        app.moves(&shelf, 0, 5).await;
        app.tells_after(2).await;
        assert_eq!(shelf.shows(app, 0), 12, "15 are free, 3 of them sold there");
        assert_eq!(shelf.lines("").await[0]["unknown_sales"], 3);
        shelf.order_is_read(app, 0, 3).await;
        app.tells_after(2).await;
        let line = shelf.line(app, 0).await;
        assert_eq!((shelf.shows(app, 0), line.told, line.unpulled), (12, Some(12), 0));
    }
}

on_both! {
    async fn a_platform_that_compares_tells_of_its_sale_before_anything_is_written(app: TestApp) {
        let shelf = shelf(app, StorePlatform::Shopify, 2).await;
        shelf.sells_unheard(app, 0, 3);
        // A sale here would show 9 there, where 7 are left.
        app.moves(&shelf, 0, -1).await;
        app.moves(&shelf, 1, -1).await;
        app.tells_after(2).await;
        assert_eq!((shelf.shows(app, 0), shelf.shows(app, 1)), (6, 9));
        shelf.order_is_read(app, 0, 3).await;
        app.tells_after(2).await;
        assert_eq!((shelf.shows(app, 0), shelf.line(app, 0).await.unpulled), (6, 0));
    }
}

on_both! {
    async fn a_reading_finds_what_differs_and_mends_it(app: TestApp) {
        let shelf = shelf(app, StorePlatform::Pinduoduo, 3).await;
        let sandbox = app.wechat().stores();
        sandbox.set_quantity(shelf.of(), shelf.ties[0].variant, 40).unwrap();
        sandbox.set_quantity(shelf.of(), shelf.ties[1].variant, 8).unwrap();
        let reading = reads(app, &shelf).await;
        assert_eq!((&reading["compared"], &reading["drifted"]), (&json!(3), &json!(2)), "{reading}");
        assert!(reading["finished_at"].is_string());
        app.tells_after(0).await;
        assert_eq!((shelf.shows(app, 0), shelf.shows(app, 1), shelf.shows(app, 2)), (10, 8, 10));

        let list = shelf.bound.operator.get(&shelf.bound.path("/drift")).await.ok();
        let mut found: Vec<_> = list["items"].as_array().unwrap().iter()
            .map(|row| (row["drift"].as_i64().unwrap(), row["mending"].as_str().unwrap().to_owned())).collect();
        found.sort();
        assert_eq!(found, [(-2, "orders_first".to_owned()), (30, "pushed".to_owned())]);
        let book = shelf.bound.operator.get(&shelf.bound.path("/drift/export.xlsx")).await;
        assert_eq!(book.status, 200);
        assert!(book.bytes.starts_with(b"PK"));

        // No order came for the two: they are shown again.
        app.tells_after(16 * 60).await;
        assert_eq!(shelf.shows(app, 1), 10);
        assert_eq!(reads(app, &shelf).await["drifted"], 0);
    }
}

on_both! {
    async fn a_store_is_read_once_a_day_by_itself(app: TestApp) {
        let shelf = shelf(app, StorePlatform::Pinduoduo, 1).await;
        app.wechat().stores().set_quantity(shelf.of(), shelf.ties[0].variant, 40).unwrap();
        app.advance(23 * 3_600);
        tuanqiao::flows::stock_channels::reconcile(&app.app).await.unwrap();
        app.tells_after(0).await;
        assert_eq!(shelf.shows(app, 0), 40);
        app.advance(3_700);
        while tuanqiao::flows::stock_channels::reconcile(&app.app).await.unwrap() > 0 {}
        app.tells_after(0).await;
        assert_eq!(shelf.shows(app, 0), 10);
    }
}
