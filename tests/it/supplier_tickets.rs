//! After-sale tickets of a supplier's lines: its own operator sees and decides them and no others.

use serde_json::{Value, json};

use crate::app::{PASSWORD, TestApp};
use crate::refunds::hands_over;
use crate::shop_floor::id;
use crate::shopper::Client;
use crate::supplier_money::Orchard;
use crate::suppliers::supplier;

const TICKETS: &str = "/console/api/v1/after-sales";

/// Somebody of a supplier, signed in.
async fn person(app: &TestApp, keeper: &Client, name: &str, supplier: &Value) -> Client {
    let body = json!({"username": name, "password": PASSWORD, "role": "supplier", "supplier_id": supplier["id"]});
    keeper.post_new("/console/api/v1/operators", body).await.ok();
    app.anybody().signs_in_to_console(name, PASSWORD).await
}

/// A member claims one unit of every line of an order.
async fn claims(who: &Client, order: &Value, kind: &str) -> Value {
    let lines = order["lines"].as_array().unwrap().iter().map(|line| json!({"line_id": line["id"], "quantity": 1}));
    let body = json!({"lines": lines.collect::<Vec<_>>(), "kind": kind, "reason": "坏了一个", "photos": []});
    who.post_new(&format!("/api/v1/orders/{}/after-sales", id(order)), body).await.ok()
}

fn path(ticket: &Value, call: &str) -> String {
    format!("{TICKETS}/{}{call}", id(ticket))
}

/// The ids of the tickets somebody sees, newest first.
async fn seen_by(who: &Client, query: &str) -> Vec<String> {
    let listed = who.get(&format!("{TICKETS}{query}")).await.ok();
    listed["items"].as_array().unwrap().iter().map(|ticket| id(ticket).to_owned()).collect()
}

/// To whom a ticket does not exist.
async fn is_nothing_to(who: &Client, ticket: &Value) {
    who.get(&path(ticket, "")).await.refused(404, "after_sale.not_found");
    who.post(&path(ticket, "/approve"), json!({})).await.refused(404, "after_sale.not_found");
    who.post(&path(ticket, "/refuse"), json!({"reason": "x"})).await.refused(404, "after_sale.not_found");
    who.post(&path(ticket, "/goods-returned"), json!({})).await.refused(404, "after_sale.not_found");
}

on_both! {
    async fn a_supplier_sees_and_decides_the_tickets_of_its_lines_alone(app: TestApp) {
        let orchard = Orchard::open(app, json!({})).await;
        let (floor, anna, keeper) = (&orchard.floor, &orchard.anna, &orchard.floor.keeper);
        let mill = supplier(keeper, "米厂", json!({})).await;
        let rice = floor.goods_with(1_000, json!(9), json!({"supplier_id": mill["id"]})).await;
        let pears = floor.goods(500, 9).await;
        let (guo, mi) = (person(app, keeper, "guo", &orchard.supplier).await, person(app, keeper, "mi", &mill).await);
        let order = floor.buys(anna, &[(&orchard.ware, 2)]).await;
        let own = claims(anna, &order, "refund_only").await;
        let of_mill = claims(anna, &floor.buys(anna, &[(&rice, 1)]).await, "refund_only").await;
        let of_shop = claims(anna, &floor.buys(anna, &[(&pears, 1)]).await, "refund_only").await;
        let mixed = claims(anna, &floor.buys(anna, &[(&orchard.ware, 1), (&rice, 1)]).await, "refund_only").await;
        let with_shop = claims(anna, &floor.buys(anna, &[(&orchard.ware, 1), (&pears, 1)]).await, "refund_only").await;

        assert_eq!(seen_by(&guo, "").await, [id(&own)]);
        assert_eq!(seen_by(&guo, "?state=requested&limit=1").await, [id(&own)]);
        assert!(seen_by(&guo, "?state=refunding").await.is_empty());
        assert_eq!(seen_by(&mi, "").await, [id(&of_mill)]);
        assert_eq!(seen_by(keeper, "").await.len(), 5);
        for other in [&of_mill, &of_shop, &mixed, &with_shop] {
            is_nothing_to(&guo, other).await;
        }
        is_nothing_to(&mi, &own).await;
        guo.get(&format!("/console/api/v1/orders/{}", id(&order))).await.refused(403, "auth.forbidden");

        let ticket = guo.get(&path(&own, "")).await.ok();
        assert_eq!((&ticket["actions"], &ticket["lines"]), (&json!(["approve", "refuse"]), &own["lines"]));
        let granted = guo.post_once("g", &path(&own, "/approve"), json!({})).await;
        assert_eq!(granted.bytes, guo.post_once("g", &path(&own, "/approve"), json!({})).await.bytes);
        assert_eq!(granted.ok()["status"], "refunding");
        floor.refunds_arrive().await;
        let ended = guo.get(&path(&own, "")).await.ok();
        assert_eq!((&ended["status"], &ended["amount_fen"]), (&json!("refunded"), &json!(10_000)));
        assert_eq!(floor.seen(anna, &order).await["refunded_fen"], 10_000);
        let log = keeper.get("/console/api/v1/audit-entries").await.ok();
        let entry = log["items"].as_array().unwrap().iter().find(|entry| entry["action"] == "after_sale.approve").unwrap();
        assert_eq!(entry["operator_id"], guo.session["operator"]["id"]);

        // The shop's own operators decide all of them, as before.
        for ticket in [&of_mill, &of_shop, &mixed, &with_shop] {
            assert_eq!(keeper.post(&path(ticket, "/approve"), json!({})).await.ok()["status"], "refunding");
        }
        floor.refunds_arrive().await;
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_supplier_takes_goods_back_and_leaves_what_was_escalated_to_the_shop(app: TestApp) {
        let orchard = Orchard::open(app, json!({})).await;
        let (floor, anna, keeper) = (&orchard.floor, &orchard.anna, &orchard.floor.keeper);
        let guo = person(app, keeper, "guo", &orchard.supplier).await;
        let because = json!({"reason": "照片里看得到"});
        let order = floor.buys(anna, &[(&orchard.ware, 3)]).await;
        hands_over(floor, anna, &order).await;
        let ticket = claims(anna, &order, "return_and_refund").await;
        assert_eq!(guo.post(&path(&ticket, "/approve"), json!({})).await.ok()["actions"], json!(["goods_returned", "refuse"]));
        let back = guo.post(&path(&ticket, "/goods-returned"), json!({"restock": true})).await.ok();
        assert_eq!((&back["status"], &back["actions"]), (&json!("refunding"), &json!([])));
        assert_eq!(floor.left(&orchard.ware).await, 97);
        floor.refunds_arrive().await;

        let second = claims(anna, &order, "return_and_refund").await;
        guo.post(&path(&second, "/refuse"), json!({"reason": ""})).await.refused(400, "validation.failed");
        let refused = guo.post(&path(&second, "/refuse"), json!({"reason": "照片不清楚"})).await.ok();
        assert_eq!((&refused["status"], &refused["answer"]), (&json!("refused"), &json!("照片不清楚")));
        anna.post(&format!("/api/v1/after-sales/{}/escalate", id(&second)), because).await.ok();
        assert_eq!(guo.get(&path(&second, "")).await.ok()["actions"], json!([]));
        guo.post(&path(&second, "/approve"), json!({})).await.refused(403, "auth.forbidden");
        guo.post(&path(&second, "/refuse"), json!({"reason": "不行"})).await.refused(403, "auth.forbidden");
        keeper.post(&path(&second, "/approve"), json!({})).await.ok();
        assert_eq!(guo.get(&path(&second, "")).await.ok()["actions"], json!(["goods_returned"]));
        guo.post(&path(&second, "/refuse"), json!({"reason": "不行"})).await.refused(403, "auth.forbidden");
        assert_eq!(guo.post(&path(&second, "/goods-returned"), json!({})).await.ok()["status"], "refunding");
        floor.refunds_arrive().await;
        floor.adds_up().await;
    }
}
