//! Twenty stores over six platforms with a thousand SKUs.

use std::time::Instant;

use kernel::id::SkuId;
use sandbox::Fault;
use sandbox::stores::{StorePlatform as P, StoreRef};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::channels::scene::Shelf;
use crate::shop_floor::{Floor, Ware};

const SKUS: usize = 1_000;
const POOL: i64 = 50;
const PLATFORMS: [(P, usize); 6] =
    [(P::Pinduoduo, 4), (P::Taobao, 4), (P::Jd, 4), (P::Youzan, 3), (P::Weimob, 3), (P::Shopify, 2)];

/// The rule of the nth store, and what it shows of a pool.
fn rule(nth: usize) -> (Value, fn(i64) -> i64) {
    match nth % 4 {
        0 => (json!({"mode": "all"}), |free| free),
        1 => (json!({"mode": "share", "percent": 50}), |free| free / 2),
        2 => (json!({"mode": "keep_back", "units": 10}), |free| (free - 10).max(0)),
        _ => (json!({"mode": "fixed", "units": 48}), |free| free.min(48)),
    }
}

struct World<'a> {
    app: &'a TestApp,
    shelves: Vec<Shelf>,
}

impl World<'_> {
    async fn free(&self, nth: usize) -> i64 {
        self.app.free(&self.shelves[0].ties[nth].sku.to_string()).await
    }

    /// Which stores show something else of these SKUs than their part of the pool, and what keeps them.
    async fn wrong(&self, skus: &[usize]) -> Vec<String> {
        let mut wrong = Vec::new();
        for nth in skus {
            let free = self.free(*nth).await;
            for (place, shelf) in self.shelves.iter().enumerate() {
                let (shown, wanted) = (shelf.shows(self.app, *nth), rule(place).1(free));
                if shown != wanted {
                    let (line, rest) = (shelf.line(self.app, *nth).await, shelf.rest(self.app).await);
                    wrong.push(format!(
                        "store {place}, SKU {nth}: {shown} instead of {wanted}; told {:?}, due {:?}, {rest}",
                        line.told, line.push_at
                    ));
                }
            }
        }
        wrong
    }

    /// Five seconds pass, a second at a time; stores are told what is due in each.
    async fn five_seconds(&self) {
        for _ in 0..5 {
            self.app.tells_after(1).await;
        }
    }
}

/// Goods of two hundred SKUs each.
async fn wares(floor: &Floor<'_>) -> Vec<Ware> {
    let mut wares = Vec::new();
    for _ in 0..SKUS / 200 {
        let skus: Vec<Value> = (0..200)
            .map(|nth| json!({"specs": {"规格": format!("{nth} 号")}, "price_fen": 1_000, "stock": POOL}))
            .collect();
        let made = floor.keeper.post_new(
            "/console/api/v1/goods",
            json!({
                "title": "苹果", "pictures": ["https://cdn.example/apple.jpg"], "on_shelf": true, "skus": skus,
            }),
        );
        let made = made.await.ok();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        for sku in made["skus"].as_array().unwrap() {
            wares.push(Ware { goods: text(&made["id"]), sku: text(&sku["id"]) });
        }
    }
    wares
}

async fn world<'a>(app: &'a TestApp, wares: &[Ware]) -> World<'a> {
    let skus: Vec<SkuId> = wares.iter().map(|ware| ware.sku.parse().unwrap()).collect();
    let mut shelves = Vec::new();
    for (platform, count) in PLATFORMS {
        for _ in 0..count {
            let place = shelves.len();
            let seller = match platform {
                P::Shopify => format!("shop-{place}.myshopify.com"),
                _ => (100 + place).to_string(),
            };
            let (rule, part) = rule(place);
            let shelf = app.fabricated_shelf(&StoreRef::new(platform, seller), &skus, part(POOL)).await;
            shelf.rule(rule).await;
            shelves.push(shelf);
        }
    }
    World { app, shelves }
}

on_both! {
    async fn what_is_sold_anywhere_is_shown_everywhere_within_five_seconds(setup: Setup) {
        let mut running = TestApp::with(setup, |_| {}).await;
        let app = &mut running;
        let floor = Floor::open(app).await;
        let wares = wares(&floor).await;
        let world = world(app, &wares).await;
        let began = Instant::now();
        app.tells_until_all_is_told().await;
        let told = began.elapsed();
        assert_eq!(world.wrong(&[0, 1, 500, SKUS - 1]).await, Vec::<String>::new());
        let sent = world.shelves[0].line(app, 0).await.send_no;
        assert_eq!(sent, 0, "twenty thousand lines that show what they should were compared in {told:?}, not told");

        // Sales here, by HTTP.
        let member = app.member("anna").await;
        for nth in [0, 7, 500, 500, SKUS - 1] {
            floor.orders(&member, &[(&wares[nth], 3)]).await;
        }
        world.five_seconds().await;
        let sold = [0, 7, 500, SKUS - 1];
        assert_eq!(world.wrong(&sold).await, Vec::<String>::new());

        // Sales there: a platform shows less by itself, the others are told once its order is read.
        for (store, nth) in [(0, 3), (5, 7), (9, 900), (13, 3), (19, 901)] {
            world.shelves[store].sells_unheard(app, nth, 2);
            world.shelves[store].order_is_read(app, nth, 2).await;
        }
        world.five_seconds().await;
        assert_eq!(world.wrong(&[3, 7, 900, 901]).await, Vec::<String>::new());

        // Platforms limit the rate, lose answers and go down for a moment while it is sold on.
        for (path, more) in [
            ("/pinduoduo", json!({"status": 429, "times": 2})),
            ("/taobao", json!({"drop": true, "after_effect": true, "times": 3})),
            ("/jd", json!({"drop": true, "times": 3})),
            ("/youzan", json!({"status": 500, "times": 2})),
        ] {
            let mut fault = more;
            fault["path_prefix"] = json!(path);
            app.wechat().add_fault(serde_json::from_value::<Fault>(fault).unwrap());
        }
        floor.orders(&member, &[(&wares[20], 9), (&wares[21], 1)]).await;
        for _ in 0..12 {
            app.tells_after(1).await;
        }
        assert_eq!(world.wrong(&[20, 21]).await, Vec::<String>::new());
        for shelf in &world.shelves {
            assert_eq!(shelf.lines("dead").await.len(), 0);
        }
        running.stop().await;
    }
}
