//! A platform says that its stock has changed: the items are read, and what is missing counts as sold.

use kernel::crypto::{base64_encode, digest};
use kernel::id::SkuId;
use sandbox::SignedNotice;
use sandbox::stores::{StorePlatform, StoreRef};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use tuanqiao::areas::stores::entity::store_hint;
use tuanqiao::flows::stock_channels;

use crate::app::TestApp;
use crate::channels::scene::Shelf;
use crate::shop_floor::Floor;

/// A Shopify store and another one that sell the same SKUs, both told of ten.
async fn shelves(app: &TestApp) -> [Shelf; 2] {
    let floor = Floor::open(app).await;
    let mut skus: Vec<SkuId> = Vec::new();
    for _ in 0..2 {
        skus.push(floor.goods(1_000, 10).await.sku.parse().unwrap());
    }
    let shopify = app.shelf(&StoreRef::new(StorePlatform::Shopify, "neighbours.myshopify.com"), &skus, 10).await;
    let other = app.shelf(&StoreRef::new(StorePlatform::Pinduoduo, "11"), &skus, 10).await;
    app.tells_after(1).await;
    // What was told this minute is what a message speaks of.
    app.tells_after(61).await;
    [shopify, other]
}

/// What Shopify says when the stock of the nth tied variant has changed.
async fn says(app: &TestApp, shelf: &Shelf, nth: usize, event: &str) {
    let body = json!({"inventory_item_id": shelf.ties[nth].variant, "location_id": 66_000_000_001_u64,
        "available": shelf.shows(app, nth),
        "admin_graphql_api_id": format!("gid://shopify/InventoryLevel/9?inventory_item_id={}", shelf.ties[nth].variant)});
    let body = body.to_string().into_bytes();
    let secret = app.keys().stores.on(StorePlatform::Shopify).unwrap().secret.clone();
    let headers = [
        ("Content-Type", "application/json".to_owned()),
        ("X-Shopify-Topic", "inventory_levels/update".to_owned()),
        ("X-Shopify-Shop-Domain", shelf.of().seller.clone()),
        ("X-Shopify-Event-Id", event.to_owned()),
        ("X-Shopify-Hmac-Sha256", base64_encode(digest::hmac_sha256(secret.as_bytes(), &body))),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let url = format!("http://{}/notify/market/shopify/{}", app.address, shelf.bound.id);
    assert_eq!(app.wechat().post_notice(SignedNotice { url, headers, body }).await.status, Some(200));
}

/// What platforms said is followed, and stores are told what comes of it.
async fn follows(app: &TestApp) {
    while stock_channels::reconcile(&app.app).await.unwrap() > 0 {}
    app.tells_after(2).await;
}

async fn hints(app: &TestApp) -> u64 {
    store_hint::Entity::find().count(app.app.db.reader()).await.unwrap()
}

on_both! {
    async fn what_a_platform_says_it_sold_is_shown_nowhere_else_before_its_order_comes(app: TestApp) {
        let [shelf, other] = shelves(app).await;
        shelf.sells_unheard(app, 0, 3);
        says(app, &shelf, 0, "e1").await;
        assert_eq!(hints(app).await, 1);
        follows(app).await;
        let line = shelf.line(app, 0).await;
        assert_eq!((line.shown, line.unpulled), (Some(7), 3), "read, not believed");
        assert_eq!((shelf.shows(app, 0), other.shows(app, 0)), (7, 7), "the other store shows no more either");
        assert_eq!((shelf.shows(app, 1), other.shows(app, 1)), (10, 10));
        // The stock hint is followed; what is left asks for the store's orders.
        let left = store_hint::Entity::find().all(app.app.db.reader()).await.unwrap();
        let left: Vec<_> = left.iter().map(|hint| (hint.store_id, hint.kind)).collect();
        assert_eq!(left, [(shelf.store(), tuanqiao::areas::stores::state::HintKind::Orders)]);
        shelf.order_is_read(app, 0, 3).await;
        app.tells_after(2).await;
        assert_eq!((shelf.shows(app, 0), other.shows(app, 0), shelf.line(app, 0).await.unpulled), (7, 7, 0));
    }
}

on_both! {
    async fn a_message_that_echoes_what_we_told_or_names_nothing_of_ours_is_not_followed(app: TestApp) {
        let [shelf, _] = shelves(app).await;
        app.moves(&shelf, 0, -4).await;
        app.tells_after(2).await;
        assert_eq!(shelf.shows(app, 0), 6);
        let asked = || app.wechat().request_log().len();
        let before = asked();
        says(app, &shelf, 0, "e1").await;
        follows(app).await;
        assert_eq!((hints(app).await, asked()), (0, before), "our own number came back");
        // A minute later the same message may be about a sale.
        app.tells_after(61).await;
        let before = asked();
        says(app, &shelf, 0, "e2").await;
        follows(app).await;
        assert!(asked() > before, "now it is read");
        let line = shelf.line(app, 0).await;
        assert_eq!((line.shown, line.unpulled, hints(app).await), (Some(6), 0, 0));
    }
}

on_both! {
    async fn a_platform_that_cannot_be_read_now_is_left_to_the_next_reading(app: TestApp) {
        let [shelf, other] = shelves(app).await;
        shelf.sells_unheard(app, 0, 3);
        let down = json!({"path_prefix": "/shopify", "drop": true, "times": 1000});
        app.wechat().add_fault(serde_json::from_value(down).unwrap());
        says(app, &shelf, 0, "e1").await;
        follows(app).await;
        assert_eq!((hints(app).await, shelf.line(app, 0).await.unpulled, other.shows(app, 0)), (0, 0, 10));
        app.wechat().clear_faults();
        let asked = shelf.bound.operator.post(&shelf.bound.path("/stock/reconcile"), json!({})).await;
        assert_eq!(asked.status, 202);
        follows(app).await;
        app.tells_after(61).await;
        assert_eq!((shelf.line(app, 0).await.unpulled, other.shows(app, 0)), (3, 7));
    }
}
