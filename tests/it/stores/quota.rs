//! Calls a day: counted for all by app, seen by store, stopped and lifted; a platform that is down is left alone.

use sandbox::stores::{StorePlatform, StoreRef};
use serde_json::{Value, json};

use super::scene::{Bound, store_apps};
use crate::app::{TestApp, shop_text};
use crate::shopper::Client;

const QUOTA: &str = "/console/api/v1/market-quota";

fn pinduoduo() -> StoreRef {
    StoreRef::new(StorePlatform::Pinduoduo, "880012345")
}

async fn quota(operator: &Client) -> Value {
    let all = operator.get(QUOTA).await.ok();
    all["items"].as_array().unwrap().iter().find(|one| one["marketplace"] == "pinduoduo").unwrap().clone()
}

async fn tested(bound: &Bound) -> Value {
    bound.operator.post(&bound.path("/test"), json!({})).await.ok()
}

/// The shop's own limit for all of its platforms.
async fn limits(app: &TestApp, calls: u32) {
    let keys = app.keys();
    let apps = store_apps(&keys).replace("calls_per_day = 0", &format!("calls_per_day = {calls}"));
    app.apply_shop(&format!("{}{apps}", shop_text("demo", &keys.merchant, &keys))).await;
}

on_both! {
    async fn calls_are_counted_by_app_and_seen_by_store(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 0).await;
        let counted = quota(&bound.operator).await;
        // A code exchanged and the merchant asked who he is.
        assert_eq!((&counted["limit"], &counted["used"], &counted["stopped"]), (&Value::Null, &json!(2), &json!(false)));
        assert_eq!(counted["stores"], json!([{"store_id": bound.id, "external_id": "880012345", "used": 1}]));
        limits(app, 3).await;
        assert_eq!(tested(&bound).await["works"], true);
        let spent = quota(&bound.operator).await;
        assert_eq!((&spent["limit"], &spent["used"], &spent["stores"][0]["used"]), (&json!(3), &json!(3), &json!(2)));
        assert!(spent["spent_until"].is_string());
        let refused = tested(&bound).await;
        assert_eq!(refused["works"], false);
        assert!(refused["findings"][0]["advice"]["zh"].as_str().unwrap().contains("次日"), "{refused}");
        assert_eq!(quota(&bound.operator).await["used"], 3);
        app.advance(86_400);
        assert_eq!(tested(&bound).await["works"], true, "the next day begins anew");
    }
}

on_both! {
    async fn the_platforms_word_that_the_day_is_over_holds_until_it_is_lifted(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 0).await;
        app.wechat().stores().set_quota(StorePlatform::Pinduoduo, Some(1));
        assert_eq!(tested(&bound).await["works"], true);
        assert_eq!(tested(&bound).await["works"], false);
        let told = quota(&bound.operator).await;
        assert!(told["spent_until"].is_string() && told["used"].as_i64().unwrap() < 100, "{told}");
        app.wechat().stores().set_quota(StorePlatform::Pinduoduo, Some(0));
        assert_eq!(tested(&bound).await["works"], false, "we keep to its word");
        let lift = json!({"marketplace": "pinduoduo"});
        assert_eq!(bound.operator.post(&format!("{QUOTA}/lift"), lift.clone()).await.ok()["lifted"], true);
        assert_eq!(tested(&bound).await["works"], true);
        assert_eq!(bound.operator.post(&format!("{QUOTA}/lift"), lift).await.ok()["lifted"], false);
        bound.operator.post(&format!("{QUOTA}/lift"), json!({"marketplace": "nowhere"})).await.refused(422, "marketplace.unknown");
    }
}

on_both! {
    async fn a_platform_that_is_down_is_left_alone(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 0).await;
        let down = json!({"path_prefix": "/pinduoduo", "status": 500, "times": 1000});
        app.wechat().add_fault(serde_json::from_value(down).unwrap());
        for _ in 0..4 {
            assert_eq!(tested(&bound).await["works"], false);
        }
        assert_eq!(quota(&bound.operator).await["left_alone"], json!(["127.0.0.1"]));
        let before = app.wechat().request_log().len();
        let finding = tested(&bound).await["findings"][0].clone();
        assert!(finding["said"].as_str().unwrap().contains("circuit_open"), "{finding}");
        assert_eq!(app.wechat().request_log().len(), before, "nothing is sent while it rests");
    }
}
