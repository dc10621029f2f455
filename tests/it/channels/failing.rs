//! Platforms refuse, lose answers and go down; workers die.

use kernel::id::SkuId;
use sandbox::Fault;
use sandbox::stores::{StorePlatform, StoreRef};
use serde_json::{Value, json};
use tuanqiao::areas::channels::channels;
use tuanqiao::areas::channels::results::{self, Intent};
use tuanqiao::flows::market_orders;

use crate::app::TestApp;
use crate::channels::scene::Shelf;
use crate::shop_floor::Floor;

fn fault(more: Value) -> Fault {
    serde_json::from_value(more).unwrap()
}

async fn shelves(app: &TestApp, platforms: &[StorePlatform], skus: usize) -> Vec<Shelf> {
    let floor = Floor::open(app).await;
    let mut ids: Vec<SkuId> = Vec::new();
    for _ in 0..skus {
        ids.push(floor.goods(1_000, 10).await.sku.parse().unwrap());
    }
    let mut shelves = Vec::new();
    for (nth, platform) in platforms.iter().enumerate() {
        shelves.push(app.shelf(&StoreRef::new(*platform, (11 + nth).to_string()), &ids, 10).await);
    }
    app.tells_after(1).await;
    shelves
}

on_both! {
    async fn a_platform_that_is_down_keeps_nobody_else_waiting_and_catches_up(app: TestApp) {
        let shelves = shelves(app, &[StorePlatform::Pinduoduo, StorePlatform::Youzan], 2).await;
        app.wechat().add_fault(fault(json!({"path_prefix": "/pinduoduo", "drop": true, "times": 1000})));
        app.moves(&shelves[0], 0, -1).await;
        app.tells_after(2).await;
        assert_eq!((shelves[0].shows(app, 0), shelves[1].shows(app, 0)), (10, 9));
        let seen = shelves[0].bound.operator.get(&shelves[0].bound.path("/stock-rule")).await.ok();
        assert_eq!(seen["failures"], 1);
        assert!(seen["last_error"].as_str().unwrap().contains("Upstream") && seen["resting_until"].is_string(), "{seen}");

        app.moves(&shelves[0], 1, -3).await;
        app.tells_after(2).await;
        assert_eq!(shelves[1].shows(app, 1), 7);
        app.wechat().clear_faults();
        app.tells_after(60).await;
        assert_eq!((shelves[0].shows(app, 0), shelves[0].shows(app, 1)), (9, 7));
        let seen = shelves[0].bound.operator.get(&shelves[0].bound.path("/stock-rule")).await.ok();
        assert_eq!((&seen["failures"], &seen["last_error"]), (&json!(0), &Value::Null));
    }
}

on_both! {
    async fn a_lost_answer_is_asked_for_again_and_changes_nothing_twice(app: TestApp) {
        let shelves = shelves(app, &[StorePlatform::Pinduoduo], 1).await;
        let lost = json!({"path_prefix": "/pinduoduo", "drop": true, "after_effect": true, "times": 2});
        app.wechat().add_fault(fault(lost));
        app.moves(&shelves[0], 0, -4).await;
        app.tells_after(2).await;
        assert_eq!(shelves[0].shows(app, 0), 6);
        app.tells_after(5).await;
        let line = shelves[0].line(app, 0).await;
        assert_eq!((shelves[0].shows(app, 0), line.told, line.sent, line.send_no), (6, Some(6), None, 1));
        assert_eq!(line.unpulled, 0);
    }
}

on_both! {
    async fn a_refused_line_keeps_its_reason_and_an_operator_replays_it(app: TestApp) {
        let shelves = shelves(app, &[StorePlatform::Pinduoduo], 2).await;
        let shelf = &shelves[0];
        let refusal = json!({"error_response": {"error_code": 50001, "error_msg": "业务服务错误", "sub_code": "70031",
            "sub_msg": "商品已删除", "request_id": "1"}});
        for nth in 1..=results::REFUSALS_MAX {
            let refused = json!({"path_prefix": "/pinduoduo", "status": 200, "body": refusal, "times": 1});
            app.wechat().add_fault(fault(refused));
            if nth == 1 {
                app.moves(shelf, 0, -1).await;
            }
            app.tells_after(1_000).await;
            let state = if nth == results::REFUSALS_MAX { "dead" } else { "refused" };
            let lines = shelf.lines(state).await;
            assert_eq!(lines.len(), 1, "after {nth}: {lines:?}");
            assert_eq!(lines[0]["attempts"], nth);
            assert!(lines[0]["last_error"].as_str().unwrap().contains("商品已删除"), "{lines:?}");
        }
        app.tells_after(4_000).await;
        assert_eq!((shelf.shows(app, 0), shelf.shows(app, 1)), (10, 10), "it waits for an operator");
        let replayed = shelf.bound.operator.post(&shelf.bound.path("/stock/replay"), json!({})).await.ok();
        assert_eq!(replayed["lines"], 1);
        app.tells_after(0).await;
        assert_eq!((shelf.shows(app, 0), shelf.lines("told").await.len()), (9, 2));
    }
}

on_both! {
    async fn a_worker_who_dies_has_a_successor_who_tells_it_again(app: TestApp) {
        let shelves = shelves(app, &[StorePlatform::Pinduoduo], 1).await;
        app.moves(&shelves[0], 0, -2).await;
        let (now, wall, conn) = (app.app.clock.now(), app.app.clock.wall(), app.app.db.maintenance());
        let row = channels::of_store(conn, shelves[0].store()).await.unwrap().unwrap();
        channels::claim(conn, &row, chrono::Duration::seconds(120), wall).await.unwrap().unwrap();
        let line = shelves[0].line(app, 0).await;
        let flight = now + chrono::Duration::seconds(120);
        results::intend(conn, &[Intent::of(&line, 8)], flight).await.unwrap();
        app.tells_after(2).await;
        assert_eq!(shelves[0].shows(app, 0), 10, "the dead worker's lease still holds");
        app.leases_end().await;
        app.tells_after(120).await;
        let line = shelves[0].line(app, 0).await;
        assert_eq!((shelves[0].shows(app, 0), line.told, line.sent), (8, Some(8), None));
    }
}

on_both! {
    async fn orders_that_a_platform_limits_keep_no_stock_back(app: TestApp) {
        let floor = Floor::open(app).await;
        let sku: SkuId = floor.goods(1_000, 10).await.sku.parse().unwrap();
        let of = StoreRef::new(StorePlatform::Amazon, "A2SELLER00001").on("US");
        let shelf = app.shelf(&of, &[sku], 10).await;
        app.tells_after(1).await;
        // An order search comes back once in three minutes there.
        app.wechat().exhaust("amazon/A2SELLER00001/searchOrders");
        let asked = shelf.bound.operator.post(&shelf.bound.path("/orders/pull"), json!({})).await;
        assert_eq!(asked.status, 202);
        while market_orders::work(&app.app).await.unwrap() > 0 {}
        let feed = shelf.bound.operator.get(&shelf.bound.path("/order-feed")).await.ok();
        assert_eq!(feed["state"], "resting", "{feed}");
        assert!(feed["last_error"].as_str().unwrap().contains("QuotaExceeded"), "{feed}");
        let searched = || app.wechat().request_log().iter().filter(|call| call.path.contains("/orders")).count();
        let before = searched();
        app.moves(&shelf, 0, -4).await;
        app.tells_after(2).await;
        assert_eq!((shelf.line(app, 0).await.sent, shelf.lines("accepted").await.len()), (Some(6), 1), "another operation has a bucket of its own");
        let seen = shelf.bound.operator.get(&shelf.bound.path("/stock-rule")).await.ok();
        assert_eq!((&seen["failures"], searched()), (&json!(0), before), "{seen}");
    }
}
