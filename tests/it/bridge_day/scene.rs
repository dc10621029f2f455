//! The shop opens: a store on every platform, its goods imported, one pool behind all of them.

use kernel::id::SkuId;
use sandbox::stores::{Filling, StorePlatform as P, StoreRef};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tuanqiao::areas::stock::entity::level;
use tuanqiao::areas::stores::entity::store_sku;
use tuanqiao::flows::{import_goods, market_orders};

use super::walk::{Day, Part, Stall};
use crate::app::TestApp;
use crate::setup::Setup;
use crate::shop_floor::Floor;
use crate::stores::scene::{Bound, STORES, WANLINIU_SECRET, own_store};

/// Items of each store.
const ITEMS: u64 = 12;
/// Units of each variant in the beginning.
const UNITS: i64 = 40;
const IMPORTS: &str = "/console/api/v1/imports";

/// Every store: platform, seller, site, and where in the catalogue its goods begin. What two stores have both
/// is one SKU here.
const STORES_OF_THE_SHOP: &[(P, &str, &str, u64)] = &[
    (P::Pinduoduo, "880012345", "", 1),
    (P::Taobao, "2200657974", "", 5),
    (P::Jd, "4300012345", "", 1),
    (P::Youzan, "56232", "", 9),
    (P::Weimob, "4020502275894", "", 5),
    (P::Shopify, "mei-tuangou.myshopify.com", "", 1),
    (P::Aliexpress, "200042362", "", 5),
    (P::Ebay, "ma8vp1jySJC", "EBAY_US", 1),
    (P::Amazon, "A2SELLER00001", "US", 9),
    (P::Dhgate, "ff8080814a", "", 5),
    (P::Wish, "58298cbd15abf85958e9f87a", "", 1),
    (P::Shoplazza, "mei.myshoplaza.com", "", 9),
    (P::Wanliniu, "3000112233", "", 1),
];

/// The part that the nth store shows.
fn part(nth: usize) -> Part {
    match nth % 4 {
        0 => Part::All,
        1 => Part::Share(60),
        2 => Part::KeepBack(5),
        _ => Part::Fixed(25),
    }
}

/// Whether a platform takes stock.
pub fn takes_stock(platform: P) -> bool {
    !matches!(platform, P::Dhgate | P::Wanliniu)
}

impl Day {
    /// Opens the shop.
    pub async fn begin(setup: Setup, seed: u64) -> Self {
        let app = TestApp::with(setup, |_| {}).await;
        let (keeper, point) = {
            let floor = Floor::open(&app).await;
            let rate = json!({"currency": "USD", "rate": "7.1"});
            floor.keeper.put("/console/api/v1/exchange-rates", rate).await.ok();
            (floor.keeper.clone(), floor.point.clone())
        };
        let mut day = Day::of(app, keeper, point, seed);
        for name in ["anna", "ben", "cleo", "dan"] {
            let shopper = day.app.member(name).await;
            day.shoppers.push(shopper);
        }
        for (nth, (platform, seller, site, first)) in STORES_OF_THE_SHOP.iter().enumerate() {
            let of = StoreRef::new(*platform, *seller).on(*site);
            day.opens(&of, *first, part(nth)).await;
        }
        day.app.run_due_jobs().await;
        while market_orders::work(&day.app.app).await.unwrap() > 0 {}
        for sku in level::on_sale(day.app.shop().id).all(day.app.app.db.reader()).await.unwrap() {
            day.skus.push(sku.id);
            day.brought.insert(sku.id, sku.free.unwrap());
        }
        day.skus.sort_unstable();
        assert!(day.skus.len() > 30, "{} SKUs", day.skus.len());
        day
    }

    /// A merchant opens a store, the shop is let in and imports what it lists.
    async fn opens(&mut self, of: &StoreRef, first_listing: u64, part: Part) {
        self.app.has_store_apps().await;
        self.app.opens_store(of, 0);
        let filling = Filling { count: ITEMS, first_listing, variants: 3, quantity: UNITS };
        self.app.wechat().stores().fill(of, &filling).unwrap();
        let bound = match of.platform {
            P::Wanliniu => self.lets_in_by_key(of).await,
            _ => self.app.binds_store(of, 0).await,
        };
        let id = bound.id.parse().unwrap();
        self.stalls.push(Stall { bound, id, part });
        let place = self.stalls.len() - 1;
        let run = self.imports_whole(place).await.unwrap();
        while import_goods::work(&self.app.app).await.unwrap() > 0 {}
        let run = self.keeper.get(&format!("{IMPORTS}/{run}")).await.ok();
        assert_eq!((&run["status"], &run["refused"]), (&json!("done"), &json!(0)), "{of:?}: {run}");
        let rows = self.listed(place).await;
        let there: usize = self.app.wechat().stores().items(of).iter().map(|item| item.variants.len()).sum();
        assert_eq!(rows.iter().filter(|row| row.sku_id.is_some()).count(), there, "{of:?}: {rows:?}");
        if takes_stock(of.platform) {
            let path = self.stalls[place].bound.path("/stock-rule");
            self.keeper.put(&path, part.rule()).await.ok();
        }
    }

    async fn lets_in_by_key(&self, of: &StoreRef) -> Bound {
        let operator = self.app.operator().await;
        let row = operator.post_new(STORES, own_store(of)).await.ok();
        let id = row["id"].as_str().unwrap().to_owned();
        let pasted = json!({"pasted": WANLINIU_SECRET});
        operator.post(&format!("{STORES}/{id}/authorise"), pasted).await.ok();
        Bound { of: of.clone(), id, operator }
    }

    /// Begins an import of all that a store lists, or joins one; answers the run.
    pub async fn imports_whole(&mut self, place: usize) -> Option<String> {
        let stall = &self.stalls[place];
        let wish = json!({
            "marketplace": stall.platform().id(), "account": stall.bound.id, "listing": "own", "whole": true,
            "on_shelf": true, "pictures": false,
        });
        let run = self.keeper.post(IMPORTS, wish).await;
        self.taken(&run).then(|| text(&run.body, "id"))
    }

    /// What a store lists, as the shop knows it.
    pub async fn listed(&self, place: usize) -> Vec<store_sku::Model> {
        let all = store_sku::in_shop(self.app.shop().id).all(self.app.app.db.reader()).await.unwrap();
        all.into_iter().filter(|row| row.store_id == self.stalls[place].id).collect()
    }

    /// Which SKU each of a store's variants sells, by the platform's number of the variant.
    pub async fn ties(&self, place: usize) -> std::collections::BTreeMap<u64, SkuId> {
        let stores = self.app.wechat().stores();
        let rows = self.listed(place).await;
        let number = |row: &store_sku::Model| {
            let code = row.sku_code.as_deref().unwrap_or_default();
            stores.variant_by_code(self.stalls[place].of(), code).map(|variant| variant.number)
        };
        rows.iter().filter_map(|row| Some((number(row)?, row.sku_id?))).collect()
    }

    /// Every SKU's free units.
    pub async fn free(&self) -> std::collections::BTreeMap<SkuId, i64> {
        let rows = level::Entity::find().all(self.app.app.db.reader()).await.unwrap();
        rows.into_iter().map(|row| (row.id, row.free.unwrap())).collect()
    }
}

/// The text of a member of an answer.
pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
