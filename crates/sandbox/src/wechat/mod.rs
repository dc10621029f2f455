//! The mini-program's server API.
//!
//! Every call but the three that hand out sessions and tokens must carry a live `access_token` in
//! its query. Refusals are HTTP 200 with an `errcode`, as the platform sends them.

mod codes;
mod content;
mod login;
mod messages;
mod phone;
pub(crate) mod png;
mod push;
mod shipping;
mod token;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use actix_web::http::header::ContentType;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::crypto;
use crate::faults::Verdict;
use crate::state::{Merchant, SandboxState};

pub use login::User;
pub(crate) use login::openid_belongs;
pub use messages::SentMessage;
pub use push::{Push, PushError, PushFormat, PushKind, PushMode};
pub use shipping::ShippingView;

/// What the mini-program side remembers.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct WechatTables {
    pub(crate) users: BTreeMap<String, User>,
    login_codes: HashMap<String, login::Minted>,
    used_codes: BTreeSet<String>,
    tokens: BTreeMap<String, token::Tokens>,
    messages: VecDeque<SentMessage>,
    grants: BTreeMap<String, u32>,
    shipping: BTreeMap<String, shipping::Shipping>,
}

/// Adds the routes of `api.weixin.qq.com`.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    for scope in ["/sns/{tail:.*}", "/cgi-bin/{tail:.*}", "/wxa/{tail:.*}"] {
        service.route(scope, web::route().to(door));
    }
}

/// A refusal: `errcode` and the words that go with it.
#[derive(Debug)]
pub(crate) struct Errcode(pub(crate) i64, pub(crate) String);

/// `Err` with an `errcode`.
pub(crate) fn refuse<T>(code: i64, words: &str) -> Result<T, Errcode> {
    Err(Errcode(code, words.to_owned()))
}

/// What a call comes to.
pub(crate) enum Answer {
    Json(Value),
    Picture(Vec<u8>),
}

type Reply = Result<Answer, Errcode>;

/// A call, its token not yet looked at.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a SandboxState,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: &'a [u8],
    pub(crate) now: i64,
}

impl Call<'_> {
    /// A query parameter that is neither absent nor empty.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(other, _)| other == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    /// The body as `T`: unknown, missing, null or ill-typed members are 47001.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Errcode> {
        if self.body.is_empty() {
            return refuse(44002, "empty post data");
        }
        let value: Value = serde_json::from_slice(self.body).map_err(|_| malformed("invalid json"))?;
        if has_null(&value) {
            return Err(malformed("null member"));
        }
        serde_json::from_value(value).map_err(|error| malformed(&error.to_string()))
    }

    /// The mini-program that the token in the query belongs to.
    pub(crate) fn app(&self) -> Result<Arc<Merchant>, Errcode> {
        let Some(token) = self.param("access_token") else {
            return refuse(41001, "access_token missing");
        };
        let appid = token::owner(self.state, token)?;
        self.state.merchant_of_app(&appid).ok_or_else(|| Errcode(40013, "invalid appid".to_owned()))
    }
}

fn malformed(why: &str) -> Errcode {
    Errcode(47001, format!("data format error: {why}"))
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

async fn door(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let query = url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    let call = Call { state: &state, query, body: &body, now: state.now() };
    let reply = dispatch(&call, request.method().as_str(), request.path());
    let (mut response, verdict) = match reply {
        Ok(Answer::Picture(bytes)) => {
            (HttpResponse::Ok().content_type(ContentType::png()).body(bytes), "ok".to_owned())
        }
        Ok(Answer::Json(value)) => (HttpResponse::Ok().json(value), "ok".to_owned()),
        Err(Errcode(code, words)) => {
            let rid = crypto::random_text(8);
            let body = json!({"errcode": code, "errmsg": format!("{words} rid: {rid}-00000000-00000000")});
            (HttpResponse::Ok().json(body), code.to_string())
        }
    };
    response.extensions_mut().insert(Verdict(verdict));
    response
}

fn dispatch(call: &Call<'_>, method: &str, path: &str) -> Reply {
    let (wanted, serve): (&str, fn(&Call<'_>) -> Reply) = match path {
        "/sns/jscode2session" => ("GET", login::code_to_session),
        "/cgi-bin/token" => ("GET", token::plain),
        "/cgi-bin/stable_token" => ("POST", token::stable),
        "/wxa/business/getuserphonenumber" => ("POST", phone::number),
        "/wxa/getwxacodeunlimit" => ("POST", codes::unlimited),
        "/cgi-bin/message/subscribe/send" => ("POST", messages::send),
        "/wxa/sec/order/upload_shipping_info" => ("POST", shipping::upload),
        "/wxa/sec/order/upload_combined_shipping_info" => ("POST", shipping::combined::upload),
        "/wxa/sec/order/get_order" => ("POST", shipping::get_order),
        "/wxa/sec/order/get_order_list" => ("POST", shipping::queries::get_order_list),
        "/wxa/sec/order/notify_confirm_receive" => ("POST", shipping::queries::remind),
        "/wxa/sec/order/set_msg_jump_path" => ("POST", shipping::queries::message_page),
        "/wxa/sec/order/update_order_detail_path" => ("POST", shipping::queries::order_page),
        "/wxa/sec/order/is_trade_managed" => ("POST", shipping::queries::is_trade_managed),
        "/cgi-bin/express/delivery/open_msg/get_delivery_list" => ("POST", shipping::queries::carriers),
        "/wxa/msg_sec_check" => ("POST", content::check_text),
        _ => return refuse(40066, "invalid url"),
    };
    match (wanted, method) {
        ("GET", "GET") | ("POST", "POST") => serve(call),
        ("GET", _) => refuse(43001, "require GET method"),
        _ => refuse(43002, "require POST method"),
    }
}

/// The answer of calls that only succeed.
fn done() -> Reply {
    Ok(Answer::Json(json!({"errcode": 0, "errmsg": "ok"})))
}
