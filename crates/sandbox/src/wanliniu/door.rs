//! The gateways: key, clock, signature.

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::json;

use super::{Call, Refusal, Reply, goods, trades};
use crate::crypto::md5_upper;
use crate::faults::Verdict;
use crate::rest::bucket::{POINT, Rate};
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{StorePlatform, StoreRef};

/// A call may be this far from the clock, in seconds.
const WINDOW_S: u64 = 600;

/// Calls of a merchant.
const RATE: Rate = Rate::points(10, 5);

/// Every call of either gateway.
pub(super) async fn door(
    state: Data<SandboxState>,
    request: HttpRequest,
    path: Path<String>,
    body: Bytes,
) -> HttpResponse {
    let (answer, verdict) = match serve(&state, &request, &path, &body) {
        Ok(data) => (json!({"code": 0, "data": data}), "ok".to_owned()),
        Err(Refusal(code, message)) => (json!({"code": code, "message": message}), code.to_string()),
    };
    let mut response = HttpResponse::Ok().json(answer);
    response.extensions_mut().insert(Verdict(verdict));
    response
}

type Serve = fn(&Call<'_>) -> Reply;

/// A call with the parameters it takes.
fn find(path: &str) -> Option<(Serve, &'static [&'static str])> {
    Some(match path {
        "erp/goods/spec/open/query/goodswithspeclist" => (goods::list, goods::PARAMETERS),
        "erp/opentrade/list/trades" => (trades::list, trades::PARAMETERS),
        _ => return None,
    })
}

fn serve(state: &SandboxState, request: &HttpRequest, path: &str, body: &[u8]) -> Reply {
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Err(Refusal(1_001, "参数错误:body".to_owned()));
    }
    let fields = Fields::read(body).map_err(|name| Refusal(1_001, format!("参数重复:{name}")))?;
    let b2c = fields.has("app_key");
    let (key, common): (&str, &[&str]) = match b2c {
        true => ("app_key", &["app_key", "format", "timestamp", "sign"]),
        false => ("_app", &["_app", "_t", "_sign", "_s"]),
    };
    let seller = fields.text(key).ok_or_else(|| Refusal(1_000, format!("缺少{key}")))?;
    let of = StoreRef::new(StorePlatform::Wanliniu, seller);
    let secret = secret(state, &of).ok_or_else(|| Refusal(1_000, format!("{key}不存在")))?;
    check_clock(state, &fields, b2c)?;
    let (name, wanted) =
        if b2c { ("sign", b2c_signature(&fields, &secret)) } else { ("_sign", open_signature(&fields, &secret)) };
    let given = fields.text(name).unwrap_or_default();
    // The open gateway takes either case of hex.
    if !(given == wanted || (!b2c && given.eq_ignore_ascii_case(&wanted))) {
        return Err(Refusal(1_002, "签名错误".to_owned()));
    }
    let drawn = state.draw(&format!("wanliniu/{seller}"), RATE, POINT);
    if drawn.is_err() || state.count_store_call(StorePlatform::Wanliniu).is_err() {
        return Err(Refusal(1_003, "接口调用频率过高，已限流".to_owned()));
    }
    let (run, own) = find(path).ok_or_else(|| Refusal(1_004, "接口不存在".to_owned()))?;
    let allowed: Vec<&str> = common.iter().chain(own).copied().collect();
    if let Some(stranger) = fields.stranger(&allowed) {
        return Err(Refusal::parameter(stranger));
    }
    run(&Call { state, fields: &fields, of, now: state.clock().wall() })
}

/// The merchant's secret: that of his store, or the first application's.
fn secret(state: &SandboxState, of: &StoreRef) -> Option<String> {
    let own = state.world().stores.store(of)?.setting("app_secret").to_owned();
    let app = state.store_app(StorePlatform::Wanliniu);
    match own.is_empty() {
        true => (app.id == of.seller).then_some(app.secret),
        false => Some(own),
    }
}

/// `_t` comes in seconds or milliseconds, `timestamp` in milliseconds.
fn check_clock(state: &SandboxState, fields: &Fields, b2c: bool) -> Result<(), Refusal> {
    let name = if b2c { "timestamp" } else { "_t" };
    if b2c && fields.text("format") != Some("json") {
        return Err(Refusal::parameter("format"));
    }
    let text = fields.text(name).unwrap_or_default();
    let seconds = match text.len() {
        13 => text.parse::<i64>().ok().map(|millis| millis / 1_000),
        10 if !b2c => text.parse().ok(),
        _ => None,
    };
    let near = seconds.is_some_and(|seconds| state.clock().wall().abs_diff(seconds) <= WINDOW_S);
    if near { Ok(()) } else { Err(Refusal::parameter(name)) }
}

/// MD5 of the secret, the sorted pairs encoded as a form, and the secret.
fn open_signature(fields: &Fields, secret: &str) -> String {
    let signed = fields.sorted().filter(|(name, _)| *name != "_sign");
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(signed).finish();
    md5_upper(&format!("{secret}{text}{secret}"))
}

/// MD5 of the secret, the sorted names and values as they are, and the secret.
fn b2c_signature(fields: &Fields, secret: &str) -> String {
    let signed = fields.sorted().filter(|(name, _)| *name != "sign");
    let text: String = signed.map(|(name, value)| format!("{name}{value}")).collect();
    md5_upper(&format!("{secret}{text}{secret}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(id: &str) -> serde_json::Value {
        let text = include_str!("../../../../tests/vectors/marketplaces-global.json");
        let all: serde_json::Value = serde_json::from_str(text).unwrap();
        all["sign"].as_array().unwrap().iter().find(|case| case["id"] == id).unwrap().clone()
    }

    fn fields(case: &serde_json::Value) -> Fields {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in case["input"]["params"].as_object().unwrap() {
            form.append_pair(name, value.as_str().unwrap());
        }
        Fields::read(form.finish().as_bytes()).unwrap()
    }

    #[test]
    fn both_gateways_sign_as_the_vectors_do() {
        let open = vector("hupun-open-sign");
        let secret = open["input"]["secret"].as_str().unwrap();
        assert_eq!(open_signature(&fields(&open), secret), open["expected"]["_sign"].as_str().unwrap());
        let b2c = vector("hupun-b2c-sign");
        assert_eq!(b2c_signature(&fields(&b2c), secret), b2c["expected"]["sign"].as_str().unwrap());
    }
}
