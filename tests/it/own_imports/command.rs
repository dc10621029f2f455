//! `tuanqiao import` of a store's own goods, as whoever runs the machine starts it.

use serde_json::{Value, json};

use super::{IMPORTS, all_goods, and, assert_sound, imported, pinduoduo, whole};
use crate::stores::scene::Bound;
use crate::upkeep::text;

const WHOLE: [&str; 4] = ["import", "--platform", "pinduoduo", "--whole"];

/// The newest run, as the console shows it.
async fn newest(bound: &Bound) -> Value {
    bound.operator.get(IMPORTS).await.ok()["items"][0].clone()
}

/// How the command tells of a run that has come to its end.
fn summary(run: &Value) -> String {
    let [id, fetched, created, updated, linked, refused] =
        ["id", "fetched", "created", "updated", "linked", "refused"].map(|name| run[name].to_string().replace('"', ""));
    format!("{id}: {fetched} goods looked at, {created} new, {updated} changed, {linked} linked, {refused} refused")
}

on_both! {
    async fn the_command_imports_a_store_and_goes_on_where_a_run_was_left(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 12).await;
        bound.operator.put(&bound.path("/price-rule"), json!({"markup_bp": 2000})).await.ok();
        app.run_due_jobs().await;
        let done = app.runs(&[&WHOLE[..], &["--on-shelf", "--no-pictures"]].concat()).await;
        assert!(done.status.success(), "{}", text(&done));
        let run = newest(&bound).await;
        assert_eq!((&run["status"], &run["fetched"], &run["store_id"]), (&json!("done"), &json!(12), &json!(bound.id)));
        let own = json!({"on_shelf": true, "duplicates": "link", "pictures": false, "makes": true});
        for (key, value) in own.as_object().unwrap() {
            assert_eq!(&run["own"][key], value, "{key}");
        }
        assert_eq!(run["own"]["price_rule"]["markup_bp"], 2000, "the store's own rule");
        assert!(text(&done).contains(&summary(&run)), "{} is not {}", text(&done), summary(&run));
        assert_eq!(all_goods(app).await.len(), usize::try_from(run["created"].as_i64().unwrap()).unwrap());
        assert_sound(app).await;

        // A run that an operator began and stopped, and whose store has another price rule by now.
        let begun = bound.operator.post(IMPORTS, whole(&bound)).await.ok();
        let id = begun["id"].as_str().unwrap();
        bound.operator.post(&format!("{IMPORTS}/{id}/pause"), json!({})).await.ok();
        bound.operator.put(&bound.path("/price-rule"), json!({"markup_bp": 1000})).await.ok();
        let gone_on = app.runs(&[&WHOLE[..], &["--store", bound.seen().await["name"].as_str().unwrap()]].concat()).await;
        assert!(gone_on.status.success() && text(&gone_on).contains(id), "{}", text(&gone_on));
        let run = newest(&bound).await;
        assert_eq!((&run["id"], &run["status"], &run["created"]), (&json!(id), &json!("done"), &json!(0)));
        assert_eq!(run["own"]["price_rule"]["markup_bp"], 2000);
        assert_sound(app).await;
    }
}

on_both! {
    async fn a_command_that_names_no_goods_or_another_kind_of_them_begins_nothing(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 2).await;
        let refused = async |arguments: &[&str], why: &str| {
            let output = app.runs(arguments).await;
            assert!(!output.status.success() && text(&output).contains(why), "{arguments:?}: {}", text(&output));
        };
        refused(&["import", "--platform", "pinduoduo"], "--whole").await;
        refused(&["import", "--platform", "pinduoduo", "--whole", "--query", "牛奶"], "cannot be used with").await;
        refused(&[&WHOLE[..], &["--store", "nobody"]].concat(), "store").await;
        refused(&["import", "--platform", "pinduoduo_affiliate", "--query", "牛奶", "--on-shelf"], "has no stores").await;
        refused(&["import", "--platform", "pinduoduo_affiliate", "--query", "牛奶", "--limit", "20000"], "at most 10000").await;
        assert_eq!(bound.operator.get(IMPORTS).await.ok()["items"], json!([]));
        // A limit and some ids of the store's goods.
        let ids: Vec<String> = app.wechat().stores().items(&bound.of).iter().map(|item| item.number.to_string()).collect();
        let some = app.runs(&["import", "--platform", "pinduoduo", "--id", &ids[0], "--id", &ids[1], "--limit", "1"]).await;
        assert!(some.status.success() && text(&some).contains(": 1 goods looked at"), "{}", text(&some));
        let rest = imported(app, &bound.operator, and(whole(&bound), json!({}))).await;
        assert_eq!((&rest["status"], &rest["fetched"]), (&json!("done"), &json!(2)));
    }
}
