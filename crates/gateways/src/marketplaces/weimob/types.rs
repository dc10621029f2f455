//! Weimob's own field names, only those we read. Everything may be absent; amounts are yuan as numbers or
//! text (the unit is unconfirmed), times milliseconds.

use serde::Deserialize;

use super::super::loose::{List, Loose};
use super::errors::Code;

/// `/fuwu/b/oauth2/token`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenReply {
    pub access_token: Loose,
    pub refresh_token: Loose,
    pub expires_in: Loose,
    pub refresh_token_expires_in: Loose,
    pub scope: Loose,
    pub business_operation_system_id: Loose,
    pub public_account_id: Loose,
    pub code: Option<Code>,
    pub error: Loose,
    pub error_description: Loose,
}

/// The envelope of every call.
#[derive(Deserialize)]
pub struct Reply<T> {
    pub data: Option<T>,
}

/// `goods/getList`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GoodsList {
    /// Must be there: an object without it is another answer.
    pub page_list: Option<List<GoodsRow>>,
    #[serde(default)]
    pub total_count: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct GoodsRow {
    pub goods_id: Loose,
    pub title: Loose,
    pub outer_goods_code: Loose,
    pub is_online: Loose,
    pub goods_price: Option<GoodsPrice>,
    pub goods_stock: Option<GoodsStock>,
    pub default_image_url: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct GoodsPrice {
    pub min_sale_price: Loose,
    pub max_sale_price: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct GoodsStock {
    pub goods_stock_num: Loose,
}

/// `goods/get`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Goods {
    /// Must be there: an object without it is another answer.
    pub sku_list: Option<List<SkuRow>>,
    #[serde(default)]
    pub goods_id: Loose,
    #[serde(default)]
    pub title: Loose,
    #[serde(default)]
    pub is_online: Loose,
    #[serde(default)]
    pub goods_image_url: List<Loose>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct SkuRow {
    pub sku_id: Loose,
    pub outer_sku_code: Loose,
    pub sale_price: Loose,
    pub sku_stock_num: Loose,
    pub sku_bar_code: Loose,
    pub image_url: Loose,
    /// Its dimensions; unconfirmed.
    pub sku_spec_list: List<Spec>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Spec {
    pub spec_name: Loose,
    pub spec_value_name: Loose,
}

/// `order/list/search`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderList {
    /// Must be there: an object without it is another answer.
    pub page_list: Option<List<OrderRow>>,
    #[serde(default)]
    pub total_count: Loose,
}

/// A row of it, and `order/detail/get`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderRow {
    pub order_info: Option<OrderInfo>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderInfo {
    pub order_base_info: BaseInfo,
    pub pay_info: PayInfo,
    pub items: List<ItemRow>,
    pub order_fulfill: Option<Fulfil>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct BaseInfo {
    pub order_no: Loose,
    pub order_status: Loose,
    pub order_status_name: Loose,
    pub create_time: Loose,
    pub update_time: Loose,
    pub pay_time: Loose,
    pub buyer_remark: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct PayInfo {
    pub pay_amount: Loose,
    pub should_pay_amount: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ItemRow {
    pub item_id: Loose,
    pub goods_id: Loose,
    pub sku_id: Loose,
    pub goods_title: Loose,
    pub sku_name: Loose,
    pub sku_num: Loose,
    pub sale_price: Loose,
    pub sku_code: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Fulfil {
    pub receiver_info: Option<ReceiverInfo>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ReceiverInfo {
    pub name: Loose,
    pub phone: Loose,
    pub province: Loose,
    pub city: Loose,
    pub county: Loose,
    pub address: Loose,
}

/// `stock/update`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct StockBody {
    pub fail_list: List<Failed>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Failed {
    pub goods_id: Loose,
    /// Empty: all variants of the goods.
    pub sku_id_set: List<Loose>,
    pub message: Loose,
}

/// A pushed message.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Pushed {
    pub id: Loose,
    pub topic: Loose,
    pub event: Loose,
    pub msg_body: serde_json::Value,
}
