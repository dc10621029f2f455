//! A list of orders as a workbook, a row a line, for whoever packs. Receivers are masked in it.

use std::collections::HashMap;

use gateways::marketplaces::money::Currency;
use kernel::clock::beijing;
use kernel::id::{MarketOrderId, StoreId};
use kernel::page::PageRequest;
use kernel::words::wire;
use kernel::{Failure, Time};

use super::sight;
use super::told::ReceiverShown;
use crate::app::App;
use crate::areas::market_orders::entity::{line, order};
use crate::areas::market_orders::query::{self, Wanted};
use crate::areas::market_orders::rules::Units;
use crate::areas::stores::entity::store;
use crate::flows::stores::Sight;
use crate::flows::tables::{self, Rows};

/// Most orders of a workbook.
const ORDERS_MAX: usize = 5_000;
/// Orders read at a time.
const PAGE: u64 = 100;
/// The column that holds an amount.
const AMOUNTS: [u16; 1] = [12];

const HEADINGS: [&str; 19] = [
    "店铺",
    "平台",
    "平台单号",
    "状态",
    "平台状态",
    "商品",
    "规格",
    "数量",
    "商家编码",
    "SKU",
    "缺货",
    "已发",
    "实付",
    "币种",
    "下单时间",
    "最晚发货",
    "收件地区",
    "收件人",
    "备注",
];

/// The orders that an operator sees of those asked for, newest first.
pub async fn xlsx(app: &App, who: Sight, store: Option<StoreId>, wanted: &Wanted) -> Result<Vec<u8>, Failure> {
    let mut rows: Rows = vec![HEADINGS.map(str::to_owned).to_vec()];
    let mut page = PageRequest { limit: PAGE, cursor: None };
    let mut seen = 0;
    loop {
        let (orders, stores) = sight::list(app, who, store, wanted.clone(), &page).await?;
        let ids: Vec<MarketOrderId> = orders.items.iter().map(|order| order.id).collect();
        let lines = query::lines_of(app.db.reader(), &ids).await?;
        let stores: HashMap<StoreId, &store::Model> = stores.iter().map(|row| (row.id, row)).collect();
        for order in &orders.items {
            let store = stores.get(&order.store_id).copied();
            rows.extend(lines.get(&order.id).into_iter().flatten().map(|line| cells(store, order, line)));
        }
        seen += orders.items.len();
        page.cursor = orders.next_cursor;
        if page.cursor.is_none() || seen >= ORDERS_MAX {
            break;
        }
    }
    tables::xlsx(rows, &AMOUNTS).await
}

fn cells(store: Option<&store::Model>, order: &order::Model, line: &line::Model) -> Vec<String> {
    let receiver: ReceiverShown = serde_json::from_value(order.receiver.clone()).unwrap_or_default();
    let region = [receiver.province, receiver.city, receiver.district];
    let region = region.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let person = [receiver.name, receiver.phone].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let missing = Units::of(line).missing();
    vec![
        store.map(|store| store.display_name.clone()).unwrap_or_default(),
        store.map(|store| store.marketplace.clone()).unwrap_or_default(),
        order.external_id.clone(),
        wire(&order.state),
        wire(&order.remote_state),
        line.title.clone(),
        line.spec.clone().unwrap_or_default(),
        line.quantity.to_string(),
        line.sku_code.clone().unwrap_or_default(),
        line.sku_id.map(|sku| sku.to_string()).unwrap_or_default(),
        if line.shortage.is_some() { missing.to_string() } else { String::new() },
        line.shipped.to_string(),
        line.paid_minor.map(|minor| amount(minor, &order.currency)).unwrap_or_default(),
        order.currency.clone(),
        order.placed_at.map(at).unwrap_or_default(),
        order.ship_before.map(at).unwrap_or_default(),
        region,
        person,
        [order.buyer_note.clone(), order.note.clone()].into_iter().flatten().collect::<Vec<_>>().join(" / "),
    ]
}

/// Minor units in major ones: `1990` fen are `19.90`.
fn amount(minor: i64, currency: &str) -> String {
    let decimals = Currency::parse(currency).map_or(2, Currency::exponent);
    let unit = 10_u64.pow(decimals);
    let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let sign = if minor < 0 { "-" } else { "" };
    let width = usize::try_from(decimals).unwrap_or(0);
    if width == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:0width$}") }
}

fn at(time: Time) -> String {
    time.with_timezone(&beijing()).format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn an_amount_has_as_many_decimals_as_its_currency() {
        assert_eq!(amount(1990, "CNY"), "19.90");
        assert_eq!(amount(-5, "USD"), "-0.05");
        assert_eq!((amount(500, "JPY").as_str(), amount(12345, "KWD").as_str()), ("500", "12.345"));
    }
}
