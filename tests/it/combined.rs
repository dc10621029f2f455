//! A basket over several merchants: one order each, placed, paid and closed together (sheet §3).

use kernel::id::SupplierId;
use sandbox::{NoticeKind, SandboxKeys, SubMerchant};
use serde_json::{Value, json};
use tuanqiao::areas::bills::state::{BillKind, RunState};
use tuanqiao::areas::ledger::{self, state::AccountKind};
use tuanqiao::areas::payouts::state::{PartResult, SharingKind, SharingState};

use crate::app::{TestApp, UnderProvider};
use crate::shop_floor::order_id;
use crate::shopper::Client;
use crate::suppliers::supplier;
use crate::trade::Stage;

const DAY: i64 = 86_400;
/// The sub-merchants of the two suppliers.
const ORCHARD: &str = "1709982801";
const MILL: &str = "1709982802";

fn shares(accounts: &UnderProvider, keys: &SandboxKeys) -> String {
    let onboarding = "\n[wechat_pay.onboarding]\nmerchant_name = \"阳光生鲜有限公司\"\n";
    format!("{}{onboarding}", accounts.payout("profit_sharing", keys))
}

/// A shop under a service provider with goods of its own and of two suppliers who collect themselves.
struct Market {
    accounts: UnderProvider,
    stage: Stage,
    orchard: SupplierId,
    mill: SupplierId,
    /// SKUs: the shop's, the orchard's, the mill's.
    skus: [String; 3],
}

impl Market {
    async fn open(app: &TestApp) -> Self {
        let accounts = app.under_provider(shares).await;
        let mut provider = accounts.provider.clone();
        for number in [ORCHARD, MILL] {
            let appid = Some(accounts.sub.appid.clone());
            provider.sub_merchants.push(SubMerchant { mchid: number.to_owned(), appid });
        }
        app.wechat().add_merchant(&provider).unwrap();
        let stage = app.stage().await;
        let taken_on = async |name: &str, number: &str| {
            let made = supplier(&stage.operator, name, json!({"sub_mchid": number, "service_fee_bp": 500})).await;
            made["id"].as_str().unwrap().to_owned()
        };
        let (orchard, mill) = (taken_on("果园", ORCHARD).await, taken_on("米厂", MILL).await);
        let skus = [
            stage.sku("鸡蛋", 1_000, 10).await,
            sku_of(&stage, "脐橙", 2_000, &orchard).await,
            sku_of(&stage, "大米", 501, &mill).await,
        ];
        let (orchard, mill) = (orchard.parse().unwrap(), mill.parse().unwrap());
        Self { accounts, stage, orchard, mill, skus }
    }

    /// One egg box, two of the oranges, one bag of rice: 1 000, 4 000 and 501.
    fn basket(&self) -> Value {
        let mut basket = self.stage.basket(&self.skus[0], 1);
        let line = |sku: &str, quantity: i64| json!({"sku_id": sku, "quantity": quantity});
        basket["lines"] = json!([line(&self.skus[1], 2), line(&self.skus[0], 1), line(&self.skus[2], 1)]);
        basket
    }

    async fn places(&self, who: &Client) -> Value {
        who.post_new("/api/v1/checkouts", self.basket()).await.ok()
    }

    async fn free(&self, app: &TestApp) -> [i64; 3] {
        [app.free(&self.skus[0]).await, app.free(&self.skus[1]).await, app.free(&self.skus[2]).await]
    }
}

async fn sku_of(stage: &Stage, title: &str, price_fen: i64, supplier: &str) -> String {
    let goods = json!({"title": title, "pictures": ["https://example.com/a.jpg"], "on_shelf": true,
        "supplier_id": supplier, "skus": [{"specs": {"规格": "1 份"}, "price_fen": price_fen, "stock": 10}]});
    let goods = stage.operator.post_new("/console/api/v1/goods", goods).await.ok();
    goods["skus"][0]["id"].as_str().unwrap().to_owned()
}

fn path(checkout: &Value) -> String {
    format!("/api/v1/checkouts/{}", checkout["id"].as_str().unwrap())
}

/// The order of a checkout that is to pay this much.
fn order_of(checkout: &Value, fen: i64) -> Value {
    let orders = checkout["orders"].as_array().unwrap();
    orders.iter().find(|order| order["payable_fen"] == fen).unwrap().clone()
}

async fn states(who: &Client, checkout: &Value) -> Vec<String> {
    let shown = who.get(&path(checkout)).await.ok();
    shown["orders"].as_array().unwrap().iter().map(|order| order["status"].as_str().unwrap().to_owned()).collect()
}

impl TestApp {
    /// Opens the one pay sheet; answers our number of the whole.
    async fn prepays_together(&self, who: &Client, checkout: &Value) -> String {
        let sheet = who.post(&format!("{}/payment", path(checkout)), json!({})).await.ok();
        let prepay_id = sheet["package"].as_str().unwrap().strip_prefix("prepay_id=").unwrap().to_owned();
        let orders = self.wechat().orders();
        orders.into_iter().find(|order| order.prepay_id == prepay_id).unwrap().combined.unwrap()
    }

    async fn pays_together(&self, who: &Client, checkout: &Value) -> String {
        let number = self.prepays_together(who, checkout).await;
        self.wechat().pays_quietly(number.as_str()).unwrap();
        self.hears_of(&number).await;
        number
    }

    /// What of a merchant's money lies at WeChat by our books; `None` is the shop's.
    async fn lies_with(&self, supplier: Option<SupplierId>) -> i64 {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        let party = supplier.map(SupplierId::uuid);
        let conn = self.app.db.reader();
        let clearing = ledger::entity::entry::Column::Account.eq(AccountKind::Clearing);
        let all = ledger::entity::entry::Entity::find().filter(clearing).all(conn).await.unwrap();
        all.iter().filter(|entry| entry.party == party).map(|entry| entry.amount).sum()
    }

    /// What of a supplier's settled parts lies at its own merchant.
    async fn collected_by(&self, supplier: Option<SupplierId>) -> i64 {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        use tuanqiao::areas::suppliers::entity::movement;
        use tuanqiao::areas::suppliers::state::MovementKind;
        let kind = movement::Column::Kind.eq(MovementKind::Collected);
        let all = movement::Entity::find().filter(kind).all(self.app.db.reader()).await.unwrap();
        let own = all.iter().filter(|moved| Some(moved.supplier_id) == supplier);
        own.map(|moved| -moved.amount_fen.fen()).sum()
    }

    /// Every merchant's clearing, with what its supplier has got of it, is what WeChat holds for it, less
    /// fees no bill has told of.
    async fn each_merchants_money_is_booked(&self, market: &Market) {
        self.books_are_clean().await;
        let sellers =
            [(None, market.accounts.sub.mchid.as_str()), (Some(market.orchard), ORCHARD), (Some(market.mill), MILL)];
        for (supplier, number) in sellers {
            let purse = self.wechat().purse(number);
            let lies = purse.paid - purse.refunded - purse.shared_out + purse.shared_in;
            let booked = self.lies_with(supplier).await + self.collected_by(supplier).await;
            assert_eq!(booked, lies, "{number}: {purse:?}");
        }
    }
}

on_both! {
    async fn a_basket_over_three_merchants_is_paid_at_once_and_lies_with_each(app: TestApp) {
        let market = Market::open(app).await;
        let (anna, bert) = (app.member("anna").await, app.member("bert").await);
        let refused = anna.post_new("/api/v1/orders", market.basket()).await.refused(422, "checkout.several_merchants");
        assert_eq!(refused["extra"]["place_with"], "POST /api/v1/checkouts");
        assert_eq!(market.free(app).await, [10, 10, 10], "nothing of it was taken");
        let mut with_balance = market.basket();
        with_balance["balance_fen"] = json!(1);
        anna.post_new("/api/v1/checkouts", with_balance).await.refused(422, "checkout.wechat_pay_alone");

        let checkout = market.places(&anna).await;
        assert_eq!((checkout["orders"].as_array().unwrap().len(), &checkout["payable_fen"]), (3, &json!(5_501)));
        assert_eq!(market.free(app).await, [9, 8, 9]);
        bert.get(&path(&checkout)).await.refused(404, "checkout.not_found");
        let oranges = order_of(&checkout, 4_000);
        let alone = format!("/api/v1/orders/{}/payment", oranges["id"].as_str().unwrap());
        let told = anna.post(&alone, json!({})).await.refused(409, "order.paid_together");
        assert_eq!(told["extra"]["checkout_id"], checkout["id"]);

        let number = app.prepays_together(&anna, &checkout).await;
        assert_eq!(app.prepays_together(&anna, &checkout).await, number, "the sheet opens again under one number");
        let sellers: Vec<_> = app.wechat().orders().into_iter().map(|order| (order.seller, order.total)).collect();
        assert!(sellers.contains(&(ORCHARD.to_owned(), 4_000)) && sellers.contains(&(MILL.to_owned(), 501)), "{sellers:?}");
        app.wechat().pays_quietly(number.as_str()).unwrap();
        app.hears_of(&number).await;
        assert_eq!(states(&anna, &checkout).await, ["paid"; 3]);
        assert_eq!(anna.get(&path(&checkout)).await.ok()["payable_fen"], 0);
        assert_eq!(app.wechat().purse(ORCHARD).paid, 4_000);
        assert_eq!((app.lies_with(None).await, app.lies_with(Some(market.mill)).await), (1_000, 501));
        app.each_merchants_money_is_booked(&market).await;
        anna.post(&format!("{}/payment", path(&checkout)), json!({})).await.refused(409, "payment.not_needed");
    }
}

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
        app.refunds_go_on().await;
        for refund in app.wechat().refunds() {
            app.hears_of(refund["out_refund_no"].as_str().unwrap()).await;
        }
        // The mill's money paid it all: what the shop bears of it is owed to the mill.
        assert_eq!((app.lies_with(Some(market.mill)).await, app.collected_by(Some(market.mill)).await), (-15, 341));
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn twenty_notices_at_once_pay_each_order_once(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        let number = app.prepays_together(&anna, &checkout).await;
        app.wechat().pays_quietly(number.as_str()).unwrap();
        let sent = app.wechat().send_notices(&number, NoticeKind::Duplicate, 20).await.unwrap();
        assert!(sent.iter().any(|delivery| delivery.accepted()), "{sent:?}");
        app.hears_of(&number).await;
        assert_eq!(states(&anna, &checkout).await, ["paid"; 3]);
        for order in checkout["orders"].as_array().unwrap() {
            let timeline = anna.order(order).await["timeline"].clone();
            let paid = timeline.as_array().unwrap().iter().filter(|entry| entry["status"] == "paid").count();
            assert_eq!(paid, 1, "{timeline}");
        }
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn forged_notices_of_a_combined_payment_pay_nothing(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        let number = app.prepays_together(&anna, &checkout).await;
        for kind in [NoticeKind::BadSignature, NoticeKind::OtherMerchant, NoticeKind::OtherApp] {
            let notice = app.wechat().make_notice(&number, kind).unwrap();
            assert!(!app.wechat().post_notice(notice).await.accepted(), "{kind:?}");
            assert_eq!(states(&anna, &checkout).await, ["pending_payment"; 3], "{kind:?}");
        }
        app.wechat().pays_quietly(number.as_str()).unwrap();
        for kind in [NoticeKind::WrongAmount, NoticeKind::OtherSubMerchant, NoticeKind::UnknownOrder] {
            let notice = app.wechat().make_notice(&number, kind).unwrap();
            assert!(!app.wechat().post_notice(notice).await.accepted(), "{kind:?}");
        }
        let paid = states(&anna, &checkout).await.into_iter().filter(|state| state == "paid").count();
        assert_eq!(paid, 2, "one order of the notice is not as we asked it, the others are paid");
        app.hears_of(&number).await;
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn an_order_that_a_notice_leaves_out_is_heard_of_when_wechat_is_asked(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        let number = app.prepays_together(&anna, &checkout).await;
        app.wechat().pays_quietly(number.as_str()).unwrap();
        let placed: Vec<_> = app.wechat().orders().into_iter().filter(|order| order.combined.is_some()).collect();
        let sub = |order: &sandbox::OrderView, state: &str| {
            json!({"mchid": order.mchid, "sub_mchid": order.seller, "out_trade_no": order.out_trade_no,
                "trade_state": state, "transaction_id": order.transaction_id,
                "amount": {"total_amount": order.total, "payer_amount": order.total, "currency": "CNY"}})
        };
        let resource = json!({"combine_appid": market.accounts.sub.appid,
            "combine_mchid": market.accounts.provider.mchid, "combine_out_trade_no": number,
            "sub_orders": [sub(&placed[0], "SUCCESS"), sub(&placed[1], "NOTPAY"), sub(&placed[2], "USERPAYING")]});
        let url = format!("http://{}/notify/wechat-pay/demo/payment", app.address);
        let kind = ("TRANSACTION.SUCCESS", "transaction");
        let notice = app.wechat().notice_of(&market.accounts.provider.mchid, &url, "n1", kind, resource).unwrap();
        assert!(app.wechat().post_notice(notice).await.accepted());
        let paid = states(&anna, &checkout).await.into_iter().filter(|state| state == "paid").count();
        assert_eq!(paid, 1, "a state per order");
        app.each_pending_payment_is_due().await;
        app.run_due_jobs().await;
        assert_eq!(states(&anna, &checkout).await, ["paid"; 3]);
        app.each_merchants_money_is_booked(&market).await;
    }
}

impl TestApp {
    /// Every question that waits for its time is due now.
    async fn each_pending_payment_is_due(&self) {
        use sea_orm::sea_query::Expr;
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        use tuanqiao::areas::payments::entity::payment::{Column, Entity};
        let wall = self.app.clock.wall();
        let due = Entity::update_many().col_expr(Column::NextQueryAt, Expr::value(wall));
        due.filter(Column::NextQueryAt.is_not_null()).exec(self.app.db.maintenance()).await.unwrap();
    }
}

on_both! {
    async fn cancelling_one_order_closes_all_of_an_unpaid_checkout(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        let number = app.prepays_together(&anna, &checkout).await;
        let cancel = format!("/api/v1/orders/{}/cancel", order_of(&checkout, 501)["id"].as_str().unwrap());
        app.wechat().enters_password(number.as_str(), true).unwrap();
        anna.post_new(&cancel, json!({})).await.refused(503, "payment.unavailable");
        assert_eq!(states(&anna, &checkout).await, ["pending_payment"; 3], "without a clear answer nothing is closed");
        app.wechat().enters_password(number.as_str(), false).unwrap();
        assert_eq!(anna.post_new(&cancel, json!({})).await.ok()["status"], "closed");
        assert_eq!(states(&anna, &checkout).await, ["closed"; 3]);
        assert_eq!(market.free(app).await, [10, 10, 10], "all of the stock is back, once");
        assert!(app.wechat().pays_quietly(number.as_str()).is_err(), "WeChat has closed it too");
        anna.post(&format!("{}/payment", path(&checkout)), json!({})).await.refused(409, "order.wrong_state");
        anna.post_new(&cancel, json!({})).await.refused(409, "order.wrong_state");
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn a_checkout_that_was_paid_before_its_close_is_honoured_and_one_that_was_not_times_out_once(app: TestApp) {
        let market = Market::open(app).await;
        let (anna, bert) = (app.member("anna").await, app.member("bert").await);
        let (paid, unpaid, never_offered) =
            (market.places(&anna).await, market.places(&bert).await, market.places(&bert).await);
        let number = app.prepays_together(&anna, &paid).await;
        app.prepays_together(&bert, &unpaid).await;
        app.wechat().pays_quietly(number.as_str()).unwrap();
        let cancel = format!("/api/v1/orders/{}/cancel", order_of(&paid, 1_000)["id"].as_str().unwrap());
        anna.post_new(&cancel, json!({})).await.refused(409, "order.wrong_state");
        assert_eq!(states(&anna, &paid).await, ["paid"; 3], "WeChat is asked before anything is given back");
        app.time_passes(16 * 60);
        app.run_due_jobs().await;
        assert_eq!(states(&bert, &unpaid).await, ["closed"; 3]);
        assert_eq!(states(&bert, &never_offered).await, ["closed"; 3]);
        assert_eq!(market.free(app).await, [9, 8, 9]);
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

fn trouble(status: u16, after_effect: bool, times: u32) -> sandbox::Fault {
    let prefix = "/v3/combine-transactions/jsapi";
    let fault = json!({"path_prefix": prefix, "status": status, "after_effect": after_effect, "times": times});
    serde_json::from_value(fault).unwrap()
}

on_both! {
    async fn a_lost_answer_is_asked_for_again_with_the_same_bytes_under_the_same_number(app: TestApp) {
        use sea_orm::EntityTrait;
        use tuanqiao::areas::payments::entity::combination;
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        // As if the process had died between storing the request and hearing the answer.
        app.wechat().add_fault(trouble(500, true, 3));
        let sheet = format!("{}/payment", path(&checkout));
        anna.post(&sheet, json!({})).await.refused(503, "payment.unavailable");
        let stored = combination::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert_eq!((stored.len(), &stored[0].prepay_id), (1, &None));
        assert_eq!(app.pays_together(&anna, &checkout).await, stored[0].id.to_string());
        let kept = combination::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert_eq!((kept.len(), &kept[0].request_body), (1, &stored[0].request_body));
        assert_eq!(states(&anna, &checkout).await, ["paid"; 3]);
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn a_number_that_can_no_longer_be_paid_is_followed_by_another(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        app.wechat().add_fault(trouble(500, true, 3));
        let sheet = format!("{}/payment", path(&checkout));
        anna.post(&sheet, json!({})).await.refused(503, "payment.unavailable");
        let first = app.wechat().orders()[0].combined.clone().unwrap();
        let closed = json!({"code": "ORDER_CLOSED", "message": "该订单已关闭"});
        app.wechat().add_fault(sandbox::Fault { body: Some(closed), ..trouble(400, false, 1) });
        let number = app.pays_together(&anna, &checkout).await;
        assert_ne!(number, first);
        assert_eq!(app.wechat().orders().iter().filter(|order| order.trade_state == "CLOSED").count(), 3);
        assert_eq!(states(&anna, &checkout).await, ["paid"; 3]);
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
