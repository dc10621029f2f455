//! What an operator runs by hand: the checks, the backup, the rotation of the master key.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use actix_web::web;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use secrecy::ExposeSecret;
use serde_json::json;
use tuanqiao::app::App;
use tuanqiao::areas::ledger::entity::party_account;
use tuanqiao::areas::members;
use tuanqiao::areas::members::entity::member;
use tuanqiao::areas::payouts::identities;
use tuanqiao::config::{Config, StockBackend};
use tuanqiao::flows::rotate_secrets;
use tuanqiao::platform::db::Db;
use tuanqiao::platform::request_keys;

use crate::app::TestApp;
use crate::setup::Setup;

impl TestApp {
    /// Runs the binary beside the served product, on the same configuration.
    pub async fn runs(&self, arguments: &[&str]) -> Output {
        self.runs_on(&self.app.config.database.url, arguments).await
    }

    /// As [`TestApp::runs`], with a line on the standard input.
    pub async fn runs_fed(&self, arguments: &[&str], line: &str) -> Output {
        self.started(&self.app.config.database.url, arguments, Some(line)).await
    }

    /// As [`TestApp::runs`], on another database.
    async fn runs_on(&self, database_url: &str, arguments: &[&str]) -> Output {
        self.started(database_url, arguments, None).await
    }

    async fn started(&self, database_url: &str, arguments: &[&str], line: Option<&str>) -> Output {
        let config = &self.app.config;
        let backend = if config.stock.backend == StockBackend::Redis { "redis" } else { "embedded" };
        let settings = [
            ("DATABASE__URL", database_url.to_owned()),
            ("STOCK__BACKEND", backend.to_owned()),
            ("STOCK__REDIS_URL", config.stock.redis_url.clone()),
            ("SANDBOX__ENABLED", "true".to_owned()),
            ("SERVER__PUBLIC_URL", config.server.public_url.clone()),
            ("SECRETS__MASTER_KEY", config.secrets.master_key.expose_secret().to_owned()),
            ("PLATFORMS__WECHAT", config.platforms.wechat.clone()),
            ("PLATFORMS__WECHAT_PAY", config.platforms.wechat_pay.clone()),
            ("PLATFORMS__WECHAT_PAY_BACKUP", config.platforms.wechat_pay_backup.clone()),
            ("PLATFORMS__PINDUODUO", config.platforms.pinduoduo.clone()),
            ("PLATFORMS__TAOBAO", config.platforms.taobao.clone()),
            ("PLATFORMS__JD", config.platforms.jd.clone()),
        ];
        let mut command = Command::new(env!("CARGO_BIN_EXE_tuanqiao"));
        command.args(arguments);
        for (key, value) in settings {
            command.env(format!("TUANQIAO__{key}"), value);
        }
        let Some(line) = line.map(str::to_owned) else {
            return web::block(move || command.output()).await.unwrap().unwrap();
        };
        let fed = move || {
            let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = pipes.spawn().unwrap();
            // Whoever fails before it reads has closed the pipe.
            let _ = child.stdin.take().unwrap().write_all(line.as_bytes());
            child.wait_with_output().unwrap()
        };
        web::block(fed).await.unwrap()
    }
}

pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

on_both! {
    async fn the_books_are_verified_and_a_wrong_balance_is_found(app: TestApp) {
        let anna = app.leader_with("anna", 1_000).await;
        anna.withdraws(400).await.ok();
        let clean = app.runs(&["ledger", "verify"]).await;
        assert!(clean.status.success() && text(&clean).contains("adds up to zero"), "{}", text(&clean));
        party_account::Entity::update_many()
            .col_expr(party_account::Column::Balance, Expr::value(601))
            .filter(party_account::Column::Party.eq(anna.id.uuid()))
            .exec(app.app.db.maintenance())
            .await
            .unwrap();
        let off = app.runs(&["ledger", "verify", "--shop", "demo"]).await;
        assert_eq!(off.status.code(), Some(1), "{}", text(&off));
        assert!(text(&off).contains("LeaderAvailable"), "{}", text(&off));
        assert_eq!(app.runs(&["ledger", "verify", "--shop", "nobody"]).await.status.code(), Some(1));
    }
}

on_both! {
    async fn a_row_that_leaves_its_books_is_found(app: TestApp) {
        use tuanqiao::areas::payouts::entity::withdrawal;
        let anna = app.leader_with("anna", 1_000).await;
        anna.withdraws(400).await.ok();
        let faults = async || {
            tuanqiao::areas::reports::books::faults(app.app.db.reader(), app.shop().id).await.unwrap()
        };
        assert_eq!(faults().await, []);
        withdrawal::Entity::update_many()
            .col_expr(withdrawal::Column::State, Expr::value("paid"))
            .filter(withdrawal::Column::LeaderId.eq(anna.id))
            .exec(app.app.db.maintenance())
            .await
            .unwrap();
        let found: Vec<_> = faults().await.into_iter().map(|fault| fault.what).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("frozen") && found[1].contains("not booked") && found[2].contains("disagree"));
    }
}

on_both! {
    async fn a_backup_is_whole_and_never_overwrites(setup: Setup) {
        let app = TestApp::with(setup, |_| {}).await;
        app.leader_with("anna", 1_000).await;
        let file = std::env::temp_dir().join(format!("backup-{}.db", uuid::Uuid::new_v4()));
        let path = file.to_str().unwrap();
        let made = app.runs(&["backup", path]).await;
        if setup == Setup::PostgresRedis {
            assert!(!made.status.success() && text(&made).contains("pg_dump"), "{}", text(&made));
        } else {
            assert!(made.status.success(), "{}", text(&made));
            let config = tuanqiao::config::Database { url: format!("sqlite://{path}"), ..app.app.config.database.clone() };
            let copy = Db::connect(&config).await.unwrap();
            assert_eq!(member::Entity::find().all(copy.reader()).await.unwrap().len(), 1);
            copy.close().await;
            let again = app.runs(&["backup", path]).await;
            assert!(!again.status.success() && text(&again).contains("never overwrites"), "{}", text(&again));
            std::fs::remove_file(&file).unwrap();
        }
        app.stop().await;
    }
}

on_both! {
    async fn stock_is_reconciled_by_hand(app: TestApp) {
        let done = app.runs(&["stock", "reconcile"]).await;
        assert!(done.status.success() && text(&done).starts_with("demo: "), "{}", text(&done));
    }
}

on_both! {
    async fn a_command_on_a_missing_database_makes_none(app: TestApp) {
        let file = std::env::temp_dir().join(format!("missing-{}.db", uuid::Uuid::new_v4()));
        let url = format!("sqlite://{}", file.display());
        for arguments in [
            &["doctor"] as &[&str],
            &["serve"],
            &["ledger", "verify"],
            &["migrate", "status"],
            &["migrate", "down"],
            &["backup", "/nowhere/at/all.db"],
        ] {
            let output = app.runs_on(&url, arguments).await;
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output));
            assert!(!file.exists(), "{arguments:?} made an empty database");
        }
        let told = text(&app.runs_on(&url, &["stock", "reconcile"]).await);
        assert!(told.contains("there is no database at") && told.contains("migrate up"), "{told}");
        assert!(app.runs_on(&url, &["migrate", "up"]).await.status.success() && file.exists());
        std::fs::remove_file(&file).unwrap();
    }
}

on_both! {
    async fn the_only_shop_need_not_be_named(app: TestApp) {
        let listed = app.runs(&["leader", "list"]).await;
        assert!(listed.status.success(), "{}", text(&listed));
        let without_password = text(&app.runs(&["operator", "create", "--username", "li"]).await);
        assert!(without_password.contains("password"), "{without_password}");
        app.second_shop("second").await;
        let which = app.runs(&["leader", "list"]).await;
        assert!(!which.status.success() && text(&which).contains("demo, second"), "{}", text(&which));
        assert!(app.runs(&["leader", "list", "--shop", "second"]).await.status.success());
    }
}

on_both! {
    async fn the_doctor_says_what_works_and_what_to_mend(app: TestApp) {
        let well = app.runs(&["doctor"]).await;
        assert!(well.status.success(), "{}", text(&well));
        for sign in ["schema is current", "stock store", "gives the mini-program a token", "accepts our signature",
            "多多进宝 lets us in", "淘宝客 lets us in", "京东联盟 lets us in"] {
            assert!(text(&well).contains(sign), "{sign}: {}", text(&well));
        }
        let keys = app.keys();
        // Our own key beside the platform's is no fault; a wrong secret is, and so is a stop.
        let shop_file = crate::app::shop_text("demo", &keys.merchant, &keys)
            .replace("[marketplaces.taobao_affiliate]", "[marketplaces.taobao_affiliate]\ncalls_per_day = 4000")
            .replace(&keys.jd.app_secret, "another secret");
        app.apply_shop(&shop_file).await;
        let unsigned = serde_json::json!({"path_prefix": "/v3/pay/transactions/out-trade-no/", "unsigned": true});
        app.wechat().add_fault(serde_json::from_value(unsigned).unwrap());
        let ill = text(&app.runs(&["doctor"]).await);
        assert!(ill.contains("淘宝客 lets us in") && ill.contains("京东联盟 answers BadSignature (12)"), "{ill}");
        assert!(ill.contains("check the secret in [marketplaces.jd_affiliate]"), "{ill}");
        assert!(ill.contains("without a signature") && ill.contains("2 thing(s) to mend"), "{ill}");
        let wrong = crate::app::shop_text("demo", &keys.merchant, &keys)
            .replace(&keys.merchant.secret, "not the secret")
            .replace(&keys.merchant.serial, "0000000000000000000000000000000000000000");
        app.apply_shop(&wrong).await;
        let ill = app.runs(&["doctor"]).await;
        assert_eq!(ill.status.code(), Some(1), "{}", text(&ill));
        assert!(text(&ill).contains("no token") && text(&ill).contains("refuses the account"), "{}", text(&ill));
        assert!(!text(&ill).contains("not the secret"));
    }
}

on_both! {
    async fn secrets_are_sealed_anew_and_the_old_key_is_no_longer_needed(app: TestApp) {
        let anna = app.leader_with("anna", 1_000).await;
        let (shop, now) = (app.shop().id, app.app.clock.now());
        let id = anna.client.id().parse().unwrap();
        let phone = async |tx: &_| {
            Ok(members::service::set_phone(tx, &app.app.sealer, shop, id, "13800000000", now).await?)
        };
        app.app.db.write(phone).await.unwrap();
        let before = members::query::by_id(app.app.db.reader(), shop, id).await.unwrap().unwrap();
        let card = json!({"channel": "bank", "account": "6225880100070003", "name": "张三", "bank": "招商银行"});
        anna.client.put("/api/v1/leader/payout-accounts", card).await.ok();
        let identity = json!({"name": "张三", "id_number": "11010519491231002X"});
        anna.client.put("/api/v1/leader/identity", identity).await.ok();
        let known = identities::of_leader(app.app.db.reader(), shop, anna.id).await.unwrap().unwrap();
        let with_keys = async |new: &str, old: &[&str]| {
            let mut config: Config = app.app.config.clone();
            config.secrets.master_key = new.to_owned().into();
            config.secrets.old_master_keys = old.iter().map(|key| (*key).to_owned().into()).collect();
            let db = Db::connect(&config.database).await.unwrap();
            App::build(config, db).await
        };
        let basket = json!({"marketplace": "pinduoduo_affiliate", "query": "水果", "listing": "affiliate"});
        let operator = app.operator().await;
        let answer = operator.post_once("key", "/console/api/v1/imports", basket.clone()).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let old = app.app.config.secrets.master_key.expose_secret().to_owned();
        assert!(with_keys("another master key", &[]).await.is_err(), "the new key alone opens nothing yet");
        let both = with_keys("another master key", &[&old]).await.unwrap();
        let report = rotate_secrets::rotate(&both, |_, _| {}).await.unwrap();
        assert!(report.sealed >= 3 && report.unreadable.is_empty(), "{report:?}");
        assert_eq!(rotate_secrets::rotate(&both, |_, _| {}).await.unwrap().sealed, 0, "a second run has nothing to do");
        let fresh = with_keys("another master key", &[]).await.unwrap();
        let anew = identities::of_leader(fresh.db.reader(), shop, anna.id).await.unwrap().unwrap();
        assert_eq!(identities::opened(&fresh.sealer, &anew).unwrap().id_number, "11010519491231002X");
        assert_ne!(anew.id_index, known.id_index, "this index follows the key too");
        assert_eq!(fresh.shops.by_id(shop).unwrap().secrets.app_secret, app.shop().secrets.app_secret);
        let after = members::query::by_id(fresh.db.reader(), shop, id).await.unwrap().unwrap();
        let sealed = after.sealed_phone.unwrap();
        assert_eq!(fresh.sealer.open_text(&format!("members.phone:{id}"), &sealed).unwrap(), "13800000000");
        assert_ne!(after.phone_index, before.phone_index, "the index follows the key");
        let kept = request_keys::sealed_after(fresh.db.reader(), None, 10).await.unwrap();
        let answers: Vec<_> = kept.iter().map(|row| fresh.sealer.open_text(&row.place, &row.answer).unwrap()).collect();
        assert!(answers.contains(&answer.text()), "a repeat still gets its answer: {answers:?}");
        for other in [both, fresh] {
            other.db.close().await;
        }
    }
}

/// What a fault is planted with, what takes it back, and what finds it.
const PLANTED: [(&str, &str, &str); 17] = [
    (
        "UPDATE refunds SET amount_fen = amount_fen + 1 WHERE cause = 'operator'",
        "UPDATE refunds SET amount_fen = amount_fen - 1 WHERE cause = 'operator'",
        "accepted is not booked once",
    ),
    (
        "UPDATE refund_lines SET amount_fen = amount_fen + 1",
        "UPDATE refund_lines SET amount_fen = amount_fen - 1",
        "a refund is not the sum of its lines",
    ),
    (
        "UPDATE refund_lines SET amount_fen = amount_fen + 1",
        "UPDATE refund_lines SET amount_fen = amount_fen - 1",
        "what a line says went back",
    ),
    (
        "UPDATE refunds SET state = 'processing' WHERE cause = 'operator'",
        "UPDATE refunds SET state = 'succeeded' WHERE cause = 'operator'",
        "owed to a member",
    ),
    (
        "UPDATE refunds SET state = 'processing' WHERE cause = 'operator'",
        "UPDATE refunds SET state = 'succeeded' WHERE cause = 'operator'",
        "a journal's cause",
    ),
    (
        "UPDATE commissions SET amount_fen = amount_fen + 1 WHERE state = 'released'",
        "UPDATE commissions SET amount_fen = amount_fen - 1 WHERE state = 'released'",
        "available account",
    ),
    (
        "UPDATE withdrawals SET amount_fen = amount_fen + 1",
        "UPDATE withdrawals SET amount_fen = amount_fen - 1",
        "available account",
    ),
    (
        "UPDATE withdrawals SET fee_fen = fee_fen + 1",
        "UPDATE withdrawals SET fee_fen = fee_fen - 1",
        "fee, tax and net",
    ),
    (
        "UPDATE transfers SET amount_fen = amount_fen + 1",
        "UPDATE transfers SET amount_fen = amount_fen - 1",
        "a transfer is not of its withdrawal's net",
    ),
    (
        "UPDATE orders SET refunded_fen = refunded_fen + 1 WHERE refunded_fen > 0",
        "UPDATE orders SET refunded_fen = refunded_fen - 1 WHERE refunded_fen > 1",
        "what an order says went back",
    ),
    (
        "UPDATE order_lines SET refunded_quantity = refunded_quantity - 1 WHERE refunded_quantity > 0",
        "UPDATE order_lines SET refunded_quantity = refunded_quantity + 1 WHERE refunded_fen > 0",
        "what a line says went back",
    ),
    (
        "UPDATE payments SET amount_fen = amount_fen + 1",
        "UPDATE payments SET amount_fen = amount_fen - 1",
        "what its order was to pay",
    ),
    (
        "UPDATE payments SET amount_fen = amount_fen + 1",
        "UPDATE payments SET amount_fen = amount_fen - 1",
        "booked once as owed to the member",
    ),
    (
        "UPDATE payments SET amount_fen = amount_fen + 1",
        "UPDATE payments SET amount_fen = amount_fen - 1",
        "not of the whole payment",
    ),
    (
        "UPDATE payments SET state = 'open' WHERE NOT late",
        "UPDATE payments SET state = 'succeeded' WHERE NOT late",
        "no payment that succeeded in time",
    ),
    (
        "UPDATE ledger_entries SET party = NULL WHERE account = 'loss'",
        "UPDATE ledger_entries SET party = (SELECT leader_id FROM commissions LIMIT 1) WHERE account = 'loss'",
        "available account",
    ),
    (
        "UPDATE ledger_journals SET cause_kind = 'withdrawal' WHERE cause_kind = 'payment'",
        "UPDATE ledger_journals SET cause_kind = 'payment' WHERE cause_kind = 'withdrawal' AND cause_id IN (SELECT id FROM orders)",
        "a journal's cause",
    ),
];

on_both! {
    async fn every_disagreement_of_rows_and_books_is_found(app: TestApp) {
        use crate::shop_floor::{Floor, id, line_of};
        use sea_orm::ConnectionTrait;
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 20).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 3)]).await;
        let path = format!("/console/api/v1/orders/{}", id(&order));
        floor.keeper.post_new(&format!("{path}/ship"), serde_json::json!({})).await.ok();
        floor.keeper.post_new(&format!("{path}/arrive"), serde_json::json!({})).await.ok();
        anna.post(&format!("/api/v1/orders/{}/confirm-receipt", id(&order)), serde_json::json!({})).await.ok();
        app.advance(8 * 86_400);
        app.run_due_jobs().await;
        floor.refunds(&order, serde_json::json!({"lines": [{"line_id": line_of(&order), "quantity": 1}]})).await;
        floor.refunds_arrive().await;
        let body = serde_json::json!({"amount_fen": 150, "channel": "wechat_transfer"});
        floor.leader.post_new("/api/v1/leader/withdrawals", body).await.ok();
        pays_too_late(app, &floor, &apples).await;
        let found = async || {
            let report = tuanqiao::flows::verify_books::verify(&app.app, &app.shop()).await.unwrap();
            assert!(report.verdict.is_clean(), "{report:?}");
            report.faults.into_iter().map(|fault| fault.what).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        assert_eq!(found().await, none);
        let conn = app.app.db.maintenance();
        for (plant, undo, what) in PLANTED {
            assert!(conn.execute_unprepared(plant).await.unwrap().rows_affected() > 0, "{plant}");
            let faults = found().await;
            assert!(faults.iter().any(|fault| fault.contains(what)), "{plant}: {faults:?}");
            conn.execute_unprepared(undo).await.unwrap();
            assert_eq!(found().await, none, "after {undo}");
        }
        let seen = floor.keeper.get("/console/api/v1/ledger/verify").await.ok();
        assert_eq!((&seen["clean"], &seen["faults"]), (&serde_json::json!(true), &serde_json::json!([])));
        conn.execute_unprepared(PLANTED[7].0).await.unwrap();
        let seen = floor.keeper.get("/console/api/v1/ledger/verify").await.ok();
        assert_eq!(seen["clean"], false);
        assert!(seen["faults"][0]["what"].as_str().unwrap().contains("fee, tax and net"), "{seen}");
        anna.get("/console/api/v1/ledger/verify").await.refused(401, "auth.required");
    }
}

/// An order is cancelled while WeChat cannot say that it is paid; the money comes all the same.
async fn pays_too_late(app: &TestApp, floor: &crate::shop_floor::Floor<'_>, apples: &crate::shop_floor::Ware) {
    use crate::shop_floor::id;
    use serde_json::json;
    let ben = app.member("ben").await;
    let order = floor.orders(&ben, &[(apples, 1)]).await;
    let lost = json!({"path_prefix": "/v3/pay/transactions/jsapi", "status": 500, "after_effect": true, "times": 3});
    app.wechat().add_fault(serde_json::from_value(lost).unwrap());
    ben.post(&format!("/api/v1/orders/{}/payment", id(&order)), json!({})).await.refused(503, "payment.unavailable");
    let unknown = json!({"path_prefix": "/v3/pay/transactions/out-trade-no/", "method": "GET", "status": 404});
    app.wechat().add_fault(serde_json::from_value(unknown).unwrap());
    ben.post(&format!("/api/v1/orders/{}/cancel", id(&order)), json!({})).await.ok();
    let number = floor.number_of(&order).await;
    app.wechat().pays(number.as_str()).unwrap();
    assert_eq!(floor.hears(&number).await, 204);
    floor.refunds_arrive().await;
}

on_both! {
    async fn the_books_are_verified_while_the_shop_runs_and_once_an_hour(app: TestApp) {
        let anna = app.leader_with("anna", 100_000).await;
        let verifying = async {
            for _ in 0..20 {
                let report = tuanqiao::flows::verify_books::verify(&app.app, &app.shop()).await.unwrap();
                assert_eq!(report.found(), 0, "{report:?}");
            }
        };
        let paying = async {
            for _ in 0..20 {
                anna.withdraws(100).await.ok();
            }
        };
        futures::future::join(verifying, paying).await;
        let hourly = async || tuanqiao::flows::verify_books::verify_hourly(&app.app).await.unwrap();
        assert_eq!((hourly().await, hourly().await), (1, 0), "one process of all, once");
    }
}
