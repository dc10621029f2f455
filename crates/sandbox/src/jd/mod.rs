//! JD's gateway: the Union family (京东联盟) and, for another application, merchants' stores.
//!
//! Common parameters, clock and signature are checked first and refused by the gateway; what the
//! service behind it says, good or bad, is JSON text inside the gateway's answer.

mod goods;
mod links;
mod orders;
mod stores;

use actix_web::http::Method;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::catalogue::Listing;
use crate::clock::parse_beijing;
use crate::faults::Verdict;
use crate::json::joined;
use crate::pinduoduo::{self, Params};
use crate::state::SandboxState;
use crate::stores::StorePlatform;

/// Path of the gateway.
const PATH: &str = "/jd/routerjson";

/// A call may be this far from the clock.
const WINDOW_S: i64 = 600;

/// The parameter that holds a call's own ones, as JSON text.
const PARAM: &str = "360buy_param_json";

/// Every parameter there is.
const COMMON: [&str; 9] =
    ["method", "app_key", "timestamp", "v", "format", "sign_method", "sign", "access_token", PARAM];

/// Adds the gateway.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service.route(PATH, web::route().to(door)).configure(stores::routes);
}

/// A refusal by the gateway: code and words in both languages.
#[derive(Debug)]
struct Barred(i64, String, &'static str);

impl Barred {
    fn new(code: i64, zh: &str, en: &'static str) -> Self {
        Self(code, zh.to_owned(), en)
    }
}

/// A refusal by the service: code and words.
#[derive(Debug)]
pub(crate) struct Refusal(i64, String);

impl Refusal {
    fn new(code: i64, words: &str) -> Self {
        Self(code, words.to_owned())
    }
}

/// What the service says beside code and message.
pub(crate) type Reply = Result<Value, Refusal>;

/// A verified call.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a SandboxState,
    /// The call's own parameters.
    own: Value,
    pub(crate) now: i64,
}

impl Call<'_> {
    /// The one object called `name`. Unknown members and values of another type (numbers must be JSON
    /// numbers) are refused with `code`.
    fn read<T: DeserializeOwned>(&self, name: &str, code: i64) -> Result<T, Refusal> {
        let refused = |why: String| Refusal(code, format!("参数错误:{why}"));
        let only = self.own.as_object().filter(|members| members.len() == 1).and_then(|members| members.get(name));
        let given = only.ok_or_else(|| refused(name.to_owned()))?;
        serde_json::from_value(given.clone()).map_err(|error| refused(error.to_string()))
    }
}

async fn door(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let reply = if request.method() == Method::POST {
        serve(&state, &request, &body)
    } else {
        Err(Barred::new(3, "禁止访问", "Forbidden"))
    };
    let (value, verdict) = match reply {
        Ok((value, verdict)) => (value, verdict),
        Err(Barred(code, zh, en)) => {
            let code = code.to_string();
            (json!({"error_response": {"code": code, "zh_desc": zh, "en_desc": en}}), code)
        }
    };
    let mut response = HttpResponse::Ok().json(value);
    response.extensions_mut().insert(Verdict(verdict));
    response
}

type Serve = fn(&Call<'_>) -> Reply;

/// A method of the union.
fn union_method(name: &str) -> Option<Serve> {
    Some(match name {
        "jd.union.open.goods.query" => goods::query,
        "jd.union.open.goods.jingfen.query" => goods::jingfen,
        "jd.union.open.promotion.common.get" => links::common,
        "jd.union.open.promotion.bysubunionid.get" => links::by_sub_union_id,
        "jd.union.open.order.row.query" => orders::rows,
        _ => return None,
    })
}

/// The answer in its two coats, and the verdict for the log.
fn serve(state: &SandboxState, request: &HttpRequest, body: &[u8]) -> Result<(Value, String), Barred> {
    let query = url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned();
    let pairs = query.chain(url::form_urlencoded::parse(body).into_owned()).collect();
    let params = Params::unique(pairs).map_err(|_| Barred::new(61, "参数重复", "Duplicate Parameter"))?;
    let (method, client) = admit(state, &params)?;
    let serve = match (union_method(method), client) {
        (Some(serve), Client::Union) => serve,
        (None, Client::Stores) if stores::has(method) => return stores::serve(state, method, &params),
        // The other application's family.
        (family, _) if family.is_some() || stores::has(method) => {
            return Err(Barred::new(24, "没有访问该接口的权限", "No Permission"));
        }
        _ => return Err(Barred::new(15, "不存在的方法名", "Invalid Method")),
    };
    let own = params.text(PARAM).ok_or(Barred::new(60, "缺少业务参数", "Missing Parameter"))?;
    let own = serde_json::from_str(own).map_err(|_| Barred::new(62, "业务参数不是有效的JSON", "Invalid JSON"))?;
    let request_id = json!({"requestId": format!("o_{:x}_sandbox", state.world().next_number())});
    let (content, verdict) = match serve(&Call { state, own, now: state.now() }) {
        Ok(content) => (joined(json!({"code": 200, "message": "success"}), content), "ok".to_owned()),
        Err(Refusal(code, words)) => (json!({"code": code, "message": words}), code.to_string()),
    };
    let content = joined(content, request_id).to_string();
    // The spelling is the platform's.
    let outer = format!("{}_responce", method.replace('.', "_"));
    let inner = format!("{}Result", method.rsplit('.').next().unwrap_or_default());
    Ok((json!({ outer: {"code": "0", inner: content} }), verdict))
}

/// Which of the two applications calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    Union,
    Stores,
}

/// Checks the common parameters and the signature; answers the method and who calls it.
fn admit<'a>(state: &SandboxState, params: &'a Params) -> Result<(&'a str, Client), Barred> {
    let method = params.text("method").ok_or(Barred::new(14, "缺少方法名参数", "Missing Method"))?;
    let app_key = params.text("app_key").ok_or(Barred::new(20, "缺少app_key参数", "Missing App Key"))?;
    let timestamp = params.text("timestamp").ok_or(Barred::new(7, "缺少时间戳参数", "Missing Timestamp"))?;
    let sign = params.text("sign").ok_or(Barred::new(11, "缺少签名参数", "Missing Signature"))?;
    let keys = state.keys();
    let of_stores = keys.stores.on(StorePlatform::Jd).filter(|app| app.id == app_key);
    let (client, secret) = match of_stores {
        Some(app) => (Client::Stores, &app.secret),
        None if app_key == keys.jd.app_key => (Client::Union, &keys.jd.app_secret),
        None => return Err(Barred::new(21, "无效app_key", "Invalid App Key")),
    };
    let near = |stamp: i64| state.clock().wall().abs_diff(stamp) <= WINDOW_S.unsigned_abs();
    if !parse_beijing(timestamp).is_some_and(near) {
        return Err(Barred::new(8, "非法的时间戳参数", "Invalid Timestamp"));
    }
    if params.text("v") != Some("1.0") {
        return Err(Barred::new(5, "非法的版本参数", "Invalid Version"));
    }
    if params.text("format").is_some_and(|format| format != "json") {
        return Err(Barred::new(13, "无效数据格式", "Invalid Format"));
    }
    if params.names().any(|name| !COMMON.contains(&name)) {
        return Err(Barred::new(61, "多余的参数", "Unknown Parameter"));
    }
    let by_md5 = params.text("sign_method").is_none_or(|method| method == "md5");
    if !by_md5 || sign != pinduoduo::signature(params, secret) {
        return Err(Barred::new(12, "无效签名", "Invalid Signature"));
    }
    let counted = match client {
        Client::Union => state.count_call("jd"),
        Client::Stores => state.count_store_call(StorePlatform::Jd),
    };
    if counted.is_err() {
        return Err(Barred::new(2, "限制时间内调用失败次数", "Call Limited"));
    }
    Ok((method, client))
}

/// JD's number of a listing.
fn sku_of(listing: &Listing) -> u64 {
    100_000_000_000 + listing.number * 101
}

/// The listing with this number, unless it is gone.
fn listing_of(state: &SandboxState, sku: u64) -> Option<&Listing> {
    state.0.catalogue.iter().find(|listing| sku_of(listing) == sku && !listing.gone)
}

/// Fen as a JSON number of yuan.
fn yuan(fen: i64) -> Value {
    serde_json::from_str(&format!("{}.{:02}", fen / 100, fen % 100)).unwrap_or_default()
}
