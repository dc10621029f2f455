//! What a merchant got by sharing comes back before the buyer is refunded, or is owed.

use kernel::id::OrderId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tuanqiao::areas::bills::state::BillKind;
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::orders::state::OrderStatus;
use tuanqiao::areas::payouts::entity::sharing_return;
use tuanqiao::areas::payouts::state::{ReturnState, SharingState};

use crate::app::TestApp;
use crate::funds::Leader;
use crate::sharing_scene::SHARES;
use crate::shopper::Client;

const COMPANY: &str = "1900000109";

/// An order of 10,000 of which a leader's company received 900 by sharing.
struct Scene<'a> {
    app: &'a TestApp,
    keeper: Client,
    buyer: Client,
    anna: Leader,
    order: OrderId,
}

impl<'a> Scene<'a> {
    async fn set(app: &'a TestApp) -> Self {
        let scene = Self::shares(app).await;
        app.payouts_go_on().await;
        assert_eq!(app.wechat().purse(COMPANY).shared_in, 900);
        scene
    }

    /// The share is with WeChat, and nobody has asked yet what became of it.
    async fn shares(app: &'a TestApp) -> Self {
        app.shop_says(SHARES).await;
        let (keeper, buyer) = (app.operator().await, app.member("buyer").await);
        let anna = app.leader_with("anna", 900).await;
        let company = json!({"type": "MERCHANT_ID", "account": COMPANY, "name": "安娜商贸"});
        keeper.put(&format!("/console/api/v1/leaders/{}/sharing-receiver", anna.id), company).await.ok();
        let order = app.shared_order(&buyer, OrderStatus::Received, 10_000, &[(anna.id, 900)]).await;
        app.time_passes(70);
        let scene = Self { app, keeper, buyer, anna, order };
        scene.keeper.post(&scene.path("share"), json!({"reason": "结清"})).await.ok();
        app.run_due_jobs().await;
        scene
    }

    fn path(&self, what: &str) -> String {
        format!("/console/api/v1/orders/{}/{what}", self.order)
    }

    async fn refunds(&self, body: Value) {
        self.keeper.post_new(&self.path("refunds"), body).await.ok();
    }

    /// Lets returns, refunds and the unfreeze go on until nothing waits for another.
    async fn goes_on(&self) {
        for _ in 0..4 {
            let wall = self.app.app.clock.wall();
            sharing_return::Entity::update_many()
                .col_expr(sharing_return::Column::NextQueryAt, Expr::value(wall))
                .filter(sharing_return::Column::NextQueryAt.is_not_null())
                .exec(self.app.app.db.maintenance())
                .await
                .unwrap();
            self.app.refunds_go_on().await;
        }
    }

    async fn returns(&self) -> Vec<(i64, i64, ReturnState)> {
        let rows = sharing_return::Entity::find().order_by_asc(sharing_return::Column::Id);
        let rows = rows.all(self.app.app.db.reader()).await.unwrap();
        rows.iter().map(|row| (row.amount_fen.fen(), row.netted_fen.fen(), row.state)).collect()
    }

    async fn numbers(&self) -> Vec<String> {
        let rows = sharing_return::Entity::find().all(self.app.app.db.reader()).await.unwrap();
        rows.iter().map(|row| row.id.to_string()).collect()
    }

    async fn books_are_right(&self) {
        let shop = self.app.shop();
        let report = tuanqiao::flows::verify_books::verify(&self.app.app, &shop).await.unwrap();
        // The scene's order and its leader's money were put there by hand, without their journals.
        let of_returns = |fault: &&tuanqiao::areas::reports::books::Fault| {
            fault.what.contains("came back") || fault.what.contains("party owes") || fault.what.contains("asked back")
        };
        assert_eq!(report.faults.iter().filter(of_returns).count(), 0, "{report:?}");
        self.app.books_are_clean().await;
    }
}

on_both! {
    async fn a_merchant_gives_back_its_part_before_the_buyer_is_refunded(app: TestApp) {
        let scene = Scene::set(app).await;
        let part = json!({"lines": [{"line_id": app.line_of(scene.order).await, "amount_fen": 5_000}], "reason": "坏果"});
        let preview = scene.keeper.post(&scene.path("refunds/preview"), part.clone()).await.ok();
        let party = &preview["parties"][0];
        assert_eq!((&party["returned_fen"], &party["lost_fen"], &preview["shortfall_fen"]), (&json!(450), &json!(0), &json!(0)));
        scene.refunds(part).await;
        assert_eq!(scene.returns().await, [(450, 0, ReturnState::Created)]);
        let shown = scene.keeper.get("/console/api/v1/refunds").await.ok()["items"][0]["returns"][0].clone();
        assert_eq!((&shown["party_kind"], &shown["party_id"]), (&json!("leader"), &json!(scene.anna.id)));
        assert_eq!(shown["leader_id"], shown["party_id"]);
        assert_eq!(app.account(AccountKind::PartyReceivable).await, 450);

        scene.goes_on().await;
        assert_eq!(scene.returns().await, [(450, 0, ReturnState::Succeeded)]);
        assert_eq!(app.account(AccountKind::PartyReceivable).await, 0);
        assert_eq!(app.account(AccountKind::Loss).await, 0);
        let purse = app.wechat().purse(&app.keys().merchant.mchid);
        assert_eq!((purse.refunded, purse.shared_out), (5_000, 450));
        assert_eq!(app.wechat().purse(COMPANY).shared_in, 450);
        scene.books_are_right().await;

        // The sharing bill of the day tells of the share and of what came back of it.
        let day = kernel::clock::beijing_day(app.app.clock.now());
        app.time_passes(2 * 86_400);
        let told = async || app.reconciles(day).await.into_iter().find(|run| run.kind == BillKind::Sharing).unwrap();
        let run = told().await;
        assert_eq!((run.lines, run.matched, run.cases), (2, 2, 0), "{run:?}");
        let number = scene.numbers().await.remove(0);
        app.wechat().plant_in_bills(sandbox::BillPlant::Drop { number });
        assert_eq!(told().await.cases, 1);
        let missing = async || {
            let open = scene.keeper.get("/console/api/v1/bill-cases?state=open").await.ok();
            open["items"].as_array().unwrap().iter().filter(|case| case["subject"] == "return").count()
        };
        assert_eq!(missing().await, 1);
        app.wechat().clear_bill_plants();
        told().await;
        assert_eq!(missing().await, 0);

        // The rest of it, and no fen more than it got.
        scene.refunds(json!({"all": true, "restock": false, "reason": "坏"})).await;
        scene.goes_on().await;
        assert_eq!(scene.returns().await[1], (450, 0, ReturnState::Succeeded));
        let purse = app.wechat().purse(&app.keys().merchant.mchid);
        assert_eq!((purse.refunded, purse.shared_out, app.wechat().purse(COMPANY).shared_in), (10_000, 0, 0));
        scene.books_are_right().await;
    }
}

on_both! {
    async fn a_merchant_that_keeps_its_part_owes_it_and_the_buyer_is_refunded_all_the_same(app: TestApp) {
        let scene = Scene::set(app).await;
        app.wechat().agrees_to_returns(COMPANY, false);
        // What another order left on the shop's account covers it.
        app.shared_order(&scene.buyer, OrderStatus::Closed, 3_000, &[]).await;
        scene.refunds(json!({"all": true, "restock": false, "reason": "坏"})).await;
        app.time_passes(70);
        app.sharing_comes_to_rest().await;
        scene.goes_on().await;
        assert_eq!(scene.returns().await, [(900, 0, ReturnState::Failed)]);
        assert_eq!(app.account(AccountKind::PartyReceivable).await, 900);
        let purse = app.wechat().purse(&app.keys().merchant.mchid);
        assert_eq!((purse.refunded, purse.shared_out), (10_000, 900));
        scene.books_are_right().await;
        assert_eq!(app.funds(scene.anna.id).await, (0, 0));
    }
}

on_both! {
    async fn a_lost_answer_to_a_return_is_asked_about_under_the_same_number(app: TestApp) {
        let scene = Scene::set(app).await;
        for after_effect in [true, false] {
            let fault = json!({
                "path_prefix": "/v3/profitsharing/return-orders", "method": "POST", "status": 500, "after_effect": after_effect,
            });
            app.wechat().add_fault(serde_json::from_value(fault).unwrap());
            let part = json!({"lines": [{"line_id": app.line_of(scene.order).await, "amount_fen": 1_000}], "reason": "坏果"});
            scene.refunds(part).await;
            scene.goes_on().await;
        }
        assert_eq!(scene.returns().await, [(90, 0, ReturnState::Succeeded), (90, 0, ReturnState::Succeeded)]);
        assert_eq!(app.wechat().purse(COMPANY).shared_in, 900 - 180);
        assert_eq!(app.account(AccountKind::PartyReceivable).await, 0);
        scene.books_are_right().await;
    }
}

on_both! {
    async fn a_share_that_is_under_way_is_asked_after_before_a_refund_is_decided(app: TestApp) {
        let scene = Scene::shares(app).await;
        let state = |(_, state, _): &(_, SharingState, _)| *state;
        assert_eq!(app.shared(scene.order).await.iter().map(state).collect::<Vec<_>>(), [SharingState::Processing]);
        let part = json!({"lines": [{"line_id": app.line_of(scene.order).await, "amount_fen": 5_000}], "reason": "坏果"});
        app.wechat().add_fault(serde_json::from_value(json!({
            "path_prefix": "/v3/profitsharing/orders/", "method": "GET", "status": 500, "times": 2,
        })).unwrap());
        let preview = scene.keeper.post(&scene.path("refunds/preview"), part.clone()).await.ok();
        assert_eq!(preview["parties"][0]["returned_fen"], 0, "WeChat cannot be asked, and that is no obstacle");
        app.wechat().clear_faults();
        let preview = scene.keeper.post(&scene.path("refunds/preview"), part.clone()).await.ok();
        assert_eq!(preview["parties"][0]["returned_fen"], 450);
        scene.refunds(part).await;
        assert_eq!(scene.returns().await, [(450, 0, ReturnState::Created)]);
        scene.goes_on().await;
        assert_eq!(scene.returns().await, [(450, 0, ReturnState::Succeeded)]);
        assert_eq!(app.wechat().purse(COMPANY).shared_in, 450);
        scene.books_are_right().await;
    }
}
