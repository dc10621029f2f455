//! eBay and Amazon.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::stores::StorePlatform;
use serde_json::{Value, json};

use super::{Stage, has_the_shape_of, told, vector};

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
        "/amazon/orders/2026-01-01/orders?marketplaceIds=ATVPDKIKX0DER\
            &lastUpdatedAfter=2026-01-01T00:00:00Z&lastUpdatedBefore={late}"
    );
    assert_eq!(told(get(&late)).await.0, 400, "the end must be two minutes past");
    let variant = stage.shop.sandbox.state().stores().items(&stage.store)[0].variants[0].clone();
    let patch = |value: Value| {
        let path =
            format!("/amazon/listings/2021-08-01/items/A2SELLER00001/{}?marketplaceIds=ATVPDKIKX0DER", variant.code);
        let place = "/attributes/fulfillment_availability";
        let change = json!({"op": "replace", "path": place, "value": [value]});
        let body = json!({"productType": "GROCERY", "patches": [change]});
        let request = stage.http.patch(stage.shop.url(&path)).header("x-amz-access-token", access);
        told(request.header("user-agent", "test/1").json(&body))
    };
    let (_, taken) = patch(json!({"fulfillment_channel_code": "DEFAULT", "quantity": 5})).await;
    has_the_shape_of(&taken, "fx-amazon-patch-accepted", &[]);
    let (_, invalid) = patch(json!({"fulfillment_channel_code": "DEFAULT"})).await;
    assert_eq!((&invalid["status"], &invalid["issues"][0]["code"]), (&json!("INVALID"), &json!("90220")));
}
