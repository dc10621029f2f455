//! Which merchant collects what: an order's money has one receiver, so a basket of several becomes
//! several orders (sheet §3).

use kernel::Fen;
use kernel::MoneyError;
use kernel::id::SupplierId;

use super::basket::{Judged, supplier_of};
use super::{Basket, Quote};
use crate::areas::goods::offers::Offer;
use crate::areas::orders::rules::{Priced, PricedLine};
use crate::areas::shops::merchant::PayMode;
use crate::areas::shops::query::Shop;
use crate::areas::suppliers::entity::supplier;

/// A supplier's own merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Merchant {
    pub supplier: SupplierId,
    /// Its number: a sub-merchant of the shop's service provider.
    pub number: String,
}

/// Who collects the money of each offer; none is the shop's own merchant. Only a service provider can
/// act for others: a direct merchant would need their keys to give money back.
pub(super) fn of_offers(shop: &Shop, offers: &[Offer], suppliers: &[supplier::Model]) -> Vec<Option<Merchant>> {
    let own = shop.profile.wechat_pay.as_ref().filter(|pay| pay.mode == PayMode::Partner);
    let Some(own) = own.and_then(|pay| pay.sub_mchid.as_ref()) else { return vec![None; offers.len()] };
    let merchant = |offer: &Offer| {
        let row = supplier_of(suppliers, offer)?;
        let number = row.sub_mchid.clone().filter(|number| number != own)?;
        Some(Merchant { supplier: row.id, number })
    };
    offers.iter().map(merchant).collect()
}

/// The part of a basket that one merchant collects, quoted.
pub(super) struct Share {
    pub merchant: Option<Merchant>,
    pub basket: Basket,
    pub quote: Quote,
}

/// A quoted basket by merchant, in the order in which they come up. Reductions were spread over the lines
/// of the whole, so the shares add up to it.
pub(super) fn shares(basket: &Basket, quote: Quote) -> Result<Vec<Share>, MoneyError> {
    let mut merchants: Vec<Option<Merchant>> = Vec::new();
    for merchant in &quote.judged.merchants {
        if !merchants.contains(merchant) {
            merchants.push(merchant.clone());
        }
    }
    if let [only] = merchants.as_slice() {
        return Ok(vec![Share { merchant: only.clone(), basket: basket.clone(), quote }]);
    }
    let share = |(place, merchant): (usize, Option<Merchant>)| share(basket, &quote, merchant, place == 0);
    merchants.into_iter().enumerate().map(share).collect()
}

fn share(basket: &Basket, quote: &Quote, merchant: Option<Merchant>, is_first: bool) -> Result<Share, MoneyError> {
    let judged = &quote.judged;
    let mine: Vec<bool> = judged.merchants.iter().map(|other| *other == merchant).collect();
    let lines = pick(&judged.priced.lines, &mine);
    let own = Judged {
        offers: pick(&judged.offers, &mine),
        merchants: pick(&judged.merchants, &mine),
        suppliers: judged.suppliers.iter().filter(|row| provides(row, &pick(&judged.offers, &mine))).cloned().collect(),
        priced: together(lines)?,
        // Another merchant's goods are paid by WeChat alone.
        balance: Fen::ZERO,
        point: judged.point,
        leader: judged.leader,
        address: judged.address.clone(),
    };
    let basket = Basket {
        lines: pick(&basket.lines, &mine),
        // The coupon is used once, whatever it was spread over.
        coupon: basket.coupon.filter(|_| is_first),
        ..basket.clone()
    };
    Ok(Share { merchant, basket, quote: Quote { judged: own, view: quote.view.clone() } })
}

fn provides(row: &supplier::Model, offers: &[Offer]) -> bool {
    offers.iter().any(|offer| offer.goods.supplier_id == Some(row.id))
}

fn pick<T: Clone>(all: &[T], mine: &[bool]) -> Vec<T> {
    all.iter().zip(mine).filter(|(_, mine)| **mine).map(|(one, _)| one.clone()).collect()
}

/// What lines come to. Points pay for none of several merchants' lines.
fn together(lines: Vec<PricedLine>) -> Result<Priced, MoneyError> {
    let total = |of: fn(&PricedLine) -> Fen| Fen::sum(lines.iter().map(of));
    let mut payable = Fen::ZERO;
    for line in &lines {
        payable = payable.plus(line.paid()?)?;
    }
    Ok(Priced {
        goods: total(|l| l.goods)?,
        spend_and_save: total(|l| l.spend_and_save)?,
        coupon: total(|l| l.coupon)?,
        points_used: 0,
        points: total(|l| l.points)?,
        shipping: total(|l| l.shipping)?,
        packing: total(|l| l.packing)?,
        payable,
        lines,
    })
}
