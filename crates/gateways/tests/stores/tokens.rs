//! Consent and tokens.

use gateways::marketplaces::{Callback, ErrorClass, Grant, Setup};
use sandbox::stores::StoreRef;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::stage::{STATE, Stage, engine};

pub async fn a_merchant_consents(stage: Stage) {
    let (channel, setup) = (stage.channel(), stage.setup());
    let grant = stage.grant(&channel, &setup).await.unwrap();
    let tokens = stage.engine.obtain(&channel, &setup, &grant, None).await.unwrap();
    let told = tokens.account_id.as_deref().or(setup.account_id.as_deref());
    assert!(told.is_none_or(|told| told == stage.row.seller), "{told:?}");
    assert!(tokens.access_expires_at.is_none_or(|end| end > chrono::Utc::now()));
    if let Grant::Code(_) = grant {
        let again = stage.engine.obtain(&channel, &setup, &grant, None).await;
        assert!(again.is_err(), "a code is good once");
    }
    let (channel, _) = stage.authorised().await;
    assert_eq!(channel.account().unwrap().id, stage.row.seller);
    if let Some(who) = stage.engine.who(&channel).await.unwrap() {
        assert_eq!(who.account_id, stage.row.seller);
    }
}

pub async fn another_merchant_is_noticed(stage: Stage) {
    if stage.row.grant.is_some() {
        return;
    }
    let other = StoreRef { seller: format!("{}9", stage.row.seller), ..stage.store.clone() };
    stage.stores().open(&other, "别家");
    let channel = stage.channel();
    let setup = Setup { account_id: Some(stage.row.seller.to_owned()), ..stage.setup() };
    let query = stage.browse(&channel, &setup, &other.seller).await;
    let callback = Callback { query: &query, state: STATE, now: chrono::Utc::now() };
    let auth = channel.connector().auth().unwrap();
    let grant = auth.callback(&setup, &callback).unwrap();
    let refused = stage.engine.obtain(&channel, &setup, &grant, None).await.err().unwrap();
    assert_eq!(refused.class, ErrorClass::Conflict, "{refused}");

    let query = stage.browse(&channel, &setup, "refuse").await;
    let callback = Callback { query: &query, state: STATE, now: chrono::Utc::now() };
    assert!(auth.callback(&setup, &callback).is_err(), "the merchant said no");
}

pub async fn a_token_is_renewed(stage: Stage) {
    let (channel, keeper) = stage.authorised().await;
    let first = keeper.tokens();
    if !stage.stores().expire_tokens(&stage.store, false) {
        panic!("the merchant had consented");
    }
    let id = stage.stores().items(&stage.store)[0].number.to_string();
    let mut walk = stage.engine.store_goods(&channel, None, None).unwrap();
    let page = walk.next_page().await.unwrap().unwrap();
    assert!(!page.rows.is_empty() || page.next.is_some(), "{id}");
    let second = keeper.tokens();
    assert_ne!(first.access.expose_secret(), second.access.expose_secret());
}

pub async fn a_consent_is_taken_back(stage: Stage) {
    // A store of the app's own owner cannot take anything back.
    if stage.row.grant.is_some() {
        return;
    }
    let (channel, _) = stage.authorised().await;
    assert!(stage.stores().revoke(&stage.store));
    let mut walk = stage.engine.store_goods(&channel, None, None).unwrap();
    let error = walk.next_page().await.unwrap_err();
    let known = [ErrorClass::ReauthorizeNeeded, ErrorClass::TokenExpired, ErrorClass::BadConfiguration];
    assert!(known.contains(&error.class), "{error}");
}

pub async fn a_wrong_secret_is_refused(stage: Stage) {
    let (_, keeper) = stage.authorised().await;
    let keys = stage.sandbox.state().keys();
    let mut settings = stage.row.settings_of(keys.stores.on(stage.row.platform).unwrap());
    for (name, value) in &mut settings {
        if name.contains("secret") {
            *value = Value::String("00000000000000000000000000000000".to_owned());
        }
    }
    let channel = stage.channel_of(stage.connector_with(settings));
    let setup = stage.setup();
    let grant = stage.grant(&stage.channel(), &setup).await.unwrap();
    let mut classes = Vec::new();
    if let Err(error) = stage.engine.obtain(&channel, &setup, &grant, None).await {
        classes.push(error.class);
    }
    let signed = channel.kept_by(keeper);
    let mut walk = stage.engine.store_goods(&signed, None, None).unwrap();
    if let Err(error) = walk.next_page().await {
        classes.push(error.class);
    }
    assert!(!classes.is_empty(), "nobody minded");
    assert!(classes.iter().all(|class| stage.row.refuses.wrong_secret.contains(class)), "{classes:?}");
}

pub async fn the_quota_ends(stage: Stage) {
    let (channel, _) = stage.authorised().await;
    stage.stores().set_quota(stage.row.platform, Some(1));
    let mut walk = stage.engine.store_goods(&channel, None, None).unwrap();
    let error = loop {
        match walk.next_page().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("{} was read whole by one call", stage.row.id),
            Err(error) => break error,
        }
    };
    assert!(stage.row.refuses.spent.contains(&error.class), "{error}");
    stage.stores().set_quota(stage.row.platform, Some(0));
    // The engine keeps away from a platform that has refused it; the next one does not know.
    let channel = stage.authorised().await.0;
    let patient = engine();
    let mut walk = patient.store_goods(&channel, None, None).unwrap();
    assert!(walk.next_page().await.unwrap().is_some(), "a lifted limit is lifted");
}
