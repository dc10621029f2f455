//! Shopify.

use sandbox::stores::StorePlatform;
use serde_json::{Value, json};

use super::{BACK, Stage, has_the_shape_of, told, vector};

const PRODUCTS: &str = "query Some($first: Int!, $after: String) { shop { currencyCode } \
    products(first: $first, after: $after, sortKey: UPDATED_AT) { nodes { id title handle status updatedAt \
    featuredMedia { preview { image { url } } } variants(first: 10) { nodes { id title sku barcode price \
    compareAtPrice inventoryQuantity selectedOptions { name value } inventoryItem { id tracked } } \
    pageInfo { hasNextPage endCursor } } } pageInfo { hasNextPage endCursor } } }";

const ORDERS: &str = "{ orders(first: 5) { nodes { id name createdAt updatedAt cancelledAt displayFinancialStatus \
    displayFulfillmentStatus currencyCode presentmentCurrencyCode \
    currentTotalPriceSet { shopMoney { amount currencyCode } \
    presentmentMoney { amount currencyCode } } shippingAddress { name phone countryCodeV2 provinceCode city address1 \
    address2 zip } lineItems(first: 5) { nodes { id sku quantity currentQuantity variant { id } originalUnitPriceSet { \
    shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } } } } } \
    pageInfo { hasNextPage endCursor } } }";

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
            "{ products(first: 250) { nodes { variants(first: 250) { nodes { inventoryItem { \
             inventoryLevels(first: 50) { nodes { location { id } } } } } } } } }",
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
    let keyed = "mutation M($input: InventorySetQuantitiesInput!, $key: String!) { \
        inventorySetQuantities(input: $input) @idempotent(key: $key) { \
        inventoryAdjustmentGroup { id changes { name delta } } userErrors { code field message } } }";
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
