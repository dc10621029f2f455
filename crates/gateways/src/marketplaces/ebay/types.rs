//! eBay's own field names, only those we read. Everything may be absent.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::amount::Amount;
use super::super::loose::{List, Loose};
use super::errors::Fault;

/// `getOrders`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Orders {
    pub total: Loose,
    pub next: Loose,
    pub orders: Option<List<OrderRow>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderRow {
    pub order_id: Loose,
    pub creation_date: Loose,
    pub last_modified_date: Loose,
    pub order_fulfillment_status: Loose,
    pub order_payment_status: Loose,
    pub cancel_status: CancelStatus,
    pub buyer: Buyer,
    pub buyer_checkout_notes: Loose,
    pub pricing_summary: Prices,
    pub fulfillment_start_instructions: List<Instruction>,
    pub line_items: List<LineRow>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct CancelStatus {
    pub cancel_state: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Buyer {
    pub username: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Prices {
    pub delivery_cost: Amount,
    pub total: Amount,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Instruction {
    pub shipping_step: Step,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Step {
    pub ship_to: ShipTo,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ShipTo {
    pub full_name: Loose,
    pub primary_phone: Phone,
    pub contact_address: Address,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Phone {
    pub phone_number: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Address {
    pub address_line1: Loose,
    pub address_line2: Loose,
    pub city: Loose,
    pub state_or_province: Loose,
    pub postal_code: Loose,
    pub country_code: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct LineRow {
    pub line_item_id: Loose,
    pub legacy_item_id: Loose,
    pub legacy_variation_id: Loose,
    pub sku: Loose,
    pub title: Loose,
    pub quantity: Loose,
    pub line_item_cost: Amount,
    pub line_item_fulfillment_status: Loose,
    /// The site it was listed on.
    pub listing_marketplace_id: Loose,
}

/// `getInventoryItems`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Inventory {
    pub total: Loose,
    pub next: Loose,
    pub inventory_items: Option<List<InventoryRow>>,
}

/// One item; kept in a cursor while its price is asked for.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct InventoryRow {
    pub sku: Loose,
    pub product: Product,
    pub availability: Availability,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Product {
    pub title: Loose,
    pub image_urls: List<Loose>,
    pub aspects: Value,
    pub ean: List<Loose>,
    pub upc: List<Loose>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Availability {
    pub ship_to_location_availability: Quantity,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Quantity {
    pub quantity: Loose,
}

/// An inventory item as far as we need it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Half {
    pub sku: String,
    pub title: String,
    pub pictures: Vec<String>,
    pub specs: Vec<(String, String)>,
    pub barcode: Option<String>,
    pub quantity: Option<i64>,
}

/// `getOffers`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Offers {
    pub offers: Option<List<OfferRow>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OfferRow {
    pub offer_id: Loose,
    pub marketplace_id: Loose,
    pub status: Loose,
    pub category_id: Loose,
    pub pricing_summary: OfferPrices,
    pub listing: Listing,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OfferPrices {
    pub price: Amount,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Listing {
    pub listing_id: Loose,
}

/// `bulkUpdatePriceQuantity`.
#[derive(Deserialize)]
pub struct Updated {
    pub responses: Option<List<UpdatedRow>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct UpdatedRow {
    pub sku: Loose,
    pub status_code: Loose,
    pub errors: List<Fault>,
}
