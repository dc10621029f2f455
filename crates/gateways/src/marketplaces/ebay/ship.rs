//! Shipments: the order's lines are asked for when the whole order goes, then the parcel is told.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::feeds::ByIds;
use super::super::model::{Cursor, Page};
use super::super::ship::{RemoteCarrier, ShipSink, Shipment, Shipped};
use super::Ebay;
use super::orders::One;
use super::types::OrderRow;

impl ShipSink for Ebay {
    fn carriers<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, RemoteCarrier>> {
        None
    }

    fn ship<'a>(&'a self, account: &'a Account, shipment: &'a Shipment) -> BoxFeed<'a, Shipped> {
        Box::new(Parcel { ebay: self, account, shipment })
    }
}

/// The cursor of the last step is the lines in the parcel.
struct Parcel<'a> {
    ebay: &'a Ebay,
    account: &'a Account,
    shipment: &'a Shipment,
}

impl Parcel<'_> {
    /// What is in the parcel, once it is known.
    fn contents(&self, cursor: Option<&Cursor>) -> Result<Option<Value>, ApiError> {
        if let Some(cursor) = cursor {
            return cursor.open().map(Some);
        }
        let lines = self.shipment.lines.iter();
        let lines: Vec<Value> =
            lines.map(|line| json!({"lineItemId": line.line_key, "quantity": line.quantity})).collect();
        Ok((!lines.is_empty()).then_some(Value::Array(lines)))
    }
}

impl Feed<Shipped> for Parcel<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let Some(lines) = self.contents(cursor)? else {
            let one = One { ebay: self.ebay, account: self.account };
            return one.each(std::slice::from_ref(&self.shipment.order_id));
        };
        let number = &self.shipment.tracking_number;
        if !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(ApiError::bad_request("a parcel's number has letters and digits alone here"));
        }
        if self.shipment.correction {
            return Err(ApiError::unsupported("a parcel that has been told is corrected at the platform"));
        }
        let carrier = &self.shipment.carrier;
        let body = json!({
            "lineItems": lines,
            "shippingCarrierCode": if carrier.id.is_empty() { &carrier.name } else { &carrier.id },
            "trackingNumber": number,
        });
        let path = format!("/sell/fulfillment/v1/order/{}/shipping_fulfillment", segment(&self.shipment.order_id));
        let request = HttpRequest::json("createShippingFulfillment", Method::POST, path, &body).once();
        Ok(self.ebay.ask(request, self.account))
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<Shipped>, ApiError> {
        if self.contents(cursor)?.is_some() {
            let place = reply.header("location").unwrap_or_default();
            let external_id = place.rsplit('/').next().filter(|id| !id.is_empty()).map(str::to_owned);
            return Ok(Page::of(vec![Shipped { external_id }]));
        }
        let order: OrderRow = reply.json()?;
        let lines = order.line_items.0.iter().filter_map(|line| {
            Some(json!({"lineItemId": line.line_item_id.owned()?, "quantity": line.quantity.integer()?}))
        });
        let lines: Vec<Value> = lines.collect();
        if lines.is_empty() {
            return Err(ApiError::malformed("no lines in the answer"));
        }
        Ok(Page::of(Vec::new()).and_next(Some(Cursor::of(&lines)?)))
    }
}
