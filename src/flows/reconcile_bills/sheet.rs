//! Tables as CSV and as workbooks, for whoever keeps accounts.

use std::fmt::Write as _;

use kernel::{Code, Coded, Fen};
use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be written: {0}")]
pub(in crate::flows) struct NotWritten(pub String);

impl Coded for NotWritten {
    fn code(&self) -> Code {
        Code::Internal
    }
}

/// A workbook of one sheet: the columns in `amounts` are numbers, all else is text.
pub(in crate::flows) fn workbook(rows: &[Vec<String>], amounts: &[u16]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let amount = Format::new().set_num_format("0.00");
    let sheet = book.add_worksheet();
    for (no, cells) in (0_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            let number = cell.parse::<f64>().ok().filter(|_| amounts.contains(&column) && no > 0);
            match number {
                Some(number) => sheet.write_number_with_format(no, column, number, &amount)?,
                None => sheet.write_string(no, column, cell)?,
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    book.save_to_buffer()
}

/// An amount in yuan.
pub(in crate::flows) fn yuan(fen: Fen) -> String {
    let (sign, size) = (if fen.is_negative() { "-" } else { "" }, fen.fen().unsigned_abs());
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

/// Adds a row of CSV.
pub(in crate::flows) fn row(text: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    // Writing into a text cannot fail.
    let _ = write!(text, "{}\r\n", cells.join(","));
}

/// A cell in quotes where it needs them. What a spreadsheet would take for a formula is made a text;
/// an amount is none.
fn quoted(cell: &str) -> String {
    let is_amount = cell.parse::<f64>().is_ok();
    let guarded = match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t') if !is_amount => format!("'{cell}"),
        _ => cell.to_owned(),
    };
    if guarded.contains([',', '"', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_is_a_packed_file() {
        let rows = [vec!["账单".to_owned()], vec!["trade".to_owned(), "1".to_owned()]];
        assert!(workbook(&rows, &[]).is_ok_and(|file| file.starts_with(b"PK")));
    }

    #[test]
    fn cells_are_quoted_and_no_formula_is_written() {
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("-1.20"), "-1.20");
        assert_eq!(yuan(Fen::from_fen(-5)), "-0.05");
    }
}
