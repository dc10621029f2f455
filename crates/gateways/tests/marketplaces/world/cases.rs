//! What each of these connectors must do alike: paging, nothing there, tokens that ran out, limits, odd answers.

use gateways::marketplaces::{
    Account, Capabilities, Connector, ErrorClass, Grant, HttpReply, Page, Shipment, TokenStep, Window,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::fixtures::line;
use super::{PLATFORMS, account, fixture_reply, id_of, ok, reply, setup};
use crate::vectors;

fn each(check: impl Fn(&dyn Connector, &Account)) {
    for (_, id) in PLATFORMS {
        let connector = vectors::connector(id);
        check(connector.as_ref(), &account(connector.as_ref()));
    }
}

fn window() -> Window {
    let at = |text: &str| text.parse().unwrap();
    Window { from: at("2026-11-22T00:00:00Z"), until: at("2026-11-22T01:10:00Z") }
}

pub fn shipment() -> Shipment {
    Shipment {
        order_id: "12-1".into(),
        carrier: gateways::marketplaces::RemoteCarrier { id: "USPS".into(), code: None, name: "USPS".into() },
        tracking_number: "SF1000000001".into(),
        lines: Vec::new(),
        completes: true,
        correction: false,
        extra: Value::Null,
    }
}

#[test]
fn the_descriptor_promises_what_the_connector_offers() {
    each(|connector, _| {
        let promised = connector.descriptor().capabilities;
        let batch = connector.descriptor().store.as_ref().unwrap().stock.max_batch;
        assert!(promised.has(Capabilities::ACCOUNTS) && connector.auth().is_some());
        assert_eq!(promised.has(Capabilities::STORE_ITEMS), connector.store_items().is_some());
        assert_eq!(promised.has(Capabilities::ORDERS), connector.orders().is_some());
        assert_eq!(promised.has(Capabilities::STOCK), connector.stock().is_some());
        assert_eq!(promised.has(Capabilities::STOCK), batch > 0);
        assert_eq!(promised.has(Capabilities::SHIP), connector.ship().is_some());
        assert_eq!(promised.has(Capabilities::HOOKS), connector.hooks().is_some());
    });
}

#[test]
fn an_account_is_checked_before_it_is_saved() {
    each(|connector, _| {
        let good = setup(connector);
        assert_eq!(gateways::marketplaces::check_setup(connector, &good), Ok(()));
        for key in good.way(connector).unwrap().needs.iter().filter(|key| key.required) {
            let mut lacking = good.clone();
            lacking.data.remove(key.name);
            let told = gateways::marketplaces::check_setup(connector, &lacking).unwrap_err();
            assert_eq!(told.faults[0].0, key.name);
        }
        if good.site.is_some() {
            let mut elsewhere = good.clone();
            elsewhere.site = Some("CN".into());
            assert_eq!(gateways::marketplaces::check_setup(connector, &elsewhere).unwrap_err().faults[0].0, "site");
        }
    });
}

/// Every first answer of a connector's questions, judged by `read`.
fn answers(
    connector: &dyn Connector,
    account: &Account,
    reply: &HttpReply,
) -> Vec<(&'static str, Result<usize, ErrorClass>)> {
    let (ids, window, shipment) = (vec!["1".to_owned()], window(), shipment());
    let lines = vec![line("1", "c")];
    let mut all = Vec::new();
    let mut told = |name, answer: Result<usize, gateways::marketplaces::ApiError>| {
        all.push((name, answer.map_err(|error| error.class)))
    };
    fn count<T>(page: Page<T>) -> usize {
        page.rows.len() + page.skipped.len() + page.missing.len()
    }
    let judged = |read: &dyn Fn() -> Result<usize, gateways::marketplaces::ApiError>| {
        connector.classify(reply).and_then(|()| read())
    };
    if let Some(items) = connector.store_items() {
        told("all", judged(&|| items.all(account, None).read(None, reply).map(count)));
        told("by_ids", judged(&|| items.by_ids(account, &ids).read(None, reply).map(count)));
        if let Some(overview) = items.overview(account, None) {
            told("overview", judged(&|| overview.read(None, reply).map(count)));
        }
    }
    if let Some(orders) = connector.orders() {
        told("orders", judged(&|| orders.changed(account, &window).read(None, reply).map(count)));
        told("order", judged(&|| orders.by_ids(account, &ids).read(None, reply).map(count)));
    }
    if let Some(stock) = connector.stock() {
        told("stock", judged(&|| stock.read(&lines, reply).map(|lines| lines.len())));
    }
    if let Some(ship) = connector.ship() {
        told("ship", judged(&|| ship.ship(account, &shipment).read(None, reply).map(count)));
    }
    all
}

#[test]
fn an_answer_of_another_shape_is_malformed_and_never_an_empty_page() {
    each(|connector, account| {
        for (name, answer) in answers(connector, account, &ok("{}")) {
            let fitting = matches!(answer, Err(ErrorClass::Malformed));
            assert!(fitting, "{} {name}: {answer:?}", connector.descriptor().id);
        }
        let grant = Grant::Code(SecretString::from("c".to_owned()));
        if let Ok(TokenStep::Ask(_)) = connector.auth().unwrap().token(&setup(connector), &grant) {
            let told = connector.auth().unwrap().read_token(&setup(connector), &grant, &ok("{}"));
            assert_eq!(told.map(|_| ()).unwrap_err().class, ErrorClass::Malformed);
        }
    });
}

#[test]
fn nothing_there_is_an_empty_page_and_the_end() {
    let empty = |id: &str| match id {
        "shopify" => json!({"data": {
            "shop": {"currencyCode": "CNY"},
            "products": {"nodes": [], "pageInfo": {"hasNextPage": false, "endCursor": null}},
            "orders": {"nodes": [], "pageInfo": {"hasNextPage": false, "endCursor": null}},
        }}),
        "aliexpress" => json!({
            "aliexpress_solution_product_list_get_response": {"result": {"product_count": 0, "total_page": 0}},
            "aliexpress_solution_order_get_response": {"result": {"total_count": 0, "total_page": 0}},
        }),
        "ebay" => json!({"total": 0, "orders": [], "inventoryItems": []}),
        "amazon" => json!({"numberOfResults": 0, "items": [], "orders": []}),
        "dhgate" => json!({"status": {"code": "00000000"}, "count": 0, "pages": 0, "itemList": []}),
        "wish" => json!({"code": 0, "message": "", "data": []}),
        "wanliniu" => json!({"code": 0, "data": []}),
        "shoplazza" => json!({"code": "Success", "data": {"orders": [], "products": [], "has_more": false}}),
        other => panic!("{other}"),
    };
    each(|connector, account| {
        let reply = ok(empty(connector.descriptor().id));
        connector.classify(&reply).unwrap();
        let window = window();
        let goods = connector.store_items().unwrap().all(account, Some(&window));
        let orders = connector.orders().unwrap().changed(account, &window);
        ends(connector, goods.as_ref(), &reply);
        ends(connector, orders.as_ref(), &reply);
    });
}

/// Walks a question that is always answered alike; it may ask for a second kind of rows.
fn ends<T>(connector: &dyn Connector, feed: &dyn gateways::marketplaces::Feed<T>, reply: &HttpReply) {
    let mut at = None;
    for _ in 0..3 {
        feed.request(at.as_ref()).unwrap();
        let page = feed.read(at.as_ref(), reply).unwrap();
        assert!(page.rows.is_empty() && page.skipped.is_empty());
        at = page.next;
        if at.is_none() {
            return;
        }
    }
    panic!("{} does not end", connector.descriptor().id);
}

#[test]
fn broken_transport_is_worth_another_try_and_401_and_429_are_understood() {
    each(|connector, _| {
        for (status, body) in [(502, "<html>"), (200, ""), (200, "{\"a\":[{"), (200, "[]"), (503, "{}"), (429, "")] {
            let error = connector.classify(&reply(status, &[], body)).unwrap_err();
            assert!(error.class.may_pass(), "{} {status} {body:?}: {error}", connector.descriptor().id);
        }
        let limited = connector.classify(&reply(429, &[("retry-after", "3")], "{}")).unwrap_err();
        assert_eq!((limited.class, limited.retry_after.map(|wait| wait.as_secs())), (ErrorClass::RateLimited, Some(3)));
        assert_eq!(connector.classify(&reply(401, &[], "{}")).unwrap_err().class, ErrorClass::TokenExpired);
    });
}

/// Every value of every list, one at a time, turned into something odd: nothing may panic, and a row
/// that became unreadable must not take its page with it.
#[test]
fn odd_values_never_panic_nor_fail_a_page_of_rows() {
    let odd = [json!(null), json!(""), json!("abc"), json!(-1), json!("99999999999999999999"), json!({}), json!([])];
    let file = vectors::global();
    let mut tried = 0;
    for fixture in file["fixtures"].as_array().unwrap() {
        let Some(id) = id_of(fixture["platform"].as_str().unwrap()) else { continue };
        let kind = fixture["kind"].as_str().unwrap();
        if !["items", "orders", "stock"].contains(&kind) {
            continue;
        }
        let connector = vectors::connector(id);
        let account = account(connector.as_ref());
        for place in places(&fixture["body"], "") {
            for value in &odd {
                let mut changed = fixture.clone();
                *changed["body"].pointer_mut(&place).unwrap() = value.clone();
                let all = answers(connector.as_ref(), &account, &fixture_reply(&changed));
                let (_, answer) = match kind {
                    "items" => all.iter().rev().find(|(name, _)| ["all", "overview"].contains(name)).unwrap(),
                    "orders" => all.iter().find(|(name, _)| *name == "orders").unwrap(),
                    _ => all.iter().find(|(name, _)| *name == "stock").unwrap(),
                };
                // The sku list of one item is not a list of rows to the question of all.
                let row = kind != "stock" && fixture["id"] != "fx-dhgate-skus" && place.contains("/0");
                assert!(answer.is_ok() || !row, "{} {place} {value}: {answer:?}", fixture["id"]);
                tried += 1;
            }
        }
    }
    assert!(tried > 2000, "only {tried} odd values tried");
}

/// JSON pointers of all values but lists.
fn places(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Array(items) => {
            items.iter().take(2).enumerate().flat_map(|(nth, item)| places(item, &format!("{at}/{nth}"))).collect()
        }
        Value::Object(fields) => {
            let inner = fields.iter().flat_map(|(name, item)| places(item, &format!("{at}/{name}")));
            std::iter::once(at.to_owned()).filter(|at| !at.is_empty()).chain(inner).collect()
        }
        _ => vec![at.to_owned()],
    }
}
