//! The gateway's own field names, only those we read. Everything may be absent.

use serde::Deserialize;

use super::super::loose::{List, Loose};

/// `pdd.ddk.goods.search`.
#[derive(Deserialize)]
pub struct SearchReply {
    pub goods_search_response: Option<SearchBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SearchBody {
    pub goods_list: List<GoodsRow>,
    pub total_count: Loose,
    pub list_id: Loose,
    pub search_id: Loose,
}

/// `pdd.ddk.goods.detail`.
#[derive(Deserialize)]
pub struct DetailReply {
    pub goods_detail_response: Option<DetailBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct DetailBody {
    pub goods_details: List<GoodsRow>,
}

/// One item of search and detail. Money in fen, rates per mille, times in unix seconds.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct GoodsRow {
    pub goods_sign: Loose,
    pub goods_name: Loose,
    pub goods_image_url: Loose,
    pub goods_gallery_urls: List<Loose>,
    pub min_group_price: Loose,
    pub has_coupon: Loose,
    pub coupon_discount: Loose,
    pub coupon_min_order_amount: Loose,
    pub coupon_start_time: Loose,
    pub coupon_end_time: Loose,
    pub coupon_remain_quantity: Loose,
    pub promotion_rate: Loose,
    pub sales_tip: Loose,
    pub mall_id: Loose,
    pub mall_name: Loose,
    pub opt_id: Loose,
    pub opt_name: Loose,
    pub goods_labels: List<Loose>,
    pub search_id: Loose,
    pub zs_duo_id: Loose,
}

/// `pdd.ddk.goods.promotion.url.generate`.
#[derive(Deserialize)]
pub struct LinkReply {
    pub goods_promotion_url_generate_response: Option<LinkBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LinkBody {
    pub goods_promotion_url_list: List<LinkRow>,
}

/// `pdd.ddk.rp.prom.url.generate`.
#[derive(Deserialize)]
pub struct FilingLinkReply {
    pub rp_promotion_url_generate_response: Option<FilingLinkBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct FilingLinkBody {
    pub url_list: List<LinkRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LinkRow {
    pub url: Loose,
    pub mobile_url: Loose,
    pub short_url: Loose,
    pub we_app_info: Option<WeApp>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct WeApp {
    pub app_id: Loose,
    pub page_path: Loose,
}

/// `pdd.ddk.member.authority.query`.
#[derive(Deserialize)]
pub struct FiledReply {
    pub authority_query_response: Option<FiledBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct FiledBody {
    pub bind: Loose,
}

/// `pdd.ddk.order.list.increment.get`.
#[derive(Deserialize)]
pub struct OrdersReply {
    pub order_list_get_response: Option<OrdersBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrdersBody {
    pub order_list: List<OrderRow>,
    pub total_count: Loose,
}

/// `pdd.ddk.order.detail.get`.
#[derive(Deserialize)]
pub struct OrderReply {
    pub order_detail_response: Option<OrderRow>,
}

/// One order line. Money in fen, rates per mille, times in unix seconds.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderRow {
    pub order_sn: Loose,
    pub order_status: Loose,
    pub goods_sign: Loose,
    pub goods_name: Loose,
    pub goods_quantity: Loose,
    pub order_amount: Loose,
    pub promotion_amount: Loose,
    pub promotion_rate: Loose,
    pub duo_id_service_fee: Loose,
    pub custom_parameters: Loose,
    /// The position's name in lists; in the detail it is `pid`.
    pub p_id: Loose,
    pub pid: Loose,
    pub order_create_time: Loose,
    pub order_pay_time: Loose,
    pub order_receive_time: Loose,
    pub order_settle_time: Loose,
    pub order_modify_at: Loose,
    pub fail_reason: Loose,
    pub price_compare_status: Loose,
    pub return_status: Loose,
}
