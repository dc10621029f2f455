//! The control API of stores.

use serde_json::json;

use crate::client::Shop;

#[tokio::test]
async fn people_and_merchants_are_played_over_http() {
    let shop = Shop::open();
    let store = json!({"platform": "taobao", "seller": "77", "name": "店", "items": 5, "settings": {"a": "b"}});
    assert_eq!(shop.control("/_sandbox/stores", store).await.0, 200);
    assert_eq!(shop.json("/_sandbox/stores").await["stores"][0]["items"], 5);
    let items = shop.json("/_sandbox/stores/taobao/77/items").await;
    let (number, variant) = (&items["items"][0]["number"], &items["items"][0]["variants"][0]["number"]);
    let at = |rest: &str| format!("/_sandbox/stores/taobao/77/{rest}");
    assert_eq!(shop.control(&at("stock"), json!({"variant": variant, "quantity": 2})).await.0, 200);
    let buy = json!({"lines": [{"variant": variant, "quantity": 2}], "unpaid": true});
    let (status, bought) = shop.control(&at("orders"), buy.clone()).await;
    assert_eq!(status, 200, "{bought}");
    assert_eq!(shop.control(&at("orders"), buy).await.0, 409, "it is sold out");
    let event = at(&format!("orders/{}", bought["id"].as_str().unwrap()));
    assert_eq!(shop.control(&event, json!({"event": "receive"})).await.0, 409);
    assert_eq!(shop.control(&event, json!({"event": "pay"})).await.0, 200);
    assert_eq!(shop.json(&at("orders")).await["orders"][0]["stage"], "paid");
    assert_eq!(shop.control(&at(&format!("items/{number}")), json!({"title": "新", "price_minor": 100})).await.0, 200);
    assert_eq!(shop.json(&at("items")).await["items"][0]["title"], "新");
    assert_eq!(shop.control(&at("tokens"), json!({"event": "revoke"})).await.0, 404, "nobody has authorised it");
    assert_eq!(shop.control("/_sandbox/stores/taobao", json!({"quota": 3})).await.0, 200);
    assert_eq!(shop.control("/_sandbox/stores/taobao/78/items", json!({"count": 3})).await.0, 404);
    let picture = shop.http.get(shop.url("/pictures/4711.png")).send().await.unwrap();
    assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG"));
}
