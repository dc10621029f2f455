//! Youzan (有赞云): stores of their own, reached by a token in the query.
//!
//! Every refusal is HTTP 200. What the gateway refuses is `gw_err_resp`, what a service refuses is
//! `success: false` with a code.

mod goods;
mod push;
mod ship;
mod token;
mod trades;

use actix_web::http::Method;
use actix_web::web::{self, Bytes, Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::faults::Verdict;
use crate::state::SandboxState;
use crate::stores::{GrantRefused, Store, StorePlatform, StoreRef, query_of};

pub(crate) use push::message;

const HERE: StorePlatform = StorePlatform::Youzan;

/// Adds the platform below `/youzan`.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    token::routes(service);
    service
        .route("/youzan/api/{name}/{version}", web::route().to(door))
        .route("/youzan/api/auth_exempt/{name}/{version}", web::route().to(door));
}

/// A refusal: by the gateway or by the service behind it.
enum Refusal {
    Gateway(i64, &'static str),
    Service(i64, String),
}

type Reply = Result<Value, Refusal>;

impl Refusal {
    fn service(code: i64, words: &str) -> Self {
        Refusal::Service(code, words.to_owned())
    }
}

/// A call on behalf of a store.
struct Call<'a> {
    state: &'a SandboxState,
    store: StoreRef,
    body: Value,
}

impl Call<'_> {
    /// Reads the store.
    fn read<T>(&self, read: impl FnOnce(&Store) -> T) -> Result<T, Refusal> {
        let world = self.state.world();
        world.stores.store(&self.store).map(read).ok_or(Refusal::Gateway(4204, "没有权限"))
    }

    /// The parameters, none unknown, each of its type.
    fn parameters<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_value(self.body.clone()).map_err(|_| Refusal::Gateway(5001, "参数类型错误"))
    }
}

async fn door(
    state: Data<SandboxState>,
    request: HttpRequest,
    place: Path<(String, String)>,
    body: Bytes,
) -> HttpResponse {
    let (name, version) = place.into_inner();
    let reply = serve(&state, &request, (&name, &version), &body);
    let trace = format!("yz7-{}", state.world().next_number());
    let (value, verdict) = match reply {
        Ok(data) => {
            let whole = json!({"trace_id": trace, "code": 200, "success": true, "message": "successful", "data": data});
            (whole, "ok".to_owned())
        }
        Err(Refusal::Gateway(code, words)) => {
            let refusal = json!({"gw_err_resp": {"trace_id": trace, "err_code": code, "err_msg": words}});
            (refusal, code.to_string())
        }
        Err(Refusal::Service(code, words)) => {
            let refusal = json!({"trace_id": trace, "code": code, "success": false, "message": words, "data": null});
            (refusal, code.to_string())
        }
    };
    let mut response = HttpResponse::Ok().json(value);
    response.extensions_mut().insert(Verdict(verdict));
    response
}

type Serve = fn(&Call<'_>) -> Reply;

/// A method and the one version of it that is played.
fn method(name: &str) -> Option<(Serve, &'static str)> {
    Some(match name {
        "youzan.items.onsale.get" => (goods::on_sale, "3.0.0"),
        "youzan.items.inventory.get" => (goods::off_sale, "3.0.0"),
        "youzan.item.detail.get" => (goods::detail, "1.0.1"),
        "youzan.item.quantity.update" => (goods::quantity, "3.0.0"),
        "youzan.trades.sold.get" => (trades::sold, "4.0.4"),
        "youzan.trade.get" => (trades::one, "4.0.2"),
        "youzan.cloud.secret.decrypt.batch" => (trades::decrypt, "1.0.0"),
        "youzan.logistics.express.get" => (ship::companies, "3.0.0"),
        "youzan.logistics.online.confirm" => (ship::confirm, "3.0.0"),
        _ => return None,
    })
}

fn serve(state: &SandboxState, request: &HttpRequest, method_of: (&str, &str), body: &[u8]) -> Reply {
    let (name, version) = method_of;
    // Before the token is looked at.
    let (serve, known) = method(name).ok_or(Refusal::Gateway(4004, "API不存在"))?;
    if version != known {
        return Err(Refusal::Gateway(4005, "API版本不存在"));
    }
    if request.method() != Method::POST || request.content_type() != "application/json" {
        return Err(Refusal::Gateway(4007, "请求方式或来源IP不正确"));
    }
    let query = query_of(request);
    // A token in a header or in the body is none.
    let token = match query.as_slice() {
        [(name, token)] if name == "access_token" && !token.is_empty() => token,
        _ => return Err(Refusal::Gateway(4201, "缺少请求凭证")),
    };
    let now = state.clock().wall();
    let store = {
        let world = state.world();
        let grant = world.stores.grants.by_access(HERE, token, now).map(|grant| grant.store.clone());
        grant.map_err(|refused| match refused {
            GrantRefused::Expired => Refusal::Gateway(4202, "请求凭证过期"),
            GrantRefused::Unknown | GrantRefused::Ended => Refusal::Gateway(4203, "请求凭证无效"),
        })?
    };
    if state.count_store_call(HERE).is_err() {
        return Err(Refusal::Gateway(4101, "请求太频繁"));
    }
    let body = match body {
        [] => json!({}),
        body => serde_json::from_slice(body).map_err(|_| Refusal::Gateway(5001, "参数类型错误"))?,
    };
    serve(&Call { state, store, body })
}
