//! The cart keeps every line and says why one can no longer be bought.

use kernel::ListingKind;
use kernel::id::OperatorId;
use serde_json::{Value, json};
use tuanqiao::areas::goods::draft::{GoodsDraft, SkuDraft};
use tuanqiao::areas::goods::terms::Source;
use tuanqiao::flows;
use tuanqiao::platform::request_keys::Slot;

use crate::leaders::leader;
use crate::shopper::Client;

async fn sell(keeper: &Client, title: &str, stock: Value, more: Value) -> (String, String) {
    let mut body = json!({
        "title": title,
        "on_shelf": true,
        "skus": [{"price_fen": 1999, "stock": stock}],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = keeper.post("/console/api/v1/goods", body).await.ok();
    let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
    (text(&made), text(&made["skus"][0]))
}

async fn put(client: &Client, sku: &str, quantity: i64) -> Value {
    client.put(&format!("/api/v1/cart/items/{sku}"), json!({"quantity": quantity})).await.ok()
}

/// Why the line of `sku` cannot be bought.
fn why<'a>(cart: &'a Value, sku: &str) -> &'a Value {
    let line = cart["lines"].as_array().unwrap().iter().find(|line| line["sku_id"] == sku).unwrap();
    assert_eq!(line["available"], line["unavailable"].is_null());
    &line["unavailable"]
}

on_both! {
    async fn a_cart_adds_up_its_selected_lines(app: TestApp) {
        let (keeper, anna) = (app.operator().await, app.member("anna").await);
        let (_, apple) = sell(&keeper, "苹果", json!(9), json!({})).await;
        let (_, pear) = sell(&keeper, "梨", Value::Null, json!({})).await;
        assert_eq!(anna.get("/api/v1/cart").await.ok()["lines"], json!([]));
        put(&anna, &apple, 3).await;
        let cart = put(&anna, &pear, 2).await;
        assert_eq!(cart["selected"], json!({"quantity": 5, "goods_fen": 9995}));
        assert_eq!(cart["lines"][0]["title"], "梨");
        let path = format!("/api/v1/cart/items/{pear}");
        let cart = anna.put(&path, json!({"quantity": 2, "selected": false})).await.ok();
        assert_eq!(cart["selected"], json!({"quantity": 3, "goods_fen": 5997}));
        for bad in [json!({"quantity": 0}), json!({"quantity": 10_000}), json!({}), json!({"quantity": 1, "x": 1})] {
            anna.put(&path, bad).await.refused(400, "validation.failed");
        }
        assert_eq!(anna.delete(&path).await.status, 204);
        assert_eq!(anna.delete(&path).await.status, 204);
        assert_eq!(anna.get("/api/v1/cart").await.ok()["lines"].as_array().unwrap().len(), 1);
        assert_eq!(app.member("ben").await.get("/api/v1/cart").await.ok()["lines"], json!([]));
        app.anybody().get("/api/v1/cart").await.refused(401, "auth.required");
        let nothing = "/api/v1/cart/items/sku_01jq0000000000000000000000";
        anna.put(nothing, json!({"quantity": 1})).await.refused(404, "sku.not_found");
    }
}

on_both! {
    async fn a_line_says_why_it_cannot_be_bought(app: TestApp) {
        let (keeper, anna) = (app.operator().await, app.member("anna").await);
        let limit = json!({"purchase_limit": {"per_order": 3, "minimum": 2}});
        let (goods, apple) = sell(&keeper, "苹果", json!(5), limit).await;
        assert_eq!(why(&put(&anna, &apple, 2).await, &apple), &Value::Null);
        assert_eq!(why(&put(&anna, &apple, 1).await, &apple), &json!({"reason": "below_minimum", "at_most": null, "at_least": 2}));
        assert_eq!(why(&put(&anna, &apple, 4).await, &apple), &json!({"reason": "above_limit", "at_most": 3, "at_least": null}));
        assert_eq!(why(&put(&anna, &apple, 6).await, &apple)["reason"], "short");
        let sold = format!("/console/api/v1/skus/{apple}/stock");
        keeper.post_new(&sold, json!({"delta": -5, "reason": "盘亏"})).await.ok();
        let cart = anna.get("/api/v1/cart").await.ok();
        assert_eq!(why(&cart, &apple)["reason"], "sold_out");
        assert_eq!(cart["selected"], json!({"quantity": 0, "goods_fen": 0}));
        let path = format!("/console/api/v1/goods/{goods}");
        let now = app.app.clock.now();
        let reason = async |change: Value| {
            keeper.patch(&path, change).await.ok();
            why(&anna.get("/api/v1/cart").await.ok(), &apple)["reason"].clone()
        };
        assert_eq!(reason(json!({"sale_from": now + chrono::Duration::hours(1)})).await, "sale_not_started");
        let over = json!({"sale_from": null, "sale_until": now});
        assert_eq!(reason(over).await, "sale_ended");
        assert_eq!(reason(json!({"sale_until": null, "pickup_point_ids": []})).await, "out_of_region");
        assert_eq!(reason(json!({"pickup_point_ids": null, "on_shelf": false})).await, "off_shelf");
        // What is off sale can be made fewer, and neither more nor new.
        put(&anna, &apple, 1).await;
        let item = format!("/api/v1/cart/items/{apple}");
        anna.put(&item, json!({"quantity": 2})).await.refused(409, "goods.not_on_sale");
        app.member("ben").await.put(&item, json!({"quantity": 1})).await.refused(409, "goods.not_on_sale");
        keeper.delete(&path).await;
        assert_eq!(why(&anna.get("/api/v1/cart").await.ok(), &apple)["reason"], "off_shelf");
    }
}

on_both! {
    async fn a_marketplaces_goods_never_enter_a_cart(app: TestApp) {
        let anna = app.member("anna").await;
        let source = Source {
            marketplace: "pinduoduo_affiliate".to_owned(),
            external_id: "g1".to_owned(),
            url: None,
            shop_name: None,
            coupon_fen: None,
            rate_bp: None,
            estimated_commission_fen: None,
        };
        let draft = GoodsDraft {
            kind: ListingKind::Affiliate,
            title: "拼多多的苹果".to_owned(),
            on_shelf: true,
            source: Some(source),
            ..GoodsDraft::default()
        };
        let skus = [SkuDraft { price_fen: kernel::Fen::from_fen(990), ..SkuDraft::default() }];
        let once = Slot::without_key().once(201, |_: &flows::goods::Described| ());
        let made = flows::goods::create(&app.app, &app.shop(), None::<OperatorId>, &draft, &skus, &once).await.unwrap();
        let shown = anna.get(&format!("/api/v1/goods/{}", made.goods.id)).await.ok();
        assert_eq!((&shown["listing"], &shown["marketplace"]), (&json!("affiliate"), &json!("pinduoduo_affiliate")));
        let item = format!("/api/v1/cart/items/{}", made.skus[0].id);
        anna.put(&item, json!({"quantity": 1})).await.refused(422, "goods.affiliate_only");
    }
}

on_both! {
    async fn an_order_empties_its_lines_and_the_catalogue_follows_at_once(app: TestApp) {
        let (keeper, anna) = (app.operator().await, app.member("anna").await);
        let (_, approved) = leader(app, "ben", 23.1291, 113.2644).await;
        let (goods, apple) = sell(&keeper, "苹果", json!(5), json!({})).await;
        let (_, pear) = sell(&keeper, "梨", json!(5), json!({})).await;
        put(&anna, &apple, 2).await;
        put(&anna, &pear, 1).await;
        let left = async || anna.get(&format!("/api/v1/goods/{goods}")).await.ok()["stock"].clone();
        assert_eq!(left().await, 5);
        let order = json!({
            "lines": [{"sku_id": apple, "quantity": 2}],
            "fulfilment": {"kind": "pickup", "pickup_point_id": approved["pickup_point_id"]},
        });
        let order = anna.post_new("/api/v1/orders", order).await.ok();
        assert_eq!(left().await, 3);
        let cart = anna.get("/api/v1/cart").await.ok();
        assert_eq!((cart["lines"].as_array().unwrap().len(), &cart["lines"][0]["sku_id"]), (1, &json!(pear)));
        let stock = keeper.get(&format!("/console/api/v1/goods/{goods}")).await.ok()["skus"][0].clone();
        assert_eq!((&stock["stock"], &stock["reserved"]), (&json!(3), &json!(2)));
        anna.post(&format!("/api/v1/orders/{}/cancel", order["id"].as_str().unwrap()), json!({})).await.ok();
        // Two movements within a moment may share the second reading.
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        assert_eq!(left().await, 5);
    }
}

on_both! {
    async fn region_limited_goods_are_sold_at_their_points_alone(app: TestApp) {
        let (keeper, anna, carol) = (app.operator().await, app.member("anna").await, app.member("carol").await);
        let (_, approved) = leader(app, "ben", 23.1291, 113.2644).await;
        let point = approved["pickup_point_id"].as_str().unwrap();
        let (goods, apple) = sell(&keeper, "苹果", json!(5), json!({"pickup_point_ids": [point]})).await;
        let shown = async |client: &Client, query: &str| {
            client.get(&format!("/api/v1/goods{query}")).await.ok()["items"].as_array().unwrap().len()
        };
        let here = format!("?pickup_point_id={point}");
        assert_eq!((shown(&anna, "").await, shown(&app.anybody(), &here).await), (0, 1));
        app.anybody().get(&format!("/api/v1/goods/{goods}{here}")).await.ok();
        anna.get(&format!("/api/v1/goods/{goods}")).await.refused(404, "goods.not_found");
        anna.put("/api/v1/me/pickup-point", json!({"pickup_point_id": point})).await.ok();
        assert_eq!((shown(&anna, "").await, shown(&carol, "").await), (1, 0));
        anna.get(&format!("/api/v1/goods/{goods}")).await.ok();
        assert_eq!(why(&put(&anna, &apple, 1).await, &apple), &Value::Null);
        assert_eq!(why(&put(&carol, &apple, 1).await, &apple)["reason"], "out_of_region");
    }
}
