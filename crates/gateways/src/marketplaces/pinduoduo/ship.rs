//! Shipments, and the platform's carriers.

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::Once;
use super::super::model::{Page, SkippedRow};
use super::super::ship::{RemoteCarrier, ShipSink, Shipment, Shipped};
use super::Pinduoduo;
use super::types::{CarrierRow, CarriersReply, SendReply};

impl ShipSink for Pinduoduo {
    /// `pdd.logistics.companies.get`, those that may be used.
    fn carriers<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, RemoteCarrier>> {
        Some(Box::new(Once {
            ask: || Ok(HttpRequest::gateway_read("pdd.logistics.companies.get")),
            read: |reply: &HttpReply| {
                let body: CarriersReply = reply.json()?;
                let body = body.logistics_companies_get_response;
                let body = body.ok_or_else(|| ApiError::malformed("no logistics_companies_get_response"))?;
                let usable = body.logistics_companies.0.iter().filter(|row| row.available.text() != Some("0"));
                Ok(Page::collect(usable.map(carrier)))
            },
        }))
    }

    /// `pdd.logistics.online.send`. A second first sending fails over there, so it is never repeated.
    fn ship<'a>(&'a self, _: &'a Account, shipment: &'a Shipment) -> BoxFeed<'a, Shipped> {
        Box::new(Once {
            ask: move || {
                if !shipment.completes {
                    return Err(ApiError::unsupported("an order is sent in one parcel here"));
                }
                Ok(HttpRequest::gateway_write("pdd.logistics.online.send")
                    .with("order_sn", &shipment.order_id)
                    .with("logistics_id", &shipment.carrier.id)
                    .with("tracking_number", &shipment.tracking_number)
                    .with("redelivery_type", if shipment.correction { "2" } else { "1" }))
            },
            read: |reply: &HttpReply| {
                let body: SendReply = reply.json()?;
                let body = body.logistics_online_send_response;
                let done = body.ok_or_else(|| ApiError::malformed("no logistics_online_send_response"))?.is_success;
                if !done.is_true() {
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

fn carrier(row: &CarrierRow) -> Result<RemoteCarrier, SkippedRow> {
    match (row.id.id(), row.logistics_company.owned()) {
        (Some(id), Some(name)) => Ok(RemoteCarrier { id, code: row.code.owned(), name }),
        (external_id, _) => Err(SkippedRow { external_id, reason: "a carrier without id or name".to_owned() }),
    }
}
