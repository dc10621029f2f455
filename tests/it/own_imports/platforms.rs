//! A store of every platform comes in whole.

use super::*;
use crate::stores::platforms::with_a_page;

on_both! {
    async fn a_store_of_every_platform_is_imported_whole(app: TestApp) {
        let operator = app.operator().await;
        operator.put("/console/api/v1/exchange-rates", json!({"currency": "USD", "rate": "7.1"})).await.ok();
        let mut stores = with_a_page();
        stores.push(StoreRef::new(StorePlatform::Wanliniu, "3000112233"));
        for of in stores {
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

on_both! {
    async fn goods_whose_units_nobody_tells_are_not_on_sale_until_somebody_counts_them(app: TestApp) {
        let bound = app.binds_store(&StoreRef::new(StorePlatform::Wanliniu, "3000112233"), 3).await;
        let run = imported(app, &bound.operator, and(whole(&bound), json!({"on_shelf": true}))).await;
        assert_eq!((&run["status"], &run["created"]), (&json!("done"), &json!(3)), "{run}");
        assert!(all_skus(app).await.iter().all(|sku| sku.free == Some(0)));
        let sku = all_skus(app).await.remove(0);
        let path = format!("/console/api/v1/skus/{}/stock", sku.id);
        bound.operator.post_new(&path, json!({"delta": 5, "reason": "盘点"})).await.ok();
        imported(app, &bound.operator, whole(&bound)).await;
        let again = all_skus(app).await.into_iter().find(|one| one.id == sku.id).unwrap();
        assert_eq!(again.free, Some(5), "a later import does not touch stock");
        assert_sound(app).await;
    }
}

on_both! {
    async fn a_merchant_with_a_key_of_the_older_gateway_is_read_through_that_one(app: TestApp) {
        let of = StoreRef::new(StorePlatform::Wanliniu, "3000112233");
        let bound = app.binds_store(&of, 3).await;
        let data = json!({"data": {"app_key": of.seller, "gateway": "b2c"}});
        bound.operator.patch(&bound.path(""), data).await.ok();
        let run = imported(app, &bound.operator, whole(&bound)).await;
        assert_eq!((&run["status"], &run["created"]), (&json!("done"), &json!(3)), "{run}");
        let odd = json!({"data": {"app_key": of.seller, "gateway": "soap"}});
        let refused = bound.operator.patch(&bound.path(""), odd).await.refused(400, "validation.failed");
        assert_eq!(refused["errors"][0]["field"], "data.gateway", "{refused}");
    }
}
