//! Shipments.

use reqwest::Method;
use serde_json::json;

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::feeds::Once;
use super::super::model::Page;
use super::super::ship::{RemoteCarrier, ShipSink, Shipment, Shipped};
use super::types::Written;
use super::{API, Shoplazza, answer, at_store};

impl ShipSink for Shoplazza {
    fn carriers<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, RemoteCarrier>> {
        None
    }

    /// Path and shape are unconfirmed. A second telling would make a second parcel.
    fn ship<'a>(&'a self, account: &'a Account, shipment: &'a Shipment) -> BoxFeed<'a, Shipped> {
        Box::new(Once {
            ask: move || {
                if shipment.correction {
                    return Err(ApiError::unsupported("a parcel that has been told is corrected in the store itself"));
                }
                let carrier = &shipment.carrier;
                let mut parcel = json!({
                    "tracking_company": if carrier.name.is_empty() { &carrier.id } else { &carrier.name },
                    "tracking_number": shipment.tracking_number,
                });
                if let (false, Some(parcel)) = (shipment.lines.is_empty(), parcel.as_object_mut()) {
                    let lines =
                        shipment.lines.iter().map(|line| json!({"id": line.line_key, "quantity": line.quantity}));
                    parcel.insert("line_items".to_owned(), lines.collect());
                }
                let path = format!("{API}/orders/{}/fulfillments", segment(&shipment.order_id));
                let body = json!({"fulfillment": parcel});
                at_store(HttpRequest::json("fulfillment.create", Method::POST, path, &body).once(), account)
            },
            read: |reply: &HttpReply| {
                let body: Written = answer::body(reply)?;
                let made = body.fulfillment.ok_or_else(|| ApiError::malformed("no fulfillment"))?;
                Ok(Page::of(vec![Shipped { external_id: made.id.owned() }]))
            },
        })
    }
}
