//! The replies of the global vectors, each read by its connector.

use gateways::marketplaces::{
    ApiError, BoxFeed, Connector, Cursor, ErrorClass, Grant, LineOutcome, Page, RemoteGoods, RemoteOrder, StockChange,
    StockLine, Window,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{account, fixture_reply, id_of, ok, said, setup};
use crate::vectors;

#[test]
fn every_fixture_is_read_as_expected() {
    let file = vectors::global();
    let mut read = 0;
    for fixture in file["fixtures"].as_array().unwrap() {
        let Some(id) = id_of(fixture["platform"].as_str().unwrap()) else { continue };
        let connector = vectors::connector(id);
        let connector = connector.as_ref();
        println!("{}", fixture["id"]);
        match fixture["kind"].as_str().unwrap() {
            "token" => token(connector, fixture),
            "token_error" => token_error(connector, fixture),
            "items" => items(connector, fixture),
            "orders" => orders(connector, fixture),
            "stock" => stock(connector, fixture),
            "rate_limited" | "auth_expired" | "error" => {
                refused(&connector.classify(&fixture_reply(fixture)).unwrap_err(), &fixture["expect"]);
            }
            kind => panic!("{kind}"),
        }
        read += 1;
    }
    assert_eq!(read, 55);
}

fn grant() -> Grant {
    Grant::Refresh(SecretString::from("r".to_owned()))
}

fn token(connector: &dyn Connector, fixture: &Value) {
    let reply = fixture_reply(fixture);
    let tokens = connector.auth().unwrap().read_token(&setup(connector), &grant(), &reply).unwrap();
    let secret = |token: &Option<SecretString>| token.as_ref().map(|token| token.expose_secret().to_owned());
    let life = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| (at - reply.received_at).num_seconds());
    let all = json!({
        "access_token": tokens.access.expose_secret(),
        "refresh_token": secret(&tokens.refresh),
        "expires_in_s": life(tokens.access_expires_at),
        "refresh_expires_in_s": life(tokens.refresh_expires_at),
        "expires": {"in_s": life(tokens.access_expires_at)},
        "expires_at": tokens.access_expires_at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)),
        "account_id": tokens.account_id,
    });
    for (name, value) in fixture["expect"].as_object().unwrap() {
        assert_eq!(&all[name], value, "{}: {name}", fixture["id"]);
    }
}

fn token_error(connector: &dyn Connector, fixture: &Value) {
    let told = connector.auth().unwrap().read_token(&setup(connector), &grant(), &fixture_reply(fixture));
    refused(&told.map(|_| ()).unwrap_err(), &fixture["expect"]);
}

fn refused(error: &ApiError, expect: &Value) {
    use ErrorClass as E;
    let classes: &[E] = match expect["error"].as_str().unwrap() {
        "auth_rejected" => &[E::ReauthorizeNeeded],
        "token_expired_or_revoked" => &[E::TokenExpired, E::ReauthorizeNeeded],
        "rate_limited" => &[E::RateLimited, E::QuotaSpent],
        "bad_request" => &[E::BadRequest, E::Business],
        "bad_signature" => &[E::BadSignature],
        "conflict" => &[E::Conflict],
        "upstream_unavailable" => &[E::Upstream],
        other => panic!("{other}"),
    };
    assert!(classes.contains(&error.class), "{error} instead of {expect}");
    if let Some(code) = expect.get("code") {
        assert_eq!(error.code, code.as_str().unwrap());
    }
    match expect.get("retry_after_ms") {
        Some(Value::Null) => assert_eq!(error.class, ErrorClass::QuotaSpent, "a day's quota"),
        Some(wait) => assert_eq!(error.retry_after.map(|wait| wait.as_millis() as u64), wait.as_u64(), "{error}"),
        None => {}
    }
    if expect.get("reset").is_some() {
        assert_eq!(error.retry_after.map(|wait| wait.as_secs()), Some(120));
    }
    if let Some(retry) = expect.get("retry").and_then(Value::as_bool) {
        assert_eq!(error.class.may_pass(), retry);
    }
}

/// The page of the first reply, and the whole of what later calls add to it.
fn whole<T>(
    feed: &BoxFeed<'_, T>,
    from: Option<Cursor>,
    replies: &[gateways::marketplaces::HttpReply],
) -> (Vec<T>, Page<T>) {
    let mut pages: Vec<Page<T>> = Vec::new();
    let mut at = from;
    for reply in replies {
        feed.request(at.as_ref()).unwrap();
        let page = feed.read(at.as_ref(), reply).unwrap();
        assert_eq!(page.skipped, []);
        at = page.next.clone();
        pages.push(page);
    }
    let last = Page { next: at, ..Page::of(Vec::new()) };
    let watermark = pages.iter().find_map(|page| page.watermark);
    (pages.into_iter().flat_map(|page| page.rows).collect(), Page { watermark, ..last })
}

/// Whether the next request asks for what the fixture names, or there is none when it names none.
fn goes_on<T>(feed: &BoxFeed<'_, T>, page: &Page<T>, expect: &Value) {
    let asked = page.next.as_ref().map(|next| said(&feed.request(Some(next)).unwrap()));
    let wanted = match (expect.get("next"), expect.get("next_page")) {
        (Some(Value::Null), _) | (_, Some(Value::Null)) => return assert_eq!(asked, None),
        (Some(Value::String(url)), _) if url.starts_with("https://") => "(\"offset\", \"50\")".to_owned(),
        (Some(Value::String(word)), _) => word.clone(),
        (Some(Value::Object(fields)), _) => fields["updated_at_min"].as_str().unwrap().to_owned(),
        (_, Some(number)) => number.to_string(),
        _ => return,
    };
    let asked = asked.unwrap();
    assert!(asked.contains(&wanted), "{asked} does not ask for {wanted}");
}

fn window() -> Window {
    let at = |text: &str| text.parse().unwrap();
    Window { from: at("2026-11-22T00:00:00Z"), until: at("2026-11-22T01:10:00Z") }
}

fn items(connector: &dyn Connector, fixture: &Value) {
    let id = connector.descriptor().id;
    let account = account(connector);
    let store = connector.store_items().unwrap();
    let reply = fixture_reply(fixture);
    connector.classify(&reply).unwrap();
    let feed = match id {
        "aliexpress" => store.overview(&account, None).unwrap(),
        _ => store.all(&account, None),
    };
    let offers = json!({"offers": [
        {"offerId": "36445435465", "marketplaceId": "EBAY_GB", "status": "PUBLISHED", "pricingSummary": {"price": {"value": "10.0", "currency": "GBP"}}},
    ]});
    let list = json!({"status": {"code": "00000000"}, "pages": 1, "itemList": [{"itemCode": 201, "itemName": "Mug"}]});
    let replies = match id {
        "ebay" => vec![reply, ok(offers)],
        "dhgate" => vec![ok(list), reply],
        _ => vec![reply],
    };
    let (rows, last) = whole(&feed, None, &replies);
    goes_on(&feed, &last, &fixture["expect"]);
    let wanted = fixture["expect"]["items"].as_array().unwrap();
    assert_eq!(rows.len(), wanted.len());
    for (row, wanted) in rows.iter().zip(wanted) {
        goods(row, wanted);
    }
}

fn goods(row: &RemoteGoods, wanted: &Value) {
    let sku = &row.skus[0];
    let all = json!({
        "external_id": row.external_id, "currency": row.price.currency.code(), "price_minor": row.price.minor,
        "price_min_minor": row.price.minor, "price_max_minor": row.extra["price_max_minor"],
        "stock": sku.quantity, "product_type": sku.extra["product_type"],
    });
    for (name, value) in wanted.as_object().unwrap().iter().filter(|(name, _)| *name != "skus") {
        assert_eq!(&all[name], value, "{name}");
    }
    for (nth, wanted) in wanted["skus"].as_array().into_iter().flatten().enumerate() {
        let sku = &row.skus[nth];
        let all = json!({
            "external_id": sku.external_id, "sku_code": sku.sku_code, "price_minor": sku.price.minor,
            "currency": sku.price.currency.code(), "stock": sku.quantity, "stock_id": sku.extra["stock_id"],
        });
        // "No price here": it comes with the offers.
        for (name, value) in wanted.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()) {
            assert_eq!(&all[name], value, "{name}");
        }
    }
}

fn orders(connector: &dyn Connector, fixture: &Value) {
    let account = account(connector);
    let window = window();
    let feed = connector.orders().unwrap().changed(&account, &window);
    let reply = fixture_reply(fixture);
    connector.classify(&reply).unwrap();
    let product = json!({"status": {"code": "00000000"}, "orderProductList": [
        {"itemcode": 201, "itemName": "Mug", "itemCount": 2, "itemPrice": 11.75, "skuCode": "MUG-W"},
    ]});
    let (from, replies) = match connector.descriptor().id {
        // Closed orders are asked for first; the fixture is of the others.
        "aliexpress" => (Some(Cursor(json!({"open": true, "page": 1}).to_string())), vec![reply]),
        "dhgate" => (None, vec![reply, ok(product)]),
        _ => (None, vec![reply]),
    };
    let (rows, last) = whole(&feed, from, &replies);
    goes_on(&feed, &last, &fixture["expect"]);
    if let Some(watermark) = fixture["expect"]["watermark"].as_str() {
        assert_eq!(last.watermark, Some(watermark.parse().unwrap()));
    }
    let wanted = fixture["expect"]["orders"].as_array().unwrap();
    assert_eq!(rows.len(), wanted.len());
    for (row, wanted) in rows.iter().zip(wanted) {
        order(row, wanted);
    }
}

fn order(row: &RemoteOrder, wanted: &Value) {
    let all = json!({
        "external_id": row.external_id, "number": row.extra["number"], "platform_no": row.extra["platform_no"],
        "status": row.state.word(), "currency": row.total.currency.code(), "total_minor": row.total.minor,
        "updated_at": row.times.modified_at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
    });
    for (name, value) in wanted.as_object().unwrap().iter().filter(|(name, _)| *name != "lines") {
        assert_eq!(&all[name], value, "{name}");
    }
    let lines = wanted["lines"].as_array();
    if let Some(lines) = lines {
        assert_eq!(row.lines.len(), lines.len());
    }
    for (line, wanted) in row.lines.iter().zip(lines.into_iter().flatten()) {
        let all = json!({
            "line_id": line.line_key, "external_item": line.external_item_id, "external_sku": line.external_sku_id,
            "sku_code": line.sku_code, "qty": line.quantity, "unit_minor": line.unit_price.map(|price| price.minor),
            "line_minor": line.paid.map(|paid| paid.minor),
        });
        for (name, value) in wanted.as_object().unwrap() {
            assert_eq!(&all[name], value, "{name}");
        }
    }
}

fn stock(connector: &dyn Connector, fixture: &Value) {
    let lines: Vec<StockLine> = match connector.descriptor().id {
        "aliexpress" => vec![line("1005001234567890", "MUG-W"), line("1005001234567891", "MUG-B")],
        "ebay" => vec![line("MUG-W", "MUG-W"), line("MUG-B", "MUG-B")],
        _ => vec![line("MUG-W", "MUG-W")],
    };
    let account = account(connector);
    let sink = connector.stock().unwrap();
    sink.push(&account, &lines).unwrap();
    let reply = fixture_reply(fixture);
    connector.classify(&reply).unwrap();
    let results = sink.read(&lines, &reply).unwrap();
    let expect = &fixture["expect"];
    let keys = |refused: bool| {
        let told = results.iter().filter(|one| matches!(one.outcome, LineOutcome::Refused(_)) == refused);
        json!(told.map(|one| one.key.clone()).collect::<Vec<_>>())
    };
    assert_eq!(keys(true) == json!([]), expect["ok"].as_bool().unwrap());
    assert!(expect.get("applied").is_none_or(|applied| *applied == keys(false)));
    assert!(expect.get("failed").is_none_or(|failed| *failed == keys(true)));
    if expect["async_"] == json!(true) {
        assert_eq!(results[0].outcome, LineOutcome::Accepted);
    }
    if let (Some("conflict"), LineOutcome::Refused(error)) = (expect["error"].as_str(), &results[0].outcome) {
        assert_eq!(error.class, ErrorClass::Conflict);
    }
}

/// A line whose key is its item's id.
pub fn line(item: &str, code: &str) -> StockLine {
    StockLine {
        external_item_id: item.into(),
        external_sku_id: Some(format!("sku-{code}")),
        sku_code: Some(code.into()),
        location: None,
        change: StockChange::Set(9),
        expected: Some(12),
        key: item.into(),
        extra: vectors::stock_extra(),
    }
}
