#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use kernel::id::{MemberId, ShopId, SkuId};
use kernel::{Code, Time};
use sea_orm::Value;

use super::{query, service};
use crate::platform::test_databases::{TestDatabase, insert};

fn now() -> Time {
    "2026-11-23T04:00:00Z".parse().unwrap()
}

async fn member(database: &TestDatabase) -> (ShopId, MemberId) {
    let (shop, member, at) = (ShopId::new(), MemberId::new(), Value::from(now()));
    let conn = database.db.maintenance();
    let name = shop.to_string();
    let row = vec![
        ("id", shop.into()),
        ("code", name.clone().into()),
        ("name", name.clone().into()),
        ("appid", name.into()),
        ("sub_mchid", "".into()),
        ("profile", Value::from(serde_json::json!({}))),
        ("sealed_secrets", "".into()),
        ("settings", Value::from(serde_json::json!({}))),
        ("version", 1_i64.into()),
        ("created_at", at.clone()),
        ("updated_at", at.clone()),
    ];
    insert(conn, "shops", row).await;
    let row = vec![
        ("id", member.into()),
        ("shop_id", shop.into()),
        ("openid", "o".into()),
        ("nickname", "n".into()),
        ("has_paid", false.into()),
        ("created_at", at.clone()),
        ("updated_at", at),
    ];
    insert(conn, "members", row).await;
    (shop, member)
}

#[tokio::test]
async fn a_line_is_one_sku_and_is_changed_in_place() {
    for database in TestDatabase::all().await {
        let (db, (shop, member)) = (&database.db, member(&database).await);
        let (apple, pear) = (SkuId::new(), SkuId::new());
        let put = async |sku, quantity, selected| {
            db.write(async |tx| Ok(service::put(tx, shop, member, sku, quantity, selected, now()).await?)).await
        };
        put(apple, 1, true).await.unwrap();
        put(pear, 2, true).await.unwrap();
        put(apple, 5, false).await.unwrap();
        let lines = query::lines(db.reader(), shop, member).await.unwrap();
        let seen: Vec<_> = lines.iter().map(|line| (line.sku_id, line.quantity, line.selected)).collect();
        assert_eq!(seen, [(pear, 2, true), (apple, 5, false)]);
        assert!(query::lines(db.reader(), ShopId::new(), member).await.unwrap().is_empty());
        db.write(async |tx| Ok(service::remove(tx, shop, member, &[apple, SkuId::new()]).await?)).await.unwrap();
        assert_eq!(query::lines(db.reader(), shop, member).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_full_cart_takes_no_new_line_but_changes_old_ones() {
    let database = TestDatabase::sqlite().await;
    let (db, (shop, member)) = (&database.db, member(&database).await);
    let put = async |sku| db.write(async |tx| Ok(service::put(tx, shop, member, sku, 1, true, now()).await?)).await;
    let first = SkuId::new();
    put(first).await.unwrap();
    for _ in 1..service::LINES_MAX {
        put(SkuId::new()).await.unwrap();
    }
    assert_eq!(put(SkuId::new()).await.unwrap_err().code(), Code::CartFull);
    put(first).await.unwrap();
}
