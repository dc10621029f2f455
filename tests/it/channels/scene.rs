//! A store whose goods sell SKUs of the shop, and what each side shows of them.

use kernel::id::{SkuId, StoreId, StoreSkuId};
use sandbox::stores::{StorePlatform, StoreRef};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::channels::entity::{channel, line};
use tuanqiao::areas::channels::lines;
use tuanqiao::areas::channels::sales::{self, Sold};
use tuanqiao::areas::market_orders::entity::feed;
use tuanqiao::areas::stock::movements;
use tuanqiao::areas::stores::skus::{self, Listed};
use tuanqiao::areas::stores::state::MatchedBy;
use tuanqiao::flows::stock_channels;

use crate::app::TestApp;
use crate::stores::scene::Bound;

/// A variant at a store, and the SKU that it sells.
#[derive(Clone, Debug)]
pub struct Tie {
    /// The platform's number.
    pub variant: u64,
    /// Its item's.
    pub item: u64,
    pub sku: SkuId,
}

/// A store whose variants sell SKUs.
pub struct Shelf {
    pub bound: Bound,
    pub ties: Vec<Tie>,
}

impl Shelf {
    pub fn of(&self) -> &StoreRef {
        &self.bound.of
    }

    pub fn store(&self) -> StoreId {
        self.bound.id.parse().unwrap()
    }

    /// What the platform shows of its nth tied variant.
    pub fn shows(&self, app: &TestApp, nth: usize) -> i64 {
        app.wechat().stores().shown(self.of(), self.ties[nth].variant).unwrap()
    }

    /// Lets the store take another part of the stock.
    pub async fn rule(&self, rule: Value) -> Value {
        self.bound.operator.put(&self.bound.path("/stock-rule"), rule).await.ok()
    }

    /// The store's lines in the console; only those in `state`.
    pub async fn lines(&self, state: &str) -> Vec<Value> {
        let query = if state.is_empty() { String::new() } else { format!("&state={state}") };
        let list = self.bound.operator.get(&self.bound.path(&format!("/stock?limit=100{query}"))).await.ok();
        list["items"].as_array().unwrap().clone()
    }

    /// The nth line as it is stored.
    pub async fn line(&self, app: &TestApp, nth: usize) -> line::Model {
        let rows = lines::of_skus(app.app.db.reader(), app.shop().id, &[self.ties[nth].sku]).await.unwrap();
        rows.into_iter().find(|row| row.store_id == self.store()).unwrap()
    }

    /// Why the store is not told, and the time now.
    pub async fn rest(&self, app: &TestApp) -> String {
        let row = tuanqiao::areas::channels::channels::of_store(app.app.db.reader(), self.store()).await.unwrap();
        let row = row.unwrap();
        let now = app.app.clock.now();
        format!(
            "rests until {:?} for {:?}, leased until {:?}, now {now}",
            row.rest_until, row.last_error, row.lease_until
        )
    }

    /// Sets how far the store's orders have been read.
    pub async fn has_read_orders_but(&self, app: &TestApp, span: chrono::Duration) {
        self.bound.operator.get(&self.bound.path("/order-feed")).await.ok();
        let update = feed::Entity::update_many()
            .col_expr(feed::Column::Watermark, Expr::value(app.app.clock.wall() - span))
            .filter(feed::Column::StoreId.eq(self.store()));
        update.exec(app.app.db.maintenance()).await.unwrap();
    }

    /// A buyer buys at the platform, which shows less at once; the shop hears nothing of it.
    pub fn sells_unheard(&self, app: &TestApp, nth: usize, units: i64) {
        let stores = app.wechat().stores();
        stores.buy(self.of(), &[(self.ties[nth].variant, units)], &sandbox::stores::Purchase::default()).unwrap();
    }

    /// The order of such a sale is read: its units leave the pool.
    pub async fn order_is_read(&self, app: &TestApp, nth: usize, units: i64) {
        let (shop, now) = (app.shop().id, app.app.clock.now());
        app.app
            .db
            .write(async |tx| {
                movements::adjust(tx, shop, self.ties[nth].sku, -units, "sold there", None, now).await?;
                let sold = Sold { sku: self.ties[nth].sku, item: None, variant: None, units };
                sales::sold_there(tx, self.store(), &[sold], now).await?;
                Ok(())
            })
            .await
            .unwrap();
    }
}

impl TestApp {
    /// Binds a store of `items` goods and lets its variants sell the SKUs, in order; each shows `shown`.
    /// What its goods are is read through the connector.
    pub async fn shelf(&self, of: &StoreRef, skus: &[SkuId], shown: i64) -> Shelf {
        let bound = self.binds_store(of, u64::try_from(skus.len()).unwrap()).await;
        let id: StoreId = bound.id.parse().unwrap();
        let row = tuanqiao::areas::stores::query::any(self.app.db.reader(), id).await.unwrap().unwrap();
        let sandbox = self.wechat().stores();
        for item in sandbox.items(of) {
            for variant in &item.variants {
                sandbox.set_quantity(of, variant.number, shown).unwrap();
            }
        }
        let store = self.app.marketplaces.store(&self.shop(), &row).unwrap();
        let mut walk = store.market.engine.store_goods(&store.channel, None, None).unwrap();
        let mut listed = Vec::new();
        while let Some(page) = walk.next_page().await.unwrap() {
            for goods in page.rows {
                listed.extend(goods.skus.iter().map(|sku| Listed {
                    external_item_id: goods.external_id.clone(),
                    external_sku_id: sku.external_id.clone().unwrap_or_default(),
                    sku_code: sku.sku_code.clone(),
                    barcode: sku.barcode.clone(),
                    title: goods.title.clone(),
                    spec: None,
                    on_sale: true,
                    shown: sku.quantity,
                    extra: sku.extra.clone(),
                }));
            }
        }
        let ties = self.ties(of, &listed, skus);
        self.list(id, &listed, &ties).await;
        Shelf { bound, ties: ties.into_iter().map(|(_, tie)| tie).collect() }
    }

    /// As [`TestApp::shelf`], without reading the goods where a platform has a call for each.
    pub async fn fabricated_shelf(&self, of: &StoreRef, skus: &[SkuId], shown: i64) -> Shelf {
        if of.platform == StorePlatform::Shopify {
            return self.shelf(of, skus, shown).await;
        }
        let bound = self.binds_store(of, u64::try_from(skus.len()).unwrap()).await;
        let sandbox = self.wechat().stores();
        let mut listed = Vec::new();
        let mut ties = Vec::new();
        let items = sandbox.items(of);
        let variants = items
            .iter()
            .filter(|item| item.has_choices())
            .flat_map(|item| item.variants.iter().map(move |one| (item, one)));
        for ((item, variant), sku) in variants.zip(skus) {
            sandbox.set_quantity(of, variant.number, shown).unwrap();
            ties.push((listed.len(), Tie { variant: variant.number, item: item.number, sku: *sku }));
            listed.push(Listed {
                external_item_id: item.number.to_string(),
                external_sku_id: variant.number.to_string(),
                sku_code: Some(variant.code.clone()),
                barcode: None,
                title: item.title.clone(),
                spec: None,
                on_sale: true,
                shown: Some(shown),
                extra: json!({}),
            });
        }
        assert_eq!(ties.len(), skus.len(), "the store has too few goods");
        self.list(bound.id.parse().unwrap(), &listed, &ties).await;
        Shelf { bound, ties: ties.into_iter().map(|(_, tie)| tie).collect() }
    }

    /// Which variant sells which SKU: the first of those that are read, by the merchant's code.
    fn ties(&self, of: &StoreRef, listed: &[Listed], skus: &[SkuId]) -> Vec<(usize, Tie)> {
        let sandbox = self.wechat().stores();
        let items = sandbox.items(of);
        let variant_of = |code: &str| {
            let of_item = |item: &sandbox::stores::StoreItem| {
                let variant = item.variants.iter().find(|variant| variant.code == code)?;
                Some((item.number, variant.number))
            };
            items.iter().find_map(of_item)
        };
        let coded =
            listed.iter().enumerate().filter_map(|(nth, row)| Some((nth, variant_of(row.sku_code.as_deref()?)?)));
        let ties: Vec<_> =
            coded.zip(skus).map(|((nth, (item, variant)), sku)| (nth, Tie { variant, item, sku: *sku })).collect();
        assert_eq!(ties.len(), skus.len(), "the store has too few goods");
        ties
    }

    async fn list(&self, store: StoreId, listed: &[Listed], ties: &[(usize, Tie)]) {
        let (shop, now) = (self.shop().id, self.app.clock.now());
        self.app
            .db
            .write(async |tx| {
                for some in listed.chunks(200) {
                    skus::put(tx, shop, store, some, now).await?;
                }
                let items: Vec<&str> = listed.iter().map(|row| row.external_item_id.as_str()).collect();
                let mut known = std::collections::HashMap::new();
                for some in items.chunks(500) {
                    known.extend(skus::of_items(tx, store, some).await?);
                }
                for (nth, tie) in ties {
                    let row = &known[&(listed[*nth].external_item_id.clone(), listed[*nth].external_sku_id.clone())];
                    skus::tie(tx, row, Some((tie.sku, MatchedBy::Hand)), now).await?;
                }
                Ok(())
            })
            .await
            .unwrap();
    }

    /// Moves business time on and tells stores what is due then.
    pub async fn tells_after(&self, seconds: i64) {
        self.advance(seconds);
        stock_channels::work(&self.app).await.unwrap();
    }

    /// Stores are told, turn after turn, until nothing is due any more: a store's turn is bounded by time.
    pub async fn tells_until_all_is_told(&self) {
        for _ in 0..60 {
            self.tells_after(1).await;
            let due = line::Entity::find().filter(line::Column::PushAt.is_not_null());
            if due.count(self.app.db.reader()).await.unwrap() == 0 {
                return;
            }
        }
        panic!("stores are not told to the end");
    }

    /// An operator moves stock.
    pub async fn moves(&self, shelf: &Shelf, nth: usize, delta: i64) {
        let path = format!("/console/api/v1/skus/{}/stock", shelf.ties[nth].sku);
        shelf.bound.operator.post_new(&path, json!({"delta": delta, "reason": "盘点"})).await.ok();
    }

    /// A worker died: what it had at hand is free, as when its lease had ended by time.
    pub async fn leases_end(&self) {
        channel::Entity::update_many()
            .col_expr(channel::Column::LeaseUntil, Expr::value(self.app.clock.wall()))
            .filter(channel::Column::LeaseUntil.is_not_null())
            .exec(self.app.db.maintenance())
            .await
            .unwrap();
    }
}

/// The id of a line as the API has it.
pub fn line_id(line: &Value) -> StoreSkuId {
    line["id"].as_str().unwrap().parse().unwrap()
}
