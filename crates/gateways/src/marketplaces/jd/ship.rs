//! Shipments, and the store's carriers.

use serde_json::json;

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, json_id};
use super::super::feeds::Once;
use super::super::gates::jd::answer;
use super::super::model::{Page, SkippedRow};
use super::super::ship::{RemoteCarrier, ShipSink, Shipment, Shipped};
use super::orders::succeeded;
use super::types::{CarrierRow, CarriersReply, ShipmentReply};
use super::{Jd, call};

impl ShipSink for Jd {
    /// `jingdong.get.vender.carrier`: carriers are numbers, those the store has agreed with.
    fn carriers<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, RemoteCarrier>> {
        Some(Box::new(Once {
            ask: || Ok(call("jingdong.get.vender.carrier", &json!({}))),
            read: |reply: &HttpReply| {
                let body: CarriersReply = answer::flat(reply)?;
                let known = body.result.ok_or_else(|| ApiError::malformed("no carriers in the answer"))?.0;
                Ok(Page::collect(known.iter().map(carrier)))
            },
        }))
    }

    /// `jingdong.pop.order.shipment`.
    fn ship<'a>(&'a self, account: &'a Account, shipment: &'a Shipment) -> BoxFeed<'a, Shipped> {
        Box::new(Once {
            ask: move || {
                if !shipment.completes {
                    return Err(ApiError::unsupported("an order is sent in one parcel here"));
                }
                let mut wanted = json!({
                    "orderId": json_id(&shipment.order_id),
                    "logiCoprId": json_id(&shipment.carrier.id),
                    "logiNo": shipment.tracking_number,
                });
                if let (Some(install), Some(fields)) = (account.text("install_id"), wanted.as_object_mut()) {
                    fields.insert("installId".to_owned(), json_id(&install));
                }
                Ok(call("jingdong.pop.order.shipment", &wanted).once())
            },
            read: |reply: &HttpReply| {
                let body: ShipmentReply = answer::flat(reply)?;
                succeeded(body.result.as_ref())?;
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
