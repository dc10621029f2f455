//! Reads a file of results: a workbook, or CSV in UTF-8. Columns are found by their headings.

use std::io::Cursor;

use actix_web::web;
use calamine::{Data, Reader, Xlsx};
use kernel::Failure;
use kernel::failure::Invalid;

use super::batch::HEADINGS;
use crate::areas::payouts::results::Given;

/// The most rows of one file; a sheet has fewer.
const ROWS_MAX: usize = 5_000;
/// English names of the headings that matter, in the order of [`columns`].
const NAMES: [&str; 5] = ["withdrawal_id", "account", "amount", "result", "reason"];

fn refused(code: &str, detail: impl Into<String>) -> Invalid {
    Invalid::field("file", code, detail)
}

/// The rows of a file, judged by nobody yet.
pub async fn read(bytes: Vec<u8>) -> Result<Vec<Given>, Failure> {
    let unreadable = |_| refused("unreadable", "the file could not be read");
    // A workbook is unpacked off the threads that answer requests.
    let cells = web::block(move || if bytes.starts_with(b"PK") { workbook(bytes) } else { csv(&bytes) });
    Ok(rows(cells.await.map_err(unreadable)??)?)
}

fn rows(cells: Vec<Vec<String>>) -> Result<Vec<Given>, Invalid> {
    if cells.len() > ROWS_MAX {
        return Err(refused("too_long", format!("at most {ROWS_MAX} rows")));
    }
    let mut cells = (1..).zip(cells);
    let headings = cells.next().map(|(_, cells)| cells).unwrap_or_default();
    let [id, account, amount, result, reason] = columns(&headings)?;
    let given = cells.map(|(row, cells)| {
        let cell = |column: usize| cells.get(column).map(|text| text.trim().to_owned()).unwrap_or_default();
        Given {
            row,
            withdrawal: cell(id),
            account: cell(account),
            amount: cell(amount),
            result: cell(result),
            reason: cell(reason),
        }
    });
    // Lines below the table, such as a sum, name no withdrawal and no account.
    let given: Vec<Given> = given.filter(|row| !row.withdrawal.is_empty() || !row.account.is_empty()).collect();
    if given.is_empty() { Err(refused("empty", "the file has no rows")) } else { Ok(given) }
}

/// Where the columns are that matter.
fn columns(headings: &[String]) -> Result<[usize; 5], Invalid> {
    let [_, id, _, account, _, amount, result, reason] = HEADINGS;
    let mut places = [0; 5];
    for ((place, ours), name) in places.iter_mut().zip([id, account, amount, result, reason]).zip(NAMES) {
        let found = headings.iter().position(|heading| {
            let heading = heading.trim();
            heading == ours || heading.eq_ignore_ascii_case(name)
        });
        *place = found.ok_or_else(|| refused("no_heading", format!("the first row has no heading {ours}")))?;
    }
    Ok(places)
}

fn workbook(bytes: Vec<u8>) -> Result<Vec<Vec<String>>, Invalid> {
    let unreadable = |_| refused("unreadable", "the workbook could not be read");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let sheet = book.worksheet_range_at(0).ok_or_else(|| refused("empty", "the workbook has no sheet"))?;
    let sheet = sheet.map_err(unreadable)?;
    Ok(sheet.rows().take(ROWS_MAX + 1).map(|row| row.iter().map(text_of).collect()).collect())
}

/// A cell as text. A number is an amount; a long one has lost digits, so that no account fits it.
fn text_of(cell: &Data) -> String {
    match cell {
        Data::String(text) => text.clone(),
        Data::Float(number) => format!("{number:.2}"),
        Data::Int(number) => number.to_string(),
        _ => String::new(),
    }
}

/// CSV as RFC 4180 has it, with or without a mark of order.
fn csv(bytes: &[u8]) -> Result<Vec<Vec<String>>, Invalid> {
    let not_utf8 = |_| refused("unreadable", "neither a workbook nor text in UTF-8");
    let text = std::str::from_utf8(bytes).map_err(not_utf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            _ if quoted => cell.push(c),
            '"' if cell.is_empty() => quoted = true,
            ',' => row.push(std::mem::take(&mut cell)),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    if quoted { Err(refused("unreadable", "a quoted cell does not end")) } else { Ok(rows) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn cells_in_quotes_keep_commas_lines_and_quotes() {
        let read = csv("\u{feff}a,\"b,\"\"c\"\"\nd\"\r\n1,".as_bytes()).unwrap();
        assert_eq!(read, [vec!["a", "b,\"c\"\nd"], vec!["1", ""]]);
        assert!(csv(b"\"open").is_err() && csv(&[0xff, 0xfe]).is_err());
    }

    #[test]
    fn columns_are_found_by_their_headings_wherever_they_stand() {
        let cells = csv("result,amount,withdrawal_id,账号,reason\npaid,1.00,wdr_1,0003,\n,,,,\n".as_bytes()).unwrap();
        let given = rows(cells).unwrap();
        assert_eq!(given.len(), 1, "an empty row is none");
        assert_eq!((given[0].row, given[0].withdrawal.as_str(), given[0].result.as_str()), (2, "wdr_1", "paid"));
        let missing = rows(csv(b"result,amount\n").unwrap()).unwrap_err();
        assert_eq!(missing.0[0].code, "no_heading");
        assert!(workbook(b"PK-nonsense".to_vec()).is_err());
    }
}
