//! Suppliers: taking them on, their terms, the goods that name them, and where their money goes.

use kernel::id::SupplierId;
use serde_json::{Value, json};

use crate::shopper::Client;

const SUPPLIERS: &str = "/console/api/v1/suppliers";

/// A supplier of the shop; `more` is put over the least that makes one.
pub async fn supplier(keeper: &Client, name: &str, more: Value) -> Value {
    let mut body = json!({"name": name});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    keeper.post_new(SUPPLIERS, body).await.ok()
}

fn path_of(supplier: &Value) -> String {
    format!("{SUPPLIERS}/{}", supplier["id"].as_str().unwrap())
}

fn goods_of(supplier: &Value, more: Value) -> Value {
    let mut body = json!({
        "title": "赣南脐橙", "on_shelf": true, "supplier_id": supplier["id"],
        "skus": [{"specs": {"规格": "5 kg"}, "price_fen": 2990, "stock": 9}],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn faults(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect()
}

on_both! {
    async fn a_supplier_is_taken_on_shown_and_changed(app: TestApp) {
        let keeper = app.operator().await;
        let made = supplier(&keeper, " 东山果园 ", json!({"contact": "陈果", "phone": "13800000417", "service_fee_bp": 500})).await;
        assert_eq!((&made["name"], &made["phone"], &made["state"]), (&json!("东山果园"), &json!("138****0417"), &json!("enabled")));
        assert_eq!((&made["terms"], &made["payout"], &made["settlement_days"]), (&json!("service_fee"), &json!("manual"), &json!(30)));
        assert_eq!(keeper.get(&path_of(&made)).await.ok()["phone"], "13800000417");
        keeper.post_new(SUPPLIERS, json!({"name": "东山果园"})).await.refused(409, "name.taken");
        let wrong = json!({"name": "x", "terms": "settlement_price", "service_fee_bp": 1, "settlement_days": 0, "sub_mchid": "12345678a"});
        let told = keeper.post_new(SUPPLIERS, wrong).await.refused(400, "validation.failed");
        assert_eq!(faults(&told), ["service_fee_bp", "settlement_days", "sub_mchid"]);
        assert_eq!(faults(&keeper.post_new(SUPPLIERS, json!({"phone": "x"})).await.refused(400, "validation.failed")), ["phone"]);
        keeper.post_new(SUPPLIERS, json!({})).await.refused(400, "validation.failed");

        let changed = keeper.patch(&path_of(&made), json!({"sub_mchid": "1900000109", "contact": null, "payout": "sharing"})).await.ok();
        assert_eq!((&changed["sub_mchid"], &changed["contact"], &changed["service_fee_bp"]), (&json!("1900000109"), &json!(null), &json!(500)));
        keeper.put(&path_of(&made), json!({"state": "frozen"})).await.ok();
        let listed = |query: &str| { let path = format!("{SUPPLIERS}?{query}"); let keeper = &keeper; async move { keeper.get(&path).await.ok()["items"].as_array().unwrap().len() } };
        assert_eq!((listed("state=frozen").await, listed("state=enabled").await, listed("limit=5").await), (1, 0, 1));
        keeper.get(&format!("{SUPPLIERS}/{}", SupplierId::new())).await.refused(404, "supplier.not_found");
        keeper.patch(&format!("{SUPPLIERS}/{}", SupplierId::new()), json!({})).await.refused(404, "supplier.not_found");
    }
}

on_both! {
    async fn goods_name_an_enabled_supplier_with_what_its_terms_need(app: TestApp) {
        let keeper = app.operator().await;
        let by_fee = supplier(&keeper, "果园", json!({"service_fee_bp": 1000})).await;
        let by_price = supplier(&keeper, "米厂", json!({"terms": "settlement_price"})).await;
        let made = keeper.post_new("/console/api/v1/goods", goods_of(&by_fee, json!({}))).await.ok();
        assert_eq!(made["supplier_id"], by_fee["id"]);
        let path = format!("/console/api/v1/goods/{}", made["id"].as_str().unwrap());

        let bare = keeper.post_new("/console/api/v1/goods", goods_of(&by_price, json!({}))).await.refused(400, "validation.failed");
        assert_eq!(faults(&bare), ["skus[0].settlement_price_fen"]);
        keeper.patch(&path, json!({"supplier_id": by_price["id"]})).await.refused(400, "validation.failed");
        let skus = json!([{"specs": {"规格": "5 kg"}, "price_fen": 2990, "settlement_price_fen": 2000}]);
        let moved = keeper.patch(&path, json!({"supplier_id": by_price["id"], "skus": skus})).await.ok();
        assert_eq!(moved["skus"][0]["settlement_price_fen"], 2000);
        keeper.patch(&path, json!({"supplier_id": by_fee["id"]})).await.ok();
        let bare = goods_of(&by_fee, json!({"title": "脐橙"}));
        keeper.post_new("/console/api/v1/goods", bare.clone()).await.ok();
        let told = keeper.patch(&path_of(&by_fee), json!({"terms": "settlement_price", "service_fee_bp": 0})).await.refused(400, "validation.failed");
        assert_eq!(faults(&told), ["terms"]);

        keeper.patch(&path_of(&by_fee), json!({"state": "frozen"})).await.ok();
        keeper.post_new("/console/api/v1/goods", bare).await.refused(409, "supplier.frozen");
        keeper.patch(&path, json!({"title": "脐橙 5 kg"})).await.ok();
    }
}

on_both! {
    async fn rates_that_give_away_more_than_the_whole_are_refused_with_their_sum(app: TestApp) {
        let keeper = app.operator().await;
        keeper.put("/console/api/v1/settings", json!({"referral_levels": 1, "referral_rates_bp": [500], "leader_rate_bp": 1000})).await.ok();
        let sum_told = |problem: Value, sum: &str| assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(sum), "{problem}");
        let greedy = json!({"name": "果园", "service_fee_bp": 8501});
        sum_told(keeper.post_new(SUPPLIERS, greedy).await.refused(400, "validation.failed"), "10001");
        let made = supplier(&keeper, "果园", json!({"service_fee_bp": 8000})).await;
        let commission = json!({"commission": {"rate_bp": 1501}});
        let goods = keeper.post_new("/console/api/v1/goods", goods_of(&made, commission)).await.refused(400, "validation.failed");
        assert_eq!(goods["errors"][0]["field"], "commission");
        sum_told(goods, "10001");
        keeper.post_new("/console/api/v1/goods", goods_of(&made, json!({"commission": {"rate_bp": 1500}}))).await.ok();
        sum_told(keeper.patch(&path_of(&made), json!({"service_fee_bp": 8001})).await.refused(400, "validation.failed"), "10001");
        sum_told(keeper.put("/console/api/v1/settings", json!({"leader_rate_bp": 1501})).await.refused(400, "validation.failed"), "10001");
        let level = json!({"name": "金牌", "rank": 1, "rate_bp": 1501});
        sum_told(keeper.post_new("/console/api/v1/leader-levels", level).await.refused(400, "validation.failed"), "10001");
    }
}

on_both! {
    async fn referral_rates_are_held_against_what_goods_give_away_themselves(app: TestApp) {
        let (keeper, settings) = (app.operator().await, "/console/api/v1/settings");
        keeper.put(settings, json!({"leader_rate_bp": 500})).await.ok();
        let named = json!({"title": "苹果", "skus": [{"price_fen": 1000, "stock": 10}], "commission": {"rate_bp": 9000}});
        let generous = keeper.post_new("/console/api/v1/goods", named).await.ok()["id"].as_str().unwrap().to_owned();
        let before = keeper.get(settings).await.ok();
        let refers = |rate: i64| { let keeper = &keeper; async move { keeper.put(settings, json!({"referral_rates_bp": [rate]})).await } };
        let told = refers(2000).await.refused(400, "validation.failed");
        let detail = told["errors"][0]["detail"].as_str().unwrap();
        assert_eq!(faults(&told), ["referral_rates_bp"]);
        assert!(detail.contains("11000") && detail.contains(&generous), "{told}");
        assert_eq!(keeper.get(settings).await.ok(), before);

        // Goods count with the fee of their own supplier, not of another.
        let made = supplier(&keeper, "果园", json!({"service_fee_bp": 3000})).await;
        supplier(&keeper, "米厂", json!({"service_fee_bp": 4000})).await;
        let with_fee = keeper.post_new("/console/api/v1/goods", goods_of(&made, json!({"commission": {"rate_bp": 6500}}))).await.ok();
        refers(500).await.ok();
        let told = refers(501).await.refused(400, "validation.failed");
        let detail = told["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains("10001") && detail.contains(with_fee["id"].as_str().unwrap()), "{told}");
        keeper.delete(&format!("/console/api/v1/goods/{}", with_fee["id"].as_str().unwrap())).await.ok();
        assert_eq!(refers(501).await.ok()["referral_rates_bp"], json!([501]));
    }
}

on_both! {
    async fn a_receiver_is_known_to_wechat_while_somebody_has_it(app: TestApp) {
        let keeper = app.operator().await;
        let (first, second) = (supplier(&keeper, "果园", json!({})).await, supplier(&keeper, "米厂", json!({})).await);
        let at = |supplier: &Value| format!("{}/sharing-receiver", path_of(supplier));
        let company = |account: &str| json!({"type": "MERCHANT_ID", "account": account, "name": "东山果园有限公司"});
        keeper.put(&at(&first), json!({"type": "MERCHANT_ID", "account": "1900000109"})).await.refused(400, "validation.failed");
        keeper.put(&at(&first), json!({"type": "PERSONAL_OPENID"})).await.refused(400, "validation.failed");
        let shown = keeper.put(&at(&first), company("1900000109")).await.ok();
        assert!(shown["sharing_receiver"]["registered_at"].is_string(), "{shown}");
        keeper.put(&at(&second), company("1900000109")).await.ok();
        let knows = |account: &str| app.wechat().shares_with(&app.keys().merchant.mchid, account);
        assert!(knows("1900000109"));

        assert_eq!(keeper.delete(&at(&second)).await.ok()["sharing_receiver"], Value::Null);
        app.refunds_go_on().await;
        assert!(knows("1900000109"), "the other supplier still has it");
        keeper.put(&at(&first), company("1900000110")).await.ok();
        app.refunds_go_on().await;
        assert!(!knows("1900000109") && knows("1900000110"));
        keeper.delete(&at(&first)).await.ok();
        keeper.delete(&at(&first)).await.ok();
        app.refunds_go_on().await;
        assert!(!knows("1900000110"));

        let anna = app.leader_with("anna", 0).await;
        let path = format!("/console/api/v1/leaders/{}/sharing-receiver", anna.id);
        keeper.put(&path, company("1900000111")).await.ok();
        assert!(knows("1900000111"));
        keeper.delete(&path).await.ok();
        app.refunds_go_on().await;
        assert!(!knows("1900000111"));
    }
}

on_both! {
    async fn an_operator_of_a_supplier_is_made_on_the_command_line(app: TestApp) {
        let keeper = app.operator().await;
        let orchard = supplier(&keeper, "东山果园", json!({})).await;
        let create = async |name: &str, more: &[&str]| {
            let arguments = [&["operator", "create", "--username", name], more].concat();
            let output = app.runs_fed(&arguments, "a long pass phrase\n").await;
            (output.status.success(), crate::upkeep::text(&output))
        };
        let (made, told) = create("guo", &["--role", "supplier"]).await;
        assert!(!made && told.contains("--supplier"), "{told}");
        let (made, told) = create("guo", &["--role", "supplier", "--supplier", "西山果园"]).await;
        assert!(!made && told.contains("has no supplier"), "{told}");
        let (made, told) = create("guo", &["--role", "manager", "--supplier", "东山果园"]).await;
        assert!(!made && told.contains("supplier_id"), "{told}");
        for (name, called) in [("guo", "东山果园"), ("guo2", orchard["id"].as_str().unwrap())] {
            let (made, told) = create(name, &["--role", "supplier", "--supplier", called]).await;
            assert!(made, "{told}");
            let guo = app.anybody().signs_in_to_console(name, "a long pass phrase").await;
            assert_eq!(guo.get("/console/api/v1/session").await.ok()["operator"]["supplier_id"], orchard["id"]);
        }
    }
}
