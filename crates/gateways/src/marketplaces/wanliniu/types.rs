//! The gateway's own field names, only those we read. Everything may be absent; amounts are yuan.

use serde::Deserialize;

use super::super::loose::{List, Loose};

/// Many rows, without a total.
#[derive(Deserialize)]
#[serde(bound = "T: serde::de::DeserializeOwned + Default")]
pub struct Rows<T> {
    pub data: Option<List<T>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TradeRow {
    pub uid: Loose,
    pub trade_no: Loose,
    pub tp_tid: Loose,
    pub shop_nick: Loose,
    pub status: Loose,
    pub process_status: Loose,
    pub is_pay: Loose,
    pub create_time: Loose,
    pub modify_time: Loose,
    pub pay_time: Loose,
    pub paid_fee: Loose,
    pub post_fee: Loose,
    pub currency_code: Loose,
    pub receiver: Loose,
    pub mobile: Loose,
    pub province: Loose,
    pub city: Loose,
    pub district: Loose,
    pub address: Loose,
    pub buyer_msg: Loose,
    pub orders: List<LineRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LineRow {
    pub order_id: Loose,
    pub item_name: Loose,
    pub sku_code: Loose,
    /// How many, whatever the name says.
    pub size: Loose,
    pub price: Loose,
    pub payment: Loose,
    pub oln_sku_id: Loose,
}

/// Goods with their variants; the names are those of public clients.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct GoodsRow {
    pub goods_code: Loose,
    pub goods_name: Loose,
    pub pic: Loose,
    pub status: Loose,
    pub specs: List<SpecRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SpecRow {
    pub spec_code: Loose,
    pub spec1: Loose,
    pub spec2: Loose,
    pub sale_price: Loose,
    pub bar_code: Loose,
    pub sys_spec_uid: Loose,
    pub pic: Loose,
}
