//! A store's orders by the time they changed, and one by its number.

use serde_json::json;

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest, json_id};
use super::super::feeds::{ByIds, Known, next_number};
use super::super::gates::jd::answer;
use super::super::model::{Cursor, Page, Window};
use super::super::order::RemoteOrder;
use super::super::store::OrderSource;
use super::super::times;
use super::types::{OrderReply, OrdersReply, Outcome};
use super::{Jd, call, map};

const PAGE_SIZE: u64 = 100;
/// Every state that a store must hear of, as the search wants them named.
const STATES: &str = "WAIT_SELLER_STOCK_OUT,WAIT_GOODS_RECEIVE_CONFIRM,WAIT_SELLER_DELIVERY,PAUSE,POP_ORDER_PAUSE,\
    LOCKED,FINISHED_L,TRADE_CANCELED";
/// What an order must be asked for by name.
const FIELDS: &str = "orderId,orderState,orderStateRemark,orderPayment,freightPrice,orderStartTime,\
    paymentConfirmTime,orderEndTime,modified,orderRemark,open_id_buyer,waybill,logisticsId,consigneeInfo,itemInfoList";
/// `dateType` of the time an order last changed, and `sortType` of the oldest first; both unconfirmed.
const BY_CHANGE: &str = "0";
const OLDEST_FIRST: &str = "1";

impl OrderSource for Jd {
    fn changed<'a>(&'a self, _: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Changed { window })
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Known { source: One, ids })
    }
}

/// `jingdong.pop.order.search`; oldest first, so that what changes meanwhile moves to the end.
struct Changed<'a> {
    window: &'a Window,
}

impl Feed<RemoteOrder> for Changed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let page: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let wanted = json!({
            "start_date": times::beijing_text(self.window.from),
            "end_date": times::beijing_text(self.window.until),
            "order_state": STATES,
            "optional_fields": FIELDS,
            "page": page.to_string(),
            "page_size": PAGE_SIZE.to_string(),
            "sortType": OLDEST_FIRST,
            "dateType": BY_CHANGE,
        });
        Ok(call("jingdong.pop.order.search", &wanted))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let at: u64 = cursor.map_or(Ok(1), Cursor::open)?;
        let body: OrdersReply = answer::flat(reply)?;
        let body = body.searchorderinfo_result.ok_or_else(|| ApiError::malformed("no searchorderinfo_result"))?;
        succeeded(body.api_result.as_ref())?;
        let rows = &body.order_info_list.0;
        let total = body.order_total.count();
        let next = next_number(at, PAGE_SIZE, total, rows.len()).map(|next| Cursor::of(&next)).transpose()?;
        Ok(Page { total, ..Page::collect(rows.iter().map(map::order)) }.and_next(next))
    }
}

/// `jingdong.pop.order.get`.
struct One;

impl ByIds<RemoteOrder> for One {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no order"))?;
        Ok(call("jingdong.pop.order.get", &json!({"order_id": json_id(id), "optional_fields": FIELDS})))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let body: OrderReply = answer::flat(reply)?;
        let body = body.detail.ok_or_else(|| ApiError::malformed("no orderDetailInfo"))?;
        succeeded(body.api_result.as_ref())?;
        match body.order_info {
            Some(row) => Ok(Page::collect([map::order(&row)])),
            None => Ok(Page { missing: ids.to_vec(), ..Page::of(Vec::new()) }),
        }
    }
}

/// Refuses an answer that says inside that it failed.
pub fn succeeded(outcome: Option<&Outcome>) -> Result<(), ApiError> {
    match outcome {
        Some(outcome) if outcome.success.text().is_some() && !outcome.success.is_true() => {
            let code = outcome.number_code.owned().unwrap_or_else(|| "failed".to_owned());
            Err(ApiError::new(ErrorClass::Business, code, outcome.chinese_err_code.text().unwrap_or_default()))
        }
        _ => Ok(()),
    }
}
