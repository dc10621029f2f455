//! Refunds at their edges: who may give back, lines that never came, trouble that lasts, and money that does
//! not reach.

use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;

use crate::shop_floor::{Floor, id, line_of};

on_both! {
    async fn an_operator_without_the_permission_gives_nothing_back(app: TestApp) {
        use tuanqiao::areas::operators::role::Role;
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let order = floor.buys(&app.member("anna").await, &[(&apples, 1)]).await;
        let password = crate::app::PASSWORD;
        let made = tuanqiao::flows::operators::create(&app.app, app.shop().id, None, "helper", password.to_owned(), Role::Support);
        made.await.unwrap();
        let helper = app.anybody().signs_in_to_console("helper", password).await;
        let path = format!("/console/api/v1/orders/{}/refunds", id(&order));
        helper.post_new(&path, json!({"all": true, "reason": "x"})).await.refused(403, "auth.forbidden");
        helper.post(&format!("{path}/preview"), json!({"all": true, "reason": "x"})).await.refused(403, "auth.forbidden");
        helper.get(&format!("/console/api/v1/orders/{}", id(&order))).await.ok();
        app.anybody().get("/console/api/v1/orders").await.refused(401, "auth.required");
        let found = floor.keeper.get(&format!("/console/api/v1/orders?q={}&status=paid", id(&order))).await.ok();
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
        let leaders = floor.keeper.get(&format!("/console/api/v1/orders?leader={}", floor.leader_id)).await.ok();
        assert_eq!(leaders["items"][0]["id"], order["id"]);
        assert_eq!(floor.keeper.get("/console/api/v1/orders?status=closed").await.ok()["items"], json!([]));
    }
}

on_both! {
    async fn an_order_moves_on_without_the_line_that_was_never_sent(app: TestApp) {
        let floor = Floor::open(app).await;
        let (apples, pears) = (floor.goods(1000, 10).await, floor.goods(500, 10).await);
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 1), (&pears, 2)]).await;
        let line = |sku: &str| {
            let lines = order["lines"].as_array().unwrap();
            lines.iter().find(|line| line["sku_id"] == sku).unwrap()["id"].clone()
        };
        let path = format!("/console/api/v1/orders/{}", id(&order));
        let sent = json!({"lines": [{"line_id": line(&apples.sku)}]});
        assert_eq!(floor.keeper.post_new(&format!("{path}/ship"), sent).await.ok()["status"], "paid");
        floor.refunds(&order, json!({"lines": [{"line_id": line(&pears.sku), "quantity": 1}]})).await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "paid", "one pear is still to be sent");
        floor.refunds(&order, json!({"lines": [{"line_id": line(&pears.sku), "quantity": 1}]})).await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "shipped");
        floor.refunds_arrive().await;
        floor.keeper.post_new(&format!("{path}/arrive"), json!({})).await.ok();
        let code = anna.get(&format!("/api/v1/orders/{}/pickup-code", id(&order))).await.ok()["code"].clone();
        floor.leader.post_new("/api/v1/leader/redemptions", json!({"code": code})).await.ok();
        assert_eq!(floor.seen(&anna, &order).await["status"], "received");
        app.advance(8 * 24 * 3600);
        app.run_due_jobs().await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "completed");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_short_line_that_is_refunded_holds_nothing_up_and_is_not_on_sale_again(app: TestApp) {
        let floor = Floor::open(app).await;
        let (apples, pears) = (floor.goods(1000, 10).await, floor.goods(500, 10).await);
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 1), (&pears, 2)]).await;
        let lines = order["lines"].as_array().unwrap();
        let missing = lines.iter().find(|line| line["sku_id"] == pears.sku.as_str()).unwrap()["id"].clone();
        let body = json!({"leader_id": floor.leader_id, "until": app.app.clock.now()});
        let list = floor.keeper.post_new("/console/api/v1/delivery-lists", body).await.ok();
        floor.keeper.post(&format!("/console/api/v1/delivery-lists/{}/depart", id(&list)), json!({})).await.ok();
        let short = json!({"lines": [{"line_id": missing, "short": 2}]});
        floor.leader.post(&format!("/api/v1/leader/deliveries/{}/receive", id(&list)), short).await.ok();
        assert_eq!(floor.seen(&anna, &order).await["status"], "shipped");
        floor.refunds(&order, json!({"lines": [{"line_id": missing, "quantity": 2}]})).await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "arrived");
        assert_eq!(floor.left(&pears).await, 8, "what was missing on arrival is on nobody's shelf");
        floor.refunds_arrive().await;
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_refund_is_never_given_up_by_itself_and_says_why_it_waits(app: TestApp) {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
        use tuanqiao::platform::entity::effect;
        use tuanqiao::platform::outbox::EffectState;
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 1)]).await;
        let refund = floor.refunds(&order, json!({"all": true})).await;
        let empty = json!({
            "path_prefix": "/v3/refund/domestic/refunds", "method": "POST", "status": 403, "times": 3,
            "body": {"code": "NOT_ENOUGH", "message": "基本账户余额不足"},
        });
        app.wechat().add_fault(serde_json::from_value(empty).unwrap());
        let conn = app.app.db.maintenance();
        for attempts in [0, 11, 500] {
            effect::Entity::update_many()
                .col_expr(effect::Column::Attempts, Expr::value(attempts))
                .col_expr(effect::Column::RunAt, Expr::value(app.app.clock.wall()))
                .filter(effect::Column::Kind.eq("refund"))
                .exec(conn)
                .await
                .unwrap();
            app.run_due_jobs().await;
            let row = effect::Entity::find().filter(effect::Column::Kind.eq("refund")).one(conn).await.unwrap().unwrap();
            assert_eq!(row.state, EffectState::Ready, "after {attempts} attempts");
            assert!(row.run_at <= app.app.clock.wall() + chrono::Duration::hours(1));
            let shown = floor.console(&order).await["refunds"][0].clone();
            assert_eq!((&shown["id"], &shown["state"]), (&refund["id"], &json!("pending")));
            assert!(shown["fail_reason"].as_str().unwrap().contains("余额不足"), "{shown}");
        }
        effect::Entity::update_many()
            .col_expr(effect::Column::RunAt, Expr::value(app.app.clock.wall()))
            .exec(conn)
            .await
            .unwrap();
        floor.refunds_arrive().await;
        let shown = floor.console(&order).await["refunds"][0].clone();
        assert_eq!((&shown["state"], &shown["fail_reason"]), (&json!("succeeded"), &Value::Null));
        assert_eq!(app.wechat().refunds().len(), 1, "one number for ever");
        floor.adds_up().await;
    }
}

on_both! {
    async fn commissions_above_the_money_of_a_line_are_a_loss_and_not_silent(app: TestApp) {
        let floor = Floor::open(app).await;
        let sponsored = json!({"commission": {"fixed_fen": 1_000}});
        let apples = floor.goods_with(1_000, json!(10), sponsored).await;
        let anna = app.member("anna").await;
        let whole = floor.buys(&anna, &[(&apples, 1)]).await;
        assert_eq!((floor.account(AccountKind::LeaderPending).await, floor.account(AccountKind::Revenue).await), (-1_000, 0));
        assert_eq!(floor.account(AccountKind::Loss).await, 0, "all of it is not yet more than it");
        floor.refunds(&whole, json!({"all": true})).await;

        // The leader was recommended: two per cent more are on top.
        let rosa = app.leader_with("rosa", 0).await;
        floor.settings(json!({"referral_rates_bp": [200]})).await;
        app.run_due_jobs().await;
        let recommended = json!({"recommender_id": rosa.id});
        floor.keeper.patch(&format!("/console/api/v1/leaders/{}", floor.leader_id), recommended).await.ok();
        let order = floor.buys(&anna, &[(&apples, 3)]).await;
        assert_eq!(floor.account(AccountKind::Loss).await, 60);
        assert_eq!(floor.account(AccountKind::Revenue).await, 0, "the shop's own sales are not touched");
        let explained = floor.keeper.get(&format!("/console/api/v1/explain/{}", id(&order))).await.ok();
        assert_eq!((&explained["kind"], &explained["amount_fen"]), (&json!("order"), &json!(3_000)));
        let payment = floor.number_of(&order).await;
        let explained = floor.keeper.get(&format!("/console/api/v1/explain/{payment}")).await.ok();
        assert_eq!((&explained["kind"], &explained["parts"][0]["source"]), (&json!("payment"), &order["id"]));
        let earned = floor.leader.get("/api/v1/leader/commissions").await.ok()["items"][0]["id"].clone();
        let explained = floor.keeper.get(&format!("/console/api/v1/explain/{}", earned.as_str().unwrap())).await.ok();
        assert_eq!(explained["parts"][0]["fixed_fen"], 1_000);
        assert_eq!(explained["parts"][0]["multiplier_bp"], 10_000);
        for _ in 0..3 {
            floor.refunds(&order, json!({"lines": [{"line_id": line_of(&order), "quantity": 1}]})).await;
        }
        for account in [AccountKind::Loss, AccountKind::Revenue, AccountKind::LeaderPending] {
            assert_eq!(floor.account(account).await, 0, "{account:?} after everything went back");
        }
        floor.refunds_arrive().await;
        floor.adds_up().await;
    }
}

on_both! {
    async fn presold_goods_that_settle_too_late_are_not_flagged_for_sharing(app: TestApp) {
        use sea_orm::EntityTrait;
        use tuanqiao::areas::orders::entity::order as orders;
        app.shop_says("[payout]\nmode = \"profit_sharing\"\n").await;
        let floor = Floor::open(app).await;
        let soon = floor.goods_with(1_000, json!(5), json!({"pickup_days": 3})).await;
        let late = floor.goods_with(1_000, json!(5), json!({"pickup_days": 19})).await;
        let anna = app.member("anna").await;
        for (wares, flagged) in [(vec![(&soon, 1)], true), (vec![(&late, 1)], false), (vec![(&soon, 1), (&late, 1)], false)] {
            let order = floor.orders(&anna, &wares).await;
            let row = orders::Entity::find_by_id(crate::shop_floor::order_id(&order)).one(app.app.db.reader());
            assert_eq!(row.await.unwrap().unwrap().profit_sharing, flagged, "{wares:?}");
        }
    }
}
