//! Writing suppliers' parts of lines: created at payment, released or reversed once.

use kernel::id::{OrderId, OrderLineId, ShopId, SupplierId, SupplierPartId};
use kernel::{Fen, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::part;
use super::error::SupplierError;
use super::rules::{Agreed, LineMoney, Share, Snapshot};
use super::state::PartState;

/// A part to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewPart {
    /// The line.
    pub line: OrderLineId,
    /// Whose.
    pub supplier: SupplierId,
    /// What was agreed.
    pub snapshot: Snapshot,
    /// What it is reckoned from.
    pub money: LineMoney,
    /// What came of it.
    pub share: Share,
}

/// Writes the parts of a paid order's lines, pending, and returns them. The database refuses a second
/// one for a line.
pub async fn create(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
    parts: &[NewPart],
    now: Time,
) -> Result<Vec<part::Model>, SupplierError> {
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<part::Model> = parts.iter().map(|part| row(shop, order, part, now)).collect();
    let models = rows.iter().cloned().map(|row| part::ActiveModel::from(row).reset_all());
    part::Entity::insert_many(models).exec_without_returning(conn).await?;
    Ok(rows)
}

fn row(shop: ShopId, order: OrderId, part: &NewPart, now: Time) -> part::Model {
    let (fee_bp, price_fen) = match part.snapshot.agreed {
        Agreed::ServiceFeeBp(rate) => (Some(rate), None),
        Agreed::SettlementPriceFen(price) => (None, Some(price)),
    };
    part::Model {
        id: SupplierPartId::new(),
        shop_id: shop,
        order_id: order,
        line_id: part.line,
        supplier_id: part.supplier,
        fee_bp,
        price_fen,
        base_fen: part.money.base,
        fee_fen: part.share.fee,
        commission_fen: part.money.commission,
        referral_fen: part.money.referral,
        shipping_fen: part.share.shipping,
        amount_fen: part.share.amount,
        loss_fen: part.share.loss,
        reversed_fen: Fen::ZERO,
        state: PartState::Pending,
        created_at: now,
        released_at: None,
    }
}

/// The part as it is reckoned anew, with nothing gone back of it.
pub fn anew(known: &part::Model, part: &NewPart) -> part::Model {
    let fresh = row(known.shop_id, known.order_id, part, known.created_at);
    part::Model { id: known.id, supplier_id: known.supplier_id, ..fresh }
}

/// Replaces a part that is not released, since other commissions are made of its line;
/// `false` when it was changed meanwhile.
pub async fn replace(
    conn: &impl ConnectionTrait,
    known: &part::Model,
    fresh: &part::Model,
) -> Result<bool, SupplierError> {
    let changed = part::Entity::update_many()
        .col_expr(part::Column::BaseFen, Expr::value(fresh.base_fen))
        .col_expr(part::Column::FeeFen, Expr::value(fresh.fee_fen))
        .col_expr(part::Column::CommissionFen, Expr::value(fresh.commission_fen))
        .col_expr(part::Column::ReferralFen, Expr::value(fresh.referral_fen))
        .col_expr(part::Column::ShippingFen, Expr::value(fresh.shipping_fen))
        .col_expr(part::Column::AmountFen, Expr::value(fresh.amount_fen))
        .col_expr(part::Column::LossFen, Expr::value(fresh.loss_fen))
        .col_expr(part::Column::ReversedFen, Expr::value(fresh.reversed_fen))
        .col_expr(part::Column::State, Expr::value(fresh.state))
        .filter(part::Column::ShopId.eq(known.shop_id))
        .filter(part::Column::Id.eq(known.id))
        .filter(part::Column::State.eq(known.state))
        .filter(part::Column::State.ne(PartState::Released))
        .filter(part::Column::ReversedFen.eq(known.reversed_fen))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// The parts of an order, by line.
pub async fn of_order(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Vec<part::Model>, SupplierError> {
    Ok(part::in_shop(shop).filter(part::Column::OrderId.eq(order)).order_by_asc(part::Column::Id).all(conn).await?)
}

/// The part of a line, if it has one.
pub async fn of_line(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    line: OrderLineId,
) -> Result<Option<part::Model>, SupplierError> {
    Ok(part::in_shop(shop).filter(part::Column::LineId.eq(line)).one(conn).await?)
}

/// The same, held until the transaction ends: a release at the same moment comes wholly before or
/// wholly after.
pub async fn held(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    line: OrderLineId,
) -> Result<Option<part::Model>, SupplierError> {
    Ok(part::in_shop(shop).filter(part::Column::LineId.eq(line)).lock_exclusive().one(conn).await?)
}

/// Several parts by their lines.
pub async fn of_lines(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    lines: &[OrderLineId],
) -> Result<Vec<part::Model>, SupplierError> {
    let mut found = Vec::with_capacity(lines.len());
    for some in lines.chunks(1_000) {
        found.extend(part::in_shop(shop).filter(part::Column::LineId.is_in(some.iter().copied())).all(conn).await?);
    }
    Ok(found)
}

/// Releases the pending part of a line; `None` when there is none.
pub async fn release(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    line: OrderLineId,
    now: Time,
) -> Result<Option<part::Model>, SupplierError> {
    let released = part::Entity::update_many()
        .col_expr(part::Column::State, Expr::value(PartState::Released))
        .col_expr(part::Column::ReleasedAt, Expr::value(now))
        .filter(part::Column::ShopId.eq(shop))
        .filter(part::Column::LineId.eq(line))
        .filter(part::Column::State.eq(PartState::Pending))
        .exec_with_returning(conn)
        .await?;
    Ok(released.into_iter().next())
}

/// Notes that `so_far` of a part has gone back; `false` when it was changed meanwhile.
pub async fn note_reversed(conn: &impl ConnectionTrait, row: &part::Model, so_far: Fen) -> Result<bool, SupplierError> {
    let in_full = so_far == row.amount_fen && row.state == PartState::Pending;
    let state = if in_full { PartState::Reversed } else { row.state };
    let changed = part::Entity::update_many()
        .col_expr(part::Column::ReversedFen, Expr::value(so_far))
        .col_expr(part::Column::State, Expr::value(state))
        .filter(part::Column::ShopId.eq(row.shop_id))
        .filter(part::Column::Id.eq(row.id))
        .filter(part::Column::State.eq(row.state))
        .filter(part::Column::ReversedFen.eq(row.reversed_fen))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}
