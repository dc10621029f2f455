//! Taobao's gateway (TOP): the affiliate family and, for another application, merchants' stores.
//!
//! Common parameters, clock and signature (md5, hmac, hmac-sha256) are checked first; refusals are
//! HTTP 200 with `error_response`.

mod links;
mod materials;
mod orders;
mod stores;

use actix_web::http::Method;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::clock::parse_beijing;
use crate::crypto;
use crate::faults::Verdict;
use crate::pinduoduo::Params;
use crate::state::SandboxState;
use crate::stores::StorePlatform;

/// A call may be this far from the clock.
const WINDOW_S: i64 = 600;

/// Parameters of every call; the rest belongs to its method.
const COMMON: [&str; 11] = [
    "method",
    "app_key",
    "timestamp",
    "v",
    "format",
    "sign_method",
    "sign",
    "session",
    "simplify",
    "partner_id",
    "target_app_key",
];

/// Adds the gateway.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service.route("/taobao/router/rest", web::route().to(door)).configure(stores::routes);
}

/// A refusal: code, message, and the business half of it.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: i64,
    msg: String,
    sub: Option<(String, String)>,
}

pub(crate) type Reply = Result<Value, Refusal>;

impl Refusal {
    /// A refusal by the gateway itself.
    fn gateway(code: i64, msg: &str) -> Self {
        Self { code, msg: msg.to_owned(), sub: None }
    }

    /// 15, a refusal by the service behind the gateway.
    pub(crate) fn remote(sub_code: &str, sub_msg: &str) -> Self {
        let sub = Some((sub_code.to_owned(), sub_msg.to_owned()));
        Self { code: 15, msg: "Remote service error".to_owned(), sub }
    }

    /// 40, a business parameter is missing.
    pub(crate) fn missing(name: &str) -> Self {
        let sub = Some(("isv.missing-parameter".to_owned(), format!("缺少参数{name}")));
        Self { code: 40, msg: format!("Missing required arguments:{name}"), sub }
    }

    /// 41, a business parameter is wrong.
    pub(crate) fn wrong(name: &str) -> Self {
        let sub = Some(("isv.invalid-parameter".to_owned(), format!("参数{name}不合法")));
        Self { code: 41, msg: format!("Invalid arguments:{name}"), sub }
    }
}

/// A verified call.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a SandboxState,
    pub(crate) params: &'a Params,
    pub(crate) now: i64,
}

impl Call<'_> {
    /// An integer from `least` to `most`, or `default` when absent.
    pub(crate) fn integer(&self, name: &str, default: i64, least: i64, most: i64) -> Result<i64, Refusal> {
        let Some(text) = self.params.text(name) else {
            return Ok(default);
        };
        let value = text.parse().map_err(|_| Refusal::wrong(name))?;
        if (least..=most).contains(&value) { Ok(value) } else { Err(Refusal::wrong(name)) }
    }

    /// Refuses an adzone that is missing or not this application's.
    pub(crate) fn own_adzone(&self) -> Result<(), Refusal> {
        let adzone = self.params.text("adzone_id").ok_or_else(|| Refusal::missing("adzone_id"))?;
        if adzone == self.state.keys().taobao.adzone_id {
            return Ok(());
        }
        Err(Refusal::remote("isv.pid-not-correct", "adzone_id不正确"))
    }

    /// `mm_<member>_<site>_<adzone>`.
    pub(crate) fn pid(&self) -> String {
        let app = &self.state.keys().taobao;
        format!("mm_1_{}_{}", app.site_id, app.adzone_id)
    }
}

async fn door(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let reply = if request.method() == Method::POST {
        serve(&state, &request, &body)
    } else {
        Err(Refusal::gateway(9, "Http Action Not Allowed"))
    };
    let request_id = format!("{:x}", state.world().next_number() + 0x4_0000_0000);
    let (value, verdict) = match reply {
        Ok((key, mut content, simple)) => {
            if let Value::Object(members) = &mut content {
                members.insert("request_id".to_owned(), json!(request_id));
            }
            (if simple { content } else { json!({ key: content }) }, "ok".to_owned())
        }
        Err(refusal) => (refused(&refusal, &request_id), refusal.code.to_string()),
    };
    let mut response = HttpResponse::Ok().json(value);
    response.extensions_mut().insert(Verdict(verdict));
    response
}

fn refused(refusal: &Refusal, request_id: &str) -> Value {
    let mut error = json!({"code": refusal.code, "msg": refusal.msg, "request_id": request_id});
    if let (Some((code, msg)), Value::Object(members)) = (&refusal.sub, &mut error) {
        members.insert("sub_code".to_owned(), json!(code));
        members.insert("sub_msg".to_owned(), json!(msg));
    }
    json!({"error_response": error})
}

type Serve = fn(&Call<'_>) -> Reply;

/// A method of the affiliate family, and its own parameters.
fn affiliate_method(name: &str) -> Option<(Serve, &'static [&'static str])> {
    Some(match name {
        "taobao.tbk.dg.material.optional.upgrade" => (materials::search, materials::SEARCH),
        "taobao.tbk.item.info.upgrade.get" => (materials::info, materials::INFO),
        "taobao.tbk.tpwd.create" => (links::password, &["url", "text", "logo"]),
        "taobao.tbk.dg.general.link.convert" => (links::convert, links::CONVERT),
        "taobao.tbk.order.details.get" => (orders::details, orders::DETAILS),
        _ => return None,
    })
}

/// The outer key, its content, and whether the caller wants no outer key.
fn serve(state: &SandboxState, request: &HttpRequest, body: &[u8]) -> Result<(String, Value, bool), Refusal> {
    let query = url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned();
    let pairs = query.chain(url::form_urlencoded::parse(body).into_owned()).collect();
    let params = Params::unique(pairs).map_err(|name| Refusal::gateway(41, &format!("Invalid arguments:{name}")))?;
    let (method, client) = admit(state, &params)?;
    let call = Call { state, params: &params, now: state.clock().wall() };
    let content = match (affiliate_method(method), client) {
        (Some((serve, own)), Client::Affiliate) => {
            only(&params, own)?;
            serve(&call)?
        }
        (None, Client::Stores) if stores::has(method) => stores::serve(&call, method)?,
        // The other application's family.
        (family, _) if family.is_some() || stores::has(method) => {
            let sub = Some(("isv.permission-api-package-limit".to_owned(), "scope ids is 11655".to_owned()));
            return Err(Refusal { code: 11, msg: "Insufficient isv permissions".to_owned(), sub });
        }
        _ => return Err(Refusal::gateway(22, "Invalid method")),
    };
    let key = format!("{}_response", method.trim_start_matches("taobao.").replace('.', "_"));
    Ok((key, content, params.text("simplify") == Some("true")))
}

/// Refuses parameters that a method does not have.
fn only(params: &Params, own: &[&str]) -> Result<(), Refusal> {
    match params.names().find(|name| !COMMON.contains(name) && !own.contains(name)) {
        Some(name) => Err(Refusal::wrong(name)),
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
    let common = |name: &str, code: i64, msg: &str| params.text(name).ok_or_else(|| Refusal::gateway(code, msg));
    let method = common("method", 21, "Missing method")?;
    let app_key = common("app_key", 28, "Missing app key")?;
    let sign = common("sign", 24, "Missing signature")?;
    let timestamp = common("timestamp", 30, "Missing timestamp")?;
    let version = common("v", 32, "Missing version")?;
    let keys = state.keys();
    let of_stores = keys.stores.on(StorePlatform::Taobao).filter(|app| app.id == app_key);
    let (client, secret) = match of_stores {
        Some(app) => (Client::Stores, &app.secret),
        None if app_key == keys.taobao.app_key => (Client::Affiliate, &keys.taobao.app_secret),
        None => return Err(Refusal::gateway(29, "Invalid app Key")),
    };
    let stamp = parse_beijing(timestamp).ok_or_else(|| Refusal::gateway(31, "Invalid timestamp"))?;
    if state.clock().wall().abs_diff(stamp) > WINDOW_S.unsigned_abs() {
        return Err(Refusal::gateway(31, "Invalid timestamp"));
    }
    if version != "2.0" {
        return Err(Refusal::gateway(33, "Invalid version"));
    }
    // The platform answers XML by default; whoever forgets the format must notice.
    if params.text("format") != Some("json") {
        return Err(Refusal::gateway(23, "Invalid format"));
    }
    match signature(params, secret) {
        Some(expected) if expected == sign => {}
        _ => return Err(Refusal::gateway(25, "Invalid signature")),
    }
    let counted = match client {
        Client::Affiliate => state.count_call("taobao"),
        Client::Stores => state.count_store_call(StorePlatform::Taobao),
    };
    if let Err(seconds) = counted {
        let words = format!("This ban will last for {seconds} more seconds");
        let sub = Some(("accesscontrol.limited-by-app-access-count".to_owned(), words));
        return Err(Refusal { code: 7, msg: "App Call Limited".to_owned(), sub });
    }
    Ok((method, client))
}

/// The signature by the method the call names; `None` for a method that does not exist.
pub(crate) fn signature(params: &Params, secret: &str) -> Option<String> {
    let named = params.sorted().filter(|(name, _)| *name != "sign");
    let text: String = named.map(|(name, value)| format!("{name}{value}")).collect();
    match params.text("sign_method")? {
        "md5" => Some(crypto::md5_upper(&format!("{secret}{text}{secret}"))),
        "hmac" => Some(crypto::hmac_md5_upper(secret, &text)),
        "hmac-sha256" => Some(crypto::hmac_sha256_upper(secret, &text)),
        _ => None,
    }
}
