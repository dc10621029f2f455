//! The gateway's methods for merchants' stores (JOS).
//!
//! Another application than the union's calls them, with the access token of a merchant; answers lie
//! flat in the gateway's.

mod auth;
mod orders;
mod ship;
mod wares;

use actix_web::web;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Barred, Params};
use crate::json::joined;
use crate::state::SandboxState;
use crate::stores::{GrantRefused, Store, StorePlatform, StoreRef};

const HERE: StorePlatform = StorePlatform::Jd;

/// Adds the consent page and the token calls, where one address stands in for all hosts of JD's.
pub(super) fn routes(service: &mut web::ServiceConfig) {
    auth::routes(service);
}

/// A call on behalf of a merchant.
struct StoreCall<'a> {
    state: &'a SandboxState,
    store: StoreRef,
    /// The call's own parameters.
    own: Value,
}

/// A refusal by the service: the gateway's code 50 or another, and words.
struct Refusal(i64, String);

type Reply = Result<Value, Refusal>;

impl StoreCall<'_> {
    /// Reads the store.
    fn read<T>(&self, read: impl FnOnce(&Store) -> T) -> Result<T, Refusal> {
        let world = self.state.world();
        world.stores.store(&self.store).map(read).ok_or_else(|| Refusal(50, "店铺不存在".to_owned()))
    }

    /// The parameters, none unknown, each of its type.
    fn parameters<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_value(self.own.clone()).map_err(|error| Refusal(61, format!("参数错误:{error}")))
    }
}

fn wrong(name: &str) -> Refusal {
    Refusal(61, format!("参数错误:{name}"))
}

type Serve = fn(&StoreCall<'_>) -> Reply;

fn method(name: &str) -> Option<Serve> {
    Some(match name {
        "jingdong.ware.read.searchWare4Valid" => wares::search,
        "jingdong.sku.read.searchSkuList" => wares::skus,
        "jingdong.stock.write.updateSkuStock" => wares::stock,
        "jingdong.pop.order.search" => orders::search,
        "jingdong.pop.order.get" => orders::get,
        "jingdong.pop.order.shipment" => ship::send,
        "jingdong.get.vender.carrier" => ship::carriers,
        _ => return None,
    })
}

/// Whether the gateway has this method for stores.
pub(super) fn has(name: &str) -> bool {
    method(name).is_some()
}

/// The answer to a store method and the verdict for the log.
pub(super) fn serve(state: &SandboxState, name: &str, params: &Params) -> Result<(Value, String), Barred> {
    let serve = method(name).ok_or(Barred(15, "不存在的方法名".to_owned(), "Invalid Method"))?;
    let token = params.text("access_token");
    let token = token.ok_or_else(|| Barred(18, "缺少access_token参数".to_owned(), "Missing Access Token"))?;
    let store = {
        let world = state.world();
        let grant = world.stores.grants.by_access(HERE, token, state.clock().wall());
        grant.map(|grant| grant.store.clone()).map_err(barred)?
    };
    let own = params.text(super::PARAM).unwrap_or("{}");
    let own = serde_json::from_str(own).map_err(|_| Barred(62, "业务参数不是有效的JSON".to_owned(), "Invalid JSON"))?;
    let outer = format!("{}_responce", name.replace('.', "_"));
    match serve(&StoreCall { state, store, own }) {
        Ok(content) => Ok((json!({ outer: joined(json!({"code": "0"}), content) }), "ok".to_owned())),
        Err(Refusal(code, words)) => Err(Barred(code, words, "Service Refused")),
    }
}

/// What is said about a token that is not taken.
fn barred(refused: GrantRefused) -> Barred {
    let words = match refused {
        GrantRefused::Unknown => "无效access_token",
        GrantRefused::Expired => "access_token已过期",
        GrantRefused::Ended => "access_token已失效，用户取消授权",
    };
    Barred(19, words.to_owned(), "Invalid Access Token")
}

/// Only the fields that a comma list names.
fn only(fields: &str, whole: Value) -> Value {
    let Value::Object(members) = whole else { return whole };
    let named = |name: &str| fields.split(',').any(|field| field.trim() == name);
    Value::Object(members.into_iter().filter(|(name, _)| named(name)).collect())
}
