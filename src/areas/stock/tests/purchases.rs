//! Purchase limits.

use chrono::Duration;
use futures::future::join_all;
use kernel::id::GoodsId;
use kernel::{Code, Failure};

use super::fixture::{Shop, now, refused};
use crate::areas::stock::purchases::{Limit, Period, count_purchase, uncount_purchase};
use crate::areas::stock::query;
use crate::platform::test_databases::TestDatabase;

async fn count(shop: &Shop, limits: &[Limit]) -> Result<(), Failure> {
    shop.write(async |tx| Ok(count_purchase(tx, shop.id, shop.member, limits).await?)).await
}

fn ever(goods: GoodsId, quantity: i64, limit: i64) -> Limit {
    Limit { goods, period: Period::Ever, quantity, limit, earlier: 0 }
}

#[tokio::test]
async fn the_first_purchase_is_checked_like_every_other() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[]).await;
        let failure = count(&shop, &[ever(shop.goods, 4, 3)]).await.unwrap_err();
        assert_eq!(failure.code(), Code::PurchaseLimit);
        let extra = failure.coded().extra().unwrap();
        assert_eq!((&extra["limit"], &extra["period"]), (&3.into(), &"ever".into()));
        count(&shop, &[ever(shop.goods, 1, 3), ever(shop.goods, 1, 3)]).await.unwrap();
        assert_eq!(refused(count(&shop, &[ever(shop.goods, 2, 3)]).await), Code::PurchaseLimit, "{}", database.kind());
        count(&shop, &[ever(shop.goods, 1, 3)]).await.unwrap();
        assert_eq!(refused(count(&shop, &[ever(shop.goods, 1, 3)]).await), Code::PurchaseLimit);
    }
}

#[tokio::test]
async fn a_day_ends_and_a_closed_order_no_longer_counts() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[]).await;
        let (goods, today) = (shop.goods, now());
        let limits =
            |at| [Limit { goods, period: Period::day_of(at), quantity: 2, limit: 2, earlier: 0 }, ever(goods, 2, 4)];
        count(&shop, &limits(today)).await.unwrap();
        assert_eq!(refused(count(&shop, &limits(today)).await), Code::PurchaseLimit);
        count(&shop, &limits(today + Duration::days(1))).await.unwrap();
        assert_eq!(refused(count(&shop, &limits(today + Duration::days(2))).await), Code::PurchaseLimit);

        let uncount = async |placed_at| {
            let bought = [(goods, 1), (goods, 1)];
            shop.write(async |tx| Ok(uncount_purchase(tx, shop.id, shop.member, &bought, placed_at).await?)).await
        };
        uncount(today).await.unwrap();
        count(&shop, &limits(today)).await.unwrap();
        // More closed than counted cannot happen by the rules; it must not open the limit either.
        for _ in 0..9 {
            uncount(today).await.unwrap();
        }
        let periods = [Period::day_of(today), Period::Ever];
        let counted = query::counted(database.db.reader(), shop.id, shop.member, &[goods], &periods).await.unwrap();
        assert_eq!((counted[&(goods, periods[0])], counted[&(goods, periods[1])]), (0, 0), "{}", database.kind());
    }
}

#[tokio::test]
async fn a_counter_never_knows_of_fewer_units_than_the_orders_do() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[]).await;
        let limit = |earlier| Limit { earlier, ..ever(shop.goods, 1, 5) };
        assert_eq!(refused(count(&shop, &[limit(5)]).await), Code::PurchaseLimit);
        // Bought before there was a limit, and then while it was off for a time.
        count(&shop, &[limit(1)]).await.unwrap();
        assert_eq!(refused(count(&shop, &[limit(99)]).await), Code::PurchaseLimit, "{}", database.kind());
        count(&shop, &[limit(3)]).await.unwrap();
        let (goods, periods) = ([shop.goods], [Period::Ever]);
        let counted = query::counted(database.db.reader(), shop.id, shop.member, &goods, &periods).await.unwrap();
        assert_eq!(counted[&(shop.goods, Period::Ever)], 4, "{}", database.kind());
        count(&shop, &[limit(0)]).await.unwrap();
        assert_eq!(refused(count(&shop, &[limit(0)]).await), Code::PurchaseLimit, "{}", database.kind());
    }
}

#[tokio::test]
async fn orders_of_one_member_racing_do_not_pass_the_limit() {
    for database in TestDatabase::all().await {
        let shop = Shop::new(&database.db, &[]).await;
        let limits = [ever(shop.goods, 2, 7)];
        let outcomes = join_all((0..12).map(|_| count(&shop, &limits))).await;
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(won, 3, "{}", database.kind());
        assert!(outcomes.into_iter().filter(Result::is_err).all(|outcome| refused(outcome) == Code::PurchaseLimit));
        let (goods, periods) = ([shop.goods], [Period::Ever]);
        let counted = query::counted(database.db.reader(), shop.id, shop.member, &goods, &periods).await.unwrap();
        assert_eq!(counted[&(shop.goods, Period::Ever)], 6);
    }
}
