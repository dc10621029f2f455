//! The real binary, killed while it reads orders of stores, tells them their stock and their parcels.

use std::cell::Cell;

use futures::future::join;
use sandbox::stores::Purchase;
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::json;
use tuanqiao::areas::market_orders::entity::order;
use tuanqiao::areas::market_orders::state::OrderState;

use super::walk::Day;
use crate::kill::heavy::{Dice, dice, havoc, insists};
use crate::market_orders::desk::ORDERS;
use crate::setup::Setup;

/// Purchases at platforms, each with what follows from it.
const ROUNDS: usize = 50;

mod heavy {
    use super::*;

    on_both! {
        async fn stores_and_shop_agree_after_the_process_was_killed_again_and_again(setup: Setup) {
            survives(setup).await;
        }
    }
}

async fn survives(setup: Setup) {
    let dice = dice();
    let mut day = Day::begin(setup, 1).await;
    day.app.leave_the_address().await;
    let done = Cell::new(false);
    let kills = {
        let traffic = async {
            for round in 0..ROUNDS {
                turn(&day, &dice, round).await;
            }
            done.set(true);
        };
        let ((), (mut binary, kills)) = join(traffic, havoc(&day.app, &dice, &done)).await;
        binary.kill();
        kills
    };
    eprintln!("killed {kills} times");
    assert!(kills >= 3, "killed {kills} times only");
    day.comes_to_rest().await;
    day.always_holds().await;
    day.end().await;
}

fn below(dice: &Dice, end: usize) -> usize {
    usize::try_from(dice.roll(end.max(1) as u64)).unwrap()
}

/// A buyer buys at a platform, or changes his mind; the store is read; somebody orders here; an operator
/// confirms an order and sends another.
async fn turn(day: &Day, dice: &Dice, round: usize) {
    let stores = day.app.wechat().stores();
    let stall = &day.stalls[below(dice, day.stalls.len())];
    let items = stores.items(stall.of());
    let variant = items[below(dice, items.len())].variants[0].clone();
    if variant.quantity > 0 {
        stores.buy(stall.of(), &[(variant.number, 1)], &Purchase::default()).unwrap();
    }
    let placed = stores.orders(stall.of());
    if dice.roll(4) == 0 && !placed.is_empty() {
        // One that was sent already stays as it is.
        let _ = stores.cancel(stall.of(), &placed[below(dice, placed.len())].id);
    }
    insists(&day.keeper, &format!("pull-{round}"), &stall.bound.path("/orders/pull"), &json!({})).await;
    let lines = json!([{"sku_id": day.skus[below(dice, day.skus.len())], "quantity": 1}]);
    let wish = json!({"lines": lines, "fulfilment": {"kind": "pickup", "pickup_point_id": day.point}});
    let who = &day.shoppers[below(dice, day.shoppers.len())];
    insists(who, &format!("order-{round}"), "/api/v1/orders", &wish).await;
    if let Some(order) = order_at(day, dice, OrderState::Draft).await {
        insists(&day.keeper, &format!("confirm-{round}"), &format!("{ORDERS}/{}/confirm", order.id), &json!({})).await;
    }
    if let Some(order) = order_at(day, dice, OrderState::Confirmed).await {
        let parcel = json!({"carrier": "SF", "tracking_no": format!("SF9{round:07}")});
        insists(&day.keeper, &format!("ship-{round}"), &format!("{ORDERS}/{}/ship", order.id), &parcel).await;
    }
}

async fn order_at(day: &Day, dice: &Dice, state: OrderState) -> Option<order::Model> {
    let rows = order::in_shop(day.app.shop().id).filter(order::Column::State.eq(state));
    let rows = rows.all(day.app.app.db.reader()).await.unwrap();
    rows.get(below(dice, rows.len())).cloned()
}
