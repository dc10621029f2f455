//! The same way through an order at every platform that the sandbox plays.

use sandbox::stores::{OrderStage, StorePlatform, StoreRef};
use serde_json::{Value, json};

use super::desk::{Desk, units};

/// Two lines of an order.
const TWO: &[(usize, i64)] = &[(0, 2), (1, 1)];
/// Where an order has one line.
const ONE: &[(usize, i64)] = &[(0, 2)];

/// Where an order may go out in several parcels.
const IN_PARTS: [StorePlatform; 8] = [
    StorePlatform::Taobao,
    StorePlatform::Youzan,
    StorePlatform::Shopify,
    StorePlatform::Aliexpress,
    StorePlatform::Ebay,
    StorePlatform::Amazon,
    StorePlatform::Dhgate,
    StorePlatform::Shoplazza,
];

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
    let there = desk.there(&number);
    let total = (&order["total"]["amount_minor"], &order["total"]["currency"]);
    assert_eq!(total, (&json!(there.total_minor()), &json!(there.currency)), "{name}: {order}");
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
    if IN_PARTS.contains(&desk.bound.of.platform) {
        sent_in_two(&desk, &skus).await;
    }
    state
}

/// An order goes out in two parcels, and the platform hears of both.
async fn sent_in_two(desk: &Desk<'_>, skus: &[String; 2]) {
    let (app, name) = (desk.app, desk.bound.of.platform.id());
    let before = desk.free(&skus[0]).await + desk.free(&skus[1]).await;
    let number = desk.buys(TWO);
    desk.pulls().await;
    let order = desk.confirms(&number).await;
    let part = json!([{"line_id": order["lines"][0]["id"], "quantity": order["lines"][0]["quantity"]}]);
    let first = json!({"carrier": "顺丰", "tracking_no": "SF1", "lines": part});
    desk.tries(&number, "ship", first).await.ok();
    app.run_due_jobs().await;
    let there = desk.there(&number);
    assert_eq!((there.stage, there.parcels.len()), (OrderStage::PartShipped, 1), "{name}: {there:?}");
    desk.pulls().await;
    assert_eq!(desk.order(&number).await["state"], "confirmed", "{name}");

    desk.tries(&number, "ship", json!({"carrier": "顺丰", "tracking_no": "SF2"})).await.ok();
    app.run_due_jobs().await;
    let there = desk.there(&number);
    let numbers: Vec<&str> = there.parcels.iter().map(|parcel| parcel.number.as_str()).collect();
    assert_eq!((there.stage, numbers), (OrderStage::Shipped, vec!["SF1", "SF2"]), "{name}");
    desk.pulls().await;
    let order = desk.order(&number).await;
    let told: Vec<_> = order["shipments"].as_array().unwrap().iter().map(|row| row["state"].clone()).collect();
    assert_eq!((&order["state"], told), (&json!("shipped"), vec![json!("told"); 2]), "{name}: {order}");
    assert_eq!(desk.free(&skus[0]).await + desk.free(&skus[1]).await, before - 3, "{name}");
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

on_both! {
    async fn orders_of_shopify_come_in_and_go_out(app: TestApp) {
        let of = StoreRef::new(StorePlatform::Shopify, "mei-tuangou.myshopify.com");
        assert_eq!(served(app, of, TWO).await, "told");
    }
}

on_both! {
    async fn orders_of_aliexpress_come_in_and_go_out(app: TestApp) {
        assert_eq!(served(app, StoreRef::new(StorePlatform::Aliexpress, "200042362"), TWO).await, "told");
    }
}

on_both! {
    async fn orders_of_ebay_come_in_and_go_out(app: TestApp) {
        let of = StoreRef::new(StorePlatform::Ebay, "ma8vp1jySJC").on("EBAY_US");
        assert_eq!(served(app, of, TWO).await, "told");
    }
}

on_both! {
    async fn orders_of_another_site_of_ebay_come_in_and_go_out(app: TestApp) {
        let of = StoreRef::new(StorePlatform::Ebay, "ma8vp1jySJC").on("EBAY_GB");
        assert_eq!(served(app, of, TWO).await, "told");
    }
}

on_both! {
    async fn orders_of_amazon_come_in_and_go_out(app: TestApp) {
        let of = StoreRef::new(StorePlatform::Amazon, "A2SELLER00001").on("US");
        assert_eq!(served(app, of, TWO).await, "told");
    }
}

on_both! {
    async fn orders_of_an_amazon_whose_prices_have_no_decimals_come_in_and_go_out(app: TestApp) {
        let of = StoreRef::new(StorePlatform::Amazon, "A2SELLER00001").on("JP");
        assert_eq!(served(app, of, TWO).await, "told");
    }
}

on_both! {
    async fn amazon_answers_about_orders_once_in_three_minutes_and_is_left_alone_until_then(app: TestApp) {
        let of = StoreRef::new(StorePlatform::Amazon, "A2SELLER00001").on("US");
        let desk = Desk::at(app, &of).await;
        let before = desk.pulls().await;
        app.wechat().exhaust("amazon/A2SELLER00001/searchOrders");
        desk.keeper().post(&desk.bound.path("/orders/pull"), json!({})).await;
        desk.works().await;
        let feed = desk.feed().await;
        assert_eq!((&feed["state"], &feed["failures"]), (&json!("resting"), &json!(1)), "{feed}");
        assert!(feed["last_error"].as_str().unwrap().contains("QuotaExceeded"), "{feed}");
        assert_eq!(feed["read_until"], before["read_until"], "what was not read is read later");
        let next: chrono::DateTime<chrono::Utc> = feed["next_at"].as_str().unwrap().parse().unwrap();
        let wait = (next - app.app.clock.now()).num_seconds();
        assert!((170..=180).contains(&wait), "{wait} s: {feed}");
        app.advance(150);
        desk.works().await;
        assert_eq!(desk.feed().await["failures"], 1, "nobody asks before");
    }
}

on_both! {
    async fn orders_of_wanliniu_come_in_and_are_sent_here_alone(app: TestApp) {
        assert_eq!(served(app, StoreRef::new(StorePlatform::Wanliniu, "3000112233"), TWO).await, "here_only");
    }
}

on_both! {
    async fn orders_whose_states_nobody_has_explained_take_nothing_and_are_never_sent(app: TestApp) {
        let desk = Desk::at(app, &StoreRef::new(StorePlatform::Wanliniu, "3000112233")).await;
        let bare = json!({"data": {"app_key": "3000112233"}});
        desk.keeper().patch(&desk.bound.path(""), bare).await.ok();
        let sku = desk.sku(0, 10).await;
        let number = desk.buys(&[(0, 2)]);
        desk.pulls().await;
        let order = desk.order(&number).await;
        assert_eq!((&order["state"], &order["remote_state"]), (&json!("draft"), &json!("unknown")), "{order}");
        assert_eq!((&order["origin"], &order["wire_state"]), (&json!("邻里鲜生"), &json!("1/0")), "{order}");
        let there = desk.there(&number);
        let total = (&order["total"]["amount_minor"], &order["total"]["currency"]);
        assert_eq!(total, (&json!(there.total_minor()), &json!("CNY")), "{order}");
        // Whose goods it sells is known; what it is worth is the ERP's business.
        assert_eq!(order["lines"][0]["sku_id"], sku);
        assert_eq!((units(&order), desk.free(&sku).await), ((0, 0, 0), 10));
        desk.tries(&number, "confirm", json!({})).await.refused(409, "market_order.wrong_state");
        let parcel = json!({"carrier": "顺丰", "tracking_no": "SF777"});
        desk.tries(&number, "ship", parcel).await.refused(409, "market_order.wrong_state");

        // An operator clears it from his desk; the ERP going on with it does not bring it back.
        desk.tries(&number, "cancel", json!({"reason": "万里牛发货"})).await.ok();
        app.wechat().stores().cancel(&desk.bound.of, &number).unwrap();
        desk.pulls().await;
        let order = desk.order(&number).await;
        assert_eq!((&order["state"], &order["wire_state"]), (&json!("cancelled"), &json!("4/0")), "{order}");
        assert_eq!((units(&order), desk.free(&sku).await), ((0, 0, 0), 10));
    }
}
