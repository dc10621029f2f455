//! Which part of the stock a store shows.

use kernel::id::SkuId;
use sandbox::stores::{StorePlatform, StoreRef};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::channels::scene::{Shelf, line_id};
use crate::shop_floor::Floor;

async fn shelf_of_two(app: &TestApp) -> Shelf {
    let floor = Floor::open(app).await;
    let counted: SkuId = floor.goods(1_000, 11).await.sku.parse().unwrap();
    let endless: SkuId = floor.goods_with(1_000, Value::Null, json!({})).await.sku.parse().unwrap();
    let shelf = app.shelf(&StoreRef::new(StorePlatform::Pinduoduo, "11"), &[counted, endless], 11).await;
    app.tells_after(1).await;
    shelf
}

on_both! {
    async fn each_rule_shows_its_part_within_seconds(app: TestApp) {
        let shelf = shelf_of_two(app).await;
        assert_eq!((shelf.shows(app, 0), shelf.shows(app, 1)), (11, 999), "all is the rule nobody gave");
        for (rule, counted, endless) in [
            (json!({"mode": "share", "percent": 50}), 5, 499),
            (json!({"mode": "keep_back", "units": 3}), 8, 999),
            (json!({"mode": "keep_back", "units": 30, "unlimited": 50}), 0, 50),
            (json!({"mode": "fixed", "units": 4}), 4, 4),
            (json!({"mode": "fixed", "units": 40}), 11, 40),
            (json!({"mode": "all", "cap": 6}), 6, 6),
            (json!({"mode": "off"}), 6, 6),
            (json!({"mode": "all"}), 11, 999),
        ] {
            let seen = shelf.rule(rule.clone()).await;
            assert_eq!((&seen["offered"], &seen["rule"]["mode"]), (&json!(true), &rule["mode"]));
            app.tells_after(0).await;
            assert_eq!((shelf.shows(app, 0), shelf.shows(app, 1)), (counted, endless), "{rule}");
        }
    }
}

on_both! {
    async fn a_variant_may_have_a_rule_of_its_own(app: TestApp) {
        let shelf = shelf_of_two(app).await;
        let line = shelf.lines("").await.remove(0);
        assert_eq!((&line["state"], &line["rule"]), (&json!("told"), &Value::Null));
        let path = shelf.bound.path(&format!("/stock/{}/rule", line_id(&line)));
        let own = shelf.bound.operator.put(&path, json!({"rule": {"mode": "fixed", "units": 2}})).await.ok();
        assert_eq!(own["rule"]["units"], 2);
        app.tells_after(0).await;
        assert_eq!((shelf.shows(app, 0), shelf.shows(app, 1)), (2, 999));
        shelf.bound.operator.put(&path, json!({"rule": null})).await.ok();
        app.tells_after(0).await;
        assert_eq!((shelf.shows(app, 0), shelf.shows(app, 1)), (11, 999));
        let nobodys = shelf.bound.path("/stock/sts_01jq3k5t8m0000000000000001/rule");
        shelf.bound.operator.put(&nobodys, json!({"rule": null})).await.refused(404, "channel.line_not_found");
    }
}

on_both! {
    async fn a_rule_with_faults_is_refused_with_all_of_them(app: TestApp) {
        let shelf = shelf_of_two(app).await;
        for (rule, field, code) in [
            (json!({"mode": "share"}), "percent", "required"),
            (json!({"mode": "share", "percent": 101}), "percent", "out_of_range"),
            (json!({"mode": "all", "units": 3}), "units", "unexpected"),
            (json!({"mode": "fixed", "units": -1}), "units", "out_of_range"),
            (json!({"mode": "off", "percent": 3}), "percent", "unexpected"),
        ] {
            let answer = shelf.bound.operator.put(&shelf.bound.path("/stock-rule"), rule.clone()).await;
            let refused = answer.refused(400, "validation.failed");
            assert_eq!((&refused["errors"][0]["field"], &refused["errors"][0]["code"]), (&json!(field), &json!(code)), "{rule}");
        }
        let path = shelf.bound.path("/stock-rule");
        assert_eq!(shelf.bound.operator.get(&path).await.ok()["rule"]["mode"], "all");
    }
}

on_both! {
    async fn a_marketplace_that_takes_no_stock_says_so(app: TestApp) {
        let bound = app.enters_store(&StoreRef::new(StorePlatform::Dhgate, "77"), 0).await;
        let seen = bound.operator.get(&bound.path("/stock-rule")).await.ok();
        assert_eq!((&seen["offered"], &seen["rule"]["mode"]), (&json!(false), &json!("off")));
        let set = bound.operator.put(&bound.path("/stock-rule"), json!({"mode": "all"})).await;
        set.refused(409, "channel.no_stock");
        bound.operator.post(&bound.path("/stock/reconcile"), json!({})).await.refused(409, "channel.no_stock");
    }
}
