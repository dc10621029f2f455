//! How a store's price becomes ours: pure, in integers alone.

use kernel::checks::Checks;
use kernel::{BasisPoints, Fen, MoneyError};
use serde::{Deserialize, Serialize};

/// The highest amount a rule may name: a million yuan.
const AMOUNT_MAX: i64 = 100_000_000;
/// The most a rule may add or take, in hundredths of a percent.
const MARKUP_MAX: i32 = 100_000;
const MARKUP_MIN: i32 = -9_000;
/// Millionths of a yuan in a fen.
const MICRO_PER_FEN: i128 = 10_000;

/// What is made of a store's price, in this order: `fixed_fen`, or the price with `markup_bp` (half a fen
/// up) and `plus_fen` on it; not below `minimum_fen`; and with `ends_in_nine` up to the next amount that
/// ends in .9 yuan: 12.90 stays, 12.91 becomes 13.90.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PriceRule {
    /// The same price for everything.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 100_000_000)]
    pub fixed_fen: Option<Fen>,
    /// Hundredths of a percent on the store's price; 2000 is a fifth more, negative is less.
    #[schema(value_type = i32, minimum = -9_000, maximum = 100_000)]
    pub markup_bp: BasisPoints,
    /// Fen on top of that.
    #[schema(value_type = i64, minimum = -100_000_000, maximum = 100_000_000)]
    pub plus_fen: Fen,
    /// Up to the next amount that ends in .9 yuan.
    pub ends_in_nine: bool,
    /// Never cheaper.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 100_000_000)]
    pub minimum_fen: Option<Fen>,
}

impl PriceRule {
    /// Notes every fault of the rule.
    pub fn check(&self, field: &str, checks: &mut Checks) {
        let amounts = [("fixed_fen", self.fixed_fen), ("minimum_fen", self.minimum_fen)];
        for (name, amount) in amounts {
            checks.range(format!("{field}.{name}"), amount.unwrap_or_default().fen(), 0, AMOUNT_MAX);
        }
        checks.range(format!("{field}.plus_fen"), self.plus_fen.fen(), -AMOUNT_MAX, AMOUNT_MAX);
        let (markup, least, most) = (self.markup_bp.bp().into(), MARKUP_MIN.into(), MARKUP_MAX.into());
        checks.range(format!("{field}.markup_bp"), markup, least, most);
        let alone = self.fixed_fen.is_none() || (self.markup_bp == BasisPoints::ZERO && self.plus_fen == Fen::ZERO);
        checks.need(alone, format!("{field}.fixed_fen"), "invalid", "either a fixed price or one on the store's");
    }

    /// Our price for what costs `store` there.
    ///
    /// # Errors
    /// When the result is below zero or no amount at all.
    pub fn price(&self, store: Fen) -> Result<Fen, MoneyError> {
        let plain = match self.fixed_fen {
            Some(fixed) => fixed,
            None => {
                let rate = BasisPoints::new(BasisPoints::WHOLE.bp().saturating_add(self.markup_bp.bp()));
                store.rate_half_up(rate)?.plus(self.plus_fen)?
            }
        };
        let price = plain.max(self.minimum_fen.unwrap_or(plain));
        let price = if self.ends_in_nine { up_to_nine(price)? } else { price };
        if price.is_negative() { Err(MoneyError) } else { Ok(price) }
    }
}

/// The least amount of x.90 yuan that is not below `price`.
fn up_to_nine(price: Fen) -> Result<Fen, MoneyError> {
    price.plus(Fen::from_fen((90 - price.fen()).rem_euclid(100)))
}

/// `minor` units of a currency with `exponent` decimals in fen, when one unit is `micro_cny` millionths of
/// a yuan; half a fen up.
pub fn in_fen(minor: i64, exponent: u32, micro_cny: i64) -> Result<Fen, MoneyError> {
    let units = 10_i128.checked_pow(exponent).ok_or(MoneyError)?;
    let (exact, per_fen) = (i128::from(minor) * i128::from(micro_cny), units * MICRO_PER_FEN);
    let rounded = (exact.abs() * 2 + per_fen) / (per_fen * 2);
    let signed = if exact < 0 { -rounded } else { rounded };
    i64::try_from(signed).map(Fen::from_fen).map_err(|_| MoneyError)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn fen(amount: i64) -> Fen {
        Fen::from_fen(amount)
    }

    fn priced(rule: PriceRule, store: i64) -> i64 {
        rule.price(fen(store)).unwrap().fen()
    }

    #[test]
    fn prices_end_in_nine_by_going_up() {
        let rule = PriceRule { ends_in_nine: true, ..PriceRule::default() };
        let expected = [(0, 90), (1, 90), (90, 90), (91, 190), (1290, 1290), (1291, 1390), (1200, 1290)];
        for (store, ours) in expected {
            assert_eq!(priced(rule, store), ours, "{store}");
        }
    }

    #[test]
    fn a_rule_marks_up_then_holds_the_minimum_then_ends_in_nine() {
        let rule = PriceRule { markup_bp: BasisPoints::new(2_000), plus_fen: fen(100), ..PriceRule::default() };
        assert_eq!(priced(rule, 1_000), 1_300);
        assert_eq!(priced(rule, 1_002), 1_302, "half a fen and more goes up");
        let least = PriceRule { minimum_fen: Some(fen(1_500)), ends_in_nine: true, ..rule };
        assert_eq!(priced(least, 1_000), 1_590);
        let fixed = PriceRule { fixed_fen: Some(fen(999)), ..PriceRule::default() };
        assert_eq!(priced(fixed, 123_456), 999);
        let below = PriceRule { plus_fen: fen(-200), ..PriceRule::default() };
        assert!(below.price(fen(100)).is_err());
    }

    #[test]
    fn foreign_amounts_become_fen_at_a_rate() {
        // 12.34 dollars at 7.1234 yuan: 87.902756 yuan.
        assert_eq!(in_fen(1234, 2, 7_123_400).unwrap(), fen(8790));
        // 500 yen at 0.0485 yuan.
        assert_eq!(in_fen(500, 0, 48_500).unwrap(), fen(2425));
        assert_eq!(in_fen(12_345, 3, 23_000_000).unwrap(), fen(28_394));
        assert!(in_fen(i64::MAX, 0, i64::MAX).is_err());
    }

    #[test]
    fn a_rule_is_fixed_or_relative_and_in_range() {
        let faults = |rule: PriceRule| {
            let mut checks = Checks::default();
            rule.check("price_rule", &mut checks);
            checks.done().map_or_else(|invalid| invalid.0.len(), |()| 0)
        };
        assert_eq!(faults(PriceRule::default()), 0);
        let both = PriceRule { fixed_fen: Some(fen(1)), markup_bp: BasisPoints::new(1), ..PriceRule::default() };
        assert_eq!(faults(both), 1);
        let odd = PriceRule { markup_bp: BasisPoints::new(-9_001), minimum_fen: Some(fen(-1)), ..PriceRule::default() };
        assert_eq!(faults(odd), 2);
    }

    proptest! {
        #[test]
        fn our_price_keeps_every_promise_of_its_rule(
            store in 0i64..10_000_000_000, markup in -9_000i32..=100_000, plus in -1_000_000i64..1_000_000,
            least in proptest::option::of(0i64..1_000_000), nine: bool,
        ) {
            let rule = PriceRule {
                markup_bp: BasisPoints::new(markup), plus_fen: fen(plus), ends_in_nine: nine,
                minimum_fen: least.map(fen), fixed_fen: None,
            };
            let exact = i128::from(store) * i128::from(10_000 + markup) + i128::from(plus) * 10_000;
            match rule.price(fen(store)) {
                Ok(price) => {
                    let price = price.fen();
                    prop_assert!(price >= least.unwrap_or(0) && price >= 0);
                    prop_assert!(!nine || price % 100 == 90);
                    // Never more than half a fen below, and above only as far as the rule says.
                    prop_assert!(i128::from(price) * 10_000 + 5_000 >= exact);
                    let floor = exact.max(i128::from(least.unwrap_or(i64::MIN)) * 10_000);
                    let most = if nine { 1_000_000 } else { 10_000 };
                    prop_assert!(i128::from(price) * 10_000 < floor + most);
                }
                Err(_) => prop_assert!(exact < 0 && least.is_none()),
            }
        }

        #[test]
        fn a_dearer_thing_is_never_cheaper_here(
            one in 0i64..1_000_000_000, more in 0i64..1_000_000_000, markup in -9_000i32..=100_000, nine: bool,
        ) {
            let rule = PriceRule { markup_bp: BasisPoints::new(markup), ends_in_nine: nine, ..PriceRule::default() };
            prop_assert!(priced(rule, one) <= priced(rule, one + more));
        }

        #[test]
        fn exchanging_is_off_by_half_a_fen_at_most(
            minor in -1_000_000_000i64..1_000_000_000, exponent in 0u32..=3, micro in 1i64..1_000_000_000,
        ) {
            let fen = i128::from(in_fen(minor, exponent, micro).unwrap().fen());
            let per_fen = 10_i128.pow(exponent) * 10_000;
            let exact = i128::from(minor) * i128::from(micro);
            prop_assert!((fen * per_fen - exact).abs() * 2 <= per_fen);
        }
    }
}
