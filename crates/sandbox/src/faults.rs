//! Faults on order: refusals, slowness and lost answers, before or after the effect took place.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody, SizedStream};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::state::SandboxState;

/// One kind of trouble, for calls whose path starts with `path_prefix`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Calls it strikes.
    pub path_prefix: String,
    /// Only calls with this HTTP method; any when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// Answer with this status instead.
    #[serde(default)]
    pub status: Option<u16>,
    /// Answer with this JSON instead of the platform's own words for `status`.
    #[serde(default)]
    pub body: Option<Value>,
    /// Wait this long before answering, in milliseconds.
    #[serde(default)]
    pub timeout_ms: u64,
    /// Break the connection instead of answering.
    #[serde(default)]
    pub drop: bool,
    /// Answer as usual but without the signature headers.
    #[serde(default)]
    pub unsigned: bool,
    /// How many calls it strikes.
    #[serde(default = "once")]
    pub times: u32,
    /// Let the call do its work first; only the answer is lost or replaced.
    #[serde(default)]
    pub after_effect: bool,
}

fn once() -> u32 {
    1
}

/// The faults that are still to strike, first come first served.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Takes one stroke of the first fault that matches.
    fn take(&self, method: &str, path: &str) -> Option<Fault> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let strikes = |fault: &Fault| {
            path.starts_with(&fault.path_prefix) && fault.method.as_deref().is_none_or(|only| only == method)
        };
        let place = faults.iter().position(strikes)?;
        let fault = faults.get_mut(place)?;
        let struck = fault.clone();
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 {
            faults.remove(place);
        }
        Some(struck)
    }
}

impl SandboxState {
    /// Orders a fault.
    pub fn add_fault(&self, fault: Fault) {
        self.0.faults.add(fault);
    }

    /// The faults that are still to strike.
    pub fn faults(&self) -> Vec<Fault> {
        self.0.faults.list()
    }

    /// Takes every fault back.
    pub fn clear_faults(&self) {
        self.0.faults.clear();
    }
}

/// Middleware: lets ordered faults strike and writes every platform call into the log.
pub(crate) async fn strike(
    state: Data<SandboxState>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let path = request.path().to_owned();
    if path == "/" || path.starts_with("/_sandbox") || path.starts_with("/pictures") {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let method = request.method().as_str().to_owned();
    let fault = state.0.faults.take(&method, &path);
    let before = fault.as_ref().is_some_and(|fault| !fault.after_effect);
    if let (true, Some(fault)) = (before, fault.as_ref()) {
        wait(fault).await;
        if let Some(answer) = instead(fault, &path) {
            state.0.log.write(state.now(), &method, &path, answer.status().as_u16(), "fault");
            return Ok(request.into_response(answer));
        }
    }
    let mut answer = next.call(request).await?.map_into_boxed_body();
    let verdict = answer.response().extensions().get::<Verdict>().map(|verdict| verdict.0.clone());
    let status = answer.status().as_u16();
    state.0.log.write(state.now(), &method, &path, status, verdict.as_deref().unwrap_or(""));
    let Some(fault) = fault else {
        return Ok(answer);
    };
    if fault.after_effect {
        wait(&fault).await;
        if let Some(replaced) = instead(&fault, &path) {
            state.0.log.write(state.now(), &method, &path, replaced.status().as_u16(), "fault after the effect");
            return Ok(answer.into_response(replaced));
        }
    }
    if fault.unsigned {
        for name in ["Wechatpay-Signature", "Wechatpay-Serial", "Wechatpay-Timestamp", "Wechatpay-Nonce"] {
            if let Ok(name) = actix_web::http::header::HeaderName::try_from(name) {
                answer.headers_mut().remove(name);
            }
        }
    }
    Ok(answer)
}

/// What a handler thought of a call, for the log.
pub(crate) struct Verdict(pub(crate) String);

async fn wait(fault: &Fault) {
    if fault.timeout_ms > 0 {
        tokio::time::sleep(Duration::from_millis(fault.timeout_ms)).await;
    }
}

fn instead(fault: &Fault, path: &str) -> Option<HttpResponse> {
    if fault.drop {
        // A body that fails: the server gives the connection up before the answer is whole.
        let broken = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("dropped on order")) });
        return Some(HttpResponse::Ok().body(SizedStream::new(1_000_000, broken)));
    }
    let status = StatusCode::from_u16(fault.status?).ok()?;
    let body = fault.body.clone().unwrap_or_else(|| words(path, status));
    Some(HttpResponse::build(status).json(body))
}

/// How each platform says that it is in trouble.
fn words(path: &str, status: StatusCode) -> Value {
    if path.starts_with("/v3/") {
        let (code, message) = match status.as_u16() {
            429 => ("FREQUENCY_LIMITED", "频率限制"),
            401 => ("SIGN_ERROR", "签名错误"),
            403 => ("NO_AUTH", "商户无权限"),
            404 => ("ORDER_NOT_EXIST", "订单不存在"),
            400 => ("INVALID_REQUEST", "无效请求"),
            _ => ("SYSTEM_ERROR", "系统异常，请稍后重试"),
        };
        return json!({"code": code, "message": message});
    }
    if path.starts_with("/pinduoduo") {
        let (code, message) =
            if status.as_u16() == 429 { (70031, "调用过于频繁") } else { (52002, "服务异常") };
        return json!({"error_response": {"error_code": code, "error_msg": message, "sub_code": null,
            "sub_msg": message, "request_id": "fault"}});
    }
    if path.starts_with("/taobao") {
        return json!({"error_response": {"code": 15, "msg": "Remote service error",
            "sub_code": "isp.top-remote-service-unavailable", "sub_msg": "服务不可用", "request_id": "fault"}});
    }
    if path.starts_with("/jd/") {
        let (code, zh) = if status.as_u16() == 429 {
            ("2", "限制时间内调用失败次数")
        } else {
            ("67", "平台连接后端服务错误")
        };
        return json!({"error_response": {"code": code, "zh_desc": zh, "en_desc": "Platform Failed"}});
    }
    if path.starts_with("/youzan") {
        let (code, words) = if status.as_u16() == 429 { (4101, "请求太频繁") } else { (5000, "系统繁忙") };
        return json!({"gw_err_resp": {"trace_id": "fault", "err_code": code, "err_msg": words}});
    }
    if path.starts_with("/weimob") {
        let words = if status.as_u16() == 429 { "调用频繁，触发限流" } else { "系统异常" };
        return json!({"code": {"errcode": "9000", "errmsg": words}});
    }
    if let Some(words) = crate::rest::trouble::words(path, status.as_u16()) {
        return words;
    }
    json!({"errcode": -1, "errmsg": "system error rid: 00000000-00000000-00000000"})
}
