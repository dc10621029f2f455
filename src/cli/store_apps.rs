//! The sandbox's merchants' stores: the applications that a shop file names, the addresses of the
//! platforms, and a store of each to bind.

use gateways::marketplaces::{REGISTRY, SettingKey};
use sandbox::SandboxKeys;
use sandbox::stores::{Filling, StoreApp, StorePlatform, StoreRef};

use crate::config::Platforms;

/// Goods of each store.
const GOODS: u64 = 20;
/// The secret of the Wanliniu merchant, who pastes it in.
const WANLINIU_SECRET: &str = "7d0f9e2b";

/// `[marketplaces.<id>]` of every platform of stores.
pub(super) fn settings(keys: &SandboxKeys) -> Vec<(&'static str, toml::Table)> {
    let with_stores = REGISTRY.iter().map(|entry| entry.descriptor).filter(|one| one.store.is_some());
    let table = |one: &'static gateways::marketplaces::Descriptor| {
        let app = keys.stores.on(StorePlatform::of(one.id)?)?;
        Some((one.id, of_app(app, one.settings)))
    };
    with_stores.filter_map(table).collect()
}

/// What an application is called stands first among what must be there; its secret is secret.
fn of_app(app: &StoreApp, keys: &[SettingKey]) -> toml::Table {
    let name = keys.iter().find(|key| key.required && !key.secret).map(|key| key.name);
    let value = |key: &SettingKey| match app.more.get(key.name) {
        Some(told) => Some(told.clone()),
        None if key.secret && key.required => Some(app.secret.clone()),
        None if Some(key.name) == name => Some(app.id.clone()),
        None => None,
    };
    let given = keys.iter().filter_map(|key| Some((key.name.to_owned(), toml::Value::String(value(key)?))));
    given.collect()
}

/// The sandbox's addresses for every platform.
pub(super) fn addresses(sandbox: &sandbox::Running) -> Platforms {
    let at = |key: &str| sandbox.platform_url(key);
    Platforms {
        wechat: sandbox.base_url(),
        wechat_pay: sandbox.base_url(),
        wechat_pay_backup: sandbox.base_url(),
        pinduoduo: at("pinduoduo"),
        pinduoduo_auth: at("pinduoduo_auth"),
        taobao: at("taobao"),
        taobao_auth: at("taobao_auth"),
        jd: at("jd"),
        jd_auth: at("jd_auth"),
        youzan: at("youzan"),
        weimob: at("weimob"),
        shopify: at("shopify"),
        aliexpress: at("aliexpress"),
        ebay: at("ebay"),
        amazon: at("amazon"),
        dhgate: at("dhgate"),
        wish: at("wish"),
        wanliniu: at("wanliniu"),
        shoplazza: at("shoplazza"),
    }
}

/// Opens a store on each platform, unless it is there, and registers our callback.
pub(super) fn furnish(sandbox: &sandbox::Running, public_url: &str) {
    let stores = sandbox.state().stores();
    let known = stores.list();
    for platform in StorePlatform::ALL {
        stores.register_callback(platform, &format!("{public_url}/oauth/{}/callback", platform.id()));
        let store = example(platform);
        if known.iter().any(|one| one.store == store) {
            continue;
        }
        stores.open(&store, "邻里鲜生");
        for (name, value) in [("vid", "6000287446212"), ("app_secret", WANLINIU_SECRET)] {
            if let Err(refusal) = stores.set(&store, name, value) {
                tracing::warn!(platform = platform.id(), %refusal, "a store of the sandbox could not be set up");
            }
        }
        if let Err(refusal) = stores.fill(&store, &Filling::of(GOODS)) {
            tracing::warn!(platform = platform.id(), %refusal, "a store of the sandbox could not be filled");
        }
    }
}

/// The store of each platform, by ids in the platform's form.
fn example(platform: StorePlatform) -> StoreRef {
    use StorePlatform as P;
    let (seller, site) = match platform {
        P::Pinduoduo => ("880012345", ""),
        P::Taobao => ("2200657974", ""),
        P::Jd => ("4300012345", ""),
        P::Youzan => ("56232", ""),
        P::Weimob => ("4020502275894", ""),
        P::Shopify => ("linli.myshopify.com", ""),
        P::Aliexpress => ("200042362", ""),
        P::Ebay => ("ma8vp1jySJC", "EBAY_US"),
        P::Amazon => ("A2SELLER00001", "US"),
        P::Dhgate => ("ff8080814a", ""),
        P::Wish => ("58298cbd15abf85958e9f87a", ""),
        P::Wanliniu => ("3000112233", ""),
        P::Shoplazza => ("linli.myshoplaza.com", ""),
    };
    StoreRef::new(platform, seller).on(site)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_connector_of_stores_opens_with_the_sandboxes_application() {
        let keys = SandboxKeys::generate().unwrap();
        let all = settings(&keys);
        assert_eq!(all.len(), StorePlatform::ALL.len());
        for (id, table) in all {
            let given = serde_json::to_value(&table).unwrap();
            let opened = (gateways::marketplaces::find(id).unwrap().open)(given.as_object().unwrap());
            assert!(opened.is_ok(), "{id}: {table:?}");
        }
    }
}
