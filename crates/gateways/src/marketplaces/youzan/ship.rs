//! Shipments, and the platform's carriers.

use serde_json::json;

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, json_id};
use super::super::feeds::Once;
use super::super::model::{Page, SkippedRow};
use super::super::ship::{RemoteCarrier, ShipSink, Shipment, Shipped};
use super::types::{CarrierRow, CarriersBody, Outcome, Reply};
use super::{Youzan, call};

impl ShipSink for Youzan {
    fn carriers<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, RemoteCarrier>> {
        Some(Box::new(Once {
            ask: || Ok(call("youzan.logistics.express.get", "3.0.0", &json!({}))),
            read: |reply: &HttpReply| {
                let body: Reply<CarriersBody> = reply.json()?;
                let body = body.data.ok_or_else(|| ApiError::malformed("no data"))?;
                Ok(Page::collect(body.all_express.0.iter().map(carrier)))
            },
        }))
    }

    /// `youzan.logistics.online.confirm`; a part of an order is sent by naming its lines.
    fn ship<'a>(&'a self, _: &'a Account, shipment: &'a Shipment) -> BoxFeed<'a, Shipped> {
        Box::new(Once {
            ask: move || {
                let lines: Vec<&str> = shipment.lines.iter().map(|line| line.line_key.as_str()).collect();
                if !shipment.completes && lines.is_empty() {
                    return Err(ApiError::unsupported("a part of an order must name its lines"));
                }
                let mut wanted = json!({
                    "tid": shipment.order_id,
                    "is_no_express": 0,
                    "out_stype": json_id(&shipment.carrier.id),
                    "out_sid": shipment.tracking_number,
                });
                if let (false, Some(fields)) = (lines.is_empty(), wanted.as_object_mut()) {
                    fields.insert("oids".to_owned(), json!(lines.join(",")));
                }
                Ok(call("youzan.logistics.online.confirm", "3.0.0", &wanted).once())
            },
            read: |reply: &HttpReply| {
                let body: Reply<Outcome> = reply.json()?;
                let done = body.data.ok_or_else(|| ApiError::malformed("no data"))?.is_success;
                if done.text().is_some() && !done.is_true() {
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
    match (row.id.id(), row.name.owned()) {
        (Some(id), Some(name)) => Ok(RemoteCarrier { id, code: None, name }),
        (external_id, _) => Err(SkippedRow { external_id, reason: "a carrier without id or name".to_owned() }),
    }
}
