//! Consent and tokens, where these platforms differ from one another.

use gateways::marketplaces::{Access, Callback, ErrorClass, Grant, Setup};
use sandbox::stores::{StorePlatform, StoreRef};
use secrecy::{ExposeSecret, SecretString};

use super::rows::{Abroad, Noticed};
use crate::stage::STATE;

pub async fn another_merchant_is_noticed(abroad: Abroad) {
    let (shape, stage) = abroad.set();
    if shape.noticed == Noticed::Nobody {
        return;
    }
    let other = StoreRef { seller: format!("9{}", stage.row.seller), ..stage.store.clone() };
    stage.stores().open(&other, "Somebody else");
    let channel = stage.channel();
    let setup = Setup { account_id: Some(stage.row.seller.to_owned()), ..stage.setup() };
    let auth = channel.connector().auth().unwrap();
    // He sits at the page and agrees at once, whatever the address asks for.
    stage.stores().consents(stage.row.platform, Some(&other));
    let query = stage.led_back(&channel, &setup).await;
    let callback = Callback { query: &query, state: STATE, now: chrono::Utc::now() };
    let grant = match auth.callback(&setup, &callback) {
        Ok(grant) => grant,
        Err(error) => {
            assert_eq!(error.class, ErrorClass::Conflict, "{error}");
            return;
        }
    };
    assert!(shape.noticed != Noticed::ByTheCallback || stage.row.platform == StorePlatform::Amazon);
    let tokens = match stage.engine.obtain(&channel, &setup, &grant, None).await {
        Ok(tokens) => tokens,
        Err(error) => {
            assert_eq!(error.class, ErrorClass::Conflict, "{error}");
            return;
        }
    };
    let access = Access { token: tokens.access.clone(), account: setup.account("") };
    let who = stage.engine.who(&channel.clone().on_behalf_of(access)).await.unwrap();
    match shape.noticed {
        Noticed::ByAsking => assert_eq!(who.unwrap().account_id, other.seller),
        _ => assert!(who.is_none() && shape.noticed == Noticed::Not),
    }
}

pub async fn a_token_is_renewed(abroad: Abroad) {
    let (shape, stage) = abroad.set();
    let pasted = matches!(stage.row.grant, Some(Grant::Pasted(_)));
    if pasted && stage.row.platform != StorePlatform::Amazon {
        // What never ends is not renewed.
        let (channel, keeper) = stage.authorised().await;
        assert!(keeper.tokens().access_expires_at.is_none());
        assert!(stage.engine.store_goods(&channel, None, None).unwrap().next_page().await.unwrap().is_some());
        return;
    }
    let _ = shape;
    crate::tokens::a_token_is_renewed(stage).await;
}

pub async fn a_wrong_secret_is_refused(abroad: Abroad) {
    let (_, stage) = abroad.set();
    match (&stage.row.grant, stage.row.platform) {
        (Some(Grant::Pasted(_)), StorePlatform::Wanliniu | StorePlatform::Shopify) => {
            let (channel, keeper) = stage.authorised().await;
            let wrong = format!("{}0", keeper.tokens().access.expose_secret());
            let account = channel.account().unwrap().clone();
            let channel = channel.on_behalf_of(Access { token: SecretString::from(wrong), account });
            let error = stage.engine.store_goods(&channel, None, None).unwrap().next_page().await.unwrap_err();
            assert!(matches!(error.class, ErrorClass::BadSignature | ErrorClass::TokenExpired), "{error}");
        }
        _ => crate::tokens::a_wrong_secret_is_refused(stage).await,
    }
}
