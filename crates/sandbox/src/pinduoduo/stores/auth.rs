//! Tokens for stores, and whose they are.

use serde_json::{Value, json};

use super::super::{Call, Refusal, Reply};
use super::{HERE, StoreCall, barred};
use crate::stores::Grant;

type Serve = fn(&Call<'_>) -> Reply;

/// What a merchant allows.
const SCOPES: [&str; 5] = [
    "pdd.goods.list.get",
    "pdd.goods.quantity.update",
    "pdd.order.number.list.increment.get",
    "pdd.order.information.get",
    "pdd.logistics.online.send",
];

/// A method that needs no token, the key of its answer, and its own parameters.
pub(super) fn method(name: &str) -> Option<(Serve, &'static str, &'static [&'static str])> {
    Some(match name {
        "pdd.pop.auth.token.create" => (create, "pop_auth_token_create_response", &["code"]),
        "pdd.pop.auth.token.refresh" => (refresh, "pop_auth_token_refresh_response", &["refresh_token"]),
        _ => return None,
    })
}

fn create(call: &Call<'_>) -> Reply {
    let code = call.params.needed("code")?;
    let mut world = call.state.world();
    let stores = &mut world.stores;
    let taken = stores.grants.take_code(HERE, code, call.now);
    let code = taken.map_err(|_| Refusal(50_001, "code已失效，请重新授权".to_owned()))?;
    let grant = stores.grants.open(&code.store, call.now);
    let name = stores.store(&grant.store).map_or("", |store| store.name.as_str());
    Ok(answer(&grant, name, call.now))
}

fn refresh(call: &Call<'_>) -> Reply {
    let token = call.params.needed("refresh_token")?;
    let mut world = call.state.world();
    let grant = world.stores.grants.renew(HERE, token, call.now).map_err(barred)?;
    let name = world.stores.store(&grant.store).map_or("", |store| store.name.as_str());
    Ok(answer(&grant, name, call.now))
}

fn answer(grant: &Grant, name: &str, now: i64) -> Value {
    let (end, left) = (grant.access.ends_at, grant.access.left_s(now));
    json!({
        "access_token": grant.access.text, "refresh_token": grant.refresh.text,
        "expires_in": left, "expires_at": end,
        "refresh_token_expires_in": grant.refresh.left_s(now), "refresh_token_expires_at": grant.refresh.ends_at,
        "owner_id": grant.store.seller, "owner_name": name, "scope": SCOPES,
        "r1_expires_in": left, "r1_expires_at": end, "r2_expires_in": left, "r2_expires_at": end,
        "w1_expires_in": left, "w1_expires_at": end, "w2_expires_in": left, "w2_expires_at": end,
    })
}

/// `pdd.mall.info.get`.
pub(super) fn mall(call: &StoreCall<'_>) -> Reply {
    let number: Option<i64> = call.store.seller.parse().ok();
    call.read(|store| json!({"mall_id": number, "mall_name": store.name, "logo": "", "merchant_type": 2}))
}
