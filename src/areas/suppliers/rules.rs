//! What a supplier gets for an order line. Pure; every figure is in fen of CNY or in basis
//! points.

use kernel::{BasisPoints, Fen, MoneyError};
use serde::{Deserialize, Serialize};

/// What a supplier and the shop agreed on for a line, frozen on it when it is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Sends its goods itself and keeps the freight of a parcel.
    pub independent: bool,
    /// How its part is reckoned.
    pub agreed: Agreed,
}

/// How a supplier's part is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreed {
    /// The shop keeps a share of the base, the supplier what is left.
    ServiceFeeBp(BasisPoints),
    /// The supplier gets so much a unit, the shop what is left.
    SettlementPriceFen(Fen),
}

/// A line's money, as far as its supplier's part follows from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineMoney {
    /// The commission base.
    pub base: Fen,
    /// The leader's own commission of the base.
    pub commission: Fen,
    /// Commissions of those who recommended him.
    pub referral: Fen,
    /// The freight, where the line goes by parcel.
    pub express_shipping: Fen,
    /// Units.
    pub quantity: i64,
}

/// Who gets what of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// What the shop keeps of the base: its fee, or what the settlement price leaves.
    pub fee: Fen,
    /// The freight within `amount`.
    pub shipping: Fen,
    /// What the supplier gets.
    pub amount: Fen,
    /// What the others get above the line's money: the shop bears it.
    pub loss: Fen,
}

/// Divides a line. The supplier is the residual, so that fee, commissions and its part add up to the
/// base and the freight it keeps; where a snapshot gives away more than that the shop bears the rest.
pub fn share(snapshot: &Snapshot, money: &LineMoney) -> Result<Share, MoneyError> {
    let shipping = if snapshot.independent { money.express_shipping } else { Fen::ZERO };
    let given = money.commission.plus(money.referral)?;
    let (fee, goods) = match snapshot.agreed {
        Agreed::ServiceFeeBp(rate) => {
            let fee = money.base.rate_half_up(rate)?;
            (fee, money.base.minus(fee)?.minus(given)?)
        }
        Agreed::SettlementPriceFen(price) => {
            let goods = price.times(money.quantity)?;
            (money.base.minus(goods)?.minus(given)?, goods)
        }
    };
    // Either of the two residuals may be below nothing; both cannot.
    let loss = std::cmp::min(fee, goods).min(Fen::ZERO).negated()?;
    let goods = goods.max(Fen::ZERO);
    Ok(Share { fee: fee.max(Fen::ZERO), shipping, amount: goods.plus(shipping)?, loss })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn fen(fen: i64) -> Fen {
        Fen::from_fen(fen)
    }

    fn by_fee(bp: i32, independent: bool) -> Snapshot {
        Snapshot { independent, agreed: Agreed::ServiceFeeBp(BasisPoints::new(bp)) }
    }

    fn by_price(price: i64) -> Snapshot {
        Snapshot { independent: false, agreed: Agreed::SettlementPriceFen(fen(price)) }
    }

    fn money(base: i64, commission: i64, referral: i64) -> LineMoney {
        LineMoney { base: fen(base), commission: fen(commission), referral: fen(referral), ..LineMoney::default() }
    }

    #[test]
    fn the_supplier_gets_what_fee_and_commissions_leave() {
        let got = share(&by_fee(550, false), &money(9_990, 999, 200)).unwrap();
        // Half up: 549.45 is 549.
        assert_eq!((got.fee.fen(), got.amount.fen(), got.loss.fen()), (549, 9_990 - 549 - 999 - 200, 0));
    }

    #[test]
    fn the_freight_of_a_parcel_is_an_independent_suppliers() {
        let line = LineMoney { express_shipping: fen(800), ..money(1_000, 0, 0) };
        assert_eq!(share(&by_fee(1_000, true), &line).unwrap().amount, fen(1_700));
        assert_eq!(share(&by_fee(1_000, false), &line).unwrap().amount, fen(900));
    }

    #[test]
    fn what_is_given_away_above_the_whole_is_a_loss_and_never_a_silent_nothing() {
        let got = share(&by_fee(6_000, false), &money(100, 50, 0)).unwrap();
        assert_eq!((got.fee.fen(), got.amount.fen(), got.loss.fen()), (60, 0, 10));
        let got = share(&by_price(80), &LineMoney { quantity: 2, ..money(150, 10, 0) }).unwrap();
        assert_eq!((got.fee.fen(), got.amount.fen(), got.loss.fen()), (0, 160, 20));
    }

    #[test]
    fn a_settlement_price_leaves_the_shop_the_rest() {
        let got = share(&by_price(80), &LineMoney { quantity: 2, ..money(200, 15, 5) }).unwrap();
        assert_eq!((got.fee.fen(), got.amount.fen(), got.loss.fen()), (20, 160, 0));
    }

    #[test]
    fn a_snapshot_comes_back_from_its_json() {
        for snapshot in [by_fee(550, true), by_price(1_999)] {
            let json = serde_json::to_value(snapshot).unwrap();
            assert_eq!(serde_json::from_value::<Snapshot>(json).unwrap(), snapshot);
        }
    }

    proptest! {
        #[test]
        fn the_parts_of_any_line_with_any_rates_add_up_to_its_money(
            base in 0i64..10_000_000, commission in 0i64..10_000_000, referral in 0i64..1_000_000,
            shipping in 0i64..10_000, quantity in 1i64..50, fee in 0i32..=10_000, price in 0i64..1_000_000,
            independent: bool, priced: bool,
        ) {
            let agreed = match priced {
                true => Agreed::SettlementPriceFen(fen(price)),
                false => Agreed::ServiceFeeBp(BasisPoints::new(fee)),
            };
            let line = LineMoney { express_shipping: fen(shipping), quantity, ..money(base, commission, referral) };
            let got = share(&Snapshot { independent, agreed }, &line).unwrap();
            let all = got.fee.fen() + commission + referral + got.amount.fen();
            let kept = if independent { shipping } else { 0 };
            prop_assert_eq!(all, base + kept + got.loss.fen());
            prop_assert!(!got.fee.is_negative() && !got.loss.is_negative() && got.shipping <= got.amount);
        }
    }
}
