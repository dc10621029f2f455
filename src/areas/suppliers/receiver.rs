//! Where a supplier's money goes: stored here, registered at WeChat by the sharing flow.

use kernel::Time;
use kernel::id::{ShopId, SupplierId};
use sea_orm::sea_query::Expr;
use sea_orm::{QuerySelect, entity::prelude::*};

use super::entity::supplier;
use super::error::SupplierError;
use crate::platform::receiver::{Receiver, ReceiverKind};
use crate::platform::seal::Sealer;

/// The receiver of a supplier, if one is set.
pub fn of(sealer: &Sealer, supplier: &supplier::Model) -> Result<Option<Receiver>, SupplierError> {
    let stored = supplier.receiver.as_ref();
    Ok(stored.map(|stored| Receiver::open(sealer, &place(supplier.id), stored)).transpose()?)
}

/// Sets a supplier's receiver, which then waits to be registered at WeChat; `None` takes it away.
pub async fn set(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    id: SupplierId,
    receiver: Option<&Receiver>,
    now: Time,
) -> Result<(), SupplierError> {
    let json = receiver.map(|receiver| receiver.seal(sealer, &place(id))).transpose()?;
    let changed = supplier::Entity::update_many()
        .col_expr(supplier::Column::Receiver, Expr::value(json))
        .col_expr(supplier::Column::ReceiverAddedAt, Expr::value(None::<Time>))
        .col_expr(supplier::Column::UpdatedAt, Expr::value(now))
        .filter(supplier::Column::ShopId.eq(shop))
        .filter(supplier::Column::Id.eq(id))
        .exec(conn)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(SupplierError::NotFound(id)) }
}

/// Suppliers whose receiver waits to be registered at WeChat.
pub async fn waiting(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    limit: u64,
) -> Result<Vec<supplier::Model>, SupplierError> {
    let rows = supplier::in_shop(shop)
        .filter(supplier::Column::Receiver.is_not_null())
        .filter(supplier::Column::ReceiverAddedAt.is_null())
        .limit(limit)
        .all(conn)
        .await?;
    Ok(rows)
}

/// Notes that WeChat knows the receiver of `known`, unless it has been changed meanwhile.
pub async fn note_added(
    conn: &impl ConnectionTrait,
    known: &supplier::Model,
    now: Time,
) -> Result<bool, SupplierError> {
    let changed = supplier::Entity::update_many()
        .col_expr(supplier::Column::ReceiverAddedAt, Expr::value(now))
        .filter(supplier::Column::ShopId.eq(known.shop_id))
        .filter(supplier::Column::Id.eq(known.id))
        .filter(supplier::Column::UpdatedAt.eq(known.updated_at))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Whether any supplier of the shop receives under an account.
pub async fn is_used(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    kind: ReceiverKind,
    account: &str,
) -> Result<bool, SupplierError> {
    let stored: Vec<Json> = supplier::in_shop(shop)
        .select_only()
        .column(supplier::Column::Receiver)
        .filter(supplier::Column::Receiver.is_not_null())
        .into_tuple()
        .all(conn)
        .await?;
    Ok(stored.iter().any(|stored| Receiver::is_at(stored, kind, account)))
}

fn place(id: SupplierId) -> String {
    format!("suppliers.receiver_name:{id}")
}
