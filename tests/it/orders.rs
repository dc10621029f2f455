//! From a basket to an order and away again: quotes, limits, cancelling, time running out.

use chrono::Timelike;
use futures::future::join_all;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::shop_floor::{Floor, events, id};
use crate::shopper::Client;

on_both! {
    async fn a_quote_becomes_an_order_that_is_shown_listed_and_cancelled(app: TestApp) {
        let floor = Floor::open(app).await;
        let (apples, pears) = (floor.goods(1999, 10).await, floor.goods(350, 5).await);
        let anna = app.member("anna").await;
        let mut wish = floor.basket(&[(&apples, 3), (&pears, 1)]);
        let quote = anna.post("/api/v1/checkout/quote", wish.clone()).await.ok();
        assert_eq!((&quote["payable_fen"], &quote["goods_fen"]), (&json!(6347), &json!(6347)));
        assert_eq!(quote["lines"][0]["paid_fen"], 5997);
        assert_eq!(floor.left(&apples).await, 10, "a quote reserves nothing");
        wish["quote_token"] = quote["quote_token"].clone();
        wish["remark"] = json!("请放门口");
        let order = anna.post_new("/api/v1/orders", wish).await;
        assert_eq!(order.status, 201);
        let order = order.ok();
        assert_eq!((&order["status"], &order["payable_fen"]), (&json!("pending_payment"), &json!(6347)));
        assert_eq!((floor.left(&apples).await, floor.left(&pears).await), (7, 4));

        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["remark"], &seen["actions"]), (&json!("请放门口"), &json!(["pay", "cancel"])));
        assert_eq!(events(&seen), ["placed"]);
        assert_eq!(seen["timeline"][0]["actor"], "member", "whose id it was is for the console");
        let listed = anna.get("/api/v1/orders?status=pending_payment").await.ok();
        assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["id"]), (1, &order["id"]));
        assert_eq!(anna.get("/api/v1/orders?status=paid").await.ok()["items"], json!([]));
        anna.get("/api/v1/orders?status=lost").await.refused(400, "validation.failed");

        let path = format!("/api/v1/orders/{}/cancel", id(&order));
        let cancelled = anna.post(&path, json!({})).await.ok();
        assert_eq!((&cancelled["status"], &cancelled["closed_reason"]), (&json!("closed"), &json!("cancelled")));
        assert_eq!((floor.left(&apples).await, floor.left(&pears).await), (10, 5));
        let again = anna.post(&path, json!({})).await.refused(409, "order.wrong_state");
        assert_eq!(again["extra"]["status"], "closed");
        assert_eq!(events(&floor.seen(&anna, &order).await), ["placed", "cancelled"]);
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_stale_quote_is_answered_with_the_new_one(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let mut wish = floor.basket(&[(&apples, 2)]);
        wish["quote_token"] = anna.post("/api/v1/checkout/quote", wish.clone()).await.ok()["quote_token"].clone();
        let dearer = json!({"skus": [{"id": apples.sku, "specs": {"规格": "5 斤"}, "price_fen": 1100}]});
        floor.keeper.put(&format!("/console/api/v1/goods/{}", apples.goods), dearer).await.ok();
        let refused = anna.post_new("/api/v1/orders", wish.clone()).await.refused(409, "checkout.price_changed");
        assert_eq!(refused["extra"]["payable_fen"], 2200);
        assert_eq!(floor.left(&apples).await, 10);
        wish["quote_token"] = refused["extra"]["quote_token"].clone();
        assert_eq!(anna.post_new("/api/v1/orders", wish).await.ok()["payable_fen"], 2200);
    }
}

on_both! {
    async fn one_key_is_one_order(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let wish = floor.basket(&[(&apples, 1)]);
        anna.post("/api/v1/orders", wish.clone()).await.refused(400, "idempotency.key_required");
        let first = anna.post_once("k", "/api/v1/orders", wish.clone()).await;
        let again = anna.post_once("k", "/api/v1/orders", wish.clone()).await;
        assert_eq!((first.status, &first.bytes), (again.status, &again.bytes), "the first answer, byte for byte");
        let other = floor.basket(&[(&apples, 2)]);
        anna.post_once("k", "/api/v1/orders", other).await.refused(422, "idempotency.key_reused");
        let ben = app.member("ben").await;
        let bens = ben.post_once("k", "/api/v1/orders", wish.clone()).await.ok();
        assert_ne!(bens["id"], first.body["id"], "a key belongs to its caller");
        assert_eq!(floor.left(&apples).await, 8);

        let at_once = join_all((0..8).map(|_| anna.post_once("p", "/api/v1/orders", wish.clone()))).await;
        let made: Vec<_> = at_once.iter().filter(|answer| answer.status == 201).collect();
        assert!(!made.is_empty() && made.iter().all(|answer| answer.bytes == made[0].bytes));
        for late in at_once.iter().filter(|answer| answer.status != 201) {
            assert_eq!((late.status, late.code()), (409, "idempotency.in_progress"), "{}", late.text());
        }
        assert_eq!(floor.left(&apples).await, 7, "eight at once are one order");

        // A refused request leaves nothing behind: the same key may try again.
        let too_much = floor.basket(&[(&apples, 100)]);
        anna.post_once("r", "/api/v1/orders", too_much.clone()).await.refused(409, "stock.short");
        let more = json!({"delta": 200, "reason": "到货"});
        floor.keeper.post_new(&format!("/console/api/v1/skus/{}/stock", apples.sku), more).await.ok();
        assert_eq!(anna.post_once("r", "/api/v1/orders", too_much).await.status, 201);

        let cancel = format!("/api/v1/orders/{}/cancel", id(&first.body));
        let gone = anna.post_once("c", &cancel, json!({})).await;
        let repeated = anna.post_once("c", &cancel, json!({})).await;
        assert_eq!((gone.status, &gone.bytes), (repeated.status, &repeated.bytes));
    }
}

on_both! {
    async fn an_order_of_somebody_else_does_not_exist(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let order = floor.buys(&anna, &[(&apples, 1)]).await;
        let path = format!("/api/v1/orders/{}", id(&order));
        ben.get(&path).await.refused(404, "order.not_found");
        for call in ["payment", "cancel", "confirm-receipt"] {
            ben.post(&format!("{path}/{call}"), json!({})).await.refused(404, "order.not_found");
        }
        ben.get(&format!("{path}/pickup-code")).await.refused(404, "order.not_found");
        let claim = json!({"lines": [{"line_id": order["lines"][0]["id"], "quantity": 1}], "kind": "refund_only", "reason": "x"});
        ben.post_new(&format!("{path}/after-sales"), claim).await.refused(404, "order.not_found");
        assert_eq!(ben.get("/api/v1/orders").await.ok()["items"], json!([]));
        anna.get("/api/v1/orders/mem_00000000000000000000000000").await.refused(404, "not_found");
    }
}

on_both! {
    async fn limits_hold_when_many_orders_come_at_once(app: TestApp) {
        let floor = Floor::open(app).await;
        let limit = json!({"purchase_limit": {"per_order": 3, "per_day": 4, "ever": 6, "minimum": 2}});
        let apples = floor.goods_with(1000, json!(1000), limit).await;
        let anna = app.member("anna").await;
        floor.tries(&anna, &[(&apples, 1)]).await.refused(422, "purchase.minimum_quantity");
        floor.tries(&anna, &[(&apples, 4)]).await.refused(409, "purchase.limit");

        let today = join_all((0..12).map(|_| async { floor.tries(&anna, &[(&apples, 2)]).await })).await;
        let made: Vec<Value> = taken(today, "purchase.limit");
        assert_eq!(made.len(), 2, "four units a day in orders of two");
        let refused = floor.tries(&anna, &[(&apples, 2)]).await.refused(409, "purchase.limit");
        assert_eq!((&refused["extra"]["period"], &refused["extra"]["limit"]), (&json!("day"), &json!(4)));
        // Another member has limits of his own.
        floor.orders(&app.member("ben").await, &[(&apples, 2)]).await;

        // A cancelled order gives its units back to the limit, too.
        anna.post(&format!("/api/v1/orders/{}/cancel", id(&made[0])), json!({})).await.ok();
        let again = taken(join_all((0..6).map(|_| async { floor.tries(&anna, &[(&apples, 2)]).await })).await, "purchase.limit");
        assert_eq!(again.len(), 1);

        for order in again.iter().chain([&made[1]]) {
            let number = floor.pays_unheard(&anna, order).await;
            assert_eq!(floor.hears(&number).await, 204);
        }
        app.advance(24 * 3600);
        let tomorrow = taken(join_all((0..6).map(|_| async { floor.tries(&anna, &[(&apples, 2)]).await })).await, "purchase.limit");
        assert_eq!(tomorrow.len(), 1, "four units were bought before, six are the most ever");
        let refused = floor.tries(&anna, &[(&apples, 2)]).await.refused(409, "purchase.limit");
        assert_eq!(refused["extra"]["period"], "ever");
        floor.adds_up().await;
    }
}

/// The orders that were placed; every other answer must be this refusal.
fn taken(answers: Vec<crate::answer::Answer>, otherwise: &str) -> Vec<Value> {
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    for answer in refused {
        answer.refused(409, otherwise);
    }
    made.into_iter().map(|answer| answer.body).collect()
}

on_both! {
    async fn what_the_shop_does_not_sell_so_is_refused(app: TestApp) {
        let floor = Floor::open(app).await;
        let anna = app.member("anna").await;
        let apples = floor.goods(1000, 10).await;
        let elsewhere = json!({"pickup_point_ids": []});
        let elsewhere = floor.goods_with(1000, json!(10), elsewhere).await;
        floor.tries(&anna, &[(&elsewhere, 1)]).await.refused(409, "goods.not_in_region");
        let hidden = floor.goods_with(1000, json!(10), json!({"on_shelf": false})).await;
        floor.tries(&anna, &[(&hidden, 1)]).await.refused(409, "goods.not_on_sale");
        let parcels = floor.goods_with(1000, json!(10), json!({"express_only": true})).await;
        floor.tries(&anna, &[(&parcels, 1)]).await.refused(422, "goods.express_only");
        let here = json!({"name": "安娜", "phone": "13800000001", "province": "广东省", "city": "广州市", "detail": "体育西路 1 号"});
        let address = anna.post("/api/v1/me/addresses", here).await.ok();
        let express = |wares: &[&str]| {
            let lines: Vec<_> = wares.iter().map(|sku| json!({"sku_id": sku, "quantity": 1})).collect();
            json!({"lines": lines, "fulfilment": {"kind": "express", "address_id": address["id"]}})
        };
        let mixed = anna.post_new("/api/v1/orders", express(&[&parcels.sku, &apples.sku])).await;
        mixed.refused(422, "goods.express_only");
        assert_eq!(anna.post_new("/api/v1/orders", express(&[&parcels.sku])).await.status, 201);

        let nobody = json!({"lines": [{"sku_id": apples.sku, "quantity": 1}], "fulfilment": {"kind": "pickup"}});
        let refused = app.member("ben").await.post_new("/api/v1/orders", nobody).await;
        assert_eq!(refused.code(), "pickup_point.required");
        floor.tries(&anna, &[]).await.refused(422, "checkout.empty");

        floor.settings(json!({"minimum_spend_fen": 1500})).await;
        let refused = floor.tries(&anna, &[(&apples, 1)]).await.refused(422, "checkout.minimum_spend");
        assert_eq!(refused["extra"]["minimum_spend_fen"], 1500);
        let open = floor.orders(&anna, &[(&apples, 2)]).await;

        // While the shop is closed, what was ordered before may still be paid.
        let now = app.app.clock.now().with_timezone(&kernel::clock::beijing()).time();
        let from = now.with_second(0).unwrap().with_nanosecond(0).unwrap();
        let to = from + chrono::Duration::minutes(30);
        floor.settings(json!({"closure_daily": {"from": from.to_string(), "to": to.to_string()}})).await;
        let refused = floor.tries(&anna, &[(&apples, 2)]).await.refused(409, "shop.closed");
        assert!(refused["extra"]["opens_at"].is_string());
        let number = floor.pays_unheard(&anna, &open).await;
        assert_eq!(floor.hears(&number).await, 204);
        assert_eq!(floor.seen(&anna, &open).await["status"], "paid");
    }
}

on_both! {
    async fn an_unpaid_order_closes_when_its_time_is_over_and_its_stock_is_back(app: TestApp) {
        let floor = Floor::open(app).await;
        let limit = json!({"purchase_limit": {"per_day": 2}});
        let apples = floor.goods_with(1000, json!(5), limit).await;
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let untouched = floor.orders(&anna, &[(&apples, 2)]).await;
        let prepaid = floor.orders(&ben, &[(&apples, 1)]).await;
        let sheet = floor.opens_pay_sheet(&ben, &prepaid).await;
        app.advance(899);
        app.run_due_jobs().await;
        assert_eq!(floor.left(&apples).await, 2, "a second before the deadline nothing happens");
        app.advance(1);
        anna.post(&format!("/api/v1/orders/{}/payment", id(&untouched)), json!({})).await.refused(409, "order.expired");

        // The job runs every second, so a deadline is noticed well within five.
        let stop = CancellationToken::new();
        let running = tuanqiao::jobs::start(app.app.clone(), tuanqiao::jobs::Share::All, stop.clone());
        let started = std::time::Instant::now();
        while floor.left(&apples).await != 5 {
            assert!(started.elapsed().as_secs() < 5, "five seconds after the deadline the stock is not back");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        stop.cancel();
        running.finished(std::time::Duration::from_secs(5)).await;
        for (who, order) in [(&anna, &untouched), (&ben, &prepaid)] {
            let seen = floor.seen(who, order).await;
            assert_eq!((&seen["status"], &seen["closed_reason"]), (&json!("closed"), &json!("timed_out")));
            assert_eq!(events(&seen), ["placed", "timed_out"]);
        }
        assert!(app.wechat().pays(sheet["package"].as_str().unwrap()).is_err(), "the order is closed at WeChat too");
        floor.orders(&anna, &[(&apples, 2)]).await;
        floor.adds_up().await;
    }
}

on_both! {
    async fn the_last_unit_is_sold_once(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 1).await;
        let shoppers: Vec<Client> = join_all((0..6).map(|n| app.member(["a", "b", "c", "d", "e", "f"][n]))).await;
        let tried = join_all(shoppers.iter().map(|who| {
            let (floor, apples) = (&floor, &apples);
            async move { floor.tries(who, &[(apples, 1)]).await }
        })).await;
        assert_eq!(taken(tried, "stock.short").len(), 1);
        assert_eq!(floor.left(&apples).await, 0);
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_refused_order_leaves_neither_stock_nor_gate_touched(app: TestApp) {
        let floor = Floor::open(app).await;
        let limited = floor.goods_with(1000, json!(5), json!({"purchase_limit": {"ever": 1}})).await;
        let anna = app.member("anna").await;
        floor.orders(&anna, &[(&limited, 1)]).await;
        // Past the gate, refused by the limit inside the transaction: both give the units back.
        for _ in 0..10 {
            floor.tries(&anna, &[(&limited, 1)]).await.refused(409, "purchase.limit");
        }
        assert_eq!(floor.left(&limited).await, 4);
        for name in ["b", "c", "d", "e"] {
            floor.orders(&app.member(name).await, &[(&limited, 1)]).await;
        }
        floor.tries(&app.member("f").await, &[(&limited, 1)]).await.refused(409, "stock.short");
        floor.adds_up().await;
    }
}
