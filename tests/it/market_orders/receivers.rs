//! Who receives an order: sealed at rest, opened on demand, forgotten in time.

use sea_orm::{ConnectionTrait, EntityTrait, Statement};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tuanqiao::app::App;
use tuanqiao::areas::market_orders::entity::order;
use tuanqiao::areas::market_orders::service::receiver_place;
use tuanqiao::flows::{market_orders, rotate_secrets};
use tuanqiao::platform::db::Db;

use super::desk::{Desk, ORDERS, timeline};

/// The bytes of a table's row as text.
async fn stored(app: &crate::app::TestApp) -> String {
    let conn = app.app.db.reader();
    let sql = "SELECT sealed_receiver AS sealed, receiver AS shown FROM market_orders";
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await.unwrap();
    let text = |row: &sea_orm::QueryResult| {
        let shown: Value = row.try_get("", "shown").unwrap();
        format!("{:?} {shown}", row.try_get::<Option<String>>("", "sealed").unwrap())
    };
    rows.iter().map(text).collect()
}

on_both! {
    async fn a_receiver_is_masked_in_lists_sealed_at_rest_and_opened_for_whoever_sends(app: TestApp) {
        let desk = Desk::open(app).await;
        desk.sku(0, 9).await;
        let number = desk.buys(&[(0, 1)]);
        desk.pulls().await;
        let to = desk.there(&number).receiver;
        let order = desk.order(&number).await;
        assert_eq!((&order["receiver"]["form"], &order["receiver"]["city"]), (&json!("sealed"), &json!(to.city)));
        assert!(!order.to_string().contains(&to.name) && order["receiver"]["name"].is_string());
        assert!(stored(app).await.starts_with("Some(\"v1."), "sealed with our key");
        let path = format!("{ORDERS}/{}/receiver", order["id"].as_str().unwrap());
        let opened = desk.keeper().get(&path).await.ok();
        assert_eq!((&opened["how"], &opened["name"], &opened["phone"]), (&json!("opened"), &json!(to.name), &json!(to.phone)));
        assert_eq!(opened["address"], json!(to.street));
        assert_eq!(timeline(&desk.order(&number).await), ["seen", "revealed"]);
        let log = desk.keeper().get("/console/api/v1/audit-entries").await.ok();
        assert_eq!(log["items"][0]["action"], "market_order.receiver");

        // Once the order was sent the platform opens nothing more; masks stay.
        desk.confirms(&number).await;
        desk.tries(&number, "ship", json!({"carrier": "SF", "tracking_no": "SF1"})).await.ok();
        app.run_due_jobs().await;
        desk.pulls().await;
        let closed = desk.keeper().get(&path).await.ok();
        assert_eq!(closed["how"], "masked");
        assert!(closed["why"].is_string() && closed["name"] != json!(to.name), "{closed}");
    }
}

on_both! {
    async fn receivers_are_forgotten_some_days_after_the_end_and_at_once_when_somebody_asks(app: TestApp) {
        let desk = Desk::open(app).await;
        desk.keeper().put("/console/api/v1/settings", json!({"market_receiver_days": 30})).await.ok();
        app.run_due_jobs().await;
        let numbers = [desk.buys(&[(0, 1)]), desk.buys(&[(0, 1)]), desk.buys(&[(0, 1)])];
        desk.pulls().await;
        let stores = app.wechat().stores();
        stores.cancel(&desk.bound.of, &numbers[0]).unwrap();
        desk.pulls().await;
        let how = async |number: &str| {
            let id = desk.order(number).await["id"].as_str().unwrap().to_owned();
            desk.keeper().get(&format!("{ORDERS}/{id}/receiver")).await.ok()["how"].clone()
        };
        assert_eq!(how(&numbers[0]).await, "masked", "a cancelled order is opened no more");
        app.advance(29 * 86_400);
        assert_eq!(market_orders::forget_due(&app.app).await.unwrap(), 0);
        app.advance(86_400 + 60);
        assert_eq!(market_orders::forget_due(&app.app).await.unwrap(), 1);
        assert_eq!(how(&numbers[0]).await, "erased");

        let id = desk.order(&numbers[1]).await["id"].as_str().unwrap().to_owned();
        assert_eq!(desk.keeper().delete(&format!("{ORDERS}/{id}/receiver")).await.status, 204);
        assert_eq!((how(&numbers[1]).await, how(&numbers[2]).await), (json!("erased"), json!("opened")));
        let wish = json!({"external_ids": [numbers[2]]});
        let told = desk.keeper().post(&desk.bound.path("/orders/forget"), wish).await.ok();
        assert_eq!((&told["forgotten"], how(&numbers[2]).await), (&json!(1), json!("erased")));
        // Reading the order again brings nothing back.
        stores.hold(&desk.bound.of, &numbers[2], true).unwrap();
        desk.pulls().await;
        assert_eq!((&desk.order(&numbers[2]).await["held"], how(&numbers[2]).await), (&json!(true), json!("erased")));
        assert!(!stored(app).await.contains("v1."));
        desk.keeper().post(&desk.bound.path("/orders/forget"), json!({})).await.refused(400, "validation.failed");
    }
}

on_both! {
    async fn receivers_are_sealed_anew_with_a_new_master_key(app: TestApp) {
        let desk = Desk::open(app).await;
        let number = desk.buys(&[(0, 1)]);
        desk.pulls().await;
        let id: kernel::id::MarketOrderId = desk.order(&number).await["id"].as_str().unwrap().parse().unwrap();
        let with_keys = async |key: &str, old: &[&str]| {
            let mut config = app.app.config.clone();
            config.secrets.master_key = key.to_owned().into();
            config.secrets.old_master_keys = old.iter().map(|key| (*key).to_owned().into()).collect();
            let db = Db::connect(&config.database).await.unwrap();
            App::build(config, db).await.unwrap()
        };
        let plain = async |app: &App| {
            let row = order::Entity::find_by_id(id).one(app.db.reader()).await.unwrap().unwrap();
            app.sealer.open(&receiver_place(id), &row.sealed_receiver.unwrap())
        };
        let before = plain(&app.app).await.unwrap();
        let old = app.app.config.secrets.master_key.expose_secret().to_owned();
        let both = with_keys("another master key", &[&old]).await;
        assert!(rotate_secrets::rotate(&both, |_, _| {}).await.unwrap().unreadable.is_empty());
        let fresh = with_keys("another master key", &[]).await;
        assert_eq!(plain(&fresh).await.unwrap(), before);
        for other in [both, fresh] {
            other.db.close().await;
        }
    }
}
