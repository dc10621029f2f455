//! How platforms of stores say that they are in trouble, for faults on order.

use serde_json::{Value, json};

/// The words for `status` of the platform that `path` belongs to.
pub(crate) fn words(path: &str, status: u16) -> Option<Value> {
    let busy = status == 429;
    let platform = path.trim_start_matches('/').split('/').next()?;
    Some(match platform {
        "shopify" => json!({"errors": if busy { "Exceeded API rate limit" } else { "Internal Server Error" }}),
        "aliexpress" => {
            let (kind, code, msg) = match busy {
                true => ("ISV", "ApiCallLimit", "The request is too frequently, this ban will last 1 seconds"),
                false => ("SYSTEM", "ServiceUnavailable", "The request has failed due to a temporary failure"),
            };
            json!({"error_response": {"type": kind, "code": code, "msg": msg, "request_id": "fault"}})
        }
        "ebay" => {
            let (id, message) =
                if busy { (2_001, "Too many requests.") } else { (25_001, "A system error has occurred.") };
            json!({"errors": [{"errorId": id, "domain": "ACCESS", "category": "APPLICATION", "message": message}]})
        }
        "amazon" => {
            let code = if busy { "QuotaExceeded" } else { "InternalFailure" };
            json!({"errors": [{"code": code, "message": "We encountered an internal error.", "details": ""}]})
        }
        "dhgate" => json!({"code": if busy { "7" } else { "1" }, "message": "service is busy"}),
        "wish" => json!({"message": "Service unavailable", "code": if busy { 1_005 } else { 1_001 }, "data": {}}),
        "wanliniu" => json!({"code": 9_999, "message": if busy { "接口调用频率过高，已限流" } else { "系统繁忙" }}),
        "shoplazza" => {
            json!({"code": if busy { "TooManyRequests" } else { "InternalError" }, "message": "", "data": null})
        }
        _ => return None,
    })
}
