//! Writing what changes a supplier's available money: a row beside each journal that touches it.

use kernel::id::{OrderId, OrderLineId, ShopId, SupplierId, SupplierMovementId};
use kernel::{Fen, Time};
use sea_orm::entity::prelude::*;

use super::entity::{movement, statement};
use super::error::SupplierError;
use super::state::MovementKind;

/// A change of what a supplier has available.
#[derive(Clone, Copy, Debug)]
pub struct NewMovement {
    /// The shop.
    pub shop: ShopId,
    /// Whose.
    pub supplier: SupplierId,
    /// What happened.
    pub kind: MovementKind,
    /// Below zero what goes.
    pub amount: Fen,
    /// Of which order.
    pub order: Option<OrderId>,
    /// Of which line.
    pub line: Option<OrderLineId>,
    /// The cause of the journal that books it.
    pub cause: Uuid,
}

/// Writes the changes; nothing for nothing.
pub async fn note(conn: &impl ConnectionTrait, moved: &[NewMovement], now: Time) -> Result<(), SupplierError> {
    let row = |moved: &NewMovement| movement::Model {
        id: SupplierMovementId::new(),
        shop_id: moved.shop,
        supplier_id: moved.supplier,
        kind: moved.kind,
        amount_fen: moved.amount,
        order_id: moved.order,
        line_id: moved.line,
        cause_id: moved.cause,
        statement_id: None,
        at: now,
    };
    let rows = moved.iter().filter(|moved| moved.amount != Fen::ZERO).map(row);
    let rows: Vec<_> = rows.map(|row| movement::ActiveModel::from(row).reset_all()).collect();
    if !rows.is_empty() {
        movement::Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// What an order's supplier is owed already of what its merchant laid out for others.
pub async fn advanced(conn: &impl ConnectionTrait, shop: ShopId, order: OrderId) -> Result<Fen, SupplierError> {
    let rows = movement::in_shop(shop)
        .filter(movement::Column::OrderId.eq(order))
        .filter(movement::Column::Kind.eq(MovementKind::Advanced))
        .all(conn)
        .await?;
    Ok(Fen::sum(rows.iter().map(|row| row.amount_fen))?)
}

/// Writes that a statement's money was set aside, or given back; answers the movement's number.
pub async fn of_statement(
    conn: &impl ConnectionTrait,
    of: &statement::Model,
    kind: MovementKind,
    amount: Fen,
    now: Time,
) -> Result<SupplierMovementId, SupplierError> {
    let id = SupplierMovementId::new();
    let row = movement::Model {
        id,
        shop_id: of.shop_id,
        supplier_id: of.supplier_id,
        kind,
        amount_fen: amount,
        order_id: None,
        line_id: None,
        cause_id: of.id.uuid(),
        statement_id: None,
        at: now,
    };
    let row = movement::ActiveModel::from(row).reset_all();
    movement::Entity::insert(row).exec_without_returning(conn).await?;
    Ok(id)
}
