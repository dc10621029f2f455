//! Parcels: told to the platform once, also when its answer is lost; corrected; or kept here.

use sandbox::Fault;
use sandbox::stores::OrderStage;
use serde_json::{Value, json};
use tuanqiao::flows::effects::Delivery;
use tuanqiao::flows::market_orders;

use super::desk::{Desk, timeline};
use super::pulling::trouble;

impl Desk<'_> {
    /// A confirmed order of two pieces.
    async fn to_send(&self) -> String {
        let number = self.buys(&[(0, 2)]);
        self.pulls().await;
        self.confirms(&number).await;
        number
    }

    async fn sends(&self, number: &str, parcel: Value) -> Value {
        self.tries(number, "ship", parcel).await.ok()
    }

    /// The parcels' states here.
    async fn parcels(&self, number: &str) -> Vec<String> {
        let order = self.order(number).await;
        order["shipments"].as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect()
    }

    /// The worker tries the newest parcel once more.
    async fn tells(&self, number: &str) -> Delivery {
        let order = self.order(number).await;
        let id = order["shipments"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().parse().unwrap();
        market_orders::tell(&self.app.app, &self.app.shop(), id).await.unwrap()
    }
}

fn lost() -> Fault {
    Fault { drop: true, status: None, after_effect: true, ..trouble(200, 2) }
}

on_both! {
    async fn a_parcel_is_told_to_the_platform_which_then_says_that_the_order_was_sent(app: TestApp) {
        let desk = Desk::open(app).await;
        desk.sku(0, 20).await;
        let number = desk.buys(&[(0, 2)]);
        desk.pulls().await;
        let parcel = json!({"carrier": "顺丰", "tracking_no": "SF1001"});
        desk.tries(&number, "ship", parcel.clone()).await.refused(409, "market_order.wrong_state");
        desk.confirms(&number).await;
        let unknown = json!({"carrier": "某某物流", "tracking_no": "X1"});
        let refused = desk.tries(&number, "ship", unknown).await.refused(422, "market_order.carrier_unknown");
        let known: Vec<_> = refused["extra"]["carriers"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
        assert!(known.contains(&json!("顺丰快递")), "{refused}");

        let order = desk.sends(&number, parcel.clone()).await;
        assert_eq!((&order["state"], &order["shipments"][0]["state"]), (&json!("shipped"), &json!("pending")));
        desk.tries(&number, "ship", parcel).await.refused(409, "market_order.wrong_state");
        app.run_due_jobs().await;
        let there = desk.there(&number);
        assert_eq!((there.stage, there.parcels.len()), (OrderStage::Shipped, 1));
        assert_eq!((there.parcels[0].carrier.as_str(), there.parcels[0].number.as_str()), ("44", "SF1001"));
        desk.pulls().await;
        app.wechat().stores().receive(&desk.bound.of, &number).unwrap();
        desk.pulls().await;
        let order = desk.order(&number).await;
        assert_eq!((&order["state"], &order["shipments"][0]["state"]), (&json!("done"), &json!("told")));
        assert_eq!(timeline(&order), ["seen", "confirmed", "shipped", "told", "changed", "changed", "done"]);
        assert_eq!(order["parcels"][0]["tracking_no"], "SF1001");
    }
}

on_both! {
    async fn a_parcel_whose_answer_was_lost_is_told_once(app: TestApp) {
        let desk = Desk::open(app).await;
        desk.sku(0, 20).await;
        let number = desk.to_send().await;
        // Carriers are asked for before, so that what is lost is the answer to the parcel.
        desk.sends(&number, json!({"carrier": "SF", "tracking_no": "SF2001"})).await;
        app.wechat().add_fault(lost());
        assert!(matches!(desk.tells(&number).await, Delivery::Later(_)));
        assert_eq!((desk.there(&number).parcels.len(), desk.parcels(&number).await), (1, vec!["pending".to_owned()]));
        app.wechat().clear_faults();
        assert_eq!(desk.tells(&number).await, Delivery::Done);
        app.run_due_jobs().await;
        assert_eq!((desk.there(&number).parcels.len(), desk.parcels(&number).await), (1, vec!["told".to_owned()]));
    }
}

on_both! {
    async fn a_parcel_that_never_arrived_there_is_told_again(app: TestApp) {
        let desk = Desk::open(app).await;
        desk.sku(0, 20).await;
        let number = desk.to_send().await;
        desk.sends(&number, json!({"carrier": "SF", "tracking_no": "SF3001"})).await;
        app.wechat().add_fault(trouble(503, 1));
        assert!(matches!(desk.tells(&number).await, Delivery::Later(_)));
        assert_eq!(desk.there(&number).parcels.len(), 0);
        assert_eq!(desk.tells(&number).await, Delivery::Done);
        assert_eq!((desk.there(&number).parcels.len(), desk.parcels(&number).await), (1, vec!["told".to_owned()]));
    }
}

on_both! {
    async fn a_parcel_that_the_platform_refuses_waits_for_an_operator_who_corrects_it(app: TestApp) {
        let desk = Desk::open(app).await;
        desk.sku(0, 20).await;
        let number = desk.to_send().await;
        desk.sends(&number, json!({"carrier": "SF", "tracking_no": "SF4001"})).await;
        app.wechat().stores().hold(&desk.bound.of, &number, true).unwrap();
        app.run_due_jobs().await;
        assert_eq!(desk.parcels(&number).await, ["refused"]);
        let dead = desk.keeper().get("/console/api/v1/outbox?state=dead").await.ok();
        let effect = &dead["items"][0];
        assert_eq!(effect["kind"], "market_shipment", "{dead}");
        app.wechat().stores().hold(&desk.bound.of, &number, false).unwrap();
        let path = format!("/console/api/v1/outbox/{}/replay", effect["id"].as_str().unwrap());
        desk.keeper().post(&path, json!({})).await.ok();
        app.run_due_jobs().await;
        assert_eq!(desk.parcels(&number).await, ["told"]);

        // The number was wrong.
        let first = desk.order(&number).await["shipments"][0]["id"].clone();
        let right = json!({"carrier": "中通", "tracking_no": "ZT4002", "corrects": first});
        desk.sends(&number, right).await;
        app.run_due_jobs().await;
        let there = desk.there(&number);
        assert_eq!((there.parcels.len(), there.parcels[0].number.as_str()), (1, "ZT4002"));
        assert_eq!(desk.parcels(&number).await, ["told", "told"]);
        let nobody = json!({"carrier": "中通", "tracking_no": "ZT1", "corrects": kernel::id::MarketShipmentId::new()});
        desk.tries(&number, "ship", nobody).await.refused(404, "market_order.not_found");
    }
}

on_both! {
    async fn a_part_of_an_order_is_refused_at_once_where_the_platform_takes_one_parcel(app: TestApp) {
        let desk = Desk::open(app).await;
        desk.sku(0, 20).await;
        let number = desk.to_send().await;
        let line = desk.order(&number).await["lines"][0]["id"].clone();
        let parcel = |pieces: i64| json!({"carrier": "SF", "tracking_no": "SF6001", "lines": [{"line_id": line, "quantity": pieces}]});
        let refused = desk.tries(&number, "ship", parcel(1)).await.refused(422, "market_order.one_parcel");
        assert_eq!((&refused["extra"]["lines"][0]["line_id"], &refused["extra"]["lines"][0]["missing"]), (&line, &json!(1)));
        let order = desk.order(&number).await;
        assert_eq!((&order["state"], &order["shipments"], &order["lines"][0]["shipped"]), (&json!("confirmed"), &json!([]), &json!(0)));
        assert_eq!(timeline(&order), ["seen", "confirmed"]);
        // Whoever tells the platform himself may pack as he likes.
        desk.rules(json!({"push_shipments": false})).await;
        desk.sends(&number, parcel(1)).await;
        desk.rules(json!({"push_shipments": true})).await;
        desk.sends(&number, parcel(1)).await;
        app.run_due_jobs().await;
        assert_eq!(desk.parcels(&number).await, ["here_only", "told"]);
    }
}

on_both! {
    async fn a_merchant_who_tells_the_platform_himself_keeps_parcels_here_and_his_own_are_seen(app: TestApp) {
        let desk = Desk::open(app).await;
        desk.sku(0, 20).await;
        desk.rules(json!({"push_shipments": false})).await;
        let number = desk.to_send().await;
        let order = desk.sends(&number, json!({"carrier": "村口王师傅", "tracking_no": "1"})).await;
        assert_eq!((&order["state"], &order["shipments"][0]["state"]), (&json!("shipped"), &json!("here_only")));
        app.run_due_jobs().await;
        assert_eq!(desk.there(&number).stage, OrderStage::Paid);
        let lines = json!([{"line_id": order["lines"][0]["id"], "quantity": 1}]);
        desk.rules(json!({"push_shipments": true})).await;
        let other = desk.to_send().await;
        let odd = json!({"carrier": "SF", "tracking_no": "SF5", "lines": lines});
        let refused = desk.tries(&other, "ship", odd).await.refused(400, "validation.failed");
        assert_eq!(refused["errors"][0]["field"], "lines");
    }
}
