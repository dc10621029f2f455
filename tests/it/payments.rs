//! Money in: the pay sheet, late and lost notifications, closing, and a platform in trouble.

use futures::future::join;
use kernel::crypto::rsa::PrivateKey;
use sandbox::Fault;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::payments::entity::payment;

use crate::shop_floor::{Floor, events, id, order_id};

const JSAPI: &str = "/v3/pay/transactions/jsapi";
const BY_NUMBER: &str = "/v3/pay/transactions/out-trade-no/";

/// One call to a path is answered like this.
/// How often an order is sent before the shopper is told to try again.
const ATTEMPTS: u32 = 3;

fn fault(path_prefix: &str, method: &str, status: u16) -> Fault {
    serde_json::from_value(json!({"path_prefix": path_prefix, "method": method, "status": status})).unwrap()
}

fn pay_path(order: &Value) -> String {
    format!("/api/v1/orders/{}/payment", id(order))
}

fn cancel_path(order: &Value) -> String {
    format!("/api/v1/orders/{}/cancel", id(order))
}

on_both! {
    async fn the_pay_sheet_gets_exactly_its_fields_and_opens_again(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        let sheet = floor.opens_pay_sheet(&anna, &order).await;
        let mut names: Vec<_> = sheet.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["nonceStr", "package", "paySign", "signType", "timeStamp"]);
        assert_eq!(sheet["signType"], "RSA");
        assert!(sheet["timeStamp"].is_string(), "wx.requestPayment takes text");

        let keys = app.keys();
        let text = |name: &str| sheet[name].as_str().unwrap();
        let message =
            format!("{}\n{}\n{}\n{}\n", keys.merchant.appid, text("timeStamp"), text("nonceStr"), text("package"));
        let key = PrivateKey::parse(&keys.merchant.private_key_pem().unwrap()).unwrap().public_key().unwrap();
        key.verify(message.as_bytes(), text("paySign")).unwrap();

        let again = floor.opens_pay_sheet(&anna, &order).await;
        assert_eq!(again["package"], sheet["package"], "the same order at WeChat");
        assert_eq!(app.wechat().orders().len(), 1);
        assert_eq!(app.wechat().orders()[0].total, 1000);
        let (a, b) = join(anna.post(&pay_path(&order), json!({})), anna.post(&pay_path(&order), json!({}))).await;
        assert_eq!(a.ok()["package"], b.ok()["package"]);
    }
}

on_both! {
    async fn a_notification_makes_an_order_paid(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 2)]).await;
        let number = floor.pays_unheard(&anna, &order).await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "pending_payment");
        assert_eq!(floor.hears(&number).await, 204);
        let paid = floor.seen(&anna, &order).await;
        assert_eq!((&paid["status"], events(&paid)), (&json!("paid"), vec!["placed", "paid"]));
        assert!(paid["paid_at"].is_string() && paid["actions"].as_array().unwrap().contains(&json!("pickup_code")));
        anna.get(&format!("/api/v1/orders/{}/pickup-code", id(&order))).await.ok();
        anna.post(&pay_path(&order), json!({})).await.refused(409, "payment.not_needed");
        let told = floor.console(&order).await;
        assert_eq!((&told["payment"]["state"], &told["payment"]["late"]), (&json!("succeeded"), &json!(false)));
        assert_eq!(told["holds"][0]["state"], "deducted");
        assert_eq!(told["timeline"][0]["actor"], format!("member:{}", anna.id()));
        assert_eq!(floor.left(&apples).await, 8);
        assert_eq!(floor.account(AccountKind::LeaderPending).await, -200);
        assert_eq!(floor.account(AccountKind::Revenue).await, -1800);
        app.advance(3600);
        app.run_due_jobs().await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "paid", "a paid order does not time out");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_lost_notification_is_found_by_asking(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        let number = floor.pays_unheard(&anna, &order).await;
        app.run_due_jobs().await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "pending_payment", "not asked before its time");
        let now = app.app.clock.wall();
        let due = payment::Entity::update_many()
            .col_expr(payment::Column::NextQueryAt, Expr::value(now))
            .filter(payment::Column::OrderId.eq(order_id(&order)));
        due.exec(app.app.db.maintenance()).await.unwrap();
        app.run_due_jobs().await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "paid");
        assert_eq!(floor.hears(&number).await, 204, "the notice comes after all and changes nothing");
        assert_eq!(events(&floor.seen(&anna, &order).await), ["placed", "paid"]);
        floor.adds_up().await;
    }
}

on_both! {
    async fn what_was_paid_before_the_close_is_honoured(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let late = floor.orders(&anna, &[(&apples, 1)]).await;
        floor.pays_unheard(&anna, &late).await;
        app.advance(901);
        app.run_due_jobs().await;
        assert_eq!(floor.seen(&anna, &late).await["status"], "paid", "WeChat is asked before anything is closed");

        let given_up = floor.orders(&anna, &[(&apples, 1)]).await;
        floor.pays_unheard(&anna, &given_up).await;
        let told = anna.post(&cancel_path(&given_up), json!({})).await.refused(409, "order.wrong_state");
        assert_eq!(told["extra"]["status"], "paid");

        // The user pays between our question and our close.
        let raced = floor.orders(&anna, &[(&apples, 1)]).await;
        let sheet = floor.opens_pay_sheet(&anna, &raced).await;
        let slow = json!({"path_prefix": BY_NUMBER, "method": "GET", "timeout_ms": 700, "after_effect": true});
        app.wechat().add_fault(serde_json::from_value(slow).unwrap());
        let path = cancel_path(&raced);
        let pays = async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            app.wechat().pays(sheet["package"].as_str().unwrap()).unwrap();
        };
        let (cancelled, ()) = join(anna.post(&path, json!({})), pays).await;
        assert_eq!(cancelled.refused(409, "order.wrong_state")["extra"]["status"], "paid");
        assert_eq!(floor.seen(&anna, &raced).await["status"], "paid");
        assert_eq!(floor.left(&apples).await, 7);
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_late_payment_on_a_closed_order_is_refunded_in_full_once(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        // WeChat takes the order but its answer is lost, and then does not know it yet.
        app.wechat().add_fault(Fault { after_effect: true, times: ATTEMPTS, ..fault(JSAPI, "POST", 500) });
        anna.post(&pay_path(&order), json!({})).await.refused(503, "payment.unavailable");
        app.wechat().add_fault(fault(BY_NUMBER, "GET", 404));
        anna.post(&cancel_path(&order), json!({})).await.ok();
        assert_eq!(floor.left(&apples).await, 10);

        let number = floor.number_of(&order).await;
        app.wechat().pays(number.as_str()).unwrap();
        for _ in 0..3 {
            assert_eq!(floor.hears(&number).await, 204);
        }
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], &seen["refund_status"]), (&json!("closed"), &json!("in_progress")));
        assert_eq!(events(&seen), ["placed", "cancelled", "late_payment"]);
        assert_eq!(floor.account(AccountKind::MemberPayable).await, -1000);
        floor.refunds_arrive().await;
        floor.refunds_arrive().await;
        let seen = floor.seen(&anna, &order).await;
        assert_eq!((&seen["status"], &seen["closed_reason"]), (&json!("closed"), &json!("cancelled")));
        assert_eq!((&seen["refund_status"], &seen["refunded_fen"]), (&json!("full"), &json!(1000)));
        let told = floor.console(&order).await;
        assert_eq!((&told["payment"]["late"], told["refunds"].as_array().unwrap().len()), (&json!(true), 1));
        assert_eq!(app.wechat().refunds().len(), 1);
        assert_eq!(floor.account(AccountKind::MemberPayable).await, 0);
        assert_eq!(floor.left(&apples).await, 10, "what it held was given back before");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_platform_in_trouble_neither_makes_two_orders_nor_closes_one(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        let troubles = [
            fault(JSAPI, "POST", 500),
            fault(JSAPI, "POST", 429),
            Fault { after_effect: true, ..fault(JSAPI, "POST", 500) },
            // The backup is asked too.
            Fault { drop: true, after_effect: true, status: None, times: 2, ..fault(JSAPI, "POST", 500) },
            Fault { unsigned: true, status: None, ..fault(JSAPI, "POST", 500) },
        ];
        for trouble in troubles {
            app.wechat().add_fault(Fault { times: trouble.times * ATTEMPTS, ..trouble.clone() });
            let answer = anna.post(&pay_path(&order), json!({})).await;
            assert_eq!((answer.status, answer.code()), (503, "payment.unavailable"), "{trouble:?}");
        }
        // A refusal that nobody signed is not believed either, while WeChat knows the order.
        app.wechat().add_fault(fault(JSAPI, "POST", 400));
        anna.post(&pay_path(&order), json!({})).await.refused(503, "payment.unavailable");
        floor.opens_pay_sheet(&anna, &order).await;
        assert_eq!(app.wechat().orders().len(), 1, "every repeat was the same request");

        let close = format!("{BY_NUMBER}{}/close", floor.number_of(&order).await);
        for trouble in [fault(BY_NUMBER, "GET", 500), fault(BY_NUMBER, "GET", 404), fault(&close, "POST", 500), fault(&close, "POST", 429)] {
            app.wechat().add_fault(trouble.clone());
            let answer = anna.post(&cancel_path(&order), json!({})).await;
            assert_eq!((answer.status, answer.code()), (503, "payment.unavailable"), "{trouble:?}");
            assert_eq!(floor.left(&apples).await, 9, "nothing is closed without a clear answer");
            floor.opens_pay_sheet(&anna, &order).await;
        }
        app.advance(901);
        app.wechat().add_fault(fault(BY_NUMBER, "GET", 500));
        app.run_due_jobs().await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "pending_payment");
        app.run_due_jobs().await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "closed");
        assert_eq!(floor.left(&apples).await, 10);
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_platform_that_stumbles_still_opens_the_pay_sheet(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let stumbles = [
            Fault { times: 2, ..fault(JSAPI, "POST", 500) },
            Fault { times: 2, after_effect: true, ..fault(JSAPI, "POST", 500) },
            // The backup answers at once.
            Fault { drop: true, after_effect: true, status: None, ..fault(JSAPI, "POST", 500) },
        ];
        for (n, stumble) in stumbles.into_iter().enumerate() {
            let order = floor.orders(&anna, &[(&apples, 1)]).await;
            app.wechat().add_fault(stumble.clone());
            floor.opens_pay_sheet(&anna, &order).await;
            assert_eq!((app.wechat().orders().len(), app.wechat().faults().len()), (n + 1, 0), "{stumble:?}");
        }
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_refund_whose_answer_is_lost_is_one_refund(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1000, 10).await;
        let anna = app.member("anna").await;
        let refunds = "/v3/refund/domestic/refunds";
        let troubles = [
            fault(refunds, "POST", 500),
            fault(refunds, "POST", 429),
            Fault { after_effect: true, ..fault(refunds, "POST", 500) },
            Fault { after_effect: true, ..fault(refunds, "POST", 400) },
            Fault { drop: true, after_effect: true, status: None, ..fault(refunds, "POST", 500) },
        ];
        for (n, trouble) in troubles.into_iter().enumerate() {
            let order = floor.buys(&anna, &[(&apples, 1)]).await;
            app.wechat().add_fault(trouble.clone());
            anna.post(&cancel_path(&order), json!({})).await.ok();
            floor.until("the refund is sent", async || app.wechat().refunds().len() == n + 1).await;
            floor.refunds_arrive().await;
            assert_eq!(floor.seen(&anna, &order).await["status"], "closed", "{trouble:?}");
        }
        assert_eq!(app.wechat().purse(&app.keys().merchant.mchid).refunded, 5000);
        floor.adds_up().await;
    }
}

on_both! {
    async fn what_costs_nothing_is_paid_at_once_without_wechat(app: TestApp) {
        let floor = Floor::open(app).await;
        let gifts = floor.goods(0, 3).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&gifts, 2)]).await;
        assert_eq!((&order["status"], &order["payable_fen"]), (&json!("paid"), &json!(0)));
        anna.post(&pay_path(&order), json!({})).await.refused(409, "payment.not_needed");
        assert_eq!((floor.left(&gifts).await, app.wechat().orders().len()), (1, 0));
        let back = anna.post(&cancel_path(&order), json!({})).await.ok();
        assert_eq!((&back["status"], &back["closed_reason"]), (&json!("closed"), &json!("refunded")));
        assert_eq!(back["lines"][0]["refunded_quantity"], 2);
        assert_eq!((floor.left(&gifts).await, app.wechat().refunds().len()), (3, 0));
        floor.adds_up().await;
    }
}

on_both! {
    async fn goods_for_new_buyers_are_bought_once(app: TestApp) {
        let floor = Floor::open(app).await;
        let welcome = floor.goods_with(100, json!(10), json!({"new_buyer_only": true})).await;
        let anna = app.member("anna").await;
        let orders = [
            floor.orders(&anna, &[(&welcome, 1)]).await,
            floor.orders(&anna, &[(&welcome, 1)]).await,
            floor.orders(&anna, &[(&welcome, 1)]).await,
        ];
        let first = floor.pays_unheard(&anna, &orders[0]).await;
        let second = floor.pays_unheard(&anna, &orders[1]).await;
        assert_eq!(floor.hears(&first).await, 204);
        anna.post(&pay_path(&orders[2]), json!({})).await.refused(409, "purchase.new_buyer_only");
        floor.tries(&anna, &[(&welcome, 1)]).await.refused(409, "purchase.new_buyer_only");
        assert_eq!(floor.hears(&second).await, 204, "the money came: it is booked, and goes back");
        let back = floor.seen(&anna, &orders[1]).await;
        assert_eq!(back["status"], "closed");
        assert!(events(&back).contains(&"late_payment"));
        floor.refunds_arrive().await;
        assert_eq!(floor.seen(&anna, &orders[1]).await["refund_status"], "full");
        assert_eq!(floor.seen(&anna, &orders[0]).await["status"], "paid");
        assert_eq!(floor.left(&welcome).await, 8, "one bought, one still waits to be paid");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_shop_that_deducts_at_payment_refunds_what_it_no_longer_has(app: TestApp) {
        let floor = Floor::open(app).await;
        floor.settings(json!({"stock_deduct": "payment"})).await;
        let (apples, pears) = (floor.goods(1000, 5).await, floor.goods(500, 1).await);
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let both = floor.orders(&anna, &[(&apples, 2), (&pears, 1)]).await;
        assert_eq!((floor.left(&apples).await, floor.left(&pears).await), (5, 1), "nothing is held");
        floor.buys(&ben, &[(&pears, 1)]).await;
        let number = floor.pays_unheard(&anna, &both).await;
        assert_eq!(floor.hears(&number).await, 204);
        floor.refunds_arrive().await;
        let seen = floor.seen(&anna, &both).await;
        assert_eq!((&seen["status"], &seen["refunded_fen"]), (&json!("closed"), &json!(2500)));
        assert_eq!((floor.left(&apples).await, floor.left(&pears).await), (5, 0), "the apples were not lost with the pears");
        floor.adds_up().await;
    }
}
