//! Placing, paying and closing several orders at once.

use sandbox::NoticeKind;
use serde_json::json;

use super::{MILL, Market, ORCHARD, order_of, path, sku_with, states};

on_both! {
    async fn a_basket_over_three_merchants_is_paid_at_once_and_lies_with_each(app: TestApp) {
        let market = Market::open(app).await;
        let (anna, bert) = (app.member("anna").await, app.member("bert").await);
        let refused = anna.post_new("/api/v1/orders", market.basket()).await.refused(422, "checkout.several_merchants");
        assert_eq!(refused["extra"]["place_with"], "POST /api/v1/checkouts");
        assert_eq!(market.free(app).await, [10, 10, 10], "nothing of it was taken");
        let mut with_balance = market.basket();
        with_balance["balance_fen"] = json!(1);
        anna.post_new("/api/v1/checkouts", with_balance).await.refused(422, "checkout.wechat_pay_alone");

        let checkout = market.places(&anna).await;
        assert_eq!((checkout["orders"].as_array().unwrap().len(), &checkout["payable_fen"]), (3, &json!(5_501)));
        assert_eq!(market.free(app).await, [9, 8, 9]);
        bert.get(&path(&checkout)).await.refused(404, "checkout.not_found");
        let oranges = order_of(&checkout, 4_000);
        let alone = format!("/api/v1/orders/{}/payment", oranges["id"].as_str().unwrap());
        let told = anna.post(&alone, json!({})).await.refused(409, "order.paid_together");
        assert_eq!(told["extra"]["checkout_id"], checkout["id"]);

        let number = app.prepays_together(&anna, &checkout).await;
        assert_eq!(app.prepays_together(&anna, &checkout).await, number, "the sheet opens again under one number");
        let sellers: Vec<_> = app.wechat().orders().into_iter().map(|order| (order.seller, order.total)).collect();
        assert!(sellers.contains(&(ORCHARD.to_owned(), 4_000)) && sellers.contains(&(MILL.to_owned(), 501)), "{sellers:?}");
        app.wechat().pays_quietly(number.as_str()).unwrap();
        app.hears_of(&number).await;
        assert_eq!(states(&anna, &checkout).await, ["paid"; 3]);
        assert_eq!(anna.get(&path(&checkout)).await.ok()["payable_fen"], 0);
        assert_eq!(app.wechat().purse(ORCHARD).paid, 4_000);
        assert_eq!((app.lies_with(None).await, app.lies_with(Some(market.mill)).await), (1_000, 501));
        app.each_merchants_money_is_booked(&market).await;
        anna.post(&format!("{}/payment", path(&checkout)), json!({})).await.refused(409, "payment.not_needed");
    }
}

on_both! {
    async fn twenty_notices_at_once_pay_each_order_once(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        let number = app.prepays_together(&anna, &checkout).await;
        app.wechat().pays_quietly(number.as_str()).unwrap();
        let sent = app.wechat().send_notices(&number, NoticeKind::Duplicate, 20).await.unwrap();
        assert!(sent.iter().any(|delivery| delivery.accepted()), "{sent:?}");
        app.hears_of(&number).await;
        assert_eq!(states(&anna, &checkout).await, ["paid"; 3]);
        for order in checkout["orders"].as_array().unwrap() {
            let timeline = anna.order(order).await["timeline"].clone();
            let paid = timeline.as_array().unwrap().iter().filter(|entry| entry["status"] == "paid").count();
            assert_eq!(paid, 1, "{timeline}");
        }
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn forged_notices_of_a_combined_payment_pay_nothing(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        let number = app.prepays_together(&anna, &checkout).await;
        for kind in [NoticeKind::BadSignature, NoticeKind::OtherMerchant, NoticeKind::OtherApp] {
            let notice = app.wechat().make_notice(&number, kind).unwrap();
            assert!(!app.wechat().post_notice(notice).await.accepted(), "{kind:?}");
            assert_eq!(states(&anna, &checkout).await, ["pending_payment"; 3], "{kind:?}");
        }
        app.wechat().pays_quietly(number.as_str()).unwrap();
        for kind in [NoticeKind::WrongAmount, NoticeKind::OtherSubMerchant, NoticeKind::UnknownOrder] {
            let notice = app.wechat().make_notice(&number, kind).unwrap();
            assert!(!app.wechat().post_notice(notice).await.accepted(), "{kind:?}");
        }
        let paid = states(&anna, &checkout).await.into_iter().filter(|state| state == "paid").count();
        assert_eq!(paid, 2, "one order of the notice is not as we asked it, the others are paid");
        app.hears_of(&number).await;
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn an_order_that_a_notice_leaves_out_is_heard_of_when_wechat_is_asked(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        let number = app.prepays_together(&anna, &checkout).await;
        app.wechat().pays_quietly(number.as_str()).unwrap();
        let placed: Vec<_> = app.wechat().orders().into_iter().filter(|order| order.combined.is_some()).collect();
        let sub = |order: &sandbox::OrderView, state: &str| {
            json!({"mchid": order.mchid, "sub_mchid": order.seller, "out_trade_no": order.out_trade_no,
                "trade_state": state, "transaction_id": order.transaction_id,
                "amount": {"total_amount": order.total, "payer_amount": order.total, "currency": "CNY"}})
        };
        let resource = json!({"combine_appid": market.accounts.sub.appid,
            "combine_mchid": market.accounts.provider.mchid, "combine_out_trade_no": number,
            "sub_orders": [sub(&placed[0], "SUCCESS"), sub(&placed[1], "NOTPAY"), sub(&placed[2], "USERPAYING")]});
        let url = format!("http://{}/notify/wechat-pay/demo/payment", app.address);
        let kind = ("TRANSACTION.SUCCESS", "transaction");
        let notice = app.wechat().notice_of(&market.accounts.provider.mchid, &url, "n1", kind, resource).unwrap();
        assert!(app.wechat().post_notice(notice).await.accepted());
        let paid = states(&anna, &checkout).await.into_iter().filter(|state| state == "paid").count();
        assert_eq!(paid, 1, "a state per order");
        app.each_pending_payment_is_due().await;
        app.run_due_jobs().await;
        assert_eq!(states(&anna, &checkout).await, ["paid"; 3]);
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn cancelling_one_order_closes_all_of_an_unpaid_checkout(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        let number = app.prepays_together(&anna, &checkout).await;
        let cancel = format!("/api/v1/orders/{}/cancel", order_of(&checkout, 501)["id"].as_str().unwrap());
        app.wechat().enters_password(number.as_str(), true).unwrap();
        anna.post_new(&cancel, json!({})).await.refused(503, "payment.unavailable");
        assert_eq!(states(&anna, &checkout).await, ["pending_payment"; 3], "without a clear answer nothing is closed");
        app.wechat().enters_password(number.as_str(), false).unwrap();
        assert_eq!(anna.post_new(&cancel, json!({})).await.ok()["status"], "closed");
        assert_eq!(states(&anna, &checkout).await, ["closed"; 3]);
        assert_eq!(market.free(app).await, [10, 10, 10], "all of the stock is back, once");
        assert!(app.wechat().pays_quietly(number.as_str()).is_err(), "WeChat has closed it too");
        anna.post(&format!("{}/payment", path(&checkout)), json!({})).await.refused(409, "order.wrong_state");
        anna.post_new(&cancel, json!({})).await.refused(409, "order.wrong_state");
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn a_checkout_that_was_paid_before_its_close_is_honoured_and_one_that_was_not_times_out_once(app: TestApp) {
        let market = Market::open(app).await;
        let (anna, bert) = (app.member("anna").await, app.member("bert").await);
        let (paid, unpaid, never_offered) =
            (market.places(&anna).await, market.places(&bert).await, market.places(&bert).await);
        let number = app.prepays_together(&anna, &paid).await;
        app.prepays_together(&bert, &unpaid).await;
        app.wechat().pays_quietly(number.as_str()).unwrap();
        let cancel = format!("/api/v1/orders/{}/cancel", order_of(&paid, 1_000)["id"].as_str().unwrap());
        anna.post_new(&cancel, json!({})).await.refused(409, "order.wrong_state");
        assert_eq!(states(&anna, &paid).await, ["paid"; 3], "WeChat is asked before anything is given back");
        app.time_passes(16 * 60);
        app.run_due_jobs().await;
        assert_eq!(states(&bert, &unpaid).await, ["closed"; 3]);
        assert_eq!(states(&bert, &never_offered).await, ["closed"; 3]);
        assert_eq!(market.free(app).await, [9, 8, 9]);
        app.each_merchants_money_is_booked(&market).await;
    }
}

fn trouble(status: u16, after_effect: bool, times: u32) -> sandbox::Fault {
    let prefix = "/v3/combine-transactions/jsapi";
    let fault = json!({"path_prefix": prefix, "status": status, "after_effect": after_effect, "times": times});
    serde_json::from_value(fault).unwrap()
}

on_both! {
    async fn a_lost_answer_is_asked_for_again_with_the_same_bytes_under_the_same_number(app: TestApp) {
        use sea_orm::EntityTrait;
        use tuanqiao::areas::payments::entity::combination;
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        // As if the process had died between storing the request and hearing the answer.
        app.wechat().add_fault(trouble(500, true, 3));
        let sheet = format!("{}/payment", path(&checkout));
        anna.post(&sheet, json!({})).await.refused(503, "payment.unavailable");
        let stored = combination::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert_eq!((stored.len(), &stored[0].prepay_id), (1, &None));
        assert_eq!(app.pays_together(&anna, &checkout).await, stored[0].id.to_string());
        let kept = combination::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert_eq!((kept.len(), &kept[0].request_body), (1, &stored[0].request_body));
        assert_eq!(states(&anna, &checkout).await, ["paid"; 3]);
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn a_number_that_can_no_longer_be_paid_is_followed_by_another(app: TestApp) {
        let market = Market::open(app).await;
        let anna = app.member("anna").await;
        let checkout = market.places(&anna).await;
        app.wechat().add_fault(trouble(500, true, 3));
        let sheet = format!("{}/payment", path(&checkout));
        anna.post(&sheet, json!({})).await.refused(503, "payment.unavailable");
        let first = app.wechat().orders()[0].combined.clone().unwrap();
        let closed = json!({"code": "ORDER_CLOSED", "message": "该订单已关闭"});
        app.wechat().add_fault(sandbox::Fault { body: Some(closed), ..trouble(400, false, 1) });
        let number = app.pays_together(&anna, &checkout).await;
        assert_ne!(number, first);
        assert_eq!(app.wechat().orders().iter().filter(|order| order.trade_state == "CLOSED").count(), 3);
        assert_eq!(states(&anna, &checkout).await, ["paid"; 3]);
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn a_new_buyers_basket_over_two_merchants_is_one_purchase(app: TestApp) {
        let market = Market::open(app).await;
        let (stage, anna) = (&market.stage, app.member("anna").await);
        let of_mill = json!({"supplier_id": market.mill.to_string(), "new_buyer_only": true});
        let welcome = sku_with(stage, "见面礼", (300, 10), of_mill).await;
        let mut basket = stage.basket(&market.skus[0], 1);
        basket["lines"] = json!([{"sku_id": market.skus[0], "quantity": 1}, {"sku_id": welcome, "quantity": 1}]);
        let first = anna.post_new("/api/v1/checkouts", basket.clone()).await.ok();
        let second = anna.post_new("/api/v1/checkouts", basket.clone()).await.ok();
        let third = anna.post_new("/api/v1/checkouts", basket.clone()).await.ok();
        // Two of three sheets are open before anything is paid.
        let number = app.prepays_together(&anna, &first).await;
        let other = app.prepays_together(&anna, &second).await;
        app.wechat().pays_quietly(number.as_str()).unwrap();
        app.hears_of(&number).await;
        app.hears_of(&number).await;
        assert_eq!(states(&anna, &first).await, ["paid"; 2], "what came first of the basket does not count against the rest");
        assert_eq!((app.lies_with(None).await, app.lies_with(Some(market.mill)).await), (1_000, 300));

        anna.post(&format!("{}/payment", path(&third)), json!({})).await.refused(409, "purchase.new_buyer_only");
        anna.post_new("/api/v1/checkouts", basket).await.refused(409, "purchase.new_buyer_only");
        app.wechat().pays_quietly(other.as_str()).unwrap();
        app.hears_of(&other).await;
        assert_eq!(anna.order(&order_of(&second, 1_000)).await["status"], "paid", "it is for everybody");
        assert_eq!(anna.order(&order_of(&second, 300)).await["status"], "closed", "the money came: it goes back");
        app.refunds_go_on().await;
        for refund in app.wechat().refunds() {
            app.hears_of(refund["out_refund_no"].as_str().unwrap()).await;
        }
        assert_eq!(anna.order(&order_of(&second, 300)).await["refund_status"], "full");
        assert_eq!(app.wechat().purse(MILL).refunded, 300);
        assert_eq!(app.free(&welcome).await, 8, "one bought, one still waits to be paid");
        app.each_merchants_money_is_booked(&market).await;

        stage.delivers(app).await;
        for order in first["orders"].as_array().unwrap() {
            stage.hands_over(&anna, order).await;
        }
        assert_eq!(states(&anna, &first).await, ["received"; 2]);
        app.each_merchants_money_is_booked(&market).await;
    }
}

on_both! {
    async fn what_a_new_buyers_basket_holds_for_nothing_does_not_keep_the_rest_from_being_paid(app: TestApp) {
        let market = Market::open(app).await;
        let (stage, anna) = (&market.stage, app.member("anna").await);
        let gift = sku_with(stage, "赠品", (0, 10), json!({})).await;
        let of_mill = json!({"supplier_id": market.mill.to_string(), "new_buyer_only": true});
        let welcome = sku_with(stage, "见面礼", (300, 10), of_mill).await;
        let mut basket = stage.basket(&gift, 1);
        basket["lines"] = json!([{"sku_id": gift, "quantity": 1}, {"sku_id": welcome, "quantity": 1}]);
        let checkout = anna.post_new("/api/v1/checkouts", basket).await.ok();
        assert_eq!(anna.order(&order_of(&checkout, 0)).await["status"], "paid", "at once");
        app.pays(&anna, &order_of(&checkout, 300)).await;
        assert_eq!(states(&anna, &checkout).await, ["paid"; 2]);
        app.each_merchants_money_is_booked(&market).await;
    }
}
