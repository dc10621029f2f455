//! Sessions, and whose they are.

use serde_json::{Value, json};

use super::super::{Call, Refusal, Reply};
use super::{HERE, StoreCall, invalid_session};
use crate::stores::Grant;

type Serve = fn(&Call<'_>) -> Reply;

/// A method that needs no session, and its own parameters.
pub(super) fn method(name: &str) -> Option<(Serve, &'static [&'static str])> {
    Some(match name {
        "taobao.top.auth.token.create" => (create, &["code", "uuid"]),
        "taobao.top.auth.token.refresh" => (refresh, &["refresh_token"]),
        _ => return None,
    })
}

fn create(call: &Call<'_>) -> Reply {
    let code = call.params.text("code").ok_or_else(|| Refusal::missing("code"))?;
    let mut world = call.state.world();
    let stores = &mut world.stores;
    let taken = stores.grants.take_code(HERE, code, call.now);
    let code = taken.map_err(|_| Refusal::remote("isv.invalid-code", "授权码不存在或已失效"))?;
    let grant = stores.grants.open(&code.store, call.now);
    let name = stores.store(&grant.store).map_or("", |store| store.name.as_str());
    Ok(answer(&grant, name, call.now))
}

fn refresh(call: &Call<'_>) -> Reply {
    let token = call.params.text("refresh_token").ok_or_else(|| Refusal::missing("refresh_token"))?;
    let mut world = call.state.world();
    let grant = world.stores.grants.renew(HERE, token, call.now).map_err(|_| invalid_session())?;
    let name = world.stores.store(&grant.store).map_or("", |store| store.name.as_str());
    Ok(answer(&grant, name, call.now))
}

/// The token is JSON in a text.
fn answer(grant: &Grant, name: &str, now: i64) -> Value {
    let left = grant.access.left_s(now);
    let token = json!({
        "access_token": grant.access.text, "token_type": "Bearer", "expires_in": left,
        "refresh_token": grant.refresh.text, "re_expires_in": grant.refresh.left_s(now),
        "taobao_user_id": grant.store.seller, "taobao_user_nick": name,
        "r1_expires_in": left, "r2_expires_in": left, "w1_expires_in": left, "w2_expires_in": left,
        "expire_time": grant.access.ends_at.map(|end| end * 1_000),
    });
    json!({"token_result": token.to_string()})
}

/// `taobao.user.seller.get`.
pub(super) fn seller(call: &StoreCall<'_>) -> Reply {
    let fields = call.fields(&["user_id", "nick", "type", "has_shop"], &[])?;
    let number: Option<i64> = call.store.seller.parse().ok();
    call.read(|store| {
        let user = json!({"user_id": number, "nick": store.name, "type": "C", "has_shop": true});
        json!({"user": fields.of(user)})
    })
}
