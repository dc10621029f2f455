//! The marketplaces' gateways, spoken to as a connector would, and their shapes.

use std::collections::BTreeMap;

use md5::{Digest, Md5};
use sandbox::{AffiliateStage, Marketplace};
use serde_json::{Value, json};

use crate::client::Shop;
use crate::shapes::{fixture, same_shape};

type Params = Vec<(&'static str, String)>;

fn joined(params: &Params) -> String {
    let sorted: BTreeMap<&str, &str> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sorted.into_iter().map(|(name, value)| format!("{name}{value}")).collect()
}

fn pdd(shop: &Shop, method: &str, own: &[(&'static str, &str)]) -> Params {
    let app = shop.sandbox.state().keys().pinduoduo.clone();
    let mut params: Params = vec![
        ("type", method.to_owned()),
        ("client_id", app.client_id.clone()),
        ("timestamp", chrono::Utc::now().timestamp().to_string()),
        ("data_type", "JSON".to_owned()),
    ];
    params.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let secret = &app.client_secret;
    let sign = hex::encode_upper(Md5::digest(format!("{secret}{}{secret}", joined(&params))));
    params.push(("sign", sign));
    params
}

fn top(shop: &Shop, method: &str, sign_method: &str, own: &[(&'static str, &str)]) -> Params {
    let app = shop.sandbox.state().keys().taobao.clone();
    let beijing = chrono::Utc::now() + chrono::Duration::hours(8);
    let mut params: Params = vec![
        ("method", method.to_owned()),
        ("app_key", app.app_key.clone()),
        ("timestamp", beijing.format("%Y-%m-%d %H:%M:%S").to_string()),
        ("v", "2.0".to_owned()),
        ("format", "json".to_owned()),
        ("sign_method", sign_method.to_owned()),
    ];
    params.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let (secret, text) = (&app.app_secret, joined(&params));
    let sign = if sign_method == "md5" {
        hex::encode_upper(Md5::digest(format!("{secret}{text}{secret}")))
    } else {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
        hex::encode_upper(aws_lc_rs::hmac::sign(&key, text.as_bytes()))
    };
    params.push(("sign", sign));
    params
}

async fn send(shop: &Shop, path: &str, params: &Params) -> Value {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(params.iter());
    let request = shop.http.post(shop.url(path)).header("Content-Type", "application/x-www-form-urlencoded");
    let answer = request.body(form.finish()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn ask_pdd(shop: &Shop, method: &str, own: &[(&'static str, &str)]) -> Value {
    send(shop, "/pinduoduo/api/router", &pdd(shop, method, own)).await
}

async fn ask_top(shop: &Shop, method: &str, own: &[(&'static str, &str)]) -> Value {
    send(shop, "/taobao/router/rest", &top(shop, method, "md5", own)).await
}

#[tokio::test]
async fn pinduoduo_answers_in_the_shapes_of_the_fixtures() {
    let shop = Shop::open();
    let pid = shop.sandbox.state().keys().pinduoduo.pid.clone();
    let found = ask_pdd(&shop, "pdd.ddk.goods.search", &[("keyword", "大米"), ("page_size", "20")]).await;
    same_shape(&found, &fixture("pdd", "pdd.ddk.goods.search", 0));
    let list = found["goods_search_response"]["goods_list"].as_array().unwrap();
    assert!(list.iter().all(|goods| goods["goods_name"].as_str().unwrap().contains("大米")));
    let with_coupon = list.iter().find(|goods| goods["has_coupon"] == true).unwrap();
    let sign = with_coupon["goods_sign"].as_str().unwrap();
    let detail = ask_pdd(&shop, "pdd.ddk.goods.detail", &[("goods_sign", sign), ("pid", &pid)]).await;
    let mut theirs = fixture("pdd", "pdd.ddk.goods.detail", 0);
    let lists = theirs["goods_detail_response"]["goods_details"][0].as_object_mut().unwrap();
    assert!(lists.contains_key("video_urls"));
    same_shape(&detail, &theirs);
    let gone = ask_pdd(&shop, "pdd.ddk.goods.detail", &[("goods_sign", "E9unknown")]).await;
    assert_eq!(gone["goods_detail_response"]["goods_details"], json!([]));
    let signs = json!([sign]).to_string();
    let mark = json!({"uid": "m10086", "sid": "g42"}).to_string();
    let own: [(&'static str, &str); 6] = [
        ("p_id", &pid),
        ("goods_sign_list", &signs),
        ("custom_parameters", &mark),
        ("generate_we_app", "true"),
        ("generate_short_url", "true"),
        ("generate_schema_url", "true"),
    ];
    let links = ask_pdd(&shop, "pdd.ddk.goods.promotion.url.generate", &own).await;
    same_shape(&links, &fixture("pdd", "pdd.ddk.goods.promotion.url.generate", 0));
    let page =
        &links["goods_promotion_url_generate_response"]["goods_promotion_url_list"][0]["we_app_info"]["page_path"];
    assert!(page.as_str().unwrap().contains(&format!("goods_sign={sign}")));
    let bound = ask_pdd(&shop, "pdd.ddk.member.authority.query", &[("pid", &pid), ("custom_parameters", &mark)]).await;
    assert_eq!(bound["authority_query_response"]["bind"], 1);
    shop.sandbox.state().file_member(&pid, &mark, false);
    let bound = ask_pdd(&shop, "pdd.ddk.member.authority.query", &[("pid", &pid), ("custom_parameters", &mark)]).await;
    same_shape(&bound, &fixture("pdd", "pdd.ddk.member.authority.query", 0));
    assert_eq!(bound["authority_query_response"]["bind"], 0);
}

#[tokio::test]
async fn pinduoduo_pages_sorts_and_filters() {
    let shop = Shop::open();
    let search = async |own: &[(&'static str, &str)]| {
        ask_pdd(&shop, "pdd.ddk.goods.search", own).await["goods_search_response"].clone()
    };
    let prices = |answer: &Value| -> Vec<i64> {
        answer["goods_list"]
            .as_array()
            .unwrap()
            .iter()
            .map(|goods| goods["min_group_price"].as_i64().unwrap())
            .collect()
    };
    let first = search(&[("cat_id", "13001"), ("page_size", "10"), ("sort_type", "3")]).await;
    let list_id = first["list_id"].as_str().unwrap();
    let second =
        search(&[("cat_id", "13001"), ("page_size", "10"), ("sort_type", "3"), ("page", "2"), ("list_id", list_id)])
            .await;
    let all = [prices(&first), prices(&second)].concat();
    assert_eq!(all.len(), 20);
    assert!(all.is_sorted());
    let range = json!([{"range_id": 0, "range_from": 2000, "range_to": 3000}]).to_string();
    let cheap = search(&[("range_list", &range)]).await;
    assert!(!prices(&cheap).is_empty() && prices(&cheap).iter().all(|price| (2_000..=3_000).contains(price)));
    assert_eq!(search(&[("keyword", "不存在的东西")]).await["goods_list"], json!([]));
    let shelves = ask_pdd(&shop, "pdd.goods.cats.get", &[("parent_cat_id", "0")]).await;
    assert_eq!(shelves["goods_cats_get_response"]["goods_cats_list"].as_array().unwrap().len(), 10);
    let hot = ask_pdd(&shop, "pdd.ddk.goods.recommend.get", &[("offset", "20"), ("limit", "20")]).await;
    assert_eq!(hot["goods_basic_detail_response"]["list"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn pinduoduo_refuses_what_is_wrong() {
    let shop = Shop::with(|config| config.marketplace_calls_a_day = 3);
    let code = |answer: &Value| answer["error_response"]["error_code"].as_i64();
    let change = async |change: fn(&mut Params)| {
        let mut params = pdd(&shop, "pdd.ddk.goods.search", &[("keyword", "大米")]);
        change(&mut params);
        code(&send(&shop, "/pinduoduo/api/router", &params).await)
    };
    assert_eq!(change(|params| params[4].1 = "苹果".to_owned()).await, Some(20_004));
    assert_eq!(change(|params| params.last_mut().unwrap().1.make_ascii_lowercase()).await, Some(20_004));
    assert_eq!(change(|params| params[1].1 = "someone".to_owned()).await, Some(10_016));
    assert_eq!(change(|params| params[2].1 = "1700000000".to_owned()).await, Some(10_001));
    assert_eq!(change(|params| drop(params.remove(0))).await, Some(10_001));
    assert_eq!(change(|params| params.push(("page", "2".to_owned()))).await, Some(20_004), "unsigned addition");
    let get = shop.json("/pinduoduo/api/router").await;
    assert_eq!(code(&get), Some(10_002));
    assert_eq!(code(&ask_pdd(&shop, "pdd.ddk.goods.serch", &[]).await), Some(10_017));
    assert_eq!(code(&ask_pdd(&shop, "pdd.ddk.goods.search", &[("keywrod", "x")]).await), Some(10_000));
    let long = json!({"uid": "x".repeat(60)}).to_string();
    assert_eq!(code(&ask_pdd(&shop, "pdd.ddk.goods.search", &[("custom_parameters", &long)]).await), Some(21_001));
    assert_eq!(code(&ask_pdd(&shop, "pdd.ddk.goods.search", &[]).await), Some(70_036), "three calls a day");
}

#[tokio::test]
async fn affiliate_orders_appear_on_both_platforms() {
    let shop = Shop::open();
    let state = shop.sandbox.state();
    let mark = json!({"uid": "m10086", "sid": "g42"}).to_string();
    let number = state.affiliate_buys(Marketplace::Pinduoduo, 4, &mark).unwrap();
    state.affiliate_moves(&number, AffiliateStage::Settled);
    let other = state.affiliate_buys(Marketplace::Pinduoduo, 5, "").unwrap();
    state.affiliate_moves(&other, AffiliateStage::Invalid);
    let now = chrono::Utc::now().timestamp();
    let (start, end) = ((now - 3_600).to_string(), (now + 60).to_string());
    let window: [(&'static str, &str); 3] =
        [("start_update_time", &start), ("end_update_time", &end), ("page_size", "50")];
    let orders = ask_pdd(&shop, "pdd.ddk.order.list.increment.get", &window).await;
    let row = &orders["order_list_get_response"]["order_list"][0];
    let mut theirs =
        fixture("pdd", "pdd.ddk.order.list.increment.get", 0)["order_list_get_response"]["order_list"][0].clone();
    for time in ["order_receive_time", "order_verify_time", "order_settle_time"] {
        theirs[time] = json!(1);
    }
    same_shape(row, &theirs);
    assert_eq!((&row["order_status"], &row["custom_parameters"]), (&json!(5), &json!(mark)));
    let wide = [("start_update_time", "1"), ("end_update_time", end.as_str())];
    let refused = ask_pdd(&shop, "pdd.ddk.order.list.increment.get", &wide).await;
    assert_eq!(refused["error_response"]["error_code"], 21_001);

    let trade = state.affiliate_buys(Marketplace::Taobao, 7, "2800000001").unwrap();
    state.affiliate_moves(&trade, AffiliateStage::Settled);
    let text = |at: i64| {
        (chrono::DateTime::from_timestamp(at + 8 * 3_600, 0).unwrap()).format("%Y-%m-%d %H:%M:%S").to_string()
    };
    let (start, end) = (text(now - 3_600), text(now + 60));
    let window: [(&'static str, &str); 3] = [("start_time", &start), ("end_time", &end), ("query_type", "4")];
    let orders = ask_top(&shop, "taobao.tbk.order.details.get", &window).await;
    let row = &orders["tbk_order_details_get_response"]["data"]["results"]["publisher_order_dto"][0];
    let theirs = fixture("taobao", "taobao.tbk.order.details.get", 0);
    let mut theirs = theirs["tbk_order_details_get_response"]["data"]["results"]["publisher_order_dto"][0].clone();
    theirs["pay_price"] = json!("1.00");
    theirs["tk_earning_time"] = json!("2026-11-23 07:45:20");
    same_shape(row, &theirs);
    assert_eq!(
        (&row["trade_id"], &row["tk_status"], &row["relation_id"]),
        (&json!(trade), &json!(3), &json!(2_800_000_001_i64))
    );
}

#[tokio::test]
async fn taobao_answers_in_the_shapes_of_the_fixtures() {
    let shop = Shop::open();
    let adzone = shop.sandbox.state().keys().taobao.adzone_id.clone();
    let own: [(&'static str, &str); 3] = [("adzone_id", &adzone), ("q", "新鲜水果"), ("has_coupon", "true")];
    let method = "taobao.tbk.dg.material.optional.upgrade";
    let found = ask_top(&shop, method, &own).await;
    same_shape(&found, &fixture("taobao", method, 0));
    let by_hmac = send(&shop, "/taobao/router/rest", &top(&shop, method, "hmac-sha256", &own)).await;
    let list = |answer: &Value| answer["tbk_dg_material_optional_upgrade_response"]["result_list"].clone();
    assert_eq!(list(&by_hmac), list(&found));
    let item = &list(&found)["map_data"][0];
    let id = item["item_id"].as_str().unwrap();
    let info = ask_top(&shop, "taobao.tbk.item.info.upgrade.get", &[("item_id", id)]).await;
    same_shape(&info, &fixture("taobao", "taobao.tbk.item.info.upgrade.get", 0));
    let link = format!("https:{}", item["publish_info"]["coupon_share_url"].as_str().unwrap());
    let password = ask_top(&shop, "taobao.tbk.tpwd.create", &[("url", &link)]).await;
    same_shape(&password, &fixture("taobao", "taobao.tbk.tpwd.create", 0));
    let none = ask_top(&shop, method, &[("adzone_id", &adzone), ("q", "不存在的东西")]).await;
    same_shape(&none, &fixture("taobao", method, 2));
    let title = item["item_basic_info"]["title"].as_str().unwrap();
    let single = ask_top(&shop, method, &[("adzone_id", &adzone), ("q", title)]).await;
    same_shape(
        &list(&single),
        &fixture("taobao", method, 1)["tbk_dg_material_optional_upgrade_response"]["result_list"],
    );
}

#[tokio::test]
async fn taobao_refuses_what_is_wrong() {
    let shop = Shop::open();
    let code = |answer: &Value| answer["error_response"]["code"].as_i64();
    let method = "taobao.tbk.dg.material.optional.upgrade";
    let change = async |change: fn(&mut Params)| {
        let mut params = top(&shop, method, "md5", &[("q", "鸡蛋")]);
        change(&mut params);
        code(&send(&shop, "/taobao/router/rest", &params).await)
    };
    assert_eq!(change(|params| params[6].1 = "苹果".to_owned()).await, Some(25));
    assert_eq!(change(|params| params[5].1 = "hmac".to_owned()).await, Some(25));
    assert_eq!(change(|params| params[2].1 = "2020-01-01 00:00:00".to_owned()).await, Some(31));
    assert_eq!(change(|params| params[1].1 = "1".to_owned()).await, Some(29));
    assert_eq!(change(|params| params[4].1 = "xml".to_owned()).await, Some(23));
    assert_eq!(change(|_| {}).await, Some(40), "the adzone is missing");
    let stranger = ask_top(&shop, method, &[("adzone_id", "1"), ("q", "x")]).await;
    assert_eq!(stranger["error_response"]["sub_code"], "isv.pid-not-correct");
    let forged = ask_top(&shop, "taobao.tbk.tpwd.create", &[("url", "https://example.com/")]).await;
    assert_eq!(code(&forged), Some(15));
    assert_eq!(code(&ask_top(&shop, "taobao.item.get", &[]).await), Some(22));
}

fn jd(shop: &Shop, method: &str, own: &Value) -> Params {
    let app = shop.sandbox.state().keys().jd.clone();
    let beijing = chrono::Utc::now() + chrono::Duration::hours(8);
    let mut params: Params = vec![
        ("method", method.to_owned()),
        ("app_key", app.app_key.clone()),
        ("timestamp", beijing.format("%Y-%m-%d %H:%M:%S").to_string()),
        ("v", "1.0".to_owned()),
        ("format", "json".to_owned()),
        ("360buy_param_json", own.to_string()),
    ];
    let secret = &app.app_secret;
    let sign = hex::encode_upper(Md5::digest(format!("{secret}{}{secret}", joined(&params))));
    params.push(("sign", sign));
    params
}

async fn send_jd(shop: &Shop, params: &Params) -> Value {
    send(shop, "/jd/routerjson", params).await
}

/// What the service behind the gateway says.
async fn ask_jd(shop: &Shop, method: &str, own: Value) -> Value {
    inner(&send_jd(shop, &jd(shop, method, &own)).await)
}

fn inner(answer: &Value) -> Value {
    let outer = answer.as_object().unwrap();
    let (name, coat) = outer.iter().next().unwrap();
    assert!(name.ends_with("_responce") && coat["code"] == "0", "{answer}");
    let result = coat.as_object().unwrap().iter().find(|(name, _)| name.ends_with("Result")).unwrap().1;
    serde_json::from_str(result.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn jd_answers_in_the_shapes_of_the_fixtures() {
    let shop = Shop::open();
    let query = "jd.union.open.goods.query";
    let search = json!({"goodsReqDTO": {"keyword": "新鲜水果", "pageIndex": 1, "pageSize": 30}});
    let found = ask_jd(&shop, query, search).await;
    same_shape(&found, &inner(&fixture("jd", query, 0)));
    let item =
        &found["data"].as_array().unwrap().iter().find(|item| item["couponInfo"]["couponList"][0].is_object()).unwrap();
    let again = ask_jd(&shop, query, json!({"goodsReqDTO": {"skuIds": [item["skuId"], 1]}})).await;
    assert_eq!((&again["data"][0], &again["totalCount"]), (*item, &json!(1)));
    let again = ask_jd(&shop, query, json!({"goodsReqDTO": {"itemIds": [item["itemId"]]}})).await;
    assert_eq!(&again["data"][0], *item);
    let none = ask_jd(&shop, query, json!({"goodsReqDTO": {"keyword": "不存在的东西"}})).await;
    assert_eq!(none["code"], inner(&fixture("jd", query, 1))["code"]);
    let past = ask_jd(&shop, query, json!({"goodsReqDTO": {"keyword": "新鲜水果", "pageIndex": 99}})).await;
    assert_eq!(past["code"], inner(&fixture("jd", query, 2))["code"]);
    let picks = ask_jd(&shop, "jd.union.open.goods.jingfen.query", json!({"goodsReq": {"eliteId": 22}})).await;
    assert_eq!(picks["data"].as_array().unwrap().len(), 20);

    let page = format!("https://{}", item["materialUrl"].as_str().unwrap());
    let coupon = &item["couponInfo"]["couponList"][0]["link"];
    let by_mark = "jd.union.open.promotion.bysubunionid.get";
    let wanted =
        json!({"promotionCodeReq": {"materialId": page, "subUnionId": "m10086", "couponUrl": coupon, "chainType": 3}});
    let link = ask_jd(&shop, by_mark, wanted).await;
    same_shape(&link, &inner(&fixture("jd", by_mark, 0)));
    assert!(link["data"]["clickURL"].as_str().unwrap().contains("e=m10086"));
    let site = shop.sandbox.state().keys().jd.site_id.clone();
    let common = "jd.union.open.promotion.common.get";
    let plain = ask_jd(&shop, common, json!({"promotionCodeReq": {"materialId": page, "siteId": site}})).await;
    same_shape(&plain, &inner(&fixture("jd", common, 0)));
}

#[tokio::test]
async fn jd_refuses_what_is_wrong() {
    let shop = Shop::with(|config| config.marketplace_calls_a_day = 13);
    let query = "jd.union.open.goods.query";
    let search = json!({"goodsReqDTO": {"keyword": "鸡蛋"}});
    let change = async |change: fn(&mut Params)| {
        let mut params = jd(&shop, query, &search);
        change(&mut params);
        send_jd(&shop, &params).await["error_response"]["code"].as_str().unwrap_or("").to_owned()
    };
    assert_eq!(change(|params| params[5].1 = "{}".to_owned()).await, "12");
    assert_eq!(change(|params| params.last_mut().unwrap().1.make_ascii_lowercase()).await, "12");
    assert_eq!(change(|params| params[1].1 = "1".to_owned()).await, "21");
    assert_eq!(change(|params| params[2].1 = "2020-01-01 00:00:00".to_owned()).await, "8");
    assert_eq!(change(|params| params.push(("keyword", "x".to_owned()))).await, "61");
    assert_eq!(change(|params| drop(params.remove(0))).await, "14");
    let unknown = send_jd(&shop, &jd(&shop, "jd.union.open.goods.qurey", &search)).await;
    assert_eq!(unknown["error_response"]["code"], inner_code(&fixture_error("gateway 15")));

    let code = async |method: &str, own: Value| ask_jd(&shop, method, own).await["code"].as_i64().unwrap();
    for own in [
        json!({"goodsReqDTO": {"keywrod": "x"}}),
        json!({"goodsReqDTO": {"keyword": "x", "pageIndex": "1"}}),
        json!({"goodsReqDTO": {"keyword": "x", "skuIds": [1]}}),
        json!({"goodsReqDTO": {"keyword": "x", "pageSize": 31}}),
    ] {
        assert_eq!(code(query, own.clone()).await, 401, "{own}");
    }
    let links = [
        ("jd.union.open.promotion.common.get", json!({"materialId": "100000000101", "siteId": "1"}), 2_001_501),
        (
            "jd.union.open.promotion.bysubunionid.get",
            json!({"materialId": "100000000101", "subUnionId": "m1"}),
            2_001_102,
        ),
        (
            "jd.union.open.promotion.bysubunionid.get",
            json!({"materialId": "https://item.jd.com/1.html", "subUnionId": "m1"}),
            2_001_104,
        ),
        (
            "jd.union.open.promotion.bysubunionid.get",
            json!({"materialId": "https://item.jd.com/1.html", "subUnionId": "m 1"}),
            2_001_208,
        ),
    ];
    for (method, own, wanted) in links {
        assert_eq!(code(method, json!({"promotionCodeReq": own})).await, wanted, "{own}");
    }
    let window = json!({"orderReq": {"pageIndex": 1, "pageSize": 20, "type": 3, "startTime": "2026-01-01 00:00:00", "endTime": "2026-01-01 01:00:01"}});
    assert_eq!(code("jd.union.open.order.row.query", window).await, 2_002_453);
    let spent = async || send_jd(&shop, &jd(&shop, query, &search)).await["error_response"]["code"].clone();
    while spent().await.is_null() {}
    assert_eq!(spent().await, "2", "the day's calls are spent");
}

fn fixture_error(name: &str) -> Value {
    let text = include_str!("../../../../tests/vectors/marketplaces-cn.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let errors = all["fixtures"]["jd"]["error"].as_array().unwrap();
    errors.iter().find(|error| error["name"] == name).unwrap()["body"].clone()
}

fn inner_code(refusal: &Value) -> Value {
    refusal["error_response"]["code"].clone()
}

#[tokio::test]
async fn jd_order_lines_come_by_the_time_of_their_last_change() {
    let shop = Shop::open();
    let state = shop.sandbox.state();
    let number = state.affiliate_buys(Marketplace::Jd, 7, "m10086").unwrap();
    state.affiliate_buys(Marketplace::Pinduoduo, 7, "m10086").unwrap();
    let method = "jd.union.open.order.row.query";
    let text = |at: i64| {
        (chrono::DateTime::from_timestamp(at + 8 * 3_600, 0).unwrap()).format("%Y-%m-%d %H:%M:%S").to_string()
    };
    let now = chrono::Utc::now().timestamp();
    let ask = async |from: i64, size: i64| {
        let own = json!({"pageIndex": 1, "pageSize": size, "type": 3, "startTime": text(from), "endTime": text(from + 3_600),
            "fields": "goodsInfo"});
        ask_jd(&shop, method, json!({"orderReq": own})).await
    };
    let answer = ask(now - 1_800, 20).await;
    let row = &answer["data"][0];
    same_shape(row, &inner(&fixture("jd", method, 0))["data"][0]);
    let told = (&row["orderId"], &row["validCode"], &row["subUnionId"], &row["payMonth"]);
    assert_eq!(told, (&json!(number.parse::<u64>().unwrap()), &json!(16), &json!("m10086"), &json!("0")));
    assert_eq!((answer["data"].as_array().unwrap().len(), &answer["hasMore"]), (1, &json!(false)));
    state.affiliate_moves(&number, AffiliateStage::Settled);
    let row = ask(now - 1_800, 20).await["data"][0].clone();
    assert_eq!((&row["validCode"], row["payMonth"].as_str().unwrap().len()), (&json!(17), 8));
    assert!(row["actualFee"].as_f64().unwrap() > 0.0);
    let empty = ask(now - 90_000, 20).await;
    same_shape(&empty, &inner(&fixture("jd", method, 1)));
}

#[tokio::test]
async fn every_listing_has_its_picture() {
    let shop = Shop::open();
    let listings = shop.json("/_sandbox/catalogue").await["listings"].clone();
    assert_eq!(listings.as_array().unwrap().len(), 300);
    let picture = shop.http.get(shop.url("/pictures/42.svg")).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/svg+xml");
    assert_eq!(shop.http.get(shop.url("/pictures/4242.svg")).send().await.unwrap().status(), 404);
}
