//! The price of an order: one pure function for the quote, the order and every check (R-08 … R-15).
//! A reduction is spread over its lines once, by largest remainder, and stored.

use kernel::id::{GoodsId, SkuId};
use kernel::{BasisPoints, Fen, MoneyError};
use serde::{Deserialize, Serialize};

/// A line as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The goods.
    pub goods: GoodsId,
    /// The SKU.
    pub sku: SkuId,
    /// The price of one unit, already chosen by R-08.
    pub unit_price: Fen,
    /// Units, at least one.
    pub quantity: i64,
    /// Whether 满减 counts and reduces it.
    pub spend_and_save: bool,
    /// Whether the coupon's scope holds it.
    pub coupon: bool,
}

/// One tier of 满减: from `from` on, `off` is taken off once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// The threshold.
    pub from: Fen,
    /// The reduction.
    pub off: Fen,
}

/// A coupon to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CouponOffer {
    /// The least eligible money.
    pub threshold: Fen,
    /// What it takes off, capped at the eligible money.
    pub value: Fen,
}

/// How points pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointsOffer {
    /// Points to be used.
    pub used: i64,
    /// Points for one yuan.
    pub per_yuan: i64,
    /// The most of (goods − 满减 − coupon) they may pay.
    pub cap: BasisPoints,
}

/// Everything the price depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceInput {
    /// The lines.
    pub lines: Vec<Asked>,
    /// The tiers of 满减 in force.
    pub tiers: Vec<Tier>,
    /// The coupon.
    pub coupon: Option<CouponOffer>,
    /// The points.
    pub points: Option<PointsOffer>,
    /// Freight, not reduced by anything.
    pub shipping: Fen,
    /// Packing.
    pub packing: Fen,
}

/// A line with its share of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricedLine {
    /// The SKU.
    pub sku: SkuId,
    /// The price of one unit.
    pub unit_price: Fen,
    /// Units.
    pub quantity: i64,
    /// Unit price × quantity.
    pub goods: Fen,
    /// Its share of 满减.
    pub spend_and_save: Fen,
    /// Its share of the coupon.
    pub coupon: Fen,
    /// Its share of what points pay.
    pub points: Fen,
    /// Its share of the freight.
    pub shipping: Fen,
    /// Its share of packing.
    pub packing: Fen,
}

impl PricedLine {
    /// What is paid for the line in money: goods less reductions, and its shipping and packing.
    pub fn paid(&self) -> Result<Fen, MoneyError> {
        self.goods_paid()?.plus(self.shipping)?.plus(self.packing)
    }

    /// Goods money less 满减, coupon and points.
    pub fn goods_paid(&self) -> Result<Fen, MoneyError> {
        self.goods.minus(self.spend_and_save)?.minus(self.coupon)?.minus(self.points)
    }
}

/// The priced breakdown; every total is the sum of its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priced {
    /// The lines, in the order asked.
    pub lines: Vec<PricedLine>,
    /// Σ goods.
    pub goods: Fen,
    /// Σ 满减.
    pub spend_and_save: Fen,
    /// Σ coupon.
    pub coupon: Fen,
    /// Points used.
    pub points_used: i64,
    /// What they pay.
    pub points: Fen,
    /// Freight.
    pub shipping: Fen,
    /// Packing.
    pub packing: Fen,
    /// What is left to pay in money.
    pub payable: Fen,
}

/// Why a price cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// The coupon's threshold is not reached, or nothing is eligible.
    #[error("the coupon does not fit these goods")]
    CouponDoesNotFit,
    /// More points than may be used.
    #[error("at most {0} points may be used")]
    TooManyPoints(i64),
    /// An amount left the range.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Prices an order.
pub fn price(input: &PriceInput) -> Result<Priced, PriceError> {
    let mut lines = Vec::with_capacity(input.lines.len());
    for asked in &input.lines {
        lines.push(PricedLine {
            sku: asked.sku,
            unit_price: asked.unit_price,
            quantity: asked.quantity,
            goods: asked.unit_price.times(asked.quantity)?,
            spend_and_save: Fen::ZERO,
            coupon: Fen::ZERO,
            points: Fen::ZERO,
            shipping: Fen::ZERO,
            packing: Fen::ZERO,
        });
    }
    reduce_by_tiers(input, &mut lines)?;
    reduce_by_coupon(input, &mut lines)?;
    let points_used = pay_by_points(input, &mut lines)?;
    spread_extras(input, &mut lines)?;
    let total = |of: fn(&PricedLine) -> Fen| Fen::sum(lines.iter().map(of));
    let mut payable = Fen::ZERO;
    for line in &lines {
        payable = payable.plus(line.paid()?)?;
    }
    Ok(Priced {
        goods: total(|l| l.goods)?,
        spend_and_save: total(|l| l.spend_and_save)?,
        coupon: total(|l| l.coupon)?,
        points_used,
        points: total(|l| l.points)?,
        shipping: total(|l| l.shipping)?,
        packing: total(|l| l.packing)?,
        payable,
        lines,
    })
}

/// the highest tier reached by the participating lines applies once.
fn reduce_by_tiers(input: &PriceInput, lines: &mut [PricedLine]) -> Result<(), MoneyError> {
    let weights = weights(input, lines, |asked| asked.spend_and_save)?;
    let eligible = Fen::sum(weights.iter().copied())?;
    let Some(tier) = input.tiers.iter().filter(|tier| eligible >= tier.from).max_by_key(|tier| tier.from) else {
        return Ok(());
    };
    let parts = std::cmp::min(tier.off, eligible).split(&weights)?;
    lines.iter_mut().zip(parts).for_each(|(line, part)| line.spend_and_save = part);
    Ok(())
}

/// a coupon takes at most the eligible money.
fn reduce_by_coupon(input: &PriceInput, lines: &mut [PricedLine]) -> Result<(), PriceError> {
    let Some(coupon) = input.coupon else { return Ok(()) };
    let weights = weights(input, lines, |asked| asked.coupon)?;
    let eligible = Fen::sum(weights.iter().copied())?;
    if !eligible.is_positive() || eligible < coupon.threshold {
        return Err(PriceError::CouponDoesNotFit);
    }
    let parts = std::cmp::min(coupon.value, eligible).split(&weights)?;
    lines.iter_mut().zip(parts).for_each(|(line, part)| line.coupon = part);
    Ok(())
}

/// at most `floor(cap × rate)` points of (goods − 满减 − coupon).
fn pay_by_points(input: &PriceInput, lines: &mut [PricedLine]) -> Result<i64, PriceError> {
    let Some(points) = input.points.filter(|points| points.used > 0) else { return Ok(0) };
    let weights = weights(input, lines, |_| true)?;
    let cap = Fen::sum(weights.iter().copied())?.rate_down(points.cap)?;
    let most = cap.times(points.per_yuan)?.fen() / 100;
    if points.used > most || points.per_yuan <= 0 {
        return Err(PriceError::TooManyPoints(most));
    }
    let value = Fen::from_fen(points.used).times(100)?.fen() / points.per_yuan;
    if value == 0 {
        // So few buy nothing, and nothing is taken for nothing.
        return Ok(0);
    }
    let parts = Fen::from_fen(value).split(&weights)?;
    lines.iter_mut().zip(parts).for_each(|(line, part)| line.points = part);
    Ok(points.used)
}

/// freight and packing go over the lines by their money after 满减 and coupon.
fn spread_extras(input: &PriceInput, lines: &mut [PricedLine]) -> Result<(), MoneyError> {
    let mut by_money = Vec::with_capacity(lines.len());
    for line in lines.iter() {
        by_money.push(line.goods.minus(line.spend_and_save)?.minus(line.coupon)?);
    }
    if !by_money.iter().any(|money| money.is_positive()) {
        by_money = vec![Fen::from_fen(1); lines.len()];
    }
    let (shipping, packing) = (input.shipping.split(&by_money)?, input.packing.split(&by_money)?);
    for ((line, shipping), packing) in lines.iter_mut().zip(shipping).zip(packing) {
        line.shipping = shipping;
        line.packing = packing;
    }
    Ok(())
}

/// What is left of each line's goods money, zero where the line does not take part.
fn weights(input: &PriceInput, lines: &[PricedLine], takes_part: fn(&Asked) -> bool) -> Result<Vec<Fen>, MoneyError> {
    let left = |(asked, line): (&Asked, &PricedLine)| {
        if takes_part(asked) { line.goods_paid() } else { Ok(Fen::ZERO) }
    };
    input.lines.iter().zip(lines).map(left).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    fn asked(unit_price: i64, quantity: i64) -> Asked {
        Asked {
            goods: GoodsId::new(),
            sku: SkuId::new(),
            unit_price: Fen::from_fen(unit_price),
            quantity,
            spend_and_save: true,
            coupon: true,
        }
    }

    fn tier(from: i64, off: i64) -> Tier {
        Tier { from: Fen::from_fen(from), off: Fen::from_fen(off) }
    }

    #[test]
    fn the_highest_tier_applies_once_and_odd_fen_go_to_the_earlier_line() {
        let input = PriceInput {
            lines: vec![asked(1000, 1), asked(1000, 1), asked(1000, 1)],
            tiers: vec![tier(1000, 100), tier(3000, 1000)],
            ..PriceInput::default()
        };
        let priced = price(&input).unwrap();
        let parts: Vec<i64> = priced.lines.iter().map(|line| line.spend_and_save.fen()).collect();
        assert_eq!(parts, [334, 333, 333]);
        assert_eq!(priced.payable, Fen::from_fen(2000));
    }

    #[test]
    fn lines_that_do_not_take_part_neither_count_nor_pay_less() {
        let mut outside = asked(5000, 1);
        outside.spend_and_save = false;
        let input =
            PriceInput { lines: vec![asked(900, 1), outside], tiers: vec![tier(1000, 500)], ..PriceInput::default() };
        assert_eq!(price(&input).unwrap().spend_and_save, Fen::ZERO);
    }

    #[test]
    fn a_coupon_never_takes_more_than_the_eligible_money_and_shipping_stays() {
        let coupon = CouponOffer { threshold: Fen::ZERO, value: Fen::from_fen(9999) };
        let input = PriceInput {
            lines: vec![asked(500, 1)],
            coupon: Some(coupon),
            shipping: Fen::from_fen(600),
            ..PriceInput::default()
        };
        assert_eq!(price(&input).unwrap().payable, Fen::from_fen(600));
    }

    #[test]
    fn points_are_capped() {
        let points = |used| Some(PointsOffer { used, per_yuan: 100, cap: BasisPoints::new(2000) });
        let with = |used| PriceInput { lines: vec![asked(1000, 1)], points: points(used), ..PriceInput::default() };
        assert_eq!(price(&with(200)).unwrap().payable, Fen::from_fen(800));
        assert_eq!(price(&with(201)).unwrap_err(), PriceError::TooManyPoints(200));
    }

    proptest! {
        #[test]
        fn totals_are_the_sums_of_their_lines_and_no_line_is_negative(
            lines in prop::collection::vec((0i64..100_000, 1i64..20, any::<bool>(), any::<bool>()), 1..12),
            tiers in prop::collection::vec((1i64..200_000, 1i64..50_000), 0..5),
            coupon in prop::option::of((0i64..100_000, 1i64..100_000)),
            shipping in 0i64..5_000, packing in 0i64..500, points in 0i64..2_000,
        ) {
            let lines: Vec<Asked> = lines.into_iter().map(|(unit, quantity, tiers, coupon)| Asked {
                spend_and_save: tiers, coupon, ..asked(unit, quantity)
            }).collect();
            let input = PriceInput {
                lines,
                tiers: tiers.into_iter().map(|(from, off)| tier(from, off)).collect(),
                coupon: coupon.map(|(t, v)| CouponOffer { threshold: Fen::from_fen(t), value: Fen::from_fen(v) }),
                points: Some(PointsOffer { used: points, per_yuan: 100, cap: BasisPoints::new(2000) }),
                shipping: Fen::from_fen(shipping),
                packing: Fen::from_fen(packing),
            };
            match price(&input) {
                Ok(priced) => {
                    let mut sum = 0;
                    for line in &priced.lines {
                        prop_assert!(!line.goods_paid().unwrap().is_negative());
                        for part in [line.spend_and_save, line.coupon, line.points, line.shipping, line.packing] {
                            prop_assert!(!part.is_negative());
                        }
                        sum += line.paid().unwrap().fen();
                    }
                    prop_assert_eq!(sum, priced.payable.fen());
                    let by_totals = priced.goods.fen() - priced.spend_and_save.fen() - priced.coupon.fen()
                        - priced.points.fen() + priced.shipping.fen() + priced.packing.fen();
                    prop_assert_eq!(by_totals, priced.payable.fen());
                    prop_assert_eq!(priced.shipping.fen(), shipping);
                }
                Err(error) => prop_assert!(matches!(error, PriceError::CouponDoesNotFit | PriceError::TooManyPoints(_))),
            }
        }
    }
}
