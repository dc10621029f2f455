//! The cases every store's connector runs through, and which fixture stands for which.
//!
//! One line a case. A fixture is one of the shared files (`Cn`: method and name; `Global`: id) or one of
//! the connector's own, in `tests/marketplaces/own/<id>.json` by name. A connector that lacks a case which
//! its capabilities call for fails [`every_store_has_all_its_cases`].

use gateways::marketplaces::{Capabilities, Connector, ErrorClass, HttpReply, REGISTRY};
use serde_json::{Value, json};

use crate::questions::{self, Answer, Question, Subject};
use crate::vectors;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    /// Tokens in an answer.
    Token,
    /// A page of goods, or of their ids, with more to come.
    GoodsPaging,
    /// No goods.
    GoodsEmpty,
    /// One item with its variants.
    Goods,
    /// A page of orders, or of their numbers, with more to come.
    OrdersPaging,
    /// No orders.
    OrdersEmpty,
    /// Orders with their lines.
    Orders,
    /// The token has run out.
    Expired,
    /// Too many calls.
    Limited,
    /// A quantity is taken.
    StockTold,
    /// A quantity is refused: within a good answer, or as a refusal of the call.
    StockRefused,
    /// A parcel is taken.
    Shipped,
}

use Case::*;

#[derive(Clone, Copy, Debug)]
enum Source {
    Cn(&'static str, &'static str),
    Global(&'static str),
    Own(&'static str),
}

use Source::*;

/// The table: connector, case, fixture.
const TABLE: &[(&str, Case, Source)] = &[
    ("pinduoduo", Token, Cn("pdd.pop.auth.token.create", "ok")),
    ("pinduoduo", GoodsPaging, Own("goods page 1 of 2")),
    ("pinduoduo", GoodsEmpty, Own("no goods")),
    ("pinduoduo", Goods, Cn("pdd.goods.information.get", "prices are yuan strings here")),
    ("pinduoduo", OrdersPaging, Own("orders counted")),
    ("pinduoduo", OrdersEmpty, Own("no orders")),
    ("pinduoduo", Orders, Own("one order by number")),
    ("pinduoduo", Expired, Cn("error", "10019")),
    ("pinduoduo", Limited, Cn("error", "52101")),
    ("pinduoduo", StockTold, Cn("pdd.goods.quantity.update", "ok")),
    ("pinduoduo", StockRefused, Own("quantity not taken")),
    ("pinduoduo", Shipped, Cn("pdd.logistics.online.send", "ok")),
    ("taobao", Token, Own("token")),
    ("taobao", GoodsPaging, Own("on sale, page 1 of 2")),
    ("taobao", GoodsEmpty, Own("nothing on sale")),
    ("taobao", Goods, Own("items with and without variants")),
    ("taobao", OrdersPaging, Own("trades counted")),
    ("taobao", OrdersEmpty, Own("no trades")),
    ("taobao", Orders, Own("a trade in two lines")),
    ("taobao", Expired, Cn("error", "27 invalid-sessionkey")),
    ("taobao", Limited, Cn("error", "7 accesscontrol.limited-by-api-access-count")),
    ("taobao", StockTold, Own("quantity taken")),
    ("taobao", StockRefused, Own("no such item")),
    ("taobao", Shipped, Own("parcel taken")),
    ("jd", Token, Own("token")),
    ("jd", GoodsPaging, Own("wares, page 1 of 2")),
    ("jd", GoodsEmpty, Own("no wares")),
    ("jd", Goods, Own("variants of a ware")),
    ("jd", OrdersPaging, Own("orders, page 1 of 2")),
    ("jd", OrdersEmpty, Own("no orders")),
    ("jd", Orders, Own("orders, page 1 of 2")),
    ("jd", Expired, Own("token has run out")),
    ("jd", Limited, Cn("error", "gateway 2")),
    ("jd", StockTold, Own("quantity taken")),
    ("jd", StockRefused, Own("quantity refused")),
    ("jd", Shipped, Own("parcel taken")),
    ("youzan", Token, Global("fx-youzan-token")),
    ("youzan", GoodsPaging, Own("on sale, page 1 of 2")),
    ("youzan", GoodsEmpty, Own("nothing on sale")),
    ("youzan", Goods, Own("an item in two variants")),
    ("youzan", OrdersPaging, Own("orders, page 1 of 3")),
    ("youzan", OrdersEmpty, Own("no orders")),
    ("youzan", Orders, Global("fx-youzan-orders")),
    ("youzan", Expired, Global("fx-youzan-token-expired")),
    ("youzan", Limited, Global("fx-youzan-limited")),
    ("youzan", StockTold, Own("quantity taken")),
    ("youzan", StockRefused, Own("managed elsewhere")),
    ("youzan", Shipped, Global("fx-youzan-ship-ok")),
    ("weimob", Token, Global("fx-weimob-token")),
    ("weimob", GoodsPaging, Global("fx-weimob-goods")),
    ("weimob", GoodsEmpty, Own("no goods")),
    ("weimob", Goods, Own("an item in two variants")),
    ("weimob", OrdersPaging, Own("orders, page 1 of 2")),
    ("weimob", OrdersEmpty, Own("no orders")),
    ("weimob", Orders, Global("fx-weimob-orders")),
    ("weimob", Expired, Global("fx-weimob-error")),
    ("weimob", Limited, Own("too often")),
    ("weimob", StockTold, Own("all taken")),
    ("weimob", StockRefused, Global("fx-weimob-stock-partial")),
    ("shopify", Token, Global("fx-shopify-token")),
    ("shopify", GoodsPaging, Global("fx-shopify-products-page")),
    ("shopify", GoodsEmpty, Own("no products")),
    ("shopify", Goods, Global("fx-shopify-products-page")),
    ("shopify", OrdersPaging, Own("orders, page 1 of 2")),
    ("shopify", OrdersEmpty, Own("no orders")),
    ("shopify", Orders, Global("fx-shopify-orders-page")),
    ("shopify", Expired, Global("fx-shopify-401")),
    ("shopify", Limited, Global("fx-shopify-throttled")),
    ("shopify", StockTold, Global("fx-shopify-stock-ok")),
    ("shopify", StockRefused, Global("fx-shopify-stock-conflict")),
    ("shopify", Shipped, Own("parcel taken")),
    ("aliexpress", Token, Global("fx-aliexpress-token")),
    ("aliexpress", GoodsPaging, Global("fx-aliexpress-products")),
    ("aliexpress", GoodsEmpty, Own("no products, on sale or not")),
    ("aliexpress", Goods, Own("a product in two variants")),
    ("aliexpress", OrdersPaging, Global("fx-aliexpress-orders")),
    ("aliexpress", OrdersEmpty, Own("no orders, closed or not")),
    ("aliexpress", Orders, Global("fx-aliexpress-orders")),
    ("aliexpress", Expired, Global("fx-aliexpress-token-expired")),
    ("aliexpress", Limited, Global("fx-aliexpress-limited")),
    ("aliexpress", StockTold, Own("quantities taken")),
    ("aliexpress", StockRefused, Own("quantities refused")),
    ("aliexpress", Shipped, Own("parcel taken")),
    ("ebay", Token, Global("fx-ebay-token")),
    ("ebay", GoodsPaging, Own("items, page 1 of 2")),
    ("ebay", GoodsEmpty, Own("no items")),
    ("ebay", Goods, Own("an item and its offer")),
    ("ebay", OrdersPaging, Global("fx-ebay-orders")),
    ("ebay", OrdersEmpty, Own("no orders")),
    ("ebay", Orders, Global("fx-ebay-orders")),
    ("ebay", Expired, Global("fx-ebay-401")),
    ("ebay", Limited, Global("fx-ebay-429")),
    ("ebay", StockTold, Own("quantities taken")),
    ("ebay", StockRefused, Own("quantities refused")),
    ("ebay", Shipped, Own("parcel taken")),
    ("amazon", Token, Global("fx-amazon-token")),
    ("amazon", GoodsPaging, Global("fx-amazon-listings")),
    ("amazon", GoodsEmpty, Own("no listings")),
    ("amazon", Goods, Global("fx-amazon-listings")),
    ("amazon", OrdersPaging, Global("fx-amazon-orders-2026")),
    ("amazon", OrdersEmpty, Own("no orders")),
    ("amazon", Orders, Global("fx-amazon-orders-2026")),
    ("amazon", Expired, Global("fx-amazon-403")),
    ("amazon", Limited, Global("fx-amazon-429")),
    ("amazon", StockTold, Global("fx-amazon-patch-accepted")),
    ("amazon", StockRefused, Global("fx-amazon-patch-invalid")),
    ("amazon", Shipped, Own("parcel taken")),
    ("dhgate", Token, Global("fx-dhgate-token")),
    ("dhgate", GoodsPaging, Own("items, page 1 of 2")),
    ("dhgate", GoodsEmpty, Own("no items")),
    ("dhgate", Goods, Own("an item and its variants")),
    ("dhgate", OrdersPaging, Global("fx-dhgate-orders")),
    ("dhgate", OrdersEmpty, Own("no orders")),
    ("dhgate", Orders, Own("an order and its lines")),
    ("dhgate", Expired, Global("fx-dhgate-token-expired")),
    ("dhgate", Limited, Own("too often")),
    ("dhgate", Shipped, Own("parcel taken")),
    ("wish", Token, Global("fx-wish-token")),
    ("wish", GoodsPaging, Own("products")),
    ("wish", GoodsEmpty, Own("no rows")),
    ("wish", Goods, Own("products")),
    ("wish", OrdersPaging, Global("fx-wish-orders")),
    ("wish", OrdersEmpty, Own("no rows")),
    ("wish", Orders, Global("fx-wish-orders")),
    ("wish", Expired, Global("fx-wish-401")),
    ("wish", Limited, Global("fx-wish-429")),
    ("wish", StockTold, Own("taken")),
    ("wish", StockRefused, Own("quantity refused")),
    ("wish", Shipped, Own("taken")),
    ("wanliniu", GoodsPaging, Own("goods, a full page")),
    ("wanliniu", GoodsEmpty, Own("no rows")),
    ("wanliniu", Goods, Own("goods")),
    ("wanliniu", OrdersPaging, Own("trades, a full page")),
    ("wanliniu", OrdersEmpty, Own("no rows")),
    ("wanliniu", Orders, Global("fx-hupun-trades")),
    ("wanliniu", Expired, Own("refused by the gate")),
    ("wanliniu", Limited, Own("too often")),
    ("shoplazza", Token, Own("token")),
    ("shoplazza", GoodsPaging, Own("products, page 1 of 2")),
    ("shoplazza", GoodsEmpty, Own("no products")),
    ("shoplazza", Goods, Own("products, page 1 of 2")),
    ("shoplazza", OrdersPaging, Global("fx-shoplazza-orders")),
    ("shoplazza", OrdersEmpty, Own("no orders")),
    ("shoplazza", Orders, Global("fx-shoplazza-orders")),
    ("shoplazza", Expired, Own("token refused")),
    ("shoplazza", Limited, Own("too often")),
    ("shoplazza", StockTold, Own("quantity taken")),
    ("shoplazza", StockRefused, Own("quantity refused")),
    ("shoplazza", Shipped, Own("parcel taken")),
];

/// What each ability calls for.
const WANTED: &[(Capabilities, &[Case])] = &[
    (Capabilities::ACCOUNTS, &[Expired, Limited]),
    (Capabilities::STORE_ITEMS, &[GoodsPaging, GoodsEmpty, Goods]),
    (Capabilities::ORDERS, &[OrdersPaging, OrdersEmpty, Orders]),
    (Capabilities::STOCK, &[StockTold, StockRefused]),
    (Capabilities::SHIP, &[Shipped]),
];

#[test]
fn every_store_has_all_its_cases() {
    for entry in REGISTRY.iter().filter(|entry| entry.descriptor.store.is_some()) {
        let descriptor = entry.descriptor;
        let has = |case| TABLE.iter().any(|(id, known, _)| *id == descriptor.id && *known == case);
        let wanted = WANTED.iter().filter(|(ability, _)| descriptor.capabilities.has(*ability));
        let missing: Vec<Case> =
            wanted.flat_map(|(_, cases)| cases.iter().copied()).filter(|case| !has(*case)).collect();
        assert!(missing.is_empty(), "{} lacks {missing:?}", descriptor.id);
    }
}

#[test]
fn every_case_is_read_as_it_must_be() {
    let mut faults = Vec::new();
    for (id, case, from) in TABLE {
        let connector = vectors::connector(id);
        let (operation, replies) = fixture(id, *from);
        if let Err(fault) = run(connector.as_ref(), *case, operation.as_deref(), &replies) {
            faults.push(format!("{id} {case:?} {from:?}: {fault}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Every value of every fixture in the table, one at a time, turned into something odd.
#[test]
fn odd_values_never_panic_in_any_stores_fixture() {
    let odd = [json!(null), json!(""), json!("abc"), json!(-1), json!("99999999999999999999"), json!({}), json!([])];
    let mut tried = 0;
    for (id, case, from) in TABLE {
        let connector = vectors::connector(id);
        let subject = Subject::of(connector.as_ref());
        let (operation, replies) = fixture(id, *from);
        let reply = &replies[0];
        let Ok(body) = serde_json::from_slice::<Value>(&reply.body) else { continue };
        for question in questions::all(connector.as_ref(), &subject) {
            let meant = operation.as_ref().is_none_or(|operation| question.request().operation == *operation);
            if !meant || !is_about(&question, *case) {
                continue;
            }
            for place in crate::contract::places(&body, "") {
                for value in &odd {
                    let mut changed = body.clone();
                    *changed.pointer_mut(&place).unwrap() = value.clone();
                    let changed = HttpReply { body: changed.to_string().into_bytes(), ..reply.clone() };
                    // Whatever it is read as, it is read: a fault of one row skips that row.
                    let _ = question.read(connector.as_ref(), &changed);
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 2000, "only {tried} odd values tried");
}

/// The call it answers, where that is told, the answer, and those to the steps after it (`then`).
fn fixture(id: &str, from: Source) -> (Option<String>, Vec<HttpReply>) {
    match from {
        Cn(method, name) => {
            let file = vectors::cn();
            let platform = vectors::platforms().into_iter().find(|(_, known, _)| *known == id).unwrap().0;
            let cases = file["fixtures"][platform][method].as_array().unwrap();
            let found = cases.iter().find(|case| case["name"] == name).unwrap_or_else(|| panic!("no {method} {name}"));
            let call = (!matches!(method, "error" | "transport")).then(|| method.to_owned());
            (call, vec![vectors::reply(found)])
        }
        Global(name) => {
            let file = vectors::global();
            let cases = file["fixtures"].as_array().unwrap();
            let found = cases.iter().find(|case| case["id"] == name).unwrap_or_else(|| panic!("no {name}"));
            (None, vec![vectors::global_reply(found)])
        }
        Own(name) => {
            let file = vectors::own(id);
            let found = file.get(name).unwrap_or_else(|| panic!("{id} has no fixture {name}"));
            let then = found["then"].as_array().into_iter().flatten();
            let replies = std::iter::once(found).chain(then).map(vectors::reply).collect();
            (found["operation"].as_str().map(str::to_owned), replies)
        }
    }
}

fn run(connector: &dyn Connector, case: Case, operation: Option<&str>, replies: &[HttpReply]) -> Result<(), String> {
    if let Some(classes) = class_of(case) {
        let error = connector.classify(&replies[0]).err().ok_or("was let pass")?;
        return if classes.contains(&error.class) { Ok(()) } else { Err(error.to_string()) };
    }
    let subject = Subject::of(connector);
    let mut told = "no question fits".to_owned();
    for question in questions::all(connector, &subject) {
        let meant = operation.is_none_or(|operation| question.request().operation == operation);
        if !meant || !is_about(&question, case) {
            continue;
        }
        let answer = question.read_on(connector, replies);
        match judge(case, &answer) {
            true => return Ok(()),
            false => told = format!("{answer:?}"),
        }
    }
    Err(told)
}

fn class_of(case: Case) -> Option<&'static [ErrorClass]> {
    match case {
        Expired => Some(&[ErrorClass::TokenExpired]),
        Limited => Some(&[ErrorClass::RateLimited, ErrorClass::QuotaSpent]),
        _ => None,
    }
}

fn is_about(question: &Question<'_>, case: Case) -> bool {
    match question {
        Question::Token(..) => case == Token,
        Question::StoreGoods(_) => matches!(case, GoodsPaging | GoodsEmpty | Goods),
        Question::Order(_) => matches!(case, OrdersPaging | OrdersEmpty | Orders),
        Question::Stock(..) => matches!(case, StockTold | StockRefused),
        Question::Ship(_) => case == Shipped,
        _ => false,
    }
}

fn judge(case: Case, answer: &Result<Answer, gateways::marketplaces::ApiError>) -> bool {
    let refused = |row: &Value| !row["refused"].is_null();
    match (case, answer) {
        (StockRefused, Err(error)) => !error.class.may_pass(),
        (_, Err(_)) => false,
        (GoodsPaging | OrdersPaging, Ok(answer)) => answer.more && answer.rows.len() + answer.pending > 0,
        (GoodsEmpty | OrdersEmpty, Ok(answer)) => !answer.more && answer.rows.is_empty(),
        (Goods, Ok(answer)) => {
            let whole = |row: &Value| row["skus"].as_array().is_some_and(|skus| !skus.is_empty());
            !answer.rows.is_empty() && answer.rows.iter().all(whole)
        }
        (Orders, Ok(answer)) => {
            let whole = |row: &Value| row["lines"].as_array().is_some_and(|lines| !lines.is_empty());
            !answer.rows.is_empty() && answer.rows.iter().all(whole)
        }
        (StockTold, Ok(answer)) => !answer.rows.is_empty() && !answer.rows.iter().any(refused),
        (StockRefused, Ok(answer)) => answer.rows.iter().any(refused),
        (Token | Shipped, Ok(answer)) => answer.rows.len() == 1,
        (Expired | Limited, Ok(_)) => false,
    }
}
