//! Over which means of payment a refund goes, and what of the points comes back with it.

use kernel::{Failure, Fen, MoneyError};
use sea_orm::ConnectionTrait;

use super::{Part, refunded_with};
use crate::areas::balances::rules::{self, Means};
use crate::areas::commissions::rules::{Refunded, reversed_so_far};
use crate::areas::commissions::state::CommissionKind;
use crate::areas::orders::entity::{line, order};
use crate::areas::payments::refunds;
use crate::areas::shops::query::Shop;

/// What a refund gives back beside lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Money, by where it goes.
    pub money: Means,
    /// Points.
    pub points: i64,
    /// What they were worth: a marketing cost that was none after all.
    pub points_value: Fen,
}

/// Splits what `parts` give back, before they are written. Where an order's row is held, nobody
/// else's refund comes in between.
pub(super) async fn split(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    order: &order::Model,
    lines: &[line::Model],
    parts: &[Part],
) -> Result<Split, Failure> {
    let amount = Fen::sum(parts.iter().map(|part| part.amount))?;
    let back = refunds::means_back(conn, shop.id, order.id).await?;
    let paid = Means {
        wechat: order.payable_fen,
        principal: order.balance_fen.minus(order.balance_gift_fen)?,
        gift: order.balance_gift_fen,
    };
    let gone = Means { wechat: back.wechat, principal: back.balance.minus(back.gift)?, gift: back.gift };
    let money = rules::give_back(amount, &paid.minus(&gone)?)?;
    if order.points_used == 0 {
        return Ok(Split { money, ..Split::default() });
    }
    let (mut before, mut after) = (Fen::ZERO, Fen::ZERO);
    for line in lines.iter().filter(|line| line.points_fen.is_positive()) {
        let nothing = Part::nothing_of(line.id);
        let so_far = refunded_with(conn, shop, line, &nothing).await?;
        before = before.plus(value_back(line, &so_far)?)?;
        let with = match parts.iter().find(|part| part.line == line.id) {
            Some(part) => refunded_with(conn, shop, line, part).await?,
            None => so_far,
        };
        after = after.plus(value_back(line, &with)?)?;
    }
    let points = rules::points_back(order.points_used, after, order.points_fen)?;
    Ok(Split { money, points: points - back.points, points_value: after.minus(before)? })
}

/// How much of what points paid of a line has come back, counted from the whole as R-29 does.
fn value_back(line: &line::Model, refunded: &Refunded) -> Result<Fen, MoneyError> {
    reversed_so_far(line.points_fen, CommissionKind::Own, refunded)
}
