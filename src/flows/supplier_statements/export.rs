//! A statement as a table, for the supplier's accountant.

use kernel::clock::beijing;
use kernel::id::SupplierStatementId;
use kernel::words::wire;
use kernel::{Failure, Fen};

use super::lines::{Line, lines_of};
use crate::app::App;
use crate::areas::shops::query::Shop;
use crate::areas::suppliers::entity::statement;
use crate::flows::tables::{self, Rows};

/// The columns that hold amounts.
const AMOUNTS: [u16; 7] = [5, 6, 7, 8, 9, 10, 11];

const HEADINGS: [&str; 12] = [
    "时间",
    "类型",
    "订单",
    "商品",
    "数量",
    "商品金额（元）",
    "结算基数（元）",
    "服务费（元）",
    "团长佣金（元）",
    "推荐佣金（元）",
    "运费（元）",
    "金额（元）",
];

/// The statement as CSV: UTF-8 with a mark of order, amounts in yuan.
pub async fn csv(app: &App, shop: &Shop, id: SupplierStatementId) -> Result<String, Failure> {
    Ok(tables::csv(&table(app, shop, id).await?))
}

/// The same as a workbook.
pub async fn xlsx(app: &App, shop: &Shop, id: SupplierStatementId) -> Result<Vec<u8>, Failure> {
    tables::xlsx(table(app, shop, id).await?, &AMOUNTS).await
}

async fn table(app: &App, shop: &Shop, id: SupplierStatementId) -> Result<Rows, Failure> {
    let (statement, _) = super::of(app, shop, id).await?;
    let lines = lines_of(app.db.reader(), &statement).await?;
    let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
    rows.push(balance(&statement, "期初余额", statement.opening_fen));
    rows.extend(lines.iter().map(cells));
    rows.push(balance(&statement, "期末余额", statement.closing_fen));
    rows.push(balance(&statement, "应付金额", statement.due_fen));
    Ok(rows)
}

fn balance(statement: &statement::Model, what: &str, amount: Fen) -> Vec<String> {
    let mut cells = vec![at(statement.until_at), what.to_owned()];
    cells.resize(HEADINGS.len() - 1, String::new());
    cells.push(amount.to_yuan_string());
    cells
}

fn cells(line: &Line) -> Vec<String> {
    let moved = &line.movement;
    let order = moved.order_id.map(|id| id.to_string()).unwrap_or_default();
    let mut cells = vec![at(moved.at), wire(&moved.kind), order];
    match &line.of {
        Some((of, part)) => cells.extend([
            of.title.clone(),
            of.quantity.to_string(),
            of.goods_fen.to_yuan_string(),
            part.base_fen.to_yuan_string(),
            part.fee_fen.to_yuan_string(),
            part.commission_fen.to_yuan_string(),
            part.referral_fen.to_yuan_string(),
            part.shipping_fen.to_yuan_string(),
        ]),
        None => cells.resize(HEADINGS.len() - 1, String::new()),
    }
    cells.push(moved.amount_fen.to_yuan_string());
    cells
}

fn at(time: kernel::Time) -> String {
    time.with_timezone(&beijing()).format("%Y-%m-%d %H:%M:%S").to_string()
}
