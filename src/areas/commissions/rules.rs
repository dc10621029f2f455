//! The sums of commissions: which rate, on which base, how much, and how much of it goes back.
//! Pure; every figure is in fen of CNY or in basis points.

use kernel::id::LeaderId;
use kernel::{BasisPoints, Fen, MoneyError};
use serde::{Deserialize, Serialize};

use super::state::CommissionKind;

/// The whole, squared: a rate times a multiplier is counted in these parts.
const WHOLE_SQUARED: i64 = 100_000_000;
/// How many recommending leaders may earn: more is unlawful.
const REFERRAL_LEVELS_MAX: usize = 2;

/// How an earning is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reckoning {
    /// A share of the base.
    RateBp(BasisPoints),
    /// An amount a unit.
    FixedFen(Fen),
}

/// Where a rate came from, as stored and explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The goods' override for the leader's level.
    GoodsLevel,
    /// The leader's level.
    Level,
    /// The goods' own rate.
    Goods,
    /// The shop's default.
    Shop,
    /// A recommending leader's rate.
    Referral,
    /// The fee of leader delivery.
    DeliveryFee,
}

impl Source {
    /// The word kept in `commissions.rule`.
    pub fn word(self) -> &'static str {
        match self {
            Source::GoodsLevel => "goods_level",
            Source::Level => "level",
            Source::Goods => "goods",
            Source::Shop => "shop",
            Source::Referral => "referral",
            Source::DeliveryFee => "delivery_fee",
        }
    }
}

/// What may decide a leader's own rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateTable {
    /// The goods' own earning.
    pub goods: Option<Reckoning>,
    /// The goods' earning for the leader's level.
    pub goods_for_level: Option<Reckoning>,
    /// The rate of the leader's level; `None` at level 0.
    pub level: Option<BasisPoints>,
    /// The shop's default.
    pub shop: BasisPoints,
    /// Whether the shop works with leader levels.
    pub level_mode: bool,
}

/// Chooses the rate by R-20. A level without an override on the goods falls back to its own rate.
pub fn choose_rate(table: &RateTable) -> (Reckoning, Source) {
    let shop = (Reckoning::RateBp(table.shop), Source::Shop);
    if table.level_mode {
        let Some(level) = table.level else { return shop };
        let own = (Reckoning::RateBp(level), Source::Level);
        return table.goods_for_level.map_or(own, |reckoning| (reckoning, Source::GoodsLevel));
    }
    table.goods.map_or(shop, |reckoning| (reckoning, Source::Goods))
}

/// A recommending leader's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referral {
    /// Who recommended.
    pub leader_id: LeaderId,
    /// His rate.
    pub rate_bp: BasisPoints,
}

/// Everything a line's commissions follow from, frozen on the line when it is ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Who sells.
    pub leader_id: LeaderId,
    /// Serves and redeems, earns nothing.
    pub pickup_only: bool,
    /// How his own part is reckoned.
    pub own: Reckoning,
    /// Which rule gave it.
    pub source: Source,
    /// His multiplier.
    pub multiplier_bp: BasisPoints,
    /// Whether money paid by points counts.
    pub points_in_base: bool,
    /// Who recommended him, nearest first.
    pub referrals: Vec<Referral>,
}

/// A line's stored money, as far as commissions look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineMoney {
    /// Unit price × quantity.
    pub goods: Fen,
    /// Its share of 满减.
    pub spend_and_save: Fen,
    /// Its share of the coupon.
    pub coupon: Fen,
    /// Its share of the points, as money.
    pub points: Fen,
    /// Its share of the delivery fee.
    pub shipping: Fen,
    /// Units.
    pub quantity: i64,
}

impl LineMoney {
    /// The commission base: never negative.
    pub fn base(&self, points_in_base: bool) -> Result<Fen, MoneyError> {
        let base = self.goods.minus(self.spend_and_save)?.minus(self.coupon)?;
        let base = if points_in_base { base } else { base.minus(self.points)? };
        Ok(base.max(Fen::ZERO))
    }
}

/// One commission of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Who earns it.
    pub leader: LeaderId,
    /// What for.
    pub kind: CommissionKind,
    /// 0 for the leader's own, 1 and 2 for referrals.
    pub rank: i32,
    /// Of what it is reckoned.
    pub base: Fen,
    /// How.
    pub reckoning: Reckoning,
    /// By which multiplier.
    pub multiplier: BasisPoints,
    /// Which rule.
    pub source: Source,
    /// How much: above zero.
    pub amount: Fen,
    /// The fixed amount was above the base and was capped at it.
    pub capped: bool,
}

/// Every commission of a line (R-21 … R-26); those that come to nothing are left out.
///
/// Referrals are on the same base and on top: they never lower the leader's own part.
/// `by_leader` says that the leader brings the goods and earns the delivery fee.
pub fn parts(snapshot: &Snapshot, money: &LineMoney, by_leader: bool) -> Result<Vec<Part>, MoneyError> {
    let base = money.base(snapshot.points_in_base)?;
    let mut parts = Vec::new();
    if !snapshot.pickup_only {
        let (amount, capped) = amount(base, snapshot.own, snapshot.multiplier_bp, money.quantity)?;
        let (reckoning, multiplier) = (snapshot.own, snapshot.multiplier_bp);
        let (leader, source) = (snapshot.leader_id, snapshot.source);
        parts.push(Part {
            leader,
            kind: CommissionKind::Own,
            rank: 0,
            base,
            reckoning,
            multiplier,
            source,
            amount,
            capped,
        });
        if by_leader {
            parts.push(delivery_fee(snapshot.leader_id, money.shipping));
        }
    }
    let mut earners = vec![snapshot.leader_id];
    for (referral, rank) in snapshot.referrals.iter().take(REFERRAL_LEVELS_MAX).zip(1..) {
        // Nobody earns twice on one line, whatever the tree of recommendations looks like.
        if earners.contains(&referral.leader_id) {
            continue;
        }
        earners.push(referral.leader_id);
        let (leader, kind, source) = (referral.leader_id, CommissionKind::Referral, Source::Referral);
        let (reckoning, multiplier) = (Reckoning::RateBp(referral.rate_bp), BasisPoints::WHOLE);
        let (amount, capped) = amount(base, reckoning, multiplier, money.quantity)?;
        parts.push(Part { leader, kind, rank, base, reckoning, multiplier, source, amount, capped });
    }
    parts.retain(|part| part.amount.is_positive());
    Ok(parts)
}

fn delivery_fee(leader: LeaderId, shipping: Fen) -> Part {
    Part {
        leader,
        kind: CommissionKind::Delivery,
        rank: 0,
        base: shipping,
        reckoning: Reckoning::RateBp(BasisPoints::WHOLE),
        multiplier: BasisPoints::WHOLE,
        source: Source::DeliveryFee,
        amount: shipping,
        capped: false,
    }
}

/// One part's amount, rounded once, never negative and never more than the base; and
/// whether a fixed amount had to be capped.
pub fn amount(
    base: Fen,
    reckoning: Reckoning,
    multiplier: BasisPoints,
    quantity: i64,
) -> Result<(Fen, bool), MoneyError> {
    let multiplier = i64::from(multiplier.bp());
    let exact = match reckoning {
        Reckoning::RateBp(rate) => base.scale_half_up(i64::from(rate.bp()) * multiplier, WHOLE_SQUARED)?,
        Reckoning::FixedFen(fen) => fen.times(quantity)?.scale_half_up(multiplier, 10_000)?,
    };
    let capped = matches!(reckoning, Reckoning::FixedFen(_)) && exact > base;
    Ok((exact.min(base).max(Fen::ZERO), capped))
}

/// How far a line's money has gone back, this refund included. The two are counted in one measure:
/// every means of payment, points at their value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refunded {
    /// Goods money back so far.
    pub money: Fen,
    /// Goods money that could ever go back.
    pub money_of: Fen,
    /// Units back so far.
    pub units: i64,
    /// Units bought.
    pub units_of: i64,
    /// Delivery fee back so far.
    pub shipping: Fen,
    /// Delivery fee that could ever go back.
    pub shipping_of: Fen,
}

/// How much of `original` has been reversed once `refunded` has gone back.
///
/// Always counted from the original amount, so that several refunds add up to what one would have
/// reversed, and a full refund leaves exactly nothing. Where nothing was paid, units decide.
pub fn reversed_so_far(original: Fen, kind: CommissionKind, refunded: &Refunded) -> Result<Fen, MoneyError> {
    let (part, whole) = match kind {
        CommissionKind::Delivery => (refunded.shipping.fen(), refunded.shipping_of.fen()),
        _ if refunded.money_of.is_positive() => (refunded.money.fen(), refunded.money_of.fen()),
        _ => (refunded.units, refunded.units_of),
    };
    if whole <= 0 {
        return Ok(Fen::ZERO);
    }
    original.scale_half_up(part.clamp(0, whole), whole)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn bp(bp: i32) -> BasisPoints {
        BasisPoints::new(bp)
    }

    fn fen(fen: i64) -> Fen {
        Fen::from_fen(fen)
    }

    fn snapshot(own: Reckoning) -> Snapshot {
        Snapshot {
            leader_id: LeaderId::new(),
            pickup_only: false,
            own,
            source: Source::Shop,
            multiplier_bp: BasisPoints::WHOLE,
            points_in_base: true,
            referrals: Vec::new(),
        }
    }

    fn line(goods: i64, quantity: i64) -> LineMoney {
        LineMoney { goods: fen(goods), quantity, ..LineMoney::default() }
    }

    #[test]
    fn without_levels_goods_come_before_the_shop() {
        let table = RateTable { shop: bp(500), level: Some(bp(900)), ..RateTable::default() };
        assert_eq!(choose_rate(&table), (Reckoning::RateBp(bp(500)), Source::Shop));
        let goods = RateTable { goods: Some(Reckoning::FixedFen(fen(30))), ..table };
        assert_eq!(choose_rate(&goods), (Reckoning::FixedFen(fen(30)), Source::Goods));
    }

    #[test]
    fn with_levels_the_goods_override_then_the_level_then_the_shop() {
        let table = RateTable {
            level_mode: true,
            shop: bp(500),
            goods: Some(Reckoning::RateBp(bp(100))),
            goods_for_level: Some(Reckoning::RateBp(bp(1200))),
            level: Some(bp(900)),
        };
        assert_eq!(choose_rate(&table), (Reckoning::RateBp(bp(1200)), Source::GoodsLevel));
        let no_override = RateTable { goods_for_level: None, ..table };
        assert_eq!(choose_rate(&no_override), (Reckoning::RateBp(bp(900)), Source::Level));
        let level_zero = RateTable { level: None, ..table };
        assert_eq!(choose_rate(&level_zero), (Reckoning::RateBp(bp(500)), Source::Shop));
    }

    #[test]
    fn the_base_is_what_is_left_of_the_goods_without_shipping() {
        let money = LineMoney {
            goods: fen(5000),
            spend_and_save: fen(500),
            coupon: fen(300),
            points: fen(200),
            shipping: fen(900),
            quantity: 2,
        };
        assert_eq!(money.base(true).unwrap(), fen(4200));
        assert_eq!(money.base(false).unwrap(), fen(4000));
    }

    #[test]
    fn rate_and_multiplier_are_rounded_once() {
        // 30 × 5 % is 1.5 and × 30 % of it 0.45: one rounding gives 0, two would give 1.
        assert_eq!(amount(fen(999), Reckoning::RateBp(bp(500)), bp(9000), 1).unwrap().0, fen(45));
        assert_eq!(amount(fen(30), Reckoning::RateBp(bp(500)), bp(3000), 1).unwrap().0, Fen::ZERO);
    }

    #[test]
    fn a_fixed_amount_is_a_unit_and_stops_at_the_base() {
        assert_eq!(amount(fen(1000), Reckoning::FixedFen(fen(120)), bp(10_000), 3).unwrap(), (fen(360), false));
        assert_eq!(amount(fen(300), Reckoning::FixedFen(fen(120)), bp(10_000), 3).unwrap(), (fen(300), true));
    }

    #[test]
    fn a_pickup_point_only_earns_nothing() {
        let terms = Snapshot { pickup_only: true, ..snapshot(Reckoning::RateBp(bp(1000))) };
        let money = LineMoney { shipping: fen(300), ..line(1000, 1) };
        assert_eq!(parts(&terms, &money, true).unwrap(), []);
    }

    #[test]
    fn the_delivery_fee_is_its_own_part() {
        let terms = snapshot(Reckoning::RateBp(bp(1000)));
        let money = LineMoney { shipping: fen(300), ..line(1000, 1) };
        let found = parts(&terms, &money, true).unwrap();
        let amounts: Vec<_> = found.iter().map(|part| (part.kind, part.amount.fen())).collect();
        assert_eq!(amounts, [(CommissionKind::Own, 100), (CommissionKind::Delivery, 300)]);
        assert_eq!(parts(&terms, &money, false).unwrap().len(), 1);
    }

    #[test]
    fn referrals_come_on_top_and_nobody_earns_twice() {
        let mut terms = snapshot(Reckoning::RateBp(bp(1000)));
        let (near, far) = (LeaderId::new(), LeaderId::new());
        let referral = |leader_id, rate| Referral { leader_id, rate_bp: bp(rate) };
        terms.referrals = vec![referral(near, 200), referral(far, 100), referral(LeaderId::new(), 100)];
        let found = parts(&terms, &line(10_000, 1), false).unwrap();
        let amounts: Vec<_> = found.iter().map(|part| (part.leader, part.rank, part.amount.fen())).collect();
        assert_eq!(amounts, [(terms.leader_id, 0, 1000), (near, 1, 200), (far, 2, 100)]);
        terms.referrals = vec![referral(near, 200), referral(near, 100)];
        assert_eq!(parts(&terms, &line(10_000, 1), false).unwrap().len(), 2);
        terms.referrals = vec![referral(terms.leader_id, 200)];
        assert_eq!(parts(&terms, &line(10_000, 1), false).unwrap().len(), 1);
    }

    #[test]
    fn a_snapshot_comes_back_from_its_json() {
        let mut terms = snapshot(Reckoning::FixedFen(fen(50)));
        terms.referrals = vec![Referral { leader_id: LeaderId::new(), rate_bp: bp(200) }];
        let json = serde_json::to_value(&terms).unwrap();
        assert_eq!(serde_json::from_value::<Snapshot>(json).unwrap(), terms);
    }

    fn goods(money: i64, money_of: i64) -> Refunded {
        Refunded {
            money: fen(money),
            money_of: fen(money_of),
            units: 0,
            units_of: 1,
            shipping: Fen::ZERO,
            shipping_of: fen(300),
        }
    }

    #[test]
    fn free_goods_are_reversed_by_units_and_the_delivery_fee_by_itself() {
        let by_units = Refunded { units: 1, units_of: 3, ..goods(0, 0) };
        assert_eq!(reversed_so_far(fen(100), CommissionKind::Own, &by_units).unwrap(), fen(33));
        let all_but_shipping = goods(1000, 1000);
        assert_eq!(reversed_so_far(fen(300), CommissionKind::Delivery, &all_but_shipping).unwrap(), Fen::ZERO);
        let with_shipping = Refunded { shipping: fen(300), ..all_but_shipping };
        assert_eq!(reversed_so_far(fen(300), CommissionKind::Delivery, &with_shipping).unwrap(), fen(300));
    }

    proptest! {
        #[test]
        fn a_part_is_never_negative_nor_more_than_its_base(
            base in 0i64..10_000_000, rate in 0i32..=10_000, multiplier in 0i32..=20_000,
            fixed in 0i64..10_000, quantity in 1i64..100,
        ) {
            for reckoning in [Reckoning::RateBp(bp(rate)), Reckoning::FixedFen(fen(fixed))] {
                let (amount, capped) = amount(fen(base), reckoning, bp(multiplier), quantity).unwrap();
                prop_assert!(!amount.is_negative() && amount <= fen(base));
                prop_assert!(!capped || amount == fen(base));
            }
        }

        #[test]
        fn the_leaders_own_part_does_not_depend_on_referrals(
            goods in 0i64..10_000_000, rate in 0i32..=8_000, first in 0i32..=1_000, second in 0i32..=1_000,
        ) {
            let alone = snapshot(Reckoning::RateBp(bp(rate)));
            let mut with = alone.clone();
            with.referrals = [first, second].map(|rate| Referral { leader_id: LeaderId::new(), rate_bp: bp(rate) }).to_vec();
            let own = |terms: &Snapshot| {
                let found = parts(terms, &line(goods, 1), false).unwrap();
                found.iter().find(|part| part.kind == CommissionKind::Own).map(|part| part.amount)
            };
            prop_assert_eq!(own(&alone), own(&with));
        }

        #[test]
        fn refunds_in_steps_reverse_what_one_refund_would_and_a_full_one_leaves_nothing(
            original in 0i64..1_000_000, whole in 1i64..1_000_000, steps in prop::collection::vec(0i64..1_000_000, 0..12),
        ) {
            let mut so_far = 0;
            let mut reversed = Fen::ZERO;
            for step in steps {
                so_far = (so_far + step).min(whole);
                let next = reversed_so_far(fen(original), CommissionKind::Own, &goods(so_far, whole)).unwrap();
                prop_assert!(next >= reversed && next <= fen(original));
                prop_assert_eq!(next, fen(original).scale_half_up(so_far, whole).unwrap());
                reversed = next;
            }
            let all = reversed_so_far(fen(original), CommissionKind::Own, &goods(whole, whole)).unwrap();
            prop_assert_eq!(all, fen(original));
        }
    }
}
