//! Every platform that takes stock is kept in step: told of sales, asked before a number rises, heard when it
//! refuses.

use chrono::Duration;
use kernel::id::SkuId;
use sandbox::stores::{StorePlatform, StoreRef};
use serde_json::json;
use tuanqiao::areas::channels::state::LineState;
use tuanqiao::flows::market_orders;

use crate::app::TestApp;
use crate::channels::scene::Shelf;
use crate::shop_floor::{Floor, Ware};
use crate::stores::platforms::with_a_page;

/// Variants tied: enough for two items of the store.
const TIED: usize = 4;

/// A shop whose goods one store lists too.
struct Shown<'a> {
    app: &'a TestApp,
    floor: Floor<'a>,
    wares: Vec<Ware>,
    shelf: Shelf,
}

impl<'a> Shown<'a> {
    /// Ten of each are free, and the store shows them.
    async fn at(app: &'a TestApp, of: &StoreRef) -> Self {
        let floor = Floor::open(app).await;
        let mut wares = Vec::new();
        for _ in 0..TIED {
            wares.push(floor.goods(1_000, 10).await);
        }
        let skus: Vec<SkuId> = wares.iter().map(|ware| ware.sku.parse().unwrap()).collect();
        let shelf = app.shelf(of, &skus, 10).await;
        shelf.has_read_orders_but(app, Duration::minutes(10)).await;
        let shown = Self { app, floor, wares, shelf };
        app.tells_after(1).await;
        assert_eq!((shown.told(0).await, shown.told(TIED - 1).await), (Some(10), Some(10)), "it shows them already");
        shown
    }

    async fn told(&self, nth: usize) -> Option<i64> {
        self.shelf.line(self.app, nth).await.told
    }

    fn shows(&self, nth: usize) -> i64 {
        self.shelf.shows(self.app, nth)
    }

    /// What is due is told; what a platform only takes in is looked at until it shows.
    async fn settles(&self) {
        self.app.tells_after(2).await;
        if self.shelf.of().platform == StorePlatform::Amazon {
            assert_eq!(self.shelf.line(self.app, 0).await.stock_state, LineState::Accepted);
            self.app.tells_after(60).await;
        }
        let line = self.shelf.line(self.app, 0).await;
        assert_eq!((line.stock_state, line.told, line.sent), (LineState::Told, Some(self.shows(0)), None));
    }

    /// A sale here leaves fewer there.
    async fn sells_here(&self, units: i64) {
        self.floor.orders(&self.app.member("anna").await, &[(&self.wares[0], units)]).await;
        self.settles().await;
    }

    /// The platform sells, and before its order is read stock comes in: what it sold is not sold again.
    async fn rises_after_a_sale_unheard(&self) {
        self.shelf.sells_unheard(self.app, 0, 2);
        self.app.moves(&self.shelf, 0, 5).await;
        self.settles().await;
        assert_eq!(
            (self.shows(0), self.shelf.line(self.app, 0).await.unpulled),
            (10, 2),
            "12 are free, 2 of them sold"
        );
        // The look has asked for the orders.
        while market_orders::work(&self.app.app).await.unwrap() > 0 {}
        assert_eq!(self.app.free(&self.wares[0].sku).await, 10, "the order is read");
        self.app.tells_after(2).await;
        assert_eq!((self.shows(0), self.shelf.line(self.app, 0).await.unpulled), (10, 0));
    }

    /// The merchant takes a variant off over there: that line is refused, the others are told.
    async fn refuses_what_is_gone(&self) {
        let (stores, of, last) = (self.app.wechat().stores(), self.shelf.of(), TIED - 1);
        let (first, gone) = (&self.shelf.ties[0], &self.shelf.ties[last]);
        assert_ne!(first.item, gone.item, "an item's variants may be refused together");
        assert!(stores.item(of, gone.item).unwrap().has_choices());
        let swap = |from: u64, to: u64| {
            let edit = |item: &mut sandbox::stores::StoreItem| {
                let variant = item.variants.iter_mut().find(|one| one.number == from).unwrap();
                variant.number = to;
                variant.code = variant.code.chars().rev().collect();
            };
            stores.edit(of, gone.item, edit).unwrap();
        };
        swap(gone.variant, gone.variant + 50);
        self.app.moves(&self.shelf, 0, -1).await;
        self.app.moves(&self.shelf, last, -1).await;
        self.settles().await;
        assert_eq!(self.shows(0), 9);
        let refused = self.shelf.lines("refused").await;
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert_eq!(refused[0]["sku_id"], json!(self.wares[last].sku));
        assert!(refused[0]["last_error"].as_str().is_some_and(|why| !why.is_empty()), "{refused:?}");

        swap(gone.variant + 50, gone.variant);
        self.app.tells_after(60).await;
        self.app.tells_after(60).await;
        assert_eq!((self.shows(last), self.shelf.lines("refused").await.len()), (9, 0), "it is told again");
    }
}

/// The whole way of one stock at a platform.
async fn in_step(app: &TestApp, platform: StorePlatform) {
    let of = with_a_page().into_iter().find(|of| of.platform == platform).unwrap();
    let shown = Shown::at(app, &of).await;
    shown.sells_here(3).await;
    assert_eq!(shown.shows(0), 7);
    shown.rises_after_a_sale_unheard().await;
    shown.refuses_what_is_gone().await;
}

on_both! {
    async fn stock_is_in_step_at_pinduoduo(app: TestApp) {
        in_step(app, StorePlatform::Pinduoduo).await;
    }
}

on_both! {
    async fn stock_is_in_step_at_taobao(app: TestApp) {
        in_step(app, StorePlatform::Taobao).await;
    }
}

on_both! {
    async fn stock_is_in_step_at_jd(app: TestApp) {
        in_step(app, StorePlatform::Jd).await;
    }
}

on_both! {
    async fn stock_is_in_step_at_youzan(app: TestApp) {
        in_step(app, StorePlatform::Youzan).await;
    }
}

on_both! {
    async fn stock_is_in_step_at_weimob(app: TestApp) {
        in_step(app, StorePlatform::Weimob).await;
    }
}

on_both! {
    async fn stock_is_in_step_at_shopify(app: TestApp) {
        in_step(app, StorePlatform::Shopify).await;
    }
}

on_both! {
    async fn stock_is_in_step_at_aliexpress(app: TestApp) {
        in_step(app, StorePlatform::Aliexpress).await;
    }
}

on_both! {
    async fn stock_is_in_step_at_ebay(app: TestApp) {
        in_step(app, StorePlatform::Ebay).await;
    }
}

on_both! {
    async fn stock_is_in_step_at_amazon(app: TestApp) {
        in_step(app, StorePlatform::Amazon).await;
    }
}

on_both! {
    async fn stock_is_in_step_at_wish(app: TestApp) {
        in_step(app, StorePlatform::Wish).await;
    }
}

on_both! {
    async fn stock_is_in_step_at_shoplazza(app: TestApp) {
        in_step(app, StorePlatform::Shoplazza).await;
    }
}

on_both! {
    async fn what_lies_at_amazon_is_never_told(app: TestApp) {
        let of = StoreRef::new(StorePlatform::Amazon, "A2SELLER00001").on("US");
        app.opens_store(&of, 4);
        let code = app.wechat().stores().items(&of)[0].variants[0].code.clone();
        app.wechat().stores().set(&of, "fba", &code).unwrap();
        let shown = Shown::at(app, &of).await;
        app.moves(&shown.shelf, 0, -3).await;
        app.moves(&shown.shelf, 1, -3).await;
        app.tells_after(2).await;
        assert_eq!((shown.shows(0), shown.shows(1)), (10, 7));
        let refused = shown.shelf.lines("refused").await;
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert!(refused[0]["last_error"].as_str().unwrap().contains("lie at Amazon"), "{refused:?}");
    }
}
