//! Youzan's own field names, only those we read. Everything may be absent. Goods are in fen, orders in
//! yuan text, times Beijing's wall clock.

use serde::Deserialize;

use super::super::loose::{List, Loose};

/// `/auth/token`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenReply {
    pub success: Loose,
    pub code: Loose,
    pub message: Loose,
    pub data: Option<TokenBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenBody {
    pub access_token: Loose,
    pub refresh_token: Loose,
    pub expires: Loose,
    pub scope: Loose,
    pub authority_id: Loose,
}

/// The envelope of every call.
#[derive(Deserialize)]
pub struct Reply<T> {
    #[serde(alias = "response")]
    pub data: Option<T>,
}

/// `youzan.items.onsale.get`.
#[derive(Deserialize)]
pub struct ItemsBody {
    /// Must be there: an object without it is another answer.
    pub items: Option<List<ItemRow>>,
    #[serde(default)]
    pub count: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ItemRow {
    pub item_id: Loose,
    pub title: Loose,
    pub price: Loose,
    pub quantity: Loose,
    pub item_no: Loose,
    pub image: Loose,
}

/// `youzan.item.detail.get`. Its fields are unconfirmed: they stand here alone, in the spellings seen.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Detail {
    /// Some versions wrap the item once more.
    pub item: Option<Box<Detail>>,
    pub item_id: Loose,
    pub title: Loose,
    pub price: Loose,
    pub quantity: Loose,
    pub item_no: Loose,
    pub is_listing: Loose,
    pub images: List<Picture>,
    pub item_imgs: List<Picture>,
    pub sku_list: List<SkuRow>,
    pub skus: List<SkuRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Picture {
    pub url: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SkuRow {
    pub sku_id: Loose,
    pub price: Loose,
    pub quantity: Loose,
    pub stock_num: Loose,
    pub sku_no: Loose,
    pub item_no: Loose,
    pub outer_sku_id: Loose,
    pub sku_barcode: Loose,
    pub barcode: Loose,
    /// JSON text `[{"k":"规格","v":"5斤",…}]`.
    pub properties_name_json: Loose,
}

/// One dimension of [`SkuRow::properties_name_json`].
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Property {
    pub k: Loose,
    pub v: Loose,
}

/// `youzan.trades.sold.get`.
#[derive(Deserialize)]
pub struct TradesBody {
    /// Must be there: an object without it is another answer.
    pub full_order_info_list: Option<List<TradeRow>>,
    #[serde(default)]
    pub total_results: Loose,
}

/// A row of it, and `youzan.trade.get`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TradeRow {
    pub full_order_info: Option<Trade>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Trade {
    pub order_info: OrderInfo,
    pub pay_info: PayInfo,
    pub orders: List<LineRow>,
    pub address_info: Option<AddressInfo>,
    pub buyer_info: Option<BuyerInfo>,
    pub remark_info: Option<RemarkInfo>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OrderInfo {
    pub tid: Loose,
    pub status: Loose,
    pub status_str: Loose,
    pub created: Loose,
    pub update_time: Loose,
    pub pay_time: Loose,
    pub consign_time: Loose,
    pub success_time: Loose,
    pub refund_state: Loose,
    pub express_type: Loose,
    pub node_kdt_id: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PayInfo {
    pub payment: Loose,
    pub post_fee: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LineRow {
    pub oid: Loose,
    pub item_id: Loose,
    pub sku_id: Loose,
    pub outer_item_id: Loose,
    pub outer_sku_id: Loose,
    pub title: Loose,
    pub sku_properties_name: Loose,
    pub num: Loose,
    pub price: Loose,
    pub payment: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AddressInfo {
    pub receiver_name: Loose,
    pub receiver_tel: Loose,
    pub delivery_province: Loose,
    pub delivery_city: Loose,
    pub delivery_district: Loose,
    pub delivery_postal_code: Loose,
    pub delivery_address: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct BuyerInfo {
    pub yz_open_id: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RemarkInfo {
    pub buyer_message: Loose,
}

/// Writes: stock and shipments.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Outcome {
    pub is_success: Loose,
}

/// `youzan.logistics.express.get`. Its fields are unconfirmed: they stand here alone.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CarriersBody {
    #[serde(rename = "allExpress", alias = "all_express")]
    pub all_express: List<CarrierRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CarrierRow {
    pub id: Loose,
    pub name: Loose,
}

/// A pushed message.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Pushed {
    pub id: Loose,
    pub kdt_id: Loose,
    #[serde(rename = "type")]
    pub kind: Loose,
    pub msg_id: Loose,
    pub version: Loose,
    pub msg: serde_json::Value,
}
