//! The same way through an order at every platform that the sandbox plays.

use sandbox::stores::{OrderStage, StorePlatform, StoreRef};
use serde_json::{Value, json};

use super::desk::{Desk, units};

/// Two lines of an order.
const TWO: &[(usize, i64)] = &[(0, 2), (1, 1)];
/// Where an order has one line.
const ONE: &[(usize, i64)] = &[(0, 2)];

/// An order comes in, takes its units, is confirmed and sent; answers how the platform heard of the parcel.
async fn served(app: &crate::app::TestApp, of: StoreRef, basket: &[(usize, i64)]) -> Value {
    let desk = Desk::at(app, &of).await;
    let skus = [desk.sku(0, 10).await, desk.sku(1, 10).await];
    let number = desk.buys(basket);
    let pieces: i64 = basket.iter().map(|(_, pieces)| *pieces).sum();
    desk.pulls().await;
    let order = desk.order(&number).await;
    let name = of.platform.id();
    assert_eq!(
        (&order["state"], order["lines"].as_array().unwrap().len()),
        (&json!("draft"), basket.len()),
        "{name}: {order}"
    );
    assert_eq!(
        (units(&order).2, desk.free(&skus[0]).await + desk.free(&skus[1]).await),
        (0, 20 - pieces),
        "{name}: {order}"
    );
    assert_eq!(order["total"]["amount_minor"], json!(desk.there(&number).total_minor()), "{name}");
    desk.confirms(&number).await;
    desk.tries(&number, "ship", json!({"carrier": "顺丰", "tracking_no": "SF777"})).await.ok();
    app.run_due_jobs().await;
    desk.pulls().await;
    let order = desk.order(&number).await;
    assert_eq!(order["state"], "shipped", "{name}: {order}");
    let state = order["shipments"][0]["state"].clone();
    let is_sent_there = desk.there(&number).stage == OrderStage::Shipped;
    assert_eq!(is_sent_there, state == "told", "{name}: {}", order["shipments"]);

    let other = desk.buys(&[(0, 1)]);
    desk.pulls().await;
    app.wechat().stores().cancel(&desk.bound.of, &other).unwrap();
    // Where increments do not tell of it, open orders that are read again do.
    app.advance(7 * 3_600);
    desk.works().await;
    assert_eq!((units(&desk.order(&other).await), desk.free(&skus[0]).await), ((1, 1, 0), 8), "{name}");
    state
}

on_both! {
    async fn orders_of_taobao_come_in_and_go_out(app: TestApp) {
        assert_eq!(served(app, StoreRef::new(StorePlatform::Taobao, "2200112233"), TWO).await, "told");
    }
}

on_both! {
    async fn orders_of_youzan_come_in_and_go_out(app: TestApp) {
        assert_eq!(served(app, StoreRef::new(StorePlatform::Youzan, "56232"), TWO).await, "told");
    }
}

on_both! {
    async fn orders_of_jd_come_in_and_go_out(app: TestApp) {
        assert_eq!(served(app, StoreRef::new(StorePlatform::Jd, "10203040"), TWO).await, "told");
    }
}

on_both! {
    async fn orders_of_weimob_come_in_and_are_sent_here_alone(app: TestApp) {
        assert_eq!(served(app, StoreRef::new(StorePlatform::Weimob, "4020502275894"), TWO).await, "here_only");
    }
}

on_both! {
    async fn orders_of_dhgate_come_in_and_go_out(app: TestApp) {
        assert_eq!(served(app, StoreRef::new(StorePlatform::Dhgate, "ff8080814a"), TWO).await, "told");
    }
}

on_both! {
    async fn orders_of_wish_come_in_and_go_out(app: TestApp) {
        assert_eq!(served(app, StoreRef::new(StorePlatform::Wish, "58298cbd15abf85958e9f87a"), ONE).await, "told");
    }
}

on_both! {
    async fn orders_of_shoplazza_come_in_and_go_out(app: TestApp) {
        assert_eq!(served(app, StoreRef::new(StorePlatform::Shoplazza, "mei.myshoplaza.com"), TWO).await, "told");
    }
}
