//! A store of every platform comes in whole.

use super::*;
use crate::stores::platforms::with_a_page;

on_both! {
    async fn a_store_of_every_platform_is_imported_whole(app: TestApp) {
        let operator = app.operator().await;
        operator.put("/console/api/v1/exchange-rates", json!({"currency": "USD", "rate": "7.1"})).await.ok();
        for of in with_a_page() {
            let (bound, id) = (app.binds_store(&of, 3).await, of.platform.id());
            let run = imported(app, &bound.operator, and(whole(&bound), json!({"duplicates": "new"}))).await;
            assert_eq!((&run["status"], &run["refused"]), (&json!("done"), &json!(0)), "{id}: {run}");
            assert!(run["created"].as_u64().unwrap() >= 3, "{id}: {run}");
            let there: usize = app.wechat().stores().items(&of).iter().map(|item| item.variants.len()).sum();
            let listed = all_listed(app).await;
            let tied: Vec<_> = listed.iter().filter(|row| row.store_id.to_string() == bound.id).collect();
            assert_eq!(tied.len(), there, "{id}");
            assert!(tied.iter().all(|row| row.sku_id.is_some()), "{id}: {tied:?}");
            let again = imported(app, &bound.operator, whole(&bound)).await;
            let told = (&again["created"], &again["updated"], &again["linked"]);
            assert_eq!(told, (&json!(0), &json!(0), &json!(0)), "{id}: {again}");
        }
        assert_sound(app).await;
    }
}
