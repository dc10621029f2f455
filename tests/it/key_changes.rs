//! Keys that change while the shop is at work: the APIv3 key and the merchant's certificate.

use sandbox::{MerchantKeys, SandboxKeys};
use serde_json::json;

use crate::app::{TestApp, shop_text};
use crate::shop_floor::{Floor, id};

/// The shop's merchant with something changed, at WeChat and in the shop file.
async fn changes(app: &TestApp, change: impl FnOnce(&mut MerchantKeys)) {
    let mut merchant = app.keys().merchant;
    change(&mut merchant);
    app.wechat().add_merchant(&merchant).unwrap();
    app.apply_shop(&shop_text("demo", &merchant, &app.keys())).await;
}

on_both! {
    async fn a_notice_sealed_before_the_api_v3_key_changed_is_still_opened(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&apples, 1)]).await;
        let number = floor.pays_unheard(&anna, &order).await;
        let sealed_before = app.wechat().notice_about(&number).unwrap();
        changes(app, |merchant| merchant.api_v3_key = "0123456789abcdef0123456789abcdef".to_owned()).await;
        assert_eq!(app.wechat().post_notice(sealed_before).await.status, Some(204));
        assert_eq!(floor.seen(&anna, &order).await["status"], "paid");
        let next = floor.buys(&anna, &[(&apples, 1)]).await;
        assert_eq!(next["status"], "paid", "what is sealed with the new key is opened too");
        // Applied once more, nothing is forgotten; a key that was never the shop's opens nothing.
        let (third, of_third) = {
            let order = floor.orders(&anna, &[(&apples, 1)]).await;
            let number = floor.pays_unheard(&anna, &order).await;
            (order, app.wechat().notice_about(&number).unwrap())
        };
        changes(app, |merchant| merchant.api_v3_key = "0123456789abcdef0123456789abcdef".to_owned()).await;
        assert_eq!(app.wechat().post_notice(of_third).await.status, Some(204));
        assert_eq!(floor.seen(&anna, &third).await["status"], "paid");
        let unopened = {
            let order = floor.orders(&anna, &[(&apples, 1)]).await;
            let number = floor.pays_unheard(&anna, &order).await;
            let mut foreign = app.keys().merchant;
            foreign.api_v3_key = "ffffffffffffffffffffffffffffffff".to_owned();
            app.wechat().add_merchant(&foreign).unwrap();
            app.wechat().notice_about(&number).unwrap()
        };
        assert!(app.wechat().post_notice(unopened).await.status.is_some_and(|status| status >= 400));
    }
}

on_both! {
    async fn the_earlier_api_v3_key_stays_when_only_the_merchant_that_pays_transfers_changes(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 10).await;
        let anna = app.member("anna").await;
        let mut merchant = app.keys().merchant;
        let mut of_earlier_key = Vec::new();
        for _ in 0..2 {
            let order = floor.orders(&anna, &[(&apples, 1)]).await;
            let number = floor.pays_unheard(&anna, &order).await;
            of_earlier_key.push((order, app.wechat().notice_about(&number).unwrap()));
        }
        merchant.api_v3_key = "0123456789abcdef0123456789abcdef".to_owned();
        app.wechat().add_merchant(&merchant).unwrap();
        let text = shop_text("demo", &merchant, &app.keys());
        app.apply_shop(&text).await;
        // The payer comes, and goes again; nothing is asked of it.
        let payer = MerchantKeys::generate().unwrap();
        let (key, keys) = (payer.private_key_pem().unwrap(), app.keys());
        let payout = format!(
            "[payout.transfer_merchant]\nmchid = \"1900000099\"\nmerchant_serial = \"{}\"\nmerchant_key = \"\"\"{key}\"\"\"\n\
             api_v3_key = \"{}\"\nplatform_public_key_id = \"{}\"\nplatform_public_key = \"\"\"{}\"\"\"\n",
            payer.serial, payer.api_v3_key, keys.platform.public_key_id, keys.platform.public_key_pem().unwrap(),
        );
        for (text, (order, sealed)) in [format!("{text}\n{payout}"), text.clone()].iter().zip(of_earlier_key) {
            app.apply_shop(text).await;
            assert_eq!(app.wechat().post_notice(sealed).await.status, Some(204));
            assert_eq!(floor.seen(&anna, &order).await["status"], "paid");
        }
    }
}

on_both! {
    async fn the_merchants_certificate_changes_while_calls_are_under_way(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(500, 100).await;
        let anna = app.member("anna").await;
        let mut orders = Vec::new();
        for _ in 0..12 {
            orders.push(floor.orders(&anna, &[(&apples, 1)]).await);
        }
        let fresh = SandboxKeys::generate().unwrap().merchant.private_key_der().unwrap();
        let paying = async {
            let paths = orders.iter().map(|order| format!("/api/v1/orders/{}/payment", id(order)));
            let calls = paths.map(|path| {
                let anna = anna.clone();
                async move { anna.post(&path, json!({})).await }
            });
            futures::future::join_all(calls).await
        };
        let changing = changes(app, |merchant| {
            *merchant = merchant.clone().with_private_key_der(&fresh);
            merchant.serial = "7A11".repeat(10);
        });
        let (answers, ()) = futures::future::join(paying, changing).await;
        for answer in answers {
            answer.ok();
        }
        assert_eq!(floor.buys(&anna, &[(&apples, 1)]).await["status"], "paid", "signed with the new key");
        let refund = floor.refunds(&orders_paid(&floor, &anna, &orders[0]).await, json!({"all": true})).await;
        floor.refunds_arrive().await;
        assert_eq!(refund["amount_fen"], 500);
        floor.adds_up().await;
    }
}

/// Pays an order whose pay sheet is open.
async fn orders_paid(floor: &Floor<'_>, who: &crate::shopper::Client, order: &serde_json::Value) -> serde_json::Value {
    let number = floor.pays_unheard(who, order).await;
    assert_eq!(floor.hears(&number).await, 204);
    floor.seen(who, order).await
}
