//! What every connector of the registry must do alike, whatever the platform.

use gateways::marketplaces::{Capabilities, Connector, ErrorClass, REGISTRY, Shipment, ShippedLine};
use serde_json::{Value, json};

use crate::questions::{self, Subject};
use crate::vectors::{self, reply, reply_of};

fn each_connector(check: impl Fn(&dyn Connector)) {
    for entry in REGISTRY {
        check(vectors::connector(entry.descriptor.id).as_ref());
    }
}

#[test]
fn ids_are_the_fixed_ones_and_unique() {
    let fixed = [
        "pinduoduo_affiliate",
        "pinduoduo",
        "taobao_affiliate",
        "taobao",
        "jd_affiliate",
        "jd",
        "youzan",
        "weimob",
        "shopify",
        "aliexpress",
        "ebay",
        "amazon",
        "dhgate",
        "wish",
        "wanliniu",
        "shoplazza",
    ];
    for (nth, entry) in REGISTRY.iter().enumerate() {
        let id = entry.descriptor.id;
        assert!(fixed.contains(&id), "{id}");
        assert!(REGISTRY[..nth].iter().all(|earlier| earlier.descriptor.id != id), "{id} twice");
    }
}

#[test]
fn the_descriptor_promises_what_the_connector_offers() {
    each_connector(|connector| {
        let promised = connector.descriptor().capabilities;
        assert_eq!(promised.has(Capabilities::ITEMS), connector.items().is_some());
        assert_eq!(promised.has(Capabilities::LINKS), connector.links().is_some());
        assert_eq!(promised.has(Capabilities::FILING), connector.filing().is_some());
        assert_eq!(promised.has(Capabilities::COMMISSIONS), connector.commissions().is_some());
        assert_eq!(promised.has(Capabilities::ACCOUNTS), connector.auth().is_some());
        assert_eq!(promised.has(Capabilities::ACCOUNTS), connector.descriptor().store.is_some());
        assert_eq!(promised.has(Capabilities::STORE_ITEMS), connector.store_items().is_some());
        assert_eq!(promised.has(Capabilities::ORDERS), connector.orders().is_some());
        assert_eq!(promised.has(Capabilities::STOCK), connector.stock().is_some());
        assert_eq!(promised.has(Capabilities::SHIP), connector.ship().is_some());
        assert_eq!(promised.has(Capabilities::HOOKS), connector.hooks().is_some());
        let batch = connector.descriptor().store.as_ref().map_or(0, |facts| facts.stock.max_batch);
        assert_eq!(promised.has(Capabilities::STOCK), batch > 0);
        assert!(connector.descriptor().default_base.starts_with("https://"));
    });
}

#[test]
fn a_part_of_an_order_is_refused_exactly_where_the_descriptor_says_so() {
    each_connector(|connector| {
        let Some(sink) = connector.ship() else { return };
        let lines = vec![ShippedLine { line_key: "1".into(), quantity: 1 }];
        let part = Shipment { completes: false, lines, ..questions::shipment() };
        let account = questions::setup(connector).account("880012345");
        let asked = sink.ship(&account, &part).request(None).map(|_| ());
        let is_refused = asked.is_err_and(|error| error.class == ErrorClass::Unsupported);
        let descriptor = connector.descriptor();
        assert_eq!(descriptor.capabilities.has(Capabilities::PARTS), !is_refused, "{}", descriptor.id);
    });
}

#[test]
fn an_answer_of_another_shape_is_malformed_and_never_an_empty_page() {
    each_connector(|connector| {
        let subject = Subject::of(connector);
        for question in questions::all(connector, &subject) {
            let error = question.answer(connector, &reply_of(200, "{}")).unwrap_err();
            let what = (connector.descriptor().id, question.request().operation);
            assert!(matches!(error.class, ErrorClass::Malformed | ErrorClass::Business), "{what:?}: {error}");
        }
    });
}

#[test]
fn broken_transport_is_worth_another_try() {
    each_connector(|connector| {
        for (status, body) in [(502, "<html>"), (200, ""), (200, "{\"a\":[{"), (200, "[]"), (503, "{}"), (429, "")] {
            let error = connector.classify(&reply_of(status, body)).unwrap_err();
            assert!(error.class.may_pass(), "{status} {body:?}: {error}");
        }
    });
}

#[test]
fn a_signature_changes_with_the_time_and_every_field() {
    let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).unwrap();
    each_connector(|connector| {
        if vectors::UNSIGNED.contains(&connector.descriptor().id) {
            return;
        }
        let subject = Subject::of(connector);
        for question in questions::all(connector, &subject).iter().filter(|each| !each.request().complete) {
            let signed = |request, seconds| {
                let gateways::marketplaces::Body::Form(fields) = connector.sign(request, None, at(seconds)).body else {
                    panic!("no form");
                };
                fields["sign"].clone()
            };
            let first = signed(question.request(), 1_795_400_000);
            assert_eq!(first, signed(question.request(), 1_795_400_000));
            assert_ne!(first, signed(question.request(), 1_795_400_001));
            assert_ne!(first, signed(question.request().with("zzz", "1"), 1_795_400_000));
        }
    });
}

/// Every value of every fixture, one at a time, turned into something odd: nothing may panic, and
/// a row that became unreadable must not take its page with it.
#[test]
fn odd_values_never_panic_nor_fail_a_page_of_rows() {
    let odd = [json!(null), json!(""), json!("abc"), json!(-1), json!("99999999999999999999"), json!({}), json!([])];
    let file = vectors::cn();
    let mut tried = 0;
    let spoken = |platform| vectors::platforms().into_iter().filter(move |(known, _, _)| *known == platform);
    let all = vectors::all_fixtures(&file);
    let all = all.into_iter().flat_map(|(platform, method, fixture)| {
        spoken(platform).map(move |(_, id, settings)| (id, settings, method, fixture))
    });
    for (id, settings, method, fixture) in all {
        let connector = vectors::open(id, &settings);
        let subject = Subject::of(connector.as_ref());
        for question in questions::all(connector.as_ref(), &subject) {
            if question.request().operation != method || fixture.get("body").is_none() {
                continue;
            }
            for place in places(&fixture["body"], "") {
                for value in &odd {
                    let mut changed = fixture.clone();
                    *changed["body"].pointer_mut(&place).unwrap() = value.clone();
                    let answer = question.answer(connector.as_ref(), &reply(&changed));
                    let in_a_row = place.matches('/').count() > 3;
                    assert!(answer.is_ok() || !in_a_row, "{method} {place} {value}: {answer:?}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 3000, "only {tried} odd values tried");
}

/// JSON pointers of all values but lists.
pub fn places(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Array(items) => {
            // The rows of a list are alike.
            items.iter().take(2).enumerate().flat_map(|(nth, item)| places(item, &format!("{at}/{nth}"))).collect()
        }
        Value::Object(fields) => {
            let inner = fields.iter().flat_map(|(name, item)| places(item, &format!("{at}/{name}")));
            std::iter::once(at.to_owned()).chain(inner).collect()
        }
        _ => vec![at.to_owned()],
    }
}
