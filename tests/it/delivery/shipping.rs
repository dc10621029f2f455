//! single orders sent and brought.

use kernel::id::SkuId;
use serde_json::json;
use tuanqiao::areas::orders::state::{FulfilmentKind, OrderStatus};

use super::scene::Scene;

on_both! {
    async fn a_parcel_sent_in_parts_is_shipped_with_its_last_line(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        let bought = scene.buys_by(&anna, FulfilmentKind::Express, &[(SkuId::new(), 2), (SkuId::new(), 1)]).await;
        let lines = scene.lines(bought).await;
        let ship = format!("/console/api/v1/orders/{}/ship", bought.order);
        let first = json!({"lines": [{"line_id": lines[0].id}], "carrier": "SF", "tracking_no": "SF123"});
        let sent = scene.operator.post(&ship, first.clone()).await.ok();
        assert_eq!((&sent["status"], &sent["lines"][0]["tracking_no"]), (&json!("paid"), &json!("SF123")));
        assert!(sent["lines"][1]["shipped_at"].is_null());
        let twice = scene.operator.post(&ship, first).await.refused(400, "validation.failed");
        assert_eq!(twice["errors"][0]["field"], "lines[0].line_id");
        anna.post(&format!("/api/v1/orders/{}/confirm-receipt", bought.order), json!({})).await
            .refused(409, "order.wrong_state");

        let rest = scene.operator.post(&ship, json!({"carrier": "YTO", "tracking_no": "YT9"})).await.ok();
        assert_eq!((&rest["status"], &rest["lines"][1]["carrier"]), (&json!("shipped"), &json!("YTO")));
        assert_eq!(rest["lines"][0]["carrier"], "SF");
        scene.operator.post(&ship, json!({})).await.refused(409, "order.wrong_state");
        let arrive = format!("/console/api/v1/orders/{}/arrive", bought.order);
        scene.operator.post(&arrive, json!({})).await.refused(409, "order.wrong_state");
        let received = anna.post(&format!("/api/v1/orders/{}/confirm-receipt", bought.order), json!({})).await.ok();
        assert_eq!(received["status"], "received");
    }
}

on_both! {
    async fn a_pickup_order_can_be_brought_by_itself_unless_it_travels_with_a_list(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        let alone = scene.buys(&anna, &[(SkuId::new(), 1)]).await;
        let path = |order, word| format!("/console/api/v1/orders/{order}/{word}");
        let unpaid = scene.orders_by(&anna, FulfilmentKind::Pickup, &[(SkuId::new(), 1)]).await;
        scene.operator.post(&path(unpaid.order, "ship"), json!({})).await.refused(409, "order.wrong_state");
        scene.operator.post(&path(alone.order, "arrive"), json!({})).await.refused(409, "order.wrong_state");
        scene.operator.post(&path(alone.order, "ship"), json!({})).await.ok();
        scene.stand(&[alone], OrderStatus::Shipped).await;
        assert_eq!(scene.operator.post(&path(alone.order, "arrive"), json!({})).await.ok()["status"], "arrived");
        scene.redeems(&scene.leader, &scene.code(&anna, alone).await).await.ok();

        let listed = scene.buys(&anna, &[(SkuId::new(), 1)]).await;
        let list = scene.gathers().await;
        let told = scene.operator.post(&path(listed.order, "ship"), json!({})).await.refused(409, "delivery.wrong_state");
        assert_eq!(told["extra"]["delivery_list_id"], list.as_str());
        scene.says(&list, "depart").await.ok();
        scene.operator.post(&path(listed.order, "arrive"), json!({})).await.refused(409, "delivery.wrong_state");
        let nobody = path(kernel::id::OrderId::new(), "ship");
        scene.operator.post(&nobody, json!({})).await.refused(404, "order.not_found");
    }
}
