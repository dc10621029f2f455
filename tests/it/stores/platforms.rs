//! Every platform of stores: let in on its page, or by the merchant's own app or key.

use sandbox::stores::{StorePlatform, StoreRef};
use serde_json::{Value, json};

use super::scene::{STORES, WANLINIU_SECRET, own_store, result};
use crate::app::TestApp;

/// One store of each platform that has a consent page.
pub fn with_a_page() -> Vec<StoreRef> {
    let store = |platform, seller: &str| StoreRef::new(platform, seller);
    vec![
        store(StorePlatform::Pinduoduo, "880012345"),
        store(StorePlatform::Taobao, "2200657974"),
        store(StorePlatform::Jd, "4300012345"),
        store(StorePlatform::Youzan, "56232"),
        store(StorePlatform::Weimob, "4020502275894"),
        store(StorePlatform::Shopify, "mei-tuangou.myshopify.com"),
        store(StorePlatform::Aliexpress, "200042362"),
        store(StorePlatform::Ebay, "ma8vp1jySJC").on("EBAY_US"),
        store(StorePlatform::Amazon, "A2SELLER00001").on("US"),
        store(StorePlatform::Dhgate, "ff8080814a"),
        store(StorePlatform::Wish, "58298cbd15abf85958e9f87a"),
        store(StorePlatform::Shoplazza, "mei.myshoplaza.com"),
    ]
}

on_both! {
    async fn every_platforms_merchant_is_let_in_on_its_page(app: TestApp) {
        for of in with_a_page() {
            let bound = app.binds_store(&of, 3).await;
            let seen = bound.seen().await;
            assert_eq!((&seen["state"], &seen["external_id"]), (&json!("active"), &json!(of.seller)), "{}", of.platform.id());
            let test = bound.operator.post(&bound.path("/test"), json!({})).await.ok();
            assert_eq!(test["works"], true, "{}: {test}", of.platform.id());
        }
    }
}

async fn lets_himself_in(app: &TestApp, of: &StoreRef, pasted: Option<String>) -> Value {
    app.has_store_apps().await;
    app.opens_store(of, 3);
    let operator = app.operator().await;
    let row = operator.post_new(STORES, own_store(of)).await.ok();
    let path = format!("{STORES}/{}", row["id"].as_str().unwrap());
    if pasted.is_some() {
        let refused = operator.post(&format!("{path}/authorise"), json!({})).await.refused(400, "validation.failed");
        assert_eq!(refused["errors"][0]["field"], "pasted");
    }
    let body = pasted.map_or(json!({}), |text| json!({"pasted": text}));
    let done = operator.post(&format!("{path}/authorise"), body).await.ok();
    assert_eq!((&done["url"], &done["store"]["state"]), (&Value::Null, &json!("active")), "{done}");
    let test = operator.post(&format!("{path}/test"), json!({})).await.ok();
    assert_eq!(test["works"], true, "{}: {test}", of.platform.id());
    done["store"].clone()
}

on_both! {
    async fn a_merchants_own_app_or_key_needs_no_page(app: TestApp) {
        let youzan = StoreRef::new(StorePlatform::Youzan, "56232");
        assert_eq!(lets_himself_in(app, &youzan, None).await["external_id"], "56232");
        let weimob = StoreRef::new(StorePlatform::Weimob, "4020502275894");
        assert_eq!(lets_himself_in(app, &weimob, None).await["external_id"], "4020502275894");
        let wanliniu = StoreRef::new(StorePlatform::Wanliniu, "3000112233");
        assert_eq!(lets_himself_in(app, &wanliniu, Some(WANLINIU_SECRET.to_owned())).await["external_id"], "3000112233");
        let shopify = StoreRef::new(StorePlatform::Shopify, "mei-tuangou.myshopify.com");
        app.opens_store(&shopify, 3);
        let token = app.wechat().stores().console_token(&shopify).unwrap();
        let row = lets_himself_in(app, &shopify, Some(token.clone())).await;
        assert_eq!((&row["external_id"], &row["tokens_end_at"]), (&json!(shopify.seller), &Value::Null));
        assert!(!row.to_string().contains(&token), "what was pasted in is shown to nobody");
        let amazon = StoreRef::new(StorePlatform::Amazon, "A2SELLER00001").on("US");
        app.opens_store(&amazon, 3);
        let token = app.wechat().stores().console_token(&amazon).unwrap();
        assert_eq!(lets_himself_in(app, &amazon, Some(token)).await["external_id"], "A2SELLER00001");
    }
}

on_both! {
    async fn what_is_pasted_in_and_not_taken_leaves_no_token(app: TestApp) {
        let shopify = StoreRef::new(StorePlatform::Shopify, "mei-tuangou.myshopify.com");
        app.has_store_apps().await;
        app.opens_store(&shopify, 0);
        let operator = app.operator().await;
        let row = operator.post_new(STORES, own_store(&shopify)).await.ok();
        let path = format!("{STORES}/{}", row["id"].as_str().unwrap());
        let amazon = StoreRef::new(StorePlatform::Amazon, "A2SELLER00001").on("US");
        app.opens_store(&amazon, 0);
        let row = operator.post_new(STORES, own_store(&amazon)).await.ok();
        let amazon_path = format!("{STORES}/{}", row["id"].as_str().unwrap());
        operator.post(&format!("{amazon_path}/authorise"), json!({"pasted": "Atzr|made-up"})).await.refused(422, "store.refused");
        assert_eq!(operator.get(&amazon_path).await.ok()["state"], "draft");
        // Another seller than the one chosen.
        let mut chosen = own_store(&amazon);
        (chosen["name"], chosen["external_id"]) = (json!("chosen"), json!("A9OTHER"));
        let row = operator.post_new(STORES, chosen).await.ok();
        let token = app.wechat().stores().console_token(&amazon).unwrap();
        let other = format!("{STORES}/{}/authorise", row["id"].as_str().unwrap());
        operator.post(&other, json!({"pasted": token})).await.refused(409, "store.other_account");
        // The same merchant twice.
        let key = json!({"pasted": WANLINIU_SECRET});
        let wanliniu = StoreRef::new(StorePlatform::Wanliniu, "3000112233");
        for (name, taken) in [("erp_1", false), ("erp_2", true)] {
            let mut wish = own_store(&wanliniu);
            wish["name"] = json!(name);
            let row = operator.post_new(STORES, wish).await.ok();
            let answer = operator.post(&format!("{STORES}/{}/authorise", row["id"].as_str().unwrap()), key.clone()).await;
            match taken {
                true => answer.refused(409, "store.bound"),
                false => answer.ok(),
            };
        }
        // Shopify's token names its store by the host alone; the first call tells whether it is good.
        operator.post(&format!("{path}/authorise"), json!({"pasted": "a\nb"})).await.refused(400, "validation.failed");
    }
}

on_both! {
    async fn a_consent_for_another_site_than_the_one_chosen_is_refused(app: TestApp) {
        let american = StoreRef::new(StorePlatform::Amazon, "A2SELLER00001").on("US");
        let german = StoreRef::new(StorePlatform::Amazon, "A2SELLER00001").on("DE");
        let bound = app.enters_store(&american, 0).await;
        app.opens_store(&german, 0);
        let begun = bound.operator.post(&bound.path("/authorise"), json!({})).await.ok();
        assert!(begun["url"].as_str().unwrap().contains("/apps/authorize/consent"), "{begun}");
        let back = app.agrees(begun["url"].as_str().unwrap(), &german).await;
        assert_eq!(result(&bound.operator.get(&back).await), "other_account");
        assert_eq!(bound.seen().await["state"], "draft");
        assert_eq!(result(&app.authorises(&bound).await), "authorised");
        // The same seller on another site is another store.
        let other = app.binds_store(&german, 0).await;
        assert_eq!(other.seen().await["site"], "DE");
    }
}

on_both! {
    async fn a_code_that_comes_without_a_state_finds_the_store_its_token_names(app: TestApp) {
        let of = StoreRef::new(StorePlatform::Youzan, "56232");
        let bound = app.enters_store(&of, 0).await;
        let without = async || {
            let begun = bound.operator.post(&bound.path("/authorise"), json!({})).await.ok();
            let back = app.agrees(begun["url"].as_str().unwrap(), &of).await;
            back.split('&').filter(|part| !part.contains("state=")).collect::<Vec<_>>().join("&")
        };
        let answer = app.anybody().get(&without().await).await;
        assert_eq!((answer.status, result(&answer).as_str()), (400, "unknown"), "nobody said whose code it may be");
        bound.operator.patch(&bound.path(""), json!({"external_id": "56232"})).await.ok();
        assert_eq!(result(&app.anybody().get(&without().await).await), "authorised");
        assert_eq!(bound.seen().await["external_id"], "56232");
    }
}
