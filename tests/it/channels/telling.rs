//! Sales and movements reach every store that lists the SKU, and nobody else.

use kernel::id::SkuId;
use sandbox::stores::{Purchase, StorePlatform, StoreRef};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use tuanqiao::areas::stock::entity::news;
use tuanqiao::areas::stores::hints;
use tuanqiao::areas::stores::state::HintKind;
use tuanqiao::flows::{market_orders, stock_channels};

use crate::shop_floor::Floor;

fn pinduoduo(seller: &str) -> StoreRef {
    StoreRef::new(StorePlatform::Pinduoduo, seller)
}

on_both! {
    async fn a_sale_here_is_shown_in_every_store_within_two_seconds(app: TestApp) {
        let floor = Floor::open(app).await;
        let ware = floor.goods(1_000, 10).await;
        let sku: SkuId = ware.sku.parse().unwrap();
        let one = app.shelf(&pinduoduo("11"), &[sku], 10).await;
        let other = app.shelf(&StoreRef::new(StorePlatform::Youzan, "22"), &[sku], 10).await;
        app.tells_after(1).await;
        assert_eq!((one.line(app, 0).await.told, other.line(app, 0).await.told), (Some(10), Some(10)), "it shows it already");

        let member = app.member("anna").await;
        floor.orders(&member, &[(&ware, 2)]).await;
        floor.orders(&member, &[(&ware, 1)]).await;
        stock_channels::work(&app.app).await.unwrap();
        assert_eq!(one.shows(app, 0), 10, "more may be sold within this second");
        app.tells_after(2).await;
        assert_eq!((one.shows(app, 0), other.shows(app, 0)), (7, 7));
        assert_eq!(one.line(app, 0).await.send_no, 1, "a burst is one push");

        // The order is not paid in time: its units are back everywhere.
        let order = floor.orders(&member, &[(&ware, 4)]).await;
        app.tells_after(2).await;
        assert_eq!((one.shows(app, 0), other.shows(app, 0)), (3, 3));
        member.post(&format!("/api/v1/orders/{}/cancel", order["id"].as_str().unwrap()), json!({})).await.ok();
        app.tells_after(2).await;
        assert_eq!((one.shows(app, 0), other.shows(app, 0)), (7, 7));
    }
}

on_both! {
    async fn stores_told_beside_each_other_wait_for_no_connection_that_one_of_them_holds(app: TestApp) {
        let floor = Floor::open(app).await;
        let sku: SkuId = floor.goods(1_000, 10).await.sku.parse().unwrap();
        let mut shelves = Vec::new();
        for nth in 0..8 {
            shelves.push(app.shelf(&pinduoduo(&format!("1{nth}")), &[sku], 10).await);
        }
        app.tells_after(1).await;
        let began = std::time::Instant::now();
        for delta in [-1, -1, -1] {
            app.moves(&shelves[0], 0, delta).await;
            app.tells_after(2).await;
        }
        assert!(shelves.iter().all(|shelf| shelf.shows(app, 0) == 7));
        let took = began.elapsed();
        assert!(took < std::time::Duration::from_secs(25), "a pool gives up after thirty seconds: {took:?}");
    }
}

on_both! {
    async fn a_sale_at_one_store_is_shown_in_the_others(app: TestApp) {
        let floor = Floor::open(app).await;
        let sku: SkuId = floor.goods(1_000, 10).await.sku.parse().unwrap();
        let one = app.shelf(&pinduoduo("11"), &[sku], 10).await;
        let other = app.shelf(&pinduoduo("12"), &[sku], 10).await;
        app.tells_after(1).await;
        one.sells_unheard(app, 0, 3);
        one.order_is_read(app, 0, 3).await;
        app.tells_after(2).await;
        assert_eq!((one.shows(app, 0), other.shows(app, 0)), (7, 7));
        let line = one.line(app, 0).await;
        assert_eq!((line.told, line.sold_since, line.unpulled), (Some(7), 0, 0));
    }
}

on_both! {
    async fn stock_that_no_store_lists_leaves_no_news(app: TestApp) {
        let floor = Floor::open(app).await;
        let (ware, listed) = (floor.goods(1_000, 10).await, floor.goods(1_000, 10).await);
        let shelf = app.shelf(&pinduoduo("11"), &[listed.sku.parse().unwrap()], 10).await;
        let member = app.member("anna").await;
        let order = floor.orders(&member, &[(&ware, 2)]).await;
        member.post(&format!("/api/v1/orders/{}/cancel", order["id"].as_str().unwrap()), json!({})).await.ok();
        assert_eq!(news::Entity::find().count(app.app.db.reader()).await.unwrap(), 0);
        floor.orders(&member, &[(&ware, 2), (&listed, 1)]).await;
        assert_eq!(news::Entity::find().count(app.app.db.reader()).await.unwrap(), 1);
        app.moves(&shelf, 0, 5).await;
        assert_eq!(news::Entity::find().count(app.app.db.reader()).await.unwrap(), 2);
        app.tells_after(2).await;
        assert_eq!(news::Entity::find().count(app.app.db.reader()).await.unwrap(), 0);
        assert_eq!(shelf.shows(app, 0), 14);
    }
}

on_both! {
    async fn what_runs_low_is_warned_of_with_the_stores_that_show_it(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"low_stock_threshold": 5})).await;
        let ware = floor.goods(1_000, 10).await;
        let shelf = app.shelf(&pinduoduo("11"), &[ware.sku.parse().unwrap()], 10).await;
        app.tells_after(1).await;
        floor.orders(&app.member("anna").await, &[(&ware, 6)]).await;
        app.tells_after(2).await;
        let warnings = floor.keeper.get("/console/api/v1/stock/warnings").await.ok();
        let warned = &warnings["items"][0];
        assert_eq!((&warned["sku_id"], &warned["stock"]), (&json!(ware.sku), &json!(4)));
        let channel = json!([{"store_id": shelf.bound.id, "name": "邻里鲜生", "marketplace": "pinduoduo", "shown": 4}]);
        assert_eq!(warned["channels"], channel);
    }
}

on_both! {
    async fn a_store_that_was_away_is_told_when_it_is_back(app: TestApp) {
        let floor = Floor::open(app).await;
        let shelf = app.shelf(&pinduoduo("11"), &[floor.goods(1_000, 10).await.sku.parse().unwrap()], 10).await;
        app.tells_after(1).await;
        shelf.bound.operator.post(&shelf.bound.path("/pause"), json!({})).await.ok();
        app.moves(&shelf, 0, -4).await;
        app.tells_after(2).await;
        assert_eq!(shelf.shows(app, 0), 10);
        shelf.bound.operator.post(&shelf.bound.path("/resume"), json!({})).await.ok();
        app.tells_after(0).await;
        assert_eq!(shelf.shows(app, 0), 6);
    }
}

on_both! {
    async fn an_order_of_one_platform_lowers_what_the_others_show(app: TestApp) {
        let floor = Floor::open(app).await;
        let sku: SkuId = floor.goods(1_000, 10).await.sku.parse().unwrap();
        let one = app.shelf(&pinduoduo("11"), &[sku], 10).await;
        let other = app.shelf(&StoreRef::new(StorePlatform::Weimob, "22"), &[sku], 10).await;
        app.tells_after(1).await;
        while market_orders::work(&app.app).await.unwrap() > 0 {}

        let bought = app.wechat().stores().buy(one.of(), &[(one.ties[0].variant, 3)], &Purchase::default()).unwrap();
        let (owner, now) = ((app.shop().id, one.store()), app.app.clock.now());
        app.app
            .db
            .write(async |tx| Ok(hints::put(tx, owner, HintKind::Orders, std::slice::from_ref(&bought), true, now).await?))
            .await
            .unwrap();
        while market_orders::work(&app.app).await.unwrap() > 0 {}
        app.tells_after(2).await;
        assert_eq!(app.free(&sku.to_string()).await, 7);
        assert_eq!((one.shows(app, 0), other.shows(app, 0)), (7, 7));
        assert_eq!(one.line(app, 0).await.unpulled, 0);

        // It is cancelled there, where its units are shown again at once; ours follow with the news.
        app.wechat().stores().cancel(one.of(), &bought).unwrap();
        let now = app.app.clock.now();
        app.app
            .db
            .write(async |tx| Ok(hints::put(tx, owner, HintKind::Orders, std::slice::from_ref(&bought), true, now).await?))
            .await
            .unwrap();
        while market_orders::work(&app.app).await.unwrap() > 0 {}
        app.tells_after(2).await;
        assert_eq!((one.shows(app, 0), other.shows(app, 0)), (10, 10));
    }
}
