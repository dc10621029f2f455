//! A bill's text as a table: headings first, a line a row, then headings and values of a summary
//! (sheet §8). Cells are found by their heading, since WeChat adds columns and moves them.

use chrono::{DateTime, NaiveDateTime, Utc};
use kernel::Fen;
use kernel::clock::beijing_moment;

use super::bill::BillError;

/// Digits after the point of a yuan amount: fees have five.
const PLACES: usize = 5;

/// The rows of a bill, without its summary.
pub(super) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// One row, its cells by heading.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    headings: &'a [String],
    cells: &'a [String],
    /// Its place among the rows, from 1.
    pub no: usize,
}

impl Table {
    /// Reads a bill.
    ///
    /// # Errors
    /// A row with more cells than there are headings: its columns cannot be trusted.
    pub fn read(text: &str) -> Result<Self, BillError> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty());
        let headings: Vec<String> = match lines.next() {
            Some(first) => cells(first).iter().map(|cell| heading(cell)).collect(),
            None => Vec::new(),
        };
        let mut rows = Vec::new();
        for line in lines.take_while(|line| !begins_summary(line)) {
            let row = cells(line);
            if row.len() > headings.len() {
                let (no, found, known) = (rows.len() + 1, row.len(), headings.len());
                return Err(BillError::Unreadable(format!("row {no} has {found} cells under {known} headings")));
            }
            rows.push(row);
        }
        Ok(Self { headings, rows })
    }

    /// Whether there is a column of one of these names.
    pub fn has(&self, names: &[&str]) -> bool {
        self.headings.iter().any(|known| names.contains(&known.as_str()))
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().enumerate().map(|(at, cells)| Row { headings: &self.headings, cells, no: at + 1 })
    }
}

impl Row<'_> {
    /// The first cell under one of these headings that says something.
    pub fn find(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let place = self.headings.iter().position(|known| known == name)?;
            self.cells.get(place).map(String::as_str).filter(|cell| !cell.is_empty())
        })
    }

    /// As [`Row::find`], empty when nothing is said.
    pub fn text(&self, names: &[&str]) -> String {
        self.find(names).unwrap_or_default().to_owned()
    }

    /// A number of a thing; old bills say `0` where there is none.
    pub fn number(&self, names: &[&str]) -> Option<String> {
        self.find(names).filter(|number| *number != "0" && *number != "/").map(str::to_owned)
    }

    /// A moment, Beijing time; none where it cannot be read.
    pub fn moment(&self, names: &[&str]) -> Option<DateTime<Utc>> {
        let text = self.find(names)?;
        let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok().map(beijing_moment);
        local.or_else(|| text.parse::<DateTime<Utc>>().ok())
    }

    /// An amount of whole fen; none where nothing is said.
    pub fn fen(&self, names: &[&str]) -> Result<Option<Fen>, BillError> {
        let Some(text) = self.find(names) else { return Ok(None) };
        yuan(text).and_then(whole_fen).map(Some).ok_or_else(|| self.not_an_amount(text))
    }

    /// An amount in hundred-thousandths of a yuan; none where nothing is said.
    pub fn exact(&self, names: &[&str]) -> Result<Option<i64>, BillError> {
        let Some(text) = self.find(names) else { return Ok(None) };
        yuan(text).map(Some).ok_or_else(|| self.not_an_amount(text))
    }

    fn not_an_amount(&self, text: &str) -> BillError {
        BillError::Unreadable(format!("row {}: {text:?} is not an amount", self.no))
    }
}

/// A heading without marks, blanks and its unit.
fn heading(cell: &str) -> String {
    cell.replace("（元）", "").replace("(元)", "").replace([' ', '\u{feff}', '`'], "")
}

/// Whether the summary begins: its headings count lines, and its values follow.
fn begins_summary(line: &str) -> bool {
    let first = line.split(',').next().unwrap_or_default();
    !line.starts_with('`') && (first.starts_with('总') || first.trim_end().ends_with("笔数"))
}

/// The cells of a line. Each is marked by a backtick, so a comma in a free text divides nothing.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim_end_matches(['\r', '\n']);
    let plain = |cell: &str| cell.trim().trim_start_matches('`').trim().to_owned();
    match line.strip_prefix('`') {
        Some(marked) => marked.split(",`").map(plain).collect(),
        None => unmarked(line).iter().map(|cell| plain(cell)).collect(),
    }
}

/// The cells of an ordinary CSV line, quotes and all.
fn unmarked(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.push(cell);
    cells
}

/// Yuan written as a decimal, in hundred-thousandths; never through a float.
fn yuan(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches(['¥', '￥']);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (kept, beyond) = part.split_at_checked(PLACES).unwrap_or((part, ""));
    if whole.is_empty() || !is_number(whole) || !is_number(kept) || beyond.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let kept: i64 = format!("{kept:0<PLACES$}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(100_000)?.checked_add(kept)?.checked_mul(sign)
}

fn whole_fen(exact: i64) -> Option<Fen> {
    (exact % 1_000 == 0).then(|| Fen::from_fen(exact / 1_000))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cells_are_found_by_heading_and_the_summary_is_left_out() {
        let text = "\u{feff}商品名称,微信订单号,收支金额（元）\r\n`苹果,红的,`4200,`1.20\r\n`梨,`0,`-0.05\r\n\
            总交易单数,应结订单总金额\r\n`2,`1.15\r\n";
        let table = Table::read(text).unwrap();
        let rows: Vec<Row<'_>> = table.rows().collect();
        assert_eq!(rows.len(), 2);
        let (first, second) = (rows.first().unwrap(), rows.get(1).unwrap());
        assert_eq!(first.text(&["商品名称"]), "苹果,红的", "a comma in a text divides nothing");
        assert_eq!(first.number(&["微信支付订单号", "微信订单号"]).as_deref(), Some("4200"));
        assert_eq!(first.fen(&["收支金额"]).unwrap(), Some(Fen::from_fen(120)));
        assert_eq!((second.number(&["微信订单号"]), second.fen(&["收支金额"]).unwrap().unwrap().fen()), (None, -5));
        assert!(table.has(&["商品名称"]) && !table.has(&["手续费"]));
    }

    #[test]
    fn rows_without_marks_are_read_as_csv() {
        let table = Table::read("a,b\n1,\"x, \"\"y\"\"\"\n").unwrap();
        assert_eq!(table.rows().next().unwrap().text(&["b"]), "x, \"y\"");
        assert!(Table::read("a\n`1,`2\n").is_err(), "more cells than headings");
        assert_eq!(Table::read("").unwrap().rows().count(), 0);
    }

    #[test]
    fn yuan_are_read_to_the_fifth_place_and_no_further() {
        for (text, exact) in [
            ("0.00", 0),
            ("12.34", 1_234_000),
            ("-0.00600", -600),
            ("0.01998", 1_998),
            ("7", 700_000),
            ("1.1000000", 110_000),
        ] {
            assert_eq!(yuan(text), Some(exact), "{text}");
        }
        for bad in ["", "-", "1.2.3", "1e2", "0.000001", ".5", "一", "99999999999999999999"] {
            assert_eq!(yuan(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_comes_back(fen in -1_000_000_000_i64..1_000_000_000) {
            let sign = if fen < 0 { "-" } else { "" };
            let text = format!("{sign}{}.{:02}", fen.abs() / 100, fen.abs() % 100);
            prop_assert_eq!(yuan(&text).and_then(whole_fen), Some(Fen::from_fen(fen)));
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,200}") {
            drop(Table::read(&text));
        }
    }
}
