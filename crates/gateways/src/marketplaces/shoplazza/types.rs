//! Shoplazza's own field names, only those we read. Everything may be absent.

use serde::Deserialize;

use super::super::loose::{List, Loose};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Orders {
    pub orders: Option<List<OrderRow>>,
    pub cursor: Loose,
    pub has_more: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OneOrder {
    pub order: Option<OrderRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderRow {
    pub id: Loose,
    pub number: Loose,
    pub note: Loose,
    pub financial_status: Loose,
    pub fulfillment_status: Loose,
    pub currency: Loose,
    pub total_price: Loose,
    pub total_shipping: Loose,
    pub created_at: Loose,
    pub updated_at: Loose,
    pub canceled_at: Loose,
    pub shipping_address: Option<Address>,
    pub line_items: List<LineRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Address {
    pub name: Loose,
    pub phone: Loose,
    pub country_code: Loose,
    pub province: Loose,
    pub city: Loose,
    pub address: Loose,
    pub address1: Loose,
    pub zip: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LineRow {
    pub id: Loose,
    pub product_id: Loose,
    pub variant_id: Loose,
    pub sku: Loose,
    pub product_title: Loose,
    pub variant_title: Loose,
    pub quantity: Loose,
    pub price: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Products {
    pub products: Option<List<ProductRow>>,
    pub cursor: Loose,
    pub has_more: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OneProduct {
    pub product: Option<ProductRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ProductRow {
    pub id: Loose,
    pub title: Loose,
    pub published: Loose,
    pub images: List<Image>,
    pub options: List<OptionRow>,
    pub variants: List<VariantRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Image {
    pub src: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OptionRow {
    pub name: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct VariantRow {
    pub id: Loose,
    pub sku: Loose,
    pub barcode: Loose,
    pub price: Loose,
    pub inventory_quantity: Loose,
    pub option1: Loose,
    pub option2: Loose,
    pub option3: Loose,
}

/// What a write answers.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Written {
    pub variant: Option<Named>,
    pub fulfillment: Option<Named>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Named {
    pub id: Loose,
}
