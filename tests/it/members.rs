//! What a member keeps of himself, and that nobody else can reach it.

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::app::TestApp;

fn address(name: &str) -> Value {
    json!({
        "name": name, "phone": "138 0000 0417", "province": "广东省", "city": "广州市", "district": "天河区",
        "detail": "体育西路 1 号 502",
    })
}

on_both! {
    async fn a_profile_changes_by_patch_and_by_put(app: TestApp) {
        let anna = app.member("anna").await;
        let changed = anna.patch("/api/v1/me", json!({"nickname": " 安娜 ", "avatar": "https://a.example/a.png"})).await.ok();
        assert_eq!((&changed["nickname"], &changed["avatar"]), (&json!("安娜"), &json!("https://a.example/a.png")));
        anna.put("/api/v1/me", json!({"avatar": ""})).await.ok();
        let me = anna.get("/api/v1/me").await.ok();
        assert_eq!((&me["nickname"], &me["avatar"]), (&json!("安娜"), &Value::Null));
        for wrong in [
            json!({"nickname": ""}),
            json!({"nickname": "x".repeat(33)}),
            json!({"nickname": "a\0b"}),
            json!({"avatar": "javascript:alert(1)"}),
            json!({"openid": "mine"}),
        ] {
            anna.patch("/api/v1/me", wrong).await.refused(400, "validation.failed");
        }
    }
}

on_both! {
    async fn a_phone_number_comes_from_wechat_and_is_kept_sealed(app: TestApp) {
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let me = anna.post("/api/v1/me/phone", json!({"code": "phone-13800000417"})).await.ok();
        assert_eq!(me["phone"], "138****0417");
        anna.post("/api/v1/me/phone", json!({"code": "phone-13800000417"})).await.refused(422, "phone.code_invalid");
        ben.post("/api/v1/me/phone", json!({"code": "phone-anna"})).await.refused(422, "phone.code_invalid");
        ben.post("/api/v1/me/phone", json!({"code": ""})).await.refused(400, "validation.failed");
        assert!(!stored(app, "SELECT sealed_phone || phone_index || phone_mask AS t FROM members").await.contains("13800000417"));
    }
}

on_both! {
    async fn an_answer_kept_under_a_key_is_sealed_and_given_again_byte_for_byte(app: TestApp) {
        let anna = app.member("anna").await;
        let first = anna.post_once("key", "/api/v1/me/addresses", address("安娜")).await;
        assert!(first.text().contains("体育西路"), "{}", first.text());
        let kept = stored(app, "SELECT answer AS t FROM request_keys").await;
        let told = ["安娜", "138 0000 0417", "0417", "体育西路"].into_iter().find(|words| kept.contains(words));
        assert!(!kept.is_empty() && told.is_none(), "{kept}");
        let again = anna.post_once("key", "/api/v1/me/addresses", address("安娜")).await;
        assert_eq!((again.status, again.bytes), (first.status, first.bytes));
        anna.post_once("key", "/api/v1/me/addresses", address("ben")).await.refused(422, "idempotency.key_reused");
    }
}

on_both! {
    async fn an_address_book_belongs_to_its_member_and_is_sealed(app: TestApp) {
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let first = anna.post("/api/v1/me/addresses", address("安娜")).await.ok();
        assert_eq!(first["is_default"], true);
        let path = format!("/api/v1/me/addresses/{}", first["id"].as_str().unwrap());
        let moved = anna.patch(&path, json!({"detail": "体育西路 2 号"})).await.ok();
        assert_eq!((&moved["detail"], &moved["phone"]), (&json!("体育西路 2 号"), &json!("138 0000 0417")));
        for answer in [
            ben.patch(&path, json!({"city": "深圳市"})).await,
            ben.put(&path, json!({"city": "深圳市"})).await,
            ben.delete(&path).await,
        ] {
            answer.refused(404, "address.not_found");
        }
        assert_eq!(ben.get("/api/v1/me/addresses").await.ok(), json!({"items": [], "next_cursor": null}));
        let rows = stored(app, "SELECT sealed AS t FROM addresses").await;
        assert!(!rows.is_empty() && !rows.contains("安娜") && !rows.contains("体育西路"));
        for wrong in [json!({"name": ""}), json!({"phone": "none"}), json!({"zip": "510000"})] {
            anna.put(&path, wrong).await.refused(400, "validation.failed");
        }
    }
}

on_both! {
    async fn one_address_is_the_default(app: TestApp) {
        let anna = app.member("anna").await;
        let mut ids = Vec::new();
        for name in ["a", "b", "c"] {
            ids.push(anna.post("/api/v1/me/addresses", address(name)).await.ok()["id"].as_str().unwrap().to_owned());
        }
        let path = |place: usize| format!("/api/v1/me/addresses/{}", ids[place]);
        let default = async || {
            let book = anna.get("/api/v1/me/addresses").await.ok()["items"].as_array().unwrap().clone();
            let defaults: Vec<_> = book.iter().filter(|entry| entry["is_default"] == true).collect();
            assert_eq!(defaults.len(), 1, "{book:?}");
            assert_eq!(book[0]["is_default"], true, "the default comes first");
            defaults[0]["id"].as_str().unwrap().to_owned()
        };
        assert_eq!(default().await, ids[0]);
        anna.put(&path(1), json!({"is_default": true})).await.ok();
        assert_eq!(default().await, ids[1]);
        anna.delete(&path(1)).await.ok();
        assert_eq!(default().await, ids[2]);
    }
}

on_both! {
    async fn an_address_book_is_full_at_fifty_also_in_parallel(app: TestApp) {
        let anna = app.member("anna").await;
        let adding = (0..56).map(|n| anna.post("/api/v1/me/addresses", address(&format!("no {n}"))));
        let answers = futures::future::join_all(adding).await;
        let mut refused = 0;
        for answer in answers.into_iter().filter(|answer| answer.status != 201) {
            answer.refused(422, "address.too_many");
            refused += 1;
        }
        assert_eq!(refused, 6);
        let book = anna.get("/api/v1/me/addresses").await.ok()["items"].as_array().unwrap().clone();
        assert_eq!(book.len(), 50);
        assert_eq!(book.iter().filter(|entry| entry["is_default"] == true).count(), 1);
    }
}

on_both! {
    async fn an_address_posted_twice_under_one_key_is_one(app: TestApp) {
        let anna = app.member("anna").await;
        let first = anna.post_once("k", "/api/v1/me/addresses", address("a")).await;
        let again = anna.post_once("k", "/api/v1/me/addresses", address("a")).await;
        assert_eq!((first.status, &first.bytes), (again.status, &again.bytes));
        anna.post_once("k", "/api/v1/me/addresses", address("b")).await.refused(422, "idempotency.key_reused");
        assert_eq!(anna.get("/api/v1/me/addresses").await.ok()["items"].as_array().unwrap().len(), 1);
    }
}

on_both! {
    async fn one_wechat_token_serves_all_and_a_dead_one_is_replaced_once(app: TestApp) {
        let mut callers = Vec::new();
        for n in 0..12 {
            callers.push(app.member(&format!("user{n}")).await);
        }
        let fetched = || app.wechat().request_log().iter().filter(|call| call.path == "/cgi-bin/stable_token").count();
        let all_ask = async |round: usize| {
            let asking = callers.iter().enumerate().map(|(n, caller)| {
                let code = format!("phone-138{round}00{n:05}");
                async move { caller.post("/api/v1/me/phone", json!({"code": code})).await.ok() }
            });
            futures::future::join_all(asking).await;
        };
        all_ask(1).await;
        assert_eq!(fetched(), 1, "twelve at once fetch one token");
        app.wechat().expire_tokens(&app.shop().appid);
        all_ask(2).await;
        assert_eq!(fetched(), 2, "twelve rejected at once fetch one more");
        assert_eq!(callers[3].get("/api/v1/me").await.ok()["phone"], "138****0003");
        assert!(stored(app, "SELECT sealed_token AS t FROM wechat_tokens").await.starts_with("v1."));
    }
}

/// What the database holds, as one text.
async fn stored(app: &TestApp, sql: &str) -> String {
    let conn = app.app.db.maintenance();
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await.unwrap();
    rows.iter().filter_map(|row| row.try_get::<Option<String>>("", "t").unwrap()).collect::<Vec<_>>().join("\n")
}
