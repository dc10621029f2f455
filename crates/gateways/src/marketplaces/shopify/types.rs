//! Shopify's own field names, only those we read. Everything may be absent.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::amount::Amount;
use super::super::loose::{List, Loose};

/// What every answer is in.
#[derive(Deserialize)]
pub struct Envelope<T> {
    pub data: Option<T>,
}

/// A part of a list.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase", bound = "T: DeserializeOwned + Default")]
pub struct Connection<T> {
    pub nodes: List<T>,
    pub page_info: PageInfo,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct PageInfo {
    pub has_next_page: Loose,
    pub end_cursor: Loose,
}

impl PageInfo {
    /// The place of the next part, if there is one.
    pub fn next(&self) -> Option<String> {
        self.end_cursor.owned().filter(|_| self.has_next_page.is_true())
    }
}

#[derive(Deserialize)]
pub struct ShopData {
    pub shop: Shop,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Shop {
    pub name: Loose,
    pub myshopify_domain: Loose,
    pub currency_code: Loose,
}

/// Something of which only the id is read.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Named {
    pub id: Loose,
}

/// Of one product or of many.
#[derive(Deserialize)]
pub struct ProductsData {
    #[serde(default)]
    pub shop: Shop,
    pub location: Option<Named>,
    pub products: Option<Connection<ProductRow>>,
    pub product: Option<ProductRow>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ProductRow {
    pub id: Loose,
    pub title: Loose,
    pub status: Loose,
    pub updated_at: Loose,
    pub featured_media: Option<Media>,
    pub variants: Connection<VariantRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Media {
    pub preview: Option<Preview>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Preview {
    pub image: Option<Image>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Image {
    pub url: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct VariantRow {
    pub id: Loose,
    pub sku: Loose,
    pub barcode: Loose,
    pub price: Loose,
    pub inventory_quantity: Loose,
    pub selected_options: List<OptionRow>,
    pub inventory_item: InventoryItem,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OptionRow {
    pub name: Loose,
    pub value: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct InventoryItem {
    pub id: Loose,
    pub tracked: Loose,
    pub inventory_levels: Connection<Level>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Level {
    pub location: Named,
}

/// Of one order or of many.
#[derive(Deserialize)]
pub struct OrdersData {
    pub orders: Option<Connection<OrderRow>>,
    pub order: Option<OrderRow>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderRow {
    pub id: Loose,
    pub name: Loose,
    pub note: Loose,
    pub created_at: Loose,
    pub updated_at: Loose,
    pub cancelled_at: Loose,
    pub display_financial_status: Loose,
    pub display_fulfillment_status: Loose,
    pub current_total_price_set: MoneySet,
    pub total_price_set: MoneySet,
    pub total_shipping_price_set: MoneySet,
    pub shipping_address: Option<Address>,
    pub line_items: Connection<LineRow>,
}

/// The store's own currency; the buyer's is for show.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct MoneySet {
    pub shop_money: Amount,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Address {
    pub name: Loose,
    pub phone: Loose,
    #[serde(rename = "countryCodeV2")]
    pub country_code: Loose,
    pub province: Loose,
    pub city: Loose,
    pub address1: Loose,
    pub address2: Loose,
    pub zip: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct LineRow {
    pub id: Loose,
    pub sku: Loose,
    pub title: Loose,
    pub variant_title: Loose,
    pub quantity: Loose,
    pub current_quantity: Loose,
    pub product: Option<Named>,
    pub variant: Option<Named>,
    pub original_unit_price_set: MoneySet,
    pub discounted_total_set: MoneySet,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockData {
    pub inventory_set_quantities: Option<Written>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FulfilData {
    pub fulfillment_create: Option<Written>,
}

/// The outcome of a write: any error means that it did not happen.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    pub user_errors: Vec<UserError>,
    pub fulfillment: Option<Named>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct UserError {
    pub code: Loose,
    pub field: List<Loose>,
    pub message: Loose,
}

#[derive(Deserialize)]
pub struct ToShipData {
    pub order: Option<ToShip>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ToShip {
    pub fulfillment_orders: Connection<FulfilmentOrder>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct FulfilmentOrder {
    pub id: Loose,
    pub status: Loose,
    pub line_items: Connection<FulfilmentLine>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct FulfilmentLine {
    pub id: Loose,
    pub remaining_quantity: Loose,
    pub line_item: Named,
}
