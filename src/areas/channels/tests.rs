//! Lines on both databases: what is marked, told, refused and looked at.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use chrono::Duration;
use kernel::id::{ShopId, SkuId, StoreId, StoreSkuId};
use kernel::{Clock, Time};
use sea_orm::{EntityTrait, Value};
use serde_json::json;

use super::entity::line::{Entity, Model, RANK_CHANGED, RANK_COMPARED};
use super::results::{self, Intent, Looked};
use super::sales::Sold;
use super::state::LineState;
use super::{channels, lines, sales};
use crate::platform::db::Db;
use crate::platform::test_databases::{TestDatabase, insert};

struct Scene {
    db: Db,
    shop: ShopId,
    store: StoreId,
    sku: SkuId,
    line: StoreSkuId,
    now: Time,
}

impl Scene {
    async fn new(db: &Db) -> Self {
        let now = Clock::default().now();
        let scene = Scene {
            db: db.clone(),
            shop: ShopId::new(),
            store: StoreId::new(),
            sku: SkuId::new(),
            line: StoreSkuId::new(),
            now,
        };
        let conn = db.maintenance();
        let at = || Value::from(now);
        let empty = || Value::from(json!({}));
        let mut row = vec![("id", scene.shop.into()), ("created_at", at()), ("updated_at", at())];
        for column in ["code", "name", "appid", "sub_mchid", "sealed_secrets"] {
            row.push((column, scene.shop.to_string().into()));
        }
        row.extend([("profile", empty()), ("settings", empty()), ("version", 1.into())]);
        insert(conn, "shops", row).await;
        let mut row = vec![("id", scene.store.into()), ("shop_id", scene.shop.into()), ("created_at", at())];
        row.extend([("updated_at", at()), ("data", empty()), ("told", empty()), ("scopes", empty())]);
        for (column, word) in [("marketplace", "pinduoduo"), ("display_name", "x"), ("kind", "self"), ("site", "")] {
            row.push((column, word.into()));
        }
        row.extend([("name", scene.store.alphanumeric().into()), ("state", "active".into())]);
        row.extend([("token_version", 0.into()), ("renewal_failures", 0.into())]);
        insert(conn, "stores", row).await;
        scene.lists(scene.line, "1", scene.sku).await;
        channels::open(conn, scene.shop, scene.store, now, now).await.unwrap();
        scene
    }

    /// The store lists an item that sells a SKU.
    async fn lists(&self, line: StoreSkuId, item: &str, sku: SkuId) {
        let at = || Value::from(self.now);
        let mut row = vec![("id", line.into()), ("shop_id", self.shop.into()), ("store_id", self.store.into())];
        row.extend([("external_item_id", item.into()), ("external_sku_id", "2".into()), ("title", "x".into())]);
        row.extend([("sku_id", sku.into()), ("on_sale", true.into()), ("extra", json!({}).into())]);
        row.extend([("created_at", at()), ("updated_at", at())]);
        insert(self.db.maintenance(), "store_skus", row).await;
    }

    async fn line(&self) -> Model {
        Entity::find_by_id(self.line).one(self.db.maintenance()).await.unwrap().unwrap()
    }

    async fn send(&self, units: i64) -> Intent {
        let intent = Intent::of(&self.line().await, units);
        results::intend(self.db.maintenance(), &[intent], self.flight()).await.unwrap();
        intent
    }

    fn flight(&self) -> Time {
        self.now + Duration::minutes(2)
    }

    async fn mark(&self, after_s: i64) {
        let at = self.now + Duration::seconds(after_s);
        lines::mark(self.db.maintenance(), &[self.sku], at).await.unwrap();
    }
}

#[tokio::test]
async fn a_burst_is_one_push_and_a_sale_during_it_is_another() {
    for database in TestDatabase::all().await {
        let scene = Scene::new(&database.db).await;
        let conn = scene.db.maintenance();
        scene.mark(1).await;
        scene.mark(2).await;
        assert_eq!(scene.line().await.push_at, Some(scene.now + Duration::seconds(1)), "{}", database.kind());
        assert!(lines::due(conn, scene.shop, scene.store, scene.now, 9).await.unwrap().is_empty());
        scene.send(7).await;
        results::applied(conn, &[scene.line], scene.flight(), scene.now).await.unwrap();
        let told = scene.line().await;
        assert_eq!((told.told, told.shown, told.sent, told.push_at), (Some(7), Some(7), None, None));
        assert_eq!(told.stock_state, LineState::Told);

        scene.mark(3).await;
        scene.send(6).await;
        scene.mark(4).await;
        results::applied(conn, &[scene.line], scene.flight(), scene.now).await.unwrap();
        let told = scene.line().await;
        assert_eq!((told.told, told.push_at), (Some(6), Some(scene.now + Duration::seconds(4))));
    }
}

#[tokio::test]
async fn a_change_is_told_before_what_a_comparison_found() {
    for database in TestDatabase::all().await {
        let scene = Scene::new(&database.db).await;
        let conn = scene.db.maintenance();
        let earlier = scene.now - Duration::minutes(3);
        let compared = StoreSkuId::new();
        scene.lists(compared, "2", SkuId::new()).await;
        lines::mark_lines(conn, &[scene.line, compared], earlier).await.unwrap();
        scene.mark(0).await;
        let due = lines::due(conn, scene.shop, scene.store, scene.now, 9).await.unwrap();
        let seen: Vec<_> = due.iter().map(|row| (row.id, row.push_rank, row.push_at)).collect();
        let waits = Some(earlier);
        assert_eq!(
            seen,
            [(scene.line, RANK_CHANGED, waits), (compared, RANK_COMPARED, waits)],
            "{}: it waits since then",
            database.kind()
        );
    }
}

#[tokio::test]
async fn a_change_during_the_judgement_of_a_line_that_waits_is_judged_too() {
    for database in TestDatabase::all().await {
        let scene = Scene::new(&database.db).await;
        let conn = scene.db.maintenance();
        scene.mark(0).await;
        let judged = scene.line().await;
        scene.mark(1).await;
        results::settled(conn, &[&judged]).await.unwrap();
        results::left_alone(conn, &[&judged]).await.unwrap();
        assert_eq!(scene.line().await.push_at, Some(scene.now), "{}", database.kind());
        results::settled(conn, &[&scene.line().await]).await.unwrap();
        assert_eq!(scene.line().await.push_at, None);
    }
}

#[tokio::test]
async fn the_same_number_told_again_has_the_same_key() {
    for database in TestDatabase::all().await {
        let scene = Scene::new(&database.db).await;
        let first = scene.send(7).await;
        results::unanswered(scene.db.maintenance(), &[scene.line], scene.now).await.unwrap();
        assert_eq!(scene.line().await.push_at, Some(scene.now));
        assert_eq!(scene.send(7).await.key(), first.key());
        assert_ne!(scene.send(6).await.key(), first.key());
    }
}

#[tokio::test]
async fn a_refused_line_keeps_its_pause_and_a_dead_one_waits_for_an_operator() {
    for database in TestDatabase::all().await {
        let scene = Scene::new(&database.db).await;
        let conn = scene.db.maintenance();
        for nth in 1..=results::REFUSALS_MAX {
            scene.send(7).await;
            let dead = results::refused(conn, &[(&scene.line().await, "no".to_owned())], scene.now).await.unwrap();
            assert_eq!(dead, u64::from(nth == results::REFUSALS_MAX));
            if nth == 1 {
                scene.mark(1).await;
                assert_eq!(scene.line().await.push_at, Some(scene.now + Duration::seconds(10)));
            }
        }
        scene.mark(1).await;
        let dead = scene.line().await;
        assert_eq!((dead.stock_state, dead.push_at, dead.push_error.as_deref()), (LineState::Dead, None, Some("no")));
        let other = [StoreSkuId::new()];
        assert_eq!(lines::replay(conn, scene.shop, scene.store, Some(&other), scene.now).await.unwrap(), 0);
        assert_eq!(lines::replay(conn, scene.shop, scene.store, None, scene.now).await.unwrap(), 1);
        assert_eq!(lines::due(conn, scene.shop, scene.store, scene.now, 9).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn units_seen_to_be_gone_are_sales_until_an_order_tells_of_them() {
    for database in TestDatabase::all().await {
        let scene = Scene::new(&database.db).await;
        let conn = scene.db.maintenance();
        scene.send(8).await;
        results::applied(conn, &[scene.line], scene.flight(), scene.now).await.unwrap();
        let until = scene.now + Duration::minutes(15);
        let found = Looked::of(&scene.line().await, 6, scene.now);
        assert_eq!(found.unpulled, 2);
        results::looked(conn, &[found], until, scene.now, true).await.unwrap();
        let sold = lines::unpulled(conn, &[scene.sku], scene.now).await.unwrap();
        assert_eq!(sold.get(&scene.sku), Some(&2));
        assert!(lines::unpulled(conn, &[scene.sku], until).await.unwrap().is_empty());

        // Three were sold: two as guessed, one since.
        let sold = Sold { sku: scene.sku, item: Some("1".into()), variant: Some("2".into()), units: 3 };
        sales::sold_there(conn, scene.store, &[sold], scene.now).await.unwrap();
        let line = scene.line().await;
        assert_eq!((line.unpulled, line.told, line.sold_since), (0, Some(6), 1));
        assert_eq!(Looked::of(&line, 5, scene.now).unpulled, 0, "the third is known");
        assert_eq!(Looked::of(&line, 4, scene.now).unpulled, 1);
    }
}

#[tokio::test]
async fn where_nobody_knows_what_arrived_the_lower_number_counts() {
    for database in TestDatabase::all().await {
        let scene = Scene::new(&database.db).await;
        let conn = scene.db.maintenance();
        scene.send(8).await;
        results::applied(conn, &[scene.line], scene.flight(), scene.now).await.unwrap();
        scene.send(5).await;
        let row = scene.line().await;
        let unpulled = |shown| Looked::of(&row, shown, scene.now).unpulled;
        assert_eq!([unpulled(8), unpulled(5), unpulled(4)], [0, 0, 1]);
    }
}

#[tokio::test]
async fn a_channel_has_one_worker_and_a_rule_changed_meanwhile_is_compared_anew() {
    for database in TestDatabase::all().await {
        let scene = Scene::new(&database.db).await;
        let (conn, now) = (scene.db.maintenance(), scene.now);
        let ready = channels::ready(conn, now, now).await.unwrap();
        let row = ready.iter().find(|row| row.store_id == scene.store).unwrap();
        let held = channels::claim(conn, row, Duration::seconds(60), now).await.unwrap().unwrap();
        assert!(channels::claim(conn, row, Duration::seconds(60), now).await.unwrap().is_none());
        let later = now + Duration::minutes(1);
        channels::set_rule(conn, scene.store, &super::PushRule::default(), now + Duration::seconds(1)).await.unwrap();
        channels::checked(conn, &held, None, later).await.unwrap();
        let row = channels::of_store(conn, scene.store).await.unwrap().unwrap();
        assert_eq!(row.check_at, now + Duration::seconds(1));
        channels::release(conn, &held).await.unwrap();
        assert!(channels::release(conn, &held).await.is_err(), "{}", database.kind());
    }
}
