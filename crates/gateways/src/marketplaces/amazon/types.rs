//! Amazon's own field names, only those we read. Everything may be absent.

use serde::Deserialize;

use super::super::amount::Amount;
use super::super::loose::{List, Loose};

/// `getMarketplaceParticipations`.
#[derive(Deserialize)]
pub struct Participations {
    pub payload: Option<List<Participant>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Participant {
    pub marketplace: Named,
    pub participation: Participation,
    pub store_name: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Named {
    pub id: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Participation {
    pub is_participating: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Pagination {
    pub next_token: Loose,
}

/// `searchListingsItems`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Listings {
    pub number_of_results: Loose,
    pub pagination: Pagination,
    pub items: Option<List<ListingRow>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ListingRow {
    pub sku: Loose,
    pub summaries: List<Summary>,
    pub offers: List<Offer>,
    pub fulfillment_availability: List<Availability>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Summary {
    pub marketplace_id: Loose,
    pub asin: Loose,
    pub product_type: Loose,
    pub status: List<Loose>,
    pub item_name: Loose,
    pub main_image: Image,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Image {
    pub link: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Offer {
    pub marketplace_id: Loose,
    pub price: Amount,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Availability {
    pub fulfillment_channel_code: Loose,
    pub quantity: Loose,
}

/// Orders of either version; the older one wraps them.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Orders {
    pub orders: Option<List<OrderRow>>,
    pub order: Option<OrderRow>,
    pub pagination: Pagination,
    pub last_updated_before: Loose,
    pub payload: Option<FormerOrders>,
}

/// Orders v0, which ends on 2027-03-27. It is not asked for; an answer in its shape is understood.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct FormerOrders {
    pub orders: Option<List<FormerOrderRow>>,
    pub next_token: Loose,
    pub last_updated_before: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct FormerOrderRow {
    pub amazon_order_id: Loose,
    pub purchase_date: Loose,
    pub last_update_date: Loose,
    pub order_total: Amount,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderRow {
    pub order_id: Loose,
    pub created_time: Loose,
    pub last_updated_time: Loose,
    pub sales_channel: Channel,
    pub fulfillment: Fulfilment,
    pub proceeds: Proceeds,
    pub recipient: Recipient,
    pub order_items: List<LineRow>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Channel {
    pub marketplace_id: Loose,
    pub marketplace_name: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Fulfilment {
    pub fulfillment_status: Loose,
    pub fulfilled_by: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Proceeds {
    pub grand_total: Amount,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Recipient {
    pub delivery_address: Option<Address>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Address {
    pub name: Loose,
    pub phone: Loose,
    pub address_line1: Loose,
    pub address_line2: Loose,
    pub city: Loose,
    pub state_or_region: Loose,
    pub postal_code: Loose,
    pub country_code: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct LineRow {
    pub order_item_id: Loose,
    pub quantity_ordered: Loose,
    pub product: LineProduct,
    pub fulfillment: LineFulfilment,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct LineProduct {
    pub asin: Loose,
    pub title: Loose,
    pub seller_sku: Loose,
    pub price: LinePrice,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct LinePrice {
    pub unit_price: Amount,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct LineFulfilment {
    pub quantity_unfulfilled: Loose,
}

/// `patchListingsItem`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Patched {
    pub status: Loose,
    pub issues: List<Issue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Issue {
    pub code: Loose,
    pub message: Loose,
    pub severity: Loose,
}
