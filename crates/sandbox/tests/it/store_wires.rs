//! The platforms of stores, spoken to without any connector: shapes, rules and refusals.

use std::collections::BTreeMap;

use md5::{Digest, Md5};
use sandbox::stores::{Filling, Purchase, StorePlatform, StoreRef, Stores};
use serde_json::{Value, json};

use crate::client::{Inbox, Shop, listen};
use crate::shapes::{fixture, global_fixture, same_shape, tells_all_of};

const BACK: &str = "http://127.0.0.1:9/oauth/callback";

/// A shop with a store of forty goods on `platform`.
fn opened(platform: StorePlatform, seller: &str) -> (Shop, StoreRef) {
    let shop = Shop::with(|config| config.notify = true);
    let store = StoreRef::new(platform, seller);
    let stores = shop.sandbox.state().stores();
    stores.open(&store, "邻里鲜生");
    stores.fill(&store, &Filling::of(40)).unwrap();
    stores.register_callback(platform, BACK);
    stores.consents(platform, Some(&store));
    (shop, store)
}

fn stores(shop: &Shop) -> Stores {
    shop.sandbox.state().stores()
}

fn app(shop: &Shop, platform: StorePlatform) -> (String, String) {
    let app = shop.sandbox.state().keys().stores.on(platform).unwrap();
    (app.id.clone(), app.secret.clone())
}

/// The code a merchant's consent sends back.
async fn code(shop: &Shop, path: &str, query: &[(&str, &str)]) -> String {
    let mut address = url::Url::parse(&shop.url(path)).unwrap();
    address.query_pairs_mut().extend_pairs(query);
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let led = browser.get(address).send().await.unwrap();
    assert_eq!(led.status(), 302, "{:?}", led.text().await);
    let back = url::Url::parse(led.headers()["location"].to_str().unwrap()).unwrap();
    let query: BTreeMap<String, String> = back.query_pairs().into_owned().collect();
    assert_eq!(query["state"], "s1");
    query["code"].clone()
}

/// The time in Beijing, some seconds from now.
fn beijing(seconds: i64) -> String {
    let at = chrono::Utc::now() + chrono::Duration::hours(8) + chrono::Duration::seconds(seconds);
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

type Params<'a> = Vec<(&'a str, String)>;

fn signed<'a>(secret: &str, mut params: Params<'a>) -> Params<'a> {
    let sorted: BTreeMap<&str, &str> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let text: String = sorted.into_iter().map(|(name, value)| format!("{name}{value}")).collect();
    params.push(("sign", hex::encode_upper(Md5::digest(format!("{secret}{text}{secret}")))));
    params
}

async fn form(shop: &Shop, path: &str, params: &Params<'_>) -> Value {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(params.iter());
    let request = shop.http.post(shop.url(path)).header("Content-Type", "application/x-www-form-urlencoded");
    let answer = request.body(form.finish()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

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
    let cases: [(&str, &[(&str, &str)], i64); 9] = [
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

#[tokio::test]
async fn a_consent_page_leads_to_the_registered_address_alone() {
    let (shop, _) = opened(StorePlatform::Taobao, "2200657974");
    let (id, _) = app(&shop, StorePlatform::Taobao);
    let open = async |query: &[(&str, &str)]| {
        let mut address = url::Url::parse(&shop.url("/taobao/authorize")).unwrap();
        address.query_pairs_mut().extend_pairs(query);
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap()
            .get(address)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let usual = [("response_type", "code"), ("client_id", id.as_str()), ("redirect_uri", BACK), ("state", "s1")];
    assert_eq!(open(&usual).await, 302);
    let other = [usual[0], usual[1], ("redirect_uri", "http://127.0.0.1:9/elsewhere"), usual[3]];
    let stranger = [usual[0], ("client_id", "1"), usual[2], usual[3]];
    let implicit = [("response_type", "token"), usual[1], usual[2], usual[3]];
    assert_eq!((open(&other).await, open(&stranger).await, open(&implicit).await), (400, 400, 400));
}

async fn top(shop: &Shop, session: Option<&str>, method: &str, own: &[(&str, &str)]) -> Value {
    let (id, secret) = app(shop, StorePlatform::Taobao);
    let mut params: Params<'_> = vec![
        ("method", method.to_owned()),
        ("app_key", id),
        ("timestamp", beijing(0)),
        ("v", "2.0".to_owned()),
        ("format", "json".to_owned()),
        ("sign_method", "md5".to_owned()),
    ];
    params.extend(session.map(|session| ("session", session.to_owned())));
    params.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
    form(shop, "/taobao/router/rest", &signed(&secret, params)).await
}

#[tokio::test]
async fn taobao_tells_only_the_fields_that_were_asked_for() {
    let (shop, store) = opened(StorePlatform::Taobao, "2200657974");
    let (id, _) = app(&shop, StorePlatform::Taobao);
    let query = [("response_type", "code"), ("client_id", id.as_str()), ("redirect_uri", BACK), ("state", "s1")];
    let code = code(&shop, "/taobao/authorize", &query).await;
    let told = top(&shop, None, "taobao.top.auth.token.create", &[("code", &code)]).await;
    let token = told["top_auth_token_create_response"]["token_result"].as_str().unwrap();
    let token: Value = serde_json::from_str(token).unwrap();
    assert_eq!((token["taobao_user_id"].as_str(), token["expires_in"].as_i64()), (Some("2200657974"), Some(86_400)));
    let session = token["access_token"].as_str().unwrap();
    let ask = async |method: &str, own: &[(&str, &str)]| top(&shop, Some(session), method, own).await;

    let told = ask("taobao.items.onsale.get", &[("fields", "num_iid,price"), ("page_size", "3")]).await;
    let row = told["items_onsale_get_response"]["items"]["item"][0].as_object().unwrap();
    assert_eq!(row.keys().collect::<Vec<_>>(), ["num_iid", "price"]);
    let nothing =
        [("fields", "num_iid"), ("start_modified", "2020-01-01 00:00:00"), ("end_modified", "2020-01-02 00:00:00")];
    let told = ask("taobao.items.onsale.get", &nothing).await;
    assert_eq!(told["items_onsale_get_response"]["items"], json!({}));

    let item = stores(&shop).items(&store).into_iter().find(|item| item.has_choices()).unwrap();
    let order = stores(&shop)
        .buy(&store, &[(item.variants[0].number, 1), (item.variants[1].number, 2)], &Purchase::default())
        .unwrap();
    let whole = ask("taobao.trade.fullinfo.get", &[("fields", "tid,orders"), ("tid", &order)]).await;
    let lines = &whole["trade_fullinfo_get_response"]["trade"]["orders"]["order"];
    let first = lines[0]["oid"].as_u64().unwrap().to_string();
    let part =
        [("tid", order.as_str()), ("company_code", "SF"), ("out_sid", "SF1"), ("is_split", "1"), ("sub_tid", &first)];
    assert_eq!(
        ask("taobao.logistics.offline.send", &part).await["logistics_offline_send_response"]["shipping"]["is_success"],
        true
    );
    let whole = ask("taobao.trade.fullinfo.get", &[("fields", "status,orders"), ("tid", &order)]).await;
    let trade = &whole["trade_fullinfo_get_response"]["trade"];
    assert_eq!(trade["status"], "SELLER_CONSIGNED_PART");
    assert_eq!(
        (trade["orders"]["order"][0]["invoice_no"].as_str(), trade["orders"]["order"][1]["invoice_no"].as_str()),
        (Some("SF1"), None)
    );

    let (from, until) = (beijing(-90_000), beijing(0));
    let number = item.number.to_string();
    let refusals: [(&str, &[(&str, &str)], i64, &str); 8] = [
        ("taobao.items.onsale.get", &[("page_no", "1")], 40, "isv.missing-parameter"),
        ("taobao.items.onsale.get", &[("fields", "num_iid,colour")], 41, "isv.invalid-parameter"),
        ("taobao.items.onsale.get", &[("fields", "num_iid"), ("page_size", "201")], 41, "isv.invalid-parameter"),
        (
            "taobao.trades.sold.increment.get",
            &[("fields", "tid"), ("start_modified", &from), ("end_modified", &until)],
            15,
            "isv.time-span-error",
        ),
        ("taobao.item.quantity.update", &[("num_iid", &number), ("quantity", "3")], 15, "isv.sku-not-exist"),
        (
            "taobao.logistics.offline.send",
            &[("tid", &order), ("company_code", "NO"), ("out_sid", "1")],
            15,
            "isv.logistics-company-not-exist",
        ),
        ("taobao.logistics.offline.send", &part, 15, "isv.logistics-offline-service-error:B150"),
        ("taobao.tbk.tpwd.create", &[("url", "https://x")], 11, "isv.permission-api-package-limit"),
    ];
    for (method, own, code, sub) in refusals {
        let said = ask(method, own).await;
        let error = &said["error_response"];
        assert_eq!((error["code"].as_i64(), error["sub_code"].as_str()), (Some(code), Some(sub)), "{method} {said}");
    }
    let without = top(&shop, None, "taobao.user.seller.get", &[("fields", "nick")]).await;
    let unknown = top(&shop, Some("x"), "taobao.user.seller.get", &[("fields", "nick")]).await;
    assert_eq!((&without["error_response"]["code"], &unknown["error_response"]["code"]), (&json!(26), &json!(27)));
}

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
