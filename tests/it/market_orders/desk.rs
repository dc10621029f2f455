//! The desk of whoever serves a store's orders: a bound store with goods, and ours behind them.

use chrono::Duration;
use sandbox::stores::{Purchase, StoreOrder, StorePlatform, StoreRef, StoreVariant};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::market_orders::entity::feed;
use tuanqiao::areas::stock::query::imbalances;
use tuanqiao::flows::market_orders;

use crate::answer::Answer;
use crate::app::TestApp;
use crate::shopper::Client;
use crate::stores::scene::Bound;

pub const ORDERS: &str = "/console/api/v1/market-orders";

/// A store's orders as its operator works with them.
pub struct Desk<'a> {
    pub app: &'a TestApp,
    pub bound: Bound,
}

pub fn pinduoduo() -> StoreRef {
    StoreRef::new(StorePlatform::Pinduoduo, "880012345")
}

impl<'a> Desk<'a> {
    /// At Pinduoduo, with what came before the last minutes read already.
    pub async fn open(app: &'a TestApp) -> Self {
        Self::at(app, &pinduoduo()).await
    }

    /// The same anywhere.
    pub async fn at(app: &'a TestApp, of: &StoreRef) -> Self {
        let desk = Self { app, bound: app.binds_store(of, 6).await };
        desk.feed().await;
        desk.has_read_all_but(Duration::minutes(10)).await;
        desk
    }

    pub fn keeper(&self) -> &Client {
        &self.bound.operator
    }

    /// Sets how far the store has been read.
    pub async fn has_read_all_but(&self, span: Duration) {
        let watermark = self.app.app.clock.wall() - span;
        let update = feed::Entity::update_many()
            .col_expr(feed::Column::Watermark, Expr::value(watermark))
            .filter(feed::Column::StoreId.eq(self.bound.id.parse::<kernel::id::StoreId>().unwrap()));
        update.exec(self.app.app.db.maintenance()).await.unwrap();
    }

    /// A variant that the store sells.
    pub fn variant(&self, nth: usize) -> StoreVariant {
        self.app.wechat().stores().items(&self.bound.of)[nth].variants[0].clone()
    }

    /// Goods of ours that bear the merchant's code of that variant; answers the SKU.
    pub async fn sku(&self, nth: usize, stock: i64) -> String {
        self.sku_with(json!(self.variant(nth).code), stock).await
    }

    /// Goods of ours with this barcode.
    pub async fn sku_with(&self, barcode: Value, stock: i64) -> String {
        let goods = json!({
            "title": "赣南脐橙", "pictures": ["https://example.com/a.jpg"], "detail": "好", "on_shelf": true,
            "skus": [{"specs": {"规格": "5 kg"}, "price_fen": 2990, "stock": stock, "barcode": barcode}],
        });
        let goods = self.keeper().post_new("/console/api/v1/goods", goods).await.ok();
        goods["skus"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Stock comes in.
    pub async fn receives(&self, sku: &str, units: i64) {
        let path = format!("/console/api/v1/skus/{sku}/stock");
        self.keeper().post_new(&path, json!({"delta": units, "reason": "到货"})).await.ok();
    }

    /// A buyer of the platform buys; answers the platform's number.
    pub fn buys(&self, lines: &[(usize, i64)]) -> String {
        let basket: Vec<_> = lines.iter().map(|(nth, pieces)| (self.variant(*nth).number, *pieces)).collect();
        self.app.wechat().stores().buy(&self.bound.of, &basket, &Purchase::default()).unwrap()
    }

    /// The order as the platform has it.
    pub fn there(&self, number: &str) -> StoreOrder {
        self.app.wechat().stores().order(&self.bound.of, number).unwrap()
    }

    /// The store's feed as the console shows it.
    pub async fn feed(&self) -> Value {
        self.keeper().get(&self.bound.path("/order-feed")).await.ok()
    }

    /// Says what becomes of the store's orders.
    pub async fn rules(&self, change: Value) {
        self.keeper().patch(&self.bound.path("/order-feed"), change).await.ok();
    }

    /// An operator has the store read now.
    pub async fn pulls(&self) -> Value {
        let asked = self.keeper().post(&self.bound.path("/orders/pull"), json!({})).await;
        assert_eq!(asked.status, 202, "{}", asked.text());
        self.works().await;
        let feed = self.feed().await;
        assert_eq!((&feed["failures"], &feed["state"]), (&json!(0), &json!("waiting")), "{feed}");
        feed
    }

    /// The worker reads what is due.
    pub async fn works(&self) {
        while market_orders::work(&self.app.app).await.unwrap() > 0 {}
    }

    /// The orders of the store that the list shows.
    pub async fn list(&self, query: &str) -> Vec<Value> {
        let page = self.keeper().get(&format!("{ORDERS}?limit=100&store_id={}{query}", self.bound.id)).await.ok();
        page["items"].as_array().unwrap().clone()
    }

    /// How the platform's calls name the order that its people know by `number`.
    fn called(&self, number: &str) -> String {
        match self.bound.of.platform {
            StorePlatform::Shopify => format!("gid://shopify/Order/{number}"),
            StorePlatform::Wanliniu => format!("3B{:010X}", self.there(number).seq),
            _ => number.to_owned(),
        }
    }

    /// One order with all that belongs to it.
    pub async fn order(&self, number: &str) -> Value {
        let found = self.list(&format!("&external_id={}", self.called(number))).await;
        assert_eq!(found.len(), 1, "{number} is there once: {found:?}");
        self.keeper().get(&format!("{ORDERS}/{}", found[0]["id"].as_str().unwrap())).await.ok()
    }

    /// An operator does something to an order.
    pub async fn tries(&self, number: &str, what: &str, body: Value) -> Answer {
        let id = self.order(number).await["id"].as_str().unwrap().to_owned();
        self.keeper().post(&format!("{ORDERS}/{id}/{what}"), body).await
    }

    pub async fn confirms(&self, number: &str) -> Value {
        self.tries(number, "confirm", json!({})).await.ok()
    }

    /// Units free, which never disagree with the movements or the gate.
    pub async fn free(&self, sku: &str) -> i64 {
        let (app, shop) = (&self.app.app, self.app.shop().id);
        assert_eq!(imbalances(app.db.reader(), shop).await.unwrap(), []);
        let free = self.app.free(sku).await;
        let gate = app.gate.snapshot(shop).await.unwrap();
        if let Some(there) = gate.and_then(|gate| gate.free.get(&sku.parse().unwrap()).copied()) {
            assert_eq!(there, Some(free), "the gate follows");
        }
        free
    }
}

/// Of an order's first line: units taken, given back and missing.
pub fn units(order: &Value) -> (i64, i64, i64) {
    let line = &order["lines"][0];
    let unit = |name: &str| line[name].as_i64().unwrap();
    (unit("taken"), unit("given_back"), unit("missing"))
}

/// The words of an order's timeline.
pub fn timeline(order: &Value) -> Vec<&str> {
    order["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect()
}
