//! Shipments: what the store has to send is asked first, then the parcel is told.

use serde_json::{Value, json};

use super::super::account::Account;
use super::super::connector::{BoxFeed, Feed};
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::model::{Cursor, Page};
use super::super::ship::{RemoteCarrier, ShipSink, Shipment, Shipped};
use super::types::{FulfilData, FulfilmentLine, FulfilmentOrder, ToShipData};
use super::{Shopify, ask, data};

impl ShipSink for Shopify {
    fn carriers<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, RemoteCarrier>> {
        None
    }

    fn ship<'a>(&'a self, account: &'a Account, shipment: &'a Shipment) -> BoxFeed<'a, Shipped> {
        Box::new(Parcel { account, shipment })
    }
}

/// The cursor of the second step is what goes into the parcel.
struct Parcel<'a> {
    account: &'a Account,
    shipment: &'a Shipment,
}

impl Feed<Shipped> for Parcel<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        if self.shipment.correction {
            return Err(ApiError::unsupported("a parcel that has been told is corrected in the store itself"));
        }
        let Some(cursor) = cursor else {
            let variables = json!({"id": self.shipment.order_id});
            let query = include_str!("graphql/fulfillment_orders.graphql");
            return ask(self.account, "fulfillmentOrders", query, &variables);
        };
        let carrier = &self.shipment.carrier;
        let company = if carrier.name.is_empty() { &carrier.id } else { &carrier.name };
        let parcel = json!({
            "lineItemsByFulfillmentOrder": cursor.open::<Value>()?,
            "trackingInfo": {"company": company, "number": self.shipment.tracking_number},
            "notifyCustomer": true,
        });
        let query = include_str!("graphql/fulfillment_create.graphql");
        Ok(ask(self.account, "fulfillmentCreate", query, &json!({"fulfillment": parcel}))?.once())
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<Shipped>, ApiError> {
        if cursor.is_none() {
            let found: ToShipData = data(reply)?;
            let gone = || ApiError::new(ErrorClass::NotFound, "no_order", "the store has no such order");
            let open = found.order.ok_or_else(gone)?.fulfillment_orders.nodes.0;
            return Ok(Page::of(Vec::new()).and_next(Some(Cursor::of(&self.contents(&open)?)?)));
        }
        let found: FulfilData = data(reply)?;
        let written = found.fulfillment_create.ok_or_else(|| ApiError::malformed("no fulfillmentCreate"))?;
        if let Some(error) = written.user_errors.first() {
            let code = error.code.text().unwrap_or("user_error");
            return Err(ApiError::new(ErrorClass::Business, code, error.message.text().unwrap_or_default()));
        }
        let external_id = written.fulfillment.and_then(|fulfilment| fulfilment.id.owned());
        Ok(Page::of(vec![Shipped { external_id }]))
    }
}

impl Parcel<'_> {
    /// Which pieces of which fulfilment orders are in the parcel.
    fn contents(&self, open: &[FulfilmentOrder]) -> Result<Value, ApiError> {
        let may_go =
            |order: &&FulfilmentOrder| !matches!(order.status.text(), Some("CLOSED" | "CANCELLED" | "ON_HOLD"));
        let mut left: Vec<(String, i64)> =
            self.shipment.lines.iter().map(|line| (line.line_key.clone(), line.quantity)).collect();
        let mut parts = Vec::new();
        for order in open.iter().filter(may_go) {
            let Some(id) = order.id.text() else { continue };
            if self.shipment.lines.is_empty() {
                parts.push(json!({"fulfillmentOrderId": id}));
                continue;
            }
            let pieces: Vec<Value> = order.line_items.nodes.0.iter().filter_map(|line| take(line, &mut left)).collect();
            if !pieces.is_empty() {
                parts.push(json!({"fulfillmentOrderId": id, "fulfillmentOrderLineItems": pieces}));
            }
        }
        if parts.is_empty() || left.iter().any(|(_, quantity)| *quantity > 0) {
            let said = "the store has nothing of this left to send";
            return Err(ApiError::new(ErrorClass::Conflict, "nothing_to_send", said));
        }
        Ok(Value::Array(parts))
    }
}

/// As many of a line's remaining pieces as the parcel holds.
fn take(line: &FulfilmentLine, left: &mut [(String, i64)]) -> Option<Value> {
    let key = line.line_item.id.text()?;
    let (_, wanted) = left.iter_mut().find(|(wanted, quantity)| wanted == key && *quantity > 0)?;
    let taken = line.remaining_quantity.integer().unwrap_or(0).min(*wanted);
    *wanted -= taken;
    (taken > 0).then(|| json!({"id": line.id.text(), "quantity": taken}))
}
