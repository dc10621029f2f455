//! A shop at work: goods with stock, a leader with a pickup point, shoppers who order, pay and get
//! their money back, and the checks that nothing was lost on the way.

use kernel::id::OrderId;
use sandbox::NoticeKind;
use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::{ledger, stock};

use crate::answer::Answer;
use crate::app::TestApp;
use crate::leaders::leader;
use crate::shopper::Client;

/// A shop that is open for business.
pub struct Floor<'a> {
    pub app: &'a TestApp,
    /// An operator who may do everything.
    pub keeper: Client,
    /// The leader, who is a member too.
    pub leader: Client,
    pub leader_id: String,
    /// His pickup point.
    pub point: String,
}

/// Goods with one SKU.
#[derive(Clone, Debug)]
pub struct Ware {
    pub goods: String,
    pub sku: String,
}

impl<'a> Floor<'a> {
    /// Opens a shop whose leader earns ten per cent.
    pub async fn open(app: &'a TestApp) -> Self {
        let keeper = app.operator().await;
        keeper.put("/console/api/v1/settings", json!({"leader_rate_bp": 1000})).await.ok();
        let (leader, approved) = leader(app, "leader", 23.1291, 113.2644).await;
        let leader_id = approved["leader"]["id"].as_str().unwrap().to_owned();
        let points = app.anybody().get("/api/v1/pickup-points").await.ok();
        let point = points["items"][0]["id"].as_str().unwrap().to_owned();
        Self { app, keeper, leader, leader_id, point }
    }

    /// Changes the shop's settings.
    pub async fn settings(&self, change: Value) {
        self.keeper.put("/console/api/v1/settings", change).await.ok();
    }

    /// Goods on sale.
    pub async fn goods(&self, price_fen: i64, stock: i64) -> Ware {
        self.goods_with(price_fen, json!(stock), json!({})).await
    }

    /// Goods on sale with more said about them; `stock` may be null.
    pub async fn goods_with(&self, price_fen: i64, stock: Value, more: Value) -> Ware {
        let mut body = json!({
            "title": "苹果 5 斤", "pictures": ["https://cdn.example/apple.jpg"], "on_shelf": true,
            "skus": [{"specs": {"规格": "5 斤"}, "price_fen": price_fen, "stock": stock}],
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let made = self.keeper.post_new("/console/api/v1/goods", body).await.ok();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Ware { goods: text(&made["id"]), sku: text(&made["skus"][0]["id"]) }
    }

    /// What is left of a SKU, as the console says.
    pub async fn left(&self, ware: &Ware) -> i64 {
        let goods = self.keeper.get(&format!("/console/api/v1/goods/{}", ware.goods)).await.ok();
        goods["skus"][0]["stock"].as_i64().unwrap()
    }

    /// An order to be picked up here.
    pub fn basket(&self, lines: &[(&Ware, i64)]) -> Value {
        let lines: Vec<_> =
            lines.iter().map(|(ware, quantity)| json!({"sku_id": ware.sku, "quantity": quantity})).collect();
        json!({"lines": lines, "fulfilment": {"kind": "pickup", "pickup_point_id": self.point}})
    }

    /// Tries to order.
    pub fn tries<'f>(&'f self, who: &'f Client, lines: &[(&Ware, i64)]) -> impl Future<Output = Answer> + use<'a, 'f> {
        let wish = self.basket(lines);
        async move { who.post_new("/api/v1/orders", wish).await }
    }

    /// Orders.
    pub async fn orders(&self, who: &Client, lines: &[(&Ware, i64)]) -> Value {
        self.tries(who, lines).await.ok()
    }

    /// Opens the pay sheet and gives what `wx.requestPayment` gets.
    pub async fn opens_pay_sheet(&self, who: &Client, order: &Value) -> Value {
        who.post(&format!("/api/v1/orders/{}/payment", id(order)), json!({})).await.ok()
    }

    /// Opens the pay sheet and pays there; the shop hears nothing of it. Gives the `out_trade_no`.
    pub async fn pays_unheard(&self, who: &Client, order: &Value) -> String {
        let sheet = self.opens_pay_sheet(who, order).await;
        self.app.wechat().pays(sheet["package"].as_str().unwrap()).unwrap();
        self.number_of(order).await
    }

    /// Orders, pays, and the notification arrives; the order as the member sees it then.
    pub async fn buys(&self, who: &Client, lines: &[(&Ware, i64)]) -> Value {
        let order = self.orders(who, lines).await;
        let number = self.pays_unheard(who, &order).await;
        assert_eq!(self.hears(&number).await, 204);
        self.seen(who, &order).await
    }

    /// The true notice about a number arrives; what the shop answered.
    pub async fn hears(&self, number: &str) -> u16 {
        self.hears_kind(number, NoticeKind::Duplicate).await
    }

    /// A notice of some kind about a number arrives; what the shop answered.
    pub async fn hears_kind(&self, number: &str, kind: NoticeKind) -> u16 {
        let delivered = self.app.wechat().send_notices(number, kind, 1).await.unwrap();
        delivered[0].status.unwrap_or_else(|| panic!("the notice about {number}: {}", delivered[0].answer))
    }

    /// The `out_trade_no` of an order.
    pub async fn number_of(&self, order: &Value) -> String {
        self.console(order).await["payment"]["id"].as_str().unwrap().to_owned()
    }

    /// The order as its member sees it now.
    pub async fn seen(&self, who: &Client, order: &Value) -> Value {
        who.get(&format!("/api/v1/orders/{}", id(order))).await.ok()
    }

    /// The order as operators see it now.
    pub async fn console(&self, order: &Value) -> Value {
        self.keeper.get(&format!("/console/api/v1/orders/{}", id(order))).await.ok()
    }

    /// An operator refunds; the refund as made.
    pub async fn refunds(&self, order: &Value, body: Value) -> Value {
        self.tries_refund(order, body).await.ok()
    }

    /// An operator tries to refund.
    pub async fn tries_refund(&self, order: &Value, mut body: Value) -> Answer {
        if body.get("reason").is_none() {
            body["reason"] = json!("商品有瑕疵");
        }
        self.keeper.post_new(&format!("/console/api/v1/orders/{}/refunds", id(order)), body).await
    }

    /// Every refund that waits is sent, and WeChat's notices about them arrive.
    pub async fn refunds_arrive(&self) {
        self.app.run_due_jobs().await;
        for refund in self.app.wechat().refunds() {
            if refund["status"] == "SUCCESS" {
                assert_eq!(self.hears(refund["out_refund_no"].as_str().unwrap()).await, 204);
            }
        }
    }

    /// Runs the jobs until `holds`, at most ten seconds: what failed is tried again after a pause.
    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        for _ in 0..100 {
            self.app.run_due_jobs().await;
            if holds().await {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("not within ten seconds: {what}");
    }

    /// The sum of an account of the shop, debit positive.
    pub async fn account(&self, account: AccountKind) -> i64 {
        let sums = ledger::query::accounts(self.app.app.db.reader(), self.app.shop().id).await.unwrap();
        sums.iter().filter(|sum| sum.account == account).map(|sum| sum.sum).sum()
    }

    /// Journals balance, no unit was lost, and the clearing account is what lies at WeChat.
    pub async fn adds_up(&self) {
        let (conn, shop) = (self.app.app.db.reader(), self.app.shop());
        let report = tuanqiao::flows::verify_books::verify(&self.app.app, &shop).await.unwrap();
        assert_eq!(report.found(), 0, "{report:?}");
        assert_eq!(stock::query::imbalances(conn, shop.id).await.unwrap(), []);
        let purse = self.app.wechat().purse(&self.app.keys().merchant.mchid);
        let owed = -self.account(AccountKind::MemberPayable).await;
        assert_eq!(
            self.account(AccountKind::Clearing).await,
            purse.paid - (purse.refunded - self.refunded_unheard()),
            "paid {} and refunded {} at WeChat, {owed} owed to members",
            purse.paid,
            purse.refunded
        );
    }

    /// Money of refunds that WeChat has taken and the shop has not heard the end of.
    fn refunded_unheard(&self) -> i64 {
        // What WeChat closed it has given back to the shop.
        let unheard = |refund: &Value| refund["status"] != "SUCCESS" && refund["status"] != "CLOSED";
        let amount = |refund: &Value| refund["amount"]["refund"].as_i64().unwrap();
        self.app.wechat().refunds().iter().filter(|refund| unheard(refund)).map(amount).sum()
    }
}

/// An order's (or anything's) id.
pub fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

/// An order's id, typed.
pub fn order_id(order: &Value) -> OrderId {
    id(order).parse().unwrap()
}

/// The id of an order's only line.
pub fn line_of(order: &Value) -> &str {
    order["lines"][0]["id"].as_str().unwrap()
}

/// What happened to an order, in its words.
pub fn events(order: &Value) -> Vec<&str> {
    order["timeline"].as_array().unwrap().iter().map(|entry| entry["event"].as_str().unwrap()).collect()
}
