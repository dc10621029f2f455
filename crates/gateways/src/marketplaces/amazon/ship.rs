//! Shipments: the order is asked for its lines first, then the parcel is told.

use kernel::crypto::digest;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::account::Account;
use super::super::amount::iso;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::feeds::ByIds;
use super::super::model::{Cursor, Page};
use super::super::ship::{RemoteCarrier, ShipSink, Shipment, Shipped};
use super::orders::{One, row};
use super::{Amazon, map};

impl ShipSink for Amazon {
    fn carriers<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, RemoteCarrier>> {
        None
    }

    fn ship<'a>(&'a self, account: &'a Account, shipment: &'a Shipment) -> BoxFeed<'a, Shipped> {
        Box::new(Parcel { amazon: self, account, shipment })
    }
}

struct Parcel<'a> {
    amazon: &'a Amazon,
    account: &'a Account,
    shipment: &'a Shipment,
}

/// What the order's answer gave for the parcel.
#[derive(Serialize, Deserialize)]
struct Contents {
    marketplace: String,
    lines: Vec<Value>,
    sent_at: String,
}

impl Feed<Shipped> for Parcel<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let Some(cursor) = cursor else {
            let one = One { amazon: self.amazon, account: self.account };
            return one.each(std::slice::from_ref(&self.shipment.order_id));
        };
        let contents: Contents = cursor.open()?;
        let carrier = &self.shipment.carrier;
        let body = json!({
            "marketplaceId": contents.marketplace,
            "packageDetail": {
                "packageReferenceId": self.reference(),
                "carrierCode": if carrier.id.is_empty() { "Other" } else { &carrier.id },
                "carrierName": carrier.name,
                "trackingNumber": self.shipment.tracking_number,
                "shipDate": contents.sent_at,
                "orderItems": contents.lines,
            },
        });
        let path = format!("/orders/v0/orders/{}/shipmentConfirmation", segment(&self.shipment.order_id));
        // The same reference again corrects the parcel, so it may be told twice.
        self.amazon.ask(HttpRequest::json("confirmShipment", Method::POST, path, &body), self.account)
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<Shipped>, ApiError> {
        if cursor.is_some() {
            return Ok(Page::of(vec![Shipped { external_id: Some(self.reference()) }]));
        }
        let order = row(reply)?;
        if order.fulfillment.fulfilled_by.text().is_some_and(|by| by.starts_with(map::AMAZONS_OWN)) {
            return Err(ApiError::new(ErrorClass::Business, "sent_by_amazon", "Amazon sends this order itself"));
        }
        let whole = order.order_items.0.iter().filter_map(|line| {
            let left = line.fulfillment.quantity_unfulfilled.integer().filter(|left| *left > 0);
            let quantity = left.or_else(|| line.quantity_ordered.integer())?;
            Some(json!({"orderItemId": line.order_item_id.owned()?, "quantity": quantity}))
        });
        let chosen = self.shipment.lines.iter();
        let chosen = chosen.map(|line| json!({"orderItemId": line.line_key, "quantity": line.quantity}));
        let lines: Vec<Value> = if self.shipment.lines.is_empty() { whole.collect() } else { chosen.collect() };
        if lines.is_empty() {
            return Err(ApiError::malformed("no lines in the answer"));
        }
        let site = self.amazon.site(self.account)?.external_id;
        let contents = Contents {
            marketplace: order.sales_channel.marketplace_id.owned().unwrap_or_else(|| site.to_owned()),
            lines,
            sent_at: iso(reply.received_at),
        };
        Ok(Page::of(Vec::new()).and_next(Some(Cursor::of(&contents)?)))
    }
}

impl Parcel<'_> {
    /// A number for the parcel, unique in its order: the same for the same contents, so that telling it
    /// again corrects it.
    fn reference(&self) -> String {
        let lines = self.shipment.lines.iter();
        let mut lines: Vec<String> = lines.map(|line| format!("{} {}", line.line_key, line.quantity)).collect();
        if lines.is_empty() {
            return "1".to_owned();
        }
        lines.sort();
        let [a, b, c, d, ..] = digest::sha256(lines.join("\n").as_bytes());
        u32::from_be_bytes([a, b, c, d]).max(2).to_string()
    }
}
