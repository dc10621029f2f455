//! The gateway's own field names, only those we read. Everything may be absent; amounts are yuan text.

use serde::Deserialize;

use super::super::loose::{List, Loose};

/// `pdd.pop.auth.token.create` and `….refresh`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenReply {
    pub pop_auth_token_create_response: Option<TokenBody>,
    pub pop_auth_token_refresh_response: Option<TokenBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenBody {
    pub access_token: Loose,
    pub refresh_token: Loose,
    pub expires_in: Loose,
    pub expires_at: Loose,
    pub refresh_token_expires_in: Loose,
    pub refresh_token_expires_at: Loose,
    pub owner_id: Loose,
    pub owner_name: Loose,
    pub scope: List<Loose>,
}

/// `pdd.mall.info.get`.
#[derive(Deserialize)]
pub struct MallReply {
    pub mall_info_get_response: Option<MallBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct MallBody {
    pub mall_id: Loose,
    pub mall_name: Loose,
}

/// `pdd.goods.list.get`.
#[derive(Deserialize)]
pub struct GoodsListReply {
    pub goods_list_get_response: Option<GoodsListBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct GoodsListBody {
    pub goods_list: List<ListedGoods>,
    pub total_count: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ListedGoods {
    pub goods_id: Loose,
    pub image_url: Loose,
}

/// `pdd.goods.information.get`.
#[derive(Deserialize)]
pub struct GoodsReply {
    pub goods_info_get_response: Option<GoodsBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct GoodsBody {
    pub goods_info: Option<GoodsRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct GoodsRow {
    pub goods_id: Loose,
    pub goods_name: Loose,
    pub image_url: Loose,
    pub cat_id: Loose,
    pub is_onsale: Loose,
    pub sku_list: List<SkuRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SkuRow {
    pub sku_id: Loose,
    pub spec: Loose,
    pub sku_quantity: Loose,
    pub outer_id: Loose,
    pub is_sku_onsale: Loose,
    pub group_price: Loose,
    pub single_price: Loose,
    pub sku_img: Loose,
}

/// `pdd.goods.quantity.update`.
#[derive(Deserialize)]
pub struct QuantityReply {
    pub goods_quantity_update_response: Option<Outcome>,
}

/// `pdd.logistics.online.send`.
#[derive(Deserialize)]
pub struct SendReply {
    pub logistics_online_send_response: Option<Outcome>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Outcome {
    pub is_success: Loose,
}

/// `pdd.order.number.list.increment.get`.
#[derive(Deserialize)]
pub struct OrdersReply {
    pub order_sn_increment_get_response: Option<OrdersBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrdersBody {
    pub order_sn_list: List<OrderRow>,
    pub total_count: Loose,
    pub has_next: Option<bool>,
}

/// `pdd.order.information.get`.
#[derive(Deserialize)]
pub struct OrderReply {
    pub order_info_get_response: Option<OrderBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderBody {
    pub order_info: Option<OrderRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderRow {
    pub order_sn: Loose,
    pub order_status: Loose,
    pub refund_status: Loose,
    pub after_sales_status: Loose,
    pub confirm_status: Loose,
    pub group_status: Loose,
    pub risk_control_status: Loose,
    pub created_time: Loose,
    pub pay_time: Loose,
    pub updated_at: Loose,
    pub shipping_time: Loose,
    pub receive_time: Loose,
    pub last_ship_time: Loose,
    pub pay_amount: Loose,
    pub postage: Loose,
    pub platform_discount: Loose,
    pub country: Loose,
    pub province: Loose,
    pub city: Loose,
    pub town: Loose,
    pub receiver_name: Loose,
    pub receiver_phone: Loose,
    pub receiver_address: Loose,
    pub receiver_name_mask: Loose,
    pub receiver_phone_mask: Loose,
    pub receiver_address_mask: Loose,
    pub tracking_number: Loose,
    pub logistics_id: Loose,
    pub buyer_memo: Loose,
    pub item_list: List<ItemRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ItemRow {
    pub goods_id: Loose,
    pub sku_id: Loose,
    pub goods_name: Loose,
    pub goods_spec: Loose,
    pub goods_price: Loose,
    pub goods_count: Loose,
    pub outer_id: Loose,
}

/// `pdd.open.decrypt.batch`. Its field names are unconfirmed: they stand here alone.
#[derive(Deserialize)]
pub struct OpenedReply {
    pub open_decrypt_batch_response: Option<OpenedBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OpenedBody {
    pub data_decrypt_list: List<OpenedRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OpenedRow {
    pub encrypted_data: Loose,
    pub decrypted_data: Loose,
    pub error_code: Loose,
    pub error_msg: Loose,
}

/// `pdd.logistics.companies.get`. Its field names are unconfirmed: they stand here alone.
#[derive(Deserialize)]
pub struct CarriersReply {
    pub logistics_companies_get_response: Option<CarriersBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CarriersBody {
    pub logistics_companies: List<CarrierRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CarrierRow {
    pub id: Loose,
    pub code: Loose,
    pub logistics_company: Loose,
    pub available: Loose,
}
