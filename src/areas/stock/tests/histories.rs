//! Random histories: whatever happens in whatever order, no unit appears or vanishes.

use kernel::id::{OrderId, SkuId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::fixture::Shop;
use crate::areas::stock::Level;
use crate::areas::stock::state::HoldState;
use crate::platform::test_databases::TestDatabase;

#[derive(Clone, Debug)]
enum Step {
    Reserve(Vec<(usize, i64)>),
    Deduct(usize),
    Release(usize),
    Restock(usize, usize, i64),
    Adjust(usize, i64),
    SetLevel(usize, Level),
}

fn step() -> impl Strategy<Value = Step> {
    let sku = 0..3_usize;
    let order = 0..6_usize;
    prop_oneof![
        5 => prop::collection::vec((sku.clone(), 1..6_i64), 1..4).prop_map(Step::Reserve),
        3 => order.clone().prop_map(Step::Deduct),
        3 => order.clone().prop_map(Step::Release),
        2 => (order, sku.clone(), 1..4_i64).prop_map(|(order, sku, units)| Step::Restock(order, sku, units)),
        2 => (sku.clone(), -6..9_i64).prop_map(|(sku, delta)| Step::Adjust(sku, delta)),
        1 => (sku, prop::option::of(0..9_i64)).prop_map(|(sku, level)| Step::SetLevel(sku, level)),
    ]
}

/// Plays a step; a refusal is as good as any outcome, the books must balance either way.
async fn play(shop: &Shop, orders: &mut Vec<OrderId>, step: &Step) {
    let pick = |orders: &[OrderId], n: usize| orders.get(n % orders.len().max(1)).copied().unwrap_or_else(OrderId::new);
    match step {
        Step::Reserve(lines) => {
            let lines: Vec<(SkuId, i64)> = lines.iter().map(|(sku, units)| (shop.skus[*sku], *units)).collect();
            orders.extend(shop.reserve(&lines).await.ok());
        }
        Step::Deduct(order) => drop(shop.deduct(pick(orders, *order)).await),
        Step::Release(order) => drop(shop.release(pick(orders, *order)).await),
        Step::Restock(order, sku, units) => {
            drop(shop.restock(pick(orders, *order), &[(shop.skus[*sku], *units)]).await);
        }
        Step::Adjust(sku, delta) => drop(shop.adjust(shop.skus[*sku], *delta).await),
        Step::SetLevel(sku, level) => drop(shop.set_level(shop.skus[*sku], *level).await),
    }
}

/// free + held + sold = stocked, counted here from the rows and apart from the query that says so.
async fn check(shop: &Shop) {
    shop.assert_books_balance().await;
    let (holds, movements) = (shop.holds().await, shop.movements().await);
    for (sku, free) in shop.skus.iter().zip(shop.free().await) {
        let Some(free) = free else { continue };
        assert!(free >= 0);
        let mine = || holds.iter().filter(|hold| hold.sku_id == *sku && !hold.unlimited);
        let held: i64 = mine().filter(|hold| hold.state == HoldState::Held).map(|hold| hold.quantity).sum();
        let sold: i64 =
            mine().filter(|hold| hold.state == HoldState::Deducted).map(|hold| hold.quantity - hold.returned).sum();
        let stocked: i64 =
            movements.iter().filter(|row| row.sku_id == *sku && row.order_id.is_none()).map(|row| row.delta).sum();
        assert_eq!(free + held + sold, stocked);
    }
}

#[test]
fn sold_and_held_and_free_always_add_up_to_what_was_stocked() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for database in runtime.block_on(TestDatabase::all()) {
        let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
        let scripts = prop::collection::vec(step(), 1..25);
        let outcome = runner.run(&scripts, |script| {
            runtime.block_on(async {
                let shop = Shop::new(&database.db, &[Some(10), Some(3), None]).await;
                let mut orders = Vec::new();
                for step in &script {
                    play(&shop, &mut orders, step).await;
                }
                check(&shop).await;
            });
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{}: {error}", database.kind()));
    }
}
