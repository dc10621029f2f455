//! Entering stores: every fault by its field, who may, and who sees which.

use sandbox::stores::{StorePlatform, StoreRef};
use serde_json::{Value, json};

use super::scene::{STORES, new_store, store_apps};
use crate::app::PASSWORD;

fn pinduoduo() -> StoreRef {
    StoreRef::new(StorePlatform::Pinduoduo, "880012345")
}

fn faulty(answer: &Value) -> Vec<&str> {
    answer["errors"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect()
}

on_both! {
    async fn every_fault_of_a_new_store_is_told_by_its_field(app: TestApp) {
        let keeper = app.operator().await;
        let mut wish = new_store(&pinduoduo());
        keeper.post_new(STORES, wish.clone()).await.refused(422, "marketplace.not_configured");
        app.has_store_apps().await;
        wish["name"] = json!("my shop");
        wish["site"] = json!("US");
        wish["data"] = json!({"colour": "red"});
        let refused = keeper.post_new(STORES, wish.clone()).await.refused(400, "validation.failed");
        assert_eq!(faulty(&refused), ["name", "data.colour", "site"], "{refused}");
        let shopify = json!({"marketplace": "shopify", "name": "s", "display_name": "S", "data": {"shop": "evil.example.com"}});
        let refused = keeper.post_new(STORES, shopify).await.refused(400, "validation.failed");
        assert_eq!(faulty(&refused), ["data.shop"]);
        wish = new_store(&pinduoduo());
        wish["marketplace"] = json!("taobao_affiliate");
        keeper.post_new(STORES, wish.clone()).await.refused(422, "marketplace.listing_not_offered");
        wish["marketplace"] = json!("nowhere");
        keeper.post_new(STORES, wish).await.refused(422, "marketplace.unknown");
        let row = keeper.post_new(STORES, new_store(&pinduoduo())).await.ok();
        assert_eq!((row["state"].as_str(), row["kind"].as_str()), (Some("draft"), Some("third_party")));
        assert!(row["notify_url"].as_str().unwrap().ends_with(&format!("/notify/market/pinduoduo/{}", row["id"].as_str().unwrap())));
        keeper.post_new(STORES, new_store(&pinduoduo())).await.refused(409, "name.taken");
    }
}

on_both! {
    async fn the_marketplaces_say_what_they_need_and_whether_the_shop_can_use_them(app: TestApp) {
        let keeper = app.operator().await;
        let of = async |id: &str| {
            let all = keeper.get("/console/api/v1/marketplaces").await.ok();
            all["items"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone()
        };
        assert_eq!(of("pinduoduo").await["configured"], false);
        app.has_store_apps().await;
        let pinduoduo = of("pinduoduo").await;
        assert_eq!((&pinduoduo["configured"], &pinduoduo["missing"]), (&json!(true), &Value::Null));
        assert_eq!(pinduoduo["callback_url"], format!("http://{}/oauth/pinduoduo/callback", app.address));
        let amazon = of("amazon").await;
        let codes: Vec<&str> = amazon["sites"].as_array().unwrap().iter().map(|site| site["code"].as_str().unwrap()).collect();
        assert!(["CA", "US", "MX", "DE", "ES", "FR", "IN", "IT", "UK", "JP"].iter().all(|code| codes.contains(code)), "{codes:?}");
        assert_eq!(amazon["ways"][1]["pasted"], "refresh_token");
        let affiliate = of("pinduoduo_affiliate").await;
        assert_eq!((&affiliate["affiliate"], &affiliate["ways"], &affiliate["filing_needed"]), (&json!(true), &json!([]), &json!(true)));
    }
}

on_both! {
    async fn an_affiliate_app_is_tried_out_with_its_filing(app: TestApp) {
        let keeper = app.operator().await;
        let tested = async |id: &str| keeper.post(&format!("/console/api/v1/marketplaces/{id}/test"), json!({})).await;
        let told = tested("pinduoduo_affiliate").await.ok();
        let filing = told["findings"].as_array().unwrap().iter().find(|one| one["what"] == "filing").unwrap().clone();
        assert!(filing["works"].is_boolean() && filing["advice"]["zh"].is_string(), "{told}");
        let told = tested("jd_affiliate").await.ok();
        assert_eq!((&told["works"], &told["findings"][1]["what"]), (&json!(true), &json!("goods")));
        tested("pinduoduo").await.refused(422, "marketplace.not_configured");
    }
}

on_both! {
    async fn each_operator_sees_the_stores_bound_to_him_and_owners_see_all(app: TestApp) {
        let bound = app.enters_store(&pinduoduo(), 0).await;
        let other = app.enters_store(&StoreRef::new(StorePlatform::Taobao, "2200112233"), 0).await;
        let keeper = &bound.operator;
        let hired = json!({"username": "lin", "password": PASSWORD, "role": "support"});
        let lin_id = keeper.post_new("/console/api/v1/operators", hired).await.ok()["id"].clone();
        let lin = app.anybody().signs_in_to_console("lin", PASSWORD).await;
        let names = async |of: &crate::shopper::Client| -> Vec<Value> {
            of.get(STORES).await.ok()["items"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
        };
        assert_eq!(names(&lin).await, Vec::<Value>::new());
        lin.get(&bound.path("")).await.refused(404, "store.not_found");
        let wish = json!({"operators": [{"operator_id": lin_id, "duty": "service"}, {"operator_id": lin_id, "duty": "orders"}]});
        let told = keeper.put(&bound.path("/operators"), wish).await.ok();
        assert_eq!(told["items"].as_array().unwrap().len(), 2);
        assert_eq!(names(&lin).await, [json!(bound.id)]);
        lin.get(&bound.path("")).await.ok();
        lin.get(&other.path("")).await.refused(404, "store.not_found");
        lin.post(&bound.path("/authorise"), json!({})).await.refused(403, "auth.forbidden");
        lin.delete(&bound.path("")).await.refused(403, "auth.forbidden");
        lin.put(&bound.path("/operators"), json!({"operators": []})).await.refused(403, "auth.forbidden");
        assert_eq!(names(keeper).await.len(), 2);
        let stranger = json!({"operators": [{"operator_id": "opr_01jq3k5t8m0000000000000001", "duty": "orders"}]});
        let refused = keeper.put(&bound.path("/operators"), stranger).await.refused(400, "validation.failed");
        assert_eq!(faulty(&refused), ["operators[0].operator_id"]);
    }
}

on_both! {
    async fn two_companies_are_compared_and_what_follows_is_told(app: TestApp) {
        let bound = app.enters_store(&pinduoduo(), 0).await;
        assert_eq!(bound.seen().await["subject"]["consequences"][0]["code"], "unknown");
        let keys = app.keys();
        let text = crate::app::shop_text("demo", &keys.merchant, &keys);
        let text = text.replacen("push_token", "legal_subject = \"团桥（广州）科技有限公司\"\npush_token", 1);
        app.apply_shop(&format!("{text}{}", store_apps(&keys))).await;
        let named = async |name: &str| {
            bound.operator.patch(&bound.path(""), json!({"legal_subject": name})).await.ok()["subject"].clone()
        };
        assert_eq!(named("团桥(广州)科技有限公司").await["same"], true);
        let differs = named("邻里鲜生贸易有限公司").await;
        assert_eq!(differs["same"], false);
        let codes: Vec<&str> = differs["consequences"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert!(codes.contains(&"cross_subject_authorisation") && codes.contains(&"split_of_money"), "{codes:?}");
    }
}

on_both! {
    async fn a_store_taken_off_leaves_its_name_and_its_place(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 0).await;
        bound.operator.post(&bound.path("/pause"), json!({})).await.ok();
        bound.operator.post(&bound.path("/pause"), json!({})).await.refused(409, "store.wrong_state");
        assert_eq!(bound.operator.post(&bound.path("/resume"), json!({})).await.ok()["state"], "active");
        bound.operator.patch(&bound.path(""), json!({"external_id": "1"})).await.refused(409, "store.wrong_state");
        bound.operator.delete(&bound.path("")).await.ok();
        assert_eq!(bound.seen().await["state"], "removed");
        assert_eq!(bound.operator.get(STORES).await.ok()["items"], json!([]));
        let again = app.binds_store(&pinduoduo(), 0).await;
        assert_eq!(again.seen().await["external_id"], "880012345");
    }
}
