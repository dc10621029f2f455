//! Pinduoduo's gateway: the affiliate family (多多进宝) and, for another application, merchants' stores.
//!
//! Signature, clock and quota are checked before anything else; every answer is HTTP 200, refusals
//! carry the platform's `error_response`.

mod goods;
mod links;
mod orders;
mod params;
mod stores;

use actix_web::http::Method;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::crypto;
use crate::faults::Verdict;
use crate::state::SandboxState;
use crate::stores::StorePlatform;
pub(crate) use params::Params;

/// Path of the gateway.
const PATH: &str = "/pinduoduo/api/router";

/// A call may be this far from the clock.
const WINDOW_S: i64 = 600;

/// Parameters of every call; the rest belongs to its method.
const COMMON: [&str; 7] = ["type", "client_id", "timestamp", "sign", "data_type", "version", "access_token"];

/// Adds the gateway.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service.route(PATH, web::route().to(door)).configure(stores::routes);
}

/// A refusal: code and words.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) i64, pub(crate) String);

pub(crate) type Reply = Result<Value, Refusal>;

/// A verified call.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a SandboxState,
    pub(crate) params: &'a Params,
    pub(crate) now: i64,
}

async fn door(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let json_body = request.content_type() == "application/json";
    let reply = if request.method() == Method::POST {
        params::read(json_body, &body).and_then(|params| serve(&state, &params))
    } else {
        Err(Refusal(10_002, "仅支持POST请求".to_owned()))
    };
    let (value, verdict) = match reply {
        Ok(value) => (value, "ok".to_owned()),
        Err(Refusal(code, words)) => (refused(&state, code, &words), code.to_string()),
    };
    let mut response = HttpResponse::Ok().json(value);
    response.extensions_mut().insert(Verdict(verdict));
    response
}

fn refused(state: &SandboxState, code: i64, words: &str) -> Value {
    json!({"error_response": {"error_code": code, "error_msg": words, "sub_code": code.to_string(),
        "sub_msg": words, "request_id": request_id(state)}})
}

fn request_id(state: &SandboxState) -> String {
    format!("{}{:06}", state.clock().wall(), state.world().next_number())
}

type Serve = fn(&Call<'_>) -> Reply;

/// A method of the affiliate family, the key of its answer, and its own parameters.
fn affiliate_method(name: &str) -> Option<(Serve, &'static str, &'static [&'static str])> {
    Some(match name {
        "pdd.ddk.goods.search" => (goods::search, "goods_search_response", goods::SEARCH),
        "pdd.ddk.goods.recommend.get" => (goods::recommend, "goods_basic_detail_response", goods::RECOMMEND),
        "pdd.ddk.goods.detail" => (goods::detail, "goods_detail_response", goods::DETAIL),
        "pdd.ddk.goods.promotion.url.generate" => {
            (links::promote, "goods_promotion_url_generate_response", links::PROMOTE)
        }
        "pdd.ddk.rp.prom.url.generate" => (links::file, "rp_promotion_url_generate_response", links::FILE),
        "pdd.ddk.member.authority.query" => {
            (links::authority, "authority_query_response", &["pid", "custom_parameters"])
        }
        "pdd.ddk.order.list.increment.get" => (orders::increment, "order_list_get_response", orders::INCREMENT),
        "pdd.ddk.order.list.range.get" => (orders::range, "order_list_get_response", orders::RANGE),
        "pdd.ddk.order.detail.get" => {
            (orders::detail, "order_detail_response", &["order_sn", "query_order_type", "return_status"])
        }
        _ => return None,
    })
}

/// A method that every application may call.
fn open_method(name: &str) -> Option<(Serve, &'static str, &'static [&'static str])> {
    Some(match name {
        "pdd.goods.cats.get" => (goods::categories, "goods_cats_get_response", &["parent_cat_id"]),
        "pdd.goods.opt.get" => (goods::options, "goods_opt_get_response", &["parent_opt_id"]),
        _ => return None,
    })
}

fn serve(state: &SandboxState, params: &Params) -> Reply {
    let (method, client) = admit(state, params)?;
    let call = Call { state, params, now: state.clock().wall() };
    let plain = open_method(method).or_else(|| affiliate_method(method).filter(|_| client == Client::Affiliate));
    let (key, mut content) = match plain {
        Some((serve, key, own)) => {
            only(params, own)?;
            (key, serve(&call)?)
        }
        None if client == Client::Stores && stores::has(method) => stores::serve(&call, method)?,
        // The other application's family.
        None if stores::has(method) || affiliate_method(method).is_some() => {
            return Err(Refusal(20_031, "用户没有授权访问此接口".to_owned()));
        }
        None => return Err(Refusal(10_017, format!("type不存在:{method}"))),
    };
    if let Value::Object(members) = &mut content {
        members.insert("request_id".to_owned(), json!(request_id(state)));
    }
    Ok(json!({ key: content }))
}

/// Refuses parameters that a method does not have.
fn only(params: &Params, own: &[&str]) -> Result<(), Refusal> {
    match params.names().find(|name| !COMMON.contains(name) && !own.contains(name)) {
        Some(name) => Err(Refusal(10_000, format!("参数错误:{name}"))),
        None => Ok(()),
    }
}

/// Which of the two applications calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    Affiliate,
    Stores,
}

/// Checks the common parameters and the signature; answers the method and who calls it.
fn admit<'a>(state: &SandboxState, params: &'a Params) -> Result<(&'a str, Client), Refusal> {
    let common = |name: &str| params.text(name).ok_or_else(|| Refusal(10_001, format!("公共参数错误:{name}")));
    let method = common("type")?;
    let client_id = common("client_id")?;
    let timestamp = common("timestamp")?;
    let sign = common("sign")?;
    let keys = state.keys();
    let of_stores = keys.stores.on(StorePlatform::Pinduoduo).filter(|app| app.id == client_id);
    let (client, secret) = match of_stores {
        Some(app) => (Client::Stores, &app.secret),
        None if client_id == keys.pinduoduo.client_id => (Client::Affiliate, &keys.pinduoduo.client_secret),
        None => return Err(Refusal(10_016, "client_id错误".to_owned())),
    };
    let near =
        timestamp.parse::<i64>().is_ok_and(|stamp| state.clock().wall().abs_diff(stamp) <= WINDOW_S.unsigned_abs());
    if !near || timestamp.len() != 10 {
        return Err(Refusal(10_001, "公共参数错误:timestamp".to_owned()));
    }
    if params.text("data_type").is_some_and(|kind| kind != "JSON") {
        return Err(Refusal(10_001, "公共参数错误:data_type".to_owned()));
    }
    if params.text("version").is_some_and(|version| version != "V1") {
        return Err(Refusal(10_001, "公共参数错误:version".to_owned()));
    }
    if sign != signature(params, secret) {
        return Err(Refusal(20_004, "签名sign校验失败".to_owned()));
    }
    let counted = match client {
        Client::Affiliate => state.count_call("pinduoduo"),
        Client::Stores => state.count_store_call(StorePlatform::Pinduoduo),
    };
    if counted.is_err() {
        return Err(Refusal(70_036, "应用处于测试状态，调用次数被限制".to_owned()));
    }
    Ok((method, client))
}

/// MD5 of the secret, all sorted names and values but `sign`, and the secret.
pub(crate) fn signature(params: &Params, secret: &str) -> String {
    let text: String =
        params.sorted().filter(|(name, _)| *name != "sign").map(|(name, value)| format!("{name}{value}")).collect();
    crypto::md5_upper(&format!("{secret}{text}{secret}"))
}
