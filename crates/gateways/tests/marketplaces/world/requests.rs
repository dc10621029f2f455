//! What is sent: stock, parcels, tokens.

use gateways::marketplaces::{
    Access, AccountKind, Body, Callback, Connector, ErrorClass, Grant, HttpRequest, StockChange, StockLine, TokenStep,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::cases::shipment;
use super::fixtures::line;
use super::{account, ok, reply, setup};
use crate::vectors;

fn body(request: &HttpRequest) -> Value {
    let Body::Text { text, .. } = &request.body else { panic!("no JSON") };
    serde_json::from_str(text).unwrap()
}

fn push(id: &str, lines: &[StockLine]) -> HttpRequest {
    let connector = vectors::connector(id);
    connector.stock().unwrap().push(&account(connector.as_ref()), lines).unwrap()
}

#[test]
fn stock_is_told_in_the_words_of_each_platform() {
    let shopify = body(&push("shopify", &[line("p1", "A")]));
    let sent = &shopify["variables"]["input"]["quantities"][0];
    assert_eq!(
        *sent,
        json!({
            "inventoryItemId": "gid://shopify/InventoryItem/5510000000001", "locationId": "gid://shopify/Location/1",
            "quantity": 9, "changeFromQuantity": 12,
        })
    );
    assert!(shopify["query"].as_str().unwrap().contains("@idempotent(key: $key)"));
    let aliexpress = push("aliexpress", &[line("1005001234567890", "红-L")]);
    let Body::Form(fields) = &aliexpress.body else { panic!("a form") };
    let sent: Value = serde_json::from_str(&fields["mutiple_product_update_list"]).unwrap();
    assert_eq!(
        sent,
        json!([{"product_id": 1005001234567890_u64, "multiple_sku_update_list": [{"sku_code": "红-L", "inventory": 9}]}])
    );
    let ebay = body(&push("ebay", &[line("MUG-W", "MUG-W")]));
    assert_eq!(
        ebay["requests"][0],
        json!({
            "sku": "MUG-W", "shipToLocationAvailability": {"quantity": 9},
            "offers": [{"offerId": "36445435465", "availableQuantity": 9}],
        })
    );
    let ebay = push("ebay", &[line("MUG-W", "MUG-W")]);
    assert!(ebay.headers.contains(&("content-language".to_owned(), "en-GB".to_owned())));
    let amazon = push("amazon", &[line("MUG W/1", "MUG W/1")]);
    assert_eq!(amazon.path, "/listings/2021-08-01/items/A2SELLER/MUG%20W%2F1");
    assert_eq!(body(&amazon)["patches"][0]["value"], json!([{"fulfillment_channel_code": "DEFAULT", "quantity": 9}]));
    let wish = push("wish", &[line("p1", "v1"), line("p1", "v2")]);
    assert_eq!(
        body(&wish)["variations"][1],
        json!({"id": "sku-v2", "inventories": [{"warehouse_id": "wh1", "inventory": 9}]})
    );
    let shoplazza = push("shoplazza", &[line("p1", "v1")]);
    assert_eq!(body(&shoplazza), json!({"variant": {"id": "sku-v1", "inventory_quantity": 9}}));
}

#[test]
fn the_same_push_of_stock_has_the_same_key_and_another_one_another() {
    let key = |lines: &[StockLine]| body(&push("shopify", lines))["variables"]["key"].clone();
    let (one, mut other) = (line("p1", "A"), line("p1", "A"));
    other.key = "another".into();
    assert_eq!(key(std::slice::from_ref(&one)), key(std::slice::from_ref(&one)));
    assert_ne!(key(&[one]), key(&[other]));
}

#[test]
fn stock_is_never_changed_by_a_difference_nor_told_to_amazons_own_warehouses() {
    for id in ["shopify", "aliexpress", "ebay", "amazon", "wish", "shoplazza"] {
        let connector = vectors::connector(id);
        let mut lines = vec![line("1", "c")];
        lines[0].change = StockChange::Add(1);
        let told = connector.stock().unwrap().push(&account(connector.as_ref()), &lines);
        assert_eq!(told.map(|_| ()).unwrap_err().class, ErrorClass::Unsupported, "{id}");
    }
    let connector = vectors::connector("amazon");
    let mut lines = vec![line("1", "c")];
    lines[0].extra["channel"] = json!("AMAZON_NA");
    let told = connector.stock().unwrap().push(&account(connector.as_ref()), &lines);
    assert_eq!(told.map(|_| ()).unwrap_err().class, ErrorClass::Unsupported);
}

#[test]
fn lines_go_into_calls_as_the_platforms_take_them() {
    let fitting = |id: &str, lines: &[StockLine]| vectors::connector(id).stock().unwrap().fitting(lines, 200);
    let products: Vec<StockLine> = (0..30).map(|nth| line(&format!("{nth}"), "c")).collect();
    assert_eq!(fitting("aliexpress", &products), 20);
    assert_eq!(fitting("wish", &products), 1);
    assert_eq!(fitting("wish", &[line("p", "1"), line("p", "2"), line("q", "1")]), 2);
}

#[test]
fn a_refused_line_of_shopify_leaves_the_others_to_be_told_again() {
    let connector = vectors::connector("shopify");
    let lines = vec![line("p1", "A"), line("p2", "B")];
    let refusal = json!({"data": {"inventorySetQuantities": {"inventoryAdjustmentGroup": null, "userErrors": [
        {"code": "INVALID_INVENTORY_ITEM", "field": ["input", "quantities", "1", "inventoryItemId"], "message": "gone"},
    ]}}});
    let results = connector.stock().unwrap().read(&lines, &ok(refusal)).unwrap();
    let classes: Vec<ErrorClass> = results
        .iter()
        .map(|one| match &one.outcome {
            gateways::marketplaces::LineOutcome::Refused(error) => error.class,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(classes, [ErrorClass::Conflict, ErrorClass::Business]);
}

/// The request of the last step and what the platform's answer to it gives.
fn ship(
    connector: &dyn Connector,
    first: Value,
    last: gateways::marketplaces::HttpReply,
) -> (HttpRequest, Option<String>) {
    let (account, shipment) = (account(connector), shipment());
    let feed = connector.ship().unwrap().ship(&account, &shipment);
    let read = feed.request(None).unwrap();
    assert!(read.repeatable, "the first step only reads");
    let page = feed.read(None, &ok(first)).unwrap();
    let request = feed.request(page.next.as_ref()).unwrap();
    connector.classify(&last).unwrap();
    let told = feed.read(page.next.as_ref(), &last).unwrap();
    assert_eq!((told.rows.len(), told.next.is_none()), (1, true));
    (request, told.rows[0].external_id.clone())
}

#[test]
fn a_parcel_is_told_with_what_the_order_has_left_to_send() {
    let shopify = vectors::connector("shopify");
    let order = |id: &str, status: &str| json!({"id": id, "status": status, "lineItems": {"nodes": []}});
    let first =
        json!({"data": {"order": {"fulfillmentOrders": {"nodes": [order("f1", "CLOSED"), order("f2", "OPEN")]}}}});
    let last = json!({"data": {"fulfillmentCreate": {"fulfillment": {"id": "gid://shopify/Fulfillment/1"}, "userErrors": []}}});
    let (request, id) = ship(shopify.as_ref(), first, ok(last));
    let sent = &body(&request)["variables"]["fulfillment"];
    assert_eq!(sent["lineItemsByFulfillmentOrder"], json!([{"fulfillmentOrderId": "f2"}]));
    assert_eq!((request.repeatable, id.as_deref()), (false, Some("gid://shopify/Fulfillment/1")));

    let ebay = vectors::connector("ebay");
    let first = json!({"orderId": "12-1", "lineItems": [{"lineItemId": "100", "quantity": 2}]});
    let place = "https://api.ebay.com/sell/fulfillment/v1/order/12-1/shipping_fulfillment/9405";
    let (request, id) = ship(ebay.as_ref(), first, reply(201, &[("location", place)], ""));
    assert_eq!(body(&request)["lineItems"], json!([{"lineItemId": "100", "quantity": 2}]));
    assert_eq!(id.as_deref(), Some("9405"));

    let amazon = vectors::connector("amazon");
    let first = json!({"order": {
        "orderId": "12-1", "salesChannel": {"marketplaceId": "ATVPDKIKX0DER"},
        "fulfillment": {"fulfilledBy": "MERCHANT"}, "orderItems": [{"orderItemId": "01", "quantityOrdered": 2}],
    }});
    let (request, _) = ship(amazon.as_ref(), first, reply(204, &[], ""));
    let parcel = &body(&request)["packageDetail"];
    assert_eq!(parcel["orderItems"], json!([{"orderItemId": "01", "quantity": 2}]));
    assert_eq!(
        (parcel["packageReferenceId"].as_str(), parcel["shipDate"].as_str()),
        (Some("1"), Some("2026-11-22T01:08:00Z"))
    );
    assert_eq!(request.path, "/orders/v0/orders/12-1/shipmentConfirmation");
}

#[test]
fn platforms_with_one_step_are_told_at_once_and_never_twice() {
    for (id, path) in
        [("aliexpress", "/sync"), ("dhgate", "/dop/router"), ("shoplazza", "/openapi/2026-01/orders/12-1/fulfillments")]
    {
        let connector = vectors::connector(id);
        let (account, shipment) = (account(connector.as_ref()), shipment());
        let request = connector.ship().unwrap().ship(&account, &shipment).request(None).unwrap();
        assert_eq!((request.path.as_str(), request.repeatable), (path, false), "{id}");
    }
    let connector = vectors::connector("wish");
    let (account, shipment) = (account(connector.as_ref()), shipment());
    let request = connector.ship().unwrap().ship(&account, &shipment).request(None).unwrap();
    assert_eq!(body(&request)["origin_country"], "CN");
    assert_eq!((request.path.as_str(), request.repeatable), ("/api/v3/orders/12-1/tracking", true));
}

#[test]
fn a_pasted_token_is_taken_or_exchanged() {
    let pasted = Grant::Pasted(SecretString::from("shpat_1".to_owned()));
    let shopify = vectors::connector("shopify");
    let mut own = setup(shopify.as_ref());
    own.kind = AccountKind::SelfAuthorised;
    let TokenStep::Have(tokens) = shopify.auth().unwrap().token(&own, &pasted).unwrap() else { panic!("had at once") };
    assert_eq!(
        (tokens.access.expose_secret(), tokens.account_id.as_deref()),
        ("shpat_1", Some("mei-tuangou.myshopify.com"))
    );
    assert_eq!(tokens.access_expires_at, None);
    let amazon = vectors::connector("amazon");
    let mut own = setup(amazon.as_ref());
    own.kind = AccountKind::SelfAuthorised;
    own.data.insert("seller_id".into(), json!("A1B2"));
    let pasted = Grant::Pasted(SecretString::from("Atzr|x".to_owned()));
    let auth = amazon.auth().unwrap();
    assert!(matches!(auth.token(&own, &pasted), Ok(TokenStep::Ask(_))));
    let tokens = auth.read_token(&own, &pasted, &ok(json!({"access_token": "Atza|1", "expires_in": 3600}))).unwrap();
    assert_eq!(tokens.refresh.unwrap().expose_secret(), "Atzr|x");
    assert_eq!(tokens.account_id.as_deref(), Some("A1B2"));
    let erp = vectors::connector("wanliniu");
    let TokenStep::Have(tokens) = erp.auth().unwrap().token(&setup(erp.as_ref()), &pasted).unwrap() else {
        panic!("had")
    };
    assert_eq!(tokens.account_id.as_deref(), Some("3000112233"));
}

#[test]
fn amazons_seller_is_taken_from_the_callback_and_compared_with_the_one_asked() {
    let amazon = vectors::connector("amazon");
    let auth = amazon.auth().unwrap();
    let query = [("state", "s1"), ("selling_partner_id", "A1B2"), ("spapi_oauth_code", "RHx")];
    let query: Vec<(String, String)> = query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let callback = Callback { query: &query, state: "s1", now: chrono::Utc::now() };
    let mut asked = setup(amazon.as_ref());
    let grant = auth.callback(&asked, &callback).unwrap();
    let TokenStep::Ask(request) = auth.token(&asked, &grant).unwrap() else { panic!("asks") };
    let Body::Form(fields) = &request.body else { panic!("a form") };
    assert_eq!(fields["code"], "RHx");
    let tokens =
        auth.read_token(&asked, &grant, &ok(json!({"access_token": "a", "refresh_token": "r", "expires_in": 3600})));
    assert_eq!(tokens.unwrap().account_id.as_deref(), Some("A1B2"));
    asked.account_id = Some("A9".into());
    assert_eq!(auth.callback(&asked, &callback).map(|_| ()).unwrap_err().code, "other_account");
}

#[test]
fn buyers_of_aliexpress_and_sub_accounts_of_wish_cannot_authorise() {
    let grant = Grant::Code(SecretString::from("c".to_owned()));
    let aliexpress = vectors::connector("aliexpress");
    let told = aliexpress.auth().unwrap().read_token(
        &setup(aliexpress.as_ref()),
        &grant,
        &ok(json!({"code": "0", "access_token": "a", "expires_in": 9, "account_platform": "buyer"})),
    );
    assert_eq!(told.map(|_| ()).unwrap_err().code, "not_a_seller");
    let wish = vectors::connector("wish");
    let told = wish.auth().unwrap().read_token(
        &setup(wish.as_ref()),
        &grant,
        &ok(json!({"code": 0, "data": {"access_token": "a", "merchant_id": "m1", "is_sub_account": true}})),
    );
    assert_eq!(told.map(|_| ()).unwrap_err().code, "sub_account");
}

#[test]
fn a_token_goes_where_each_platform_looks_for_it() {
    let now = chrono::DateTime::from_timestamp(1_795_392_000, 0).unwrap();
    for (id, header, value) in [
        ("shopify", "x-shopify-access-token", "tok"),
        ("ebay", "authorization", "Bearer tok"),
        ("amazon", "x-amz-access-token", "tok"),
        ("wish", "authorization", "Bearer tok"),
        ("shoplazza", "access-token", "tok"),
    ] {
        let connector = vectors::connector(id);
        let account = account(connector.as_ref());
        let ids = vec!["1".to_owned()];
        let request = connector.orders().unwrap().by_ids(&account, &ids).request(None).unwrap();
        let signed = connector.sign(request, Some(&Access::new("tok", account.clone())), now);
        let found = signed.headers.iter().find(|(name, _)| name == header).map(|(_, value)| value.as_str());
        assert_eq!(found, Some(value), "{id}");
        assert!(!signed.query.iter().any(|(_, value)| value.contains("tok")), "{id}");
    }
}
