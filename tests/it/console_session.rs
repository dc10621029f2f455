//! Signing in to the console: cookie, CSRF, roles, one-time codes, and those who guess.

use kernel::crypto::digest::hmac_sha1;
use serde_json::json;
use tuanqiao::areas::operators::role::Role;
use tuanqiao::flows::operators;

use crate::app::{PASSWORD, TestApp};
use crate::shopper::Client;

const SESSION: &str = "/console/api/v1/session";

/// A signed-in operator of a role.
async fn operator_of(app: &TestApp, name: &str, role: Role) -> Client {
    operators::create(&app.app, app.shop().id, None, name, PASSWORD.to_owned(), role).await.unwrap();
    app.anybody().signs_in_to_console(name, PASSWORD).await
}

on_both! {
    async fn a_session_is_a_strict_cookie_and_writes_need_its_proof(app: TestApp) {
        let keeper = app.operator().await;
        let body = json!({"username": "Keeper", "password": PASSWORD});
        let answer = app.anybody().post(SESSION, body).await;
        let cookie = answer.header("set-cookie").to_owned();
        for part in ["tuanqiao_session=", "HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(part), "{part} is missing: {cookie}");
        }
        assert_eq!(answer.ok()["operator"]["role"], "owner");
        assert_eq!(keeper.get(SESSION).await.ok()["csrf_token"], keeper.session["csrf_token"]);

        let settings = "/console/api/v1/settings";
        app.anybody().get(settings).await.refused(401, "auth.required");
        let forged = app.anybody().sending("Cookie", "tuanqiao_session=guess");
        forged.get(settings).await.refused(401, "auth.required");
        for proof in ["", "guess"] {
            let without = keeper.clone().sending("X-CSRF-Token", proof);
            without.get(settings).await.ok();
            without.put(settings, json!({})).await.refused(403, "auth.csrf");
            without.delete(SESSION).await.refused(403, "auth.csrf");
        }
        keeper.put(settings, json!({})).await.ok();
        keeper.delete(SESSION).await.ok();
        keeper.get(SESSION).await.refused(401, "auth.required");
    }
}

on_both! {
    async fn a_wrong_password_and_an_unknown_name_get_one_answer_and_must_wait(app: TestApp) {
        app.operator().await;
        let tries = async |name: &str, password: &str| {
            app.anybody().post(SESSION, json!({"username": name, "password": password})).await
        };
        let wrong = tries("keeper", "not the password").await.refused(401, "auth.bad_credentials");
        let unknown = tries("nobody", "not the password").await.refused(401, "auth.bad_credentials");
        assert_eq!(wrong["detail"], unknown["detail"]);
        // Attempts count when they begin, so that ten at once are no way around the wait.
        let at_once = futures::future::join_all((0..10).map(|_| tries("nobody", "not the password"))).await;
        let waits: Vec<_> = at_once.into_iter().filter(|answer| answer.status != 401).collect();
        assert!(!waits.is_empty(), "ten wrong attempts in a moment and none has to wait");
        for answer in waits {
            assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
            answer.refused(429, "rate.limited");
        }
        tries("keeper", PASSWORD).await.ok();
    }
}

on_both! {
    async fn a_role_decides_what_an_operator_may_do(app: TestApp) {
        let manager = operator_of(app, "manager", Role::Manager).await;
        let support = operator_of(app, "support", Role::Support).await;
        let owner = app.operator().await;
        let level = json!({"name": "silver", "rank": 1, "rate_bp": 500});
        support.post("/console/api/v1/leader-levels", level.clone()).await.refused(403, "auth.forbidden");
        manager.post("/console/api/v1/leader-levels", level).await.ok();
        manager.put("/console/api/v1/settings", json!({})).await.refused(403, "auth.forbidden");
        manager.get("/console/api/v1/operators").await.refused(403, "auth.forbidden");
        manager.get("/console/api/v1/audit-entries").await.refused(403, "auth.forbidden");
        assert_eq!(owner.get("/console/api/v1/operators").await.ok()["items"].as_array().unwrap().len(), 3);
    }
}

on_both! {
    async fn a_disabled_operator_is_out_at_once_and_one_owner_stays(app: TestApp) {
        let owner = app.operator().await;
        let helper = operator_of(app, "helper", Role::Owner).await;
        let (owner_id, helper_id) = (
            owner.session["operator"]["id"].as_str().unwrap(),
            helper.session["operator"]["id"].as_str().unwrap(),
        );
        let path = |id: &str| format!("/console/api/v1/operators/{id}");
        owner.patch(&path(helper_id), json!({"disabled": true})).await.ok();
        helper.get(SESSION).await.refused(401, "auth.required");
        let again = json!({"username": "helper", "password": PASSWORD});
        app.anybody().post(SESSION, again).await.refused(401, "auth.bad_credentials");
        owner.patch(&path(owner_id), json!({"role": "support"})).await.refused(409, "operator.last_owner");
        owner.put(&path(helper_id), json!({"disabled": false, "password": "another long password"})).await.ok();
        app.anybody().signs_in_to_console("helper", "another long password").await;
        let log = owner.get("/console/api/v1/audit-entries").await.ok();
        assert!(log["items"].as_array().unwrap().iter().any(|entry| entry["action"] == "operator.change"));
        assert!(!log.to_string().contains("another long password"));
    }
}

on_both! {
    async fn operators_are_created_with_sound_names_and_passwords(app: TestApp) {
        let owner = app.operator().await;
        let create = async |name: &str, password: &str| {
            let body = json!({"username": name, "password": password, "role": "finance"});
            owner.post("/console/api/v1/operators", body).await
        };
        create("Li.Si", PASSWORD).await.ok();
        create("li.si", PASSWORD).await.refused(409, "name.taken");
        for (name, password) in [("", PASSWORD), ("a b", PASSWORD), ("short", "1234567"), ("nul\0", PASSWORD)] {
            create(name, password).await.refused(400, "validation.failed");
        }
        let li = app.anybody().signs_in_to_console("LI.SI", PASSWORD).await;
        assert_eq!(li.session["operator"]["username"], "li.si");
    }
}

on_both! {
    async fn a_one_time_code_is_asked_for_and_works_once(app: TestApp) {
        app.operator().await;
        let url = operators::set_totp(&app.app, "keeper", true).await.unwrap().unwrap();
        let secret = url.split("secret=").nth(1).unwrap().split('&').next().unwrap();
        let tries = async |totp: Option<String>| {
            app.anybody().post(SESSION, json!({"username": "keeper", "password": PASSWORD, "totp": totp})).await
        };
        tries(None).await.refused(401, "auth.bad_credentials");
        let code = code_now(&from_base32(secret));
        tries(Some(code.clone())).await.ok();
        tries(Some(code)).await.refused(401, "auth.bad_credentials");
        operators::set_totp(&app.app, "keeper", false).await.unwrap();
        tries(None).await.ok();
    }
}

/// RFC 6238 once more, as an authenticator app has it.
fn code_now(secret: &[u8]) -> String {
    let step = chrono::Utc::now().timestamp() / 30;
    let mac = hmac_sha1(secret, &step.to_be_bytes());
    let start = usize::from(mac[19] & 15);
    let word = u32::from_be_bytes(mac[start..start + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

fn from_base32(text: &str) -> Vec<u8> {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = text.chars().map(|c| format!("{:05b}", letters.find(c).unwrap())).collect();
    bits.as_bytes().chunks_exact(8).map(|b| u8::from_str_radix(std::str::from_utf8(b).unwrap(), 2).unwrap()).collect()
}
