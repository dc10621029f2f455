//! Authorising stores: the platform's page, the way back, and everything that must not pass for it.

use sandbox::stores::{StorePlatform, StoreRef};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use tuanqiao::areas::stores::entity::{store, store_consent};
use url::Url;

use super::scene::{STORES, new_store, result, store_apps};
use crate::app::{TestApp, shop_text};

fn pinduoduo() -> StoreRef {
    StoreRef::new(StorePlatform::Pinduoduo, "880012345")
}

async fn row(app: &TestApp, id: &str) -> store::Model {
    store::Entity::find_by_id(id.parse::<kernel::id::StoreId>().unwrap())
        .one(app.app.db.reader())
        .await
        .unwrap()
        .unwrap()
}

on_both! {
    async fn a_merchant_agrees_and_the_store_works(app: TestApp) {
        let bound = app.enters_store(&pinduoduo(), 30).await;
        let begun = bound.operator.post(&bound.path("/authorise"), json!({})).await.ok();
        let page = begun["url"].as_str().unwrap().to_owned();
        let state = Url::parse(&page).unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        assert_eq!(state.len(), 43, "256 bits");
        let kept = store_consent::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert!(kept.iter().all(|row| !format!("{row:?}").contains(&state)), "the state is kept as its hash alone");
        let back = app.agrees(&page, &bound.of).await;
        let answer = bound.operator.get(&back).await;
        assert_eq!((answer.status, result(&answer).as_str()), (200, "authorised"));
        assert!(answer.text().contains("授权成功") && answer.text().contains("Authorised"));
        assert_eq!(answer.header("cache-control"), "no-store");
        let seen = bound.seen().await;
        assert_eq!((&seen["state"], &seen["external_id"], &seen["external_name"]), (&json!("active"), &json!("880012345"), &json!("邻里鲜生")));
        assert_eq!(seen["authorised_by"], bound.operator.session["operator"]["id"]);
        assert!(seen["tokens_end_at"].is_string());
        let sealed = row(app, &bound.id).await.sealed_tokens.unwrap();
        assert!(!sealed.contains("access"), "tokens are sealed at rest");
        let test = bound.operator.post(&bound.path("/test"), json!({})).await.ok();
        assert_eq!((&test["works"], &test["identity"]["external_id"]), (&json!(true), &json!("880012345")), "{test}");
        // The page loaded again shows what came of it; the code was exchanged once.
        let version = row(app, &bound.id).await.token_version;
        let again = bound.operator.get(&back).await;
        assert_eq!((again.status, result(&again).as_str()), (200, "authorised"));
        assert_eq!(row(app, &bound.id).await.token_version, version);
        let log = bound.operator.get("/console/api/v1/audit-entries").await.ok().to_string();
        assert!(log.contains("store.authorise") && !log.contains(&state));
    }
}

on_both! {
    async fn a_state_that_is_over_unknown_or_anothers_leads_nowhere(app: TestApp) {
        let bound = app.enters_store(&pinduoduo(), 0).await;
        let begin = async || bound.operator.post(&bound.path("/authorise"), json!({})).await.ok()["url"].as_str().unwrap().to_owned();
        let unknown = async |path: &str| {
            let answer = app.anybody().get(path).await;
            assert_eq!((answer.status, result(&answer).as_str()), (400, "unknown"), "{path}");
        };
        unknown("/oauth/pinduoduo/callback").await;
        unknown("/oauth/pinduoduo/callback?code=c&state=made-up").await;
        unknown("/oauth/nowhere/callback?code=c&state=made-up").await;
        // Another platform's callback.
        let back = app.agrees(&begin().await, &bound.of).await;
        unknown(&back.replace("/oauth/pinduoduo/", "/oauth/taobao/")).await;
        // Another operator's browser.
        let stranger = app.operator_called("stranger").await;
        assert_eq!(result(&stranger.get(&back).await), "unknown");
        // After its ten minutes.
        let ended = store_consent::Entity::update_many()
            .col_expr(store_consent::Column::EndsAt, Expr::value(app.app.clock.wall()));
        ended.exec(app.app.db.maintenance()).await.unwrap();
        unknown(&back).await;
        assert_eq!(bound.seen().await["state"], "draft");
        // The merchant says no.
        let page = begin().await;
        let state = Url::parse(&page).unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let refused = app.anybody().get(&format!("/oauth/pinduoduo/callback?error=access_denied&state={state}")).await;
        assert_eq!((refused.status, result(&refused).as_str()), (422, "refused"));
        // A code that nobody gave.
        let page = begin().await;
        let state = Url::parse(&page).unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let refused = app.anybody().get(&format!("/oauth/pinduoduo/callback?code=made-up&state={state}")).await;
        assert!(["refused", "misconfigured"].contains(&result(&refused).as_str()), "{}", refused.text());
        assert_eq!(bound.seen().await["state"], "draft");
    }
}

on_both! {
    async fn the_merchant_need_not_be_the_operator(app: TestApp) {
        let bound = app.enters_store(&pinduoduo(), 0).await;
        let begun = bound.operator.post(&bound.path("/authorise"), json!({})).await.ok();
        let back = app.agrees(begun["url"].as_str().unwrap(), &bound.of).await;
        let answer = app.anybody().get(&back).await;
        assert_eq!(result(&answer), "authorised", "the state alone binds him");
        assert_eq!(bound.seen().await["state"], "active");
    }
}

on_both! {
    async fn another_merchant_than_the_one_chosen_is_refused(app: TestApp) {
        let bound = app.enters_store(&pinduoduo(), 0).await;
        let chosen = bound.operator.patch(&bound.path(""), json!({"external_id": "880099999"})).await.ok();
        assert_eq!(chosen["external_id"], "880099999");
        let answer = app.authorises(&bound).await;
        assert_eq!((answer.status, result(&answer).as_str()), (409, "other_account"));
        let kept = row(app, &bound.id).await;
        assert_eq!((kept.state.to_owned(), kept.sealed_tokens), (tuanqiao::areas::stores::state::StoreState::Draft, None));
        bound.operator.patch(&bound.path(""), json!({"external_id": null})).await.ok();
        assert_eq!(result(&app.authorises(&bound).await), "authorised");
        // Whoever has authorised once is the store's merchant.
        let other = StoreRef::new(StorePlatform::Pinduoduo, "880099999");
        app.opens_store(&other, 0);
        let begun = bound.operator.post(&bound.path("/authorise"), json!({})).await.ok();
        let back = app.agrees(begun["url"].as_str().unwrap(), &other).await;
        assert_eq!(result(&bound.operator.get(&back).await), "other_account");
        assert_eq!(bound.seen().await["external_id"], "880012345");
    }
}

on_both! {
    async fn one_store_is_bound_once_in_the_installation(app: TestApp) {
        let first = app.binds_store(&pinduoduo(), 0).await;
        let second = app.second_shop("second").await;
        let keys = app.keys();
        // The same application in another shop of the installation.
        let merchant = shop_text("second", &keys.merchant, &keys);
        let appid = format!("appid = \"{}\"", keys.merchant.appid);
        let mchid = format!("mchid = \"{}\"", keys.merchant.mchid);
        let own = second.profile.wechat_pay.as_ref().unwrap().mchid.clone();
        let text = merchant
            .replacen(&appid, &format!("appid = \"{}\"", second.appid), 1)
            .replacen(&mchid, &format!("mchid = \"{own}\""), 1);
        app.apply_shop(&format!("{text}{}", store_apps(&keys))).await;
        let created = tuanqiao::flows::operators::create(
            &app.app, second.id, None, "other", crate::app::PASSWORD.to_owned(), tuanqiao::areas::operators::role::Role::Owner,
        ).await;
        created.unwrap();
        let other = app.anybody().signs_in_to_console("other", crate::app::PASSWORD).await;
        let id = other.post_new(STORES, new_store(&pinduoduo())).await.ok()["id"].as_str().unwrap().to_owned();
        first.operator.get(&format!("{STORES}/{id}")).await.refused(404, "store.not_found");
        other.get(&first.path("")).await.refused(404, "store.not_found");
        let begun = other.post(&format!("{STORES}/{id}/authorise"), json!({})).await.ok();
        let back = app.agrees(begun["url"].as_str().unwrap(), &first.of).await;
        assert_eq!(result(&other.get(&back).await), "bound");
        assert_eq!(other.get(&format!("{STORES}/{id}")).await.ok()["state"], "draft");
        let taken = store::Entity::find().filter(store::Column::ExternalId.eq("880012345")).all(app.app.db.reader()).await.unwrap();
        assert_eq!(taken.len(), 1);
    }
}
