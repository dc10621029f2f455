//! Buyers whom their platform wants to be forgotten: erased by themselves, exactly those, once.

use sandbox::SignedNotice;
use sandbox::stores::{StorePlatform, StoreRef};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tuanqiao::areas::market_orders::entity::order;

use super::desk::{Desk, ORDERS, timeline};

const OPEN: &str = "/console/api/v1/store-notices?open=true";

fn shopify() -> StoreRef {
    StoreRef::new(StorePlatform::Shopify, "mei-tuangou.myshopify.com")
}

impl Desk<'_> {
    fn address(&self) -> String {
        format!("http://{}/notify/market/{}/{}", self.app.address, self.bound.of.platform.id(), self.bound.id)
    }

    fn asks(&self, topic: &str, orders: &[String]) -> SignedNotice {
        let told = self.app.wechat().shopify_privacy_notice(&self.address(), &self.bound.of.seller, topic, orders);
        told.unwrap()
    }

    async fn hears(&self, notice: SignedNotice) {
        assert_eq!(self.app.wechat().post_notice(notice).await.status, Some(200));
    }

    /// How the receiver of an order is had.
    async fn how(&self, external_id: &str) -> Value {
        let order = self.order(external_id).await;
        self.keeper().get(&format!("{ORDERS}/{}/receiver", order["id"].as_str().unwrap())).await.ok()["how"].clone()
    }

    async fn open_tasks(&self) -> Vec<Value> {
        self.keeper().get(OPEN).await.ok()["items"].as_array().unwrap().clone()
    }

    async fn notices(&self) -> Vec<Value> {
        let path = format!("/console/api/v1/store-notices?store_id={}", self.bound.id);
        self.keeper().get(&path).await.ok()["items"].as_array().unwrap().clone()
    }
}

on_both! {
    async fn a_customer_whom_shopify_wants_forgotten_is_erased_from_the_orders_it_names_once(app: TestApp) {
        let desk = Desk::at(app, &shopify()).await;
        let numbers = [desk.buys(&[(0, 1)]), desk.buys(&[(0, 1)])];
        desk.pulls().await;
        assert_eq!((desk.how(&numbers[0]).await, desk.how(&numbers[1]).await), (json!("kept"), json!("kept")));
        let asked = desk.asks("customers/redact", &numbers[..1]);
        desk.hears(asked.clone()).await;
        assert_eq!(desk.open_tasks().await.len(), 1, "a task until it is done");
        app.run_due_jobs().await;
        assert_eq!((desk.how(&numbers[0]).await, desk.how(&numbers[1]).await), (json!("erased"), json!("kept")));
        let [told] = desk.notices().await.try_into().unwrap();
        assert_eq!((&told["erased"], &told["done_by"], &told["external_ids"]), (&json!(1), &Value::Null, &json!([])));
        assert!(told["done_at"].is_string() && desk.open_tasks().await.is_empty(), "{told}");
        let log = desk.keeper().get("/console/api/v1/audit-entries").await.ok();
        assert_eq!(log["items"][0]["action"], "market_order.receiver", "what the test opened");
        let noted = log["items"].as_array().unwrap().iter().find(|entry| entry["action"] == "store_notice.erased").unwrap();
        assert_eq!((&noted["detail"], &noted["operator_id"]), (&json!({"topic": "customers/redact", "orders": 1}), &Value::Null));

        // The same message, and another one about the same order, find nothing left.
        desk.hears(asked).await;
        desk.hears(desk.asks("customers/redact", &numbers[..1])).await;
        app.run_due_jobs().await;
        let told = desk.notices().await;
        assert_eq!((told.len(), &told[0]["erased"], &told[1]["erased"]), (2, &json!(0), &json!(1)));
        let order = desk.order(&numbers[0]).await;
        assert_eq!(timeline(&order), ["seen", "revealed", "erased", "revealed"]);
        assert_eq!(order["events"][2]["actor"], "platform");
    }
}

on_both! {
    async fn a_store_that_has_left_us_is_erased_whole_and_questions_are_for_people(app: TestApp) {
        let desk = Desk::at(app, &shopify()).await;
        let numbers: Vec<String> = (0..3).map(|_| desk.buys(&[(0, 1)])).collect();
        desk.pulls().await;
        desk.hears(desk.asks("customers/data_request", &numbers)).await;
        app.run_due_jobs().await;
        let [question] = desk.open_tasks().await.try_into().unwrap();
        assert_eq!((&question["topic"], &question["erased"]), (&json!("customers/data_request"), &Value::Null));
        assert_eq!(desk.how(&numbers[0]).await, "kept");
        // Two days after the application was taken off the store says so, when nothing else works any more.
        desk.keeper().delete(&desk.bound.path("")).await;
        let asked = desk.asks("shop/redact", &[]);
        desk.hears(asked).await;
        app.run_due_jobs().await;
        let rows = order::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert_eq!(rows.len(), numbers.len());
        for row in rows {
            let told = (row.sealed_receiver, row.receiver, row.buyer, row.buyer_note);
            assert_eq!((told, row.receiver_erased_at.is_some()), ((None, json!({}), None, None), true), "{}", row.external_id);
        }
    }
}

on_both! {
    async fn a_deleted_account_at_ebay_is_forgotten_in_every_store_of_the_app(app: TestApp) {
        let seller = |site: &str| StoreRef::new(StorePlatform::Ebay, "ma8vp1jySJC").on(site);
        let here = Desk::at(app, &seller("EBAY_US")).await;
        let there = Desk::at(app, &seller("EBAY_GB")).await;
        let (first, other, abroad) = (here.buys(&[(0, 1)]), here.buys(&[(0, 1)]), there.buys(&[(0, 1)]));
        here.pulls().await;
        there.pulls().await;
        for (buyer, desk, number) in [(here.there(&first).buyer, &here, &first), (there.there(&abroad).buyer, &there, &abroad)] {
            assert_eq!(desk.how(number).await, "kept");
            // The address of one store serves all of them.
            let notice = app.wechat().ebay_deletion_notice(&here.address(), &buyer).unwrap();
            here.hears(notice).await;
            app.run_due_jobs().await;
            assert_eq!(desk.how(number).await, "erased", "{buyer}");
        }
        assert_eq!(here.how(&other).await, "kept");
        let stranger = app.wechat().ebay_deletion_notice(&here.address(), "nobody_we_know").unwrap();
        here.hears(stranger).await;
        app.run_due_jobs().await;
        assert_eq!(here.notices().await[0]["erased"], 0, "most of these messages are about people we never met");
        assert!(here.open_tasks().await.is_empty());
    }
}
