//! Tax on a leader's commission as labour income of a person. Pure.
//!
//! **To be confirmed by an accountant before `withhold = "by_table"` is switched on.** This file holds
//! the whole table and every assumption about it:
//!
//! - A leader is a resident who renders services; commission is labour income (劳务报酬), prepaid by the
//!   shop, and what he asks for within one Beijing month counts as one income.
//! - The income is what leaves the available account, before the shop's fee of a withdrawal.
//! - A withdrawal counts in the month it was asked for. One that is refused or fails counts no more; what
//!   a later one was charged because of it is set off in the next withdrawal of that month.
//! - Money shared by WeChat at settlement is paid without tax withheld: a shop that withholds pays by
//!   withdrawal.

use kernel::{BasisPoints, Fen, MoneyError};

/// Up to here nothing is due.
const FREE: Fen = Fen::from_fen(80_000);
/// Up to here [`FREE`] is taken off, beyond it [`COSTS`].
const FLAT_UNTIL: Fen = Fen::from_fen(400_000);
/// The part of a larger income that counts as its cost.
const COSTS: BasisPoints = BasisPoints::new(2_000);

/// One step of the table, for a taxable income up to a limit.
struct Step {
    until: Fen,
    rate: BasisPoints,
    quick: Fen,
}

const STEPS: [Step; 3] = [
    Step { until: Fen::from_fen(2_000_000), rate: BasisPoints::new(2_000), quick: Fen::ZERO },
    Step { until: Fen::from_fen(5_000_000), rate: BasisPoints::new(3_000), quick: Fen::from_fen(200_000) },
    Step { until: Fen::from_fen(i64::MAX), rate: BasisPoints::new(4_000), quick: Fen::from_fen(700_000) },
];

/// What a withdrawal gives to the tax office, and what that follows from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Withheld {
    /// Asked for earlier in the month.
    pub gross_before: Fen,
    /// Withheld earlier in the month.
    pub tax_before: Fen,
    /// Withheld of this one.
    pub tax: Fen,
}

/// What is due of a month's income, rounded half-up to the fen.
pub fn due(income: Fen) -> Result<Fen, MoneyError> {
    if income <= FREE {
        return Ok(Fen::ZERO);
    }
    let taxable = if income <= FLAT_UNTIL { income.minus(FREE)? } else { income.minus(income.rate_half_up(COSTS)?)? };
    let step = STEPS.iter().find(|step| taxable <= step.until);
    step.map_or(Ok(Fen::ZERO), |step| taxable.rate_half_up(step.rate)?.minus(step.quick))
}

/// What is withheld of `amount` after a month that has brought `gross_before` and given `tax_before`:
/// the month's tax with it, less what was given; never less than nothing.
pub fn withheld(gross_before: Fen, tax_before: Fen, amount: Fen) -> Result<Withheld, MoneyError> {
    let tax = due(gross_before.plus(amount)?)?.minus(tax_before)?.max(Fen::ZERO);
    Ok(Withheld { gross_before, tax_before, tax })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn yuan(yuan: i64) -> Fen {
        Fen::from_fen(yuan * 100)
    }

    #[test]
    fn the_table_is_followed_at_and_beside_its_edges() {
        for (income, tax) in [
            (0, 0),
            (800, 0),
            (801, 20),
            (1_000, 4_000),
            (4_000, 64_000),
            (5_000, 80_000),
            (25_000, 400_000),
            (30_000, 520_000),
            (62_500, 1_300_000),
            (100_000, 2_500_000),
        ] {
            assert_eq!(due(yuan(income)).unwrap().fen(), tax, "{income} yuan");
        }
    }

    #[test]
    fn a_month_in_parts_gives_what_it_gives_at_once() {
        let first = withheld(Fen::ZERO, Fen::ZERO, yuan(700)).unwrap();
        assert_eq!(first.tax, Fen::ZERO);
        let second = withheld(yuan(700), first.tax, yuan(700)).unwrap();
        assert_eq!(second.tax, due(yuan(1_400)).unwrap());
        // The first one failed: what it brought counts no more, and too much was given.
        assert_eq!(withheld(yuan(700), second.tax, yuan(1)).unwrap().tax, Fen::ZERO);
    }

    proptest! {
        #[test]
        fn more_income_never_leaves_less(income in 0i64..20_000_000, more in 0i64..1_000_000) {
            let left = |fen: i64| fen - due(Fen::from_fen(fen)).unwrap().fen();
            prop_assert!(left(income + more) >= left(income) - 1, "but for half a fen of rounding");
            prop_assert!(due(Fen::from_fen(income)).unwrap() <= Fen::from_fen(income));
        }

        #[test]
        fn parts_add_up_to_the_month(parts in prop::collection::vec(1i64..3_000_000, 1..8)) {
            let (mut gross, mut tax) = (Fen::ZERO, Fen::ZERO);
            for part in parts {
                tax = tax.plus(withheld(gross, tax, Fen::from_fen(part)).unwrap().tax).unwrap();
                gross = gross.plus(Fen::from_fen(part)).unwrap();
            }
            // Rounding alone may have made an earlier sum larger.
            prop_assert!((tax.fen() - due(gross).unwrap().fen()).abs() <= 1);
        }
    }
}
