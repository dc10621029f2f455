//! What follows a combined payment: every order under its own merchant.

use sandbox::NoticeKind;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::bills::state::{BillKind, RunState};
use tuanqiao::areas::complaints::entity::complaint;
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::orders::entity::order;
use tuanqiao::areas::payouts::state::{PartResult, SharingKind, SharingState};

use super::{MILL, Market, ORCHARD, order_of, path, states};
use crate::app::TestApp;
use crate::shop_floor::order_id;

const DAY: i64 = 86_400;

on_both! {
    async fn refunds_and_shares_of_a_combined_payment_are_each_merchants_own(app: TestApp) {
        let market = Market::open(app).await;
        let (stage, anna) = (&market.stage, app.member("anna").await);
        let receiver = format!("/console/api/v1/leaders/{}/sharing-receiver", stage.leader_id);
        stage.operator.put(&receiver, json!({"type": "PERSONAL_OPENID"})).await.ok();
        let checkout = market.places(&anna).await;
        app.pays_together(&anna, &checkout).await;
        let oranges = order_of(&checkout, 4_000);
        let line = oranges["lines"][0]["id"].clone();
        let refunds = format!("/console/api/v1/orders/{}/refunds", oranges["id"].as_str().unwrap());
        let part = json!({"lines": [{"line_id": line, "amount_fen": 1_000}], "reason": "坏"});
        stage.operator.post_new(&refunds, part).await.ok();
        app.refunds_go_on().await;
        let refund = app.wechat().refunds().remove(0);
        app.hears_of(refund["out_refund_no"].as_str().unwrap()).await;
        assert_eq!(app.wechat().purse(ORCHARD).refunded, 1_000);
        assert_eq!(app.lies_with(Some(market.orchard)).await, 3_000);
        assert_eq!(anna.order(&oranges).await["refunded_fen"], 1_000);

        stage.delivers(app).await;
        for order in checkout["orders"].as_array().unwrap() {
            stage.hands_over(&anna, order).await;
        }
        app.time_passes(8 * DAY);
        app.run_due_jobs().await;
        app.sharing_comes_to_rest().await;
        let unfrozen = (SharingKind::Unfreeze, SharingState::Finished, Vec::new());
        // The leader's tenth of what was kept, and the shop's fee of five per cent out of the suppliers' money.
        for (fen, parts) in [(4_000, vec![300, 150]), (1_000, vec![100]), (501, vec![50, 25])] {
            let parts = parts.into_iter().map(|part| (part, PartResult::Succeeded)).collect();
            let shared = (SharingKind::Share, SharingState::Finished, parts);
            assert_eq!(app.shared(order_id(&order_of(&checkout, fen))).await, [shared, unfrozen.clone()], "of {fen}");
        }
        assert_eq!(app.wechat().purse(ORCHARD).shared_out, 450);
        assert_eq!(app.wechat().purse(&market.accounts.sub.mchid).shared_in, 175);
        assert_eq!((app.lies_with(Some(market.orchard)).await, app.collected_by(Some(market.orchard)).await), (0, 2_550));
        assert_eq!(app.wechat().user_purse(&app.wechat().openid(&market.accounts.sub.appid, "leo")).shared, 450);
        app.each_merchants_money_is_booked(&market).await;

        let rice = order_of(&checkout, 501);
        let refunds = format!("/console/api/v1/orders/{}/refunds", rice["id"].as_str().unwrap());
        let part = json!({"lines": [{"line_id": rice["lines"][0]["id"], "amount_fen": 100}], "reason": "受潮"});
        stage.operator.post_new(&refunds, part).await.ok();
        app.returns_go_on().await;
        for refund in app.wechat().refunds() {
            app.hears_of(refund["out_refund_no"].as_str().unwrap()).await;
        }
        // The mill's money paid it all: the shop gives back what is not the mill's to bear, out of its share.
        assert_eq!((app.lies_with(Some(market.mill)).await, app.collected_by(Some(market.mill)).await), (0, 341));
        assert_eq!(app.wechat().purse(&market.accounts.sub.mchid).shared_in, 175 - 15);
        assert_eq!(app.account(AccountKind::SupplierAvailable).await, 0, "and owes it nothing");
        app.rows_and_books_agree(&market).await;
    }
}

/// A cart of every merchant's goods is received, settled and shared.
async fn settled(app: &TestApp) -> (Market, Value) {
    let market = Market::open(app).await;
    let (stage, anna) = (&market.stage, app.member("anna").await);
    let receiver = format!("/console/api/v1/leaders/{}/sharing-receiver", stage.leader_id);
    stage.operator.put(&receiver, json!({"type": "PERSONAL_OPENID"})).await.ok();
    let checkout = market.places(&anna).await;
    app.pays_together(&anna, &checkout).await;
    stage.delivers(app).await;
    for order in checkout["orders"].as_array().unwrap() {
        stage.hands_over(&anna, order).await;
    }
    app.time_passes(8 * DAY);
    app.run_due_jobs().await;
    app.sharing_comes_to_rest().await;
    (market, checkout)
}

impl TestApp {
    /// An operator gives all of an order back, and everything that follows from it happens.
    async fn gives_all_back(&self, market: &Market, order: &Value) {
        let refunds = format!("/console/api/v1/orders/{}/refunds", order["id"].as_str().unwrap());
        let all = json!({"all": true, "restock": false, "reason": "受潮"});
        market.stage.operator.post_new(&refunds, all).await.ok();
        self.returns_go_on().await;
        for refund in self.wechat().refunds() {
            self.hears_of(refund["out_refund_no"].as_str().unwrap()).await;
        }
    }

    async fn rows_and_books_agree(&self, market: &Market) {
        let report = tuanqiao::flows::verify_books::verify(&self.app, &self.shop()).await.unwrap();
        assert_eq!(report.found(), 0, "{report:?}");
        self.each_merchants_money_is_booked(market).await;
    }
}

on_both! {
    async fn what_a_late_refund_takes_from_a_supplier_beyond_its_part_is_given_back_or_owed(app: TestApp) {
        let (market, checkout) = settled(app).await;
        // The leader has his 50 and keeps them, the shop its 25: WeChat takes all of 501 from the mill.
        app.wechat().pays_in(MILL, 75);
        app.gives_all_back(&market, &order_of(&checkout, 501)).await;
        assert_eq!(app.wechat().purse(MILL).refunded, 501);
        assert_eq!(app.wechat().purse(&market.accounts.sub.mchid).shared_in, 225 - 25, "the shop's share is back");
        assert_eq!((app.lies_with(Some(market.mill)).await, app.collected_by(Some(market.mill)).await), (0, -50));
        assert_eq!(app.account(AccountKind::Loss).await, 50, "the platform bears the leader's");
        app.rows_and_books_agree(&market).await;

        let path = format!("/console/api/v1/suppliers/{}/statements", market.mill);
        let statement = market.stage.operator.post_new(&path, json!({})).await.ok();
        assert_eq!((&statement["closing_fen"], &statement["due_fen"]), (&json!(50), &json!(50)));
        let path = format!("/console/api/v1/supplier-statements/{}", statement["id"].as_str().unwrap());
        let lines = market.stage.operator.get(&path).await.ok()["lines"].clone();
        let advanced = lines.as_array().unwrap().iter().filter(|line| line["kind"] == "advanced");
        assert_eq!(advanced.map(|line| &line["amount_fen"]).collect::<Vec<_>>(), [&json!(50)]);
        app.rows_and_books_agree(&market).await;
    }
}

on_both! {
    async fn what_the_shop_does_not_give_back_it_owes(app: TestApp) {
        let (market, checkout) = settled(app).await;
        app.wechat().agrees_to_returns(&market.accounts.sub.mchid, false);
        app.wechat().pays_in(MILL, 75);
        app.gives_all_back(&market, &order_of(&checkout, 501)).await;
        let shop = app.wechat().purse(&market.accounts.sub.mchid);
        assert_eq!((app.wechat().purse(MILL).refunded, shop.shared_in), (501, 225));
        assert_eq!((app.lies_with(Some(market.mill)).await, app.collected_by(Some(market.mill)).await), (0, -75));
        assert_eq!(app.account(AccountKind::SupplierAvailable).await, -75);
        assert_eq!(app.account(AccountKind::PartyReceivable).await, 0, "the shop owes nothing to itself");
        app.rows_and_books_agree(&market).await;
    }
}

on_both! {
    async fn a_supplier_is_not_paid_an_old_claim_out_of_money_it_collected_itself(app: TestApp) {
        let market = Market::open(app).await;
        let (stage, anna) = (&market.stage, app.member("anna").await);
        let receiver = format!("/console/api/v1/leaders/{}/sharing-receiver", stage.leader_id);
        stage.operator.put(&receiver, json!({"type": "PERSONAL_OPENID"})).await.ok();
        let mill = format!("/console/api/v1/suppliers/{}", market.mill);
        let sells = async || {
            let order = stage.orders(&anna, &market.skus[2], 1).await;
            app.pays(&anna, &order).await;
            stage.delivers(app).await;
            stage.hands_over(&anna, &order).await;
            app.time_passes(8 * DAY);
            app.run_due_jobs().await;
            app.sharing_comes_to_rest().await;
            order
        };
        stage.operator.patch(&mill, json!({"sub_mchid": null})).await.ok();
        sells().await;
        assert_eq!(app.account(AccountKind::SupplierAvailable).await, -426, "the shop's merchant was paid, and owes it");
        let company = json!({"type": "MERCHANT_ID", "account": "1900000109", "name": "东山米厂有限公司"});
        stage.operator.put(&format!("{mill}/sharing-receiver"), company).await.ok();
        stage.operator.patch(&mill, json!({"sub_mchid": MILL, "payout": "sharing"})).await.ok();
        let order = sells().await;
        let parts = [50, 25].map(|part| (part, PartResult::Succeeded)).to_vec();
        let shared = (SharingKind::Share, SharingState::Finished, parts);
        assert_eq!(app.shared(order_id(&order)).await, [shared, (SharingKind::Unfreeze, SharingState::Finished, Vec::new())]);
        assert_eq!(app.account(AccountKind::SupplierAvailable).await, -426, "it is owed as before");
        assert_eq!(app.wechat().purse("1900000109").shared_in, 0);
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn money_that_comes_after_the_close_goes_back_order_by_order(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        let number = app.prepays_together(&anna, &checkout).await;
        // An attempt that was believed to be closed, and can be paid all the same.
        use sea_orm::{EntityTrait, sea_query::Expr};
        use tuanqiao::areas::payments::entity::payment;
        use tuanqiao::areas::payments::state::PaymentState;
        let believed = payment::Entity::update_many().col_expr(payment::Column::State, Expr::value(PaymentState::Closed));
        believed.exec(app.app.db.maintenance()).await.unwrap();
        let cancel = format!("/api/v1/orders/{}/cancel", order_of(&checkout, 1_000)["id"].as_str().unwrap());
        anna.post_new(&cancel, json!({})).await.ok();
        app.wechat().pays_quietly(number.as_str()).unwrap();
        app.hears_of(&number).await;
        assert_eq!(states(&anna, &checkout).await, ["closed"; 3]);
        app.refunds_go_on().await;
        for refund in app.wechat().refunds() {
            app.hears_of(refund["out_refund_no"].as_str().unwrap()).await;
        }
        assert_eq!(app.wechat().purse(ORCHARD).refunded, 4_000);
        assert_eq!((app.lies_with(None).await, app.lies_with(Some(market.orchard)).await), (0, 0));
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn one_supplier_alone_is_paid_in_the_ordinary_way_to_its_own_merchant(app: TestApp) {
        let market = Market::open(app).await;
        let (stage, anna) = (&market.stage, app.member("anna").await);
        let order = stage.orders(&anna, &market.skus[1], 1).await;
        assert!(order["checkout_id"].is_null());
        let number = app.prepays(&anna, &order).await;
        app.wechat().pays_quietly(number.as_str()).unwrap();
        let other = app.wechat().make_notice(&number, NoticeKind::OtherSubMerchant).unwrap();
        assert!(!app.wechat().post_notice(other).await.accepted());
        app.hears_of(&number).await;
        assert_eq!(anna.order(&order).await["status"], "paid");
        assert_eq!(app.wechat().purse(ORCHARD).paid, 2_000);

        let one = anna.post_new("/api/v1/checkouts", stage.basket(&market.skus[2], 2)).await.ok();
        assert_eq!(one["orders"].as_array().unwrap().len(), 1);
        let sheet = anna.post(&format!("{}/payment", path(&one)), json!({})).await.ok();
        let ticket = sheet["package"].as_str().unwrap();
        let placed = app.wechat().orders().remove(0);
        assert_eq!((placed.combined, placed.seller.as_str()), (None, MILL), "no combination of one");
        app.wechat().pays_quietly(ticket).unwrap();
        app.hears_of(&placed.out_trade_no).await;
        let cancel = format!("/api/v1/orders/{}/cancel", one["orders"][0]["id"].as_str().unwrap());
        anna.post_new(&cancel, json!({})).await.ok();
        app.refunds_go_on().await;
        app.hears_of(app.wechat().refunds()[0]["out_refund_no"].as_str().unwrap()).await;
        assert_eq!(app.wechat().purse(MILL).refunded, 1_002);
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn each_order_is_told_as_shipped_within_the_whole(setup: Setup) {
        let app = &TestApp::beside(setup, |_| {}, |sandbox| sandbox.trade_managed = true).await;
        let market = Market::open(app).await;
        let (stage, anna) = (&market.stage, app.member("anna").await);
        let checkout = market.places(&anna).await;
        let number = app.pays_together(&anna, &checkout).await;
        stage.delivers(app).await;
        for _ in 0..6 {
            app.patience_ends().await;
        }
        let told = app.wechat().shipments();
        assert_eq!(told.iter().filter(|shipment| shipment.finished && shipment.logistics_type == 4).count(), 3, "{told:?}");
        // The buyer confirms at WeChat, order by order, each under the merchant that has its money.
        let sellers = [(1_000, market.accounts.sub.mchid.as_str()), (4_000, ORCHARD), (501, MILL)];
        for (fen, seller) in sellers {
            let confirm = format!("/api/v1/orders/{}/confirm-receipt", order_of(&checkout, fen)["id"].as_str().unwrap());
            let refused = anna.post(&confirm, json!({})).await.refused(409, "order.receipt_not_confirmed");
            assert_eq!(refused["extra"]["merchant_id"], seller, "of {fen}");
        }
        let log = app.wechat().request_log();
        let calls = |end: &str| log.iter().filter(|call| call.path.ends_with(end)).count();
        assert_eq!((calls("/upload_combined_shipping_info"), calls("/upload_shipping_info")), (3, 0), "{number}");
    }
}

on_both! {
    async fn the_bills_of_every_merchant_are_reconciled(setup: Setup) {
        let app = &crate::bills::at_noon(setup).await;
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        app.pays_together(&anna, &checkout).await;
        let day = app.today();
        app.time_passes(23 * 3_600);
        let runs = app.reconciles(day).await;
        let trade = crate::bills::run_of(&runs, BillKind::Trade);
        assert_eq!((trade.state, trade.lines, trade.matched, trade.cases), (RunState::Done, 3, 3, 0));
        let purse = app.wechat().purse(ORCHARD);
        assert!(purse.fees > 0);
        assert_eq!(app.lies_with(Some(market.orchard)).await, purse.available + purse.frozen, "less its fee");
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_checkout_of_which_a_part_was_paid_ends_with_that_part_given_back(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        let number = app.prepays_together(&anna, &checkout).await;
        let placed = app.wechat().orders().into_iter().find(|order| order.total == 4_000).unwrap();
        app.wechat().pays_one_alone(&placed.mchid, &placed.out_trade_no).unwrap();
        app.hears_of(&number).await;
        let count = async |status: &str| states(&anna, &checkout).await.iter().filter(|state| *state == status).count();
        assert_eq!((count("paid").await, count("pending_payment").await), (1, 2));
        let left = order_of(&checkout, 501);
        let cancel = format!("/api/v1/orders/{}/cancel", left["id"].as_str().unwrap());
        anna.post_new(&cancel, json!({})).await.refused(503, "payment.unavailable");
        assert_eq!(count("pending_payment").await, 2, "WeChat may say more until the time is over for long");

        app.time_passes(27 * 60);
        app.run_due_jobs().await;
        app.refunds_go_on().await;
        for refund in app.wechat().refunds() {
            app.hears_of(refund["out_refund_no"].as_str().unwrap()).await;
        }
        assert_eq!(states(&anna, &checkout).await, ["closed"; 3]);
        assert_eq!((market.free(app).await, app.wechat().purse(ORCHARD).refunded), ([10, 10, 10], 4_000));
        use sea_orm::EntityTrait;
        let refunds = tuanqiao::areas::payments::entity::refund::Entity::find().all(app.app.db.reader()).await.unwrap();
        let causes: Vec<_> = refunds.iter().map(|row| row.cause.as_str()).collect();
        assert_eq!(causes, ["checkout_incomplete"]);
        assert_eq!((app.lies_with(None).await, app.lies_with(Some(market.orchard)).await), (0, 0));
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn a_complaint_about_a_suppliers_merchant_is_found_and_answered_in_its_name(app: TestApp) {
        let market = Market::open(app).await;
        let keeper = &market.stage.operator;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        app.pays_together(&anna, &checkout).await;
        let number_of = |fen: i64| app.wechat().orders().into_iter().find(|order| order.total == fen).unwrap().out_trade_no;
        let files = |fen: i64| app.wechat().files_complaint(&number_of(fen), "货不对板", "13800000417").unwrap();
        let (own, orchards) = (files(1_000), files(4_000));
        app.complaints_are_read().await;
        let list = keeper.get("/console/api/v1/complaints").await.ok()["items"].clone();
        let find = |list: &serde_json::Value, number: &str| {
            list.as_array().unwrap().iter().find(|row| row["complaint_no"] == number).unwrap().clone()
        };
        assert_eq!(find(&list, &own)["merchant_no"], json!(null));
        let seen = find(&list, &orchards);
        assert_eq!((&seen["merchant_no"], &seen["order_id"]), (&json!(ORCHARD), &order_of(&checkout, 4_000)["id"]));
        let path = format!("/console/api/v1/complaints/{}", seen["id"].as_str().unwrap());
        keeper.post_new(&format!("{path}/replies"), json!({"text": "马上补发"})).await.ok();
        app.run_due_jobs().await;
        keeper.post_new(&format!("{path}/complete"), json!({})).await.ok();
        app.run_due_jobs().await;
        app.run_due_jobs().await;
        let done = keeper.get(&path).await.ok();
        assert_eq!(done["complaint"]["state"], "processed", "{done}");
        assert_eq!((&done["actions"][0]["state"], &done["actions"][1]["state"]), (&json!("done"), &json!("done")));

        // A notice names no merchant: the complaint does.
        let mills = files(501);
        app.hears_of(&mills).await;
        app.run_due_jobs().await;
        let list = keeper.get("/console/api/v1/complaints").await.ok()["items"].clone();
        let seen = find(&list, &mills);
        assert_eq!(seen["merchant_no"], MILL);
        let path = format!("/console/api/v1/complaints/{}", seen["id"].as_str().unwrap());
        keeper.post_new(&format!("{path}/replies"), json!({"text": "请寄回"})).await.ok();
        app.run_due_jobs().await;
        assert_eq!(keeper.get(&path).await.ok()["actions"][0]["state"], "done");
    }
}

on_both! {
    async fn a_complaint_about_a_supplier_of_two_shops_is_that_ones_whose_payment_it_names(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        app.pays_together(&anna, &checkout).await;
        app.complaints_are_read().await;
        // The orchard collects for the neighbour, too.
        let (other, neighbour) = app.neighbour(&market.accounts).await;
        let collected = order::Entity::find().filter(order::Column::MerchantNo.eq(ORCHARD));
        let row = collected.one(app.app.db.reader()).await.unwrap().unwrap();
        let theirs = order::Model { id: kernel::id::OrderId::new(), shop_id: other.id, ..row };
        let theirs = order::Entity::insert(order::ActiveModel::from(theirs));
        theirs.exec_without_returning(app.app.db.maintenance()).await.unwrap();

        let oranges = app.wechat().orders().into_iter().find(|order| order.total == 4_000).unwrap().out_trade_no;
        let number = app.wechat().files_complaint(&oranges, "货不对板", "13800000417").unwrap();
        app.complaint_comes_to(&other, &number).await;
        app.complaints_are_read().await;
        let rows = complaint::Entity::find().all(app.app.db.reader()).await.unwrap();
        let kept: Vec<_> = rows.iter().map(|row| (row.shop_id, row.merchant_no.as_deref())).collect();
        assert_eq!(kept, [(app.shop().id, Some(ORCHARD))]);
        assert_eq!(neighbour.get("/console/api/v1/complaints").await.ok()["items"], json!([]));
    }
}
