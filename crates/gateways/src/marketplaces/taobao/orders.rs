//! A store's orders: the numbers of those that changed, then each whole.

use super::super::account::Account;
use super::super::backwards::{Backwards, Told};
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::{ByIds, Each, Known, ListThenEach};
use super::super::model::{Cursor, Page, SkippedRow, Window};
use super::super::order::RemoteOrder;
use super::super::store::OrderSource;
use super::super::times;
use super::types::{TradeReply, TradesReply};
use super::{Taobao, map};

/// The platform advises 40 to 50.
const PAGE_SIZE: u64 = 50;
/// A window with more pages than this is a fault of ours.
const LAST_PAGE: u64 = 2_000;
const WHOLE: &str = "tid,status,payment,post_fee,created,pay_time,consign_time,end_time,modified,buyer_open_uid,\
    buyer_message,receiver_country,receiver_state,receiver_city,receiver_district,receiver_zip,receiver_name,\
    receiver_mobile,receiver_phone,receiver_address,orders";

impl OrderSource for Taobao {
    fn changed<'a>(&'a self, _: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Each(Trades { window }))
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Known { source: Whole, ids })
    }
}

/// `taobao.trades.sold.increment.get`, from the last page to the first.
struct Trades<'a> {
    window: &'a Window,
}

impl ListThenEach<RemoteOrder> for Trades<'_> {
    fn list(&self, at: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let (page, counting) = Backwards::at(at)?;
        Ok(HttpRequest::gateway_read("taobao.trades.sold.increment.get")
            .with("fields", "tid,status,modified")
            .with("start_modified", times::beijing_text(self.window.from))
            .with("end_modified", times::beijing_text(self.window.until))
            .with("page_no", page.to_string())
            .with("page_size", PAGE_SIZE.to_string())
            .with("use_has_next", if counting { "false" } else { "true" }))
    }

    fn read_list(&self, at: Option<&Cursor>, reply: &HttpReply) -> Result<Page<String>, ApiError> {
        let body: TradesReply = reply.json()?;
        let body = body.trades_sold_increment_get_response;
        let body = body.ok_or_else(|| ApiError::malformed("no trades_sold_increment_get_response"))?;
        let rows = body.trades.unwrap_or_default().trade.0;
        let no_tid = || SkippedRow { external_id: None, reason: "no tid".to_owned() };
        let mut page = Page::collect(rows.iter().map(|row| row.tid.id().ok_or_else(no_tid)));
        page.total = body.total_results.count();
        let more = body.has_next.text().map(|_| body.has_next.is_true());
        let told = Told { total: page.total, more, shown: rows.len() as u64 };
        page.next = Backwards::after(at, told, PAGE_SIZE, LAST_PAGE)?;
        Ok(page)
    }
}

impl ByIds<RemoteOrder> for Trades<'_> {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        Whole.each(ids)
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        Whole.read_each(ids, reply)
    }
}

/// `taobao.trade.fullinfo.get`.
struct Whole;

impl ByIds<RemoteOrder> for Whole {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no order"))?;
        Ok(HttpRequest::gateway_read("taobao.trade.fullinfo.get").with("fields", WHOLE).with("tid", id))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let body: TradeReply = reply.json()?;
        let body = body.trade_fullinfo_get_response;
        let body = body.ok_or_else(|| ApiError::malformed("no trade_fullinfo_get_response"))?;
        match body.trade {
            Some(row) => Ok(Page::collect([map::order(&row)])),
            None => Ok(Page { missing: ids.to_vec(), ..Page::of(Vec::new()) }),
        }
    }
}
