//! What was withheld in a quarter, by person, for the tax office.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use kernel::clock::beijing_midnight;
use kernel::failure::Invalid;
use kernel::id::{LeaderId, OperatorId};
use kernel::{Failure, Fen, Time};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::app::App;
use crate::areas::leaders;
use crate::areas::operators::audit;
use crate::areas::payouts::{PayoutError, identities, query};
use crate::areas::shops::query::Shop;
use crate::flows::tables::{self, Rows};

/// The columns that hold amounts.
const AMOUNTS: [u16; 4] = [5, 6, 7, 8];
const HEADINGS: [&str; 9] =
    ["序号", "团长编号", "姓名", "身份证号", "提现笔数", "收入（元）", "手续费（元）", "代扣税额（元）", "实发（元）"];

/// A quarter of Beijing's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quarter {
    year: i32,
    quarter: u32,
}

impl std::fmt::Display for Quarter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-Q{}", self.year, self.quarter)
    }
}

impl std::str::FromStr for Quarter {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refused = || Invalid::field("quarter", "invalid", "a quarter as 2026-Q4");
        let (year, quarter) = text.split_once("-Q").ok_or_else(refused)?;
        let plain = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
        let fits = plain(year, 4) && plain(quarter, 1);
        let read = (year.parse().ok(), quarter.parse().ok());
        match read {
            (Some(year), Some(quarter)) if fits && (2000..=2999).contains(&year) && (1..=4).contains(&quarter) => {
                Ok(Self { year, quarter })
            }
            _ => Err(refused()),
        }
    }
}

impl Quarter {
    /// Its first moment and the first one after it.
    fn period(self) -> Option<(Time, Time)> {
        let first = NaiveDate::from_ymd_opt(self.year, self.quarter * 3 - 2, 1)?;
        let after = first.checked_add_months(Months::new(3))?;
        Some((beijing_midnight(first), beijing_midnight(after)))
    }
}

/// What one person got.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: i32,
    gross: Fen,
    fee: Fen,
    tax: Fen,
    net: Fen,
}

impl Sum {
    fn add(&mut self, other: &Sum) -> Result<(), Failure> {
        self.count += other.count;
        self.gross = self.gross.plus(other.gross)?;
        self.fee = self.fee.plus(other.fee)?;
        self.tax = self.tax.plus(other.tax)?;
        self.net = self.net.plus(other.net)?;
        Ok(())
    }

    fn cells(&self) -> [String; 5] {
        let yuan = Fen::to_yuan_string;
        [format!("{}", self.count), yuan(self.gross), yuan(self.fee), yuan(self.tax), yuan(self.net)]
    }
}

/// The quarter as CSV; who took it is noted.
pub async fn csv(app: &App, shop: &Shop, quarter: Quarter, by: OperatorId) -> Result<String, Failure> {
    Ok(tables::csv(&table(app, shop, quarter, by).await?))
}

/// The quarter as a workbook; who took it is noted.
pub async fn xlsx(app: &App, shop: &Shop, quarter: Quarter, by: OperatorId) -> Result<Vec<u8>, Failure> {
    tables::xlsx(table(app, shop, quarter, by).await?, &AMOUNTS).await
}

/// A person a row, those of whom no identity is kept with their leader's name alone, and the sum of all.
/// What was paid in the quarter counts, as the books have it: the tax column adds up to what they gave
/// to `tax_payable` in it.
async fn table(app: &App, shop: &Shop, quarter: Quarter, by: OperatorId) -> Result<Rows, Failure> {
    let out_of_range = || Invalid::field("quarter", "out_of_range", "a quarter as 2026-Q4");
    let period = quarter.period().ok_or_else(out_of_range)?;
    app.db
        .write(async |tx| {
            let mut sums: BTreeMap<LeaderId, Sum> = BTreeMap::new();
            for row in query::paid_between(tx, shop.id, period).await? {
                let one = Sum { count: 1, gross: row.amount_fen, fee: row.fee_fen, tax: row.tax_fen, net: row.net_fen };
                sums.entry(row.leader_id).or_default().add(&one)?;
            }
            let (mut rows, mut all) = (vec![HEADINGS.map(str::to_owned).to_vec()], Sum::default());
            for (no, (leader, sum)) in (1..).zip(&sums) {
                let (name, number) = identity(app, tx, shop, *leader).await?;
                let cells = sum.cells();
                rows.push([vec![format!("{no}"), leader.to_string(), name, number], cells.to_vec()].concat());
                all.add(sum)?;
            }
            let none = String::new;
            rows.push([vec!["合计".to_owned(), none(), none(), none()], all.cells().to_vec()].concat());
            let detail = json!({ "persons": sums.len() });
            audit::note(tx, shop.id, by, "tax.export", quarter, detail, app.clock.now()).await?;
            Ok(rows)
        })
        .await
}

async fn identity(
    app: &App,
    tx: &impl ConnectionTrait,
    shop: &Shop,
    leader: LeaderId,
) -> Result<(String, String), Failure> {
    if let Some(row) = identities::of_leader(tx, shop.id, leader).await? {
        let identity = identities::opened(&app.sealer, &row)?;
        return Ok((identity.name, identity.id_number));
    }
    let leader = leaders::query::by_id(tx, shop.id, leader).await?.ok_or(PayoutError::NotFound)?;
    Ok((leader.name, String::new()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_quarter_is_three_months_in_beijing() {
        let quarter: Quarter = "2026-Q4".parse().unwrap();
        let (from, until) = quarter.period().unwrap();
        assert_eq!(from.to_rfc3339(), "2026-09-30T16:00:00+00:00");
        assert_eq!(until.to_rfc3339(), "2026-12-31T16:00:00+00:00");
        assert_eq!(quarter.to_string(), "2026-Q4");
        for odd in ["2026-Q5", "2026Q4", "26-Q1", "-Q1", "2026-Q+1", "9999-Q1", "２０２６-Q1"] {
            assert!(odd.parse::<Quarter>().is_err(), "{odd}");
        }
    }
}
