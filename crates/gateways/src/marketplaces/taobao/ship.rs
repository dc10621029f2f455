//! Shipments, and the platform's carriers.

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::Once;
use super::super::model::{Page, SkippedRow};
use super::super::ship::{RemoteCarrier, ShipSink, Shipment, Shipped};
use super::Taobao;
use super::types::{Carrier, CarriersReply, SendReply};

impl ShipSink for Taobao {
    /// `taobao.logistics.companies.get`; shipments name carriers by code.
    fn carriers<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, RemoteCarrier>> {
        Some(Box::new(Once {
            ask: || Ok(HttpRequest::gateway_read("taobao.logistics.companies.get").with("fields", "id,code,name")),
            read: |reply: &HttpReply| {
                let body: CarriersReply = reply.json()?;
                let body = body.logistics_companies_get_response;
                let body = body.ok_or_else(|| ApiError::malformed("no logistics_companies_get_response"))?;
                let known = body.logistics_companies.unwrap_or_default().logistics_company.0;
                Ok(Page::collect(known.iter().map(carrier)))
            },
        }))
    }

    /// `taobao.logistics.offline.send`; a part of an order is sent by naming its lines.
    fn ship<'a>(&'a self, _: &'a Account, shipment: &'a Shipment) -> BoxFeed<'a, Shipped> {
        Box::new(Once {
            ask: move || {
                let lines: Vec<&str> = shipment.lines.iter().map(|line| line.line_key.as_str()).collect();
                let split = !shipment.completes && !lines.is_empty();
                if !shipment.completes && !split {
                    return Err(ApiError::unsupported("a part of an order must name its lines"));
                }
                Ok(HttpRequest::gateway_write("taobao.logistics.offline.send")
                    .with("tid", &shipment.order_id)
                    .with("company_code", &shipment.carrier.id)
                    .with("out_sid", &shipment.tracking_number)
                    .with_some("is_split", split.then_some("1"))
                    .with_some("sub_tid", split.then(|| lines.join(","))))
            },
            read: |reply: &HttpReply| {
                let body: SendReply = reply.json()?;
                let body = body.logistics_offline_send_response;
                let body = body.ok_or_else(|| ApiError::malformed("no logistics_offline_send_response"))?;
                if !body.shipping.unwrap_or_default().is_success.is_true() {
                    return Err(ApiError::new(
                        ErrorClass::Business,
                        "not_sent",
                        "the platform did not take the parcel",
                    ));
                }
                Ok(Page::of(vec![Shipped { external_id: None }]))
            },
        })
    }
}

fn carrier(row: &Carrier) -> Result<RemoteCarrier, SkippedRow> {
    match (row.code.owned(), row.name.owned()) {
        (Some(code), Some(name)) => Ok(RemoteCarrier { id: code.clone(), code: Some(code), name }),
        (external_id, _) => Err(SkippedRow { external_id, reason: "a carrier without code or name".to_owned() }),
    }
}
