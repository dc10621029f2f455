//! Weimob (微盟 WOS): stores reached by a token in the query, below an organisation node.
//!
//! Every refusal is HTTP 200 with `code.errcode`, a text of which only `"0"` is success.

mod goods;
mod orders;
mod push;
mod token;

use actix_web::http::Method;
use actix_web::web::{self, Bytes, Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::faults::Verdict;
use crate::state::SandboxState;
use crate::stores::{Store, StorePlatform, StoreRef, query_of};

pub(crate) use push::message;

const HERE: StorePlatform = StorePlatform::Weimob;

/// The setting of a store that names its organisation node.
const NODE: &str = "vid";

/// Adds the platform below `/weimob`.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    token::routes(service);
    service.route("/weimob/apigw/weimob_shop/v2.0/{action:.+}", web::route().to(door));
}

/// A refusal: code and words. But for those of tokens the numbers are not in the sheet.
struct Refusal(&'static str, String);

impl Refusal {
    fn new(code: &'static str, words: &str) -> Self {
        Refusal(code, words.to_owned())
    }
}

type Reply = Result<Value, Refusal>;

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
        let found = world.stores.store(&self.store).map(read);
        found.ok_or_else(|| Refusal::new("9001", "店铺不存在"))
    }

    /// The parameters, none unknown, each of its type; the organisation node has been looked at.
    fn parameters<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_value(self.body.clone()).map_err(|error| Refusal("9002", format!("参数错误: {error}")))
    }
}

async fn door(state: Data<SandboxState>, request: HttpRequest, action: Path<String>, body: Bytes) -> HttpResponse {
    let reply = serve(&state, &request, &action, &body);
    let ticket = format!("t-{}", state.world().next_number());
    let (value, verdict) = match reply {
        Ok(data) => {
            let whole = json!({"code": {"errcode": "0", "errmsg": "success"}, "data": data, "globalTicket": ticket});
            (whole, "ok".to_owned())
        }
        Err(Refusal(code, words)) => {
            let refusal = json!({"code": {"errcode": code, "errmsg": words}, "data": null, "globalTicket": ticket});
            (refusal, code.to_owned())
        }
    };
    let mut response = HttpResponse::Ok().json(value);
    response.extensions_mut().insert(Verdict(verdict));
    response
}

type Serve = fn(&Call<'_>) -> Reply;

fn method(action: &str) -> Option<Serve> {
    Some(match action {
        "goods/getList" => goods::list,
        "goods/get" => goods::get,
        "stock/update" => goods::stock,
        "order/list/search" => orders::search,
        "order/detail/get" => orders::get,
        _ => return None,
    })
}

fn serve(state: &SandboxState, request: &HttpRequest, action: &str, body: &[u8]) -> Reply {
    let serve = method(action).ok_or_else(|| Refusal::new("404", "接口不存在"))?;
    if request.method() != Method::POST || request.content_type() != "application/json" {
        return Err(Refusal::new("9003", "请求方式错误"));
    }
    let query = query_of(request);
    let token = match query.as_slice() {
        // One word, unlike the other platforms'.
        [(name, token)] if name == "accesstoken" => token,
        _ => return Err(Refusal::new("80001001000118", "accesstoken 缺失")),
    };
    let store = {
        let world = state.world();
        let grant = world.stores.grants.by_access(HERE, token, state.clock().wall());
        let store = grant.map(|grant| grant.store.clone());
        store.map_err(|_| Refusal::new("80001001000119", "accesstoken 无效"))?
    };
    if state.count_store_call(HERE).is_err() {
        return Err(Refusal::new("9004", "调用频繁，触发限流"));
    }
    let mut body: Value = serde_json::from_slice(body).map_err(|_| Refusal::new("9002", "参数错误"))?;
    let basic = body.as_object_mut().and_then(|members| members.remove("basicInfo"));
    let node = basic.as_ref().and_then(|basic| basic.get("vid")).and_then(Value::as_u64);
    let call = Call { state, store, body };
    let known = call.read(|store| store.setting(NODE).to_owned())?;
    if node.map(|node| node.to_string()) != Some(known) {
        return Err(Refusal::new("9005", "basicInfo.vid 与店铺不匹配"));
    }
    serve(&call)
}
