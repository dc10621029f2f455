//! leaders rise by themselves to the highest level they have reached, and never fall.

use serde_json::{Value, json};
use tuanqiao::flows::leader_levels;

use crate::app::TestApp;
use crate::leaders::leader;
use crate::shop_floor::{Floor, Ware, id};
use crate::shopper::Client;

const LEVELS: &str = "/console/api/v1/leader-levels";

/// A level of this rank that asks for something; its id.
async fn level(floor: &Floor<'_>, rank: i64, rate_bp: i64, asks: Value) -> Value {
    let mut body = json!({"name": format!("{rank} 级"), "rank": rank, "rate_bp": rate_bp});
    for (name, value) in asks.as_object().unwrap() {
        body[name] = value.clone();
    }
    floor.keeper.post_new(LEVELS, body).await.ok()["id"].clone()
}

/// Which level the floor's leader has.
async fn has(floor: &Floor<'_>) -> Value {
    floor.keeper.get(&format!("/console/api/v1/leaders/{}", floor.leader_id)).await.ok()["level_id"].clone()
}

/// An operator gives the floor's leader a level, or takes it away.
async fn gives(floor: &Floor<'_>, level: &Value) {
    let path = format!("/console/api/v1/leaders/{}", floor.leader_id);
    floor.keeper.patch(&path, json!({"level_id": level})).await.ok();
}

/// Looks at all leaders, as the job does every ten minutes; how many rose.
async fn look(app: &TestApp) -> u64 {
    leader_levels::raise(&app.app).await.unwrap()
}

/// Buys, gets the goods and lets the window end.
async fn completes(floor: &Floor<'_>, who: &Client, ware: &Ware, quantity: i64) -> Value {
    let order = floor.buys(who, &[(ware, quantity)]).await;
    let path = format!("/console/api/v1/orders/{}", id(&order));
    floor.keeper.post_new(&format!("{path}/ship"), json!({})).await.ok();
    floor.keeper.post_new(&format!("{path}/arrive"), json!({})).await.ok();
    who.post(&format!("/api/v1/orders/{}/confirm-receipt", id(&order)), json!({})).await.ok();
    floor.app.advance(8 * 86_400);
    floor.app.run_due_jobs().await;
    assert_eq!(floor.seen(who, &order).await["status"], "completed");
    order
}

on_both! {
    async fn a_leader_rises_by_orders_by_sales_and_by_members(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 50).await;
        let one = level(&floor, 1, 500, json!({"from_orders": 1})).await;
        let two = level(&floor, 2, 600, json!({"from_sales_fen": 5_000, "from_orders": 1_000})).await;
        let three = level(&floor, 3, 700, json!({"from_members": 2, "from_sales_fen": 9_000_000})).await;
        level(&floor, 4, 800, json!({})).await;
        let anna = app.member("anna").await;
        floor.buys(&anna, &[(&apples, 9)]).await;
        assert_eq!((look(app).await, has(&floor).await), (0, Value::Null), "what is merely paid does not count");

        completes(&floor, &anna, &apples, 2).await;
        look(app).await;
        assert_eq!(has(&floor).await, one);
        completes(&floor, &anna, &apples, 3).await;
        assert_eq!((look(app).await, has(&floor).await), (1, two.clone()));
        let chooses = json!({"pickup_point_id": floor.point});
        anna.put("/api/v1/me/pickup-point", chooses.clone()).await.ok();
        assert_eq!((look(app).await, has(&floor).await), (0, two.clone()));
        app.member("ben").await.put("/api/v1/me/pickup-point", chooses).await.ok();
        assert_eq!((look(app).await, has(&floor).await), (1, three.clone()));
        assert_eq!((look(app).await, has(&floor).await), (0, three.clone()), "once is enough");

        let log = floor.keeper.get("/console/api/v1/audit-entries").await.ok();
        let rises: Vec<&Value> =
            log["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == "leader.rise").collect();
        assert_eq!(rises.len(), 3, "{log}");
        let last = &rises[0];
        assert_eq!((&last["subject"], &last["operator_id"]), (&json!(floor.leader_id), &Value::Null));
        let detail = json!({
            "by": "system", "before": two, "after": three, "sales_fen": 5_000, "members": 2, "orders": 2,
        });
        assert_eq!(last["detail"], detail);
    }
}

on_both! {
    async fn the_highest_reached_is_given_at_once_and_money_that_went_back_does_not_count(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 50).await;
        level(&floor, 1, 500, json!({"from_orders": 1})).await;
        let two = level(&floor, 2, 600, json!({"from_sales_fen": 3_000})).await;
        level(&floor, 3, 700, json!({"from_sales_fen": 4_000})).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 4)]).await;
        let line = order["lines"][0]["id"].clone();
        floor.refunds(&order, json!({"lines": [{"line_id": line, "quantity": 1}]})).await;
        floor.refunds_arrive().await;
        let path = format!("/console/api/v1/orders/{}", id(&order));
        floor.keeper.post_new(&format!("{path}/ship"), json!({})).await.ok();
        floor.keeper.post_new(&format!("{path}/arrive"), json!({})).await.ok();
        anna.post(&format!("/api/v1/orders/{}/confirm-receipt", id(&order)), json!({})).await.ok();
        app.advance(8 * 86_400);
        app.run_due_jobs().await;
        assert_eq!((look(app).await, has(&floor).await), (1, two));
    }
}

on_both! {
    async fn nobody_falls_and_what_an_operator_gave_stays_where_it_is_higher(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 50).await;
        let one = level(&floor, 1, 500, json!({"from_orders": 1})).await;
        let two = level(&floor, 2, 600, json!({"from_orders": 1})).await;
        let three = level(&floor, 3, 700, json!({"from_orders": 100})).await;
        let honour = level(&floor, 9, 900, json!({})).await;
        completes(&floor, &app.member("anna").await, &apples, 1).await;
        for given in [&three, &honour] {
            gives(&floor, given).await;
            assert_eq!((look(app).await, has(&floor).await), (0, given.clone()));
        }
        // What is asked for later touches nobody who is there.
        gives(&floor, &two).await;
        let harder = json!({"name": "2 级", "rank": 2, "rate_bp": 600, "from_orders": 50});
        floor.keeper.put(&format!("{LEVELS}/{}", two.as_str().unwrap()), harder).await.ok();
        assert_eq!((look(app).await, has(&floor).await), (0, two.clone()));
        // Set lower than what was reached, he rises again.
        gives(&floor, &Value::Null).await;
        assert_eq!((look(app).await, has(&floor).await), (1, one));
    }
}

on_both! {
    async fn a_frozen_leader_waits_and_a_level_of_another_shop_is_nobodys(app: TestApp) {
        let floor = Floor::open(app).await;
        let one = level(&floor, 1, 500, json!({"from_members": 1})).await;
        let (_, other) = leader(app, "olga", 23.2, 113.3).await;
        let chooses = json!({"pickup_point_id": floor.point});
        app.member("ben").await.put("/api/v1/me/pickup-point", chooses).await.ok();
        let path = format!("/console/api/v1/leaders/{}", floor.leader_id);
        floor.keeper.patch(&path, json!({"state": "frozen"})).await.ok();
        assert_eq!((look(app).await, has(&floor).await), (0, Value::Null));
        floor.keeper.patch(&path, json!({"state": "enabled", "resting": true})).await.ok();
        let looks = futures::future::join_all((0..4).map(|_| look(app))).await;
        assert_eq!((looks.iter().sum::<u64>(), has(&floor).await), (1, one), "four workers raise him once");
        let other = format!("/console/api/v1/leaders/{}", other["leader"]["id"].as_str().unwrap());
        assert_eq!(floor.keeper.get(&other).await.ok()["level_id"], Value::Null);
    }
}

on_both! {
    async fn an_order_keeps_the_rate_of_the_level_it_was_placed_at(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"leader_level_mode": true})).await;
        let apples = floor.goods(1_000, 50).await;
        level(&floor, 1, 2_000, json!({"from_members": 1})).await;
        let anna = app.member("anna").await;
        floor.buys(&anna, &[(&apples, 1)]).await;
        let placed = floor.orders(&anna, &[(&apples, 1)]).await;
        anna.put("/api/v1/me/pickup-point", json!({"pickup_point_id": floor.point})).await.ok();
        assert_eq!(look(app).await, 1);
        let number = floor.pays_unheard(&anna, &placed).await;
        assert_eq!(floor.hears(&number).await, 204);
        floor.buys(&anna, &[(&apples, 1)]).await;
        let statement = floor.leader.get("/api/v1/leader/commissions").await.ok();
        let earned: Vec<i64> =
            statement["items"].as_array().unwrap().iter().map(|row| row["amount_fen"].as_i64().unwrap()).collect();
        assert_eq!(earned, [200, 100, 100]);
        floor.adds_up().await;
    }
}

on_both! {
    async fn what_a_level_asks_for_is_shown_replaced_and_checked(app: TestApp) {
        let keeper = app.operator().await;
        let body = json!({"name": "金牌", "rank": 1, "rate_bp": 800, "from_sales_fen": 1, "from_members": 2});
        let made = keeper.post_new(LEVELS, body).await.ok();
        let asks = |row: &Value| (row["from_sales_fen"].clone(), row["from_members"].clone(), row["from_orders"].clone());
        assert_eq!(asks(&made), (json!(1), json!(2), Value::Null));
        for field in ["from_sales_fen", "from_members", "from_orders"] {
            for wrong in [0, -1, 1_000_000_000_001_i64] {
                let mut body = json!({"name": "银牌", "rank": 2, "rate_bp": 700});
                body[field] = json!(wrong);
                let told = keeper.post_new(LEVELS, body).await.refused(400, "validation.failed");
                assert_eq!(told["errors"][0]["field"], field);
            }
        }
        let path = format!("{LEVELS}/{}", made["id"].as_str().unwrap());
        let other = json!({"name": "金牌", "rank": 1, "rate_bp": 800, "from_orders": 7});
        keeper.patch(&path, other).await.ok();
        let listed = keeper.get(LEVELS).await.ok();
        assert_eq!(asks(&listed["items"][0]), (Value::Null, Value::Null, json!(7)), "what is left out is asked no more");
    }
}
