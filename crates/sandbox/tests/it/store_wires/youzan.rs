//! Youzan.

use md5::{Digest, Md5};
use sandbox::stores::{Purchase, StorePlatform};
use serde_json::{Value, json};

use super::{app, beijing, opened, stores};
use crate::client::{Inbox, Shop, listen};
use crate::shapes::{global_fixture, tells_all_of};

async fn youzan(shop: &Shop, path: &str, body: Value) -> Value {
    shop.control(&format!("/youzan{path}"), body).await.1
}

#[tokio::test]
async fn youzan_tells_its_three_kinds_of_refusal_apart() {
    let (shop, store) = opened(StorePlatform::Youzan, "56232");
    let (id, secret) = app(&shop, StorePlatform::Youzan);
    let silent = |refresh: bool| json!({"client_id": id, "client_secret": secret, "authorize_type": "silent", "grant_id": "56232", "refresh": refresh});
    let first = youzan(&shop, "/auth/token", silent(false)).await;
    let again = youzan(&shop, "/auth/token", silent(false)).await;
    assert_eq!(first["data"]["access_token"], again["data"]["access_token"], "the live one is told again");
    assert!(first["data"]["expires"].as_i64().unwrap() > 1_700_000_000_000);
    let anew = youzan(&shop, "/auth/token", silent(true)).await;
    let token = anew["data"]["access_token"].as_str().unwrap().to_owned();
    let items = json!({"page_no": 1, "page_size": 5});
    let on_sale = |token: &str| format!("/api/youzan.items.onsale.get/3.0.0?access_token={token}");
    let dead = youzan(&shop, &on_sale(first["data"]["access_token"].as_str().unwrap()), items.clone()).await;
    assert_eq!(dead["gw_err_resp"]["err_code"], 4202, "a new token ends the former one at once");

    tells_all_of(&youzan(&shop, &on_sale(&token), items.clone()).await, &global_fixture("fx-youzan-items"));
    let variant = stores(&shop).items(&store)[0].variants[0].number;
    let order = stores(&shop).buy(&store, &[(variant, 1)], &Purchase::default()).unwrap();
    let call = |name: &str, version: &str| format!("/api/{name}/{version}?access_token={token}");
    let sold = json!({"start_update": beijing(-60), "end_update": beijing(2), "page_no": 1, "page_size": 20});
    let told = youzan(&shop, &call("youzan.trades.sold.get", "4.0.4"), sold).await;
    tells_all_of(&told["data"], &{
        let mut theirs = global_fixture("fx-youzan-orders")["data"].clone();
        // Where there is no choice the item's own code is told.
        theirs["full_order_info_list"][0]["full_order_info"]["orders"][0]
            .as_object_mut()
            .unwrap()
            .remove("outer_sku_id");
        theirs
    });
    let one = json!({"start_update": beijing(-60), "page_no": 1, "page_size": 20});
    let wide = json!({"start_update": beijing(-100 * 86_400), "end_update": beijing(0), "page_no": 1, "page_size": 20});
    let day = json!({"start_update": "2026-11-20", "end_update": beijing(0), "page_no": 1, "page_size": 20});
    let ship = json!({"tid": order, "is_no_express": 0, "out_stype": 44, "out_sid": "SF1"});
    let cases = [
        (on_sale(""), items.clone(), 4201),
        (on_sale("never"), items.clone(), 4203),
        (call("youzan.no.such", "1.0.0"), json!({}), 4004),
        (call("youzan.items.onsale.get", "1.0.0"), json!({}), 4005),
        (call("youzan.items.onsale.get", "3.0.0"), json!({"page_no": "one", "page_size": 5}), 5001),
        (call("youzan.items.onsale.get", "3.0.0"), json!({"page_no": 1, "page_size": 200}), 105_000_003),
        (call("youzan.items.onsale.get", "3.0.0"), json!({"page_no": 40, "page_size": 100}), 105_000_003),
        (call("youzan.trades.sold.get", "4.0.4"), one, 105_000_003),
        (call("youzan.trades.sold.get", "4.0.4"), wide, 106_000_001),
        (call("youzan.trades.sold.get", "4.0.4"), day, 5001),
        (call("youzan.item.quantity.update", "3.0.0"), json!({"item_id": 1, "quantity": 1, "type": 0}), 123_005_001),
        (call("youzan.logistics.online.confirm", "3.0.0"), ship.clone(), 0),
        (call("youzan.logistics.online.confirm", "3.0.0"), ship, 102_570_020),
    ];
    for (path, body, wanted) in cases {
        let said = youzan(&shop, &path, body).await;
        let code = said["gw_err_resp"]["err_code"].as_i64().or(said["code"].as_i64()).unwrap();
        assert_eq!(if code == 200 { 0 } else { code }, wanted, "{path} {said}");
    }
    let form = shop.http.post(shop.url("/youzan/auth/token")).body("client_id=x").send().await.unwrap();
    let said: Value = form.json().await.unwrap();
    assert_eq!(said["code"], 1000);
}

/// What came in until `wanted` messages did.
async fn heard(inbox: &Inbox, wanted: usize) -> Vec<(Vec<(String, String)>, String)> {
    loop {
        let heard = inbox.lock().unwrap().clone();
        if heard.len() >= wanted {
            return heard;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn youzan_signs_what_it_pushes_and_repeats_it_until_the_shop_says_success() {
    let (shop, store) = opened(StorePlatform::Youzan, "56232");
    let (id, secret) = app(&shop, StorePlatform::Youzan);
    let (url, inbox) = listen(Vec::new()).await;
    stores(&shop).register_push(StorePlatform::Youzan, &url);
    let number = stores(&shop).items(&store)[0].number;
    stores(&shop).edit(&store, number, |item| item.title = "新名字".to_owned()).unwrap();
    // This shop answers 200 with an empty body, which is no success.
    let heard = heard(&inbox, 2).await;
    assert_eq!(heard[0].1, heard[1].1);
    let header = |name: &str| heard[0].0.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let wanted = hex::encode(Md5::digest([id.as_bytes(), heard[0].1.as_bytes(), secret.as_bytes()].concat()));
    assert_eq!((header("event-sign"), header("client-id")), (Some(wanted), Some(id)));
    let body: Value = serde_json::from_str(&heard[0].1).unwrap();
    assert_eq!((body["type"].as_str(), body["kdt_id"].as_i64()), (Some("ITEM_STATE"), Some(56_232)));
}
