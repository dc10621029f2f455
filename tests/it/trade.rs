//! A shop ready to trade, and what people do in it.

use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tuanqiao::areas::stock::entity::level;

use crate::app::TestApp;
use crate::leaders;
use crate::shopper::Client;

/// Where the leader serves, in Guangzhou (GCJ-02).
pub const PLACE: (f64, f64) = (23.1291, 113.2644);

/// A shop with an operator, and a leader who earns ten per cent.
pub struct Stage {
    pub operator: Client,
    pub leader: Client,
    pub leader_id: String,
    pub point: String,
}

impl TestApp {
    /// Sets the stage.
    pub async fn stage(&self) -> Stage {
        let operator = self.operator().await;
        let mut settings = operator.get("/console/api/v1/settings").await.ok();
        settings["leader_rate_bp"] = json!(1_000);
        operator.put("/console/api/v1/settings", settings).await.ok();
        self.run_due_jobs().await;
        let (leader, approved) = leaders::leader(self, "leo", PLACE.0, PLACE.1).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Stage {
            operator,
            leader,
            leader_id: text(&approved["leader"]["id"]),
            point: text(&approved["pickup_point_id"]),
        }
    }

    /// Opens the pay sheet; answers our number of the payment.
    pub async fn prepays(&self, who: &Client, order: &Value) -> String {
        let path = format!("/api/v1/orders/{}/payment", order["id"].as_str().unwrap());
        let sheet = who.post(&path, json!({})).await.ok();
        let prepay_id = sheet["package"].as_str().unwrap().strip_prefix("prepay_id=").unwrap().to_owned();
        let orders = self.wechat().orders();
        orders.into_iter().find(|order| order.prepay_id == prepay_id).unwrap().out_trade_no
    }

    /// The member pays in full, and the shop has heard of it.
    pub async fn pays(&self, who: &Client, order: &Value) -> String {
        let number = self.prepays(who, order).await;
        self.wechat().pays_quietly(number.as_str()).unwrap();
        self.hears_of(&number).await;
        number
    }

    /// Delivers the newest notice about `number`; it must be taken.
    pub async fn hears_of(&self, number: &str) {
        let notice = self.wechat().notice_about(number).unwrap();
        let delivery = self.wechat().post_notice(notice).await;
        assert!(delivery.accepted(), "a notice about {number} was answered {delivery:?}");
    }

    /// The free units of a SKU, as the database has them.
    pub async fn free(&self, sku: &str) -> i64 {
        let sku = level::Entity::find_by_id(sku.parse::<kernel::id::SkuId>().unwrap());
        sku.one(self.app.db.reader()).await.unwrap().unwrap().free.unwrap()
    }
}

impl Stage {
    /// Goods on sale with one SKU; answers its id.
    pub async fn sku(&self, title: &str, price_fen: i64, stock: i64) -> String {
        let goods = json!({
            "title": title, "pictures": ["https://example.com/a.jpg"], "detail": "好", "on_shelf": true,
            "skus": [{"specs": {"规格": "5 kg"}, "price_fen": price_fen, "stock": stock}],
        });
        let goods = self.operator.post_new("/console/api/v1/goods", goods).await.ok();
        goods["skus"][0]["id"].as_str().unwrap().to_owned()
    }

    /// The body of an order of `quantity` units, collected at the leader's point.
    pub fn basket(&self, sku: &str, quantity: i64) -> Value {
        json!({
            "lines": [{"sku_id": sku, "quantity": quantity}],
            "fulfilment": {"kind": "pickup", "pickup_point_id": self.point},
        })
    }

    /// A member orders.
    pub async fn orders(&self, who: &Client, sku: &str, quantity: i64) -> Value {
        who.post_new("/api/v1/orders", self.basket(sku, quantity)).await.ok()
    }

    /// Everything paid so far is brought to the leader by one delivery list.
    pub async fn delivers(&self, app: &TestApp) {
        let body = json!({"leader_id": self.leader_id, "until": app.app.clock.now()});
        let list = self.operator.post_new("/console/api/v1/delivery-lists", body).await.ok();
        let path = format!("/console/api/v1/delivery-lists/{}", list["id"].as_str().unwrap());
        self.operator.post(&format!("{path}/depart"), json!({})).await.ok();
        self.operator.post(&format!("{path}/deliver"), json!({})).await.ok();
    }

    /// The member shows his code and the leader hands everything over.
    pub async fn hands_over(&self, who: &Client, order: &Value) -> Value {
        let path = format!("/api/v1/orders/{}/pickup-code", order["id"].as_str().unwrap());
        let code = who.get(&path).await.ok()["code"].clone();
        self.leader.post_new("/api/v1/leader/redemptions", json!({"code": code})).await.ok()
    }
}

impl Client {
    /// One order of this member as it stands.
    pub async fn order(&self, order: &Value) -> Value {
        self.get(&format!("/api/v1/orders/{}", order["id"].as_str().unwrap())).await.ok()
    }
}
