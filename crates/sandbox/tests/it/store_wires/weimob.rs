//! Weimob.

use sandbox::stores::{Purchase, StorePlatform};
use serde_json::{Value, json};

use super::{app, opened, stores};
use crate::shapes::{global_fixture, same_shape, tells_all_of};

#[tokio::test]
async fn weimob_wants_everything_of_a_token_call_in_the_query_and_the_right_node() {
    let (shop, store) = opened(StorePlatform::Weimob, "4020502275894");
    stores(&shop).set(&store, "vid", "6000287446212").unwrap();
    let (id, secret) = app(&shop, StorePlatform::Weimob);
    let query =
        format!("client_id={id}&client_secret={secret}&shop_id=4020502275894&shop_type=business_operation_system_id");
    let path = format!("/weimob/fuwu/b/oauth2/token?grant_type=client_credentials&{query}");
    let told = shop.control(&path, json!({})).await.1;
    same_shape(&told, &global_fixture("fx-weimob-token"));
    assert!(shop.control(&path, json!({"client_id": id})).await.1["access_token"].is_null());
    let token = told["access_token"].as_str().unwrap().to_owned();
    let ask = async |action: &str, body: Value| {
        shop.control(&format!("/weimob/apigw/weimob_shop/v2.0/{action}?accesstoken={token}"), body).await.1
    };
    let node = json!({"vid": 6_000_287_446_212_i64});
    let list = |size: i64| json!({"pageNum": 1, "pageSize": size, "queryParameter": {}, "basicInfo": node});
    let goods = ask("goods/getList", list(20)).await;
    tells_all_of(&goods, &global_fixture("fx-weimob-goods"));
    let item = stores(&shop).items(&store)[0].clone();
    stores(&shop).buy(&store, &[(item.variants[0].number, 1)], &Purchase::default()).unwrap();
    let now = chrono::Utc::now().timestamp_millis();
    let time = json!({"type": 2, "startTime": now - 60_000, "endTime": now + 2_000});
    let search = json!({"pageNum": 1, "pageSize": 50, "queryParameter": {"queryTime": time}, "basicInfo": node});
    tells_all_of(&ask("order/list/search", search).await, &global_fixture("fx-weimob-orders"));

    // Half of it fails under a code of success.
    let lines = json!([{"skuId": item.variants[0].number, "stockNum": 4}, {"skuId": 2, "stockNum": 4}]);
    let stock =
        json!({"goodsList": [{"goodsId": item.number, "skuList": lines}], "quantityEditType": 0, "basicInfo": node});
    let told = ask("stock/update", stock).await;
    assert_eq!(
        (told["code"]["errcode"].as_str(), told["data"]["failList"].as_array().map(Vec::len)),
        (Some("0"), Some(1))
    );
    assert_eq!(stores(&shop).shown(&store, item.variants[0].number), Some(4));

    let refusals = [
        (ask("goods/getList", list(21)).await, "9002"),
        (
            ask("goods/getList", json!({"pageNum": 1, "pageSize": 5, "queryParameter": {}, "basicInfo": {"vid": 1}}))
                .await,
            "9005",
        ),
        (ask("goods/nothing", json!({})).await, "404"),
        (
            shop.control("/weimob/apigw/weimob_shop/v2.0/goods/getList?access_token=x", list(5)).await.1,
            "80001001000118",
        ),
        (shop.control("/weimob/apigw/weimob_shop/v2.0/goods/getList?accesstoken=x", list(5)).await.1, "80001001000119"),
    ];
    for (said, wanted) in refusals {
        assert_eq!(said["code"]["errcode"], wanted, "{said}");
    }
}
