//! Pinduoduo.

use sandbox::stores::{Purchase, StorePlatform, StoreRef};
use serde_json::Value;

use super::{BACK, Own, Params, app, code, form, opened, signed, stores};
use crate::client::Shop;
use crate::shapes::{fixture, same_shape, tells_all_of};

async fn pdd(shop: &Shop, token: Option<&str>, method: &str, own: &[(&str, &str)]) -> Value {
    let (id, secret) = app(shop, StorePlatform::Pinduoduo);
    let mut params: Params<'_> =
        vec![("type", method.to_owned()), ("client_id", id), ("timestamp", chrono::Utc::now().timestamp().to_string())];
    params.extend(token.map(|token| ("access_token", token.to_owned())));
    params.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
    form(shop, "/pinduoduo/api/router", &signed(&secret, params)).await
}

async fn pdd_token(shop: &Shop) -> (String, Value) {
    let (id, _) = app(shop, StorePlatform::Pinduoduo);
    let query =
        [("response_type", "code"), ("client_id", &id), ("redirect_uri", BACK), ("state", "s1"), ("view", "web")];
    let code = code(shop, "/pinduoduo/service-market/auth", &query).await;
    let told = pdd(shop, None, "pdd.pop.auth.token.create", &[("code", &code)]).await;
    (told["pop_auth_token_create_response"]["access_token"].as_str().unwrap_or_default().to_owned(), told)
}

fn pdd_code(answer: &Value) -> i64 {
    answer["error_response"]["error_code"].as_i64().unwrap_or(0)
}

#[tokio::test]
async fn pinduoduo_tells_of_stores_in_the_shapes_of_the_fixtures() {
    let (shop, store) = opened(StorePlatform::Pinduoduo, "880012345");
    let (token, told) = pdd_token(&shop).await;
    same_shape(&told, &fixture("pdd", "pdd.pop.auth.token.create", 0));
    let ask = async |method: &str, own: &[(&str, &str)]| pdd(&shop, Some(&token), method, own).await;
    same_shape(
        &ask("pdd.goods.list.get", &[("page", "2"), ("page_size", "10")]).await,
        &fixture("pdd", "pdd.goods.list.get", 0),
    );
    let item = stores(&shop).items(&store)[0].clone();
    let number = item.number.to_string();
    let whole = ask("pdd.goods.information.get", &[("goods_id", &number)]).await;
    tells_all_of(&whole, &fixture("pdd", "pdd.goods.information.get", 0));
    let sku = item.variants[0].number.to_string();
    let set = ask("pdd.goods.quantity.update", &[("goods_id", &number), ("sku_id", &sku), ("quantity", "9")]).await;
    same_shape(&set, &fixture("pdd", "pdd.goods.quantity.update", 0));
    let order = stores(&shop).buy(&store, &[(item.variants[0].number, 1)], &Purchase::default()).unwrap();
    let now = chrono::Utc::now().timestamp();
    let (from, until) = ((now - 600).to_string(), (now + 2).to_string());
    let window = [
        ("start_updated_at", from.as_str()),
        ("end_updated_at", until.as_str()),
        ("is_lucky_flag", "0"),
        ("order_status", "5"),
        ("refund_status", "5"),
        ("page", "1"),
        ("page_size", "50"),
    ];
    let told = ask("pdd.order.number.list.increment.get", &window).await;
    let row = &told["order_sn_increment_get_response"]["order_sn_list"][0];
    let fixtures = fixture("pdd", "pdd.order.number.list.increment.get", 0);
    tells_all_of(row, &fixtures["order_sn_increment_get_response"]["order_sn_list"][0]);
    let parcel = [("order_sn", order.as_str()), ("logistics_id", "44"), ("tracking_number", "SF1")];
    same_shape(&ask("pdd.logistics.online.send", &parcel).await, &fixture("pdd", "pdd.logistics.online.send", 0));
    // A second first parcel is refused; a correction is taken.
    assert_eq!(pdd_code(&ask("pdd.logistics.online.send", &parcel).await), 50_001);
    let mut correction = parcel.to_vec();
    correction.extend([("redelivery_type", "2")]);
    assert_eq!(pdd_code(&ask("pdd.logistics.online.send", &correction).await), 0);
    // Once sent, the receiver is no longer told.
    let told = ask("pdd.order.information.get", &[("order_sn", &order)]).await;
    assert_eq!(told["order_info_get_response"]["order_info"]["receiver_phone"], "");
}

#[tokio::test]
async fn pinduoduo_refuses_what_its_documents_refuse() {
    let (shop, store) = opened(StorePlatform::Pinduoduo, "880012345");
    let (token, _) = pdd_token(&shop).await;
    let now = chrono::Utc::now().timestamp();
    let (from, until) = ((now - 1_900).to_string(), now.to_string());
    let wide = [
        ("start_updated_at", from.as_str()),
        ("end_updated_at", until.as_str()),
        ("is_lucky_flag", "0"),
        ("order_status", "5"),
        ("refund_status", "5"),
    ];
    let number = stores(&shop).items(&store)[0].number.to_string();
    let cases: [(&str, Own<'_>, i64); 9] = [
        ("pdd.goods.list.get", &[("page_size", "101")], 21_001),
        ("pdd.goods.list.get", &[("pagesize", "10")], 10_000),
        ("pdd.order.number.list.increment.get", &wide, 50_001),
        ("pdd.order.number.list.increment.get", &wide[..2], 21_002),
        ("pdd.goods.information.get", &[("goods_id", "1")], 50_001),
        ("pdd.goods.quantity.update", &[("goods_id", &number), ("quantity", "-1")], 21_001),
        ("pdd.logistics.online.send", &[("order_sn", "x"), ("logistics_id", "999"), ("tracking_number", "1")], 50_001),
        ("pdd.ddk.goods.search", &[("keyword", "大米")], 20_031),
        ("pdd.no.such.method", &[], 10_017),
    ];
    for (method, own, wanted) in cases {
        let said = pdd(&shop, Some(&token), method, own).await;
        assert_eq!(pdd_code(&said), wanted, "{method} {own:?} {said}");
    }
    let ask = async |token: Option<&str>| pdd_code(&pdd(&shop, token, "pdd.mall.info.get", &[]).await);
    assert_eq!((ask(None).await, ask(Some("never")).await, ask(Some(&token)).await), (10_001, 20_032, 0));
    stores(&shop).expire_tokens(&store, false);
    assert_eq!(ask(Some(&token)).await, 10_019);
    // A new consent ends what was given before.
    let (fresh, _) = pdd_token(&shop).await;
    assert_eq!((ask(Some(&token)).await, ask(Some(&fresh)).await), (10_014, 0));
    stores(&shop).revoke(&store);
    assert_eq!(ask(Some(&fresh)).await, 10_014);
}

#[tokio::test]
async fn an_application_in_test_state_is_authorised_by_five_stores() {
    let (shop, _) = opened(StorePlatform::Pinduoduo, "880000000");
    stores(&shop).set_quota(StorePlatform::Pinduoduo, Some(5_000));
    for nth in 0..6 {
        let store = StoreRef::new(StorePlatform::Pinduoduo, format!("88000000{nth}"));
        stores(&shop).open(&store, "店");
        stores(&shop).consents(StorePlatform::Pinduoduo, Some(&store));
        let (_, told) = pdd_token(&shop).await;
        assert_eq!(pdd_code(&told), if nth < 5 { 0 } else { 50_001 }, "{told}");
    }
}
