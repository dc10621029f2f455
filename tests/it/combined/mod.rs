//! A basket over several merchants: one order each, placed, paid and closed together (sheet §3).

mod after;
mod paying;

use kernel::id::SupplierId;
use sandbox::{SandboxKeys, SubMerchant};
use serde_json::{Value, json};
use tuanqiao::areas::ledger::{self, state::AccountKind};

use crate::app::{TestApp, UnderProvider};
use crate::shopper::Client;
use crate::suppliers::supplier;
use crate::trade::Stage;

/// The sub-merchants of the two suppliers.
pub const ORCHARD: &str = "1709982801";
pub const MILL: &str = "1709982802";

fn shares(accounts: &UnderProvider, keys: &SandboxKeys) -> String {
    let onboarding = "\n[wechat_pay.onboarding]\nmerchant_name = \"阳光生鲜有限公司\"\n";
    format!("{}{onboarding}", accounts.payout("profit_sharing", keys))
}

/// The shop is a sub-merchant of a service provider, as those of both suppliers are.
pub async fn merchants(app: &TestApp) -> UnderProvider {
    let accounts = app.under_provider(shares).await;
    let mut provider = accounts.provider.clone();
    for number in [ORCHARD, MILL] {
        let appid = Some(accounts.sub.appid.clone());
        provider.sub_merchants.push(SubMerchant { mchid: number.to_owned(), appid });
    }
    app.wechat().add_merchant(&provider).unwrap();
    accounts
}

/// A shop under a service provider with goods of its own and of two suppliers who collect themselves.
pub struct Market {
    pub accounts: UnderProvider,
    pub stage: Stage,
    pub orchard: SupplierId,
    pub mill: SupplierId,
    /// SKUs: the shop's, the orchard's, the mill's.
    pub skus: [String; 3],
}

impl Market {
    pub async fn open(app: &TestApp) -> Self {
        Self::with_stock(app, 10).await
    }

    /// With so many units of each SKU.
    pub async fn with_stock(app: &TestApp, stock: i64) -> Self {
        let accounts = merchants(app).await;
        let stage = app.stage().await;
        let taken_on = async |name: &str, number: &str| {
            let made = supplier(&stage.operator, name, json!({"sub_mchid": number, "service_fee_bp": 500})).await;
            made["id"].as_str().unwrap().to_owned()
        };
        let (orchard, mill) = (taken_on("果园", ORCHARD).await, taken_on("米厂", MILL).await);
        let skus = [
            stage.sku("鸡蛋", 1_000, stock).await,
            sku_of(&stage, "脐橙", (2_000, stock), &orchard).await,
            sku_of(&stage, "大米", (501, stock), &mill).await,
        ];
        let (orchard, mill) = (orchard.parse().unwrap(), mill.parse().unwrap());
        Self { accounts, stage, orchard, mill, skus }
    }

    /// One egg box, two of the oranges, one bag of rice: 1 000, 4 000 and 501.
    pub fn basket(&self) -> Value {
        let mut basket = self.stage.basket(&self.skus[0], 1);
        let line = |sku: &str, quantity: i64| json!({"sku_id": sku, "quantity": quantity});
        basket["lines"] = json!([line(&self.skus[1], 2), line(&self.skus[0], 1), line(&self.skus[2], 1)]);
        basket
    }

    pub async fn places(&self, who: &Client) -> Value {
        who.post_new("/api/v1/checkouts", self.basket()).await.ok()
    }

    pub async fn free(&self, app: &TestApp) -> [i64; 3] {
        [app.free(&self.skus[0]).await, app.free(&self.skus[1]).await, app.free(&self.skus[2]).await]
    }
}

async fn sku_of(stage: &Stage, title: &str, (price_fen, stock): (i64, i64), supplier: &str) -> String {
    sku_with(stage, title, (price_fen, stock), json!({"supplier_id": supplier})).await
}

/// Goods on sale with one SKU, of which `more` says the rest; answers the SKU.
pub async fn sku_with(stage: &Stage, title: &str, (price_fen, stock): (i64, i64), more: Value) -> String {
    let mut goods = json!({"title": title, "pictures": ["https://example.com/a.jpg"], "on_shelf": true,
        "skus": [{"specs": {"规格": "1 份"}, "price_fen": price_fen, "stock": stock}]});
    for (field, value) in more.as_object().unwrap() {
        goods[field] = value.clone();
    }
    let goods = stage.operator.post_new("/console/api/v1/goods", goods).await.ok();
    goods["skus"][0]["id"].as_str().unwrap().to_owned()
}

pub fn path(checkout: &Value) -> String {
    format!("/api/v1/checkouts/{}", checkout["id"].as_str().unwrap())
}

/// The order of a checkout that is to pay this much.
pub fn order_of(checkout: &Value, fen: i64) -> Value {
    let orders = checkout["orders"].as_array().unwrap();
    orders.iter().find(|order| order["payable_fen"] == fen).unwrap().clone()
}

pub async fn states(who: &Client, checkout: &Value) -> Vec<String> {
    let shown = who.get(&path(checkout)).await.ok();
    shown["orders"].as_array().unwrap().iter().map(|order| order["status"].as_str().unwrap().to_owned()).collect()
}

impl TestApp {
    /// Opens the one pay sheet; answers our number of the whole.
    pub async fn prepays_together(&self, who: &Client, checkout: &Value) -> String {
        let sheet = who.post(&format!("{}/payment", path(checkout)), json!({})).await.ok();
        let prepay_id = sheet["package"].as_str().unwrap().strip_prefix("prepay_id=").unwrap().to_owned();
        let orders = self.wechat().orders();
        orders.into_iter().find(|order| order.prepay_id == prepay_id).unwrap().combined.unwrap()
    }

    pub async fn pays_together(&self, who: &Client, checkout: &Value) -> String {
        let number = self.prepays_together(who, checkout).await;
        self.wechat().pays_quietly(number.as_str()).unwrap();
        self.hears_of(&number).await;
        number
    }

    /// What of a merchant's money lies at WeChat by our books; `None` is the shop's.
    pub async fn lies_with(&self, supplier: Option<SupplierId>) -> i64 {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        let party = supplier.map(SupplierId::uuid);
        let conn = self.app.db.reader();
        let clearing = ledger::entity::entry::Column::Account.eq(AccountKind::Clearing);
        let all = ledger::entity::entry::Entity::find().filter(clearing).all(conn).await.unwrap();
        all.iter().filter(|entry| entry.party == party).map(|entry| entry.amount).sum()
    }

    /// What of a supplier's settled parts lies at its own merchant, less what that laid out for others.
    pub async fn collected_by(&self, supplier: Option<SupplierId>) -> i64 {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        use tuanqiao::areas::suppliers::entity::movement;
        use tuanqiao::areas::suppliers::state::MovementKind;
        let kind = movement::Column::Kind.is_in([MovementKind::Collected, MovementKind::Advanced]);
        let all = movement::Entity::find().filter(kind).all(self.app.db.reader()).await.unwrap();
        let own = all.iter().filter(|moved| Some(moved.supplier_id) == supplier);
        own.map(|moved| -moved.amount_fen.fen()).sum()
    }

    /// Every merchant's clearing, with what its supplier has got of it, is what WeChat holds for it, less
    /// fees no bill has told of.
    pub async fn each_merchants_money_is_booked(&self, market: &Market) {
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

impl TestApp {
    /// Every question that waits for its time is due now.
    pub async fn each_pending_payment_is_due(&self) {
        use sea_orm::sea_query::Expr;
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        use tuanqiao::areas::payments::entity::payment::{Column, Entity};
        let wall = self.app.clock.wall();
        let due = Entity::update_many().col_expr(Column::NextQueryAt, Expr::value(wall));
        due.filter(Column::NextQueryAt.is_not_null()).exec(self.app.db.maintenance()).await.unwrap();
    }
}
