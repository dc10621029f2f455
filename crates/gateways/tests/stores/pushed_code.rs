//! Youzan's market pushes codes to the application: no browser, no state of ours.

use gateways::marketplaces::youzan::open_message;
use gateways::marketplaces::{Callback, ErrorClass};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::messages::hear;
use crate::platforms;
use crate::stage::{REDIRECT, STATE, Stage};

#[tokio::test]
async fn a_code_that_youzan_pushes_is_exchanged_and_its_message_only_tells() {
    let stage = Stage::of(platforms::youzan());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/oauth/youzan", listener.local_addr().unwrap());
    stage.stores().register_callback(stage.row.platform, &address);
    let stores = stage.stores();
    let (heard, answered) = tokio::join!(hear(&listener), stores.youzan_pushes_code(&stage.store));
    assert_eq!(answered.unwrap().status, Some(200));
    let called = Url::parse(&format!("http://shop{}", heard.path)).unwrap();
    let query: Vec<(String, String)> = called.query_pairs().into_owned().collect();
    assert!(query.iter().all(|(name, _)| name == "code" || name == "message"), "{query:?}");

    let channel = stage.channel();
    let mut setup = stage.setup();
    setup.redirect_uri = address;
    let callback = Callback { query: &query, state: STATE, now: chrono::Utc::now() };
    let grant = channel.connector().auth().unwrap().callback(&setup, &callback).unwrap();
    let tokens = stage.engine.obtain(&channel, &setup, &grant, None).await.unwrap();
    assert_eq!(tokens.account_id.as_deref(), Some(stage.row.seller));
    assert!(!tokens.access.expose_secret().is_empty());

    let keys = stage.sandbox.state().keys();
    let secret = &keys.stores.on(stage.row.platform).unwrap().secret;
    let message = &query.iter().find(|(name, _)| name == "message").unwrap().1;
    let plain: Value = serde_json::from_str(&open_message(secret, message).unwrap()).unwrap();
    assert_eq!(plain["kdtId"], json!(56_232));
    let foreign = open_message("another-secret-of-32-characters!", message);
    assert!(foreign.is_err() || serde_json::from_str::<Value>(&foreign.unwrap()).is_err());

    // The code went to that address; named with another one it is not exchanged.
    setup.redirect_uri = REDIRECT.to_owned();
    let (heard, _) = tokio::join!(hear(&listener), stores.youzan_pushes_code(&stage.store));
    let called = Url::parse(&format!("http://shop{}", heard.path)).unwrap();
    let query: Vec<(String, String)> = called.query_pairs().into_owned().collect();
    let callback = Callback { query: &query, state: STATE, now: chrono::Utc::now() };
    let grant = channel.connector().auth().unwrap().callback(&setup, &callback).unwrap();
    let refused = stage.engine.obtain(&channel, &setup, &grant, None).await.err().unwrap();
    assert_eq!(refused.class, ErrorClass::BadRequest, "{refused}");
}
