//! What an order shows to whom, what it offers, and the limits of R-06 seen from cart and checkout.

use serde_json::{Value, json};

use crate::shop_floor::{Floor, Ware, id};
use crate::shopper::Client;

fn actions(order: &Value) -> Vec<&str> {
    order["actions"].as_array().unwrap().iter().map(|action| action.as_str().unwrap()).collect()
}

async fn lives(who: &Client) -> Value {
    let here = json!({
        "name": "安娜", "phone": "13800000001", "province": "广东省", "city": "广州市", "district": "天河区",
        "detail": "体育西路 1 号",
    });
    who.post("/api/v1/me/addresses", here).await.ok()["id"].clone()
}

on_both! {
    async fn an_order_shows_its_address_to_those_who_bring_it_and_nowhere_else(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let address = lives(&anna).await;
        let order = async |kind: &str| {
            let mut wish = floor.basket(&[(&apples, 1)]);
            wish["fulfilment"]["kind"] = json!(kind);
            wish["fulfilment"]["address_id"] = address.clone();
            if kind == "express" {
                wish["fulfilment"].as_object_mut().unwrap().remove("pickup_point_id");
            }
            let order = anna.post_new("/api/v1/orders", wish).await;
            assert!(!order.text().contains("13800000001"), "an answer that is kept: {}", order.text());
            let order = order.ok();
            let number = floor.pays_unheard(&anna, &order).await;
            assert_eq!(floor.hears(&number).await, 204);
            order
        };
        let (parcel, brought) = (order("express").await, order("leader_delivery").await);
        for order in [&parcel, &brought] {
            for shown in [floor.seen(&anna, order).await, floor.console(order).await] {
                let address = &shown["address"];
                assert_eq!((&address["phone"], &address["detail"]), (&json!("13800000001"), &json!("体育西路 1 号")));
                assert_eq!((&address["name"], &address["city"], &address["district"]), (&json!("安娜"), &json!("广州市"), &json!("天河区")));
            }
        }
        let leader = async |order: &Value| floor.leader.get(&format!("/api/v1/leader/orders/{}", id(order))).await;
        assert_eq!(leader(&brought).await.ok()["address"]["phone"], "13800000001");
        assert!(!leader(&parcel).await.text().contains("13800000001"), "a parcel is no business of the leader's");
        let elsewhere = floor.buys(&app.member("ben").await, &[(&apples, 1)]).await;
        assert_eq!(floor.seen(&app.member("ben").await, &elsewhere).await["address"], Value::Null);
        app.member("carol").await.get(&format!("/api/v1/leader/orders/{}", id(&brought))).await.refused(403, "leader.required");
        for list in [
            anna.get("/api/v1/orders").await,
            floor.keeper.get("/console/api/v1/orders").await,
            floor.leader.get("/api/v1/leader/orders").await,
        ] {
            assert!(!list.text().contains("13800000001"), "{}", list.request);
        }
    }
}

on_both! {
    async fn an_order_offers_only_what_would_be_done(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 20).await;
        let anna = app.member("anna").await;
        let open = floor.orders(&anna, &[(&apples, 1)]).await;
        assert_eq!(actions(&open), ["pay", "cancel"]);
        app.advance(900);
        assert_eq!(actions(&floor.seen(&anna, &open).await), ["cancel"], "its time to pay is over");

        let paid = floor.buys(&anna, &[(&apples, 1)]).await;
        assert_eq!(actions(&paid), ["cancel", "pickup_code", "after_sale"]);
        floor.settings(json!({"member_cancel_paid": false})).await;
        assert_eq!(actions(&floor.seen(&anna, &paid).await), ["pickup_code", "after_sale"]);
        let cancel = format!("/api/v1/orders/{}/cancel", id(&paid));
        anna.post(&cancel, json!({})).await.refused(409, "order.wrong_state");
        floor.settings(json!({"member_cancel_paid": true, "after_sale_window_s": 3600})).await;
        let refunded = floor.buys(&anna, &[(&apples, 1)]).await;
        let gone = anna.post(&format!("/api/v1/orders/{}/cancel", id(&refunded)), json!({})).await.ok();
        assert!(!actions(&gone).contains(&"cancel") && !actions(&gone).contains(&"after_sale"), "{gone}");

        let path = format!("/console/api/v1/orders/{}", id(&paid));
        floor.keeper.post_new(&format!("{path}/ship"), json!({})).await.ok();
        floor.keeper.post_new(&format!("{path}/arrive"), json!({})).await.ok();
        assert_eq!(actions(&floor.seen(&anna, &paid).await), ["pickup_code", "confirm_receipt", "after_sale"]);
        let code = anna.get(&format!("/api/v1/orders/{}/pickup-code", id(&paid))).await.ok()["code"].clone();
        floor.leader.post("/api/v1/leader/redemptions", json!({"code": code})).await.ok();
        assert_eq!(actions(&floor.seen(&anna, &paid).await), ["after_sale"]);
        app.advance(3600);
        assert_eq!(actions(&floor.seen(&anna, &paid).await), Vec::<&str>::new(), "the window has ended");
    }
}

/// Why the line of a SKU cannot be bought, as the cart says.
async fn trouble(who: &Client, ware: &Ware, quantity: i64) -> Value {
    let cart = who.put(&format!("/api/v1/cart/items/{}", ware.sku), json!({"quantity": quantity})).await.ok();
    let lines = cart["lines"].as_array().unwrap().clone();
    lines.into_iter().find(|line| line["sku_id"] == ware.sku.as_str()).unwrap()["unavailable"].clone()
}

on_both! {
    async fn a_limit_that_was_off_for_a_time_counts_what_was_bought_meanwhile(app: TestApp) {
        let floor = Floor::open(app).await;
        let limit = |ever: Value| json!({"purchase_limit": ever});
        let apples = floor.goods_with(1000, json!(100), limit(json!({"ever": 5}))).await;
        let path = format!("/console/api/v1/goods/{}", apples.goods);
        let anna = app.member("anna").await;
        floor.orders(&anna, &[(&apples, 2)]).await;
        floor.keeper.patch(&path, limit(Value::Null)).await.ok();
        let unlimited = floor.orders(&anna, &[(&apples, 3)]).await;
        floor.keeper.patch(&path, limit(json!({"ever": 6}))).await.ok();
        floor.tries(&anna, &[(&apples, 2)]).await.refused(409, "purchase.limit");
        assert_eq!(trouble(&anna, &apples, 2).await, json!({"reason": "above_limit", "at_most": 1, "at_least": null}));
        assert_eq!(trouble(&anna, &apples, 1).await, Value::Null);
        anna.post(&format!("/api/v1/orders/{}/cancel", id(&unlimited)), json!({})).await.ok();
        floor.tries(&anna, &[(&apples, 5)]).await.refused(409, "purchase.limit");
        floor.orders(&anna, &[(&apples, 4)]).await;
        floor.tries(&anna, &[(&apples, 1)]).await.refused(409, "purchase.limit");

        // Bought before there was any limit: the cart knows of it as checkout does.
        let pears = floor.goods(1000, 100).await;
        floor.orders(&anna, &[(&pears, 3)]).await;
        floor.keeper.patch(&format!("/console/api/v1/goods/{}", pears.goods), limit(json!({"per_day": 3}))).await.ok();
        assert_eq!(trouble(&anna, &pears, 1).await["at_most"], 0);
        floor.tries(&anna, &[(&pears, 1)]).await.refused(409, "purchase.limit");
    }
}

on_both! {
    async fn the_least_quantity_is_counted_over_all_skus_of_the_goods(app: TestApp) {
        let floor = Floor::open(app).await;
        let body = json!({
            "title": "苹果", "on_shelf": true, "purchase_limit": {"minimum": 3},
            "skus": [
                {"specs": {"规格": "5 斤"}, "price_fen": 1000, "stock": 10},
                {"specs": {"规格": "9 斤"}, "price_fen": 1700, "stock": 10},
            ],
        });
        let made = floor.keeper.post_new("/console/api/v1/goods", body).await.ok();
        let ware = |n: usize| Ware { goods: id(&made).to_owned(), sku: id(&made["skus"][n]).to_owned() };
        let (small, large) = (ware(0), ware(1));
        let anna = app.member("anna").await;
        floor.tries(&anna, &[(&small, 1), (&large, 1)]).await.refused(422, "purchase.minimum_quantity");
        assert_eq!(trouble(&anna, &small, 1).await["reason"], "below_minimum");
        assert_eq!(trouble(&anna, &large, 2).await, Value::Null);
        floor.orders(&anna, &[(&small, 1), (&large, 2)]).await;
    }
}

on_both! {
    async fn what_could_never_be_sold_so_is_refused_at_the_console(app: TestApp) {
        let floor = Floor::open(app).await;
        let fields = |answer: crate::answer::Answer| -> Vec<String> {
            let body = answer.refused(400, "validation.failed");
            body["errors"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap().to_owned()).collect()
        };
        let goods = async |more: Value, sku: Value| {
            let mut body = json!({"title": "苹果", "skus": [{"price_fen": 1000, "stock": 1}]});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body["skus"][0].as_object_mut().unwrap().extend(sku.as_object().unwrap().clone());
            floor.keeper.post_new("/console/api/v1/goods", body).await
        };
        let both = json!({"express_only": true, "pickup_point_ids": [floor.point]});
        assert_eq!(fields(goods(both, json!({})).await), ["pickup_point_ids"]);
        let priced = goods(json!({}), json!({"member_price_fen": 900})).await;
        assert_eq!(fields(priced), ["skus[0].member_price_fen"]);
        assert_eq!(goods(json!({}), json!({"member_price_fen": null})).await.status, 201);
    }
}

on_both! {
    async fn goods_for_new_buyers_are_not_shown_to_others(app: TestApp) {
        let floor = Floor::open(app).await;
        let (apples, welcome) =
            (floor.goods(1000, 10).await, floor.goods_with(100, json!(10), json!({"new_buyer_only": true})).await);
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        floor.buys(&anna, &[(&apples, 1)]).await;
        let path = format!("/api/v1/goods/{}", welcome.goods);
        anna.get(&path).await.refused(404, "goods.not_found");
        ben.get(&path).await.ok();
        app.anybody().get(&path).await.ok();
    }
}
