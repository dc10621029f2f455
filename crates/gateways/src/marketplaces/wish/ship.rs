//! Shipments; an order is one line, so it goes in one parcel.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::feeds::Once;
use super::super::model::Page;
use super::super::ship::{RemoteCarrier, ShipSink, Shipment, Shipped};
use super::Wish;
use super::orders::PATH;
use super::types::One;

/// Where parcels start unless the account says otherwise.
const ORIGIN: &str = "CN";

impl ShipSink for Wish {
    fn carriers<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, RemoteCarrier>> {
        None
    }

    /// A parcel is set on its order, so telling it again corrects it.
    fn ship<'a>(&'a self, account: &'a Account, shipment: &'a Shipment) -> BoxFeed<'a, Shipped> {
        Box::new(Once {
            ask: move || {
                let number = &shipment.tracking_number;
                if !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                    return Err(ApiError::bad_request("a parcel's number has letters and digits alone here"));
                }
                if !shipment.completes {
                    return Err(ApiError::unsupported("an order is sent in one parcel here"));
                }
                let carrier = &shipment.carrier;
                let body = json!({
                    "tracking_number": number,
                    "shipping_provider": if carrier.id.is_empty() { &carrier.name } else { &carrier.id },
                    "origin_country": account.text("origin_country").unwrap_or_else(|| ORIGIN.to_owned()),
                });
                let path = format!("{PATH}/{}/tracking", segment(&shipment.order_id));
                Ok(HttpRequest::json("updateTracking", Method::PUT, path, &body).at(self.host()))
            },
            read: |reply: &HttpReply| {
                let body: One<Value> = reply.json()?;
                body.data.ok_or_else(|| ApiError::malformed("no data"))?;
                Ok(Page::of(vec![Shipped { external_id: None }]))
            },
        })
    }
}
