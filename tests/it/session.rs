//! Signing in, staying in, signing out, and whose shop it is.

use chrono::Duration;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::members::entity::session;

use crate::app::TestApp;

on_both! {
    async fn the_same_user_is_the_same_member(app: TestApp) {
        let first = app.member("anna").await;
        let again = app.member("anna").await;
        let other = app.member("ben").await;
        assert_eq!(first.id(), again.id());
        assert_ne!(first.id(), other.id());
        assert!(first.id().starts_with("mem_"), "{}", first.id());
        assert_eq!(first.session["expires_in"], 7200);
        assert_eq!(first.get("/api/v1/me").await.ok()["id"], first.session["member"]["id"]);
    }
}

on_both! {
    async fn a_login_code_works_once_and_a_wrong_one_never(app: TestApp) {
        let code = app.wechat().login_code("anna", false);
        app.anybody().signs_in(&code).await;
        app.anybody().post("/api/v1/session", json!({"code": code})).await.refused(401, "login.code_invalid");
        app.anybody().post("/api/v1/session", json!({"code": "nonsense"})).await.refused(401, "login.code_invalid");
        let late = app.wechat().login_code("anna", true);
        app.anybody().post("/api/v1/session", json!({"code": late})).await.refused(401, "login.code_invalid");
        app.anybody().post("/api/v1/session", json!({"code": "code-highrisk"})).await.refused(403, "login.refused");
    }
}

on_both! {
    async fn refreshing_in_parallel_gets_one_answer(app: TestApp) {
        let anna = app.member("anna").await;
        let body = json!({"refresh_token": anna.session["refresh_token"]});
        let refreshing = (0..8).map(|_| anna.post("/api/v1/session/refresh", body.clone()));
        let answers = futures::future::join_all(refreshing).await;
        let mut tokens: Vec<_> = answers.into_iter().map(|answer| answer.ok()["refresh_token"].clone()).collect();
        tokens.dedup();
        assert_eq!(tokens.len(), 1, "one refresh token came out of eight calls");
        assert_ne!(tokens[0], anna.session["refresh_token"]);
    }
}

on_both! {
    async fn a_refresh_token_that_comes_again_late_ends_the_session(app: TestApp) {
        let anna = app.member("anna").await;
        let old = json!({"refresh_token": anna.session["refresh_token"]});
        let fresh = anna.post("/api/v1/session/refresh", old.clone()).await.ok();
        grow_old(app, 31).await;
        anna.post("/api/v1/session/refresh", old).await.refused(401, "auth.invalid");
        let newer = json!({"refresh_token": fresh["refresh_token"]});
        anna.post("/api/v1/session/refresh", newer).await.refused(401, "auth.invalid");
        let with_new_token = anna.clone().with_token(fresh["access_token"].as_str().unwrap());
        with_new_token.get("/api/v1/me").await.refused(401, "auth.invalid");
        app.member("anna").await.get("/api/v1/me").await.ok();
    }
}

on_both! {
    async fn a_refresh_token_gets_its_own_answer_again_though_the_next_was_used_meanwhile(app: TestApp) {
        let anna = app.member("anna").await;
        let refresh = async |token: &Value| {
            let body = json!({"refresh_token": token});
            anna.post("/api/v1/session/refresh", body).await.ok()
        };
        let first = refresh(&anna.session["refresh_token"]).await;
        grow_old(app, 10).await;
        let second = refresh(&first["refresh_token"]).await;
        let third = refresh(&second["refresh_token"]).await;
        // An answer that was lost on the way is asked for again.
        assert_eq!(refresh(&anna.session["refresh_token"]).await["refresh_token"], first["refresh_token"]);
        assert_eq!(refresh(&first["refresh_token"]).await, second, "the same answer, word for word");
        assert_eq!(refresh(&second["refresh_token"]).await, third);
        // The oldest token's time is over, whatever became of the later ones.
        grow_old(app, 21).await;
        let late = json!({"refresh_token": anna.session["refresh_token"]});
        anna.post("/api/v1/session/refresh", late).await.refused(401, "auth.invalid");
        let newest = json!({"refresh_token": third["refresh_token"]});
        anna.post("/api/v1/session/refresh", newest).await.refused(401, "auth.invalid");
    }
}

/// Lets every rotation of refresh tokens have happened `seconds` earlier: wall time cannot be moved.
async fn grow_old(app: &TestApp, seconds: i64) {
    for row in session::Entity::find().all(app.app.db.reader()).await.unwrap() {
        let mut rotations = row.rotations.clone();
        for rotation in rotations.as_array_mut().unwrap() {
            let at: kernel::Time = rotation["at"].as_str().unwrap().parse().unwrap();
            rotation["at"] = json!(at - Duration::seconds(seconds));
        }
        session::Entity::update_many()
            .col_expr(session::Column::Rotations, Expr::value(rotations))
            .filter(session::Column::Id.eq(row.id))
            .exec(app.app.db.maintenance())
            .await
            .unwrap();
    }
}

on_both! {
    async fn signing_out_stops_the_token(app: TestApp) {
        let (anna, elsewhere) = (app.member("anna").await, app.member("anna").await);
        assert_eq!(anna.delete("/api/v1/session").await.status, 204);
        anna.get("/api/v1/me").await.refused(401, "auth.invalid");
        anna.delete("/api/v1/session").await.refused(401, "auth.invalid");
        let refresh = json!({"refresh_token": anna.session["refresh_token"]});
        anna.post("/api/v1/session/refresh", refresh).await.refused(401, "auth.invalid");
        elsewhere.get("/api/v1/me").await.ok();
    }
}

on_both! {
    async fn a_session_survives_a_restart(app: TestApp) {
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        ben.delete("/api/v1/session").await;
        app.restart().await;
        app.run_due_jobs().await;
        anna.get("/api/v1/me").await.ok();
        ben.get("/api/v1/me").await.refused(401, "auth.invalid");
    }
}

on_both! {
    async fn a_token_that_is_none_is_refused(app: TestApp) {
        let anna = app.member("anna").await;
        app.anybody().get("/api/v1/me").await.refused(401, "auth.required");
        let scheme = app.anybody().sending("Authorization", "Basic YTpi");
        scheme.get("/api/v1/me").await.refused(401, "auth.required");
        let token = anna.session["access_token"].as_str().unwrap();
        for wrong in ["a", "a.b.c", &token[1..], &format!("{token}A")] {
            app.anybody().with_token(wrong).get("/api/v1/me").await.refused(401, "auth.invalid");
        }
        let refresh = anna.session["refresh_token"].as_str().unwrap();
        app.anybody().with_token(refresh).get("/api/v1/me").await.refused(401, "auth.invalid");
        anna.post("/api/v1/session/refresh", json!({"refresh_token": token})).await.refused(401, "auth.invalid");
    }
}

on_both! {
    async fn each_shop_has_its_own_members(app: TestApp) {
        let anna = app.member("anna").await;
        let first = app.shop();
        let second = app.second_shop("second").await;
        let code = app.wechat().login_code("anna", false);
        app.anybody().post("/api/v1/session", json!({"code": code})).await.refused(400, "shop.required");
        let nowhere = app.anybody().sending("X-App-Id", "wx0000000000000000");
        nowhere.post("/api/v1/session", json!({"code": code})).await.refused(404, "shop.unknown");
        let there = app.anybody().sending("X-App-Id", &second.appid).signs_in(&code).await;
        assert_ne!(there.id(), anna.id(), "the same person is another member of another shop");
        anna.get("/api/v1/me").await.ok();
        anna.clone().sending("X-App-Id", &first.appid).get("/api/v1/me").await.ok();
        anna.sending("X-App-Id", &second.appid).get("/api/v1/me").await.refused(401, "auth.invalid");
        there.sending("X-App-Id", &first.appid).get("/api/v1/me").await.refused(401, "auth.invalid");
    }
}

on_both! {
    async fn an_invalid_body_names_its_fields(app: TestApp) {
        let anybody = app.anybody();
        let post = async |body| anybody.post("/api/v1/session", body).await.refused(400, "validation.failed");
        let unknown = post(json!({"code": "code-anna", "cod": 1})).await;
        assert_eq!((&unknown["errors"][0]["field"], &unknown["errors"][0]["code"]), (&json!("cod"), &json!("unknown")));
        let missing = post(json!({})).await;
        assert_eq!(missing["errors"][0]["code"], "required");
        let wrong = post(json!({"code": 7})).await;
        assert_eq!((&wrong["errors"][0]["field"], &wrong["errors"][0]["code"]), (&json!("code"), &json!("invalid")));
        let send = async |kind, body: &str| {
            anybody.send(reqwest::Method::POST, "/api/v1/session", Some((kind, body.into()))).await
        };
        send("application/json", "{\"code\":").await.refused(400, "validation.failed");
        send("text/plain", "code").await.refused(415, "body.unsupported_media_type");
        let large = format!("{{\"code\":\"{}\"}}", "x".repeat(300_000));
        send("application/json", &large).await.refused(413, "body.too_large");
    }
}

on_both! {
    async fn a_problem_speaks_the_readers_language(app: TestApp) {
        let title = async |language| {
            let reader = app.anybody().sending("Accept-Language", language);
            reader.get("/api/v1/me").await.refused(401, "auth.required")["title"].clone()
        };
        assert_eq!(title("zh-CN,zh;q=0.9").await, "请先登录");
        assert_eq!(title("en-GB,en;q=0.9").await, "Sign in first");
        assert_eq!(app.anybody().get("/api/v1/me").await.body["title"], "请先登录");
        app.anybody().get("/api/v1/nothing").await.refused(404, "not_found");
    }
}

on_both! {
    async fn who_calls_too_often_is_told_when_to_come_back(setup: Setup) {
        let app = TestApp::with(setup, |config| {
            config.limits.member_per_s = 5;
            config.limits.anonymous_per_ip_per_s = 5;
        })
        .await;
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let mut refused = 0;
        for _ in 0..12 {
            let answer = anna.get("/api/v1/me").await;
            if answer.status == 429 {
                assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
                assert_eq!((answer.header("ratelimit-limit"), answer.header("ratelimit-remaining")), ("5", "0"));
                assert!(!answer.header("ratelimit-reset").is_empty());
                answer.refused(429, "rate.limited");
                refused += 1;
            }
        }
        assert!(refused >= 1, "twelve calls in a moment and none refused");
        ben.get("/api/v1/me").await.ok();
        let anybody = app.anybody();
        let wrong_logins = (0..12).map(|_| anybody.post("/api/v1/session", json!({"code": "nonsense"})));
        let answers = futures::future::join_all(wrong_logins).await;
        assert!(answers.iter().any(|answer| answer.status == 429), "twelve wrong logins in a moment and none refused");
        app.stop().await;
    }
}

on_both! {
    async fn whoever_signs_in_may_still_carry_a_dead_token(app: TestApp) {
        let anna = app.member("anna").await;
        anna.delete("/api/v1/session").await.ok();
        for dead in [anna.clone(), app.anybody().with_token("nonsense")] {
            dead.get("/api/v1/me").await.refused(401, "auth.invalid");
            // What is open to anybody stays open.
            for open in ["/api/v1/pickup-points", "/api/v1/home", "/api/v1/categories", "/api/v1/goods"] {
                dead.get(open).await.ok();
            }
            let again = dead.signs_in(&app.wechat().login_code("anna", false)).await;
            assert_eq!(again.id(), anna.id());
        }
        let second = app.second_shop("second").await;
        let code = || app.wechat().login_code("ben", false);
        let here = app.anybody().sending("X-App-Id", &app.shop().appid).signs_in(&code()).await;
        let there = here.clone().sending("X-App-Id", &second.appid).signs_in(&code()).await;
        assert_ne!(there.id(), here.id());
        assert_eq!(there.get("/api/v1/me").await.ok()["id"], there.id());
    }
}

on_both! {
    async fn every_answer_names_its_request(app: TestApp) {
        let anybody = app.anybody();
        let good = anybody.get("/api/v1/pickup-points").await;
        let other = anybody.get("/healthz").await;
        assert_ne!(good.header("x-request-id"), "");
        assert_ne!(good.header("x-request-id"), other.header("x-request-id"));
        let refused = anybody.get("/api/v1/me").await;
        let id = refused.header("x-request-id").to_owned();
        assert_eq!(refused.refused(401, "auth.required")["request_id"], id.as_str());
        let nowhere = anybody.get("/nowhere").await;
        let id = nowhere.header("x-request-id").to_owned();
        assert_eq!(nowhere.refused(404, "not_found")["request_id"], id.as_str());
    }
}
