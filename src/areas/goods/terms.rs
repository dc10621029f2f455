//! The terms goods are sold on, kept as JSON beside them: purchase limits, the expected
//! pickup, commission and where imported goods come from.

use std::collections::BTreeMap;

use chrono::NaiveTime;
use kernel::checks::Checks;
use kernel::id::LeaderLevelId;
use kernel::{BasisPoints, Fen};
use serde::{Deserialize, Serialize};

/// Most units a limit may name; far above any purchase.
const UNITS_MAX: i64 = 1_000_000;
/// The highest amount accepted: one hundred million yuan.
pub const PRICE_MAX_FEN: i64 = 10_000_000_000;

/// How many units one member may buy. What is left out is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PurchaseLimit {
    /// Most units in one order.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub per_order: Option<i64>,
    /// Most units on one Beijing day.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub per_day: Option<i64>,
    /// Most units ever.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub ever: Option<i64>,
    /// Least units in one order.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub minimum: Option<i64>,
}

impl PurchaseLimit {
    pub(super) fn check(&self, field: &str, checks: &mut Checks) {
        let limits =
            [("per_order", self.per_order), ("per_day", self.per_day), ("ever", self.ever), ("minimum", self.minimum)];
        for (name, units) in limits {
            if let Some(units) = units {
                checks.range(format!("{field}.{name}"), units, 1, UNITS_MAX);
            }
        }
        let most = [self.per_order, self.per_day, self.ever].into_iter().flatten().min();
        let reachable = self.minimum.is_none_or(|least| most.is_none_or(|most| least <= most));
        checks.need(reachable, format!("{field}.minimum"), "out_of_range", "not above the other limits");
    }
}

/// When goods can be collected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PickupRule {
    /// So many days after the day of the order.
    Days {
        /// 0 is the same day.
        days: u16,
        /// An order at or after this Beijing time counts as one of the next day.
        cut_off: Option<NaiveTime>,
    },
    /// In the shop's own words.
    Words {
        /// For people.
        text: String,
    },
}

/// What a leader earns on goods, instead of the shop's rate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CommissionTerms {
    /// A share of the base in basis points; not beside `fixed_fen`.
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 10_000)]
    pub rate_bp: Option<BasisPoints>,
    /// A fixed amount a unit; not beside `rate_bp`.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 10_000_000_000_i64)]
    pub fixed_fen: Option<Fen>,
    /// Another share or amount for leaders of a level; used in level mode alone.
    #[schema(value_type = std::collections::HashMap<String, LevelCommission>)]
    pub levels: BTreeMap<LeaderLevelId, LevelCommission>,
}

/// What leaders of one level earn: one of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LevelCommission {
    /// A share of the base in basis points.
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 10_000)]
    pub rate_bp: Option<BasisPoints>,
    /// A fixed amount a unit.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 10_000_000_000_i64)]
    pub fixed_fen: Option<Fen>,
}

/// How an earning is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earning {
    /// A share of the base.
    Share(BasisPoints),
    /// An amount a unit.
    Fixed(Fen),
}

fn earning(rate_bp: Option<BasisPoints>, fixed_fen: Option<Fen>) -> Option<Earning> {
    fixed_fen.map(Earning::Fixed).or(rate_bp.map(Earning::Share))
}

impl CommissionTerms {
    /// The goods' own earning, for shops without leader levels.
    pub fn own(&self) -> Option<Earning> {
        earning(self.rate_bp, self.fixed_fen)
    }

    /// The goods' earning for leaders of `level`.
    pub fn for_level(&self, level: LeaderLevelId) -> Option<Earning> {
        self.levels.get(&level).and_then(|terms| earning(terms.rate_bp, terms.fixed_fen))
    }

    /// The highest share named, to be held against what else the shop gives away.
    pub fn highest_rate(&self) -> BasisPoints {
        let levels = self.levels.values().filter_map(|terms| terms.rate_bp);
        self.rate_bp.into_iter().chain(levels).max().unwrap_or(BasisPoints::ZERO)
    }

    pub(super) fn check(&self, field: &str, checks: &mut Checks) {
        checks.count(format!("{field}.levels"), self.levels.len(), 50);
        let own = (field.to_owned(), self.rate_bp, self.fixed_fen, false);
        let levels = self
            .levels
            .iter()
            .map(|(level, terms)| (format!("{field}.levels.{level}"), terms.rate_bp, terms.fixed_fen, true));
        for (field, rate, fixed, needed) in std::iter::once(own).chain(levels) {
            let both = rate.is_some() && fixed.is_some();
            let neither = rate.is_none() && fixed.is_none();
            let one = if needed { !both && !neither } else { !both };
            checks.need(one, field.clone(), "invalid", "either rate_bp or fixed_fen");
            if let Some(rate) = rate {
                checks.range(format!("{field}.rate_bp"), i64::from(rate.bp()), 0, 10_000);
            }
            if let Some(fixed) = fixed {
                checks.range(format!("{field}.fixed_fen"), fixed.fen(), 0, PRICE_MAX_FEN);
            }
        }
    }
}

/// Where imported goods come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Source {
    /// The marketplace's id, such as `pinduoduo_affiliate`.
    pub marketplace: String,
    /// The goods' id there.
    pub external_id: String,
    /// The goods' page there, where one is known.
    pub url: Option<String>,
    /// Who sells them there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop_name: Option<String>,
    /// What the coupon at hand takes off; the SKU's price is the one after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub coupon_fen: Option<Fen>,
    /// The commission rate the platform names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>)]
    pub rate_bp: Option<BasisPoints>,
    /// What one piece is expected to earn the shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub estimated_commission_fen: Option<Fen>,
}
