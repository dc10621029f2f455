//! The gateway's own field names, only those we read. Everything may be absent.

use serde::Deserialize;

use super::super::amount::Amount;
use super::super::loose::Loose;
use super::answer::Rows;

/// `aliexpress.solution.product.list.get`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ProductList {
    pub aeop_a_e_product_display_d_t_o_list: Option<Rows<ListedProduct>>,
    pub product_count: Loose,
    pub total_page: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ListedProduct {
    pub product_id: Loose,
    pub subject: Loose,
    pub currency_code: Loose,
    pub product_min_price: Loose,
    pub product_max_price: Loose,
    pub image_u_r_ls: Loose,
}

/// `aliexpress.solution.product.info.get`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Product {
    pub product_id: Loose,
    pub subject: Loose,
    pub currency_code: Loose,
    pub category_id: Loose,
    pub product_status_type: Loose,
    pub image_u_r_ls: Loose,
    pub aeop_ae_product_s_k_us: Rows<Sku>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Sku {
    pub id: Loose,
    pub sku_code: Loose,
    pub sku_price: Loose,
    pub ipm_sku_stock: Loose,
    pub currency_code: Loose,
    pub aeop_s_k_u_property_list: Rows<Property>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Property {
    pub sku_property_name: Loose,
    pub sku_property_value: Loose,
    pub property_value_definition_name: Loose,
    pub sku_image: Loose,
}

/// `aliexpress.solution.order.get`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderList {
    pub total_count: Loose,
    pub total_page: Loose,
    pub target_list: Rows<OrderRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderRow {
    pub order_id: Loose,
    pub order_status: Loose,
    /// Why a closed order was closed.
    pub end_reason: Loose,
    pub fund_status: Loose,
    pub logistics_status: Loose,
    pub gmt_create: Loose,
    pub gmt_update: Loose,
    pub gmt_pay_time: Loose,
    pub pay_amount: Amount,
    pub product_list: Rows<LineRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LineRow {
    pub child_id: Loose,
    pub order_id: Loose,
    pub product_id: Loose,
    pub sku_code: Loose,
    pub product_name: Loose,
    pub product_count: Loose,
    pub product_unit_price: Amount,
    pub total_product_amount: Amount,
    pub son_order_status: Loose,
}

/// `aliexpress.solution.order.info.get`; its names differ from the list's.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderInfo {
    pub data: Option<OrderDetail>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderDetail {
    pub id: Loose,
    pub order_status: Loose,
    pub order_end_reason: Loose,
    pub fund_status: Loose,
    pub logistics_status: Loose,
    pub gmt_create: Loose,
    pub gmt_modified: Loose,
    pub gmt_pay_success: Loose,
    pub order_amount: Amount,
    pub child_order_list: Rows<ChildRow>,
    pub receipt_address: Option<Address>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ChildRow {
    pub id: Loose,
    pub product_id: Loose,
    pub sku_code: Loose,
    pub product_name: Loose,
    pub product_count: Loose,
    pub product_price: Amount,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Address {
    pub contact_person: Loose,
    pub country: Loose,
    pub province: Loose,
    pub city: Loose,
    pub detail_address: Loose,
    pub address2: Loose,
    pub zip: Loose,
    pub mobile_no: Loose,
    pub phone_number: Loose,
}

/// `aliexpress.solution.batch.product.inventory.update`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Updated {
    pub update_success: Loose,
    pub update_error_code: Loose,
    pub update_error_message: Loose,
    pub update_successful_list: Rows<UpdatedProduct>,
    pub update_failed_list: Rows<UpdatedProduct>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct UpdatedProduct {
    pub product_id: Loose,
    pub error_code: Loose,
    pub error_message: Loose,
}

/// `aliexpress.solution.order.fulfill`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Fulfilled {
    pub result_success: Loose,
    pub success: Loose,
    pub result_error_code: Loose,
    pub result_error_desc: Loose,
}

/// `aliexpress.logistics.redefining.listlogisticsservice`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Services {
    pub result_list: Option<Rows<Service>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Service {
    pub service_name: Loose,
    pub display_name: Loose,
    pub logistics_company: Loose,
}
