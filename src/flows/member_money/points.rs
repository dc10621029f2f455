//! Points that orders give: once, when the last after-sale window has ended, and taken back as far
//! as money goes back after that.

use kernel::{Failure, Fen, Time};
use sea_orm::ConnectionTrait;

use crate::areas::balances::entity::grant;
use crate::areas::balances::rules::{self, Kept};
use crate::areas::balances::service;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::orders;
use crate::areas::orders::entity::order;
use crate::areas::payments::refunds;
use crate::areas::shops::query as shops;

/// Gives the points of an order that is completed.
pub async fn earn(conn: &impl ConnectionTrait, order: &order::Model, now: Time) -> Result<(), Failure> {
    if !order.payable_fen.is_positive() {
        return Ok(());
    }
    let per_yuan = shops::settings(conn, order.shop_id).await?.points_earn_per_yuan;
    let cash = cash_for_goods(conn, order).await?;
    let points = rules::points_earned(cash, per_yuan)?;
    if points <= 0 {
        return Ok(());
    }
    let row = grant::Model {
        order_id: order.id,
        shop_id: order.shop_id,
        member_id: order.member_id,
        points,
        cash_fen: cash,
        taken_back: 0,
        created_at: now,
    };
    service::grant(conn, &row).await?;
    let mut draft = Draft::new(order.shop_id, "points_earned", order.id.uuid());
    let member = Some(order.member_id.uuid());
    draft.points((AccountKind::PointsIssued, None), (AccountKind::Points, member), points);
    Ok(ledger::service::post(conn, &draft, Floor::Zero, now).await?)
}

/// Takes back of an order's points what a refund undoes, by the refund's own journal; call it after
/// the refund and its lines are written. Says whether the member's points may go below zero by it:
/// he may have spent them, and what he earns next makes it good.
pub async fn take_back(conn: &impl ConnectionTrait, order: &order::Model, draft: &mut Draft) -> Result<bool, Failure> {
    let Some(row) = service::grant_of(conn, order.shop_id, order.id).await? else { return Ok(false) };
    let so_far = rules::points_taken_back(row.points, row.cash_fen, cash_for_goods(conn, order).await?)?;
    if so_far <= row.taken_back {
        return Ok(false);
    }
    service::note_taken_back(conn, &row, so_far).await?;
    let member = Some(order.member_id.uuid());
    draft.points((AccountKind::Points, member), (AccountKind::PointsIssued, None), so_far - row.taken_back);
    Ok(true)
}

/// What WeChat collected for an order's goods and has not given back, refunds under way included.
async fn cash_for_goods(conn: &impl ConnectionTrait, order: &order::Model) -> Result<Fen, Failure> {
    let lines = orders::query::lines_of(conn, order.shop_id, order.id).await?;
    let (mut goods, mut extras) = (Fen::ZERO, Fen::ZERO);
    for line in &lines {
        let shipping_back = refunds::shipping_back(conn, order.shop_id, line.id).await?;
        goods = goods.plus(orders::money::goods_paid(line)?)?.minus(line.refunded_fen.minus(shipping_back)?)?;
        extras = extras.plus(line.shipping_fen)?.plus(line.packing_fen)?.minus(shipping_back)?;
    }
    let back = refunds::means_back(conn, order.shop_id, order.id).await?;
    let kept = Kept { wechat: order.payable_fen.minus(back.wechat)?, goods, all: goods.plus(extras)? };
    Ok(kept.cash_for_goods()?)
}
