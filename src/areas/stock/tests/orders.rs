//! What orders do to stock, one at a time.

use kernel::Code;
use kernel::id::{OrderId, SkuId};
use kernel::page::PageRequest;

use super::fixture::{Shop, refused};
use crate::areas::stock::entity::movement::Kind;
use crate::areas::stock::query;
use crate::areas::stock::state::HoldState;
use crate::platform::test_databases::TestDatabase;

#[tokio::test]
async fn units_are_held_then_sold_and_never_come_back() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(10), Some(5)]).await;
        let lines = [(shop.skus[1], 2), (shop.skus[0], 3)];
        let order = shop.order().await;
        let taken = shop.reserve_for(order, &lines).await.unwrap();
        assert_eq!(
            taken.iter().map(|t| (t.sku, t.left)).collect::<Vec<_>>(),
            [(shop.skus[0], Some(7)), (shop.skus[1], Some(3))]
        );
        assert_eq!(shop.free().await, [Some(7), Some(3)], "{}", database.kind());
        let reserved = query::reserved(database.db.reader(), shop.id, &shop.skus).await.unwrap();
        assert_eq!((reserved[&shop.skus[0]], reserved[&shop.skus[1]]), (3, 2));

        assert_eq!(shop.deduct(order).await, 2);
        assert_eq!(shop.deduct(order).await, 0);
        assert_eq!(shop.release(order).await, []);
        assert_eq!(shop.free().await, [Some(7), Some(3)]);
        assert!(shop.holds().await.iter().all(|hold| hold.state == HoldState::Deducted && hold.settled_at.is_some()));
        assert!(query::reserved(database.db.reader(), shop.id, &shop.skus).await.unwrap().is_empty());
        shop.assert_books_balance().await;
    }
}

#[tokio::test]
async fn a_closed_order_gives_back_once_exactly_what_it_held() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(10), Some(5), None]).await;
        let order = shop.reserve(&[(shop.skus[0], 3), (shop.skus[1], 5), (shop.skus[2], 1)]).await.unwrap();
        assert_eq!(shop.free().await, [Some(7), Some(0), None]);
        assert_eq!(shop.release(order).await, [(shop.skus[0], 3), (shop.skus[1], 5)]);
        assert_eq!(shop.release(order).await, []);
        assert_eq!(shop.deduct(order).await, 0);
        assert_eq!(shop.free().await, [Some(10), Some(5), None], "{}", database.kind());
        shop.assert_books_balance().await;
    }
}

#[tokio::test]
async fn one_short_line_refuses_the_whole_order_and_names_the_sku() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(10), Some(1), Some(10)]).await;
        let failure = shop.reserve(&[(shop.skus[0], 1), (shop.skus[1], 2), (shop.skus[2], 1)]).await.unwrap_err();
        assert_eq!(failure.code(), Code::StockShort);
        assert_eq!(failure.coded().extra().unwrap()["sku_id"], shop.skus[1].to_string());
        assert_eq!(shop.free().await, [Some(10), Some(1), Some(10)], "{}", database.kind());
        assert!(shop.holds().await.is_empty());
    }
}

#[tokio::test]
async fn lines_of_one_sku_are_one_hold() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(5)]).await;
        let sku = shop.skus[0];
        assert_eq!(refused(shop.reserve(&[(sku, 3), (sku, 3)]).await), Code::StockShort);
        shop.reserve(&[(sku, 3), (sku, 2)]).await.unwrap();
        assert_eq!(shop.holds().await.iter().map(|hold| hold.quantity).collect::<Vec<_>>(), [5]);
        assert_eq!(shop.free().await, [Some(0)]);
    }
}

#[tokio::test]
async fn removed_foreign_and_unknown_skus_and_odd_numbers_are_refused() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(5), None]).await;
        let other = Shop::new(&database.db, &[Some(5), None]).await;
        shop.remove(shop.skus[0]).await;
        shop.remove(shop.skus[1]).await;
        for sku in [shop.skus[0], shop.skus[1], other.skus[0], other.skus[1], SkuId::new()] {
            assert_eq!(refused(shop.reserve(&[(sku, 1)]).await), Code::StockShort, "{}", database.kind());
        }
        for units in [0, -1, i64::MIN, i64::MAX] {
            assert_eq!(refused(other.reserve(&[(other.skus[0], units)]).await), Code::ValidationFailed);
        }
        assert_eq!(other.free().await, [Some(5), None]);
    }
}

#[tokio::test]
async fn an_order_reserves_once_and_another_shop_cannot_touch_its_holds() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(5)]).await;
        let other = Shop::new(&database.db, &[]).await;
        let order = shop.reserve(&[(shop.skus[0], 1)]).await.unwrap();
        assert!(shop.reserve_for(order, &[(shop.skus[0], 1)]).await.is_err());
        assert_eq!(other.release(order).await, []);
        assert_eq!(other.deduct(order).await, 0);
        assert_eq!(shop.free().await, [Some(4)]);
    }
}

#[tokio::test]
async fn an_unlimited_sku_stays_unlimited() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[None]).await;
        let sku = shop.skus[0];
        let sold = shop.reserve(&[(sku, 1_000_000)]).await.unwrap();
        assert!(shop.holds().await[0].unlimited);
        shop.deduct(sold).await;
        assert_eq!(shop.restock(sold, &[(sku, 1_000_000)]).await.unwrap(), []);
        let closed = shop.reserve(&[(sku, 1)]).await.unwrap();
        assert_eq!(shop.release(closed).await, []);
        assert_eq!(shop.free().await, [None], "{}", database.kind());
        assert!(shop.movements().await.is_empty());
    }
}

#[tokio::test]
async fn a_refund_before_shipping_restocks_no_more_than_was_sold() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(10)]).await;
        let sku = shop.skus[0];
        let order = shop.reserve(&[(sku, 4)]).await.unwrap();
        assert_eq!(refused(shop.restock(order, &[(sku, 1)]).await), Code::RefundTooMuch, "not sold yet");
        shop.deduct(order).await;
        assert_eq!(shop.restock(order, &[(sku, 1)]).await.unwrap(), [(sku, 1)]);
        assert_eq!(shop.restock(order, &[(sku, 2), (sku, 1)]).await.unwrap(), [(sku, 3)]);
        assert_eq!(refused(shop.restock(order, &[(sku, 1)]).await), Code::RefundTooMuch);
        assert_eq!(refused(shop.restock(OrderId::new(), &[(sku, 1)]).await), Code::RefundTooMuch);
        assert_eq!(shop.free().await, [Some(10)], "{}", database.kind());
        let restocked: Vec<_> = shop.movements().await.into_iter().filter(|row| row.kind == Kind::Restock).collect();
        assert_eq!(restocked.iter().map(|row| row.delta).sum::<i64>(), 4);
        assert!(restocked.iter().all(|row| row.order_id == Some(order)));
        shop.assert_books_balance().await;
    }
}

#[tokio::test]
async fn a_sku_that_becomes_unlimited_while_held_stays_so_and_the_books_balance_later() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(10)]).await;
        let sku = shop.skus[0];
        let (closed, sold) = (shop.reserve(&[(sku, 4)]).await.unwrap(), shop.reserve(&[(sku, 1)]).await.unwrap());
        shop.set_level(sku, None).await.unwrap();
        let uncounted = shop.reserve(&[(sku, 50)]).await.unwrap();
        shop.release(closed).await;
        assert_eq!(shop.free().await, [None]);
        shop.set_level(sku, Some(7)).await.unwrap();
        assert_eq!(shop.release(uncounted).await, [], "it took nothing, so nothing goes back");
        shop.deduct(sold).await;
        assert_eq!(shop.free().await, [Some(7)], "{}", database.kind());
        shop.assert_books_balance().await;
    }
}

#[tokio::test]
async fn reading_levels_leaves_out_what_is_not_sold_and_low_stock_comes_in_pages() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(2), Some(9), None, Some(0), Some(3)]).await;
        shop.remove(shop.skus[3]).await;
        let conn = database.db.reader();
        let free = query::free(conn, shop.id, &shop.skus).await.unwrap();
        assert_eq!(free.len(), 4);
        assert_eq!((free[&shop.skus[0]], free[&shop.skus[2]]), (Some(2), None));
        assert_eq!(query::levels(conn, shop.id).await.unwrap().len(), 4);

        let first = PageRequest { limit: 1, cursor: None };
        let page = query::low_stock(conn, shop.id, 3, &first).await.unwrap();
        assert_eq!(page.items.iter().map(|low| (low.sku, low.free)).collect::<Vec<_>>(), [(shop.skus[0], 2)]);
        let second = PageRequest { limit: 1, cursor: page.next_cursor };
        let page = query::low_stock(conn, shop.id, 3, &second).await.unwrap();
        assert_eq!(page.items.iter().map(|low| (low.sku, low.free)).collect::<Vec<_>>(), [(shop.skus[4], 3)]);
        assert_eq!(page.next_cursor, None);
        let foreign = PageRequest { limit: 1, cursor: Some("%".to_owned()) };
        assert!(query::low_stock(conn, shop.id, 3, &foreign).await.is_err());
    }
}

#[tokio::test]
async fn the_order_that_crosses_the_threshold_is_the_one_that_tells() {
    let database = TestDatabase::sqlite().await;
    let shop = Shop::new(&database.db, &[Some(10), None]).await;
    let mut told = Vec::new();
    for units in [3, 2, 1, 4] {
        let order = shop.order().await;
        let taken = shop.reserve_for(order, &[(shop.skus[0], units), (shop.skus[1], units)]).await.unwrap();
        told.push(taken.iter().filter(|taken| taken.crosses(5)).count());
    }
    assert_eq!(told, [0, 1, 0, 0]);
}

#[tokio::test]
async fn a_shop_that_deducts_at_payment_sells_without_a_hold_before() {
    use crate::areas::stock::service;
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(3)]).await;
        let order = shop.order().await;
        let lines = [(shop.skus[0], 2)];
        let sell = async || {
            let at = super::fixture::now();
            shop.write(async |tx| Ok(service::sell(tx, shop.id, order, &lines, at).await?)).await
        };
        assert_eq!(sell().await.unwrap()[0].left, Some(1));
        assert_eq!(shop.holds().await[0].state, HoldState::Deducted);
        assert_eq!(shop.release(order).await, []);
        assert_eq!(shop.restock(order, &lines).await.unwrap(), lines);
        assert_eq!(shop.free().await, [Some(3)]);
        shop.assert_books_balance().await;
    }
}
