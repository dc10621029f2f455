//! How balance is spent and given back, and how points are earned and taken back. Pure.

use kernel::{Fen, MoneyError};

/// The money of an order by its means of payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Means {
    /// By WeChat Pay.
    pub wechat: Fen,
    /// By balance that was paid in.
    pub principal: Fen,
    /// By balance that was given.
    pub gift: Fen,
}

impl Means {
    /// All means together.
    pub fn total(&self) -> Result<Fen, MoneyError> {
        self.wechat.plus(self.balance()?)
    }

    /// Principal and gift together.
    pub fn balance(&self) -> Result<Fen, MoneyError> {
        self.principal.plus(self.gift)
    }

    /// What is left after `less`.
    pub fn minus(&self, less: &Means) -> Result<Means, MoneyError> {
        Ok(Means {
            wechat: self.wechat.minus(less.wechat)?,
            principal: self.principal.minus(less.principal)?,
            gift: self.gift.minus(less.gift)?,
        })
    }
}

/// How `amount` of a balance is spent: principal and gift in proportion to what there is of each
/// `None` when there is too little.
pub fn spend(amount: Fen, principal: Fen, gift: Fen) -> Result<Option<Means>, MoneyError> {
    if amount.is_negative() || amount > principal.plus(gift)? {
        return Ok(None);
    }
    let mut parts = amount.split(&[principal, gift])?.into_iter();
    let principal = parts.next().unwrap_or_default();
    Ok(Some(Means { wechat: Fen::ZERO, principal, gift: parts.next().unwrap_or_default() }))
}

/// How a refund of `amount` goes over the means: in proportion to what each paid and has not got back,
/// `left`, so that every part goes to where it came from and the last refund leaves nothing.
pub fn give_back(amount: Fen, left: &Means) -> Result<Means, MoneyError> {
    if amount.is_negative() || amount > left.total()? {
        return Err(MoneyError);
    }
    let mut parts = amount.split(&[left.wechat, left.principal, left.gift])?.into_iter();
    let mut next = || parts.next().unwrap_or_default();
    Ok(Means { wechat: next(), principal: next(), gift: next() })
}

/// How many of the points used have come back by now, when so much of their value has.
pub fn points_back(used: i64, value_back: Fen, value: Fen) -> Result<i64, MoneyError> {
    if value_back == value {
        return Ok(used);
    }
    Ok(Fen::from_fen(used).scale_half_up(value_back.fen(), value.fen())?.fen())
}

/// What an order's money is made of when points are reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Paid by WeChat and not refunded.
    pub wechat: Fen,
    /// Paid for goods by whatever money, and not refunded.
    pub goods: Fen,
    /// Paid in money for everything, and not refunded.
    pub all: Fen,
}

impl Kept {
    /// Cash that was paid for goods: what WeChat collected is shared out between goods and shipping.
    pub fn cash_for_goods(&self) -> Result<Fen, MoneyError> {
        if !self.all.is_positive() {
            return Ok(Fen::ZERO);
        }
        let exact = i128::from(self.wechat.fen()) * i128::from(self.goods.fen()) / i128::from(self.all.fen());
        i64::try_from(exact).map(Fen::from_fen).map_err(|_| MoneyError)
    }
}

/// Points that an order gives for `cash`: so many for every whole yuan.
pub fn points_earned(cash: Fen, per_yuan: i64) -> Result<i64, MoneyError> {
    Ok(Fen::from_fen(cash.fen().max(0) / 100).times(per_yuan)?.fen())
}

/// How many of the points an order gave are taken back by now: counted from the whole, as every
/// reversal is.
pub fn points_taken_back(given: i64, cash_then: Fen, cash_now: Fen) -> Result<i64, MoneyError> {
    if cash_now >= cash_then {
        return Ok(0);
    }
    let gone = cash_then.minus(std::cmp::max(cash_now, Fen::ZERO))?;
    Ok(Fen::from_fen(given).scale_half_up(gone.fen(), cash_then.fen())?.fen())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn fen(fen: i64) -> Fen {
        Fen::from_fen(fen)
    }

    #[test]
    fn balance_is_spent_in_proportion_and_the_odd_fen_is_principal() {
        let spent = spend(fen(1000), fen(10_000), fen(2_000)).unwrap().unwrap();
        assert_eq!((spent.principal, spent.gift), (fen(833), fen(167)));
        let spent = spend(fen(3), fen(5), fen(5)).unwrap().unwrap();
        assert_eq!((spent.principal, spent.gift), (fen(2), fen(1)));
        assert_eq!(spend(fen(11), fen(5), fen(5)).unwrap(), None);
    }

    #[test]
    fn a_refund_goes_back_over_all_means_in_proportion() {
        let left = Means { wechat: fen(600), principal: fen(300), gift: fen(100) };
        let back = give_back(fen(100), &left).unwrap();
        assert_eq!(back, Means { wechat: fen(60), principal: fen(30), gift: fen(10) });
        assert!(give_back(fen(1001), &left).is_err());
    }

    #[test]
    fn cash_for_shipping_earns_no_points() {
        let all_cash = Kept { wechat: fen(10_600), goods: fen(10_000), all: fen(10_600) };
        assert_eq!(points_earned(all_cash.cash_for_goods().unwrap(), 2).unwrap(), 200);
        let half_by_balance = Kept { wechat: fen(5_300), ..all_cash };
        assert_eq!(points_earned(half_by_balance.cash_for_goods().unwrap(), 1).unwrap(), 50);
        assert_eq!(points_earned(fen(199), 1).unwrap(), 1);
        assert_eq!(points_taken_back(7, fen(799), fen(799)).unwrap(), 0);
        assert_eq!(points_taken_back(7, fen(799), fen(399)).unwrap(), 4);
        assert_eq!(points_taken_back(7, fen(799), Fen::ZERO).unwrap(), 7);
    }

    proptest! {
        #[test]
        fn spending_never_takes_more_of_a_part_than_there_is(principal in 0i64..1_000_000, gift in 0i64..1_000_000, of in 0u32..=1000) {
            let amount = (principal + gift) * i64::from(of) / 1000;
            let spent = spend(fen(amount), fen(principal), fen(gift)).unwrap().unwrap();
            prop_assert_eq!(spent.total().unwrap(), fen(amount));
            prop_assert!(spent.principal <= fen(principal) && spent.gift <= fen(gift));
        }

        #[test]
        fn whatever_refunds_an_order_has_each_means_gets_back_exactly_what_it_paid(
            wechat in 0i64..100_000, principal in 0i64..100_000, gift in 0i64..100_000,
            used in 0i64..10_000, worth in 1i64..100_000,
            steps in prop::collection::vec(1i64..30_000, 0..30),
        ) {
            let paid = Means { wechat: fen(wechat), principal: fen(principal), gift: fen(gift) };
            let total = paid.total().unwrap();
            let (mut left, mut points, mut gone) = (paid, 0, Fen::ZERO);
            // The last refund is of all that is left.
            for step in steps.into_iter().chain([i64::MAX]) {
                let amount = std::cmp::min(fen(step), left.total().unwrap());
                let back = give_back(amount, &left).unwrap();
                prop_assert_eq!(back.total().unwrap(), amount);
                for part in [back.wechat, back.principal, back.gift] {
                    prop_assert!(!part.is_negative());
                }
                left = left.minus(&back).unwrap();
                prop_assert!(!left.wechat.is_negative() && !left.principal.is_negative() && !left.gift.is_negative());
                gone = gone.plus(amount).unwrap();
                let value_back = match total.is_positive() {
                    true => fen(worth).scale_half_up(gone.fen(), total.fen()).unwrap(),
                    false => fen(worth),
                };
                let so_far = points_back(used, value_back, fen(worth)).unwrap();
                prop_assert!(so_far >= points && so_far <= used);
                points = so_far;
            }
            prop_assert_eq!(left, Means::default());
            prop_assert_eq!(points, used);
        }
    }
}
