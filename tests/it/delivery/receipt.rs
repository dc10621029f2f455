//! received by the member's word or by time.

use kernel::id::SkuId;
use serde_json::json;
use tuanqiao::areas::orders::state::{FulfilmentKind, OrderStatus};
use tuanqiao::flows::receipt;

use super::scene::Scene;

const DAY: i64 = 86_400;

on_both! {
    async fn a_member_confirms_his_own_arrived_order(app: TestApp) {
        let scene = Scene::set(app).await;
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let bought = scene.buys(&anna, &[(SkuId::new(), 1)]).await;
        let confirm = format!("/api/v1/orders/{}/confirm-receipt", bought.order);
        anna.post(&confirm, json!({})).await.refused(409, "order.wrong_state");
        scene.brings_everything().await;
        ben.post(&confirm, json!({})).await.refused(404, "order.not_found");
        assert_eq!(anna.post(&confirm, json!({})).await.ok()["status"], "received");
        let late = scene.redeems(&scene.leader, &scene.code(&anna, bought).await).await;
        let late = late.refused(409, "pickup.already_redeemed");
        assert!(late["extra"]["by"].is_null(), "nobody redeemed the code: {late}");
    }
}

on_both! {
    async fn time_receives_what_nobody_confirms_but_not_under_a_ticket(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        let parcel = scene.buys_by(&anna, FulfilmentKind::Express, &[(SkuId::new(), 1)]).await;
        let ship = format!("/console/api/v1/orders/{}/ship", parcel.order);
        scene.operator.post(&ship, json!({})).await.ok();
        let collected = scene.buys(&anna, &[(SkuId::new(), 1)]).await;
        let contested = scene.buys(&anna, &[(SkuId::new(), 1), (SkuId::new(), 1)]).await;
        scene.brings_everything().await;
        let on_the_road = scene.buys(&anna, &[(SkuId::new(), 1)]).await;
        let path = format!("/console/api/v1/orders/{}/ship", on_the_road.order);
        scene.operator.post(&path, json!({})).await.ok();
        let line = scene.lines(contested).await[1].id;
        scene.complains(&anna, contested, line).await;

        app.advance(7 * DAY - 60);
        app.run_due_jobs().await;
        scene.stand(&[parcel, on_the_road], OrderStatus::Shipped).await;
        scene.stand(&[collected, contested], OrderStatus::Arrived).await;
        app.advance(120);
        app.run_due_jobs().await;
        scene.stand(&[parcel, collected], OrderStatus::Received).await;
        scene.stand(&[on_the_road], OrderStatus::Shipped).await;
        scene.stand(&[contested], OrderStatus::Arrived).await;
        let overdue = scene.operator.get("/console/api/v1/orders/overdue").await.ok();
        assert_eq!(overdue["items"][0]["id"], contested.order.to_string());
        scene.withdraws_complaints(line).await;
        app.run_due_jobs().await;
        scene.stand(&[contested], OrderStatus::Received).await;
    }
}

on_both! {
    async fn where_every_code_is_redeemed_time_only_shows_what_is_overdue(app: TestApp) {
        let scene = Scene::with_settings(app, "redemption_required = true").await;
        let anna = app.member("anna").await;
        let collected = scene.buys(&anna, &[(SkuId::new(), 1)]).await;
        scene.brings_everything().await;
        let overdue = async || {
            let console = scene.operator.get("/console/api/v1/orders/overdue?limit=1").await.ok();
            let leader = scene.leader.get("/api/v1/leader/orders?overdue=true").await.ok();
            let ids = |list: &serde_json::Value| -> Vec<String> {
                list["items"].as_array().unwrap().iter().map(|o| o["id"].as_str().unwrap().to_owned()).collect()
            };
            assert_eq!(ids(&console), ids(&leader));
            ids(&console)
        };
        assert!(overdue().await.is_empty());
        app.advance(8 * DAY);
        app.run_due_jobs().await;
        scene.stand(&[collected], OrderStatus::Arrived).await;
        assert_eq!(overdue().await, [collected.order.to_string()]);
        scene.redeems(&scene.leader, &scene.code(&anna, collected).await).await.ok();
        assert!(overdue().await.is_empty());
    }
}

on_both! {
    async fn a_refund_of_what_was_left_receives_the_order(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        let bought = scene.buys(&anna, &[(SkuId::new(), 3), (SkuId::new(), 1)]).await;
        scene.brings_everything().await;
        let (code, lines) = (scene.code(&anna, bought).await, scene.lines(bought).await);
        let one = json!({"code": code, "lines": [{"line_id": lines[0].id, "quantity": 1}]});
        scene.leader.post("/api/v1/leader/redemptions", one).await.ok();
        scene.takes_back(lines[0].id, 2).await;
        scene.takes_back(lines[1].id, 1).await;
        let shop = app.shop();
        let now = app.app.clock.now();
        let moved = app.app.db
            .write(async |tx| receipt::after_refund(tx, &shop, bought.order, "system", (now, now)).await)
            .await
            .unwrap();
        assert_eq!(moved.status, OrderStatus::Received);
        assert_eq!(scene.lines(bought).await[0].received_at, Some(now));
    }
}
