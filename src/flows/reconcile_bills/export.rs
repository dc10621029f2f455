//! A day's lines and cases for an accountant, as CSV or as a workbook.

use std::collections::HashMap;

use chrono::NaiveDate;
use kernel::clock::beijing;
use kernel::id::BillLineId;
use kernel::words::wire;
use kernel::{Failure, Fen};

use crate::app::App;
use crate::areas::bills::entity::{case, line};
use crate::areas::bills::{BillsError, cases, lines, runs};
use crate::areas::shops::query::Shop;
use crate::flows::tables;

/// The columns that hold amounts.
const AMOUNTS: [u16; 2] = [7, 8];
/// Lines read by one statement.
const AT_ONCE: u64 = 1_000;

const HEADINGS: [&str; 16] = [
    "账单",
    "序号",
    "时间",
    "类型",
    "商户单号",
    "微信单号",
    "接收方",
    "金额（元）",
    "手续费（元）",
    "状态",
    "核对结果",
    "差异编号",
    "差异归属",
    "差异原因",
    "差异状态",
    "处理说明",
];

/// A day as a table: every line of its bills with what became of it, then the cases without a line.
/// Amounts are in yuan.
///
/// # Errors
/// [`BillsError::NoBill`] when no bill of the day has been read.
async fn table(app: &App, shop: &Shop, day: NaiveDate) -> Result<Vec<Vec<String>>, Failure> {
    let conn = app.db.reader();
    if runs::of_day(conn, shop.id, day).await?.is_empty() {
        return Err(BillsError::NoBill(day).into());
    }
    let cases = cases::of_day(conn, shop.id, day).await?;
    let mut by_line: HashMap<BillLineId, &case::Model> = HashMap::new();
    by_line.extend(cases.iter().filter_map(|case| Some((case.line_id?, case))));
    let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
    let mut after = None;
    loop {
        let some = lines::of_day(conn, shop.id, day, after, AT_ONCE).await?;
        let Some(last) = some.last() else { break };
        after = Some(last.id);
        rows.extend(some.iter().map(|line| {
            let case = by_line.get(&line.id).copied();
            [of_line(line), of_case(case)].concat()
        }));
    }
    let without = cases.iter().filter(|case| case.line_id.is_none());
    rows.extend(without.map(|case| [without_line(case), of_case(Some(case))].concat()));
    Ok(rows)
}

/// The day as CSV: UTF-8 with a mark of order.
///
/// # Errors
/// [`BillsError::NoBill`] when no bill of the day has been read.
pub async fn csv(app: &App, shop: &Shop, day: NaiveDate) -> Result<String, Failure> {
    Ok(tables::csv(&table(app, shop, day).await?))
}

/// The day as a workbook: numbers of things are texts, amounts are numbers.
///
/// # Errors
/// As [`csv`].
pub async fn xlsx(app: &App, shop: &Shop, day: NaiveDate) -> Result<Vec<u8>, Failure> {
    tables::xlsx(table(app, shop, day).await?, &AMOUNTS).await
}

fn of_line(line: &line::Model) -> Vec<String> {
    let at = line.at.map(|at| at.with_timezone(&beijing()).format("%Y-%m-%d %H:%M:%S").to_string());
    vec![
        wire(&line.kind),
        line.no.to_string(),
        at.unwrap_or_default(),
        wire(&line.subject),
        line.our_no.clone().unwrap_or_default(),
        line.platform_no.clone().unwrap_or_default(),
        line.receiver.clone().unwrap_or_default(),
        line.amount_fen.to_yuan_string(),
        line.fee_fen.map(Fen::to_yuan_string).unwrap_or_default(),
        line.words.clone(),
        wire(&line.verdict),
    ]
}

fn without_line(case: &case::Model) -> Vec<String> {
    let amount = case.ours_fen.or(case.theirs_fen).map(Fen::to_yuan_string).unwrap_or_default();
    let (ours, theirs) = (case.our_no.clone().unwrap_or_default(), case.platform_no.clone().unwrap_or_default());
    let none = String::new;
    vec![wire(&case.kind), none(), none(), wire(&case.subject), ours, theirs, none(), amount, none(), none(), none()]
}

fn of_case(case: Option<&case::Model>) -> Vec<String> {
    let Some(case) = case else { return vec![String::new(); 5] };
    let note = case.note.clone().or_else(|| case.detail.clone()).unwrap_or_default();
    vec![case.id.to_string(), wire(&case.class), wire(&case.cause), wire(&case.state), note]
}
