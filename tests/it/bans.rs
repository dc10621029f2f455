//! Operators look members up, shut them out and let them in again.

use serde_json::{Value, json};

on_both! {
    async fn a_banned_member_is_out_at_once_and_in_again_when_pardoned(app: TestApp) {
        let (anna, ben, keeper) = (app.member("anna").await, app.member("ben").await, app.operator().await);
        let path = |what: &str| format!("/console/api/v1/members/{}{what}", anna.id());
        keeper.post(&path("/ban"), json!({})).await.refused(400, "validation.failed");
        let banned = keeper.post(&path("/ban"), json!({"reason": "刷单"})).await.ok();
        assert!(banned["banned_at"].is_string(), "{banned}");
        anna.get("/api/v1/me").await.refused(401, "auth.invalid");
        let code = app.wechat().login_code("anna", false);
        app.anybody().post("/api/v1/session", json!({"code": code})).await.refused(403, "member.banned");
        let refresh = json!({"refresh_token": anna.session["refresh_token"]});
        app.anybody().post("/api/v1/session/refresh", refresh).await.refused(403, "member.banned");
        ben.get("/api/v1/me").await.ok();
        // The list that every process reads again says the same.
        app.run_due_jobs().await;
        anna.get("/api/v1/me").await.refused(401, "auth.invalid");
        let twice = keeper.post(&path("/ban"), json!({"reason": "又一次"})).await.ok();
        assert_eq!(twice["banned_at"], banned["banned_at"]);

        assert_eq!(keeper.post(&path("/unban"), json!({})).await.ok()["banned_at"], Value::Null);
        anna.get("/api/v1/me").await.ok();
        app.run_due_jobs().await;
        anna.get("/api/v1/me").await.ok();
        let log = keeper.get("/console/api/v1/audit-entries").await.ok();
        let told: Vec<_> = log["items"].as_array().unwrap().iter().filter(|entry| entry["subject"] == anna.id()).collect();
        let actions: Vec<_> = told.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["member.unban", "member.ban"]);
        assert_eq!(told[1]["detail"]["reason"], "刷单");
    }
}

on_both! {
    async fn members_are_listed_by_pages_and_found_by_what_is_known_of_them(app: TestApp) {
        let keeper = app.operator().await;
        let mut names = Vec::new();
        for name in ["anna", "ben", "cleo"] {
            let member = app.member(name).await;
            member.patch("/api/v1/me", json!({"nickname": name})).await.ok();
            names.insert(0, name);
        }
        let cleo = app.member("cleo").await;
        cleo.post("/api/v1/me/phone", json!({"code": "phone-13800000417"})).await.ok();
        let list = async |query: &str| keeper.get(&format!("/console/api/v1/members{query}")).await.ok();
        let nicknames = |page: &Value| -> Vec<String> {
            page["items"].as_array().unwrap().iter().map(|member| member["nickname"].as_str().unwrap().to_owned()).collect()
        };
        let first = list("?limit=2").await;
        let rest = list(&format!("?limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).await;
        assert_eq!([nicknames(&first), nicknames(&rest)].concat(), names);
        assert_eq!(rest["next_cursor"], Value::Null);
        for sought in ["cleo", "13800000417", "138****0417", cleo.id()] {
            assert_eq!(nicknames(&list(&format!("?q={sought}")).await), ["cleo"], "{sought}");
        }
        assert_eq!(list("?q=nobody").await["items"], json!([]));
        let one = keeper.get(&format!("/console/api/v1/members/{}", cleo.id())).await.ok();
        assert_eq!((&one["phone"], &one["has_paid"]), (&json!("138****0417"), &json!(false)));
        let nobody = kernel::id::MemberId::new();
        keeper.get(&format!("/console/api/v1/members/{nobody}")).await.refused(404, "not_found");
        keeper.post(&format!("/console/api/v1/members/{nobody}/ban"), json!({"reason": "x"})).await.refused(404, "not_found");
        cleo.get("/console/api/v1/members").await.refused(401, "auth.required");
    }
}

on_both! {
    async fn goods_name_no_supplier_that_is_unknown(app: TestApp) {
        let keeper = app.operator().await;
        let mut goods = json!({"title": "苹果", "skus": [{"price_fen": 100, "stock": 1}]});
        let made = keeper.post_new("/console/api/v1/goods", goods.clone()).await.ok();
        let supplier = json!(kernel::id::SupplierId::new());
        goods["supplier_id"] = supplier.clone();
        keeper.post_new("/console/api/v1/goods", goods).await.refused(404, "supplier.not_found");
        let path = format!("/console/api/v1/goods/{}", made["id"].as_str().unwrap());
        keeper.patch(&path, json!({"supplier_id": supplier})).await.refused(404, "supplier.not_found");
        keeper.patch(&path, json!({"supplier_id": null})).await.ok();
    }
}
