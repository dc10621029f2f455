//! JD.

use sandbox::stores::{Purchase, StorePlatform};
use serde_json::{Value, json};

use super::{BACK, Params, app, beijing, code, form, opened, signed, stores};
use crate::client::Shop;

async fn jos(shop: &Shop, token: Option<&str>, method: &str, own: Value) -> Value {
    let (id, secret) = app(shop, StorePlatform::Jd);
    let mut params: Params<'_> = vec![
        ("method", method.to_owned()),
        ("app_key", id),
        ("timestamp", beijing(0)),
        ("v", "1.0".to_owned()),
        ("360buy_param_json", own.to_string()),
    ];
    params.extend(token.map(|token| ("access_token", token.to_owned())));
    form(shop, "/jd/routerjson", &signed(&secret, params)).await
}

#[tokio::test]
async fn jd_hides_who_receives_and_refuses_what_it_does_not_know() {
    let (shop, store) = opened(StorePlatform::Jd, "4300012345");
    let (id, secret) = app(&shop, StorePlatform::Jd);
    let query = [
        ("response_type", "code"),
        ("app_key", id.as_str()),
        ("redirect_uri", BACK),
        ("state", "s1"),
        ("scope", "snsapi_base"),
    ];
    let code = code(&shop, "/jd/oauth2/to_login", &query).await;
    let exchange = |secret: &str, code: &str| {
        format!("/jd/oauth2/access_token?app_key={id}&app_secret={secret}&grant_type=authorization_code&code={code}")
    };
    assert!(shop.json(&exchange("wrong", &code)).await["access_token"].is_null());
    let token = shop.json(&exchange(&secret, &code)).await;
    assert_eq!((token["uid"].as_str(), token["code"].as_i64()), (Some("4300012345"), Some(0)));
    assert!(shop.json(&exchange(&secret, &code)).await["access_token"].is_null(), "a code is good once");
    let token = token["access_token"].as_str().unwrap();

    let variant = stores(&shop).items(&store)[0].variants[0].number;
    let order = stores(&shop).buy(&store, &[(variant, 1)], &Purchase::default()).unwrap();
    let window = |from: i64| {
        json!({"start_date": beijing(from), "end_date": beijing(2), "order_state": "WAIT_SELLER_STOCK_OUT",
            "optional_fields": "orderId,orderState,consigneeInfo", "page": "1", "page_size": "10", "sortType": "1", "dateType": "0"})
    };
    let told = jos(&shop, Some(token), "jingdong.pop.order.search", window(-600)).await;
    let result = &told["jingdong_pop_order_search_responce"]["searchorderinfo_result"];
    assert_eq!(
        (result["orderTotal"].as_i64(), result["orderInfoList"][0]["orderId"].as_str()),
        (Some(1), Some(order.as_str()))
    );
    assert!(result["orderInfoList"][0].get("modified").is_none(), "only what was asked for");
    let receiver = stores(&shop).order(&store, &order).unwrap().receiver;
    assert!(!told.to_string().contains(&receiver.phone) && !told.to_string().contains(&receiver.name));

    let refusals = [
        ("jingdong.pop.order.search", window(-40 * 86_400), "61"),
        ("jingdong.ware.read.searchWare4Valid", json!({"pageNo": 1, "pageSize": 101}), "61"),
        ("jingdong.ware.read.searchWare4Valid", json!({"pageNo": 1, "pageSize": 10, "color": 1}), "61"),
        ("jingdong.stock.write.updateSkuStock", json!({"skuId": 1, "stockNum": 3}), "50"),
        ("jingdong.stock.write.updateSkuStock", json!({"skuId": variant, "stockNum": -3}), "61"),
        ("jd.union.open.goods.query", json!({"goodsReqDTO": {"keyword": "米"}}), "24"),
        ("jingdong.no.such", json!({}), "15"),
    ];
    for (method, own, wanted) in refusals {
        let said = jos(&shop, Some(token), method, own).await;
        assert_eq!(said["error_response"]["code"], wanted, "{method} {said}");
    }
    let nothing = json!({"pageNo": 1, "pageSize": 10});
    let ask =
        async |token: Option<&str>| jos(&shop, token, "jingdong.ware.read.searchWare4Valid", nothing.clone()).await;
    assert_eq!(
        (&ask(None).await["error_response"]["code"], &ask(Some("x")).await["error_response"]["code"]),
        (&json!("18"), &json!("19"))
    );
}
