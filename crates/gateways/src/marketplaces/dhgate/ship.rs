//! Shipments, and the ways of shipping that the platform knows.

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::HttpReply;
use super::super::feeds::Once;
use super::super::loose::Loose;
use super::super::model::{Page, SkippedRow};
use super::super::ship::{RemoteCarrier, ShipSink, Shipment, Shipped};
use super::types::{ShippingType, ShippingTypes};
use super::{Dhgate, read};

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Saved {
    status: Option<Status>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Status {
    code: Loose,
}

impl ShipSink for Dhgate {
    fn carriers<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, RemoteCarrier>> {
        Some(Box::new(Once {
            ask: || Ok(read("dh.shipping.typelist")),
            read: |reply: &HttpReply| {
                let body: ShippingTypes = reply.json()?;
                let list = body.shipping_type_list.ok_or_else(|| ApiError::malformed("no shippingTypeList"))?;
                Ok(Page::collect(list.0.iter().map(carrier)))
            },
        }))
    }

    /// `deliveryState` 1 is the whole order, 2 a part of it; unconfirmed.
    fn ship<'a>(&'a self, _: &'a Account, shipment: &'a Shipment) -> BoxFeed<'a, Shipped> {
        Box::new(Once {
            ask: move || {
                if shipment.correction {
                    return Err(ApiError::unsupported("a parcel that has been told is corrected at the platform"));
                }
                Ok(read("dh.order.delivery.save")
                    .with("orderNo", &shipment.order_id)
                    .with("deliveryNo", &shipment.tracking_number)
                    .with("shippingType", &shipment.carrier.id)
                    .with("deliveryState", if shipment.completes { "1" } else { "2" })
                    .once())
            },
            read: |reply: &HttpReply| {
                let body: Saved = reply.json()?;
                let told = body.status.and_then(|status| status.code.owned());
                told.ok_or_else(|| ApiError::malformed("no status"))?;
                Ok(Page::of(vec![Shipped { external_id: None }]))
            },
        })
    }
}

fn carrier(row: &ShippingType) -> Result<RemoteCarrier, SkippedRow> {
    let id = row.shipping_type.owned();
    let id = id.ok_or_else(|| SkippedRow { external_id: None, reason: "a way of shipping without name".to_owned() })?;
    let name = row.name.owned().unwrap_or_else(|| id.clone());
    Ok(RemoteCarrier { code: None, id, name })
}
