//! A store stops working while its goods come in; when it works again, so does the import.

use serde_json::{Value, json};
use tuanqiao::flows::import_goods;

use super::{IMPORTS, all_goods, assert_sound, pinduoduo, whole, works};
use crate::app::TestApp;
use crate::stores::keeping::rests_over;
use crate::stores::scene::{Bound, result};

/// Goods of the store: some pages.
const GOODS: u64 = 250;

/// An import of which a page is in, and where it is found.
async fn begun(app: &TestApp, bound: &Bound) -> String {
    let run = bound.operator.post(IMPORTS, whole(bound)).await.ok();
    assert_eq!(import_goods::work(&app.app).await.unwrap(), 1);
    format!("{IMPORTS}/{}", run["id"].as_str().unwrap())
}

async fn ends_whole(app: &TestApp, bound: &Bound, run: &str) {
    works(app).await;
    let run = bound.operator.get(run).await.ok();
    let told = (&run["status"], &run["fetched"], &run["created"], &run["last_error"]);
    assert_eq!(told, (&json!("done"), &json!(GOODS), &json!(GOODS), &Value::Null), "{run}");
    assert_eq!(all_goods(app).await.len() as u64, GOODS);
    assert_sound(app).await;
}

on_both! {
    async fn an_import_waits_for_a_merchant_who_has_taken_his_consent_back_and_goes_on_with_him(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), GOODS).await;
        let run = begun(app, &bound).await;
        assert!(app.wechat().stores().revoke(&bound.of));
        works(app).await;
        let rests = bound.operator.get(&run).await.ok();
        assert_eq!((&rests["status"], bound.seen().await["state"].as_str()), (&json!("paused"), Some("active")), "{rests}");
        assert!(rests["resume_at"].is_string() && rests["fetched"].as_u64().unwrap() < GOODS, "{rests}");
        for _ in 0..2 {
            rests_over(&app.app, &bound).await;
            app.time_passes(3_600);
            works(app).await;
        }
        assert_eq!(bound.seen().await["state"], "reauthorize");
        let waits = bound.operator.get(&run).await.ok();
        assert_eq!((&waits["status"], &waits["resume_at"]), (&json!("failed"), &Value::Null), "{waits}");
        assert!(waits["last_error"].is_string());
        assert_eq!(result(&app.authorises(&bound).await), "authorised");
        assert_eq!(bound.operator.get(&run).await.ok()["status"], "running");
        ends_whole(app, &bound, &run).await;
    }
}

on_both! {
    async fn an_import_waits_while_an_operator_has_stopped_the_store(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), GOODS).await;
        let run = begun(app, &bound).await;
        bound.operator.post(&bound.path("/pause"), json!({})).await.ok();
        works(app).await;
        assert_eq!(bound.operator.get(&run).await.ok()["status"], "failed");
        bound.operator.post(&bound.path("/resume"), json!({})).await.ok();
        ends_whole(app, &bound, &run).await;
    }
}

on_both! {
    async fn an_import_that_an_operator_stopped_stays_stopped_when_its_store_is_authorised_again(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), GOODS).await;
        let run = begun(app, &bound).await;
        bound.operator.post(&format!("{run}/pause"), json!({})).await.ok();
        assert_eq!(result(&app.authorises(&bound).await), "authorised");
        works(app).await;
        assert_eq!(bound.operator.get(&run).await.ok()["status"], "paused");
    }
}

on_both! {
    async fn an_import_that_waits_for_its_store_can_be_told_to_stay_stopped(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), GOODS).await;
        let run = begun(app, &bound).await;
        bound.operator.post(&bound.path("/pause"), json!({})).await.ok();
        works(app).await;
        assert_eq!(bound.operator.get(&run).await.ok()["status"], "failed");
        let stopped = bound.operator.post(&format!("{run}/pause"), json!({})).await.ok();
        assert_eq!(stopped["status"], "paused");
        bound.operator.post(&bound.path("/resume"), json!({})).await.ok();
        works(app).await;
        assert_eq!(bound.operator.get(&run).await.ok()["status"], "paused");
        bound.operator.post(&format!("{run}/resume"), json!({})).await.ok();
        ends_whole(app, &bound, &run).await;
    }
}
