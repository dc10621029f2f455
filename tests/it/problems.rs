//! Refusals: in whose language, with which facts, and for which odd headers.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::shopper::Client;

fn in_english(caller: &Client) -> Client {
    caller.clone().sending("Accept-Language", "zh;q=0.1, en")
}

fn has_chinese(text: &Value) -> bool {
    text.as_str().unwrap().chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// Title and detail are of one language, and nothing in them is a word of the code's.
fn speaks(answer: Answer, chinese: bool) -> Value {
    let problem = answer.body;
    assert_eq!((has_chinese(&problem["title"]), has_chinese(&problem["detail"])), (chinese, chinese), "{problem}");
    for fault in problem["errors"].as_array().into_iter().flatten() {
        assert_eq!(has_chinese(&fault["detail"]), chinese, "{fault}");
    }
    problem
}

on_both! {
    async fn a_lost_race_tells_the_state_as_the_api_spells_it_in_both_languages(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("赣南脐橙", 2_990, 10).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 1).await;
        let path = |what: &str| format!("/api/v1/orders/{}/{what}", order["id"].as_str().unwrap());
        for (state, call) in [("pending_payment", "confirm-receipt"), ("closed", "cancel")] {
            if state == "closed" {
                anna.post(&path("cancel"), json!({})).await.ok();
            }
            for (caller, chinese) in [(anna.clone(), true), (in_english(&anna), false)] {
                let answer = caller.post(&path(call), json!({})).await;
                assert_eq!((answer.status, answer.code()), (409, "order.wrong_state"), "{}", answer.text());
                let problem = speaks(answer, chinese);
                assert!(problem["detail"].as_str().unwrap().contains(state), "{problem}");
                assert_eq!(problem["extra"]["status"], state);
            }
        }
    }
}

on_both! {
    async fn every_fault_of_a_field_is_told_in_the_callers_language(app: TestApp) {
        let anna = app.member("anna").await;
        let wrong = json!({"nickname": "x".repeat(33), "avatar": "javascript:alert(1)"});
        let problem = speaks(anna.patch("/api/v1/me", wrong.clone()).await, true);
        assert_eq!(problem["errors"][0]["detail"], "最多 32 个字符");
        let problem = speaks(in_english(&anna).patch("/api/v1/me", wrong).await, false);
        assert_eq!(problem["errors"][0]["detail"], "at most 32 characters");
        for body in [json!({"typo": 1}), json!({"nickname": 1})] {
            speaks(anna.patch("/api/v1/me", body.clone()).await, true);
            speaks(in_english(&anna).patch("/api/v1/me", body).await, false);
        }
        for path in ["/api/v1/goods?limit=0", "/api/v1/goods?limit=x", "/api/v1/goods?cursor=x", "/api/v1/nowhere", "/api/v1/orders/x"] {
            speaks(anna.get(path).await, true);
            speaks(in_english(&anna).get(path).await, false);
        }
    }
}

on_both! {
    async fn the_scheme_of_a_token_has_no_case(app: TestApp) {
        let anna = app.member("anna").await;
        let token = anna.session["access_token"].as_str().unwrap();
        for scheme in ["bearer", "BEARER", "Bearer "] {
            let caller = app.anybody().sending("Authorization", format!("{scheme} {token}"));
            assert_eq!(caller.get("/api/v1/me").await.ok()["id"], anna.id(), "{scheme}");
        }
        app.anybody().sending("Authorization", token).get("/api/v1/me").await.refused(401, "auth.required");
    }
}

on_both! {
    async fn a_key_that_cannot_be_read_does_not_pass_for_none(app: TestApp) {
        let anna = app.member("anna").await;
        let address = json!({
            "name": "安娜", "phone": "13800000417", "province": "广东省", "city": "广州市", "detail": "体育西路 1 号",
        });
        let odd = anna.post_once("钥匙", "/api/v1/me/addresses", address).await.refused(400, "validation.failed");
        assert_eq!(odd["errors"][0]["field"], "Idempotency-Key");
        assert_eq!(anna.get("/api/v1/me/addresses").await.ok()["items"], json!([]));
    }
}

on_both! {
    async fn who_accepts_no_encoding_of_ours_is_told_so(app: TestApp) {
        let anybody = app.anybody();
        for nothing in ["identity;q=0", "*;q=0", "identity;q=0, zstd;q=0"] {
            anybody.clone().sending("Accept-Encoding", nothing).get("/api/v1/goods").await.refused(406, "not_acceptable");
        }
        for something in ["identity;q=0, gzip", "br", "*", "unheard-of", "br;q=0, *;q=x"] {
            assert_eq!(anybody.clone().sending("Accept-Encoding", something).get("/api/v1/goods").await.status, 200, "{something}");
        }
    }
}

on_both! {
    async fn who_guesses_passwords_is_told_how_long_to_wait(app: TestApp) {
        let guess = json!({"username": "keeper", "password": "wrong password"});
        for _ in 0..5 {
            app.anybody().post("/console/api/v1/session", guess.clone()).await.refused(401, "auth.bad_credentials");
        }
        let answer = app.anybody().post("/console/api/v1/session", guess).await;
        let told = ["retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| answer.header(name).to_owned());
        assert!(told[0].parse::<u64>().unwrap() >= 1, "{told:?}");
        assert_eq!((told[1].as_str(), told[2].as_str(), &told[3]), ("5", "0", &told[0]));
        answer.refused(429, "rate.limited");
    }
}
