//! The attempts to collect an order's money: numbers that can no longer be paid, closes that fail or
//! die halfway, and what is asked of a platform that does not answer.

use sandbox::Fault;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::orders::entity::order;
use tuanqiao::areas::payments::entity::payment;
use tuanqiao::areas::payments::state::PaymentState;
use tuanqiao::areas::{ledger, reports};
use tuanqiao::jobs::{Done, JOBS};

use crate::app::{TestApp, shop_text};
use crate::shop_floor::{Floor, events, id, order_id};

const JSAPI: &str = "/v3/pay/transactions/jsapi";
const BY_NUMBER: &str = "/v3/pay/transactions/out-trade-no/";

/// One call to a path is answered like this.
fn fault(path_prefix: &str, method: &str, status: u16) -> Fault {
    serde_json::from_value(json!({"path_prefix": path_prefix, "method": method, "status": status})).unwrap()
}

fn pay_path(order: &Value) -> String {
    format!("/api/v1/orders/{}/payment", id(order))
}

fn cancel_path(order: &Value) -> String {
    format!("/api/v1/orders/{}/cancel", id(order))
}

/// Runs one job once.
async fn runs(app: &TestApp, name: &str) -> Done {
    let job = JOBS.iter().find(|job| job.name == name).unwrap();
    (job.run)(&app.app).await.unwrap()
}

/// The payment of a number becomes due to be asked about, in this state.
async fn is_due(app: &TestApp, number: &str, state: PaymentState) {
    payment::Entity::update_many()
        .col_expr(payment::Column::State, Expr::value(state))
        .col_expr(payment::Column::NextQueryAt, Expr::value(app.app.clock.wall()))
        .filter(payment::Column::Id.eq(number.parse::<kernel::id::PaymentId>().unwrap()))
        .exec(app.app.db.maintenance())
        .await
        .unwrap();
}

/// The payment with a number, as it is stored.
async fn stored(app: &TestApp, number: &str) -> payment::Model {
    let id: kernel::id::PaymentId = number.parse().unwrap();
    payment::Entity::find_by_id(id).one(app.app.db.reader()).await.unwrap().unwrap()
}

/// Nothing is wrong between the books and what they book.
async fn books_agree(app: &TestApp) {
    let faults = reports::books::faults(app.app.db.reader(), app.shop().id).await.unwrap();
    assert_eq!(faults, []);
    assert!(ledger::query::verify(app.app.db.reader(), app.shop().id).await.unwrap().is_clean());
}

on_both! {
    async fn an_order_whose_user_is_entering_the_password_is_not_closed(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        let sheet = floor.opens_pay_sheet(&anna, &order).await;
        let number = floor.number_of(&order).await;
        app.wechat().enters_password(number.as_str(), true).unwrap();
        anna.post(&cancel_path(&order), json!({})).await.refused(503, "payment.unavailable");
        assert_eq!((floor.seen(&anna, &order).await["status"].clone(), floor.left(&apples).await), (json!("pending_payment"), 9));
        app.wechat().pays(sheet["package"].as_str().unwrap()).unwrap();
        assert_eq!(floor.hears(&number).await, 204);
        assert_eq!(floor.seen(&anna, &order).await["status"], "paid");

        let given_up = floor.orders(&anna, &[(&apples, 1)]).await;
        floor.opens_pay_sheet(&anna, &given_up).await;
        let number = floor.number_of(&given_up).await;
        app.wechat().enters_password(number.as_str(), true).unwrap();
        app.wechat().enters_password(number.as_str(), false).unwrap();
        anna.post(&cancel_path(&given_up), json!({})).await.ok();
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_close_that_fails_is_followed_by_a_question(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        // Closed there, though the answer says otherwise.
        let closed = floor.orders(&anna, &[(&apples, 1)]).await;
        floor.opens_pay_sheet(&anna, &closed).await;
        let close = format!("{BY_NUMBER}{}/close", floor.number_of(&closed).await);
        app.wechat().add_fault(Fault { after_effect: true, ..fault(&close, "POST", 500) });
        assert_eq!(anna.post(&cancel_path(&closed), json!({})).await.ok()["closed_reason"], "cancelled");
        assert_eq!(floor.left(&apples).await, 10);

        // Paid while the close failed.
        let paid = floor.orders(&anna, &[(&apples, 1)]).await;
        let sheet = floor.opens_pay_sheet(&anna, &paid).await;
        let close = format!("{BY_NUMBER}{}/close", floor.number_of(&paid).await);
        app.wechat().add_fault(Fault { timeout_ms: 700, ..fault(&close, "POST", 500) });
        let path = cancel_path(&paid);
        let pays = async {
            while !app.wechat().faults().is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            app.wechat().pays(sheet["package"].as_str().unwrap()).unwrap();
        };
        let (cancelled, ()) = futures::future::join(anna.post(&path, json!({})), pays).await;
        assert_eq!(cancelled.refused(409, "order.wrong_state")["extra"]["status"], "paid");
        assert_eq!(floor.seen(&anna, &paid).await["status"], "paid");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_main_host_that_hangs_keeps_nobody_from_cancelling(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        floor.opens_pay_sheet(&anna, &order).await;
        // Each first try hangs for longer than anybody waits, the backup answers.
        let number = floor.number_of(&order).await;
        for (path, method) in [(format!("{BY_NUMBER}{number}"), "GET"), (format!("{BY_NUMBER}{number}/close"), "POST")] {
            app.wechat().add_fault(Fault { timeout_ms: 5_000, ..fault(&path, method, 500) });
        }
        let begun = std::time::Instant::now();
        assert_eq!(anna.post(&cancel_path(&order), json!({})).await.ok()["closed_reason"], "cancelled");
        assert!(begun.elapsed().as_secs() < 8, "it took {:?}", begun.elapsed());
        assert_eq!((app.wechat().faults().len(), floor.left(&apples).await), (0, 10));
        assert_eq!(stored(app, &number).await.state, PaymentState::Closed);
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_close_that_died_halfway_leaves_an_order_that_can_be_paid(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        floor.opens_pay_sheet(&anna, &order).await;
        let number = floor.number_of(&order).await;
        is_due(app, &number, PaymentState::Closing).await;
        anna.post(&pay_path(&order), json!({})).await.refused(409, "payment.closing");
        runs(app, "query_open_payments").await;
        assert_eq!(stored(app, &number).await.state, PaymentState::Prepaid);
        floor.pays_unheard(&anna, &order).await;
        assert_eq!(floor.hears(&number).await, 204);
        assert_eq!(floor.seen(&anna, &order).await["status"], "paid");

        // Closed there already: the order gets another number.
        let other = floor.orders(&anna, &[(&apples, 1)]).await;
        floor.opens_pay_sheet(&anna, &other).await;
        let number = floor.number_of(&other).await;
        app.app.clients.of(&app.shop()).pay().unwrap().close_order(&number).await.unwrap();
        is_due(app, &number, PaymentState::Closing).await;
        runs(app, "query_open_payments").await;
        assert_eq!(stored(app, &number).await.state, PaymentState::Closed);
        let again = floor.pays_unheard(&anna, &other).await;
        assert_ne!(again, number);
        assert_eq!(floor.hears(&again).await, 204);
        assert_eq!(floor.seen(&anna, &other).await["status"], "paid");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_number_closed_behind_our_back_is_followed_by_another(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        app.wechat().add_fault(Fault { after_effect: true, times: 3, ..fault(JSAPI, "POST", 500) });
        anna.post(&pay_path(&order), json!({})).await.refused(503, "payment.unavailable");
        let first = floor.number_of(&order).await;
        app.app.clients.of(&app.shop()).pay().unwrap().close_order(&first).await.unwrap();
        let second = floor.pays_unheard(&anna, &order).await;
        assert_ne!(first, second);
        assert_eq!(floor.hears(&second).await, 204);
        let told = floor.console(&order).await;
        assert_eq!((&told["status"], &told["payment"]["id"]), (&json!("paid"), &json!(second)));
        assert_eq!((&told["other_payments"][0]["id"], &told["other_payments"][0]["state"]), (&json!(first), &json!("closed")));
        floor.adds_up().await;
        books_agree(app).await;
    }
}

on_both! {
    async fn of_two_numbers_paid_for_one_order_the_second_is_refunded(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        // WeChat takes the order, its answer is lost; then it says "used" and knows nothing of it.
        app.wechat().add_fault(Fault { after_effect: true, times: 3, ..fault(JSAPI, "POST", 500) });
        anna.post(&pay_path(&order), json!({})).await.refused(503, "payment.unavailable");
        let first = floor.number_of(&order).await;
        let used = json!({"code": "OUT_TRADE_NO_USED", "message": "商户订单号重复"});
        app.wechat().add_fault(Fault { body: Some(used), ..fault(JSAPI, "POST", 403) });
        app.wechat().add_fault(fault(BY_NUMBER, "GET", 404));
        let second = floor.pays_unheard(&anna, &order).await;
        assert_ne!(first, second);
        app.wechat().pays(first.as_str()).unwrap();
        for number in [&second, &first, &first] {
            assert_eq!(floor.hears(number).await, 204);
        }
        floor.refunds_arrive().await;
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], &seen["refund_status"], &seen["refunded_fen"]), (&json!("paid"), &json!("none"), &json!(0)));
        assert_eq!(events(&seen), ["placed", "paid", "duplicate_payment"]);
        let told = floor.console(&order).await;
        assert_eq!((&told["payment"]["id"], &told["payment"]["late"]), (&json!(second), &json!(false)));
        assert_eq!((&told["other_payments"][0]["id"], &told["other_payments"][0]["late"]), (&json!(first), &json!(true)));
        assert_eq!((&told["refunds"][0]["cause"], &told["refunds"][0]["state"]), (&json!("late_payment"), &json!("succeeded")));
        assert_eq!((floor.left(&apples).await, app.wechat().refunds().len()), (9, 1));
        floor.adds_up().await;
        books_agree(app).await;

        // What was paid for the order goes back by the number that paid it.
        anna.post(&cancel_path(&order), json!({})).await.ok();
        floor.refunds_arrive().await;
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], &seen["refund_status"], &seen["refunded_fen"]), (&json!("closed"), &json!("full"), &json!(1000)));
        assert_eq!(app.wechat().purse(&app.keys().merchant.mchid).refunded, 2000);
        floor.adds_up().await;
        books_agree(app).await;
    }
}

on_both! {
    async fn the_first_money_pays_an_order_and_its_open_number_is_closed(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        app.wechat().add_fault(Fault { after_effect: true, times: 3, ..fault(JSAPI, "POST", 500) });
        anna.post(&pay_path(&order), json!({})).await.refused(503, "payment.unavailable");
        let first = floor.number_of(&order).await;
        let used = json!({"code": "OUT_TRADE_NO_USED", "message": "商户订单号重复"});
        app.wechat().add_fault(Fault { body: Some(used), ..fault(JSAPI, "POST", 403) });
        app.wechat().add_fault(fault(BY_NUMBER, "GET", 404));
        let sheet = floor.opens_pay_sheet(&anna, &order).await;
        let second = floor.number_of(&order).await;
        app.wechat().pays(first.as_str()).unwrap();
        assert_eq!(floor.hears(&first).await, 204);
        assert_eq!(floor.seen(&anna, &order).await["status"], "paid", "money for an order that waits is honoured");
        is_due(app, &second, PaymentState::Prepaid).await;
        runs(app, "query_open_payments").await;
        assert_eq!(stored(app, &second).await.state, PaymentState::Closed);
        assert!(app.wechat().pays(sheet["package"].as_str().unwrap()).is_err(), "nobody pays twice");
        floor.adds_up().await;
        books_agree(app).await;
    }
}

on_both! {
    async fn what_cannot_be_asked_about_is_put_off_and_keeps_nobody_waiting(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 100).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        let number = floor.pays_unheard(&anna, &order).await;
        is_due(app, &number, PaymentState::Prepaid).await;
        // Sixty older rows that nobody can ask about: half of a shop this process does not know.
        let known = stored(app, &number).await;
        let asked_before = app.app.clock.wall() - chrono::Duration::hours(1);
        for n in 0..60 {
            let order_row = tuanqiao::areas::orders::query::by_id(app.app.db.reader(), app.shop().id, order_id(&order));
            let shop = if n % 2 == 0 { kernel::id::ShopId::new() } else { app.shop().id };
            let of = order::Model { id: kernel::id::OrderId::new(), shop_id: shop, ..order_row.await.unwrap().unwrap() };
            let row = payment::Model {
                id: kernel::id::PaymentId::new(),
                shop_id: shop,
                order_id: Some(of.id),
                next_query_at: Some(asked_before),
                ..known.clone()
            };
            let conn = app.app.db.maintenance();
            order::Entity::insert(order::ActiveModel::from(of)).exec_without_returning(conn).await.unwrap();
            payment::Entity::insert(payment::ActiveModel::from(row)).exec_without_returning(conn).await.unwrap();
        }
        let keys = app.keys();
        let whole = shop_text("demo", &keys.merchant, &keys);
        let (before, account) = whole.split_once("[wechat_pay]").unwrap();
        let (_, after) = account.split_once("[marketplaces").unwrap();
        app.apply_shop(&format!("{before}[marketplaces{after}")).await;
        assert_eq!(runs(app, "query_open_payments").await, Done::AllOf(0), "a batch without an answer is not followed by another");
        let waiting = payment::Entity::find().filter(payment::Column::NextQueryAt.lte(app.app.clock.wall()));
        assert_eq!(waiting.all(app.app.db.reader()).await.unwrap().len(), 11, "fifty of them are put off");
        app.apply_shop(&whole).await;
        runs(app, "query_open_payments").await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "paid");
    }
}

on_both! {
    async fn a_shop_whose_wechat_is_silent_delays_its_own_orders_alone(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 100).await;
        let anna = app.member("anna").await;
        let healthy = floor.orders(&anna, &[(&apples, 1)]).await;
        floor.opens_pay_sheet(&anna, &healthy).await;
        let second = app.second_shop("second").await;
        let (row, known) = {
            let conn = app.app.db.reader();
            let row = tuanqiao::areas::orders::query::by_id(conn, app.shop().id, order_id(&healthy)).await.unwrap().unwrap();
            (row, stored(app, &floor.number_of(&healthy).await).await)
        };
        let mut theirs = Vec::new();
        for n in 0..30_i64 {
            let of = order::Model {
                id: kernel::id::OrderId::new(),
                shop_id: second.id,
                // Older than the healthy shop's.
                expires_at: row.expires_at - chrono::Duration::seconds(60),
                ..row.clone()
            };
            theirs.push(of.id);
            let conn = app.app.db.maintenance();
            order::Entity::insert(order::ActiveModel::from(of.clone())).exec_without_returning(conn).await.unwrap();
            if n == 29 {
                continue;
            }
            let attempt = payment::Model { id: kernel::id::PaymentId::new(), shop_id: second.id, order_id: Some(of.id), ..known.clone() };
            let path = format!("{BY_NUMBER}{}", attempt.id);
            let silent = json!({"path_prefix": path, "timeout_ms": 5_000, "times": 9, "status": 500});
            app.wechat().add_fault(serde_json::from_value(silent).unwrap());
            payment::Entity::insert(payment::ActiveModel::from(attempt)).exec_without_returning(conn).await.unwrap();
        }
        app.advance(901);
        let started = std::time::Instant::now();
        runs(app, "close_expired_orders").await;
        assert!(started.elapsed().as_secs() < 5, "a run took {:?}", started.elapsed());
        assert_eq!(floor.seen(&anna, &healthy).await["status"], "closed");
        let rows = order::in_shop(second.id).all(app.app.db.reader()).await.unwrap();
        let (closed, open): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.closed_at.is_some());
        let closed: Vec<_> = closed.iter().map(|row| row.id).collect();
        assert_eq!(closed, theirs[29..], "what was never offered for payment needs no answer");
        let now = app.app.clock.wall();
        assert!(open.iter().all(|row| row.next_close_at.is_some_and(|at| at > now + chrono::Duration::seconds(20))));
        assert_eq!(runs(app, "close_expired_orders").await, Done::AllOf(0), "they wait for their next try");
    }
}
