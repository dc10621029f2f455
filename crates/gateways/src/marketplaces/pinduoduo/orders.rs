//! A store's orders: what changed, one by its number, and opening sealed data.

use serde_json::json;

use super::super::account::Account;
use super::super::backwards::{Backwards, Told};
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::{ByIds, Known, Once};
use super::super::model::{Cursor, Page, SkippedRow, Window};
use super::super::order::{RemoteOrder, Revealed};
use super::super::store::OrderSource;
use super::types::{OpenedReply, OpenedRow, OrderReply, OrdersReply};
use super::{Pinduoduo, map};

const PAGE_SIZE: u64 = 100;
/// A window with more pages than this is a fault of ours.
const LAST_PAGE: u64 = 10_000;
/// "All" in the filters of order and refund status.
const ALL: &str = "5";

impl OrderSource for Pinduoduo {
    fn changed<'a>(&'a self, _: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Changed { window })
    }

    fn by_ids<'a>(&'a self, _: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder> {
        Box::new(Known { source: Detail, ids })
    }

    fn reveal<'a>(&'a self, _: &'a Account, order_id: &'a str, ciphers: &'a [String]) -> Option<BoxFeed<'a, Revealed>> {
        let wanted = ciphers.iter().map(|cipher| json!({"data_tag": order_id, "encrypted_data": cipher}));
        let wanted = json!(wanted.collect::<Vec<_>>()).to_string();
        Some(Box::new(Once {
            ask: move || Ok(HttpRequest::gateway_read("pdd.open.decrypt.batch").with("data_list", &wanted)),
            read: |reply: &HttpReply| {
                let body: OpenedReply = reply.json()?;
                let body = body.open_decrypt_batch_response;
                let body = body.ok_or_else(|| ApiError::malformed("no open_decrypt_batch_response"))?;
                Ok(Page::collect(body.data_decrypt_list.0.iter().map(opened)))
            },
        }))
    }
}

fn opened(row: &OpenedRow) -> Result<Revealed, SkippedRow> {
    match (row.encrypted_data.owned(), row.decrypted_data.owned()) {
        (Some(cipher), Some(plain)) => Ok(Revealed { cipher, plain }),
        (cipher, _) => {
            let said = [row.error_code.text(), row.error_msg.text()].into_iter().flatten().collect::<Vec<_>>();
            Err(SkippedRow { external_id: cipher, reason: format!("not opened: {}", said.join(" ")) })
        }
    }
}

/// `pdd.order.number.list.increment.get`, from the last page to the first. Only the first call counts;
/// the others are quicker without.
struct Changed<'a> {
    window: &'a Window,
}

impl Feed<RemoteOrder> for Changed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let (page, counting) = Backwards::at(cursor)?;
        Ok(HttpRequest::gateway_read("pdd.order.number.list.increment.get")
            .with("start_updated_at", self.window.from.timestamp().to_string())
            .with("end_updated_at", self.window.until.timestamp().to_string())
            .with("is_lucky_flag", "0")
            .with("order_status", ALL)
            .with("refund_status", ALL)
            .with("page", page.to_string())
            .with("page_size", PAGE_SIZE.to_string())
            .with("use_has_next", if counting { "false" } else { "true" }))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let body: OrdersReply = reply.json()?;
        let body = body.order_sn_increment_get_response;
        let body = body.ok_or_else(|| ApiError::malformed("no order_sn_increment_get_response"))?;
        let rows = &body.order_sn_list.0;
        let mut page = Page::collect(rows.iter().map(map::order));
        page.total = body.total_count.count();
        let told = Told { total: page.total, more: body.has_next, shown: rows.len() as u64 };
        page.next = Backwards::after(cursor, told, PAGE_SIZE, LAST_PAGE)?;
        Ok(page)
    }
}

/// `pdd.order.information.get`.
struct Detail;

impl ByIds<RemoteOrder> for Detail {
    fn each(&self, ids: &[String]) -> Result<HttpRequest, ApiError> {
        let id = ids.first().ok_or_else(|| ApiError::bad_request("no order"))?;
        Ok(HttpRequest::gateway_read("pdd.order.information.get").with("order_sn", id))
    }

    fn read_each(&self, ids: &[String], reply: &HttpReply) -> Result<Page<RemoteOrder>, ApiError> {
        let body: OrderReply = reply.json()?;
        let body = body.order_info_get_response.ok_or_else(|| ApiError::malformed("no order_info_get_response"))?;
        match body.order_info {
            Some(row) => Ok(Page::collect([map::order(&row)])),
            None => Ok(Page { missing: ids.to_vec(), ..Page::of(Vec::new()) }),
        }
    }
}
