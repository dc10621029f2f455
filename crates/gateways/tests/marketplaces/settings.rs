//! What is wrong with settings is told by key, all at once, and never by value.

use gateways::marketplaces::{Body, REGISTRY, Search, SettingsError, find};
use serde_json::{Value, json};

use crate::vectors;

fn faults(id: &str, settings: Value) -> SettingsError {
    let opened = (find(id).unwrap().open)(settings.as_object().unwrap());
    opened.map(|_| ()).unwrap_err()
}

#[test]
fn every_required_key_is_asked_for_by_name() {
    for (_, id, settings) in vectors::platforms() {
        let entry = find(id).unwrap();
        for key in entry.descriptor.settings.iter().filter(|key| key.required) {
            let mut without = settings.clone();
            without.as_object_mut().unwrap().remove(key.name);
            let told = faults(id, without).to_string();
            assert_eq!(told, format!("marketplaces.{id}.{} is missing or empty", key.name));
        }
    }
}

#[test]
fn all_faults_are_told_together_and_no_value_with_them() {
    let error =
        faults("pinduoduo_affiliate", json!({"client_id": ["x"], "client_secret": "  ", "pids": "secret-looking"}));
    let mut keys: Vec<&str> = error.faults.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["client_id", "client_secret", "pid", "pids"]);
    assert!(!error.to_string().contains("secret-looking"));
}

#[test]
fn values_of_the_wrong_form_are_faults() {
    let error = faults(
        "taobao_affiliate",
        json!({"app_key": "1", "app_secret": "s", "adzone_id": "mm_1_2_3", "sign_method": "sha1"}),
    );
    let mut keys: Vec<&str> = error.faults.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["adzone_id", "sign_method"]);
    let long = "x".repeat(65);
    let error = faults(
        "pinduoduo_affiliate",
        json!({"client_id": "1", "client_secret": "s", "pid": "1_2", "custom_parameters": long}),
    );
    assert_eq!(error.faults[0].0, "custom_parameters");
}

#[test]
fn a_taobao_position_is_taken_from_its_pid_or_from_its_parts() {
    let with = |more: Value| {
        let mut settings = json!({"app_key": "1", "app_secret": "s"});
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        settings
    };
    for good in [
        json!({"pid": "mm_12_34_56"}),
        json!({"adzone_id": 56}),
        json!({"pid": "mm_12_34_56", "adzone_id": "56", "site_id": "34"}),
    ] {
        let connector = (find("taobao_affiliate").unwrap().open)(with(good).as_object().unwrap()).unwrap();
        let search = Search { query: "x".into(), category: None, coupon_only: false };
        let request = connector.items().unwrap().search(&search).request(None).unwrap();
        let Body::Form(fields) = request.body else { panic!("no form") };
        assert_eq!(fields["adzone_id"], "56");
    }
    let bad = [
        (json!({}), vec!["adzone_id"]),
        (json!({"pid": "mm_12_34"}), vec!["pid"]),
        (json!({"pid": "mm_12_34_x"}), vec!["pid"]),
        (json!({"pid": "mm_12_34_56", "adzone_id": "57"}), vec!["adzone_id"]),
        (json!({"pid": "mm_12_34_56", "site_id": "35"}), vec!["site_id"]),
    ];
    for (more, wanted) in bad {
        let error = faults("taobao_affiliate", with(more.clone()));
        let keys: Vec<&str> = error.faults.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, wanted, "{more}");
    }
}

#[test]
fn jds_optional_keys_are_checked() {
    let settings = |more: Value| {
        let mut settings = json!({"app_key": "1", "app_secret": "s", "site_id": "4"});
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        settings
    };
    let good = settings(json!({"union_id": 1000777888, "miniprogram_appid": "wx1", "miniprogram_path": "p/x?u="}));
    assert!((find("jd_affiliate").unwrap().open)(good.as_object().unwrap()).is_ok());
    for (key, value) in
        [("union_id", "me"), ("miniprogram_appid", "jd"), ("miniprogram_path", "/p?u="), ("miniprogram_path", "p")]
    {
        assert_eq!(faults("jd_affiliate", settings(json!({ key: value }))).faults[0].0, key);
    }
}

#[test]
fn secrets_are_marked_as_such() {
    for entry in REGISTRY {
        for key in entry.descriptor.settings {
            assert_eq!(key.secret, key.name.ends_with("secret"), "{}.{}", entry.descriptor.id, key.name);
        }
    }
}
