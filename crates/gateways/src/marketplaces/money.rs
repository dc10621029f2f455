//! Decimal text of a partner's JSON to integer minor units, digit by digit.
//!
//! Never through a binary float: 19.9 yuan is 1990 fen, and `19.9 * 100.0` is not. A JSON number is
//! taken from its text (see [`super::loose::Loose`]), so floats on the wire are exact here too.

use kernel::money::{BasisPoints, Fen};
use thiserror::Error;

/// Why an amount was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Empty, or not a decimal number.
    #[error("not a decimal number")]
    NotANumber,
    /// More significant decimals than the currency has, as `0.001` yuan.
    #[error("more decimals than the currency has")]
    SurplusDigits,
    /// Too large for an `i64` of minor units.
    #[error("amount out of range")]
    OutOfRange,
    /// A currency code we do not know the exponent of.
    #[error("unknown currency")]
    UnknownCurrency,
}

/// An ISO 4217 code whose number of decimals we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency(&'static str);

impl Currency {
    /// Chinese yuan; its minor unit is the fen.
    pub const CNY: Currency = Currency("CNY");

    /// The currency named by an ISO 4217 code in capitals.
    pub fn parse(code: &str) -> Result<Currency, MoneyError> {
        [NO_DECIMALS, TWO_DECIMALS, THREE_DECIMALS]
            .iter()
            .flat_map(|list| list.iter())
            .find(|known| **known == code)
            .map(|known| Currency(known))
            .ok_or(MoneyError::UnknownCurrency)
    }

    /// The ISO 4217 code.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// How many decimals the major unit has: 2 for CNY, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> u32 {
        if NO_DECIMALS.contains(&self.0) {
            0
        } else if THREE_DECIMALS.contains(&self.0) {
            3
        } else {
            2
        }
    }
}

const NO_DECIMALS: &[&str] =
    &["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"];
const THREE_DECIMALS: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
const TWO_DECIMALS: &[&str] = &[
    "AED", "ARS", "AUD", "BDT", "BGN", "BRL", "CAD", "CHF", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP", "GEL",
    "HKD", "HUF", "IDR", "ILS", "INR", "KES", "KZT", "LKR", "MAD", "MOP", "MXN", "MYR", "NGN", "NOK", "NZD", "PEN",
    "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "UYU",
    "ZAR",
];

/// An amount in minor units of its currency (fen for CNY).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// Minor units.
    pub minor: i64,
    /// What they are minor units of.
    pub currency: Currency,
}

impl Money {
    /// An amount of yuan.
    pub fn cny(amount: Fen) -> Money {
        Money { minor: amount.fen(), currency: Currency::CNY }
    }

    /// Reads an amount written in major units, as `"12.345"` KWD or `"500.0"` JPY.
    pub fn from_major(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let minor = scaled(text, currency.exponent())?;
        Ok(Money { minor, currency })
    }

    /// Reads an amount already written in minor units.
    pub fn from_minor(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let minor = scaled(text, 0)?;
        Ok(Money { minor, currency })
    }
}

/// Yuan text to fen: `"325.98"` is 32598.
pub fn fen_from_yuan(text: &str) -> Result<Fen, MoneyError> {
    scaled(text, 2).map(Fen::from_fen)
}

/// Percent text to basis points: `"8.50"` is 850. Digits below a basis point are cut off, so that
/// an estimated commission is never too high.
pub fn bp_from_percent(text: &str) -> Result<BasisPoints, MoneyError> {
    let bp = Decimal::parse(text)?.scaled_down(2)?;
    let bp = u16::try_from(bp).map_err(|_| MoneyError::OutOfRange)?;
    Ok(BasisPoints::new(bp.into()))
}

/// The number in `text` times ten to the `exponent`, when that is an integer.
pub fn scaled(text: &str, exponent: u32) -> Result<i64, MoneyError> {
    Decimal::parse(text)?.scaled(exponent)
}

/// `digits × 10^-decimals`, signed; the longest text taken has 38 significant digits.
struct Decimal {
    digits: i128,
    decimals: i32,
}

/// No amount of any shop needs more; it bounds the work done on hostile text.
const LONGEST: usize = 48;

impl Decimal {
    fn parse(text: &str) -> Result<Decimal, MoneyError> {
        if text.len() > LONGEST {
            return Err(MoneyError::NotANumber);
        }
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, parse_power(power)?),
            None => (text, 0),
        };
        let (negative, unsigned) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let well_formed = !whole.is_empty()
            && (fraction.is_empty() != unsigned.contains('.'))
            && [whole, fraction].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
        if !well_formed {
            return Err(MoneyError::NotANumber);
        }
        let mut digits: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            digits = digits
                .checked_mul(10)
                .and_then(|d| d.checked_add(i128::from(digit - b'0')))
                .ok_or(MoneyError::OutOfRange)?;
        }
        let written = i32::try_from(fraction.len()).map_err(|_| MoneyError::OutOfRange)?;
        Ok(Decimal { digits: if negative { -digits } else { digits }, decimals: written - power })
    }

    fn scaled(&self, exponent: u32) -> Result<i64, MoneyError> {
        let (value, rest) = self.shifted(exponent)?;
        if rest != 0 {
            return Err(MoneyError::SurplusDigits);
        }
        i64::try_from(value).map_err(|_| MoneyError::OutOfRange)
    }

    fn scaled_down(&self, exponent: u32) -> Result<i64, MoneyError> {
        let (value, _) = self.shifted(exponent)?;
        i64::try_from(value).map_err(|_| MoneyError::OutOfRange)
    }

    /// Quotient and remainder of the number times ten to the `exponent`.
    fn shifted(&self, exponent: u32) -> Result<(i128, i128), MoneyError> {
        let exponent = i32::try_from(exponent).map_err(|_| MoneyError::OutOfRange)?;
        let shift = exponent - self.decimals;
        let factor = 10_i128.checked_pow(shift.unsigned_abs());
        match (factor, shift >= 0) {
            (Some(factor), true) => {
                let value = self.digits.checked_mul(factor).ok_or(MoneyError::OutOfRange)?;
                Ok((value, 0))
            }
            (Some(factor), false) => Ok((self.digits / factor, self.digits % factor)),
            (None, _) if self.digits == 0 => Ok((0, 0)),
            (None, _) => Err(MoneyError::OutOfRange),
        }
    }
}

/// The power of ten after `e`; two digits reach further than any amount.
fn parse_power(text: &str) -> Result<i32, MoneyError> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.is_empty() || unsigned.len() > 2 || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return Err(MoneyError::NotANumber);
    }
    text.parse().map_err(|_| MoneyError::NotANumber)
}
