//! The gateway.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::{Call, Refusal, Reply, good, goods, orders, ship};
use crate::faults::Verdict;
use crate::json::joined;
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::StorePlatform;

const COMMON: [&str; 4] = ["access_token", "method", "v", "timestamp"];

/// `POST /dop/router`.
pub(super) async fn door(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let (answer, verdict) = match serve(&state, &request, &body) {
        Ok(answer) => (joined(json!({"status": good()}), answer), "ok"),
        Err(Refusal::Gate(code, message)) => (json!({"code": code, "message": message}), code),
        Err(Refusal::Method(code, message, solution)) => {
            let status = json!({"code": code, "message": message, "solution": solution, "subErrors": []});
            (json!({"status": status}), code)
        }
    };
    let mut response = HttpResponse::Ok().json(answer);
    response.extensions_mut().insert(Verdict(verdict.to_owned()));
    response
}

type Serve = fn(&Call<'_>) -> Reply;

/// A method with the parameters it takes.
fn method(name: &str) -> Option<(Serve, &'static [&'static str])> {
    Some(match name {
        "dh.item.list" => (goods::list, &["state", "operateDateStart", "operateDateEnd", "pages", "pageSize"]),
        "dh.item.get" => (goods::one, &["itemCode"]),
        "dh.item.sku.list" => (goods::skus, &["itemCode"]),
        "dh.order.list.get" => {
            (orders::list, &["startDate", "endDate", "querytimeType", "orderStatus", "pageNo", "pageSize"])
        }
        "dh.order.get" => (orders::one, &["orderNo"]),
        "dh.order.product.get" => (orders::products, &["orderNo"]),
        "dh.order.delivery.save" => {
            (ship::save, &["orderNo", "deliveryNo", "shippingType", "deliveryState", "deliveryRemark"])
        }
        "dh.shipping.typelist" => (ship::types, &[]),
        _ => return None,
    })
}

fn serve(state: &SandboxState, request: &HttpRequest, body: &[u8]) -> Reply {
    let bad = |words: String| Refusal::Gate("2", words);
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Err(bad("the body must be a form".to_owned()));
    }
    let fields = Fields::read(body).map_err(|name| bad(format!("parameter {name} comes twice")))?;
    let needed = |name: &str| fields.text(name).ok_or_else(|| bad(format!("parameter {name} is required")));
    let (token, name, stamp) = (needed("access_token")?, needed("method")?, needed("timestamp")?);
    if needed("v")? != "2.0" {
        return Err(bad("parameter v is invalid".to_owned()));
    }
    if stamp.len() != 13 || stamp.parse::<i64>().is_err() {
        return Err(bad("parameter timestamp is invalid".to_owned()));
    }
    let of = {
        let world = state.world();
        let grant = world.stores.grants.by_access(StorePlatform::Dhgate, token, state.clock().wall());
        let gone = |_| Refusal::Gate("40", "access token expired or not exist".to_owned());
        grant.map_err(gone)?.store.clone()
    };
    let (run, own) = method(name).ok_or_else(|| bad(format!("method {name} does not exist")))?;
    let allowed: Vec<&str> = COMMON.iter().chain(own).copied().collect();
    if let Some(stranger) = fields.stranger(&allowed) {
        return Err(Refusal::parameter(stranger));
    }
    if state.count_store_call(StorePlatform::Dhgate).is_err() {
        return Err(Refusal::Gate("7", "call limited: too many requests of the application today".to_owned()));
    }
    run(&Call { state, fields: &fields, of })
}

/// Rows of page `at`, with how many there are and how many pages.
pub(super) fn paged<T>(rows: Vec<T>, at: usize, size: usize) -> (Vec<T>, Value) {
    let (shown, total) = crate::stores::page(rows, at, size);
    (shown, json!({"count": total, "pages": total.div_ceil(size.max(1))}))
}
