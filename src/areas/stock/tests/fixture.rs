//! A shop with SKUs and orders, in the columns that this area's tables refer to.

use std::time::Duration;

use kernel::id::{GoodsId, MemberId, OrderId, ShopId, SkuId};
use kernel::{Clock, Code, Failure, Time};
use sea_orm::{DatabaseTransaction, EntityTrait, Value};

use crate::areas::stock::entity::{hold, level, movement};
use crate::areas::stock::holds::{EmbeddedGate, RedisGate};
use crate::areas::stock::service::Taken;
use crate::areas::stock::{Level, StockGate, movements, query, service};
use crate::platform::db::Db;
use crate::platform::redis::{Redis, Timing};
use crate::platform::test_databases::{insert, redis_url};

pub struct Shop {
    pub db: Db,
    pub id: ShopId,
    pub member: MemberId,
    pub goods: GoodsId,
    /// By ascending id.
    pub skus: Vec<SkuId>,
}

pub fn now() -> Time {
    Clock::default().now()
}

impl Shop {
    pub async fn new(db: &Db, levels: &[Level]) -> Self {
        let mut shop = Self {
            db: db.clone(),
            id: ShopId::new(),
            member: MemberId::new(),
            goods: GoodsId::new(),
            skus: Vec::new(),
        };
        let (conn, at) = (db.maintenance(), Value::from(now()));
        let json = || Value::from(serde_json::json!({}));
        let mut row = vec![("id", shop.id.into()), ("created_at", at.clone()), ("updated_at", at.clone())];
        for column in ["code", "name", "appid", "sub_mchid", "sealed_secrets"] {
            row.push((column, shop.id.to_string().into()));
        }
        row.extend([("profile", json()), ("settings", json()), ("version", 1.into())]);
        insert(conn, "shops", row).await;
        let row = vec![
            ("id", shop.member.into()),
            ("shop_id", shop.id.into()),
            ("openid", shop.member.to_string().into()),
            ("nickname", "".into()),
            ("has_paid", false.into()),
            ("created_at", at.clone()),
            ("updated_at", at.clone()),
        ];
        insert(conn, "members", row).await;
        let mut row = vec![("id", shop.goods.into()), ("shop_id", shop.id.into()), ("kind", "own".into())];
        row.extend([("title", "".into()), ("detail", "".into()), ("pictures", json()), ("tags", json())]);
        for column in ["on_shelf", "express_only", "new_buyer_only", "region_limited"] {
            row.push((column, false.into()));
        }
        row.extend([("price_from_fen", 1_i64.into()), ("position", 0.into()), ("version", 1_i64.into())]);
        row.extend([("created_at", at.clone()), ("updated_at", at)]);
        insert(conn, "goods", row).await;
        for level in levels {
            shop.add_sku(*level).await;
        }
        shop
    }

    pub async fn add_sku(&mut self, level: Level) -> SkuId {
        let (sku, at) = (SkuId::new(), Value::from(now()));
        let row = vec![
            ("id", sku.into()),
            ("shop_id", self.id.into()),
            ("goods_id", self.goods.into()),
            ("specs", Value::from(serde_json::json!({}))),
            ("specs_key", sku.to_string().into()),
            ("price_fen", 1_i64.into()),
            ("free", level.into()),
            ("position", 0.into()),
            ("created_at", at.clone()),
            ("updated_at", at),
        ];
        insert(self.db.maintenance(), "skus", row).await;
        self.write(async |tx| Ok(movements::open(tx, self.id, &[(sku, level)], None, now()).await?)).await.unwrap();
        self.skus.push(sku);
        sku
    }

    pub async fn order(&self) -> OrderId {
        let (order, at) = (OrderId::new(), Value::from(now()));
        let mut row = vec![("id", order.into()), ("shop_id", self.id.into()), ("member_id", self.member.into())];
        row.extend([("status", "pending_payment".into()), ("fulfilment", "pickup".into())]);
        row.extend([
            ("refund_status", "none".into()),
            ("profit_sharing", false.into()),
            ("for_new_buyers", false.into()),
        ]);
        for amount in [
            "goods_fen",
            "spend_and_save_fen",
            "coupon_fen",
            "points_used",
            "points_fen",
            "shipping_fen",
            "packing_fen",
            "balance_fen",
            "balance_gift_fen",
            "payable_fen",
            "refunded_fen",
        ] {
            row.push((amount, 0_i64.into()));
        }
        row.extend([("expires_at", at.clone()), ("created_at", at.clone()), ("updated_at", at)]);
        insert(self.db.maintenance(), "orders", row).await;
        order
    }

    pub async fn write<T>(&self, work: impl AsyncFn(&DatabaseTransaction) -> Result<T, Failure>) -> Result<T, Failure> {
        self.db.write(work).await
    }

    /// A new order that reserves the lines, in a transaction of its own.
    pub async fn reserve(&self, lines: &[(SkuId, i64)]) -> Result<OrderId, Failure> {
        let order = self.order().await;
        self.reserve_for(order, lines).await.map(|_| order)
    }

    pub async fn reserve_for(&self, order: OrderId, lines: &[(SkuId, i64)]) -> Result<Vec<Taken>, Failure> {
        let (at, until) = (now(), now() + Duration::from_secs(900));
        self.write(async |tx| Ok(service::reserve(tx, self.id, order, lines, until, at).await?)).await
    }

    pub async fn deduct(&self, order: OrderId) -> u64 {
        self.write(async |tx| Ok(service::deduct(tx, self.id, order, now()).await?)).await.unwrap()
    }

    pub async fn release(&self, order: OrderId) -> Vec<(SkuId, i64)> {
        self.write(async |tx| Ok(service::release(tx, self.id, order, now()).await?)).await.unwrap()
    }

    pub async fn restock(&self, order: OrderId, lines: &[(SkuId, i64)]) -> Result<Vec<(SkuId, i64)>, Failure> {
        self.write(async |tx| Ok(service::restock(tx, self.id, order, lines, "refund", None, now()).await?)).await
    }

    pub async fn adjust(&self, sku: SkuId, delta: i64) -> Result<i64, Failure> {
        self.write(async |tx| Ok(movements::adjust(tx, self.id, sku, delta, "counted", None, now()).await?)).await
    }

    pub async fn set_level(&self, sku: SkuId, level: Level) -> Result<(), Failure> {
        self.write(async |tx| Ok(movements::set_level(tx, self.id, sku, level, "", None, now()).await?)).await
    }

    pub async fn free(&self) -> Vec<Level> {
        let rows = level::Entity::find().all(self.db.reader()).await.unwrap();
        self.skus.iter().map(|sku| rows.iter().find(|row| row.id == *sku).unwrap().free).collect()
    }

    pub async fn holds(&self) -> Vec<hold::Model> {
        hold::in_shop(self.id).all(self.db.reader()).await.unwrap()
    }

    pub async fn movements(&self) -> Vec<movement::Model> {
        movement::in_shop(self.id).all(self.db.reader()).await.unwrap()
    }

    /// free + held + sold = what movements brought in, for every SKU.
    pub async fn assert_books_balance(&self) {
        assert_eq!(query::imbalances(self.db.reader(), self.id).await.unwrap(), []);
    }

    pub async fn remove(&self, sku: SkuId) {
        use sea_orm::sea_query::Expr;
        use sea_orm::{ColumnTrait, QueryFilter};
        level::Entity::update_many()
            .col_expr(level::Column::RemovedAt, Expr::value(now()))
            .filter(level::Column::Id.eq(sku))
            .exec(self.db.maintenance())
            .await
            .unwrap();
    }
}

/// The code a call was refused with.
pub fn refused<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> Code {
    outcome.unwrap_err().code()
}

/// Both forms of the gate, with their names.
pub async fn gates() -> Vec<(&'static str, StockGate)> {
    let mut gates = vec![("embedded", StockGate::Embedded(EmbeddedGate::default()))];
    if let Some(url) = redis_url() {
        let patient = Timing { connect: Duration::from_secs(5), answer: Duration::from_secs(5), ..Timing::default() };
        let redis = Redis::start(&url, patient).unwrap();
        assert!(redis.connected(Duration::from_secs(10)).await, "TUANQIAO_TEST_REDIS_URL must name a running server");
        gates.push(("redis", StockGate::Redis(RedisGate::new(redis))));
    }
    gates
}
