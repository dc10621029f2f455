//! What every platform's authorisation must do alike.

use gateways::marketplaces::{AuthKind, Callback, Connector, ErrorClass, Grant, REGISTRY, Setup, check_setup};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::questions;
use crate::vectors;

fn each_with_a_page(check: impl Fn(&dyn Connector, &Setup)) {
    for entry in REGISTRY.iter().filter(|entry| entry.descriptor.store.is_some()) {
        let connector = vectors::connector(entry.descriptor.id);
        let setup = questions::setup(connector.as_ref());
        if connector.auth().unwrap().start(&setup, "s").is_ok() {
            check(connector.as_ref(), &setup);
        }
    }
}

fn query(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_consent_page_is_told_the_state_and_a_callback_with_another_one_is_refused() {
    let now = chrono::DateTime::from_timestamp(1_795_400_000, 0).unwrap();
    each_with_a_page(|connector, setup| {
        let id = connector.descriptor().id;
        let auth = connector.auth().unwrap();
        let page = auth.start(setup, "our-state").unwrap();
        assert!(page.query.iter().any(|(name, value)| name == "state" && value == "our-state"), "{id}");
        if vectors::OWN_CALLBACK.contains(&id) {
            return;
        }
        let callback = |query: &[(String, String)]| {
            let grant = auth.callback(setup, &Callback { query, state: "our-state", now });
            grant.map(|grant| match grant {
                Grant::Code(code) => code.expose_secret().to_owned(),
                _ => panic!("{id} makes no code of a callback"),
            })
        };
        assert_eq!(callback(&query(&[("code", "c"), ("state", "our-state")])).unwrap(), "c");
        for bad in [
            query(&[("code", "c"), ("state", "other")]),
            query(&[("code", "c")]),
            query(&[("state", "our-state")]),
            query(&[("code", "c"), ("code", "d"), ("state", "our-state")]),
            query(&[("error", "access_denied"), ("state", "our-state")]),
        ] {
            let error = callback(&bad).unwrap_err();
            let told = matches!(error.class, ErrorClass::BadRequest | ErrorClass::ReauthorizeNeeded);
            assert!(told, "{id} {bad:?}: {error}");
        }
    });
}

#[test]
fn an_account_is_checked_before_it_is_saved() {
    for entry in REGISTRY.iter().filter(|entry| entry.descriptor.store.is_some()) {
        let connector = vectors::connector(entry.descriptor.id);
        let setup = questions::setup(connector.as_ref());
        assert_eq!(check_setup(connector.as_ref(), &setup), Ok(()), "{}", entry.descriptor.id);
        let mut strange = setup.clone();
        strange.site = Some("moon".into());
        strange.data.insert("of_another_platform".into(), json!("x"));
        let error = check_setup(connector.as_ref(), &strange).unwrap_err();
        let keys: Vec<&str> = error.faults.iter().map(|(key, _)| key.as_str()).collect();
        assert!(keys.contains(&"of_another_platform"), "{error}");
        assert!(keys.contains(&"site"), "{error}");
        for way in entry.descriptor.store.as_ref().unwrap().ways {
            for key in way.needs.iter().filter(|key| key.required) {
                let mut without = Setup { kind: way.kind, ..setup.clone() };
                without.data.remove(key.name);
                let error = check_setup(connector.as_ref(), &without).unwrap_err();
                assert!(error.to_string().contains(&format!("{} is missing", key.name)), "{error}");
            }
        }
    }
}

#[test]
fn a_code_is_never_sent_twice() {
    for entry in REGISTRY.iter().filter(|entry| entry.descriptor.store.is_some()) {
        let connector = vectors::connector(entry.descriptor.id);
        let setup = questions::setup(connector.as_ref());
        let grant = Grant::Code("c".to_owned().into());
        if let Ok(gateways::marketplaces::TokenStep::Ask(request)) = connector.auth().unwrap().token(&setup, &grant) {
            assert!(!request.repeatable, "{}", entry.descriptor.id);
        }
    }
}

#[test]
fn the_way_of_a_store_fits_its_kind_of_tokens() {
    for entry in REGISTRY {
        let Some(facts) = &entry.descriptor.store else { continue };
        assert!(!facts.ways.is_empty(), "{}", entry.descriptor.id);
        for way in facts.ways {
            let pasted = matches!(way.auth, AuthKind::PastedLongLived | AuthKind::KeySecretSigned);
            assert!(way.pasted.is_none() || pasted, "{} pastes a token it exchanges", entry.descriptor.id);
        }
    }
}
