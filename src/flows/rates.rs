//! What a sale gives away: service fee, leader's rate and referrals together are never more than
//! the whole, and whoever saves a rate that would be is told the sum.

use std::collections::BTreeSet;

use kernel::failure::Invalid;
use kernel::id::{GoodsId, ShopId, SupplierId};
use kernel::{BasisPoints, Failure};
use sea_orm::ConnectionTrait;
use serde::Deserialize;

use crate::areas::commissions::error::CommissionError;
use crate::areas::goods::terms::CommissionTerms;
use crate::areas::leaders::levels;
use crate::areas::shops::query::Shop;
use crate::areas::shops::settings::Settings;
use crate::areas::suppliers::entity::supplier;
use crate::areas::{goods, suppliers};

/// Refuses `rates` that add up to more than the whole, naming the sum at `field`.
pub(super) fn within_the_whole(field: &str, what: &str, rates: &[BasisPoints]) -> Result<(), Invalid> {
    let together: i64 = rates.iter().map(|rate| i64::from(rate.bp())).sum();
    if together <= i64::from(BasisPoints::WHOLE.bp()) {
        return Ok(());
    }
    Err(Invalid::field(field, "out_of_range", format!("{what} add up to {together}, over 10000")))
}

/// The settings together with the highest rate of a leader level and the highest service fee, and
/// with what the goods that name a rate themselves give away. Settings that leave the rates as they
/// were are not held against what was saved long ago.
pub(super) async fn check_settings(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    before: &Settings,
    after: &Settings,
) -> Result<(), Failure> {
    if (before.leader_rate_bp, &before.referral_rates_bp) == (after.leader_rate_bp, &after.referral_rates_bp) {
        return Ok(());
    }
    let level = levels::highest_rate(conn, shop).await?;
    let fee = suppliers::query::highest_fee(conn, shop).await?;
    settings_within(after, level, fee)?;
    let Some(most) = most_given(conn, shop).await? else { return Ok(()) };
    let what = format!("the commission of goods {}, its supplier's service fee and the referral rates", most.goods);
    Ok(within_the_whole("referral_rates_bp", &what, &with_referrals(after, &[most.rate, most.fee]))?)
}

/// What goods give away by themselves.
struct Given {
    goods: GoodsId,
    rate: BasisPoints,
    fee: BasisPoints,
}

/// The goods with a commission of their own that give most, their supplier's fee included.
async fn most_given(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Option<Given>, Failure> {
    let named = goods::of_supplier::all_commissions(conn, shop).await?;
    let ids: BTreeSet<SupplierId> = named.iter().filter_map(|(_, supplier, _)| *supplier).collect();
    let suppliers = suppliers::query::by_ids(conn, shop, &ids.into_iter().collect::<Vec<_>>()).await?;
    let mut most: Option<Given> = None;
    for (goods, supplier, terms) in named {
        let rate = CommissionTerms::deserialize(&terms).map_err(CommissionError::from)?.highest_rate();
        let supplier = suppliers.iter().find(|known| Some(known.id) == supplier);
        let fee = supplier.map_or(BasisPoints::ZERO, |supplier| supplier.service_fee_bp);
        let given = Given { goods, rate, fee };
        if most.as_ref().is_none_or(|most| most.sum() < given.sum()) {
            most = Some(given);
        }
    }
    Ok(most)
}

impl Given {
    fn sum(&self) -> i64 {
        i64::from(self.rate.bp()) + i64::from(self.fee.bp())
    }
}

fn settings_within(settings: &Settings, level: BasisPoints, fee: BasisPoints) -> Result<(), Invalid> {
    let rates = with_referrals(settings, &[level.max(settings.leader_rate_bp), fee]);
    let what = "the highest leader rate, the referral rates and the highest service fee of a supplier";
    within_the_whole("referral_rates_bp", what, &rates)
}

/// A leader level's rate with the referrals and the highest service fee. What goods name themselves
/// takes the place of a level's rate and is never added to it.
pub(super) async fn check_level(conn: &impl ConnectionTrait, shop: &Shop, rate: BasisPoints) -> Result<(), Failure> {
    let fee = suppliers::query::highest_fee(conn, shop.id).await?;
    let rates = with_referrals(&shop.settings, &[rate, fee]);
    let what = "the level's rate, the referral rates and the highest service fee of a supplier";
    Ok(within_the_whole("rate_bp", what, &rates)?)
}

/// What goods give away: their own commission, or what takes its place, with the supplier's fee.
pub(super) async fn check_goods(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    commission: Option<&CommissionTerms>,
    supplier: Option<&supplier::Model>,
) -> Result<(), Failure> {
    if commission.is_none() && supplier.is_none() {
        return Ok(());
    }
    let own = commission.map_or(BasisPoints::ZERO, CommissionTerms::highest_rate);
    // Where goods name no rate themselves, or leaders have levels, the shop's rates count as well.
    let by_shop = shop.settings.leader_level_mode || commission.and_then(CommissionTerms::own).is_none();
    let rate = match supplier.filter(|_| by_shop) {
        None => own,
        Some(_) => own.max(default_rate(conn, shop).await?),
    };
    let fee = supplier.map_or(BasisPoints::ZERO, |supplier| supplier.service_fee_bp);
    let rates = with_referrals(&shop.settings, &[rate, fee]);
    Ok(within_the_whole("commission", "commission, referrals and the supplier's service fee", &rates)?)
}

/// A supplier's fee with the highest rate its goods may give a leader.
pub(super) async fn check_supplier(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    supplier: &supplier::Model,
) -> Result<(), Failure> {
    let mut rate = default_rate(conn, shop).await?;
    for terms in goods::of_supplier::commissions(conn, shop.id, supplier.id).await? {
        rate = rate.max(CommissionTerms::deserialize(&terms).map_err(CommissionError::from)?.highest_rate());
    }
    let rates = with_referrals(&shop.settings, &[rate, supplier.service_fee_bp]);
    let what = "the service fee, the highest leader rate and the referral rates";
    Ok(within_the_whole("service_fee_bp", what, &rates)?)
}

/// What a leader may get of goods that name no rate themselves.
async fn default_rate(conn: &impl ConnectionTrait, shop: &Shop) -> Result<BasisPoints, Failure> {
    Ok(levels::highest_rate(conn, shop.id).await?.max(shop.settings.leader_rate_bp))
}

fn with_referrals(settings: &Settings, rates: &[BasisPoints]) -> Vec<BasisPoints> {
    settings.referral_rates_bp.iter().chain(rates).copied().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn bp(rate: i32) -> BasisPoints {
        BasisPoints::new(rate)
    }

    #[test]
    fn levels_referrals_and_fees_together_stay_within_the_whole() {
        let settings = Settings { referral_rates_bp: vec![bp(1_000)], ..Settings::default() };
        assert!(settings_within(&settings, bp(9_000), bp(0)).is_ok());
        assert!(settings_within(&settings, bp(7_000), bp(2_000)).is_ok());
        for (level, fee) in [(9_001, 0), (7_000, 2_001)] {
            let refused = settings_within(&settings, bp(level), bp(fee)).unwrap_err();
            assert!(refused.0.iter().any(|fault| fault.detail.contains("10001")));
        }
    }
}
