//! JOS's own field names, only those we read; the sheet confirms few of them. Everything may be absent;
//! amounts are yuan, times Beijing's wall clock.

use serde::Deserialize;

use super::super::loose::{List, Loose};

/// The token host's answer.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenReply {
    pub access_token: Loose,
    pub refresh_token: Loose,
    pub expires_in: Loose,
    pub uid: Loose,
    pub open_id: Loose,
    pub user_nick: Loose,
    pub scope: Loose,
    pub code: Loose,
    pub msg: Loose,
    pub error_response: Option<TokenRefusal>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenRefusal {
    pub code: Loose,
    pub zh_desc: Loose,
}

/// `jingdong.ware.read.searchWare4Valid`.
#[derive(Deserialize)]
pub struct WaresReply {
    pub page: Option<WaresPage>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct WaresPage {
    pub data: List<Ware>,
    pub total_item: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Ware {
    pub ware_id: Loose,
    pub title: Loose,
    pub logo: Loose,
    pub category_id: Loose,
    /// 8: on sale.
    pub ware_status: Loose,
    pub jd_price: Loose,
    pub stock_num: Loose,
    pub outer_id: Loose,
    pub barcode: Loose,
}

/// `jingdong.sku.read.searchSkuList`.
#[derive(Deserialize)]
pub struct SkusReply {
    pub page: Option<SkusPage>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct SkusPage {
    pub data: List<Sku>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Sku {
    pub ware_id: Loose,
    pub ware_title: Loose,
    pub sku_id: Loose,
    pub sku_name: Loose,
    /// 1: on sale.
    pub status: Loose,
    pub jd_price: Loose,
    pub stock_num: Loose,
    pub outer_id: Loose,
    pub bar_code: Loose,
    pub logo: Loose,
    pub category_id: Loose,
    pub sale_attrs: List<SaleAttribute>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct SaleAttribute {
    pub attr_name: Loose,
    pub attr_value_alias: List<Loose>,
}

/// `jingdong.pop.order.search`.
#[derive(Deserialize)]
pub struct OrdersReply {
    pub searchorderinfo_result: Option<OrdersBody>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrdersBody {
    pub api_result: Option<Outcome>,
    pub order_info_list: List<OrderRow>,
    pub order_total: Loose,
}

/// `jingdong.pop.order.get`.
#[derive(Deserialize)]
pub struct OrderReply {
    #[serde(rename = "orderDetailInfo")]
    pub detail: Option<OrderBody>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderBody {
    pub api_result: Option<Outcome>,
    pub order_info: Option<OrderRow>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Outcome {
    pub success: Loose,
    pub number_code: Loose,
    pub chinese_err_code: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderRow {
    pub order_id: Loose,
    pub order_state: Loose,
    pub order_state_remark: Loose,
    pub order_payment: Loose,
    pub freight_price: Loose,
    pub order_start_time: Loose,
    pub payment_confirm_time: Loose,
    pub order_end_time: Loose,
    pub modified: Loose,
    pub order_remark: Loose,
    pub open_id_buyer: Loose,
    pub waybill: Loose,
    pub logistics_id: Loose,
    pub consignee_info: Option<Consignee>,
    pub item_info_list: List<ItemRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Consignee {
    pub province: Loose,
    pub city: Loose,
    pub county: Loose,
    pub fullname: Loose,
    pub mobile: Loose,
    pub telephone: Loose,
    #[serde(rename = "fullAddress")]
    pub full_address: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ItemRow {
    pub sku_id: Loose,
    pub ware_id: Loose,
    pub outer_sku_id: Loose,
    pub sku_name: Loose,
    pub item_total: Loose,
    pub jd_price: Loose,
}

/// `jingdong.stock.write.updateSkuStock`.
#[derive(Deserialize)]
pub struct StockReply {
    pub success: Option<Loose>,
}

/// `jingdong.pop.order.shipment`.
#[derive(Deserialize)]
pub struct ShipmentReply {
    #[serde(rename = "sopjosshipment_result")]
    pub result: Option<Outcome>,
}

/// `jingdong.get.vender.carrier`.
#[derive(Deserialize)]
pub struct CarriersReply {
    #[serde(rename = "getVenderCarrierResult", alias = "result")]
    pub result: Option<List<CarrierRow>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CarrierRow {
    pub id: Loose,
    pub name: Loose,
}
