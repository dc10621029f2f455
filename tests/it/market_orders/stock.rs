//! One pool for all: what a platform sold that we no longer had ends in the store's policy, never below
//! zero.

use serde_json::json;

use super::desk::{Desk, timeline, units};

on_both! {
    async fn an_oversold_order_is_held_for_an_operator_who_confirms_it_once_there_is_stock(app: TestApp) {
        let desk = Desk::open(app).await;
        let sku = desk.sku(0, 2).await;
        let number = desk.buys(&[(0, 3)]);
        desk.pulls().await;
        let order = desk.order(&number).await;
        assert_eq!((units(&order), &order["lines"][0]["shortage"]), ((2, 0, 1), &json!("review")));
        assert_eq!((desk.free(&sku).await, desk.list("&oversold=true").await.len()), (0, 1));
        let warnings = desk.keeper().get("/console/api/v1/stock/warnings").await.ok();
        assert_eq!((&warnings["items"][0]["sku_id"], &warnings["items"][0]["stock"]), (&json!(sku), &json!(0)), "{warnings}");
        let refused = desk.tries(&number, "confirm", json!({})).await.refused(409, "market_order.short");
        assert_eq!((&refused["extra"]["lines"][0]["missing"], refused["extra"]["lines"].as_array().unwrap().len()), (&json!(1), 1));
        desk.receives(&sku, 5).await;
        app.run_due_jobs().await;
        assert_eq!(units(&desk.order(&number).await), (2, 0, 1), "an operator decides");
        let order = desk.confirms(&number).await;
        assert_eq!((units(&order), &order["state"], &order["lines"][0]["shortage"]), ((3, 0, 0), &json!("confirmed"), &json!(null)));
        assert_eq!((desk.free(&sku).await, desk.list("&oversold=true").await.len()), (4, 0));
    }
}

on_both! {
    async fn lines_that_wait_take_what_comes_the_oldest_first_and_nobody_overtakes_them(app: TestApp) {
        let desk = Desk::open(app).await;
        desk.rules(json!({"oversold": "wait"})).await;
        let sku = desk.sku(0, 1).await;
        let first = desk.buys(&[(0, 2)]);
        desk.pulls().await;
        let second = desk.buys(&[(0, 2)]);
        desk.pulls().await;
        assert_eq!(units(&desk.order(&first).await), (1, 0, 1));
        assert_eq!(units(&desk.order(&second).await), (0, 0, 2));
        desk.receives(&sku, 2).await;
        let third = desk.buys(&[(0, 1)]);
        desk.pulls().await;
        assert_eq!(units(&desk.order(&third).await), (0, 0, 1), "two units are there, and three are waited for");
        app.run_due_jobs().await;
        let order = desk.order(&first).await;
        assert_eq!((units(&order), timeline(&order)), ((2, 0, 0), vec!["seen", "filled"]));
        assert_eq!(units(&desk.order(&second).await), (1, 0, 1));
        assert_eq!(units(&desk.order(&third).await), (0, 0, 1));
        app.wechat().stores().cancel(&desk.bound.of, &second).unwrap();
        desk.pulls().await;
        app.run_due_jobs().await;
        assert_eq!(units(&desk.order(&third).await), (1, 0, 0), "what the second gives back is the third's");
        assert_eq!(desk.free(&sku).await, 0);
    }
}

on_both! {
    async fn an_order_to_be_cancelled_at_the_platform_is_a_task_until_it_is(app: TestApp) {
        let desk = Desk::open(app).await;
        desk.rules(json!({"oversold": "cancel"})).await;
        let sku = desk.sku(0, 1).await;
        let number = desk.buys(&[(0, 2)]);
        desk.pulls().await;
        assert_eq!(desk.order(&number).await["lines"][0]["shortage"], "cancel");
        let order = desk.tries(&number, "cancel", json!({"reason": "无货"})).await.ok();
        assert_eq!((&order["state"], &order["ended_by"], units(&order)), (&json!("cancelled"), &json!("operator"), (1, 1, 0)));
        assert_eq!((desk.free(&sku).await, desk.list("&oversold=true").await.len()), (1, 0));
        desk.tries(&number, "cancel", json!({"reason": "无货"})).await.refused(409, "market_order.wrong_state");
        // The platform still sells it, until the operator has cancelled there too.
        desk.pulls().await;
        assert_eq!((&desk.order(&number).await["state"], desk.free(&sku).await), (&json!("cancelled"), 1));
        app.wechat().stores().cancel(&desk.bound.of, &number).unwrap();
        desk.pulls().await;
        assert_eq!((&desk.order(&number).await["remote_state"], desk.free(&sku).await), (&json!("cancelled"), 1));
    }
}

on_both! {
    async fn our_own_shop_and_the_store_sell_from_one_pool(app: TestApp) {
        let desk = Desk::open(app).await;
        let stage = app.stage().await;
        let sku = desk.sku(0, 5).await;
        let anna = app.member("anna").await;
        let ours = stage.orders(&anna, &sku, 4).await;
        let number = desk.buys(&[(0, 3)]);
        desk.pulls().await;
        assert_eq!((units(&desk.order(&number).await), desk.free(&sku).await), ((1, 0, 2), 0));
        anna.post_new("/api/v1/orders", stage.basket(&sku, 1)).await.refused(409, "stock.short");
        anna.post(&format!("/api/v1/orders/{}/cancel", ours["id"].as_str().unwrap()), json!({})).await.ok();
        desk.confirms(&number).await;
        assert_eq!(desk.free(&sku).await, 2);
        stage.orders(&anna, &sku, 2).await;
        assert_eq!(desk.free(&sku).await, 0);
    }
}

on_both! {
    async fn what_was_sent_stays_taken_when_the_buyer_gets_his_money_back_later(app: TestApp) {
        let desk = Desk::open(app).await;
        let sku = desk.sku(0, 5).await;
        let number = desk.buys(&[(0, 2)]);
        desk.pulls().await;
        desk.confirms(&number).await;
        desk.tries(&number, "ship", json!({"carrier": "SF", "tracking_no": "SF1"})).await.ok();
        app.run_due_jobs().await;
        let stores = app.wechat().stores();
        stores.ask_refund(&desk.bound.of, &number).unwrap();
        stores.end_refund(&desk.bound.of, &number, true).unwrap();
        desk.pulls().await;
        let order = desk.order(&number).await;
        assert_eq!((&order["state"], units(&order), desk.free(&sku).await), (&json!("cancelled"), (2, 0, 0), 3));
    }
}
