//! What a request's body may look like.

use reqwest::Method;
use serde_json::{Value, json};

use crate::contract::{documents, operations};

on_both! {
    async fn a_list_never_passes_for_an_object(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("赣南脐橙", 2_990, 10).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 1).await;
        let cancel = format!("/api/v1/orders/{}/cancel", order["id"].as_str().unwrap());
        let code = app.wechat().login_code("ben", false);
        let pickup = json!({"kind": "pickup", "pickup_point_id": stage.point});
        for (caller, method, path, body) in [
            (&anna, "PATCH", "/api/v1/me", json!([null, null])),
            (&anna, "PATCH", "/api/v1/me", json!([])),
            (&anna, "POST", cancel.as_str(), json!([])),
            (&anna, "POST", "/api/v1/session", json!([code, null])),
            (&anna, "POST", "/api/v1/checkout/quote", json!({"lines": [[sku, 1]], "fulfilment": pickup})),
            (&anna, "POST", "/api/v1/checkout/quote", json!({"lines": [{"sku_id": sku, "quantity": 1}], "fulfilment": ["pickup"]})),
            (&stage.operator, "PUT", "/console/api/v1/settings", json!({"closure_daily": ["22:00:00", "06:00:00"]})),
            (&stage.operator, "PUT", "/console/api/v1/settings", json!([])),
            (&stage.operator, "POST", "/console/api/v1/goods", json!({"title": "a", "purchase_limit": [1], "skus": [{"price_fen": 1}]})),
        ] {
            let answer = caller.call(method.parse().unwrap(), path, Some(body.clone())).await;
            assert_eq!((answer.status, answer.code()), (400, "validation.failed"), "{path} {body}: {}", answer.text());
        }
        assert_eq!(anna.order(&order).await["status"], "pending_payment");
        app.anybody().signs_in(&code).await;
    }
}

on_both! {
    async fn what_follows_a_body_and_a_name_given_twice_are_refused(app: TestApp) {
        let anna = app.member("anna").await;
        for text in ["{\"nickname\":\"a\"} x", "{}{}", "{\"nickname\":\"a\",\"nickname\":\"b\"}", "null", "\"a\"", "1", "{\"nickname\":"] {
            let body = Some(("application/json", text.as_bytes().to_vec()));
            let answer = anna.send(Method::PATCH, "/api/v1/me", body).await;
            assert_eq!((answer.status, answer.code()), (400, "validation.failed"), "{text}");
        }
    }
}

on_both! {
    async fn a_call_that_needs_no_body_refuses_a_typo_in_one(app: TestApp) {
        let (anna, keeper, leader) = (app.member("anna").await, app.operator().await, app.stage().await.leader);
        let mut tried = 0;
        for (name, document) in documents() {
            for (path, method, operation) in operations(&document) {
                if method != "post" || !operation["requestBody"].is_null() {
                    continue;
                }
                let caller = match name {
                    "console" => &keeper,
                    _ if path.contains("/leader/") => &leader,
                    _ => &anna,
                };
                let answer = caller.post(&with_an_id(&path), json!({"typo": 1})).await;
                let field = &answer.body["errors"][0]["field"];
                assert_eq!((answer.status, field), (400, &json!("typo")), "{path}: {}", answer.text());
                tried += 1;
            }
        }
        assert!(tried >= 10, "{tried} calls need no body");
    }
}

/// Of which kind the ids are that a path asks for.
pub fn kind_of_id(path: &str) -> Option<&'static str> {
    let kinds = [
        ("/stores/", "sto"),
        ("/store-notices/", "stn"),
        ("/market-orders/", "mko"),
        ("/orders/", "ord"),
        ("/checkouts/", "cho"),
        ("/payout-batches/", "pbt"),
        ("/payout-accounts/", "pac"),
        ("/supplier-statements/", "sps"),
        ("/suppliers/", "spl"),
        ("/bill-cases/", "cas"),
        ("/leaders/", "ldr"),
        ("/leader-levels/", "lvl"),
        ("/categories/", "cat"),
        ("/operators/", "opr"),
        ("/pickup-points/", "pkp"),
        ("/recharge-plans/", "rcp"),
        ("/skus/", "sku"),
        ("/stuck-money/", "pay"),
        ("/affiliate-orders/", "afl"),
        ("/addresses/", "adr"),
        ("/verifiers/", "vrf"),
        ("/recharges/", "rch"),
        ("/after-sales/", "ast"),
        ("/goods/", "gds"),
        ("/delivery-lists/", "dlv"),
        ("/imports/", "imp"),
        ("/leader-applications/", "app"),
        ("/outbox/", "eff"),
        ("/refunds/", "rfd"),
        ("/withdrawals/", "wdr"),
        ("/members/", "mem"),
        ("/complaints/", "cpl"),
    ];
    kinds.into_iter().find(|(part, _)| path.contains(part)).map(|(_, prefix)| prefix)
}

/// The path with an id that names nothing, of the kind that the path asks for.
fn with_an_id(path: &str) -> String {
    match kind_of_id(path) {
        Some(prefix) => path.replace("{id}", &format!("{prefix}_{}", "0".repeat(26))),
        // A marketplace is named by a word, not an id.
        None if path.contains("/marketplaces/{id}") => path.replace("{id}", "pinduoduo"),
        None if path.contains('{') => panic!("{path}"),
        None => path.to_owned(),
    }
}

on_both! {
    async fn an_empty_query_parameter_counts_as_left_out(app: TestApp) {
        let stage = app.stage().await;
        stage.sku("赣南脐橙", 2_990, 10).await;
        let anna = app.member("anna").await;
        for (caller, path) in [
            (&anna, "/api/v1/goods?category=&q=&sort=&pickup_point_id=&limit=&cursor="),
            (&anna, "/api/v1/home?pickup_point_id="),
            (&anna, "/api/v1/orders?status=&limit=&cursor="),
            (&anna, "/api/v1/pickup-points?lat=&lng=&radius_m=&limit=&cursor="),
            (&stage.leader, "/api/v1/leader/orders?status=&overdue=&limit=&cursor="),
            (&stage.leader, "/api/v1/leader/commissions?state=&cursor="),
            (&stage.leader, "/api/v1/leader/withdrawals?limit=&cursor="),
            (&stage.operator, "/console/api/v1/goods?category=&q=&on_shelf=&listing=&limit=&cursor="),
            (&stage.operator, "/console/api/v1/orders?status=&member=&leader=&q=&limit=&cursor="),
            (&stage.operator, "/console/api/v1/members?q=&limit=&cursor="),
            (&stage.operator, "/console/api/v1/outbox?state=&limit=&cursor="),
        ] {
            let (with, without) = (caller.get(path).await.ok(), caller.get(path.split('?').next().unwrap()).await.ok());
            assert_eq!(with, without, "{path}");
            let twice = format!("{path}&limit=3&limit=4");
            caller.get(&twice).await.refused(400, "validation.failed");
        }
        for path in ["/api/v1/goods?typo=", "/api/v1/orders?typo=", "/api/v1/orders?status=Paid", "/api/v1/orders?cursor=x"] {
            anna.get(path).await.refused(400, "validation.failed");
        }
    }
}

on_both! {
    async fn an_upload_and_an_operator_are_made_once_a_key(app: TestApp) {
        let (anna, keeper) = (app.member("anna").await, app.operator().await);
        let picture = |size: i64| json!({"purpose": "avatar", "content_type": "image/png", "size": size});
        let own = |size: i64| json!({"content_type": "image/png", "size": size});
        let person = |name: &str| json!({"username": name, "password": "a long password", "role": "support"});
        let asked: [(_, _, Value, Value); 3] = [
            (&anna, "/api/v1/uploads", picture(10), picture(11)),
            (&keeper, "/console/api/v1/uploads", own(10), own(11)),
            (&keeper, "/console/api/v1/operators", person("wang"), person("li")),
        ];
        for (caller, path, body, other) in asked {
            let first = caller.post_once("k", path, body.clone()).await;
            let again = caller.post_once("k", path, body.clone()).await;
            assert_eq!((first.status, &first.bytes), (again.status, &again.bytes), "{path}: {}", again.text());
            assert_eq!(first.status, 201);
            caller.post_once("k", path, other).await.refused(422, "idempotency.key_reused");
        }
        anna.post_once("", "/api/v1/uploads", picture(10)).await.refused(400, "idempotency.key_required");
    }
}
