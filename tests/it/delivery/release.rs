//! R-20 … R-30 from payment to available: accrued once, reversed with the money, released once.

use kernel::Fen;
use kernel::id::{LeaderId, SkuId};
use serde_json::{Value, json};
use tuanqiao::areas::commissions::rules::Refunded;
use tuanqiao::areas::ledger;
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::orders::state::{FulfilmentKind, OrderStatus};
use tuanqiao::flows::commission;

use super::scene::Scene;
use crate::app::TestApp;

const WINDOW: i64 = 7 * 86_400;

/// Pending and available, as the books have them.
async fn books(app: &TestApp, leader: LeaderId) -> (i64, i64) {
    let (conn, shop) = (app.app.db.reader(), app.shop().id);
    let pending = ledger::query::pending(conn, shop, AccountKind::LeaderPending, leader.uuid()).await.unwrap();
    let available = ledger::query::balance(conn, shop, AccountKind::LeaderAvailable, leader.uuid()).await.unwrap();
    assert!(ledger::query::verify(conn, shop).await.unwrap().is_clean());
    (pending.fen(), available)
}

on_both! {
    async fn commission_is_pending_until_the_window_ends_and_released_once(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        let bought = scene.buys(&anna, &[(SkuId::new(), 3), (SkuId::new(), 1)]).await;
        assert_eq!(books(app, scene.leader_id).await, (400, 0));
        assert_eq!(books(app, scene.recommender_id).await, (80, 0));
        scene.brings_everything().await;
        scene.redeems(&scene.leader, &scene.code(&anna, bought).await).await.ok();
        app.advance(WINDOW - 60);
        app.run_due_jobs().await;
        assert_eq!(books(app, scene.leader_id).await, (400, 0), "the window is still open");

        app.advance(120);
        let at_once = (0..4).map(|_| commission::release_due(&app.app));
        let settled: u64 =
            futures::future::join_all(at_once).await.into_iter().map(|done| done.unwrap().0).sum();
        assert_eq!(settled, 2, "four workers settle two lines once each");
        app.run_due_jobs().await;
        assert_eq!(books(app, scene.leader_id).await, (0, 400));
        assert_eq!(books(app, scene.recommender_id).await, (0, 80));
        scene.stand(&[bought], OrderStatus::Completed).await;

        let dashboard = scene.leader.get("/api/v1/leader/dashboard").await.ok();
        assert_eq!(dashboard["commission"], json!({"pending_fen": 0, "available_fen": 400, "frozen_fen": 0}));
        assert_eq!((&dashboard["total"]["orders"], &dashboard["total"]["sales_fen"]), (&json!(1), &json!(4000)));
        assert_eq!(dashboard["today"]["orders"], 0, "it was paid a week ago");
    }
}

on_both! {
    async fn a_line_under_a_ticket_waits_and_the_others_do_not(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        let bought = scene.buys(&anna, &[(SkuId::new(), 3), (SkuId::new(), 1)]).await;
        scene.brings_everything().await;
        scene.redeems(&scene.leader, &scene.code(&anna, bought).await).await.ok();
        let line = scene.lines(bought).await[0].id;
        scene.complains(&anna, bought, line).await;
        app.advance(WINDOW + 60);
        app.run_due_jobs().await;
        assert_eq!(books(app, scene.leader_id).await, (300, 100));
        scene.stand(&[bought], OrderStatus::Received).await;
        scene.withdraws_complaints(line).await;
        app.run_due_jobs().await;
        assert_eq!(books(app, scene.leader_id).await, (0, 400));
        scene.stand(&[bought], OrderStatus::Completed).await;
    }
}

on_both! {
    async fn without_a_window_commission_is_released_at_receipt(app: TestApp) {
        let scene = Scene::with_settings(app, "after_sale_window_s = 0").await;
        let anna = app.member("anna").await;
        let bought = scene.buys_by(&anna, FulfilmentKind::Express, &[(SkuId::new(), 1)]).await;
        scene.operator.post(&format!("/console/api/v1/orders/{}/ship", bought.order), json!({})).await.ok();
        anna.post(&format!("/api/v1/orders/{}/confirm-receipt", bought.order), json!({})).await.ok();
        app.run_due_jobs().await;
        assert_eq!(books(app, scene.leader_id).await, (0, 100));
        scene.stand(&[bought], OrderStatus::Completed).await;
    }
}

/// Units of the first line's `of` units are refunded, in all so far.
fn back(units: i64, of: i64) -> Refunded {
    Refunded {
        money: Fen::from_fen(units * 1000),
        money_of: Fen::from_fen(of * 1000),
        units,
        units_of: of,
        shipping: Fen::ZERO,
        shipping_of: Fen::ZERO,
    }
}

on_both! {
    async fn a_refund_takes_its_share_back_counted_from_the_whole(app: TestApp) {
        let scene = Scene::with_settings(app, "leader_rate_bp = 333").await;
        let anna = app.member("anna").await;
        let bought = scene.buys(&anna, &[(SkuId::new(), 3)]).await;
        let line = scene.lines(bought).await.remove(0);
        let mut taken = Vec::new();
        for units in 1..=3 {
            let reversals = app.app.db
                .write(async |tx| commission::reverse(tx, &line, &back(units, 3)).await)
                .await
                .unwrap();
            assert!(reversals.iter().all(|reversal| !reversal.was_released));
            let own = reversals.iter().find(|reversal| reversal.leader == scene.leader_id).unwrap();
            taken.push(own.amount.fen());
        }
        // 99.9 rounds to 100: a third of it is 33.3, two are 66.7, three are all.
        assert_eq!(taken, [33, 34, 33]);
        let again = app.app.db.write(async |tx| commission::reverse(tx, &line, &back(3, 3)).await).await.unwrap();
        assert!(again.is_empty());
        let statement = scene.leader.get("/api/v1/leader/commissions?state=reversed").await.ok();
        let row = &statement["items"][0];
        assert_eq!((&row["amount_fen"], &row["reversed_fen"]), (&json!(100), &json!(100)));
    }
}

on_both! {
    async fn a_released_commission_says_so_when_it_is_reversed(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        let bought = scene.buys(&anna, &[(SkuId::new(), 2)]).await;
        scene.brings_everything().await;
        scene.redeems(&scene.leader, &scene.code(&anna, bought).await).await.ok();
        app.advance(WINDOW + 60);
        app.run_due_jobs().await;
        let line = scene.lines(bought).await.remove(0);
        let reversals =
            app.app.db.write(async |tx| commission::reverse(tx, &line, &back(1, 2)).await).await.unwrap();
        assert_eq!(reversals.len(), 2);
        assert!(reversals.iter().all(|reversal| reversal.was_released));
        let statement = scene.leader.get("/api/v1/leader/commissions").await.ok();
        assert_eq!(statement["items"][0]["state"], "released");
        assert_eq!(statement["items"][0]["reversed_fen"], 100);
    }
}

on_both! {
    async fn a_statement_shows_rule_base_and_rate_to_the_earner_alone(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        for _ in 0..3 {
            scene.buys(&anna, &[(SkuId::new(), 1)]).await;
        }
        let first = scene.leader.get("/api/v1/leader/commissions?limit=2").await.ok();
        let rows = first["items"].as_array().unwrap();
        assert_eq!(rows.len(), 2);
        let told = |row: &Value| (row["rule"].clone(), row["base_fen"].clone(), row["rate_bp"].clone(), row["kind"].clone());
        assert_eq!(told(&rows[0]), (json!("shop"), json!(1000), json!(1000), json!("own")));
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = scene.leader.get(&format!("/api/v1/leader/commissions?limit=2&cursor={cursor}")).await.ok();
        assert_eq!(rest["items"].as_array().unwrap().len(), 1);
        assert!(rest["next_cursor"].is_null());
        let referral = scene.recommender.get("/api/v1/leader/commissions").await.ok();
        assert_eq!(told(&referral["items"][0]), (json!("referral"), json!(1000), json!(200), json!("referral")));
        anna.get("/api/v1/leader/commissions").await.refused(403, "leader.required");
        scene.leader.get("/api/v1/leader/commissions?cursor=nonsense").await.refused(400, "validation.failed");
    }
}

on_both! {
    async fn a_leader_sees_her_paid_orders_with_members_masked(app: TestApp) {
        let scene = Scene::set(app).await;
        let (anna, otto) = (app.member("anna").await, scene.other_leader("otto").await);
        let unpaid = scene.orders_by(&anna, FulfilmentKind::Pickup, &[(SkuId::new(), 1)]).await;
        let bought = scene.buys(&anna, &[(SkuId::new(), 2)]).await;
        let list = scene.leader.get("/api/v1/leader/orders").await.ok();
        let ids: Vec<_> = list["items"].as_array().unwrap().iter().map(|order| order["id"].clone()).collect();
        assert_eq!(ids, [json!(bought.order)]);
        assert_eq!(list["items"][0]["member"]["nickname"], "微***");
        assert_eq!((&list["items"][0]["paid_fen"], &list["items"][0]["lines"][0]["remaining"]), (&json!(2000), &json!(2)));
        assert!(!list.to_string().contains(anna.id()), "a member's id is not the leader's business");
        let waiting = scene.leader.get("/api/v1/leader/orders?status=pending_payment").await.ok();
        assert_eq!(waiting["items"][0]["id"], json!(unpaid.order));
        assert_eq!(otto.get("/api/v1/leader/orders").await.ok()["items"], json!([]));
    }
}
