//! A whole store of ten thousand goods: killed on the way, and under a small budget.

use kernel::id::ImportId;
use std::time::{Duration, Instant};
use tuanqiao::areas::market_accounts::entity::import_run;

use super::*;

/// Goods of the store.
const STORE: u64 = 10_000;

on_both! {
    async fn ten_thousand_goods_survive_being_killed_without_a_duplicate(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 0).await;
        let there = app.wechat().stores();
        there.set_quota(bound.of.platform, Some(0));
        there.fill(&bound.of, &Filling { variants: 2, ..Filling::of(STORE) }).unwrap();
        let run = bound.operator.post(IMPORTS, and(whole(&bound), json!({"pictures": false}))).await.ok();
        let id: ImportId = run["id"].as_str().unwrap().parse().unwrap();
        let (shop, since) = (app.shop(), Instant::now());
        let mut kills = 0_u32;
        loop {
            // A worker dies at some moment of its step, also with a page in its hands, or between two.
            let Some(mine) = import_goods::take_up(&app.app, &shop, id).await.unwrap() else {
                let row = import_run::Entity::find_by_id(id).one(app.app.db.reader()).await.unwrap().unwrap();
                if row.state.is_final() {
                    break;
                }
                // Its lease ends by time.
                import_run::Entity::update_many()
                    .col_expr(import_run::Column::LeaseUntil, sea_orm::sea_query::Expr::value(app.app.clock.wall()))
                    .filter(import_run::Column::Id.eq(id))
                    .exec(app.app.db.maintenance())
                    .await
                    .unwrap();
                continue;
            };
            let step = import_goods::step(&app.app, &shop, mine);
            if kills < 12 && kills * 400 < 8_000 {
                kills += 1;
                let life = Duration::from_millis(u64::from(kills * 37));
                drop(tokio::time::timeout(life, step).await);
            } else {
                step.await.unwrap();
            }
        }
        let run = bound.operator.get(&format!("{IMPORTS}/{id}")).await.ok();
        let told = (&run["status"], &run["fetched"], &run["created"], &run["refused"]);
        assert_eq!(told, (&json!("done"), &json!(STORE), &json!(STORE), &json!(0)), "{run}");
        let made = goods::in_shop(shop.id).count(app.app.db.reader()).await.unwrap();
        assert_eq!(made, STORE);
        assert_sound(app).await;
        eprintln!("{STORE} goods in {:?} with {kills} kills", since.elapsed());
    }
}

on_both! {
    async fn a_small_budget_pauses_a_whole_store_until_the_next_days(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 300).await;
        let keys = app.keys();
        let few = "[marketplaces.pinduoduo]\ncalls_per_day = 150\ncalls_per_second = 0";
        let apps = store_apps(&keys).replace("[marketplaces.pinduoduo]\ncalls_per_day = 0", few);
        app.apply_shop(&format!("{}{apps}", shop_text("demo", &keys.merchant, &keys))).await;
        let mut run = imported(app, &bound.operator, and(whole(&bound), json!({"pictures": false}))).await;
        let path = format!("{IMPORTS}/{}", run["id"].as_str().unwrap());
        for _ in 0..5 {
            if run["status"] == "done" {
                break;
            }
            assert_eq!(run["status"], "paused", "{run}");
            assert!(run["resume_at"].is_string() && run["fetched"].as_i64().unwrap() > 0, "{run}");
            app.advance(86_400);
            works(app).await;
            run = bound.operator.get(&path).await.ok();
        }
        assert_eq!((&run["status"], &run["created"]), (&json!("done"), &json!(300)), "{run}");
        assert_sound(app).await;
    }
}
