//! From the ERP's rows to our words.

use serde_json::json;

use super::super::account::Account;
use super::super::loose::Loose;
use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow};
use super::super::money::{Currency, Money, MoneyError};
use super::super::order::{OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState};
use super::super::order_states;
use super::types::{GoodsRow, LineRow, SpecRow, TradeRow};

/// One order of one of the stores.
pub fn order(account: &Account, row: &TradeRow) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.uid.owned(), reason };
    let external_id = row.uid.owned().ok_or_else(|| skip("no uid".to_owned()))?;
    let currency = row.currency_code.text().map_or(Ok(Currency::CNY), Currency::parse);
    let currency = currency.map_err(|error| skip(format!("currency_code: {error}")))?;
    let total = row.paid_fee.major(currency).map_err(|error| skip(format!("paid_fee: {error}")))?;
    let lines: Option<Vec<RemoteOrderLine>> = row.orders.0.iter().map(|one| line(one, currency)).collect();
    let lines = lines.filter(|lines| !lines.is_empty()).ok_or_else(|| skip("lines that cannot be read".to_owned()))?;
    let word = |field: &Loose| field.owned().unwrap_or_default();
    Ok(RemoteOrder {
        external_id,
        origin: row.shop_nick.owned(),
        state: state(account, row),
        wire_state: format!("{}/{}", word(&row.status), word(&row.process_status)),
        total: total.ok_or_else(|| skip("no paid_fee".to_owned()))?,
        shipping: row.post_fee.major(currency).ok().flatten(),
        lines,
        receiver: Receiver {
            country: None,
            province: row.province.owned(),
            city: row.city.owned(),
            district: row.district.owned(),
            postcode: None,
            name: Private::maybe_masked(row.receiver.text()),
            phone: Private::maybe_masked(row.mobile.text()),
            address: Private::maybe_masked(row.address.text()),
        },
        buyer: None,
        buyer_note: row.buyer_msg.owned(),
        times: OrderTimes {
            created_at: row.create_time.unix_millis(),
            paid_at: row.pay_time.unix_millis(),
            modified_at: row.modify_time.unix_millis(),
            ..OrderTimes::default()
        },
        parcels: Vec::new(),
        extra: json!({"number": row.trade_no.text(), "platform_no": row.tp_tid.text()}),
    })
}

/// The meaning of the status numbers is unconfirmed: a paid order is unknown, and never sent by us, until the
/// account says what they mean.
fn state(account: &Account, row: &TradeRow) -> RemoteOrderState {
    match order_states::of(account, row.status.text().unwrap_or_default()) {
        RemoteOrderState::Unknown if matches!(row.is_pay.text(), Some("false" | "0")) => RemoteOrderState::Unpaid,
        state => state,
    }
}

fn line(row: &LineRow, currency: Currency) -> Option<RemoteOrderLine> {
    Some(RemoteOrderLine {
        line_key: row.order_id.owned()?,
        external_item_id: None,
        external_sku_id: row.oln_sku_id.owned(),
        sku_code: row.sku_code.owned(),
        title: row.item_name.owned().unwrap_or_default(),
        spec: None,
        quantity: row.size.integer()?,
        unit_price: row.price.major(currency).ok().flatten(),
        paid: row.payment.major(currency).ok().flatten(),
        state: None,
    })
}

/// One item with its variants.
pub fn goods(row: &GoodsRow) -> Result<RemoteGoods, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.goods_code.owned(), reason };
    let skus: Result<Vec<RemoteSku>, SkippedRow> =
        row.specs.0.iter().map(|spec| sku(spec).map_err(|error| skip(format!("sale_price: {error}")))).collect();
    RemoteGoods::own(OwnGoods {
        external_id: row.goods_code.owned().unwrap_or_default(),
        title: row.goods_name.owned().unwrap_or_default(),
        pictures: row.pic.owned().into_iter().collect(),
        skus: skus?,
        on_sale: row.status.text() != Some("0"),
        category_id: None,
        shop_id: None,
        extra: json!({}),
    })
}

fn sku(row: &SpecRow) -> Result<RemoteSku, MoneyError> {
    let price = Money::from_major(row.sale_price.text().unwrap_or_default(), Currency::CNY)?;
    let specs = [("规格1", &row.spec1), ("规格2", &row.spec2)];
    Ok(RemoteSku {
        sku_code: row.spec_code.owned(),
        specs: specs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.owned()?))).collect(),
        barcode: row.bar_code.owned(),
        picture: row.pic.owned(),
        ..RemoteSku::of(row.sys_spec_uid.owned().or_else(|| row.spec_code.owned()), price, None)
    })
}
