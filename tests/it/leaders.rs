//! Becoming a leader, what operators change of leaders, and what a leader sees.

use kernel::id::{ApplicationId, LeaderId};
use serde_json::{Value, json};
use tuanqiao::areas::ledger::query::balance;
use tuanqiao::areas::ledger::state::AccountKind;

use crate::app::TestApp;
use crate::shopper::Client;

const APPLICATIONS: &str = "/console/api/v1/leader-applications";

/// What somebody hands in who wants to serve at a place in Guangzhou.
pub fn application(community: &str, lat: f64, lng: f64) -> Value {
    json!({
        "name": "张三丰", "phone": "13800000417", "community": community, "address": "体育西路 1 号",
        "region": "广东省广州市天河区", "lat": lat, "lng": lng,
    })
}

/// A member who has become a leader; `approved` is what the console answered.
pub async fn leader(app: &TestApp, name: &str, lat: f64, lng: f64) -> (Client, Value) {
    let (member, keeper) = (app.member(name).await, app.operator().await);
    let asked = member.post("/api/v1/leaders/applications", application(name, lat, lng)).await.ok();
    let path = format!("{APPLICATIONS}/{}/approve", asked["id"].as_str().unwrap());
    (member, keeper.post(&path, json!({})).await.ok())
}

on_both! {
    async fn an_application_waits_is_rejected_comes_again_and_is_approved_once(app: TestApp) {
        let (anna, keeper) = (app.member("anna").await, app.operator().await);
        assert_eq!(anna.get("/api/v1/me/leader").await.ok(), json!({"application": null, "leader": null}));
        let form = application("东湖花园", 23.1291, 113.2644);
        let first = anna.post("/api/v1/leaders/applications", form.clone()).await.ok();
        anna.post("/api/v1/leaders/applications", form.clone()).await.refused(409, "application.pending");
        anna.get("/api/v1/leader/members").await.refused(403, "leader.required");

        let waiting = keeper.get(&format!("{APPLICATIONS}?state=pending")).await.ok();
        assert_eq!((&waiting["items"][0]["name"], &waiting["items"][0]["phone"]), (&json!("张**"), &json!("138****0417")));
        assert_eq!(waiting["items"][0]["address"], Value::Null);
        let path = format!("{APPLICATIONS}/{}", first["id"].as_str().unwrap());
        let whole = keeper.get(&path).await.ok();
        assert_eq!((&whole["name"], &whole["address"]), (&json!("张三丰"), &json!("体育西路 1 号")));
        keeper.post(&format!("{path}/reject"), json!({"reason": ""})).await.refused(400, "validation.failed");
        keeper.post(&format!("{path}/reject"), json!({"reason": "照片不清楚"})).await.ok();
        keeper.post(&format!("{path}/approve"), json!({})).await.refused(409, "application.decided");
        assert_eq!(anna.get("/api/v1/me/leader").await.ok()["application"]["reason"], "照片不清楚");

        let second = anna.post("/api/v1/leaders/applications", form.clone()).await.ok();
        let path = format!("{APPLICATIONS}/{}/approve", second["id"].as_str().unwrap());
        let deciding = (0..6).map(|_| keeper.post(&path, json!({})));
        let answers = futures::future::join_all(deciding).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        for late in answers.into_iter().filter(|answer| answer.status != 200) {
            assert_eq!(late.refused(409, "application.decided")["extra"]["state"], "approved");
        }
        let me = anna.get("/api/v1/me/leader").await.ok();
        assert_eq!((&me["leader"]["state"], &me["application"]["state"]), (&json!("enabled"), &json!("approved")));
        anna.post("/api/v1/leaders/applications", form).await.refused(409, "application.decided");
        let points = anna.get("/api/v1/pickup-points").await.ok();
        assert_eq!(points["items"].as_array().unwrap().len(), 1);
        assert_eq!(points["items"][0]["leader"]["id"], me["leader"]["id"]);
        let nobody = format!("{APPLICATIONS}/{}/approve", ApplicationId::new());
        keeper.post(&nobody, json!({})).await.refused(404, "application.not_found");
    }
}

on_both! {
    async fn an_application_without_a_place_or_with_a_stranger_as_recommender_is_refused(app: TestApp) {
        let anna = app.member("anna").await;
        let with = |field: &str, value: Value| {
            let mut form = application("东湖花园", 23.1291, 113.2644);
            form[field] = value;
            form
        };
        for (field, value) in [
            ("lat", json!(91)),
            ("lng", json!(-181)),
            ("name", json!("")),
            ("phone", json!("abc")),
            ("community", json!("x".repeat(101))),
            ("picture", json!("ftp://x")),
            ("rank", json!(1)),
        ] {
            anna.post("/api/v1/leaders/applications", with(field, value)).await.refused(400, "validation.failed");
        }
        let mut nowhere = application("海", 0.0, 0.0);
        anna.post("/api/v1/leaders/applications", nowhere.clone()).await.refused(400, "validation.failed");
        nowhere = with("recommender_id", json!(LeaderId::new()));
        anna.post("/api/v1/leaders/applications", nowhere).await.refused(404, "leader.not_found");
    }
}

on_both! {
    async fn a_recommender_gets_the_reward_once(app: TestApp) {
        let keeper = app.operator().await;
        keeper.put("/console/api/v1/settings", json!({"referral_reward_fen": 888})).await.ok();
        let (_, first) = leader(app, "anna", 23.1291, 113.2644).await;
        let anna: LeaderId = first["leader"]["id"].as_str().unwrap().parse().unwrap();
        let ben = app.member("ben").await;
        let mut form = application("西湖花园", 23.1379, 113.2801);
        form["recommender_id"] = json!(anna);
        let asked = ben.post("/api/v1/leaders/applications", form).await.ok();
        let path = format!("{APPLICATIONS}/{}/approve", asked["id"].as_str().unwrap());
        let approved = keeper.post(&path, json!({})).await.ok();
        assert_eq!(approved["leader"]["recommender_id"], json!(anna));
        keeper.post(&path, json!({})).await.refused(409, "application.decided");
        let rewarded = balance(app.app.db.reader(), app.shop().id, AccountKind::LeaderAvailable, anna.uuid()).await;
        assert_eq!(rewarded.unwrap(), 888);
    }
}

on_both! {
    async fn recommendations_never_run_in_a_circle(app: TestApp) {
        let keeper = app.operator().await;
        let mut ids = Vec::new();
        for (n, name) in ["a", "b", "c"].into_iter().enumerate() {
            let (_, approved) = leader(app, name, 23.1 + n as f64 / 100.0, 113.26).await;
            ids.push(approved["leader"]["id"].as_str().unwrap().to_owned());
        }
        let recommend = async |who: usize, by: Value| {
            keeper.patch(&format!("/console/api/v1/leaders/{}", ids[who]), json!({"recommender_id": by})).await
        };
        recommend(1, json!(ids[0])).await.ok();
        recommend(2, json!(ids[1])).await.ok();
        recommend(0, json!(ids[2])).await.refused(409, "leader.recommendation_cycle");
        recommend(0, json!(ids[0])).await.refused(409, "leader.recommendation_cycle");
        assert_eq!(recommend(1, Value::Null).await.ok()["recommender_id"], Value::Null);
        recommend(0, json!(ids[2])).await.ok();
    }
}

on_both! {
    async fn a_frozen_or_resting_leader_closes_his_points(app: TestApp) {
        let (_, approved) = leader(app, "anna", 23.1291, 113.2644).await;
        let (keeper, ben) = (app.operator().await, app.member("ben").await);
        let leader_path = format!("/console/api/v1/leaders/{}", approved["leader"]["id"].as_str().unwrap());
        let point = approved["pickup_point_id"].clone();
        let point_path = format!("/console/api/v1/pickup-points/{}", point.as_str().unwrap());
        let choose = async || ben.put("/api/v1/me/pickup-point", json!({"pickup_point_id": point})).await;
        let shown = async || ben.get("/api/v1/pickup-points?lat=23.1291&lng=113.2644").await.ok()["items"].as_array().unwrap().len();
        assert_eq!(choose().await.ok()["leader_id"], approved["leader"]["id"]);
        for (close, open) in [
            (json!({"resting": true}), json!({"resting": false})),
            (json!({"state": "frozen"}), json!({"state": "enabled"})),
        ] {
            keeper.put(&leader_path, close).await.ok();
            choose().await.refused(409, "pickup_point.closed");
            assert_eq!(shown().await, 0);
            keeper.put(&leader_path, open).await.ok();
            choose().await.ok();
            assert_eq!(shown().await, 1);
        }
        // A point that is switched off stays so when its leader comes back.
        keeper.patch(&point_path, json!({"enabled": false})).await.ok();
        keeper.patch(&leader_path, json!({"resting": true})).await.ok();
        keeper.patch(&leader_path, json!({"resting": false})).await.ok();
        choose().await.refused(409, "pickup_point.closed");
        assert_eq!(keeper.patch(&point_path, json!({"enabled": true})).await.ok()["open"], true);
        let nowhere = json!({"pickup_point_id": "pkp_01jq0000000000000000000000"});
        ben.put("/api/v1/me/pickup-point", nowhere).await.refused(404, "pickup_point.not_found");
    }
}

on_both! {
    async fn levels_have_ranks_and_rates_within_the_whole(app: TestApp) {
        let (keeper, path) = (app.operator().await, "/console/api/v1/leader-levels");
        let silver = keeper.post(path, json!({"name": "银牌", "rank": 1, "rate_bp": 800})).await.ok();
        keeper.post(path, json!({"name": "金牌", "rank": 1, "rate_bp": 900})).await.refused(409, "name.taken");
        keeper.post(path, json!({"name": "金牌", "rank": 2, "rate_bp": 10001})).await.refused(400, "validation.failed");
        let rates = json!({"referral_levels": 1, "referral_rates_bp": [1000]});
        keeper.put("/console/api/v1/settings", rates).await.ok();
        let refused = keeper.post(path, json!({"name": "金牌", "rank": 2, "rate_bp": 9001})).await.refused(400, "validation.failed");
        assert!(refused["errors"][0]["detail"].as_str().unwrap().contains("10001"), "{refused}");
        keeper.post(path, json!({"name": "金牌", "rank": 2, "rate_bp": 9000})).await.ok();
        let more = json!({"referral_rates_bp": [1001]});
        keeper.put("/console/api/v1/settings", more).await.refused(400, "validation.failed");
        let (_, approved) = leader(app, "anna", 23.1291, 113.2644).await;
        let one = format!("/console/api/v1/leaders/{}", approved["leader"]["id"].as_str().unwrap());
        assert_eq!(keeper.patch(&one, json!({"level_id": silver["id"]})).await.ok()["level_id"], silver["id"]);
        assert_eq!(keeper.patch(&one, json!({"level_id": null})).await.ok()["level_id"], Value::Null);
        keeper.patch(&one, json!({"level_id": "lvl_01jq0000000000000000000000"})).await.refused(404, "not_found");
        keeper.patch(&one, json!({"multiplier_bp": 10001})).await.refused(400, "validation.failed");
    }
}

on_both! {
    async fn a_receiver_is_the_leader_himself_or_a_named_merchant(app: TestApp) {
        let (_, approved) = leader(app, "anna", 23.1291, 113.2644).await;
        let keeper = app.operator().await;
        let path = format!("/console/api/v1/leaders/{}/sharing-receiver", approved["leader"]["id"].as_str().unwrap());
        let person = keeper.put(&path, json!({"type": "PERSONAL_OPENID", "name": "张三丰"})).await.ok();
        let openid = app.wechat().openid(&app.shop().appid, "anna");
        let receiver = &person["sharing_receiver"];
        assert!(receiver["account"].as_str().unwrap().ends_with(&openid[openid.len() - 4..]));
        assert!(!person.to_string().contains(&openid), "{person}");
        assert_eq!(receiver["name"], "张**");
        assert!(receiver["registered_at"].is_string(), "registered at WeChat at once: {person}");
        keeper.put(&path, json!({"type": "MERCHANT_ID", "name": "某公司"})).await.refused(400, "validation.failed");
        keeper.put(&path, json!({"type": "MERCHANT_ID", "account": "1900000109"})).await.refused(400, "validation.failed");
        let merchant = json!({"type": "MERCHANT_ID", "account": "1900000109", "name": "某公司"});
        assert_eq!(keeper.put(&path, merchant).await.ok()["sharing_receiver"]["account"], "1900000109");
    }
}

on_both! {
    async fn a_leader_sees_his_members_and_names_verifiers(app: TestApp) {
        let (anna, approved) = leader(app, "anna", 23.1291, 113.2644).await;
        let (other, _) = leader(app, "olga", 23.2, 113.3).await;
        let code = app.wechat().login_code("ben", false);
        let invited = json!({"code": code, "invited_by": approved["leader"]["id"]});
        app.anybody().post("/api/v1/session", invited).await.ok();
        let ben = app.member("ben").await;
        ben.post("/api/v1/me/phone", json!({"code": "phone-13811112222"})).await.ok();
        let led = anna.get("/api/v1/leader/members").await.ok();
        assert_eq!((&led["items"][0]["id"], &led["items"][0]["phone"]), (&json!(ben.id()), &json!("138****2222")));
        assert_eq!(other.get("/api/v1/leader/members").await.ok()["items"], json!([]));

        let verifier = json!({"member_id": ben.id(), "name": "小本"});
        let added = anna.post("/api/v1/leader/verifiers", verifier.clone()).await.ok();
        anna.post("/api/v1/leader/verifiers", verifier.clone()).await.refused(409, "verifier.exists");
        other.post("/api/v1/leader/verifiers", verifier.clone()).await.refused(409, "verifier.exists");
        let path = format!("/api/v1/leader/verifiers/{}", added["id"].as_str().unwrap());
        other.delete(&path).await.refused(404, "verifier.not_found");
        assert_eq!(anna.get("/api/v1/leader/verifiers").await.ok()["items"][0]["member_id"], ben.id());
        anna.delete(&path).await.ok();
        anna.delete(&path).await.refused(404, "verifier.not_found");
        anna.post("/api/v1/leader/verifiers", verifier.clone()).await.ok();
        let stranger = json!({"member_id": "mem_01jq0000000000000000000000", "name": "x"});
        anna.post("/api/v1/leader/verifiers", stranger).await.refused(404, "not_found");

        let keeper = app.operator().await;
        let one = format!("/console/api/v1/leaders/{}", approved["leader"]["id"].as_str().unwrap());
        keeper.patch(&one, json!({"state": "frozen"})).await.ok();
        anna.post("/api/v1/leader/verifiers", verifier).await.refused(403, "leader.frozen");
        anna.get("/api/v1/leader/members").await.ok();
    }
}

on_both! {
    async fn a_poster_is_a_png_drawn_once(app: TestApp) {
        let (anna, _) = leader(app, "anna", 23.1291, 113.2644).await;
        let first = anna.get("/api/v1/leader/poster").await;
        assert_eq!((first.status, first.header("content-type")), (200, "image/png"), "{}", first.text());
        assert!(first.bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(anna.get("/api/v1/leader/poster").await.bytes, first.bytes);
        let drawn = app.wechat().request_log().iter().filter(|call| call.path == "/wxa/getwxacodeunlimit").count();
        assert_eq!(drawn, 1);
        app.member("ben").await.get("/api/v1/leader/poster").await.refused(403, "leader.required");
    }
}

on_both! {
    async fn operators_of_another_shop_reach_nothing(app: TestApp) {
        let (_, approved) = leader(app, "anna", 23.1291, 113.2644).await;
        let second = app.second_shop("second").await;
        let role = tuanqiao::areas::operators::role::Role::Owner;
        let password = crate::app::PASSWORD;
        tuanqiao::flows::operators::create(&app.app, second.id, None, "stranger", password.to_owned(), role).await.unwrap();
        let stranger = app.anybody().signs_in_to_console("stranger", password).await;
        assert_eq!(stranger.get("/console/api/v1/leaders").await.ok()["items"], json!([]));
        assert_eq!(stranger.get(APPLICATIONS).await.ok()["items"], json!([]));
        assert_eq!(stranger.get("/console/api/v1/pickup-points").await.ok()["items"], json!([]));
        let leader = format!("/console/api/v1/leaders/{}", approved["leader"]["id"].as_str().unwrap());
        stranger.get(&leader).await.refused(404, "leader.not_found");
        stranger.patch(&leader, json!({"resting": true})).await.refused(404, "leader.not_found");
        let point = format!("/console/api/v1/pickup-points/{}", approved["pickup_point_id"].as_str().unwrap());
        stranger.patch(&point, json!({"enabled": false})).await.refused(404, "pickup_point.not_found");
        let application = format!("{APPLICATIONS}/{}", approved["id"].as_str().unwrap());
        stranger.get(&application).await.refused(404, "application.not_found");
    }
}
