//! TOP's own field names, only those we read. Everything may be absent; money is yuan text, rates
//! are percent text.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::loose::{List, Loose};

/// `taobao.tbk.dg.material.optional.upgrade`.
#[derive(Deserialize)]
pub struct SearchReply {
    pub tbk_dg_material_optional_upgrade_response: Option<SearchBody>,
    /// "No result", the one error that [`super::errors::classify`] lets pass.
    pub error_response: Option<IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SearchBody {
    pub total_results: Loose,
    pub result_list: Option<MapData>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct MapData {
    pub map_data: List<ItemRow>,
}

/// `taobao.tbk.item.info.upgrade.get`.
#[derive(Deserialize)]
pub struct DetailReply {
    pub tbk_item_info_upgrade_get_response: Option<DetailBody>,
    /// As in [`SearchReply`].
    pub error_response: Option<IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct DetailBody {
    pub results: Option<Details>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Details {
    pub tbk_item_detail: List<ItemRow>,
}

/// One item of search and detail.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ItemRow {
    pub item_id: Loose,
    /// The id as we asked for it; the platform may answer under another.
    pub input_item_iid: Loose,
    pub item_basic_info: Option<BasicInfo>,
    pub price_promotion_info: Option<PriceInfo>,
    pub publish_info: Option<PublishInfo>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct BasicInfo {
    pub title: Loose,
    pub pict_url: Loose,
    pub small_images: Option<Strings>,
    pub category_id: Loose,
    pub category_name: Loose,
    pub seller_id: Loose,
    pub shop_title: Loose,
    pub volume: Loose,
    pub annual_vol: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Strings {
    pub string: List<Loose>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PriceInfo {
    pub reserve_price: Loose,
    pub zk_final_price: Loose,
    pub final_promotion_price: Loose,
    pub final_promotion_path_list: Option<PromotionPath>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PromotionPath {
    pub final_promotion_path_map_data: List<Promotion>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Promotion {
    /// Unix milliseconds.
    pub promotion_end_time: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PublishInfo {
    pub click_url: Loose,
    pub coupon_share_url: Loose,
    pub income_rate: Loose,
    pub income_info: Option<IncomeInfo>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IncomeInfo {
    pub commission_rate: Loose,
    pub commission_amount: Loose,
}

/// `taobao.tbk.tpwd.create`.
#[derive(Deserialize)]
pub struct PasswordReply {
    pub tbk_tpwd_create_response: Option<PasswordBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PasswordBody {
    pub data: Option<Password>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Password {
    pub model: Loose,
    pub password_simple: Loose,
}

/// `taobao.tbk.dg.general.link.convert`.
#[derive(Deserialize)]
pub struct ConvertReply {
    pub tbk_dg_general_link_convert_response: Option<ConvertBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ConvertBody {
    pub data: Option<Converted>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Converted {
    pub item_url_list: Option<ConvertedItems>,
    pub biz_error_desc: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ConvertedItems {
    pub item_url_list: List<ConvertedItem>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ConvertedItem {
    pub link_info_dto: Option<LinkInfo>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LinkInfo {
    pub coupon_full_tpwd: Loose,
    pub coupon_long_url: Loose,
    pub coupon_short_url: Loose,
    pub cps_full_tpwd: Loose,
    pub cps_long_url: Loose,
    pub cps_short_url: Loose,
}

/// `taobao.tbk.order.details.get`.
#[derive(Deserialize)]
pub struct OrdersReply {
    pub tbk_order_details_get_response: Option<OrdersBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrdersBody {
    pub data: Option<Orders>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Orders {
    pub has_next: Loose,
    pub position_index: Loose,
    pub results: Option<OrderRows>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderRows {
    pub publisher_order_dto: List<OrderRow>,
}

/// One sub-order. Times are Beijing wall clock.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderRow {
    pub trade_id: Loose,
    pub trade_parent_id: Loose,
    pub tk_status: Loose,
    pub item_id: Loose,
    pub item_title: Loose,
    pub item_num: Loose,
    pub alipay_total_price: Loose,
    pub pub_share_pre_fee: Loose,
    pub pub_share_fee: Loose,
    pub alimama_share_fee: Loose,
    pub platform_special_service_fee: Loose,
    pub total_commission_rate: Loose,
    pub refund_tag: Loose,
    pub relation_id: Loose,
    pub special_id: Loose,
    pub adzone_id: Loose,
    pub tk_create_time: Loose,
    pub tb_paid_time: Loose,
    pub tk_paid_time: Loose,
    pub tk_earning_time: Loose,
    pub modified_time: Loose,
    pub deposit_price: Loose,
}
