//! The stores' platforms outside the great three, spoken to with a client of the test's own: the shapes of
//! the vectors, and what each refuses in its own words.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::stores::{Filling, Purchase, StoreApp, StorePlatform, StoreRef};
use serde_json::{Value, json};

use crate::client::{Shop, keys};

const BACK: &str = "http://127.0.0.1:9/back";

/// A store of `platform` with goods and one paid order of two lines.
struct Stage {
    shop: Shop,
    store: StoreRef,
    order: String,
    http: reqwest::Client,
}

impl Stage {
    fn of(platform: StorePlatform, seller: &str, site: &str) -> Self {
        let shop = Shop::open();
        let store = StoreRef::new(platform, seller).on(site);
        let stores = shop.sandbox.state().stores();
        stores.open(&store, "Neighbours");
        stores.fill(&store, &Filling::of(30)).unwrap();
        stores.register_callback(platform, BACK);
        stores.consents(platform, Some(&store));
        let items = stores.items(&store);
        let item = items.iter().find(|item| item.variants.len() > 1).unwrap();
        let basket = [(item.variants[0].number, 2), (item.variants[1].number, 1)];
        let order = stores.buy(&store, &basket, &Purchase::default()).unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { shop, store, order, http }
    }

    fn app(&self) -> StoreApp {
        keys().stores.on(self.store.platform).unwrap().clone()
    }

    /// The code that the consent page at `path` leads back with.
    async fn code(&self, path: &str, query: &[(&str, &str)], name: &str) -> String {
        let answer = self.http.get(self.shop.url(path)).query(query).send().await.unwrap();
        assert_eq!(answer.status(), 302, "{}", answer.text().await.unwrap());
        let back = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let found = back.query_pairs().find(|(known, _)| known == name);
        found.unwrap().1.into_owned()
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        told(self.http.post(self.shop.url(path)).form(fields)).await
    }
}

async fn told(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

fn vector(id: &str) -> Value {
    let text = include_str!("../../../../tests/vectors/marketplaces-global.json");
    let all: Value = serde_json::from_str(text).unwrap();
    all["fixtures"].as_array().unwrap().iter().find(|case| case["id"] == id).unwrap()["body"].clone()
}

/// Every path to a leaf with the kind of the leaf; places in lists are left out.
fn shape(value: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, path: &str, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, one)| walk(one, &format!("{path}.{name}"), into)),
            Value::Array(items) => items.iter().for_each(|one| walk(one, &format!("{path}[]"), into)),
            Value::String(_) => drop(into.insert(format!("{path}: text"))),
            Value::Number(_) => drop(into.insert(format!("{path}: number"))),
            Value::Bool(_) => drop(into.insert(format!("{path}: flag"))),
            Value::Null => {}
        }
    }
    let mut paths = BTreeSet::new();
    walk(value, "", &mut paths);
    paths
}

/// Everything that the vector has is in our answer too, but for `absent`.
fn has_the_shape_of(ours: &Value, id: &str, absent: &[&str]) {
    let ours = shape(ours);
    let missing: Vec<String> = shape(&vector(id)).into_iter().filter(|path| !ours.contains(path)).collect();
    let missing: Vec<&String> =
        missing.iter().filter(|path| !absent.iter().any(|known| path.contains(known))).collect();
    assert!(missing.is_empty(), "{id}: {missing:?}\n{ours:?}");
}

const PRODUCTS: &str = "query Some($first: Int!, $after: String) { shop { currencyCode } \
    products(first: $first, after: $after, sortKey: UPDATED_AT) { nodes { id title handle status updatedAt \
    featuredMedia { preview { image { url } } } variants(first: 10) { nodes { id title sku barcode price \
    compareAtPrice inventoryQuantity selectedOptions { name value } inventoryItem { id tracked } } \
    pageInfo { hasNextPage endCursor } } } pageInfo { hasNextPage endCursor } } }";

const ORDERS: &str = "{ orders(first: 5) { nodes { id name createdAt updatedAt cancelledAt displayFinancialStatus \
    displayFulfillmentStatus currencyCode presentmentCurrencyCode currentTotalPriceSet { shopMoney { amount currencyCode } \
    presentmentMoney { amount currencyCode } } shippingAddress { name phone countryCodeV2 provinceCode city address1 \
    address2 zip } lineItems(first: 5) { nodes { id sku quantity currentQuantity variant { id } originalUnitPriceSet { \
    shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } } } } } pageInfo { hasNextPage endCursor } } }";

struct Graph<'a> {
    stage: &'a Stage,
    token: String,
}

impl Graph<'_> {
    async fn ask(&self, version: &str, query: &str, variables: Value) -> (u16, Value) {
        let url = self.stage.shop.url(&format!("/shopify/admin/api/{version}/graphql.json"));
        let request = self.stage.http.post(url).header("X-Shopify-Access-Token", &self.token);
        told(request.json(&json!({"query": query, "variables": variables}))).await
    }

    async fn code(&self, query: &str, variables: Value) -> String {
        let (status, answer) = self.ask("2026-07", query, variables).await;
        assert_eq!(status, 200);
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

#[tokio::test]
async fn shopify_answers_in_the_shapes_of_the_vectors_and_goes_on_by_cursor() {
    let stage = Stage::of(StorePlatform::Shopify, "mei-tuangou.myshopify.com", "");
    let token = stage.shop.sandbox.state().stores().console_token(&stage.store).unwrap();
    let graph = Graph { stage: &stage, token };
    let (_, first) = graph.ask("2026-07", PRODUCTS, json!({"first": 20})).await;
    has_the_shape_of(&first, "fx-shopify-products-page", &[]);
    let cursor = first["data"]["products"]["pageInfo"]["endCursor"].clone();
    let (_, second) = graph.ask("2026-07", PRODUCTS, json!({"first": 20, "after": cursor})).await;
    let page = &second["data"]["products"];
    assert_eq!((page["nodes"].as_array().unwrap().len(), &page["pageInfo"]["hasNextPage"]), (10, &json!(false)));
    let (_, orders) = graph.ask("2026-07", ORDERS, json!({})).await;
    has_the_shape_of(&orders, "fx-shopify-orders-page", &["address2"]);
    let cost = &orders["extensions"]["cost"];
    assert!(cost["actualQueryCost"].as_u64() <= cost["requestedQueryCost"].as_u64(), "{cost}");
    // An edge tells the same as a node, and an alias names it anew.
    let edges = "{ found: products(first: 1) { edges { cursor node { id } } } }";
    let (_, answer) = graph.ask("2026-07", edges, json!({})).await;
    assert!(answer["data"]["found"]["edges"][0]["node"]["id"].as_str().unwrap().starts_with("gid://shopify/Product/"));
}

#[tokio::test]
async fn shopify_refuses_what_its_schema_does_not_have() {
    let stage = Stage::of(StorePlatform::Shopify, "mei-tuangou.myshopify.com", "");
    let token = stage.shop.sandbox.state().stores().console_token(&stage.store).unwrap();
    let graph = Graph { stage: &stage, token };
    for (query, code) in [
        ("{ products(first: 1) { nodes { id prize } } }", "undefinedField"),
        ("{ products(first: 1, page: 2) { nodes { id } } }", "argumentNotAccepted"),
        ("{ products { nodes { id } } }", "BAD_REQUEST"),
        ("{ products(first: 251) { nodes { id } } }", "argumentLiteralsIncompatible"),
        ("{ shop }", "selectionMismatch"),
        ("{ shop { name { first } } }", "selectionMismatch"),
        ("{ shop { name }", "BAD_REQUEST"),
        ("query Q($id: ID!) { order(id: $id) { id } }", "BAD_REQUEST"),
        ("{ order(id: \"5900000000001\") { id } }", "INVALID_VARIABLE"),
        ("{ orders(first: 1, query: \"changed:>=1\") { nodes { id } } }", "BAD_REQUEST"),
        (
            "{ products(first: 250) { nodes { variants(first: 250) { nodes { inventoryItem { inventoryLevels(first: 50) { nodes { location { id } } } } } } } } }",
            "MAX_COST_EXCEEDED",
        ),
    ] {
        assert_eq!(graph.code(query, json!({})).await, code, "{query}");
    }
    assert_eq!(graph.code("{ shop { name } }", json!({"first": 1})).await, "BAD_REQUEST", "a variable nobody declared");
    assert_eq!(graph.ask("2026-13", "{ shop { name } }", json!({})).await.0, 404);
    let stranger = Graph { stage: &stage, token: "shpat_stranger".to_owned() };
    let (status, answer) = stranger.ask("2026-07", "{ shop { name } }", json!({})).await;
    assert_eq!((status, &answer), (401, &vector("fx-shopify-401")));
}

#[tokio::test]
async fn shopify_wants_a_key_and_a_comparison_for_stock_since_april() {
    let stage = Stage::of(StorePlatform::Shopify, "mei-tuangou.myshopify.com", "");
    let token = stage.shop.sandbox.state().stores().console_token(&stage.store).unwrap();
    let graph = Graph { stage: &stage, token };
    let variant = stage.shop.sandbox.state().stores().items(&stage.store)[0].variants[0].clone();
    let keyed = "mutation M($input: InventorySetQuantitiesInput!, $key: String!) { inventorySetQuantities(input: $input) \
        @idempotent(key: $key) { inventoryAdjustmentGroup { id changes { name delta } } userErrors { code field message } } }";
    let bare = "mutation M($input: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $input) \
        { userErrors { code field message } } }";
    let line = json!({"inventoryItemId": format!("gid://shopify/InventoryItem/{}", variant.number),
        "locationId": "gid://shopify/Location/66000000001", "quantity": 3});
    let input = |line: &Value| json!({"name": "available", "reason": "correction", "quantities": [line]});
    assert_eq!(graph.code(bare, json!({"input": input(&line)})).await, "BAD_REQUEST");
    let errors = |answer: &Value| answer["data"]["inventorySetQuantities"]["userErrors"].clone();
    let (_, answer) = graph.ask("2026-07", keyed, json!({"input": input(&line), "key": "k1"})).await;
    assert_eq!(errors(&answer)[0]["field"], json!(["input", "quantities", "0"]));
    let mut stale = line.clone();
    stale["changeFromQuantity"] = json!(variant.quantity + 1);
    let (_, answer) = graph.ask("2026-07", keyed, json!({"input": input(&stale), "key": "k2"})).await;
    has_the_shape_of(&answer, "fx-shopify-stock-conflict", &[]);
    assert_eq!(
        errors(&answer)[0]["code"],
        vector("fx-shopify-stock-conflict")["data"]["inventorySetQuantities"]["userErrors"][0]["code"]
    );
    let mut free = line.clone();
    free["changeFromQuantity"] = Value::Null;
    let (_, answer) = graph.ask("2026-07", keyed, json!({"input": input(&free), "key": "k3"})).await;
    has_the_shape_of(&answer, "fx-shopify-stock-ok", &[]);
    free["quantity"] = json!(4);
    let (_, answer) = graph.ask("2026-07", keyed, json!({"input": input(&free), "key": "k3"})).await;
    assert_eq!(errors(&answer)[0]["code"], "IDEMPOTENCY_KEY_PARAMETER_MISMATCH");
    // An older version neither compares nor remembers.
    let (_, answer) = graph.ask("2026-01", bare, json!({"input": input(&line)})).await;
    assert_eq!(errors(&answer), json!([]));
    let mut ignored = line.clone();
    ignored["compareQuantity"] = json!(1);
    assert_eq!(graph.code(keyed, json!({"input": input(&ignored), "key": "k4"})).await, "INVALID_VARIABLE");
}

#[tokio::test]
async fn shopify_lets_a_lost_refresh_token_be_used_once_more() {
    let stage = Stage::of(StorePlatform::Shopify, "mei-tuangou.myshopify.com", "");
    let app = stage.app();
    let asked = [("client_id", app.id.as_str()), ("scope", "read_products"), ("redirect_uri", BACK), ("state", "s")];
    let code = stage.code("/shopify/admin/oauth/authorize", &asked, "code").await;
    let url = stage.shop.url("/shopify/admin/oauth/access_token");
    let exchange = |more: Value| {
        let mut body = json!({"client_id": app.id, "client_secret": app.secret});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        told(stage.http.post(&url).json(&body))
    };
    let (status, first) = exchange(json!({"code": code, "expiring": "1"})).await;
    assert_eq!(status, 200);
    has_the_shape_of(&first, "fx-shopify-token", &[]);
    assert_eq!((&first["expires_in"], &first["scope"]), (&json!(3_600), &json!("read_products")));
    let (status, refused) = exchange(json!({"code": code})).await;
    assert_eq!((status, refused), (400, vector("fx-shopify-token-error")));
    let renew = |token: &Value| exchange(json!({"grant_type": "refresh_token", "refresh_token": token}));
    assert_eq!(renew(&first["refresh_token"]).await.0, 200);
    let (status, third) = renew(&first["refresh_token"]).await;
    assert_eq!(status, 200, "the answer was lost");
    assert_eq!(renew(&third["refresh_token"]).await.0, 200);
    assert_eq!(renew(&first["refresh_token"]).await.0, 400);
    let graph = Graph { stage: &stage, token: third["access_token"].as_str().unwrap().to_owned() };
    assert_eq!(graph.ask("2026-07", "{ shop { name } }", json!({})).await.0, 401, "it was renewed since");
}

#[tokio::test]
async fn a_right_that_was_not_granted_is_missed_at_shopify() {
    let stage = Stage::of(StorePlatform::Shopify, "mei-tuangou.myshopify.com", "");
    let stores = stage.shop.sandbox.state().stores();
    let token = stores.console_token(&stage.store).unwrap();
    stores.set(&stage.store, "scope", "read_products").unwrap();
    let graph = Graph { stage: &stage, token };
    assert_eq!(graph.code("{ orders(first: 1) { nodes { id } } }", json!({})).await, "ACCESS_DENIED");
    assert_eq!(graph.ask("2026-07", "{ products(first: 1) { nodes { id } } }", json!({})).await.1.get("errors"), None);
}

fn aliexpress_sign(path: &str, fields: &[(&str, String)], secret: &str) -> String {
    let mut sorted = fields.to_vec();
    sorted.sort();
    let text: String = sorted.iter().map(|(name, value)| format!("{name}{value}")).collect();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    hex::encode_upper(aws_lc_rs::hmac::sign(&key, format!("{path}{text}").as_bytes()))
}

struct Ali<'a> {
    stage: &'a Stage,
    session: String,
}

impl Ali<'_> {
    async fn ask(&self, method: &str, own: &[(&'static str, String)]) -> Value {
        let app = self.stage.app();
        let mut fields = vec![
            ("method", method.to_owned()),
            ("app_key", app.id.clone()),
            ("session", self.session.clone()),
            ("timestamp", chrono::Utc::now().timestamp_millis().to_string()),
            ("sign_method", "sha256".to_owned()),
        ];
        fields.extend(own.iter().cloned());
        fields.push(("sign", aliexpress_sign("", &fields, &app.secret)));
        let (status, answer) = told(self.stage.http.post(self.stage.shop.url("/aliexpress/sync")).form(&fields)).await;
        assert_eq!(status, 200);
        answer
    }
}

async fn ali(stage: &Stage) -> (Ali<'_>, Value) {
    let app = stage.app();
    let asked = [("response_type", "code"), ("client_id", app.id.as_str()), ("redirect_uri", BACK), ("state", "s")];
    let code = stage.code("/aliexpress/oauth/authorize", &asked, "code").await;
    let mut fields = vec![
        ("app_key", app.id.clone()),
        ("timestamp", chrono::Utc::now().timestamp_millis().to_string()),
        ("sign_method", "sha256".to_owned()),
        ("code", code),
    ];
    fields.push(("sign", aliexpress_sign("/auth/token/create", &fields, &app.secret)));
    let url = stage.shop.url("/aliexpress/rest/auth/token/create");
    let (_, token) = told(stage.http.post(url).form(&fields)).await;
    (Ali { stage, session: token["access_token"].as_str().unwrap().to_owned() }, token)
}

#[tokio::test]
async fn aliexpress_answers_in_the_shapes_of_the_vectors() {
    let stage = Stage::of(StorePlatform::Aliexpress, "200042362", "");
    let (ali, token) = ali(&stage).await;
    has_the_shape_of(&token, "fx-aliexpress-token", &[]);
    let query = json!({"product_status_type": "onSelling", "page_size": 10}).to_string();
    let goods =
        ali.ask("aliexpress.solution.product.list.get", &[("aeop_a_e_product_list_query", query.clone())]).await;
    has_the_shape_of(&goods, "fx-aliexpress-products", &[]);
    let simple = [("aeop_a_e_product_list_query", query), ("simplify", "true".to_owned())];
    let simple = ali.ask("aliexpress.solution.product.list.get", &simple).await;
    assert!(simple["result"]["aeop_a_e_product_display_d_t_o_list"].is_array(), "{simple}");
    let param = json!({"page_size": 50, "current_page": 1, "modified_date_start": "2026-01-01 00:00:00"}).to_string();
    let orders = ali.ask("aliexpress.solution.order.get", &[("param0", param)]).await;
    let row = &orders["aliexpress_solution_order_get_response"]["result"]["target_list"]["order_dto"];
    assert_eq!(row["order_id"].to_string(), stage.order, "one row alone stands without a list");
    assert_eq!(row["order_status"], "WAIT_SELLER_SEND_GOODS");
    let items = stage.shop.sandbox.state().stores().items(&stage.store);
    let known = items[0].number;
    let code = &items[0].variants[0].code;
    let list = json!([{"product_id": known, "multiple_sku_update_list": [{"sku_code": code, "inventory": 5}]},
        {"product_id": 1, "multiple_sku_update_list": [{"sku_code": code, "inventory": 5}]}]);
    let method = "aliexpress.solution.batch.product.inventory.update";
    let pushed = ali.ask(method, &[("mutiple_product_update_list", list.to_string())]).await;
    let failed = &pushed["aliexpress_solution_batch_product_inventory_update_response"]["update_failed_list"];
    assert_eq!(failed["synchronize_product_response_dto"]["product_id"], 1, "{pushed}");
}

#[tokio::test]
async fn aliexpress_refuses_in_its_own_words() {
    let stage = Stage::of(StorePlatform::Aliexpress, "200042362", "");
    let (ali, _) = ali(&stage).await;
    let code = |answer: Value| answer["error_response"]["code"].as_str().unwrap_or_default().to_owned();
    let list = "aliexpress.solution.product.list.get";
    assert_eq!(code(ali.ask("aliexpress.solution.unknown", &[]).await), "InvalidApiPath");
    assert_eq!(code(ali.ask(list, &[]).await), "MissingParameter");
    assert_eq!(code(ali.ask(list, &[("mistake", "1".to_owned())]).await), "InvalidParameter");
    let query = |query: Value| [("aeop_a_e_product_list_query", query.to_string())];
    assert_eq!(code(ali.ask(list, &query(json!({"product_status_type": "sold"}))).await), "InvalidParameter");
    let too_many = json!({"product_status_type": "onSelling", "page_size": 101});
    assert_eq!(code(ali.ask(list, &query(too_many)).await), "InvalidParameter");
    let no_window = [("param0", json!({"page_size": 50}).to_string())];
    assert_eq!(code(ali.ask("aliexpress.solution.order.get", &no_window).await), "MissingParameter");
    let stranger = Ali { stage: &stage, session: "50000stranger".to_owned() };
    let refused = stranger.ask(list, &query(json!({"product_status_type": "onSelling"}))).await;
    has_the_shape_of(&refused, "fx-aliexpress-token-expired", &[]);
    assert_eq!(code(refused), "IllegalAccessToken");
    let fields = [
        ("method", list),
        ("app_key", &stage.app().id),
        ("session", &ali.session),
        ("sign_method", "sha256"),
        ("timestamp", &chrono::Utc::now().timestamp_millis().to_string()),
        ("sign", "00"),
    ];
    let (_, unsigned) = stage.form("/aliexpress/sync", &fields).await;
    assert_eq!(unsigned["error_response"]["msg"], vector("fx-aliexpress-sign-error")["error_response"]["msg"]);
    stage.shop.sandbox.state().exhaust("aliexpress");
    let banned = ali.ask(list, &query(json!({"product_status_type": "onSelling"}))).await;
    assert_eq!(banned["error_response"]["msg"], vector("fx-aliexpress-limited")["error_response"]["msg"]);
}

async fn ebay(stage: &Stage) -> (String, Value) {
    let app = stage.app();
    let scope =
        "https://api.ebay.com/oauth/api_scope/sell.fulfillment https://api.ebay.com/oauth/api_scope/sell.inventory";
    let asked = [
        ("client_id", app.id.as_str()),
        ("redirect_uri", &app.more["ru_name"]),
        ("response_type", "code"),
        ("scope", scope),
    ];
    let code = stage.code("/ebay/oauth2/authorize", &asked, "code").await;
    let basic = STANDARD.encode(format!("{}:{}", app.id, app.secret));
    let request = stage
        .http
        .post(stage.shop.url("/ebay/identity/v1/oauth2/token"))
        .header("Authorization", format!("Basic {basic}"));
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", &app.more["ru_name"])];
    let (_, token) = told(request.form(&form)).await;
    (format!("Bearer {}", token["access_token"].as_str().unwrap()), token)
}

#[tokio::test]
async fn ebay_answers_in_the_shapes_of_the_vectors_and_refuses_by_error_id() {
    let stage = Stage::of(StorePlatform::Ebay, "ma8vp1jySJC", "EBAY_US");
    let (bearer, token) = ebay(&stage).await;
    has_the_shape_of(&token, "fx-ebay-token", &[]);
    let get = |path: &str| told(stage.http.get(stage.shop.url(path)).header("Authorization", &bearer));
    let (_, inventory) = get("/ebay/sell/inventory/v1/inventory_item?limit=10&offset=0").await;
    has_the_shape_of(&inventory, "fx-ebay-inventory", &[".aspects.Color"]);
    let (_, orders) = get("/ebay/sell/fulfillment/v1/order?limit=50&offset=0").await;
    has_the_shape_of(&orders, "fx-ebay-orders", &[".next"]);
    for (path, status, id) in [
        ("/ebay/sell/fulfillment/v1/order?limit=201", 400, 30_800),
        ("/ebay/sell/fulfillment/v1/order?limit=50&offset=20", 400, 30_800),
        ("/ebay/sell/fulfillment/v1/order?filter=lastmodifieddate:2026-01-01", 400, 30_800),
        ("/ebay/sell/fulfillment/v1/order/00-00000-00000", 404, 32_100),
        ("/ebay/sell/inventory/v1/inventory_item/none", 404, 25_710),
        ("/ebay/sell/inventory/v1/offer?sku=none", 404, 25_713),
        ("/ebay/commerce/identity/v1/user/", 403, 1_100),
    ] {
        let (told, answer) = get(path).await;
        assert_eq!((told, &answer["errors"][0]["errorId"]), (status, &json!(id)), "{path}: {answer}");
    }
    let (status, refused) = told(
        stage.http.get(stage.shop.url("/ebay/sell/inventory/v1/offer?sku=a")).header("Authorization", "Bearer v^1"),
    )
    .await;
    assert_eq!(
        (status, refused["errors"][0]["errorId"].clone()),
        (401, vector("fx-ebay-401")["errors"][0]["errorId"].clone())
    );
    let code = stage.shop.sandbox.state().stores().items(&stage.store)[0].variants[0].clone();
    let line = |sku: &str, offer: &str, ship: i64, shown: i64| {
        json!({"sku": sku, "shipToLocationAvailability": {"quantity": ship},
        "offers": [{"offerId": offer, "availableQuantity": shown}]})
    };
    let offer = code.number.to_string();
    let push = |body: Value, language: &str| {
        let url = stage.shop.url("/ebay/sell/inventory/v1/bulk_update_price_quantity");
        told(stage.http.post(url).header("Authorization", &bearer).header("Content-Language", language).json(&body))
    };
    let both = json!({"requests": [line(&code.code, &offer, 9, 7), line("none", "1", 1, 1)]});
    assert_eq!(push(both.clone(), "english").await.1["errors"][0]["errorId"], 25_709);
    let (status, answer) = push(both, "en-US").await;
    assert_eq!(status, 207);
    let statuses: Vec<&Value> = answer["responses"].as_array().unwrap().iter().map(|row| &row["statusCode"]).collect();
    assert_eq!(statuses, [&json!(200), &json!(400)]);
    let stores = stage.shop.sandbox.state().stores();
    assert_eq!(stores.shown(&stage.store, code.number), Some(7), "buyers see the smaller number");
}

#[tokio::test]
async fn amazon_answers_in_the_shapes_of_the_vectors_and_tells_its_limits() {
    let stage = Stage::of(StorePlatform::Amazon, "A2SELLER00001", "US");
    let app = stage.app();
    let refresh = stage.shop.sandbox.state().stores().console_token(&stage.store).unwrap();
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &refresh),
        ("client_id", &app.id),
        ("client_secret", &app.secret),
    ];
    let (_, token) = stage.form("/amazon/auth/o2/token", &form).await;
    has_the_shape_of(&token, "fx-amazon-token", &[]);
    let raw =
        format!("grant_type=refresh_token&refresh_token={refresh}&client_id={}&client_secret={}", app.id, app.secret);
    let url = stage.shop.url("/amazon/auth/o2/token");
    let unencoded = stage.http.post(url).header("Content-Type", "application/x-www-form-urlencoded").body(raw);
    assert_eq!(told(unencoded).await.0, 400, "the sign in the token must be encoded");
    let wrong = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "Atzr|no"),
        ("client_id", &app.id),
        ("client_secret", &app.secret),
    ];
    assert_eq!(stage.form("/amazon/auth/o2/token", &wrong).await, (400, vector("fx-amazon-token-error")));
    let access = token["access_token"].as_str().unwrap();
    let get = |path: &str| {
        stage.http.get(stage.shop.url(path)).header("x-amz-access-token", access).header("user-agent", "test/1")
    };
    let listings = "/amazon/listings/2021-08-01/items/A2SELLER00001?marketplaceIds=ATVPDKIKX0DER&pageSize=10\
        &includedData=summaries,offers,fulfillmentAvailability";
    has_the_shape_of(&told(get(listings)).await.1, "fx-amazon-listings", &[]);
    let orders = "/amazon/orders/2026-01-01/orders?marketplaceIds=ATVPDKIKX0DER&lastUpdatedAfter=2026-01-01T00:00:00Z\
        &includedData=BUYER,RECIPIENT,PROCEEDS,FULFILLMENT,PACKAGES";
    let answer = get(orders).send().await.unwrap();
    assert_eq!(answer.headers()["x-amzn-ratelimit-limit"], "0.0056");
    has_the_shape_of(&answer.json().await.unwrap(), "fx-amazon-orders-2026", &[".nextToken"]);
    for (path, status, code) in [
        ("/amazon/orders/2026-01-01/orders?marketplaceIds=ATVPDKIKX0DER", 400, "InvalidInput"),
        ("/amazon/orders/2026-01-01/orders?lastUpdatedAfter=2026-01-01T00:00:00Z", 400, "InvalidInput"),
        (
            "/amazon/listings/2021-08-01/items/A2SELLER00001?marketplaceIds=ATVPDKIKX0DER&pageSize=21",
            400,
            "InvalidInput",
        ),
        ("/amazon/listings/2021-08-01/items/A2SELLER00001?marketplaceIds=A1PA6795UKMFR9", 403, "Unauthorized"),
        ("/amazon/listings/2021-08-01/items/SOMEBODY?marketplaceIds=ATVPDKIKX0DER", 403, "Unauthorized"),
        ("/amazon/listings/2021-08-01/items/A2SELLER00001/none?marketplaceIds=ATVPDKIKX0DER", 404, "NotFound"),
    ] {
        let (told, answer) = told(get(path)).await;
        assert_eq!((told, &answer["errors"][0]["code"]), (status, &json!(code)), "{path}: {answer}");
    }
    let late = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ");
    let late = format!(
        "/amazon/orders/2026-01-01/orders?marketplaceIds=ATVPDKIKX0DER&lastUpdatedAfter=2026-01-01T00:00:00Z&lastUpdatedBefore={late}"
    );
    assert_eq!(told(get(&late)).await.0, 400, "the end must be two minutes past");
    let variant = stage.shop.sandbox.state().stores().items(&stage.store)[0].variants[0].clone();
    let patch = |value: Value| {
        let path =
            format!("/amazon/listings/2021-08-01/items/A2SELLER00001/{}?marketplaceIds=ATVPDKIKX0DER", variant.code);
        let body = json!({"productType": "GROCERY", "patches": [{"op": "replace", "path": "/attributes/fulfillment_availability", "value": [value]}]});
        let request = stage.http.patch(stage.shop.url(&path)).header("x-amz-access-token", access);
        told(request.header("user-agent", "test/1").json(&body))
    };
    let (_, taken) = patch(json!({"fulfillment_channel_code": "DEFAULT", "quantity": 5})).await;
    has_the_shape_of(&taken, "fx-amazon-patch-accepted", &[]);
    let (_, invalid) = patch(json!({"fulfillment_channel_code": "DEFAULT"})).await;
    assert_eq!((&invalid["status"], &invalid["issues"][0]["code"]), (&json!("INVALID"), &json!("90220")));
}

#[tokio::test]
async fn dhgate_answers_in_the_shapes_of_the_vectors() {
    let stage = Stage::of(StorePlatform::Dhgate, "ff80", "");
    let app = stage.app();
    let asked = [("client_id", app.id.as_str()), ("response_type", "code"), ("redirect_uri", BACK), ("state", "s")];
    let code = stage.code("/dhgate/dop/oauth2/authorize", &asked, "code").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("client_id", &app.id),
        ("client_secret", &app.secret),
        ("redirect_uri", BACK),
    ];
    let (_, token) = stage.form("/dhgate/dop/oauth2/access_token", &form).await;
    has_the_shape_of(&token, "fx-dhgate-token", &[]);
    let access = token["access_token"].as_str().unwrap();
    let stamp = chrono::Utc::now().timestamp_millis().to_string();
    let ask = |method: &'static str, own: Vec<(&'static str, String)>| {
        let mut fields = vec![
            ("access_token", access.to_owned()),
            ("method", method.to_owned()),
            ("v", "2.0".to_owned()),
            ("timestamp", stamp.clone()),
        ];
        fields.extend(own);
        told(stage.http.post(stage.shop.url("/dhgate/dop/router")).form(&fields))
    };
    let span = || {
        vec![
            ("startDate", "2026-06-01 00:00:00".to_owned()),
            ("endDate", "2026-12-31 00:00:00".to_owned()),
            ("querytimeType", "3".to_owned()),
        ]
    };
    let (_, orders) = ask("dh.order.list.get", span()).await;
    has_the_shape_of(&orders, "fx-dhgate-orders", &[]);
    let item = stage.shop.sandbox.state().stores().items(&stage.store)[0].number.to_string();
    let (_, skus) = ask("dh.item.sku.list", vec![("itemCode", item)]).await;
    has_the_shape_of(&skus, "fx-dhgate-skus", &[]);
    let (_, refused) = ask("dh.order.list.get", Vec::new()).await;
    assert_eq!(refused["status"]["code"], vector("fx-dhgate-biz-error")["status"]["code"]);
    let fields = [("access_token", "old"), ("method", "dh.item.list"), ("v", "2.0"), ("timestamp", stamp.as_str())];
    assert_eq!(stage.form("/dhgate/dop/router", &fields).await.1, vector("fx-dhgate-token-expired"));
}

#[tokio::test]
async fn wish_answers_in_the_shapes_of_the_vectors_and_counts_calls_in_its_headers() {
    let stage = Stage::of(StorePlatform::Wish, "58298cbd15abf85958e9f87a", "");
    let app = stage.app();
    let code = stage.code("/wish/v3/oauth/authorize", &[("client_id", app.id.as_str())], "code").await;
    let form = [
        ("client_id", app.id.as_str()),
        ("client_secret", &app.secret),
        ("code", &code),
        ("grant_type", "authorization_code"),
        ("redirect_uri", BACK),
    ];
    let (_, token) = stage.form("/wish/api/v3/oauth/access_token", &form).await;
    has_the_shape_of(&token, "fx-wish-token", &[]);
    assert_eq!(stage.form("/wish/api/v3/oauth/access_token", &form).await, (400, vector("fx-wish-token-error")));
    let bearer = format!("Bearer {}", token["data"]["access_token"].as_str().unwrap());
    let get = |path: &str| stage.http.get(stage.shop.url(path)).header("Authorization", &bearer);
    let answer = get("/wish/api/v3/orders?limit=10").send().await.unwrap();
    assert!(
        answer.headers().contains_key("wish-rate-limit-remaining") && answer.headers().contains_key("wish-request-id")
    );
    let orders: Value = answer.json().await.unwrap();
    has_the_shape_of(&orders, "fx-wish-orders", &[]);
    let rows = orders["data"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["transaction_id"]), (2, &rows[1]["transaction_id"]), "a line is an order");
    for path in ["/wish/api/v3/orders?limit=501", "/wish/api/v3/orders?sort_by=name", "/wish/api/v3/products?page=2"] {
        let (status, answer) = told(get(path)).await;
        assert_eq!((status, &answer["code"]), (400, &json!(90_001)), "{path}");
    }
    assert_eq!(told(stage.http.get(stage.shop.url("/wish/api/v3/orders"))).await, (401, vector("fx-wish-401")));
    stage.shop.sandbox.state().exhaust("wish/58298cbd15abf85958e9f87a");
    let (status, answer) = told(get("/wish/api/v3/orders")).await;
    assert_eq!((status, answer), (429, vector("fx-wish-429")));
}

#[tokio::test]
async fn shoplazza_and_wanliniu_answer_in_the_shapes_of_the_vectors() {
    let stage = Stage::of(StorePlatform::Shoplazza, "mei.myshoplaza.com", "");
    let app = stage.app();
    let asked = [
        ("client_id", app.id.as_str()),
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("scope", "read_order"),
        ("state", "s"),
    ];
    let code = stage.code("/shoplazza/admin/oauth/authorize", &asked, "code").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("client_id", &app.id),
        ("client_secret", &app.secret),
        ("redirect_uri", BACK),
    ];
    let (_, token) = stage.form("/shoplazza/admin/oauth/token", &form).await;
    let get = |path: &str| {
        told(stage.http.get(stage.shop.url(path)).header("access-token", token["access_token"].as_str().unwrap()))
    };
    has_the_shape_of(&get("/shoplazza/openapi/2026-01/orders").await.1, "fx-shoplazza-orders", &[]);
    assert_eq!(get("/shoplazza/openapi/2026-01/products").await.0, 403, "the right was not asked for");
    assert_eq!(get("/shoplazza/openapi/2024-01/orders").await.0, 404);

    let stage = Stage::of(StorePlatform::Wanliniu, "3000112233", "");
    let ask = |own: Vec<(&'static str, String)>| async {
        let mut fields = vec![("_app", "3000112233".to_owned()), ("_t", chrono::Utc::now().timestamp().to_string())];
        fields.extend(own);
        fields.sort();
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let sign = hex::encode(<md5::Md5 as md5::Digest>::digest(format!("7d0f9e2b{text}7d0f9e2b")));
        fields.push(("_sign", sign));
        told(stage.http.post(stage.shop.url("/wanliniu/api/erp/opentrade/list/trades")).form(&fields)).await.1
    };
    let since = || vec![("modify_time", "2026-06-01 00:00:00".to_owned())];
    assert_eq!(ask(since()).await["code"], 1_000, "the merchant has no secret yet");
    stage.shop.sandbox.state().stores().set(&stage.store, "app_secret", "7d0f9e2b").unwrap();
    has_the_shape_of(&ask(since()).await, "fx-hupun-trades", &[]);
    assert_eq!(
        ask(vec![("limit", "201".to_owned()), ("modify_time", "2026-06-01 00:00:00".to_owned())]).await["code"],
        1_001
    );
    assert_eq!(ask(Vec::new()).await["code"], 1_001, "without a begin everything would come");
}

#[tokio::test]
async fn notices_nobody_asked_for_are_sent_through_the_control_api() {
    let stage = Stage::of(StorePlatform::Shopify, "mei-tuangou.myshopify.com", "");
    let control = |path: &str, body: Value| told(stage.http.post(stage.shop.url(path)).json(&body));
    // Nobody listens there; that is told.
    let nobody = "http://127.0.0.1:9/hooks";
    let (status, answer) = control("/_sandbox/ebay/deletion", json!({"address": nobody, "user": "buyer_a"})).await;
    assert_eq!((status, &answer["status"]), (200, &Value::Null));
    let (_, answer) = control("/_sandbox/ebay/challenge", json!({"address": nobody})).await;
    assert_eq!(answer["passed"], false);
    let privacy = |topic: &str| json!({"address": nobody, "seller": "mei-tuangou.myshopify.com", "topic": topic});
    assert_eq!(control("/_sandbox/shopify/privacy", privacy("shop/redact")).await.0, 200);
    assert_eq!(control("/_sandbox/shopify/privacy", privacy("orders/create")).await.0, 400);
    let path = "/_sandbox/stores/shopify/mei-tuangou.myshopify.com/console-token";
    assert!(control(path, json!({})).await.1["token"].as_str().unwrap().starts_with("shpat_"));
    assert_eq!(control("/_sandbox/stores/wish/nobody/console-token", json!({})).await.0, 404);
}
