//! What all chapters need: the people, the stage, the user's phone and the clock.

use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};

use crate::cli::caller::{Caller, number, text};
use crate::config::Config;

/// How long something that jobs do may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Where the tour's leader serves, in Guangzhou (GCJ-02).
const PLACE: (f64, f64) = (23.1291, 113.2644);

/// The guide knows everybody.
pub(super) struct Guide {
    server: String,
    /// The sandbox's control API.
    pub(super) phone: Caller,
    pub(super) operator: Caller,
    pub(super) leader: Caller,
    pub(super) leader_id: String,
    pub(super) point: String,
    /// Tells this tour's people and goods from those of earlier ones.
    run: String,
    /// What a shop of the tour's own is configured with.
    config: Config,
}

/// An amount for people.
pub(super) fn yuan(fen: i64) -> String {
    format!("{}.{:02} yuan", fen / 100, fen % 100)
}

impl Guide {
    /// Meets the operator, and the tour's leader, who is made at the first tour.
    pub(super) async fn meet(
        config: Config,
        server: &str,
        sandbox: &str,
        operator: &str,
        password: &str,
    ) -> anyhow::Result<Self> {
        let operator = Caller::new(server)?.signs_in_to_console(operator, password).await?;
        let phone = Caller::new(sandbox)?;
        let leader = Caller::new(server)?.signs_in(&login_code(&phone, "tour-leader").await?).await?;
        if leader.get("/api/v1/me/leader").await?.ok()?.pointer("/leader/id").is_none() {
            let form = json!({
                "name": "王小团", "phone": "13800138000", "community": "体育西小区", "address": "体育西路 1 号",
                "region": "广东省广州市天河区", "lat": PLACE.0, "lng": PLACE.1,
            });
            let asked = leader.post("/api/v1/leaders/applications", form).await?.ok()?;
            let path = format!("/console/api/v1/leader-applications/{}/approve", text(&asked, "/id")?);
            operator.post(&path, json!({})).await?.ok()?;
        }
        let leader_id = text(&leader.get("/api/v1/me/leader").await?.ok()?, "/leader/id")?;
        let near = format!("/api/v1/pickup-points?lat={}&lng={}&limit=100", PLACE.0, PLACE.1);
        let points = leader.get(&near).await?.ok()?;
        let of_ours = |point: &&Value| point.pointer("/leader/id").and_then(Value::as_str) == Some(leader_id.as_str());
        let points = points.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        let point = points.iter().find(of_ours).context("the tour's pickup point is not open")?;
        let point = text(point, "/id")?;
        let run = format!("{:06x}", uuid::Uuid::new_v4().as_u128() & 0xff_ffff);
        Ok(Self { server: server.to_owned(), phone, operator, leader, leader_id, point, run, config })
    }

    /// What a shop of the tour's own is configured with.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Announces a chapter.
    pub(super) fn chapter(&self, name: &str, title: &str) {
        println!("\n== {title} ({name})");
    }

    /// Tells a step.
    pub(super) fn tell(&self, who: &str, what: &str) {
        println!("  {who:<10} {what}");
    }

    /// A member of this tour.
    pub(super) async fn shopper(&self, name: &str) -> anyhow::Result<Caller> {
        let code = login_code(&self.phone, &format!("tour-{name}-{}", self.run)).await?;
        Caller::new(&self.server)?.signs_in(&code).await
    }

    /// Goods of this tour, on sale with one SKU; answers its id.
    pub(super) async fn sku(&self, title: &str, price_fen: i64, stock: i64) -> anyhow::Result<String> {
        self.goods(title, price_fen, stock, json!({})).await
    }

    /// The same with more said about the goods.
    pub(super) async fn goods(&self, title: &str, price_fen: i64, stock: i64, more: Value) -> anyhow::Result<String> {
        let mut goods = json!({
            "title": format!("{title} {}", self.run), "detail": "<p>Made by the tour.</p>", "on_shelf": true,
            "commission": {"rate_bp": 1_000},
            "skus": [{"specs": {"规格": "5 kg"}, "price_fen": price_fen, "stock": stock}],
        });
        if let (Some(goods), Value::Object(more)) = (goods.as_object_mut(), more) {
            goods.extend(more);
        }
        let made = self.operator.post("/console/api/v1/goods", goods).await?.ok()?;
        self.tell("operator", &format!("puts {stock} × {title} on sale at {}", yuan(price_fen)));
        text(&made, "/skus/0/id")
    }

    /// Goods of this tour are found by its own word.
    pub(super) fn word(&self) -> &str {
        &self.run
    }

    /// What orders `quantity` units, collected at the leader's.
    pub(super) fn basket(&self, sku: &str, quantity: i64) -> Value {
        json!({
            "lines": [{"sku_id": sku, "quantity": quantity}],
            "fulfilment": {"kind": "pickup", "pickup_point_id": self.point},
        })
    }

    /// A member orders.
    pub(super) async fn order(&self, who: &Caller, sku: &str, quantity: i64) -> anyhow::Result<Value> {
        let order = who.post("/api/v1/orders", self.basket(sku, quantity)).await?.ok()?;
        let payable = yuan(number(&order, "/payable_fen")?);
        self.tell("shopper", &format!("orders {quantity}: {payable} to pay, stock reserved"));
        Ok(order)
    }

    /// The member opens the pay sheet; answers the ticket and our number of the payment.
    pub(super) async fn pay_sheet(&self, who: &Caller, order: &Value) -> anyhow::Result<(String, String)> {
        let path = format!("/api/v1/orders/{}/payment", text(order, "/id")?);
        let sheet = who.post(&path, json!({})).await?.ok()?;
        let ticket = text(&sheet, "/package")?.trim_start_matches("prepay_id=").to_owned();
        let orders = self.phone.get("/_sandbox/orders").await?.ok()?;
        let orders = orders.get("orders").and_then(Value::as_array).cloned().unwrap_or_default();
        let ours = |order: &&Value| order.get("prepay_id").and_then(Value::as_str) == Some(ticket.as_str());
        let number = text(orders.iter().find(ours).context("the sandbox does not know the ticket")?, "/out_trade_no")?;
        Ok((ticket, number))
    }

    /// The member pays, and the shop hears of it.
    pub(super) async fn pays(&self, who: &Caller, order: &Value) -> anyhow::Result<String> {
        let (ticket, number) = self.pay_sheet(who, order).await?;
        self.phone.post("/_sandbox/pay", json!({ "prepay_id": ticket, "notify": true })).await?.ok()?;
        self.tell("shopper", "pays in WeChat; a signed and encrypted notification is on its way");
        self.until(who, order, "paid").await?;
        self.tell("shop", "has verified and opened it: the order is paid");
        Ok(number)
    }

    /// Waits until an order has `status`.
    pub(super) async fn until(&self, who: &Caller, order: &Value, status: &str) -> anyhow::Result<Value> {
        let path = format!("/api/v1/orders/{}", text(order, "/id")?);
        self.wait(who, &path, "/status", status).await
    }

    /// Waits until what `path` shows has `value` at `pointer`.
    pub(super) async fn wait(
        &self,
        who: &Caller,
        path: &str,
        pointer: &str,
        value: impl Into<Value>,
    ) -> anyhow::Result<Value> {
        let value = value.into();
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let seen = who.get(path).await?.ok()?;
            if seen.pointer(pointer) == Some(&value) {
                return Ok(seen);
            }
            anyhow::ensure!(tokio::time::Instant::now() < end, "{path} did not come to {value}: {seen}");
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    /// Waits until the platforms have come so far.
    pub(super) async fn comes_to(&self, what: &str, is_so: impl Fn() -> bool) -> anyhow::Result<()> {
        let end = tokio::time::Instant::now() + PATIENCE;
        while !is_so() {
            anyhow::ensure!(tokio::time::Instant::now() < end, "{what} did not come about");
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        Ok(())
    }

    /// Business time and the platforms' time move on.
    pub(super) async fn later(&self, seconds: i64, told: &str) -> anyhow::Result<()> {
        let step = json!({ "advance_s": seconds });
        self.phone.post("/_sandbox/clock", step.clone()).await?.ok()?;
        Caller::new(&self.server)?.post("/sandbox/clock", step).await?.ok()?;
        self.tell("clock", &format!("{told} later"));
        Ok(())
    }

    /// Units that can be sold.
    pub(super) async fn stock(&self, sku: &str) -> anyhow::Result<i64> {
        // A movement tells what is left after it; one there and one back leave it as it was.
        let moved = json!({ "delta": 1, "reason": "the tour counts" });
        let back = json!({ "delta": -1, "reason": "the tour has counted" });
        let path = format!("/console/api/v1/skus/{sku}/stock");
        self.operator.post(&path, moved).await?.ok()?;
        number(&self.operator.post(&path, back).await?.ok()?, "/stock")
    }

    /// The books are proven: journals balance, accounts equal their entries, and orders, refunds and
    /// payouts agree with them.
    pub(super) async fn books_add_up(&self) -> anyhow::Result<()> {
        let verdict = self.operator.get("/console/api/v1/ledger/verify").await?.ok()?;
        anyhow::ensure!(verdict.get("clean") == Some(&json!(true)), "the books are off: {verdict}");
        let journals = number(&verdict, "/journals")?;
        self.tell("ledger", &format!("{journals} journals verified: everything adds up to zero"));
        Ok(())
    }
}

/// A `wx.login` code of a user of the sandbox.
async fn login_code(phone: &Caller, name: &str) -> anyhow::Result<String> {
    let minted = phone.post("/_sandbox/login-code", json!({ "name": name })).await?.ok()?;
    text(&minted, "/code")
}
