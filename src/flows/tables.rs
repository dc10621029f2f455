//! Tables for people with a spreadsheet: CSV and workbooks, in neither of which a text begins a formula.

use std::fmt::Write as _;

use actix_web::web;
use kernel::{Code, Coded, Failure};
use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// A table as rows of cells, the headings first.
pub type Rows = Vec<Vec<String>>;

#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be written: {0}")]
struct NotWritten(String);

impl Coded for NotWritten {
    fn code(&self) -> Code {
        Code::Internal
    }
}

/// A table as CSV: UTF-8 with a mark of order.
pub fn csv(rows: &Rows) -> String {
    let mut text = String::from("\u{feff}");
    for cells in rows {
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        // Writing into a text cannot fail.
        let _ = write!(text, "{}\r\n", cells.join(","));
    }
    text
}

/// A table as a workbook: cells are texts, so that no long number is rounded; those of the `amounts`
/// columns are numbers with two decimals.
pub async fn xlsx(rows: Rows, amounts: &'static [u16]) -> Result<Vec<u8>, Failure> {
    let written = web::block(move || workbook(&rows, amounts)).await.map_err(|error| NotWritten(error.to_string()))?;
    Ok(written.map_err(|error| NotWritten(error.to_string()))?)
}

fn workbook(rows: &Rows, amounts: &[u16]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let amount = Format::new().set_num_format("0.00");
    let sheet = book.add_worksheet();
    for (no, cells) in (0_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            let number = cell.parse::<f64>().ok().filter(|_| amounts.contains(&column) && no > 0);
            match number {
                Some(number) => sheet.write_number_with_format(no, column, number, &amount)?,
                None => sheet.write_string(no, column, guarded(cell))?,
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    book.save_to_buffer()
}

/// A cell in quotes where it needs them.
fn quoted(cell: &str) -> String {
    let cell = guarded(cell);
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

/// What a spreadsheet would take for a formula is made a text; an amount is none.
fn guarded(cell: &str) -> String {
    let is_amount = cell.parse::<f64>().is_ok();
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠') if !is_amount => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_is_a_packed_file() {
        let rows = vec![vec!["金额".to_owned()], vec!["1.00".to_owned()]];
        assert!(workbook(&rows, &[0]).is_ok_and(|file| file.starts_with(b"PK")));
    }

    #[test]
    fn cells_are_quoted_and_no_formula_is_written() {
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("-1.20"), "-1.20");
        assert_eq!(quoted("－1"), "'－1");
    }
}
