//! What the console does to stock.

use kernel::Code;
use kernel::id::SkuId;
use sea_orm::ConnectionTrait;

use super::fixture::{Shop, refused};
use crate::areas::stock::query;
use crate::platform::db::is_check_violation;
use crate::platform::test_databases::TestDatabase;

#[tokio::test]
async fn an_adjustment_moves_free_units_and_leaves_a_row() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(10)]).await;
        let sku = shop.skus[0];
        assert_eq!(shop.adjust(sku, 5).await.unwrap(), 15);
        assert_eq!(shop.adjust(sku, -15).await.unwrap(), 0);
        let deltas: Vec<_> = shop.movements().await.iter().map(|row| row.delta).collect();
        assert_eq!(deltas, [10, 5, -15], "{}", database.kind());
        shop.assert_books_balance().await;
    }
}

#[tokio::test]
async fn an_adjustment_that_makes_no_sense_is_refused_and_leaves_no_row() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(10), None, Some(1)]).await;
        shop.reserve(&[(shop.skus[0], 4)]).await.unwrap();
        let rows = shop.movements().await.len();
        assert_eq!(refused(shop.adjust(shop.skus[0], -7).await), Code::StockNegative, "four are held");
        assert_eq!(refused(shop.adjust(shop.skus[1], 1).await), Code::StockUnlimited);
        assert_eq!(refused(shop.adjust(SkuId::new(), 1).await), Code::SkuNotFound);
        shop.remove(shop.skus[2]).await;
        assert_eq!(refused(shop.adjust(shop.skus[2], 1).await), Code::SkuNotFound);
        for delta in [0, i64::MIN, i64::MAX, 1_000_000_000_000] {
            assert_eq!(refused(shop.adjust(shop.skus[0], delta).await), Code::ValidationFailed, "{delta}");
        }
        assert_eq!(shop.movements().await.len(), rows);
        assert_eq!(shop.free().await, [Some(6), None, Some(1)], "{}", database.kind());
    }
}

#[tokio::test]
async fn counting_begins_and_ends_but_never_overwrites_a_count() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(10)]).await;
        let sku = shop.skus[0];
        assert_eq!(refused(shop.set_level(sku, Some(3)).await), Code::ValidationFailed);
        shop.set_level(sku, None).await.unwrap();
        assert_eq!(refused(shop.set_level(sku, None).await), Code::ValidationFailed);
        assert_eq!(refused(shop.set_level(sku, Some(-1)).await), Code::ValidationFailed);
        assert_eq!(refused(shop.set_level(SkuId::new(), None).await), Code::SkuNotFound);
        shop.set_level(sku, Some(0)).await.unwrap();
        assert_eq!(shop.free().await, [Some(0)], "{}", database.kind());
        shop.assert_books_balance().await;
    }
}

#[tokio::test]
async fn the_database_itself_refuses_a_negative_count_and_the_books_show_what_went_past_them() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[Some(10)]).await;
        let conn = database.db.maintenance();
        let error = conn.execute_unprepared("UPDATE skus SET free = free - 11").await.unwrap_err();
        assert!(is_check_violation(&error), "{} {error:?}", database.kind());
        conn.execute_unprepared("UPDATE skus SET free = free - 3").await.unwrap();
        let gaps = query::imbalances(database.db.reader(), shop.id).await.unwrap();
        assert_eq!(gaps, [(shop.skus[0], -3)]);
    }
}
