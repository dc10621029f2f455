//! The reading of what a store shows: when, how far, and what it found.

use chrono::Duration;
use kernel::Time;
use kernel::id::StoreId;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, QuerySelect, UpdateMany, entity::prelude::*};

use super::ChannelError;
use super::entity::channel::{Column, Entity, Model};

/// Takes up to `most` stores whose reading is due, those that waited longest first.
pub async fn claim(
    conn: &impl ConnectionTrait,
    most: u64,
    life: Duration,
    now: Time,
    wall: Time,
) -> Result<Vec<Model>, ChannelError> {
    let until = wall + life;
    let mut taken = Vec::new();
    for row in due(now, wall).limit(most).all(conn).await? {
        let began = row.reconcile_cursor.as_ref().and(row.reconcile_began_at).unwrap_or(now);
        let begins = row.reconcile_cursor.is_none();
        let mut update = Entity::update_many()
            .col_expr(Column::ReconcileLeaseUntil, Expr::value(until))
            .col_expr(Column::ReconcileBeganAt, Expr::value(began));
        if begins {
            update = update.col_expr(Column::GoodsRead, Expr::value(0)).col_expr(Column::Drifted, Expr::value(0));
        }
        let free = Column::ReconcileLeaseUntil.is_null().or(Column::ReconcileLeaseUntil.lte(wall));
        let done = update.filter(Column::StoreId.eq(row.store_id)).filter(free).exec(conn).await?;
        if done.rows_affected == 1 {
            let (goods_read, drifted) = if begins { (0, 0) } else { (row.goods_read, row.drifted) };
            let held = (Some(until), Some(began));
            let (reconcile_lease_until, reconcile_began_at) = held;
            taken.push(Model { reconcile_lease_until, reconcile_began_at, goods_read, drifted, ..row });
        }
    }
    Ok(taken)
}

/// Whether a reading is due.
pub async fn any_due(conn: &impl ConnectionTrait, now: Time, wall: Time) -> Result<bool, ChannelError> {
    Ok(due(now, wall).one(conn).await?.is_some())
}

fn due(now: Time, wall: Time) -> Select<Entity> {
    Entity::find()
        .filter(Column::ReconcileAt.lte(now))
        .filter(Column::ReconcileLeaseUntil.is_null().or(Column::ReconcileLeaseUntil.lte(wall)))
        .order_by_asc(Column::ReconcileAt)
}

/// Writes how far a reading is and gives it back.
///
/// # Errors
/// [`ChannelError::LeaseLost`].
pub async fn save(conn: &impl ConnectionTrait, taken: &Model, next: &Model) -> Result<(), ChannelError> {
    // Somebody who asked for a reading meanwhile gets one.
    let as_taken = Expr::col(Column::ReconcileAt).eq(taken.reconcile_at);
    let at = Expr::case(as_taken, Expr::value(next.reconcile_at)).finally(Expr::col(Column::ReconcileAt));
    let update: UpdateMany<Entity> = Entity::update_many()
        .col_expr(Column::ReconcileAt, at.into())
        .col_expr(Column::ReconcileLeaseUntil, Expr::value(None::<Time>))
        .col_expr(Column::ReconcileCursor, Expr::value(next.reconcile_cursor.clone()))
        .col_expr(Column::ReconcileFailures, Expr::value(next.reconcile_failures))
        .col_expr(Column::ReconcileError, Expr::value(next.reconcile_error.clone()))
        .col_expr(Column::ReconciledAt, Expr::value(next.reconciled_at))
        .col_expr(Column::GoodsRead, Expr::value(next.goods_read))
        .col_expr(Column::Drifted, Expr::value(next.drifted))
        .filter(Column::StoreId.eq(taken.store_id))
        .filter(Column::ReconcileLeaseUntil.eq(taken.reconcile_lease_until));
    let done = update.exec(conn).await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(ChannelError::LeaseLost(taken.store_id)) }
}

/// Lets a store be read at once.
pub async fn hurry(conn: &impl ConnectionTrait, store: StoreId, now: Time) -> Result<(), ChannelError> {
    Entity::update_many()
        .col_expr(Column::ReconcileAt, Expr::value(now))
        .filter(Column::StoreId.eq(store))
        .exec(conn)
        .await?;
    Ok(())
}
