//! WeChat Pay APIv3, direct merchant and service provider.
//!
//! There is one door: every call under `/v3/` is verified here (who signed it, over which bytes,
//! when, and never twice) before any rule of business is looked at, and every answer is signed here.

mod answer;
mod authorization;
pub(crate) mod bills;
pub(crate) mod books;
mod certificates;
pub(crate) mod combined;
pub(crate) mod complaints;
mod fields;
pub(crate) mod images;
pub(crate) mod notices;
pub(crate) mod orders;
mod payer;
mod percent;
mod prepay;
pub(crate) mod refunds;
pub(crate) mod sharing;
pub(crate) mod transfers;

use std::sync::Arc;

use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use percent::decoded;
use serde::de::DeserializeOwned;

use crate::platform::PlatformKey;
use crate::state::{Merchant, SandboxState};
use answer::{Refusal, Reply};

pub use authorization::{AuthorizationFault, SignedRequest, verify_request};
pub use bills::BillPlant;
pub use images::UploadedImage;
pub use notices::{NoticeKind, SignedNotice};
pub use payer::{PayTarget, PaymentRefused};

/// Adds the one route of WeChat Pay, and the one that takes larger bodies.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    let large = web::PayloadConfig::new(images::BODY_LIMIT);
    service.service(web::resource(images::UPLOAD).app_data(large).route(web::route().to(door)));
    service.route("/v3/{tail:.*}", web::route().to(door));
}

/// A verified call.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a SandboxState,
    /// Who signed it: the merchant, or the service provider.
    pub(crate) account: Arc<Merchant>,
    pub(crate) query: Vec<(String, String)>,
    /// What was signed.
    pub(crate) body: &'a [u8],
    /// The form it came in, for a picture.
    form: Option<&'a images::Form>,
    /// The platform's key that `Wechatpay-Serial` of the request named: it opens sensitive fields.
    pub(crate) named_key: Option<Arc<PlatformKey>>,
    /// Sandbox time.
    pub(crate) now: i64,
}

impl Call<'_> {
    /// The body as `T`; an unknown, missing or ill-typed field is a PARAM_ERROR.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(self.body).map_err(|error| Refusal::param("/", &error.to_string()))
    }

    /// Opens a sensitive field sealed with the platform's key, which the request must have named.
    pub(crate) fn opened(&self, field: &str, sealed: Option<&str>) -> Result<Option<String>, Refusal> {
        let Some(sealed) = sealed else {
            return Ok(None);
        };
        let missing = || Refusal::new(400, "PARAM_ERROR", "Http头缺少Wechatpay-Serial");
        let opened = self.named_key.as_ref().ok_or_else(missing)?.key.open_oaep(sealed);
        opened.map(Some).map_err(|_| Refusal::param(field, "请确认待处理的消息是否为加密后的密文"))
    }

    /// Refuses a body where there must be none.
    pub(crate) fn no_body(&self) -> Result<(), Refusal> {
        if self.body.is_empty() { Ok(()) } else { Err(Refusal::param("/", "请求体必须为空")) }
    }

    /// The query parameters named in `names`, in that order, all of them and no others.
    pub(crate) fn exactly<const N: usize>(&self, names: [&str; N]) -> Result<[String; N], Refusal> {
        let found = self.query_of(names)?;
        for (value, name) in found.iter().zip(names) {
            if value.is_none() {
                return Err(Refusal::query(name, "缺少参数"));
            }
        }
        Ok(found.map(Option::unwrap_or_default))
    }

    /// As [`Call::exactly`], each of them optional.
    pub(crate) fn query_of<const N: usize>(&self, names: [&str; N]) -> Result<[Option<String>; N], Refusal> {
        for (name, _) in &self.query {
            let times = self.query.iter().filter(|(other, _)| other == name).count();
            if !names.contains(&name.as_str()) || times > 1 {
                return Err(Refusal::query(name, "未定义或重复的参数"));
            }
        }
        let value = |name: &str| self.query.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        Ok(names.map(value))
    }
}

async fn door(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let form = match images::Form::of(&request, &body).transpose() {
        Ok(form) => form,
        Err(refusal) => return answer::unsigned(&refusal),
    };
    let account = match authorization::admit(&state, &request, form.as_ref(), &body) {
        Ok(account) => account,
        Err(refusal) => return answer::unsigned(&refusal),
    };
    let reply = serve(&state, &request, form.as_ref(), &body, account);
    answer::signed(&state, &reply, state.0.platform.answers(authorization::names(&request)).as_deref())
}

fn serve(
    state: &SandboxState,
    request: &HttpRequest,
    form: Option<&images::Form>,
    body: &[u8],
    account: Arc<Merchant>,
) -> Reply {
    let body = form.map_or(body, images::Form::signed);
    let named_key = authorization::named_key(state, request)?;
    let uri = request.uri();
    let segments: Vec<String> = uri
        .path()
        .split('/')
        .skip(2)
        .map(decoded)
        .collect::<Option<_>>()
        .ok_or_else(|| Refusal::param("/", "路径编码错误"))?;
    let query = percent::pairs(uri.query().unwrap_or("")).ok_or_else(|| Refusal::param("/", "查询串编码错误"))?;
    let call = Call { state, account, query, body, form, named_key, now: state.now() };
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    dispatch(&call, request.method().as_str(), &path)
}

fn dispatch(call: &Call<'_>, method: &str, path: &[&str]) -> Reply {
    match (method, path) {
        ("POST", ["pay", "transactions", "jsapi"]) => prepay::direct(call),
        ("POST", ["pay", "partner", "transactions", "jsapi"]) => prepay::partner(call),
        ("GET", ["pay", "transactions", "out-trade-no", number]) => orders::query(call, number, orders::Side::Direct),
        ("GET", ["pay", "transactions", "id", id]) => orders::query_by_id(call, id, orders::Side::Direct),
        ("POST", ["pay", "transactions", "out-trade-no", number, "close"]) => orders::close_direct(call, number),
        ("GET", ["pay", "partner", "transactions", "out-trade-no", number]) => {
            orders::query(call, number, orders::Side::Partner)
        }
        ("GET", ["pay", "partner", "transactions", "id", id]) => orders::query_by_id(call, id, orders::Side::Partner),
        ("POST", ["pay", "partner", "transactions", "out-trade-no", number, "close"]) => {
            orders::close_partner(call, number)
        }
        ("POST", ["combine-transactions", "jsapi"]) => combined::create(call),
        ("GET", ["combine-transactions", "out-trade-no", number]) => combined::query(call, number),
        ("POST", ["combine-transactions", "out-trade-no", number, "close"]) => combined::close(call, number),
        ("POST", ["refund", "domestic", "refunds"]) => refunds::create(call),
        ("POST", ["refund", "domestic", "refunds", id, "apply-abnormal-refund"]) => refunds::to_a_card(call, id),
        ("GET", ["refund", "domestic", "refunds", number]) => refunds::query(call, number),
        (_, ["profitsharing", rest @ ..]) => share(call, method, rest),
        (_, ["fund-app", "mch-transfer", "transfer-bills", rest @ ..]) => transfer(call, method, rest),
        (_, ["merchant-service", rest @ ..]) => complaints::serve(call, method, rest),
        ("GET", ["certificates"]) => certificates::list(call),
        ("GET", ["bill", "tradebill"]) => bills::trade(call),
        ("GET", ["bill", "fundflowbill"]) => bills::fund_flow(call),
        ("GET", ["billdownload", "file"]) => bills::download(call),
        _ => Err(no_such_path()),
    }
}

fn share(call: &Call<'_>, method: &str, path: &[&str]) -> Reply {
    match (method, path) {
        ("GET", ["bills"]) => bills::sharing(call),
        ("POST", ["receivers", "add"]) => sharing::receivers::add(call),
        ("POST", ["receivers", "delete"]) => sharing::receivers::delete(call),
        ("POST", ["orders"]) => sharing::create(call),
        ("POST", ["orders", "unfreeze"]) => sharing::unfreeze(call),
        ("GET", ["orders", number]) => sharing::query(call, number),
        ("POST", ["return-orders"]) => sharing::create_return(call),
        ("GET", ["return-orders", number]) => sharing::query_return(call, number),
        ("GET", ["transactions", id, "amounts"]) => sharing::amounts(call, id),
        ("GET", ["merchant-configs", sub_mchid]) => sharing::merchant_config(call, sub_mchid),
        _ => Err(no_such_path()),
    }
}

fn transfer(call: &Call<'_>, method: &str, path: &[&str]) -> Reply {
    orders::not_a_service_provider(call)?;
    match (method, path) {
        ("POST", []) => transfers::create(call),
        ("GET", ["out-bill-no", number]) => transfers::query(call, number),
        ("GET", ["transfer-bill-no", number]) => transfers::query_by_number(call, number),
        ("POST", ["out-bill-no", number, "cancel"]) => transfers::cancel(call, number),
        _ => Err(no_such_path()),
    }
}

fn no_such_path() -> Refusal {
    Refusal::new(404, "RESOURCE_NOT_EXISTS", "请求的资源不存在")
}
