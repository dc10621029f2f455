//! A journal before it is written: sides are added, balance is proven.

use std::collections::BTreeMap;

use kernel::id::ShopId;
use kernel::{Fen, MoneyError};
use uuid::Uuid;

use super::error::LedgerError;
use super::state::{AccountKind, LedgerUnit};

/// One side of a draft: debit above zero, credit below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// The account.
    pub account: AccountKind,
    /// Whose, where accounts are a party's own.
    pub party: Option<Uuid>,
    /// What is counted.
    pub unit: LedgerUnit,
    /// Debit positive, credit negative.
    pub amount: i64,
}

/// A journal to be written, unique by its cause.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The shop.
    pub shop: ShopId,
    /// What kind of thing caused it: `payment`, `refund`, `release`, …
    pub cause_kind: &'static str,
    /// Which one.
    pub cause_id: Uuid,
    /// For people.
    pub note: Option<String>,
    sides: Vec<Side>,
}

impl Draft {
    /// An empty journal.
    pub fn new(shop: ShopId, cause_kind: &'static str, cause_id: Uuid) -> Self {
        Self { shop, cause_kind, cause_id, note: None, sides: Vec::new() }
    }

    /// Adds a debit; nothing for nothing. A negative amount becomes a credit.
    pub fn debit(&mut self, account: AccountKind, party: Option<Uuid>, amount: Fen) {
        self.side(account, party, LedgerUnit::CnyFen, amount.fen());
    }

    /// Adds a credit; nothing for nothing.
    pub fn credit(&mut self, account: AccountKind, party: Option<Uuid>, amount: Fen) -> Result<(), MoneyError> {
        self.side(account, party, LedgerUnit::CnyFen, amount.negated()?.fen());
        Ok(())
    }

    /// Moves points from one account to another.
    pub fn points(&mut self, from: (AccountKind, Option<Uuid>), to: (AccountKind, Option<Uuid>), points: i64) {
        self.side(from.0, from.1, LedgerUnit::Points, points);
        self.side(to.0, to.1, LedgerUnit::Points, points.saturating_neg());
    }

    /// Credits `account` with what is still missing on that side, so that the journal balances.
    pub fn credit_rest(&mut self, account: AccountKind, party: Option<Uuid>) -> Result<(), MoneyError> {
        let rest: i128 = self.sides.iter().filter(|s| s.unit == LedgerUnit::CnyFen).map(|s| i128::from(s.amount)).sum();
        let rest = i64::try_from(rest).map_err(|_| MoneyError)?;
        self.credit(account, party, Fen::from_fen(rest))
    }

    fn side(&mut self, account: AccountKind, party: Option<Uuid>, unit: LedgerUnit, amount: i64) {
        if amount != 0 {
            self.sides.push(Side { account, party, unit, amount });
        }
    }

    /// Whether nothing moves.
    pub fn is_empty(&self) -> bool {
        self.sides.is_empty()
    }

    /// The sides, proven balanced per unit.
    pub fn balanced(&self) -> Result<&[Side], LedgerError> {
        let mut sums: BTreeMap<bool, i128> = BTreeMap::new();
        for side in &self.sides {
            *sums.entry(side.unit == LedgerUnit::Points).or_default() += i128::from(side.amount);
        }
        match sums.values().find(|sum| **sum != 0) {
            None => Ok(&self.sides),
            Some(sum) => {
                let name = format!("{}:{}", self.cause_kind, self.cause_id);
                Err(LedgerError::Unbalanced(name, i64::try_from(*sum).unwrap_or(i64::MAX)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use AccountKind as A;

    #[test]
    fn the_rest_balances_a_journal_and_points_are_counted_apart() {
        let mut draft = Draft::new(ShopId::new(), "payment", Uuid::nil());
        draft.debit(A::Clearing, None, Fen::from_fen(1000));
        draft.credit(A::LeaderPending, Some(Uuid::nil()), Fen::from_fen(80)).unwrap();
        assert!(matches!(draft.balanced(), Err(LedgerError::Unbalanced(_, 920))));
        draft.credit_rest(A::Revenue, None).unwrap();
        draft.points((A::Points, Some(Uuid::nil())), (A::PointsIssued, None), 5);
        assert_eq!(draft.balanced().unwrap().len(), 5);
    }

    #[test]
    fn nothing_is_not_written() {
        let mut draft = Draft::new(ShopId::new(), "payment", Uuid::nil());
        draft.debit(A::Clearing, None, Fen::ZERO);
        draft.credit_rest(A::Revenue, None).unwrap();
        assert!(draft.is_empty());
    }
}
