//! Wish's own field names, only those we read. Everything may be absent.

use serde::Deserialize;

use super::super::amount::Amount;
use super::super::loose::{List, Loose};

/// Many rows.
#[derive(Deserialize)]
#[serde(bound = "T: serde::de::DeserializeOwned + Default")]
pub struct Rows<T> {
    pub data: Option<List<T>>,
}

/// One row.
#[derive(Deserialize)]
pub struct One<T> {
    pub data: Option<T>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderRow {
    pub id: Loose,
    pub transaction_id: Loose,
    pub state: Loose,
    pub released_at: Loose,
    pub updated_at: Loose,
    pub product_information: Product,
    pub order_payment: Payment,
    pub full_address: FullAddress,
    pub fulfillment_requirements: Requirements,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Product {
    pub id: Loose,
    pub variation_id: Loose,
    pub sku: Loose,
    pub name: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Payment {
    pub general_payment_details: PaymentDetails,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PaymentDetails {
    pub product_quantity: Loose,
    pub product_price: Amount,
    pub payment_total: Amount,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct FullAddress {
    pub shipping_detail: Option<Address>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Address {
    pub name: Loose,
    pub street_address1: Loose,
    pub street_address2: Loose,
    pub city: Loose,
    pub state: Loose,
    pub zipcode: Loose,
    pub country_code: Loose,
    pub phone_number: Phone,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Phone {
    pub number: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Requirements {
    pub expected_ship_time: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ProductRow {
    pub id: Loose,
    pub name: Loose,
    pub parent_sku: Loose,
    pub status: Loose,
    pub updated_at: Loose,
    pub main_image: Image,
    pub variations: List<Variation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Image {
    pub url: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Variation {
    pub id: Loose,
    pub sku: Loose,
    pub status: Loose,
    pub gtin: Loose,
    pub price: Amount,
    pub inventories: List<Inventory>,
    pub options: List<Choice>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Choice {
    pub name: Loose,
    pub value: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Inventory {
    pub warehouse_id: Loose,
    pub inventory: Loose,
}
