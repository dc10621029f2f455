//! Money as integer fen, rates as basis points. The only file that may cast and index: its
//! bounds are proven by the property tests below.
#![expect(clippy::indexing_slicing, reason = "indices come from 0..weights.len()")]

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// An amount of CNY in fen (1 yuan = 100 fen). Signed, so that a difference is also a `Fen`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType,
)]
#[serde(transparent)]
pub struct Fen(i64);

/// A sum left the range of an `i64`, or a split had nothing to split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount left the range this system can hold")]
pub struct MoneyError;

/// A rate in hundredths of a percent: 10 000 is the whole.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType,
)]
#[serde(transparent)]
pub struct BasisPoints(i32);

impl BasisPoints {
    /// The whole, 100 %.
    pub const WHOLE: BasisPoints = BasisPoints(10_000);
    /// Nothing, 0 %.
    pub const ZERO: BasisPoints = BasisPoints(0);

    /// A rate of `bp` hundredths of a percent.
    pub const fn new(bp: i32) -> Self {
        Self(bp)
    }

    /// The rate as a plain number of basis points.
    pub const fn bp(self) -> i32 {
        self.0
    }
}

impl Fen {
    /// No money.
    pub const ZERO: Fen = Fen(0);

    /// `fen` as an amount.
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount as a plain number of fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// Whether the amount is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether the amount is above zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// `self + other`.
    pub fn plus(self, other: Fen) -> Result<Fen, MoneyError> {
        self.0.checked_add(other.0).map(Fen).ok_or(MoneyError)
    }

    /// `self - other`.
    pub fn minus(self, other: Fen) -> Result<Fen, MoneyError> {
        self.0.checked_sub(other.0).map(Fen).ok_or(MoneyError)
    }

    /// `self` taken `count` times.
    pub fn times(self, count: i64) -> Result<Fen, MoneyError> {
        self.0.checked_mul(count).map(Fen).ok_or(MoneyError)
    }

    /// The amount with its sign turned.
    pub fn negated(self) -> Result<Fen, MoneyError> {
        self.0.checked_neg().map(Fen).ok_or(MoneyError)
    }

    /// The sum of `amounts`.
    pub fn sum(amounts: impl IntoIterator<Item = Fen>) -> Result<Fen, MoneyError> {
        amounts.into_iter().try_fold(Fen::ZERO, Fen::plus)
    }

    /// `self × rate`, half a fen rounded away from zero.
    pub fn rate_half_up(self, rate: BasisPoints) -> Result<Fen, MoneyError> {
        self.scale_half_up(i64::from(rate.0), 10_000)
    }

    /// `self × rate`, rounded down towards zero.
    pub fn rate_down(self, rate: BasisPoints) -> Result<Fen, MoneyError> {
        let exact = i128::from(self.0) * i128::from(rate.0) / 10_000;
        i64::try_from(exact).map(Fen).map_err(|_| MoneyError)
    }

    /// `self × rate`, rounded up, away from zero.
    pub fn rate_up(self, rate: BasisPoints) -> Result<Fen, MoneyError> {
        let product = i128::from(self.0) * i128::from(rate.0);
        let exact = (product.abs() + 9_999) / 10_000 * product.signum();
        i64::try_from(exact).map(Fen).map_err(|_| MoneyError)
    }

    /// `self × numerator ÷ denominator`, half a fen rounded away from zero.
    pub fn scale_half_up(self, numerator: i64, denominator: i64) -> Result<Fen, MoneyError> {
        if denominator <= 0 {
            return Err(MoneyError);
        }
        let exact = i128::from(self.0) * i128::from(numerator);
        let (size, denominator) = (exact.abs(), i128::from(denominator));
        let rounded = (size * 2 + denominator) / (denominator * 2);
        let signed = if exact < 0 { -rounded } else { rounded };
        i64::try_from(signed).map(Fen).map_err(|_| MoneyError)
    }

    /// Divides `self` over `weights` in proportion; the parts always add up to `self`.
    ///
    /// Largest remainder: every part is rounded down, then the fen left over go one each to the
    /// parts that lost most, earlier parts first. `self` must not be negative.
    pub fn split(self, weights: &[Fen]) -> Result<Vec<Fen>, MoneyError> {
        if self.0 == 0 {
            return Ok(vec![Fen::ZERO; weights.len()]);
        }
        let whole: i128 = weights.iter().map(|w| i128::from(w.0)).sum();
        if whole <= 0 || self.0 < 0 || weights.iter().any(|w| w.0 < 0) {
            return Err(MoneyError);
        }
        let exact = |w: &Fen| i128::from(self.0) * i128::from(w.0);
        let mut parts: Vec<i64> = Vec::with_capacity(weights.len());
        for weight in weights {
            parts.push(i64::try_from(exact(weight) / whole).map_err(|_| MoneyError)?);
        }
        let left_over = self.0 - parts.iter().sum::<i64>();
        let mut by_loss: Vec<usize> = (0..weights.len()).collect();
        by_loss.sort_by_key(|&i| std::cmp::Reverse(exact(&weights[i]) % whole));
        let extra = usize::try_from(left_over).map_err(|_| MoneyError)?;
        for &i in by_loss.iter().take(extra) {
            parts[i] += 1;
        }
        Ok(parts.into_iter().map(Fen).collect())
    }

    /// Divides `self` over `units` equal parts: 1000 over 3 is 334, 333, 333.
    pub fn split_evenly(self, units: usize) -> Result<Vec<Fen>, MoneyError> {
        self.split(&vec![Fen(1); units])
    }

    /// Reads yuan as the platforms write them ("12.34"), digit by digit.
    ///
    /// More than two decimals are refused unless they are zeros.
    pub fn from_yuan_str(text: &str) -> Result<Fen, MoneyError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (yuan, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(yuan) || !all_digits(decimals) {
            return Err(MoneyError);
        }
        let (cents, surplus) = decimals.split_at(decimals.len().min(2));
        if surplus.bytes().any(|b| b != b'0') {
            return Err(MoneyError);
        }
        let yuan: i64 = yuan.parse().map_err(|_| MoneyError)?;
        let cents: i64 = format!("{cents:0<2}").parse().map_err(|_| MoneyError)?;
        let fen = Fen(yuan).times(100)?.plus(Fen(cents))?;
        if negative { fen.negated() } else { Ok(fen) }
    }

    /// The amount in yuan with two decimals, for people: `¥12.34` without the sign.
    pub fn to_yuan_string(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", size / 100, size % 100)
    }
}

impl std::fmt::Display for Fen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl utoipa::PartialSchema for Fen {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Int64)))
            .into()
    }
}
impl utoipa::ToSchema for Fen {}

impl utoipa::PartialSchema for BasisPoints {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Int32)))
            .into()
    }
}
impl utoipa::ToSchema for BasisPoints {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_thousand_over_three_units_gives_the_first_the_odd_fen() {
        let parts = Fen(1000).split_evenly(3).unwrap();
        assert_eq!(parts, [Fen(334), Fen(333), Fen(333)]);
    }

    #[test]
    fn yuan_texts_are_read_without_floats() {
        assert_eq!(Fen::from_yuan_str("19.9"), Ok(Fen(1990)));
        assert_eq!(Fen::from_yuan_str("0.01"), Ok(Fen(1)));
        assert_eq!(Fen::from_yuan_str("7"), Ok(Fen(700)));
        assert_eq!(Fen::from_yuan_str("7.100"), Ok(Fen(710)));
        for bad in ["", ".", "1.", ".5", "1.005", "1e2", "NaN", "1,000", "99999999999999999999"] {
            assert_eq!(Fen::from_yuan_str(bad), Err(MoneyError), "{bad}");
        }
    }

    #[test]
    fn half_a_fen_is_rounded_up() {
        assert_eq!(Fen(1999).rate_half_up(BasisPoints(8800)), Ok(Fen(1759)));
        assert_eq!(Fen(1).rate_half_up(BasisPoints(5000)), Ok(Fen(1)));
        assert_eq!(Fen(-1).rate_half_up(BasisPoints(5000)), Ok(Fen(-1)));
    }

    #[test]
    fn what_is_rounded_up_is_a_whole_fen_for_any_part_of_one() {
        assert_eq!(Fen(10_000).rate_up(BasisPoints(60)), Ok(Fen(60)));
        assert_eq!(Fen(10_001).rate_up(BasisPoints(60)), Ok(Fen(61)));
        assert_eq!(Fen(1).rate_up(BasisPoints(60)), Ok(Fen(1)));
        assert_eq!(Fen(-1).rate_up(BasisPoints(60)), Ok(Fen(-1)));
        assert_eq!(Fen(0).rate_up(BasisPoints(60)), Ok(Fen(0)));
    }

    proptest! {
        #[test]
        fn a_split_loses_nothing_and_gives_nobody_more_than_a_fen_too_much(
            total in 0i64..1_000_000_000_000, weights in prop::collection::vec(0i64..1_000_000_000, 1..40),
        ) {
            prop_assume!(weights.iter().any(|w| *w > 0));
            let weights: Vec<Fen> = weights.into_iter().map(Fen).collect();
            let whole: i128 = weights.iter().map(|w| i128::from(w.0)).sum();
            let parts = Fen(total).split(&weights).unwrap();
            prop_assert_eq!(Fen::sum(parts.iter().copied()).unwrap(), Fen(total));
            for (part, weight) in parts.iter().zip(&weights) {
                let down = i128::from(total) * i128::from(weight.0) / whole;
                prop_assert!(i128::from(part.0) == down || i128::from(part.0) == down + 1);
                prop_assert!(weight.0 > 0 || part.0 == 0);
            }
        }

        #[test]
        fn a_part_of_a_total_never_exceeds_its_weight(total in 0i64..1_000_000, weights in prop::collection::vec(0i64..1_000_000, 1..20)) {
            let sum: i64 = weights.iter().sum();
            prop_assume!(sum > 0 && total <= sum);
            let weights: Vec<Fen> = weights.into_iter().map(Fen).collect();
            for (part, weight) in Fen(total).split(&weights).unwrap().iter().zip(&weights) {
                prop_assert!(part <= weight);
            }
        }

        #[test]
        fn yuan_texts_come_back(fen in -1_000_000_000_000i64..1_000_000_000_000) {
            prop_assert_eq!(Fen::from_yuan_str(&Fen(fen).to_yuan_string()), Ok(Fen(fen)));
        }
    }
}
