//! When a store's orders are read, and that nothing is lost or doubled by it.

use chrono::Duration;
use sandbox::Fault;
use serde_json::{Value, json};
use tuanqiao::areas::stores::hints;
use tuanqiao::areas::stores::state::HintKind;
use tuanqiao::flows::market_orders;

use super::desk::{Desk, pinduoduo, timeline, units};
use crate::app::PASSWORD;

pub fn trouble(status: u16, times: u32) -> Fault {
    Fault {
        path_prefix: "/pinduoduo".to_owned(),
        method: None,
        status: Some(status),
        body: None,
        timeout_ms: 0,
        drop: false,
        unsigned: false,
        times,
        after_effect: false,
    }
}

on_both! {
    async fn the_first_reading_begins_with_the_previous_day_and_the_clock_brings_the_rest_every_hour(app: TestApp) {
        let desk = Desk { app, bound: app.binds_store(&pinduoduo(), 4).await };
        let sku = desk.sku(0, 10).await;
        let number = desk.buys(&[(0, 3)]);
        desk.works().await;
        let feed = desk.feed().await;
        assert_eq!((&feed["new_orders"], &feed["failures"]), (&json!(1), &json!(0)), "{feed}");
        let order = desk.order(&number).await;
        assert_eq!((&order["state"], &order["remote_state"]), (&json!("draft"), &json!("paid_unshipped")));
        assert_eq!(order["lines"][0]["sku_id"], json!(sku));
        assert_eq!(order["total"], json!({"amount_minor": desk.there(&number).total_minor(), "currency": "CNY"}));
        assert_eq!((units(&order), desk.free(&sku).await), ((3, 0, 0), 7));
        assert_eq!(timeline(&order), ["seen"]);

        let later = desk.buys(&[(0, 1)]);
        app.advance(3_000);
        desk.works().await;
        assert_eq!(desk.list("").await.len(), 1, "the hour is not over");
        app.advance(3_600);
        app.run_due_jobs().await;
        assert_eq!(desk.list("").await.len(), 2);
        assert_eq!((units(&desk.order(&later).await), desk.free(&sku).await), ((1, 0, 0), 6));
    }
}

on_both! {
    async fn an_order_read_again_and_again_takes_its_units_once_and_gives_them_back_once(app: TestApp) {
        let desk = Desk::open(app).await;
        let sku = desk.sku(0, 10).await;
        let number = desk.buys(&[(0, 3)]);
        for _ in 0..3 {
            desk.pulls().await;
            assert_eq!(desk.free(&sku).await, 7);
        }
        app.wechat().stores().cancel(&desk.bound.of, &number).unwrap();
        for _ in 0..2 {
            desk.pulls().await;
            let order = desk.order(&number).await;
            assert_eq!((&order["state"], &order["ended_by"]), (&json!("cancelled"), &json!("platform")));
            assert_eq!((units(&order), desk.free(&sku).await), ((3, 3, 0), 10));
        }
        // Windows reach back behind what was read: the same once more.
        desk.has_read_all_but(Duration::minutes(20)).await;
        let feed = desk.pulls().await;
        assert_eq!((&feed["new_orders"], &feed["changed_orders"]), (&json!(0), &json!(0)));
        assert_eq!(desk.free(&sku).await, 10);
    }
}

on_both! {
    async fn whoever_asks_while_a_reading_is_under_way_joins_it_and_a_stopped_store_is_not_read(app: TestApp) {
        let desk = Desk::open(app).await;
        let pull = desk.bound.path("/orders/pull");
        let first = desk.keeper().post(&pull, json!({})).await;
        assert_eq!((first.status, &first.body["state"]), (202, &json!("asked")));
        assert_eq!(desk.keeper().post(&pull, json!({})).await.status, 202);
        desk.works().await;
        assert_eq!(desk.feed().await["state"], "waiting");
        assert_eq!(market_orders::work(&app.app).await.unwrap(), 0, "one reading answers both");

        desk.keeper().post(&desk.bound.path("/pause"), json!({})).await.ok();
        desk.keeper().post(&pull, json!({})).await.refused(409, "store.wrong_state");
        desk.buys(&[(0, 1)]);
        app.advance(7_200);
        desk.works().await;
        assert_eq!(desk.list("").await.len(), 0);
        desk.keeper().post(&desk.bound.path("/resume"), json!({})).await.ok();
        desk.works().await;
        assert_eq!(desk.list("").await.len(), 1, "what happened meanwhile is caught up");
    }
}

on_both! {
    async fn a_platform_that_was_down_for_a_day_is_caught_up_window_by_window(app: TestApp) {
        let desk = Desk::open(app).await;
        let sku = desk.sku(0, 100).await;
        desk.buys(&[(0, 1)]);
        desk.pulls().await;
        app.wechat().add_fault(trouble(503, 500));
        desk.keeper().post(&desk.bound.path("/orders/pull"), json!({})).await;
        desk.works().await;
        let feed = desk.feed().await;
        assert_eq!((&feed["state"], &feed["failures"]), (&json!("resting"), &json!(1)), "{feed}");
        assert!(feed["last_error"].as_str().unwrap().starts_with("Upstream"), "{feed}");
        let numbers: Vec<String> = (0..5).map(|_| desk.buys(&[(0, 2)])).collect();
        app.wechat().clear_faults();
        desk.has_read_all_but(Duration::hours(24)).await;
        app.advance(60);
        desk.works().await;
        let feed = desk.feed().await;
        assert_eq!((&feed["state"], &feed["new_orders"]), (&json!("waiting"), &json!(5)), "{feed}");
        for number in &numbers {
            desk.order(number).await;
        }
        assert_eq!(desk.free(&sku).await, 100 - 1 - 10);
    }
}

on_both! {
    async fn a_change_that_the_increments_missed_is_seen_when_open_orders_are_read_again(app: TestApp) {
        let desk = Desk::open(app).await;
        let sku = desk.sku(0, 10).await;
        let number = desk.buys(&[(0, 3)]);
        desk.pulls().await;
        app.wechat().stores().cancel(&desk.bound.of, &number).unwrap();
        // As if the platform had told of everything up to some time to come.
        desk.has_read_all_but(-Duration::hours(3)).await;
        app.advance(3_700);
        desk.works().await;
        assert_eq!(desk.order(&number).await["state"], "draft");
        app.advance(6 * 3_600);
        desk.works().await;
        assert_eq!(desk.order(&number).await["state"], "cancelled");
        assert_eq!(desk.free(&sku).await, 10);
    }
}

on_both! {
    async fn what_a_message_speaks_of_is_read_at_once(app: TestApp) {
        let desk = Desk::open(app).await;
        let sku = desk.sku(0, 10).await;
        desk.pulls().await;
        let (shop, store) = (app.shop().id, desk.bound.id.parse().unwrap());
        let hint = async |ids: &[String]| {
            let now = app.app.clock.now();
            hints::put(app.app.db.maintenance(), (shop, store), HintKind::Orders, ids, true, now).await.unwrap();
            desk.works().await;
            let left = hints::due(app.app.db.reader(), store, HintKind::Orders, now, 10).await.unwrap();
            assert!(left.is_empty(), "{left:?}");
        };
        let number = desk.buys(&[(0, 1)]);
        hint(std::slice::from_ref(&number)).await;
        assert_eq!((units(&desk.order(&number).await), desk.free(&sku).await), ((1, 0, 0), 9));
        app.wechat().stores().cancel(&desk.bound.of, &number).unwrap();
        hint(&[number.clone(), "000000-000000000000000".to_owned()]).await;
        assert_eq!((&desk.order(&number).await["state"], desk.free(&sku).await), (&json!("cancelled"), 10));
        let other = desk.buys(&[(0, 2)]);
        hint(&[]).await;
        assert_eq!((units(&desk.order(&other).await), desk.free(&sku).await), ((2, 0, 0), 8));
    }
}

on_both! {
    async fn an_operator_sees_the_orders_of_the_stores_bound_to_him_for_orders(app: TestApp) {
        let desk = Desk::open(app).await;
        let number = desk.buys(&[(0, 1)]);
        desk.pulls().await;
        let id = desk.order(&number).await["id"].as_str().unwrap().to_owned();
        let hired = json!({"username": "lin", "password": PASSWORD, "role": "support"});
        let lin_id = desk.keeper().post_new("/console/api/v1/operators", hired).await.ok()["id"].clone();
        let lin = app.anybody().signs_in_to_console("lin", PASSWORD).await;
        let seen = async || lin.get("/console/api/v1/market-orders").await.ok()["items"].as_array().unwrap().len();
        let bind = async |duty: &str| {
            let wish = json!({"operators": [{"operator_id": lin_id, "duty": duty}]});
            desk.keeper().put(&desk.bound.path("/operators"), wish).await.ok()
        };
        assert_eq!(seen().await, 0);
        bind("service").await;
        assert_eq!(seen().await, 0);
        let path = format!("/console/api/v1/market-orders/{id}");
        lin.get(&path).await.refused(404, "market_order.not_found");
        lin.post(&format!("{path}/confirm"), json!({})).await.refused(404, "market_order.not_found");
        lin.get(&desk.bound.path("/order-feed")).await.refused(404, "store.not_found");
        bind("orders").await;
        assert_eq!(seen().await, 1);
        assert_eq!(lin.get(&path).await.ok()["external_id"], json!(number));
        let other: Value = json!(kernel::id::StoreId::new());
        let elsewhere = format!("/console/api/v1/market-orders?store_id={}", other.as_str().unwrap());
        lin.get(&elsewhere).await.refused(404, "store.not_found");
    }
}

/// Workers that die at any moment.
mod heavy {
    use super::*;
    use sea_orm::EntityTrait;
    use sea_orm::sea_query::Expr;
    use tuanqiao::areas::market_orders::entity::feed;

    on_both! {
        async fn a_reading_killed_at_any_moment_goes_on_without_a_lost_or_doubled_order(app: TestApp) {
            let desk = Desk::open(app).await;
            let sku = desk.sku(0, 1_000).await;
            let items = app.wechat().stores().items(&desk.bound.of);
            let variant = items[0].variants[0].number;
            app.wechat().stores().set_quantity(&desk.bound.of, variant, 1_000).unwrap();
            for _ in 0..230 {
                desk.buys(&[(0, 1)]);
            }
            desk.keeper().post(&desk.bound.path("/orders/pull"), json!({})).await;
            for pause in [1_u64, 5, 10, 15, 20, 30, 40, 60] {
                let inside = app.app.clone();
                let died = actix_web::rt::time::timeout(
                    std::time::Duration::from_millis(pause),
                    async move { market_orders::work(&inside).await },
                );
                let _ = died.await;
                // Its lease runs out.
                feed::Entity::update_many()
                    .col_expr(feed::Column::LeaseUntil, Expr::value(None::<kernel::Time>))
                    .exec(app.app.db.maintenance())
                    .await
                    .unwrap();
            }
            desk.works().await;
            let mut numbers: Vec<String> = Vec::new();
            let mut cursor = String::new();
            loop {
                let page = desk.keeper().get(&format!("/console/api/v1/market-orders?limit=100{cursor}")).await.ok();
                numbers.extend(page["items"].as_array().unwrap().iter().map(|o| o["external_id"].to_string()));
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            let all = numbers.len();
            numbers.sort();
            numbers.dedup();
            assert_eq!((all, numbers.len()), (230, 230));
            assert_eq!(app.free(&sku).await, 770);
            let shop = app.shop().id;
            assert_eq!(tuanqiao::areas::stock::query::imbalances(app.app.db.reader(), shop).await.unwrap(), []);
        }
    }
}
