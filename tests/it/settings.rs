//! The shop's settings as one document.

use serde_json::{Value, json};

const SETTINGS: &str = "/console/api/v1/settings";

on_both! {
    async fn settings_come_back_as_they_were_put_and_rule_at_once(app: TestApp) {
        let keeper = app.operator().await;
        let mut document = keeper.get(SETTINGS).await.ok();
        assert_eq!((&document["payment_window_s"], &document["withdraw_daily_count"]), (&json!(900), &Value::Null));
        document["minimum_spend_fen"] = json!(3000);
        document["closure_daily"] = json!({"from": "22:00:00", "to": "06:00:00"});
        document["withdraw_daily_count"] = json!(3);
        assert_eq!(keeper.put(SETTINGS, document.clone()).await.ok(), document);
        assert_eq!(keeper.get(SETTINGS).await.ok(), document);
        assert_eq!(app.shop().settings.minimum_spend_fen.fen(), 3000, "the shop at hand is fresh at once");
        let partly = keeper.put(SETTINGS, json!({"closure_daily": null})).await.ok();
        assert_eq!((&partly["closure_daily"], &partly["minimum_spend_fen"]), (&Value::Null, &json!(3000)));
    }
}

on_both! {
    async fn a_fault_changes_nothing_and_is_named(app: TestApp) {
        let keeper = app.operator().await;
        let before = keeper.get(SETTINGS).await.ok();
        for (field, value) in [
            ("payment_window_s", json!(59)),
            ("referral_levels", json!(3)),
            ("leader_rate_bp", json!(10001)),
            ("minimum_spend_fen", json!(-1)),
            ("minimum_spend_fen", json!(1.5)),
            ("payment_window_s", json!("900")),
            ("auto_receive_days", json!(9_223_372_036_854_775_807_i64)),
            ("stock_deduct", json!("never")),
            ("withhold", json!("by_feeling")),
            ("withdraw_channels", json!([])),
            ("no_such_setting", json!(true)),
        ] {
            let refused = keeper.put(SETTINGS, json!({field: value, "low_stock_threshold": 5})).await;
            let refused = refused.refused(400, "validation.failed");
            assert_eq!(refused["errors"][0]["field"], field, "{refused}");
        }
        keeper.put(SETTINGS, json!([])).await.refused(400, "validation.failed");
        assert_eq!(keeper.get(SETTINGS).await.ok(), before);
    }
}

on_both! {
    async fn a_change_is_in_the_audit_log_with_before_and_after(app: TestApp) {
        let keeper = app.operator().await;
        keeper.put(SETTINGS, json!({"low_stock_threshold": 5})).await.ok();
        keeper.put(SETTINGS, json!({"low_stock_threshold": 5})).await.ok();
        let log = keeper.get("/console/api/v1/audit-entries").await.ok();
        let changes: Vec<_> = log["items"].as_array().unwrap().iter().filter(|e| e["action"] == "settings.change").collect();
        assert_eq!(changes.len(), 1, "putting the same again is no change");
        let detail = &changes[0]["detail"];
        assert_eq!((&detail["before"]["low_stock_threshold"], &detail["after"]["low_stock_threshold"]), (&json!(0), &json!(5)));
        assert_eq!(changes[0]["operator_id"], keeper.session["operator"]["id"]);
    }
}
