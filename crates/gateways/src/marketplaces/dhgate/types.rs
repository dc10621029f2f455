//! The gateway's own field names, only those we read. Everything may be absent.

use serde::{Deserialize, Serialize};

use super::super::loose::{List, Loose};

/// `dh.order.list.get`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderList {
    pub count: Loose,
    pub pages: Loose,
    pub order_base_info_list: Option<List<OrderRow>>,
}

/// A row of the list, and what `dh.order.get` says of one order.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderRow {
    pub order_no: Loose,
    pub order_status: Loose,
    pub order_total_price: Loose,
    pub started_date: Loose,
    pub pay_date: Loose,
    pub update_date: Loose,
    pub delivery_deadline: Loose,
    pub country: Loose,
    pub order_contact: Option<Contact>,
}

/// `dh.order.get`; whether its fields stand alone or under a name is not certain.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderAnswer {
    pub order_info: Option<OrderRow>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Contact {
    pub first_name: Loose,
    pub last_name: Loose,
    pub country: Loose,
    pub state: Loose,
    pub city: Loose,
    pub address_line1: Loose,
    pub address_line2: Loose,
    pub postal_code: Loose,
    pub telephone: Loose,
}

/// `dh.order.product.get`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Products {
    pub order_product_list: Option<List<ProductRow>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ProductRow {
    pub itemcode: Loose,
    pub item_name: Loose,
    pub item_count: Loose,
    pub item_price: Loose,
    pub sku_code: Loose,
    pub item_attr: Loose,
}

/// An order of the list without its lines, or lines without their order.
#[derive(Clone, Serialize, Deserialize)]
pub enum OrderHalf {
    Row(Row),
    Lines { order_no: String, lines: Vec<Line> },
}

/// What a cursor keeps of a row.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Row {
    pub order_no: String,
    pub status: String,
    pub total: String,
    pub started: Option<String>,
    pub paid: Option<String>,
    pub updated: Option<String>,
    pub deadline: Option<String>,
    pub country: Option<String>,
}

/// What a cursor keeps of a line.
#[derive(Clone, Serialize, Deserialize)]
pub struct Line {
    pub item: String,
    pub name: String,
    pub count: i64,
    pub price: Option<String>,
    pub code: Option<String>,
    pub spec: Option<String>,
}

/// `dh.item.list`; the name of its list is unconfirmed.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Items {
    pub pages: Loose,
    pub item_list: Option<List<ItemRow>>,
    pub item_base_info_list: Option<List<ItemRow>>,
}

/// A row of it, and `dh.item.get`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ItemRow {
    pub item_code: Loose,
    pub item_name: Loose,
    pub item_img_url: Loose,
}

/// What a cursor keeps of an item.
#[derive(Clone, Serialize, Deserialize)]
pub struct ItemHalf {
    pub code: String,
    pub name: String,
    pub picture: Option<String>,
}

/// `dh.item.sku.list`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Skus {
    pub item_sku_list: Option<List<SkuRow>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct SkuRow {
    pub sku_id: Loose,
    pub sku_code: Loose,
    pub retail_price: Loose,
    pub inventory: Loose,
}

/// `dh.shipping.typelist`; the name of its list is unconfirmed.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ShippingTypes {
    pub shipping_type_list: Option<List<ShippingType>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ShippingType {
    pub shipping_type: Loose,
    pub name: Loose,
}
