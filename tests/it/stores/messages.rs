//! What platforms push: taken once, hints and no more, never without a signature.

use kernel::crypto::{base64_encode, digest};
use kernel::id::StoreId;
use sandbox::SignedNotice;
use sandbox::stores::{StorePlatform, StoreRef};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tuanqiao::areas::stores::entity::{store, store_hint, store_notice};
use tuanqiao::areas::stores::hints;
use tuanqiao::areas::stores::state::HintKind;

use super::scene::{Bound, result};
use crate::app::{PASSWORD, TestApp};

fn shopify() -> StoreRef {
    StoreRef::new(StorePlatform::Shopify, "mei-tuangou.myshopify.com")
}

fn address(app: &TestApp, bound: &Bound) -> String {
    format!("http://{}/notify/market/{}/{}", app.address, bound.of.platform.id(), bound.id)
}

/// A message of Shopify about a store, signed as it signs.
fn of_shopify(app: &TestApp, bound: &Bound, topic: &str, event: &str, body: &Value) -> SignedNotice {
    let keys = app.keys();
    let secret = &keys.stores.on(StorePlatform::Shopify).unwrap().secret;
    let body = body.to_string().into_bytes();
    let headers = [
        ("Content-Type", "application/json".to_owned()),
        ("X-Shopify-Topic", topic.to_owned()),
        ("X-Shopify-Shop-Domain", bound.of.seller.clone()),
        ("X-Shopify-Event-Id", event.to_owned()),
        ("X-Shopify-Hmac-Sha256", base64_encode(digest::hmac_sha256(secret.as_bytes(), &body))),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
    SignedNotice { url: address(app, bound), headers, body }
}

async fn posted(app: &TestApp, notice: SignedNotice) -> u16 {
    app.wechat().post_notice(notice).await.status.unwrap()
}

async fn hints_of(app: &TestApp) -> Vec<store_hint::Model> {
    store_hint::Entity::find().all(app.app.db.reader()).await.unwrap()
}

async fn notices_of(app: &TestApp) -> Vec<store_notice::Model> {
    store_notice::Entity::find().all(app.app.db.reader()).await.unwrap()
}

on_both! {
    async fn a_signed_message_becomes_a_hint_once(app: TestApp) {
        let bound = app.binds_store(&shopify(), 0).await;
        let order = json!({"admin_graphql_api_id": "gid://shopify/Order/5900000000001"});
        let message = || of_shopify(app, &bound, "orders/updated", "e1", &order);
        assert_eq!(posted(app, message()).await, 200);
        let [hint] = hints_of(app).await.try_into().unwrap();
        assert_eq!((hint.kind, hint.external_id.as_str(), hint.trusted, hint.seq), (HintKind::Orders, "gid://shopify/Order/5900000000001", true, 1));
        assert_eq!(posted(app, message()).await, 200, "a repetition is answered the same");
        assert_eq!((hints_of(app).await[0].seq, notices_of(app).await.len()), (1, 1), "and does nothing");
        // Said again while somebody reads it: what he saw is forgotten, the new word stays.
        let seen = hints_of(app).await;
        assert_eq!(posted(app, of_shopify(app, &bound, "orders/updated", "e2", &order)).await, 200);
        hints::done(app.app.db.maintenance(), &seen).await.unwrap();
        let left = hints_of(app).await;
        assert_eq!((left.len(), left[0].seq), (1, 2));
        hints::done(app.app.db.maintenance(), &left).await.unwrap();
        assert!(hints_of(app).await.is_empty());
        for (topic, kind) in [("products/update", HintKind::Goods), ("inventory_levels/update", HintKind::Stock), ("refunds/create", HintKind::Orders)] {
            assert_eq!(posted(app, of_shopify(app, &bound, topic, topic, &json!({}))).await, 200);
            assert!(hints_of(app).await.iter().any(|hint| hint.kind == kind), "{topic}");
        }
        let listed = bound.operator.get(&format!("/console/api/v1/store-notices?store_id={}", bound.id)).await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), 5);
    }
}

on_both! {
    async fn a_message_without_its_signature_leaves_nothing(app: TestApp) {
        let bound = app.binds_store(&shopify(), 0).await;
        let good = || of_shopify(app, &bound, "app/uninstalled", "e1", &json!({"id": 1}));
        let mut forged = good();
        forged.body = json!({"id": 2}).to_string().into_bytes();
        assert_eq!(posted(app, forged).await, 401);
        let mut elsewhere = good();
        elsewhere.url = elsewhere.url.replace(&bound.id, "sto_01jq3k5t8m0000000000000001");
        assert_eq!(posted(app, elsewhere).await, 404);
        let mut other = good();
        other.url = other.url.replace("/shopify/", "/youzan/");
        assert_eq!(posted(app, other).await, 404);
        assert!(notices_of(app).await.is_empty() && hints_of(app).await.is_empty());
        assert_eq!(bound.seen().await["state"], "active");
    }
}

on_both! {
    async fn a_merchant_who_takes_his_consent_back_stops_the_store_once(app: TestApp) {
        let bound = app.binds_store(&shopify(), 0).await;
        let gone = || of_shopify(app, &bound, "app/uninstalled", "e1", &json!({"id": 1}));
        assert_eq!(posted(app, gone()).await, 200);
        let seen = bound.seen().await;
        assert_eq!((&seen["state"], &seen["tokens_end_at"]), (&json!("reauthorize"), &Value::Null));
        let id: StoreId = bound.id.parse().unwrap();
        let row = store::Entity::find_by_id(id).one(app.app.db.reader()).await.unwrap().unwrap();
        assert_eq!(row.sealed_tokens, None, "the tokens are deleted");
        assert_eq!(result(&app.authorises(&bound).await), "authorised");
        assert_eq!(posted(app, gone()).await, 200);
        assert_eq!(bound.seen().await["state"], "active", "the same message again is old news");
    }
}

on_both! {
    async fn buyer_data_to_be_erased_is_a_task_for_whoever_sees_the_store(app: TestApp) {
        let bound = app.binds_store(&shopify(), 0).await;
        let asked = of_shopify(app, &bound, "customers/redact", "e1", &json!({"shop_id": 1}));
        assert_eq!(posted(app, asked).await, 200);
        let open = "/console/api/v1/store-notices?open=true";
        let listed = bound.operator.get(open).await.ok();
        let id = listed["items"][0]["id"].as_str().unwrap();
        assert_eq!((&listed["items"][0]["kind"], &listed["items"][0]["is_task"]), (&json!("privacy"), &json!(true)));
        let hired = json!({"username": "lin", "password": PASSWORD, "role": "support"});
        bound.operator.post_new("/console/api/v1/operators", hired).await.ok();
        let lin = app.anybody().signs_in_to_console("lin", PASSWORD).await;
        assert_eq!(lin.get(open).await.ok()["items"], json!([]));
        let done = format!("/console/api/v1/store-notices/{id}/done");
        lin.post(&done, json!({})).await.refused(404, "store_notice.not_found");
        assert!(bound.operator.post(&done, json!({})).await.ok()["done_at"].is_string());
        assert_eq!(bound.operator.get(open).await.ok()["items"], json!([]));
    }
}

on_both! {
    async fn ebays_question_is_answered_and_a_deleted_account_is_a_task(app: TestApp) {
        let bound = app.enters_store(&StoreRef::new(StorePlatform::Ebay, "ma8vp1jySJC").on("EBAY_US"), 0).await;
        let address = address(app, &bound);
        let (code, proof) = app.wechat().ebay_challenge(&address);
        let path = format!("/notify/market/ebay/{}?challenge_code={code}", bound.id);
        assert_eq!(app.anybody().get(&path).await.ok(), json!({"challengeResponse": proof}));
        let notice = app.wechat().ebay_deletion_notice(&address, "shopper_1").unwrap();
        assert_eq!(posted(app, notice.clone()).await, 200);
        assert_eq!(posted(app, notice.clone()).await, 200);
        let mut forged = notice;
        forged.body.push(b' ');
        assert_eq!(posted(app, forged).await, 412);
        let open = bound.operator.get("/console/api/v1/store-notices?open=true").await.ok();
        assert_eq!((open["items"].as_array().unwrap().len(), &open["items"][0]["external_ids"]), (1, &json!(["shopper_1"])));
    }
}

on_both! {
    async fn what_nobody_vouches_for_makes_us_read_slowly_and_nothing_else(app: TestApp) {
        let bound = app.binds_store(&StoreRef::new(StorePlatform::Weimob, "4020502275894"), 0).await;
        let path = format!("/notify/market/weimob/{}", bound.id);
        let message = |id: &str, order: &str| json!({"id": id, "topic": "weimob_shop.order", "event": "statusUpdate",
            "msgBody": {"orderNo": order, "bosId": "4020502275894"}});
        app.anybody().post(&path, message("m1", "1")).await.ok();
        let [hint] = hints_of(app).await.try_into().unwrap();
        assert_eq!(hint.external_id, "1");
        assert!(!hint.trusted && hint.due_at > app.app.clock.now(), "it waits: {hint:?}");
        assert!(notices_of(app).await.is_empty(), "nothing is kept of it");
        app.anybody().post(&path, json!([])).await.refused_plainly(400);
        // However many are made up, they stay few.
        let (owner, now) = ((hint.shop_id, hint.store_id), app.app.clock.now());
        for order in 0..260 {
            let id = [format!("made-up-{order}")];
            hints::put(app.app.db.maintenance(), owner, HintKind::Orders, &id, false, now).await.unwrap();
        }
        let all = hints_of(app).await;
        assert!(all.len() <= 201 && all.iter().any(|hint| hint.external_id.is_empty()), "{}", all.len());
        // A word that somebody vouches for does not wait behind them.
        hints::put(app.app.db.maintenance(), owner, HintKind::Orders, &["1".to_owned()], true, now).await.unwrap();
        let due = hints::due(app.app.db.reader(), owner.1, HintKind::Orders, now, 10).await.unwrap();
        assert_eq!(due.iter().map(|hint| hint.external_id.as_str()).collect::<Vec<_>>(), ["1"]);
        assert_eq!(hints::stores_due(app.app.db.reader(), HintKind::Orders, now, 10).await.unwrap(), [owner.1]);
        let later = now + chrono::Duration::seconds(60);
        assert_eq!(hints::due(app.app.db.reader(), owner.1, HintKind::Orders, later, 500).await.unwrap().len(), all.len());
    }
}
