//! What the connectors ask, field by field, where a wrong request would still be answered.

use std::collections::BTreeMap;

use gateways::marketplaces::{
    Access, Account, Body, Connector, Cursor, ErrorClass, Feed, HttpRequest, LinkRequest, Mark, Search, Window,
};
use serde_json::{Value, json};

use crate::vectors::{self, connector, reply_of};

fn fields(request: HttpRequest) -> BTreeMap<String, String> {
    match request.body {
        Body::Form(fields) => fields,
        _ => panic!("not a form"),
    }
}

fn at(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap()
}

fn window() -> Window {
    Window { from: at(1_795_396_400), until: at(1_795_400_000) }
}

fn pdd_orders(count: usize, total: Option<u64>) -> Value {
    let rows: Vec<Value> = (0..count)
        .map(|nth| json!({"order_sn": format!("s{nth}"), "order_status": 1, "order_amount": 1, "promotion_amount": 0}))
        .collect();
    json!({"order_list_get_response": {"order_list": rows, "total_count": total}})
}

/// Reads `reply` at `cursor` and gives the next cursor.
fn next<T>(feed: &dyn Feed<T>, cursor: Option<&Cursor>, reply: &Value) -> Option<Cursor> {
    feed.read(cursor, &reply_of(200, &reply.to_string())).unwrap().next
}

#[test]
fn pinduoduo_order_pages_are_read_from_the_last_to_the_first() {
    let connector = connector("pinduoduo_affiliate");
    let window = window();
    let feed = connector.commissions().unwrap().changed(&window);
    let first = fields(feed.request(None).unwrap());
    assert_eq!((first["page"].as_str(), first["return_count"].as_str()), ("1", "true"));
    let mut cursor = next(feed.as_ref(), None, &pdd_orders(50, Some(121)));
    let mut pages = Vec::new();
    while let Some(at) = cursor {
        let asked = fields(feed.request(Some(&at)).unwrap());
        assert_eq!(asked["return_count"], "false");
        pages.push(asked["page"].clone());
        cursor = next(feed.as_ref(), Some(&at), &pdd_orders(50, None));
    }
    assert_eq!(pages, ["3", "2", "1"]);
}

#[test]
fn a_pinduoduo_window_that_fits_one_page_is_one_call() {
    let connector = connector("pinduoduo_affiliate");
    let window = window();
    let feed = connector.commissions().unwrap().changed(&window);
    assert_eq!(next(feed.as_ref(), None, &pdd_orders(50, Some(50))), None);
    assert_eq!(next(feed.as_ref(), None, &pdd_orders(0, Some(0))), None);
}

#[test]
fn pinduoduo_search_goes_on_with_the_list_id() {
    let connector = connector("pinduoduo_affiliate");
    let search = Search { query: "米".into(), category: Some("8538".into()), coupon_only: true };
    let feed = connector.items().unwrap().search(&search);
    let first = fields(feed.request(None).unwrap());
    assert_eq!(first["pid"], "31000001_210000001");
    assert_eq!((first["opt_id"].as_str(), first["with_coupon"].as_str()), ("8538", "true"));
    assert!(!first.contains_key("list_id"));
    let row = json!({"goods_sign": "g", "goods_name": "n", "min_group_price": 1});
    let reply = json!({"goods_search_response": {"goods_list": [row], "total_count": 150, "list_id": "L1"}});
    let cursor = next(feed.as_ref(), None, &reply).unwrap();
    let second = fields(feed.request(Some(&cursor)).unwrap());
    assert_eq!((second["page"].as_str(), second["list_id"].as_str()), ("2", "L1"));
    assert_eq!(next(feed.as_ref(), Some(&cursor), &reply), None);
}

#[test]
fn a_pinduoduo_link_carries_the_mark_in_at_most_64_bytes() {
    let connector = connector("pinduoduo_affiliate");
    let mark = |uid: &str| Mark { uid: uid.into(), sid: Some("g42".into()), channel_id: None };
    let mut wanted = LinkRequest {
        external_id: "E9b0".into(),
        extra: json!({"search_id": "sid1", "zs_duo_id": null}),
        mark: Some(mark("m10086")),
    };
    let asked = fields(connector.links().unwrap().link(&wanted).request(None).unwrap());
    assert_eq!(asked["custom_parameters"], r#"{"uid":"m10086","sid":"g42"}"#);
    assert_eq!(asked["goods_sign_list"], r#"["E9b0"]"#);
    assert_eq!(asked["search_id"], "sid1");
    assert!(!asked.contains_key("zs_duo_id"));
    // {"uid":"","sid":"g42"} is 22 bytes: 42 are left for the person, and a Chinese sign takes three.
    for (uid, fits) in [("x".repeat(42), true), ("x".repeat(43), false), ("团".repeat(15), false)] {
        wanted.mark = Some(mark(&uid));
        let request = connector.links().unwrap().link(&wanted).request(None);
        assert_eq!(
            request.map(|_| ()).map_err(|error| error.class),
            if fits { Ok(()) } else { Err(ErrorClass::BadRequest) }
        );
    }
}

#[test]
fn pinduoduo_details_are_asked_one_by_one_and_say_what_is_gone() {
    let connector = connector("pinduoduo_affiliate");
    let ids = ["a".to_owned(), "b".to_owned()];
    let feed = connector.items().unwrap().by_ids(&ids);
    let gone = reply_of(200, r#"{"goods_detail_response":{"goods_details":[]}}"#);
    let page = feed.read(None, &gone).unwrap();
    assert_eq!((page.missing, page.total), (vec!["a".to_owned()], Some(2)));
    let cursor = page.next.unwrap();
    assert_eq!(fields(feed.request(Some(&cursor)).unwrap())["goods_sign"], "b");
    assert_eq!(feed.read(Some(&cursor), &gone).unwrap().next, None);
}

#[test]
fn the_filing_link_is_read() {
    let file = vectors::cn();
    let fixture = &file["fixtures"]["pdd"]["pdd.ddk.rp.prom.url.generate"][0];
    let connector = connector("pinduoduo_affiliate");
    let feed = connector.filing().unwrap().filing_link(None);
    let asked = fields(feed.request(None).unwrap());
    assert_eq!((asked["p_id_list"].as_str(), asked["channel_type"].as_str()), (r#"["31000001_210000001"]"#, "10"));
    let link = feed.read(None, &vectors::reply(fixture)).unwrap().rows.remove(0);
    assert_eq!(link.we_app_info.unwrap().page_path, "package_a/authorize/authorize?pid=31000001_210000001");
    assert_eq!(link.short_url.unwrap(), "https://p.pinduoduo.example/au75aef9");
}

#[test]
fn a_refusal_for_want_of_filing_is_told_apart() {
    let connector = connector("pinduoduo_affiliate");
    let body = r#"{"error_response":{"error_code":60001,"error_msg":"该推广位未备案"}}"#;
    assert_eq!(connector.classify(&reply_of(200, body)).unwrap_err().class, ErrorClass::FilingNeeded);
}

#[test]
fn channel_subsidies_never_enter_our_words() {
    let body = json!({"order_list_get_response": {"order_list": [{"order_sn": "s", "order_status": 1, "order_amount": 1,
        "promotion_amount": 0, "subsidy_duo_amount_ten_million": 771234, "subsidy_amount": 881234}]}});
    let connector = connector("pinduoduo_affiliate");
    let window = window();
    let feed = connector.commissions().unwrap().changed(&window);
    let page = feed.read(None, &reply_of(200, &body.to_string())).unwrap();
    let seen = format!("{:?}", page.rows);
    assert!(!seen.contains("771234") && !seen.contains("881234"), "{seen}");
}

#[test]
fn taobao_order_pages_hang_together_by_the_position_index() {
    let connector = connector("taobao_affiliate");
    let window = window();
    let feed = connector.commissions().unwrap().changed(&window);
    let first = fields(feed.request(None).unwrap());
    assert_eq!(first["start_time"], "2026-11-23 09:13:20");
    assert_eq!((first["end_time"].as_str(), first["query_type"].as_str()), ("2026-11-23 10:13:20", "4"));
    assert!(!first.contains_key("position_index") && !first.contains_key("jump_type"));
    let index = "1795400000_a1b2|1795399700_c3d4";
    let reply = |has_next: bool| json!({"tbk_order_details_get_response": {"data": {"has_next": has_next, "position_index": index, "results": {}}}});
    let cursor = next(feed.as_ref(), None, &reply(true)).unwrap();
    let second = fields(feed.request(Some(&cursor)).unwrap());
    assert_eq!((second["page_no"].as_str(), second["jump_type"].as_str()), ("2", "1"));
    assert_eq!(second["position_index"], index);
    assert_eq!(next(feed.as_ref(), Some(&cursor), &reply(false)), None);
}

#[test]
fn taobao_details_come_twenty_a_call_and_say_what_is_gone() {
    let connector = connector("taobao_affiliate");
    let ids: Vec<String> = (0..25).map(|nth| format!("id{nth}")).collect();
    let feed = connector.items().unwrap().by_ids(&ids);
    assert_eq!(fields(feed.request(None).unwrap())["item_id"].split(',').count(), 20);
    let row = json!({"item_id": "new-id", "input_item_iid": "id0", "item_basic_info": {"title": "t"},
        "price_promotion_info": {"zk_final_price": "1.00"}});
    let reply = json!({"tbk_item_info_upgrade_get_response": {"results": {"tbk_item_detail": [row]}}});
    let page = feed.read(None, &reply_of(200, &reply.to_string())).unwrap();
    assert_eq!((page.rows.len(), page.missing.len()), (1, 19));
    assert!(!page.missing.contains(&"id0".to_owned()));
    let cursor = page.next.unwrap();
    assert_eq!(fields(feed.request(Some(&cursor)).unwrap())["item_id"], "id20,id21,id22,id23,id24");
}

#[test]
fn a_taobao_link_for_a_channel_is_converted_first() {
    let connector = connector("taobao_affiliate");
    let mark = Mark { uid: "m1".into(), sid: None, channel_id: Some("2800000001".into()) };
    let wanted = LinkRequest {
        external_id: "AbCd-1".into(),
        extra: json!({"click_url": "https://issued.example"}),
        mark: Some(mark),
    };
    let feed = connector.links().unwrap().link(&wanted);
    let first = feed.request(None).unwrap();
    assert_eq!(first.operation, "taobao.tbk.dg.general.link.convert");
    let asked = fields(first);
    assert_eq!((asked["item_id_list"].as_str(), asked["relation_id"].as_str()), ("AbCd-1", "2800000001"));
    let converted = |info: Value| {
        json!({"tbk_dg_general_link_convert_response": {"data": {"item_url_list": {"item_url_list": [
            {"input_item_id": "AbCd-1", "link_info_dto": info}]}}}})
    };
    // With a password the link is made; without one, a second call makes it from the address.
    let done = converted(json!({"cps_full_tpwd": "￥x￥", "cps_short_url": "//s.example/1"}));
    let page = feed.read(None, &reply_of(200, &done.to_string())).unwrap();
    assert_eq!(page.rows[0].tpwd.as_deref(), Some("￥x￥"));
    assert_eq!(page.rows[0].short_url.as_deref(), Some("https://s.example/1"));
    assert_eq!(page.next, None);
    let half = converted(json!({"cps_long_url": "//l.example/1"}));
    let cursor = next(feed.as_ref(), None, &half).unwrap();
    let second = feed.request(Some(&cursor)).unwrap();
    assert_eq!(second.operation, "taobao.tbk.tpwd.create");
    assert_eq!(fields(second)["url"], "https://l.example/1");
}

#[test]
fn common_parameters_are_complete_and_an_authorisation_is_signed() {
    let access = Access::new("tok", Account { id: "880012345".into(), ..Account::default() });
    let search = Search::default();
    let expected = [
        ("pinduoduo_affiliate", vec!["client_id", "data_type", "sign", "timestamp", "type"], "access_token"),
        ("taobao_affiliate", vec!["app_key", "format", "method", "sign", "sign_method", "timestamp", "v"], "session"),
    ];
    for (id, names, token) in expected {
        let connector: Box<dyn Connector> = connector(id);
        let request = connector.items().unwrap().search(&search).request(None).unwrap();
        let plain = fields(connector.sign(request.clone(), None, at(1_795_400_000)));
        for name in names {
            assert!(plain.contains_key(name), "{id} lacks {name}");
        }
        assert!(!plain.contains_key(token));
        let authorised = fields(connector.sign(request, Some(&access), at(1_795_400_000)));
        assert_eq!(authorised[token], "tok");
        assert_ne!(authorised["sign"], plain["sign"]);
    }
}

#[test]
fn a_cursor_of_another_question_is_refused() {
    for id in ["pinduoduo_affiliate", "taobao_affiliate"] {
        let connector = connector(id);
        let search = Search::default();
        let request = connector.items().unwrap().search(&search).request(Some(&Cursor("{\"x\":1}".into())));
        assert_eq!(request.map(|_| ()).unwrap_err().class, ErrorClass::BadRequest);
    }
}

#[test]
fn jd_asks_by_numbers_or_by_item_ids_and_never_mixes_them() {
    let connector = connector("jd_affiliate");
    let ids: Vec<String> = ["1", "2", "ab_c", "3"].map(str::to_owned).to_vec();
    let feed = connector.items().unwrap().by_ids(&ids);
    let asked = |cursor: Option<&Cursor>| fields(feed.request(cursor).unwrap())["360buy_param_json"].clone();
    let reply = json!({"jd_union_open_goods_query_responce": {"code": "0", "queryResult": {"code": 201}}});
    assert_eq!(asked(None), r#"{"goodsReqDTO":{"skuIds":[1,2]}}"#);
    let second = next(feed.as_ref(), None, &reply).unwrap();
    assert_eq!(asked(Some(&second)), r#"{"goodsReqDTO":{"itemIds":["ab_c"]}}"#);
    let third = next(feed.as_ref(), Some(&second), &reply).unwrap();
    assert_eq!(asked(Some(&third)), r#"{"goodsReqDTO":{"skuIds":[3]}}"#);
    let page = feed.read(Some(&third), &reply_of(200, &reply.to_string())).unwrap();
    assert_eq!((page.missing, page.next), (vec!["3".to_owned()], None));
}

#[test]
fn a_jd_link_names_a_person_where_that_is_granted() {
    let mark = Mark { uid: "m_1".into(), sid: None, channel_id: None };
    let extra = json!({"coupon_url": "http://coupon.example/a?b=1&c=2"});
    let wanted = LinkRequest { external_id: "77".into(), extra, mark: Some(mark) };
    let asked = |connector: &dyn Connector| {
        let request = connector.links().unwrap().link(&wanted).request(None).unwrap();
        let operation = request.operation;
        let param: Value = serde_json::from_str(&fields(request)["360buy_param_json"]).unwrap();
        (operation, param["promotionCodeReq"].clone())
    };
    let (operation, param) = asked(connector("jd_affiliate").as_ref());
    assert_eq!(operation, "jd.union.open.promotion.bysubunionid.get");
    assert_eq!((&param["subUnionId"], &param["materialId"]), (&json!("m_1"), &json!("https://item.jd.com/77.html")));
    assert_eq!(param["couponUrl"], "http://coupon.example/a?b=1&c=2");
    let plain = json!({"app_key": "5ab1", "app_secret": "s", "site_id": "4100200300", "position_id": 9});
    let (operation, param) = asked(vectors::open("jd_affiliate", &plain).as_ref());
    assert_eq!(operation, "jd.union.open.promotion.common.get");
    assert_eq!((&param["siteId"], &param["positionId"]), (&json!("4100200300"), &json!(9)));
    assert!(param.get("subUnionId").is_none());
}
