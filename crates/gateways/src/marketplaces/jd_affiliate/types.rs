//! The Union's own field names, only those we read. Everything may be absent; money is a JSON number
//! of yuan, rates are percent.

use serde::Deserialize;

use super::super::loose::{List, Loose};

/// `jd.union.open.goods.query`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct GoodsBody {
    pub data: List<GoodsRow>,
    pub total_count: Loose,
}

/// One item.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct GoodsRow {
    pub sku_id: Loose,
    /// Newer media may be given this id alone.
    pub item_id: Loose,
    pub sku_name: Loose,
    pub material_url: Loose,
    pub category_info: Option<CategoryInfo>,
    pub image_info: Option<ImageInfo>,
    pub price_info: Option<PriceInfo>,
    pub commission_info: Option<CommissionInfo>,
    pub coupon_info: Option<CouponInfo>,
    pub shop_info: Option<ShopInfo>,
    pub forbid_types: List<Loose>,
    #[serde(rename = "inOrderCount30Days")]
    pub orders_of_30_days: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct CategoryInfo {
    pub cid1: Loose,
    #[serde(rename = "cid1Name")]
    pub cid1_name: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ImageInfo {
    pub image_list: List<Image>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Image {
    pub url: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct PriceInfo {
    pub price: Loose,
    pub lowest_price: Loose,
    pub lowest_coupon_price: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct CommissionInfo {
    pub commission_share: Loose,
    pub coupon_commission: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct CouponInfo {
    pub coupon_list: List<Coupon>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Coupon {
    pub link: Loose,
    pub is_best: Loose,
    pub use_end_time: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ShopInfo {
    pub shop_id: Loose,
    pub shop_name: Loose,
}

/// `jd.union.open.promotion.common.get` and `….bysubunionid.get`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LinkBody {
    pub data: Option<LinkRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LinkRow {
    /// Sixty days.
    #[serde(rename = "shortURL")]
    pub short_url: Loose,
    /// For good.
    #[serde(rename = "clickURL")]
    pub click_url: Loose,
    #[serde(rename = "jCommand")]
    pub j_command: Loose,
}

/// `jd.union.open.order.row.query`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrdersBody {
    pub data: List<OrderRow>,
    pub has_more: Loose,
}

/// One line of an order.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderRow {
    pub id: Loose,
    pub order_id: Loose,
    pub order_time: Loose,
    pub finish_time: Loose,
    pub modify_time: Loose,
    /// The predicted day of settlement, `yyyyMMdd`; 0 before completion.
    pub pay_month: Loose,
    pub sku_id: Loose,
    pub item_id: Loose,
    pub sku_name: Loose,
    pub sku_num: Loose,
    pub sku_return_num: Loose,
    pub commission_rate: Loose,
    pub estimate_cos_price: Loose,
    pub estimate_fee: Loose,
    pub actual_cos_price: Loose,
    pub actual_fee: Loose,
    pub valid_code: Loose,
    pub position_id: Loose,
    pub sub_union_id: Loose,
    pub channel_id: Loose,
}
