//! The real binary, killed while it reads orders of stores, tells them their stock and their parcels.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join;
use sandbox::stores::Purchase;
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::json;
use tuanqiao::areas::market_orders::entity::order;
use tuanqiao::areas::market_orders::state::OrderState;

use super::walk::Day;
use crate::answer::Answer;
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
    let (done, answers) = (Cell::new(false), Answers::default());
    let kills = {
        let traffic = async {
            for round in 0..ROUNDS {
                turn(&day, &dice, round, &answers).await;
                // Stores are read, told and sent to beside the calls: it takes a while until there is something to kill.
                tokio::time::sleep(Duration::from_millis(100 + dice.roll(200))).await;
            }
            done.set(true);
        };
        let ((), (mut binary, kills)) = join(traffic, havoc(&day.app, &dice, &done)).await;
        binary.kill();
        kills
    };
    eprintln!("killed {kills} times");
    assert!(kills >= 3, "killed {kills} times only, while it answered {answers:?}");
    day.comes_to_rest().await;
    day.always_holds().await;
    day.end().await;
}

/// How often each kind of question was answered how.
#[derive(Debug, Default)]
struct Answers(RefCell<BTreeMap<(&'static str, u16, String), u32>>);

impl Answers {
    fn count(&self, what: &'static str, answer: &Answer) {
        *self.0.borrow_mut().entry((what, answer.status, answer.code().to_owned())).or_default() += 1;
    }
}

fn below(dice: &Dice, end: usize) -> usize {
    usize::try_from(dice.roll(end.max(1) as u64)).unwrap()
}

/// A buyer buys at a platform, or changes his mind; the store is read; somebody orders here; an operator
/// confirms an order and sends another.
async fn turn(day: &Day, dice: &Dice, round: usize, answers: &Answers) {
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
    let pull = stall.bound.path("/orders/pull");
    answers.count("pull", &insists(&day.keeper, &format!("pull-{round}"), &pull, &json!({})).await);
    let lines = json!([{"sku_id": day.skus[below(dice, day.skus.len())], "quantity": 1}]);
    let wish = json!({"lines": lines, "fulfilment": {"kind": "pickup", "pickup_point_id": day.point}});
    let who = &day.shoppers[below(dice, day.shoppers.len())];
    answers.count("order", &insists(who, &format!("order-{round}"), "/api/v1/orders", &wish).await);
    if let Some(order) = order_at(day, dice, OrderState::Draft).await {
        let path = format!("{ORDERS}/{}/confirm", order.id);
        answers.count("confirm", &insists(&day.keeper, &format!("confirm-{round}"), &path, &json!({})).await);
    }
    if let Some(order) = order_at(day, dice, OrderState::Confirmed).await {
        let parcel = json!({"carrier": "SF", "tracking_no": format!("SF9{round:07}")});
        let path = format!("{ORDERS}/{}/ship", order.id);
        answers.count("ship", &insists(&day.keeper, &format!("ship-{round}"), &path, &parcel).await);
    }
}

async fn order_at(day: &Day, dice: &Dice, state: OrderState) -> Option<order::Model> {
    let rows = order::in_shop(day.app.shop().id).filter(order::Column::State.eq(state));
    let rows = rows.all(day.app.app.db.reader()).await.unwrap();
    rows.get(below(dice, rows.len())).cloned()
}
