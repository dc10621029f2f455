//! DHgate, Wish, Shoplazza, 万里牛, and what the control API orders of them all.

use sandbox::stores::StorePlatform;
use serde_json::{Value, json};

use super::{BACK, Stage, has_the_shape_of, told, vector};

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
