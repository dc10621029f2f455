//! Races for the last units.

use std::time::Duration;

use futures::future::join_all;
use kernel::Code;
use kernel::id::OrderId;
use sea_orm::TransactionTrait;

use super::fixture::{Shop, gates, now};
use crate::areas::stock::state::HoldState;
use crate::areas::stock::{GateAnswer, StockGate, service};
use crate::platform::test_databases::TestDatabase;

const TTL: Duration = Duration::from_secs(900);

/// One order as checkout makes it: the gate, the database, and the gate again on a refusal.
async fn buys(shop: &Shop, gate: &StockGate, both_ways: bool) -> Option<OrderId> {
    let mut lines = vec![(shop.skus[0], 1), (shop.skus[1], 1)];
    if both_ways {
        lines.reverse();
    }
    let order = shop.order().await;
    if let GateAnswer::Short { .. } = gate.reserve(shop.id, order, &lines, TTL).await {
        return None;
    }
    match shop.reserve_for(order, &lines).await {
        Ok(_) => Some(order),
        Err(failure) => {
            assert_eq!(failure.code(), Code::StockShort, "{failure:?}");
            gate.release(shop.id, order, &[]).await;
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_shoppers_get_exactly_fifty_units_though_the_gate_is_flushed_between() {
    for database in TestDatabase::all().await {
        for (kind, gate) in gates().await {
            let shop = Shop::new(&database.db, &[Some(50), Some(80)]).await;
            let levels: Vec<_> = shop.skus.iter().copied().zip(shop.free().await).collect();
            gate.rebuild(shop.id, &levels).await.unwrap();
            let (shop_ref, gate_ref) = (&shop, &gate);
            let buyer = |n: usize| async move {
                if n % 70 == 20 {
                    gate_ref.forget(shop_ref.id).await.unwrap();
                }
                buys(shop_ref, gate_ref, n.is_multiple_of(2)).await
            };
            let orders: Vec<OrderId> = join_all((0..200).map(buyer)).await.into_iter().flatten().collect();
            assert_eq!(orders.len(), 50, "{kind} on {}", database.kind());
            assert_eq!(shop.free().await, [Some(0), Some(30)]);

            // Every second order is paid, the others closed, each told twice at once.
            let ends = join_all(orders.iter().enumerate().map(async |(n, order)| {
                if n.is_multiple_of(2) {
                    let (first, second) = tokio::join!(shop.deduct(*order), shop.deduct(*order));
                    first + second
                } else {
                    let (first, second) = tokio::join!(shop.release(*order), shop.release(*order));
                    (first.len() + second.len()) as u64
                }
            }));
            assert!(ends.await.iter().all(|lines| *lines == 2));
            assert_eq!(shop.free().await, [Some(25), Some(55)]);
            assert!(shop.holds().await.iter().all(|hold| hold.state != HoldState::Held));
            shop.assert_books_balance().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_with_the_same_skus_in_any_order_never_deadlock() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(1000); 8]).await;
        let orders = join_all((0..120).map(|_| shop.order())).await;
        // Straight to the connection: the flow's door would hide a deadlock by trying again.
        let outcomes = join_all(orders.iter().enumerate().map(async |(n, order)| {
            let mut lines: Vec<_> = shop.skus.iter().map(|sku| (*sku, 1)).collect();
            lines.rotate_left(n % 8);
            let tx = database.db.maintenance().begin().await?;
            service::reserve(&tx, shop.id, *order, &lines, now(), now()).await.unwrap();
            if n % 3 == 0 {
                service::release(&tx, shop.id, *order, now()).await.unwrap();
            }
            tx.commit().await
        }));
        assert!(outcomes.await.iter().all(Result::is_ok), "{}", database.kind());
        assert_eq!(shop.free().await, [Some(920); 8]);
        shop.assert_books_balance().await;
    }
}
