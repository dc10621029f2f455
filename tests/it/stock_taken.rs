//! When an order's stock is taken, who hears of it, and when it runs low.

use serde_json::{Value, json};
use tuanqiao::areas::stock::Level;

use crate::app::TestApp;
use crate::shop_floor::{Floor, Ware};

/// What the gate in front of the database believes a SKU has.
async fn at_the_gate(app: &TestApp, ware: &Ware) -> Level {
    let snapshot = app.app.gate.snapshot(app.shop().id).await.unwrap().unwrap();
    snapshot.free[&ware.sku.parse().unwrap()]
}

/// The warnings of the shop, the oldest first: units left of whatever SKU.
async fn warned(floor: &Floor<'_>) -> Vec<i64> {
    let told = floor.keeper.get("/console/api/v1/stock/warnings").await.ok();
    told["items"].as_array().unwrap().iter().rev().map(|item| item["stock"].as_i64().unwrap()).collect()
}

on_both! {
    async fn a_changed_setting_neither_oversells_nor_loses_money_of_open_orders(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 4).await;
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let held = floor.orders(&anna, &[(&apples, 1)]).await;
        assert_eq!(floor.left(&apples).await, 3);
        floor.settings(json!({"stock_deduct": "payment"})).await;
        let unheld = floor.orders(&ben, &[(&apples, 2)]).await;
        let number = floor.pays_unheard(&anna, &held).await;
        assert_eq!(floor.hears(&number).await, 204);
        assert_eq!(floor.seen(&anna, &held).await["status"], "paid");
        assert_eq!(floor.console(&held).await["holds"][0]["state"], "deducted");
        assert_eq!(floor.left(&apples).await, 3, "its own hold was sold, and nothing else");

        floor.settings(json!({"stock_deduct": "order"})).await;
        let number = floor.pays_unheard(&ben, &unheld).await;
        assert_eq!(floor.hears(&number).await, 204);
        assert_eq!(floor.console(&unheld).await["holds"][0]["state"], "deducted");
        assert_eq!(floor.left(&apples).await, 1, "what was never held is taken now");
        floor.tries(&anna, &[(&apples, 2)]).await.refused(409, "stock.short");
        floor.adds_up().await;
    }
}

on_both! {
    async fn an_order_without_a_hold_whose_units_are_gone_is_refunded_whatever_the_setting(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"stock_deduct": "payment"})).await;
        let apples = floor.goods(1000, 1).await;
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let late = floor.orders(&anna, &[(&apples, 1)]).await;
        floor.settings(json!({"stock_deduct": "order"})).await;
        floor.buys(&ben, &[(&apples, 1)]).await;
        let number = floor.pays_unheard(&anna, &late).await;
        assert_eq!(floor.hears(&number).await, 204);
        floor.refunds_arrive().await;
        let seen = floor.seen(&anna, &late).await;
        assert_eq!((&seen["status"], &seen["refund_status"]), (&json!("closed"), &json!("full")));
        assert_eq!(floor.left(&apples).await, 0);
        floor.adds_up().await;
    }
}

on_both! {
    async fn the_gate_hears_of_units_sold_at_payment_and_of_orders_that_cost_nothing(app: TestApp) {
        let floor = Floor::open(app).await;
        let (apples, gifts) = (floor.goods(1000, 5).await, floor.goods(0, 5).await);
        let anna = app.member("anna").await;
        app.run_due_jobs().await;
        floor.orders(&anna, &[(&gifts, 1)]).await;
        let records = app.app.gate.snapshot(app.shop().id).await.unwrap().unwrap().records;
        assert!(records.is_empty(), "a paid order is settled: {records:?}");
        floor.settings(json!({"stock_deduct": "payment"})).await;
        floor.buys(&anna, &[(&apples, 2)]).await;
        floor.orders(&anna, &[(&gifts, 2)]).await;
        assert_eq!((at_the_gate(app, &apples).await, at_the_gate(app, &gifts).await), (Some(3), Some(2)));
        assert_eq!((floor.left(&apples).await, floor.left(&gifts).await), (3, 2));
        floor.adds_up().await;
    }
}

on_both! {
    async fn stock_that_runs_low_is_told_once_until_it_has_risen_again(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"low_stock_threshold": 3})).await;
        let apples = floor.goods(1000, 5).await;
        let anna = app.member("anna").await;
        let moves = async |delta: i64| {
            let body = json!({"delta": delta, "reason": "盘点"});
            floor.keeper.post_new(&format!("/console/api/v1/skus/{}/stock", apples.sku), body).await.ok();
        };
        floor.orders(&anna, &[(&apples, 1)]).await;
        assert_eq!(warned(&floor).await, Vec::<i64>::new());
        floor.orders(&anna, &[(&apples, 1)]).await;
        floor.orders(&anna, &[(&apples, 1)]).await;
        assert_eq!(warned(&floor).await, [3], "the order that crossed the threshold, and no later one");
        moves(8).await;
        moves(-8).await;
        assert_eq!(warned(&floor).await, [3, 2], "an operator's movement tells, too");
        moves(3).await;
        floor.settings(json!({"stock_deduct": "payment"})).await;
        let unpaid = floor.orders(&anna, &[(&apples, 2)]).await;
        assert_eq!(warned(&floor).await, [3, 2]);
        let number = floor.pays_unheard(&anna, &unpaid).await;
        assert_eq!(floor.hears(&number).await, 204);
        assert_eq!(warned(&floor).await, [3, 2, 3], "a sale at payment tells, too");
        // What is rolled back was never low.
        floor.settings(json!({"stock_deduct": "order"})).await;
        let limited = floor.goods_with(1000, json!(4), json!({"purchase_limit": {"ever": 1}})).await;
        floor.orders(&anna, &[(&limited, 1)]).await;
        assert_eq!(warned(&floor).await, [3, 2, 3, 3]);
        let told: Value = floor.keeper.get("/console/api/v1/stock/warnings?limit=1").await.ok();
        assert_eq!((&told["items"][0]["sku_id"], &told["items"][0]["threshold"]), (&json!(limited.sku), &json!(3)));
        assert!(told["next_cursor"].is_string());
    }
}
