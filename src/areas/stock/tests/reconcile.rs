//! The gate goes wrong in every way it can, and comes right again.

use std::time::Duration;

use kernel::id::OrderId;

use super::fixture::{Shop, gates};
use crate::areas::stock::holds::Snapshot;
use crate::areas::stock::reconcile::{Drift, Patience, reconcile_with};
use crate::areas::stock::{GateAnswer, Level, StockGate};
use crate::platform::test_databases::TestDatabase;

const TTL: Duration = Duration::from_secs(900);
const PATIENT: Patience = Patience { in_flight: Duration::from_secs(60), second_look: Duration::from_millis(10) };
const IMPATIENT: Patience = Patience { in_flight: Duration::ZERO, second_look: Duration::from_millis(10) };

async fn run(shop: &Shop, gate: &StockGate, patience: Patience) -> Drift {
    reconcile_with(shop.db.reader(), gate, shop.id, patience).await.unwrap()
}

async fn look(shop: &Shop, gate: &StockGate) -> Snapshot {
    gate.snapshot(shop.id).await.unwrap().unwrap()
}

async fn counters(shop: &Shop, gate: &StockGate) -> Vec<Level> {
    let snapshot = look(shop, gate).await;
    shop.skus.iter().map(|sku| snapshot.free[sku]).collect()
}

#[tokio::test]
async fn a_gate_without_counters_is_closed_until_it_is_filled_from_the_database() {
    let database = TestDatabase::sqlite().await;
    for (kind, gate) in gates().await {
        let shop = Shop::new(&database.db, &[Some(10), None]).await;
        shop.reserve(&[(shop.skus[0], 4)]).await.unwrap();
        let lines = [(shop.skus[0], 1), (shop.skus[1], 99)];
        assert_eq!(gate.reserve(shop.id, OrderId::new(), &lines, TTL).await, GateAnswer::Closed, "{kind}");
        assert!(run(&shop, &gate, PATIENT).await.rebuilt);
        assert_eq!(counters(&shop, &gate).await, [Some(6), None]);
        assert!(run(&shop, &gate, PATIENT).await.is_clean());
        gate.forget(shop.id).await.unwrap();
        assert_eq!(gate.reserve(shop.id, OrderId::new(), &lines, TTL).await, GateAnswer::Closed);
        assert!(run(&shop, &gate, PATIENT).await.rebuilt);
        assert_eq!(gate.reserve(shop.id, OrderId::new(), &lines, TTL).await, GateAnswer::Held);
    }
}

#[tokio::test]
async fn an_order_in_flight_is_waited_for_and_a_dead_one_gives_back() {
    let database = TestDatabase::sqlite().await;
    for (kind, gate) in gates().await {
        let shop = Shop::new(&database.db, &[Some(10)]).await;
        let lines = [(shop.skus[0], 3)];
        run(&shop, &gate, PATIENT).await;
        let order = shop.order().await;
        gate.reserve(shop.id, order, &lines, TTL).await;
        assert!(run(&shop, &gate, PATIENT).await.is_clean(), "{kind}: it may yet reach the database");
        assert_eq!(counters(&shop, &gate).await, [Some(7)]);

        shop.reserve_for(order, &lines).await.unwrap();
        assert!(run(&shop, &gate, IMPATIENT).await.is_clean(), "{kind}: gate and database agree");

        // Closed in the database, the gate not told yet, then never.
        shop.release(order).await;
        assert!(run(&shop, &gate, PATIENT).await.is_clean());
        tokio::time::sleep(Duration::from_millis(5)).await;
        let drift = run(&shop, &gate, IMPATIENT).await;
        assert_eq!((drift.stale, drift.differences), (vec![order], vec![]), "{kind}");
        assert_eq!(counters(&shop, &gate).await, [Some(10)]);
        assert!(look(&shop, &gate).await.records.is_empty());
    }
}

#[tokio::test]
async fn an_overdue_record_is_dropped_when_paid_given_back_when_gone_and_kept_while_held() {
    let database = TestDatabase::sqlite().await;
    for (kind, gate) in gates().await {
        let shop = Shop::new(&database.db, &[Some(10)]).await;
        let lines = [(shop.skus[0], 1)];
        run(&shop, &gate, PATIENT).await;
        let (paid, gone, held) = (shop.order().await, shop.order().await, shop.order().await);
        for order in [paid, gone, held] {
            gate.reserve(shop.id, order, &lines, Duration::from_millis(1)).await;
        }
        shop.reserve_for(paid, &lines).await.unwrap();
        shop.reserve_for(held, &lines).await.unwrap();
        shop.deduct(paid).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        let mut stale = run(&shop, &gate, IMPATIENT).await.stale;
        stale.sort_unstable();
        assert_eq!(stale, [paid, gone], "{kind}");
        assert_eq!(counters(&shop, &gate).await, [Some(8)]);
        assert_eq!(look(&shop, &gate).await.records.iter().map(|record| record.order).collect::<Vec<_>>(), [held]);
    }
}

#[tokio::test]
async fn wrong_missing_and_surplus_counters_are_mended() {
    let database = TestDatabase::sqlite().await;
    for (kind, gate) in gates().await {
        let mut shop = Shop::new(&database.db, &[Some(10), Some(10), Some(10), None]).await;
        run(&shop, &gate, PATIENT).await;
        gate.adjust(shop.id, shop.skus[0], 5).await;
        gate.adjust(shop.id, shop.skus[1], -5).await;
        shop.set_level(shop.skus[3], Some(2)).await.unwrap();
        let removed = shop.skus.remove(2);
        shop.remove(removed).await;
        shop.add_sku(Some(4)).await;
        let drift = run(&shop, &gate, PATIENT).await;
        assert_eq!(drift.differences.len(), 5, "{kind}");
        assert!(drift.differences.iter().all(|difference| difference.mended));
        assert_eq!(counters(&shop, &gate).await, [Some(10), Some(10), Some(2), Some(4)]);
        assert!(!look(&shop, &gate).await.free.contains_key(&removed));
        assert!(run(&shop, &gate, PATIENT).await.is_clean());
    }
}

#[tokio::test]
async fn orders_made_while_the_gate_was_away_are_caught_up_with() {
    let database = TestDatabase::sqlite().await;
    for (kind, gate) in gates().await {
        let shop = Shop::new(&database.db, &[Some(10)]).await;
        run(&shop, &gate, PATIENT).await;
        let order = shop.reserve(&[(shop.skus[0], 4)]).await.unwrap();
        assert_eq!(counters(&shop, &gate).await, [Some(10)]);
        assert_eq!(run(&shop, &gate, PATIENT).await.differences.len(), 1, "{kind}");
        assert_eq!(counters(&shop, &gate).await, [Some(6)]);
        // The gate never heard of the order; what the database gave back counts.
        let back = shop.release(order).await;
        gate.release(shop.id, order, &back).await;
        assert!(run(&shop, &gate, PATIENT).await.is_clean());
        assert_eq!(counters(&shop, &gate).await, [Some(10)]);
    }
}

#[tokio::test]
async fn a_changed_level_reaches_the_gate_at_once() {
    let database = TestDatabase::sqlite().await;
    for (kind, gate) in gates().await {
        let mut shop = Shop::new(&database.db, &[Some(10)]).await;
        run(&shop, &gate, PATIENT).await;
        shop.set_level(shop.skus[0], None).await.unwrap();
        let new = shop.add_sku(Some(3)).await;
        gate.set_levels(shop.id, &[(shop.skus[0], None), (new, Some(3))]).await;
        shop.adjust(new, 2).await.unwrap();
        gate.adjust(shop.id, new, 2).await;
        assert_eq!(counters(&shop, &gate).await, [None, Some(5)], "{kind}");
        assert!(run(&shop, &gate, PATIENT).await.is_clean());
    }
}
