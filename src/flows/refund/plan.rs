//! What goes back of which line: whole orders, units, or money alone. Pure.

use kernel::id::OrderLineId;
use kernel::{Failure, Fen, MoneyError};

use super::RefundError;
use crate::areas::orders;
use crate::areas::orders::entity::line;

/// What goes back of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The line.
    pub line: OrderLineId,
    /// Units; 0 when money alone goes back.
    pub quantity: i64,
    /// Goods money and shipping together.
    pub amount: Fen,
    /// Of it, shipping and packing.
    pub shipping: Fen,
}

impl Part {
    /// Nothing of a line.
    pub(super) fn nothing_of(line: OrderLineId) -> Self {
        Self { line, quantity: 0, amount: Fen::ZERO, shipping: Fen::ZERO }
    }
}

/// What an operator asks to give back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Everything that is left.
    All,
    /// Parts of lines, each line once.
    Lines(Vec<(OrderLineId, Measure)>),
}

/// How much of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// So many units, with their share of the line's money.
    Units(i64),
    /// So much money; the units stay with the member.
    Money(Fen),
}

/// The parts that `wish` means.
///
/// # Errors
/// [`RefundError::NotALine`], [`RefundError::TooMuch`].
pub fn parts(lines: &[line::Model], wish: &Wish, with_shipping: bool) -> Result<Vec<Part>, Failure> {
    let Wish::Lines(wished) = wish else { return Ok(whole(lines, with_shipping)?) };
    let part = |(id, measure): &(OrderLineId, Measure)| {
        let line = lines.iter().find(|line| line.id == *id).ok_or(RefundError::NotALine(*id))?;
        match *measure {
            Measure::Units(quantity) => units(line, quantity, with_shipping),
            Measure::Money(amount) => money(line, amount),
        }
    };
    wished.iter().map(part).collect()
}

/// Everything that can still go back of `lines`.
pub fn whole(lines: &[line::Model], with_shipping: bool) -> Result<Vec<Part>, MoneyError> {
    let mut parts = Vec::new();
    for line in lines {
        let left = line.quantity - line.refunded_quantity;
        let extras = line.shipping_fen.plus(line.packing_fen)?;
        let mut amount = orders::money::paid(line)?.minus(line.refunded_fen)?;
        if !with_shipping {
            amount = std::cmp::max(amount.minus(extras)?, Fen::ZERO);
        }
        let shipping = if with_shipping { std::cmp::min(extras, amount) } else { Fen::ZERO };
        if left > 0 || amount.is_positive() {
            parts.push(Part { line: line.id, quantity: left, amount, shipping });
        }
    }
    Ok(parts)
}

/// `quantity` units of a line: the line's money splits over its units, as far as it has not
/// gone back already; the last unit takes shipping and packing along when `with_shipping`.
pub fn units(line: &line::Model, quantity: i64, with_shipping: bool) -> Result<Part, Failure> {
    let too_much = || RefundError::TooMuch(line.id);
    let left = line.quantity - line.refunded_quantity;
    if quantity <= 0 || quantity > left {
        return Err(too_much().into());
    }
    let extras = line.shipping_fen.plus(line.packing_fen)?;
    if quantity == left {
        // The last units take what is left, so that parts add up whatever went back before.
        let kept = if with_shipping { Fen::ZERO } else { extras };
        let rest = orders::money::paid(line)?.minus(line.refunded_fen)?.minus(kept)?;
        let amount = std::cmp::max(rest, Fen::ZERO);
        let shipping = std::cmp::min(extras.minus(kept)?, amount);
        return Ok(Part { line: line.id, quantity, amount, shipping });
    }
    let goods = orders::money::goods_paid(line)?;
    let count = usize::try_from(line.quantity).map_err(|_| too_much())?;
    let skip = usize::try_from(line.refunded_quantity).map_err(|_| too_much())?;
    let take = usize::try_from(quantity).map_err(|_| too_much())?;
    let share = Fen::sum(goods.split_evenly(count)?.into_iter().skip(skip).take(take))?;
    let amount = std::cmp::min(share, goods_left(line)?);
    Ok(Part { line: line.id, quantity, amount, shipping: Fen::ZERO })
}

/// Money of a line without units; what passes its goods money is shipping.
fn money(line: &line::Model, amount: Fen) -> Result<Part, Failure> {
    let left = orders::money::paid(line)?.minus(line.refunded_fen)?;
    if !amount.is_positive() || amount > left {
        return Err(RefundError::TooMuch(line.id).into());
    }
    let shipping = std::cmp::max(amount.minus(goods_left(line)?)?, Fen::ZERO);
    Ok(Part { line: line.id, quantity: 0, amount, shipping })
}

/// Goods money that has not gone back: goods go before shipping.
fn goods_left(line: &line::Model) -> Result<Fen, MoneyError> {
    Ok(std::cmp::max(orders::money::goods_paid(line)?.minus(line.refunded_fen)?, Fen::ZERO))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use kernel::id::{GoodsId, OrderId, ShopId, SkuId};
    use proptest::prelude::*;

    fn line(goods: i64, shipping: i64, quantity: i64) -> line::Model {
        line::Model {
            id: OrderLineId::new(),
            shop_id: ShopId::new(),
            order_id: OrderId::new(),
            position: 0,
            goods_id: GoodsId::new(),
            sku_id: SkuId::new(),
            supplier_id: None,
            title: "苹果".to_owned(),
            specs: serde_json::json!({}),
            picture: None,
            expected_pickup: None,
            unit_price_fen: Fen::ZERO,
            quantity,
            goods_fen: Fen::from_fen(goods),
            spend_and_save_fen: Fen::ZERO,
            coupon_fen: Fen::ZERO,
            points_fen: Fen::ZERO,
            shipping_fen: Fen::from_fen(shipping),
            packing_fen: Fen::ZERO,
            commission_rule: None,
            supplier_rule: None,
            shipped_at: None,
            arrived_at: None,
            redeemed: 0,
            received_at: None,
            after_sale_until: None,
            settled_at: None,
            refunded_quantity: 0,
            refunded_fen: Fen::ZERO,
            carrier: None,
            tracking_no: None,
        }
    }

    fn take(line: &mut line::Model, part: Part) {
        line.refunded_quantity += part.quantity;
        line.refunded_fen = line.refunded_fen.plus(part.amount).unwrap();
    }

    #[test]
    fn units_share_the_fen_and_the_last_one_takes_the_shipping() {
        let mut line = line(1000, 60, 3);
        for expected in [(334, 0), (333, 0), (393, 60)] {
            let part = units(&line, 1, true).unwrap();
            assert_eq!((part.amount.fen(), part.shipping.fen()), expected);
            take(&mut line, part);
        }
        assert!(units(&line, 1, true).is_err());
    }

    #[test]
    fn kept_shipping_can_still_go_back_later() {
        let mut line = line(1000, 60, 1);
        let part = units(&line, 1, false).unwrap();
        assert_eq!(part.amount.fen(), 1000);
        take(&mut line, part);
        let rest = whole(std::slice::from_ref(&line), true).unwrap();
        assert_eq!(
            rest.iter().map(|p| (p.quantity, p.amount.fen(), p.shipping.fen())).collect::<Vec<_>>(),
            [(0, 60, 60)]
        );
    }

    proptest! {
        #[test]
        fn whatever_the_steps_the_parts_never_pass_and_finally_reach_what_was_paid(
            goods in 0i64..100_000, shipping in 0i64..2_000, quantity in 1i64..20,
            steps in prop::collection::vec((any::<bool>(), 1i64..5_000, any::<bool>()), 0..20),
        ) {
            let mut line = line(goods, shipping, quantity);
            let paid = orders::money::paid(&line).unwrap();
            for (by_money, amount, with_shipping) in steps {
                let part = match by_money {
                    true => money(&line, Fen::from_fen(amount)),
                    false => units(&line, amount % 3 + 1, with_shipping),
                };
                let Ok(part) = part else { continue };
                prop_assert!(!part.amount.is_negative() && !part.shipping.is_negative() && part.shipping <= part.amount);
                take(&mut line, part);
                prop_assert!(line.refunded_fen <= paid && line.refunded_quantity <= quantity);
            }
            for part in whole(std::slice::from_ref(&line), true).unwrap() {
                take(&mut line, part);
            }
            prop_assert_eq!((line.refunded_fen, line.refunded_quantity), (paid, quantity));
        }
    }
}
