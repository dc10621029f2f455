//! The real binary, killed while carts over three merchants are placed, paid and cancelled.

mod heavy {
    use std::cell::Cell;
    use std::collections::BTreeMap;

    use futures::future::{join, join_all};
    use sea_orm::EntityTrait;
    use serde_json::json;
    use tuanqiao::areas::orders::entity::order;
    use tuanqiao::areas::orders::state::OrderStatus;
    use tuanqiao::areas::payments::entity::payment;

    use crate::combined::{Market, order_of, path};
    use crate::kill::heavy::{SHOPPERS, dice, havoc, insists, opened, rests};
    use crate::setup::Setup;
    use crate::shopper::Client;

    const CARTS: usize = 160;
    const STOCK: i64 = 1_000;

    on_both! {
        async fn carts_over_three_merchants_survive_being_killed(setup: Setup) {
            survives(setup).await;
        }
    }

    /// One cart: placed, and then paid at once, cancelled before, or in part cancelled after payment.
    async fn fills_a_cart(market: &Market, wechat: &sandbox::SandboxState, who: &Client, key: &str, fate: u64) {
        let cart = insists(who, &format!("{key}-cart"), "/api/v1/checkouts", &market.basket()).await.ok();
        let cancel = format!("/api/v1/orders/{}/cancel", order_of(&cart, 501)["id"].as_str().unwrap());
        if fate == 0 {
            insists(who, &format!("{key}-cancel"), &cancel, &json!({})).await;
            return;
        }
        let sheet = insists(who, key, &format!("{}/payment", path(&cart)), &json!({})).await.ok();
        wechat.pays(sheet["package"].as_str().unwrap()).unwrap();
        if fate == 1 {
            insists(who, &format!("{key}-cancel"), &cancel, &json!({})).await;
        }
    }

    async fn survives(setup: Setup) {
        let dice = dice();
        let (mut app, shoppers) = opened(setup).await;
        let market = Market::with_stock(&app, STOCK).await;
        // They signed in to the mini-program that is the sub-merchant's from here on.
        let shoppers = {
            let mut known = Vec::new();
            for n in 0..shoppers.len() {
                known.push(app.member(&format!("shopper{n}")).await);
            }
            known
        };
        app.leave_the_address().await;
        let (app, done, market, dice) = (&app, Cell::new(false), &market, &dice);
        let shopping = async {
            join_all(shoppers.iter().enumerate().map(|(n, who)| async move {
                for turn in 0..CARTS / SHOPPERS {
                    fills_a_cart(market, app.wechat(), who, &format!("{n}-{turn}"), dice.roll(8)).await;
                }
            }))
            .await;
            done.set(true);
        };
        let ((), (mut binary, kills)) = join(shopping, havoc(app, dice, &done)).await;
        assert!(kills >= 2, "killed {kills} times only");
        rests(app).await;
        binary.kill();

        let orders = order::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert_eq!(orders.len(), 3 * CARTS, "one checkout a key");
        let payments = payment::Entity::find().all(app.app.db.reader()).await.unwrap();
        let mut paid_of: BTreeMap<String, usize> = BTreeMap::new();
        for there in app.wechat().orders().iter().filter(|o| ["SUCCESS", "REFUND"].contains(&o.trade_state.as_str())) {
            let payment = payments.iter().find(|row| row.id.to_string() == there.out_trade_no).unwrap();
            let order = orders.iter().find(|row| Some(row.id) == payment.order_id).unwrap();
            *paid_of.entry(order.checkout_id.unwrap().to_string()).or_default() += 1;
            match order.status {
                OrderStatus::Paid => assert_eq!(there.refunded, 0, "{order:?}"),
                OrderStatus::Closed => assert_eq!(there.refunded, there.total, "{order:?}"),
                other => panic!("{other:?}"),
            }
        }
        assert!(paid_of.values().all(|count| *count == 3), "a cart is paid whole: {paid_of:?}");
        let unpaid = orders.iter().filter(|row| row.paid_at.is_none());
        assert!(unpaid.into_iter().all(|row| row.status == OrderStatus::Closed), "each was cancelled");
        let living = |fen: i64| {
            let own = orders.iter().filter(|row| row.payable_fen.fen() == fen && row.status != OrderStatus::Closed);
            own.count() as i64
        };
        let sold = [living(1_000), 2 * living(4_000), living(501)];
        assert_eq!(market.free(app).await, sold.map(|units| STOCK - units), "a unit for every living order");
        app.each_merchants_money_is_booked(market).await;
    }
}
