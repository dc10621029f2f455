//! TOP's own field names, only those we read. Everything may be absent; amounts are yuan text, times
//! Beijing's wall clock.

use serde::Deserialize;

use super::super::loose::{List, Loose};

/// `taobao.top.auth.token.create` and `….refresh`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenReply {
    pub top_auth_token_create_response: Option<TokenBody>,
    pub top_auth_token_refresh_response: Option<TokenBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenBody {
    /// JSON text of a [`Token`].
    pub token_result: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Token {
    pub access_token: Loose,
    pub refresh_token: Loose,
    pub expires_in: Loose,
    pub re_expires_in: Loose,
    pub taobao_user_id: Loose,
    /// Apps that may not see ids are told this one.
    pub taobao_open_uid: Loose,
    pub taobao_user_nick: Loose,
}

/// `taobao.user.seller.get`.
#[derive(Deserialize)]
pub struct UserReply {
    pub user_seller_get_response: Option<UserBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct UserBody {
    pub user: Option<User>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct User {
    pub user_id: Loose,
    pub nick: Loose,
}

/// `taobao.items.onsale.get`.
#[derive(Deserialize)]
pub struct OnSaleReply {
    pub items_onsale_get_response: Option<ItemsBody>,
}

/// `taobao.items.seller.list.get`.
#[derive(Deserialize)]
pub struct ItemsReply {
    pub items_seller_list_get_response: Option<ItemsBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ItemsBody {
    pub items: Option<Items>,
    pub total_results: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Items {
    pub item: List<Item>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Item {
    pub num_iid: Loose,
    pub title: Loose,
    pub pic_url: Loose,
    pub num: Loose,
    pub price: Loose,
    pub outer_id: Loose,
    pub barcode: Loose,
    pub cid: Loose,
    pub modified: Loose,
    pub approve_status: Loose,
    pub item_imgs: Option<Images>,
    pub skus: Option<Skus>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Images {
    pub item_img: List<Image>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Image {
    pub url: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Skus {
    pub sku: List<Sku>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Sku {
    pub sku_id: Loose,
    pub price: Loose,
    pub quantity: Loose,
    pub outer_id: Loose,
    pub barcode: Loose,
    /// `pid:vid:name:value;…`
    pub properties_name: Loose,
    pub status: Loose,
}

/// `taobao.trades.sold.increment.get`.
#[derive(Deserialize)]
pub struct TradesReply {
    pub trades_sold_increment_get_response: Option<TradesBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TradesBody {
    pub trades: Option<Trades>,
    pub total_results: Loose,
    pub has_next: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Trades {
    pub trade: List<Trade>,
}

/// `taobao.trade.fullinfo.get`.
#[derive(Deserialize)]
pub struct TradeReply {
    pub trade_fullinfo_get_response: Option<TradeBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TradeBody {
    pub trade: Option<Trade>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Trade {
    pub tid: Loose,
    pub status: Loose,
    pub payment: Loose,
    pub post_fee: Loose,
    pub created: Loose,
    pub pay_time: Loose,
    pub consign_time: Loose,
    pub end_time: Loose,
    pub modified: Loose,
    pub buyer_open_uid: Loose,
    pub buyer_message: Loose,
    pub receiver_country: Loose,
    pub receiver_state: Loose,
    pub receiver_city: Loose,
    pub receiver_district: Loose,
    pub receiver_zip: Loose,
    pub receiver_name: Loose,
    pub receiver_mobile: Loose,
    pub receiver_phone: Loose,
    pub receiver_address: Loose,
    pub orders: Option<Orders>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Orders {
    pub order: List<Order>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Order {
    pub oid: Loose,
    pub num_iid: Loose,
    pub sku_id: Loose,
    pub outer_iid: Loose,
    pub outer_sku_id: Loose,
    pub title: Loose,
    pub sku_properties_name: Loose,
    pub num: Loose,
    pub price: Loose,
    pub payment: Loose,
    pub status: Loose,
    pub refund_status: Loose,
    pub logistics_company: Loose,
    pub invoice_no: Loose,
}

/// `taobao.item.quantity.update`.
#[derive(Deserialize)]
pub struct QuantityReply {
    pub item_quantity_update_response: Option<QuantityBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct QuantityBody {}

/// `taobao.logistics.offline.send`.
#[derive(Deserialize)]
pub struct SendReply {
    pub logistics_offline_send_response: Option<SendBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SendBody {
    pub shipping: Option<Shipping>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Shipping {
    pub is_success: Loose,
}

/// `taobao.logistics.companies.get`.
#[derive(Deserialize)]
pub struct CarriersReply {
    pub logistics_companies_get_response: Option<CarriersBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CarriersBody {
    pub logistics_companies: Option<Carriers>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Carriers {
    pub logistics_company: List<Carrier>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Carrier {
    pub code: Loose,
    pub name: Loose,
}
