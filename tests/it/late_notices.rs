//! WeChat Pay's notifications: repeated, forged, late, out of order.

use sandbox::NoticeKind;

on_both! {
    async fn the_same_notice_twenty_times_at_once_has_one_effect(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("苹果", 1_000, 5).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 2).await;
        let number = app.prepays(&anna, &order).await;
        app.wechat().pays_quietly(number.as_str()).unwrap();
        let deliveries = app.wechat().send_notices(&number, NoticeKind::Duplicate, 20).await.unwrap();
        let taken = deliveries.iter().filter(|delivery| delivery.accepted()).count();
        assert!(taken > 0, "{deliveries:?}");
        app.hears_of(&number).await;
        let paid = anna.order(&order).await;
        assert_eq!(paid["status"], "paid");
        let times_paid = paid["timeline"].as_array().unwrap().iter().filter(|entry| entry["status"] == "paid").count();
        assert_eq!(times_paid, 1);
        assert_eq!(app.free(&sku).await, 3);
        app.books_are_clean().await;
        let pending = stage.leader.get("/api/v1/leader/dashboard").await.ok()["commission"]["pending_fen"].clone();
        assert_eq!(pending, 200, "commission once");
    }
}

on_both! {
    async fn a_forged_notice_pays_nothing(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("苹果", 1_000, 50).await;
        let anna = app.member("anna").await;
        let forgeries = [
            NoticeKind::Stale,
            NoticeKind::BadSignature,
            NoticeKind::WrongKey,
            NoticeKind::UnknownSerial,
            NoticeKind::SignTest,
            NoticeKind::TamperedBody,
            NoticeKind::MissingHeader,
            NoticeKind::BadCiphertext,
            NoticeKind::OtherMerchant,
            NoticeKind::OtherApp,
            NoticeKind::WrongAmount,
            NoticeKind::UnknownOrder,
            NoticeKind::WrongType,
        ];
        let order = stage.orders(&anna, &sku, 2).await;
        let number = app.prepays(&anna, &order).await;
        for kind in forgeries {
            let notice = app.wechat().make_notice(&number, kind).unwrap();
            let delivery = app.wechat().post_notice(notice).await;
            assert!(!delivery.accepted(), "{kind:?} was answered {delivery:?}");
            assert!(delivery.status.is_some_and(|status| status >= 400), "{kind:?} was answered {delivery:?}");
            assert_eq!(anna.order(&order).await["status"], "pending_payment", "{kind:?}");
        }
        let as_paid = app.wechat().make_notice(&number, NoticeKind::UnknownOrder).unwrap();
        assert_eq!(app.wechat().post_notice(as_paid).await.status, Some(500), "an unknown order is asked for again");
        app.books_are_clean().await;
        app.pays(&anna, &order).await;
        assert_eq!(anna.order(&order).await["status"], "paid", "the true one is still taken");
    }
}

on_both! {
    async fn a_notice_before_the_answer_of_prepay_or_to_a_wrong_address_harms_nobody(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("苹果", 1_000, 5).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 1).await;
        let number = app.prepays(&anna, &order).await;
        app.wechat().pays_quietly(number.as_str()).unwrap();
        for wrong in ["/notify/wechat-pay/demo/refund", "/notify/wechat-pay/demo/nothing", "/notify/wechat-pay/other/payment"] {
            let mut notice = app.wechat().notice_about(&number).unwrap();
            notice.url = format!("http://{}{wrong}", app.address);
            let delivery = app.wechat().post_notice(notice).await;
            assert!(delivery.status.is_some_and(|status| status >= 400), "{wrong}: {delivery:?}");
        }
        assert_eq!(anna.order(&order).await["status"], "pending_payment");
        app.hears_of(&number).await;
        assert_eq!(anna.order(&order).await["status"], "paid");
    }
}
