//! The channels: rule, lease and rest of each store.

use chrono::Duration;
use kernel::Time;
use kernel::id::{ShopId, StoreId, StoreSkuId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ActiveValue::Set, QueryOrder, UpdateMany, entity::prelude::*};

use super::entity::channel::{ActiveModel, Column, Entity, Model};
use super::entity::line;
use super::{ChannelError, PushRule};

/// Begins to tell a store its stock; does nothing when it is told already.
pub async fn open(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    first_reading: Time,
    now: Time,
) -> Result<(), ChannelError> {
    let row = ActiveModel {
        store_id: Set(store),
        shop_id: Set(shop),
        rule: Set(PushRule::default().stored()),
        lease_until: Set(None),
        rest_until: Set(None),
        rested_at: Set(None),
        failures: Set(0),
        last_error: Set(None),
        check_at: Set(now),
        checked_to: Set(None),
        reconcile_at: Set(first_reading),
        reconcile_lease_until: Set(None),
        reconcile_began_at: Set(None),
        reconcile_cursor: Set(None),
        reconcile_failures: Set(0),
        reconcile_error: Set(None),
        reconciled_at: Set(None),
        goods_read: Set(0),
        drifted: Set(0),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let known = OnConflict::column(Column::StoreId).do_nothing().to_owned();
    Entity::insert(row).on_conflict(known).try_insert().exec_without_returning(conn).await?;
    Ok(())
}

/// The channels of these stores, or those of them that are open.
pub async fn of_stores(conn: &impl ConnectionTrait, stores: &[StoreId]) -> Result<Vec<Model>, ChannelError> {
    if stores.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::StoreId.is_in(stores.iter().copied())).all(conn).await?)
}

/// The channel of a store, if it is open.
pub async fn of_store(conn: &impl ConnectionTrait, store: StoreId) -> Result<Option<Model>, ChannelError> {
    Ok(Entity::find_by_id(store).one(conn).await?)
}

/// Channels nobody has at hand that have something to tell or to compare; some of them may rest.
pub async fn ready(conn: &impl ConnectionTrait, now: Time, wall: Time) -> Result<Vec<Model>, ChannelError> {
    let due = Query::select()
        .expr(Expr::value(1))
        .from(line::Entity)
        .and_where(Expr::col((line::Entity, line::Column::StoreId)).eq(Expr::col((Entity, Column::StoreId))))
        .and_where(Expr::col((line::Entity, line::Column::PushAt)).lte(now))
        .to_owned();
    let rows = Entity::find()
        .filter(Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(wall)))
        .filter(Column::CheckAt.lte(now).or(Expr::exists(due)))
        .order_by_asc(Column::StoreId);
    Ok(rows.all(conn).await?)
}

/// Takes a channel until `wall + life`; `None`: another was faster.
pub async fn claim(
    conn: &impl ConnectionTrait,
    row: &Model,
    life: Duration,
    wall: Time,
) -> Result<Option<Model>, ChannelError> {
    let until = Some(wall + life);
    let update = Entity::update_many().col_expr(Column::LeaseUntil, Expr::value(until));
    let free = Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(wall));
    let taken = this(update, row).filter(free).exec(conn).await?.rows_affected == 1;
    Ok(taken.then(|| Model { lease_until: until, ..row.clone() }))
}

/// Prolongs a lease that one holds.
///
/// # Errors
/// [`ChannelError::LeaseLost`].
pub async fn prolong(conn: &impl ConnectionTrait, row: &Model, until: Time) -> Result<(), ChannelError> {
    let update = Entity::update_many().col_expr(Column::LeaseUntil, Expr::value(until));
    held(conn, update, row).await
}

/// Gives a channel back: all is told, or its turn is over.
///
/// # Errors
/// [`ChannelError::LeaseLost`].
pub async fn release(conn: &impl ConnectionTrait, row: &Model) -> Result<(), ChannelError> {
    let update = Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::value(None::<Time>))
        .col_expr(Column::RestUntil, Expr::value(None::<Time>))
        .col_expr(Column::Failures, Expr::value(0))
        .col_expr(Column::LastError, Expr::value(None::<String>));
    held(conn, update, row).await
}

/// Gives a channel back that cannot go on before `until`.
///
/// # Errors
/// [`ChannelError::LeaseLost`].
pub async fn rest(
    conn: &impl ConnectionTrait,
    row: &Model,
    until: Time,
    why: &str,
    now: Time,
) -> Result<(), ChannelError> {
    let update = Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::value(None::<Time>))
        .col_expr(Column::RestUntil, Expr::value(until))
        .col_expr(Column::RestedAt, Expr::value(now))
        .col_expr(Column::Failures, Expr::value(row.failures.saturating_add(1)))
        .col_expr(Column::LastError, Expr::value(why));
    held(conn, update, row).await
}

/// How far the comparison with the pool is: to a line, or through, and then again at `next`. Under a rule
/// that was changed meanwhile it begins anew.
pub async fn checked(
    conn: &impl ConnectionTrait,
    row: &Model,
    to: Option<StoreSkuId>,
    next: Time,
) -> Result<(), ChannelError> {
    let update = Entity::update_many()
        .col_expr(Column::CheckedTo, Expr::value(to))
        .col_expr(Column::CheckAt, Expr::value(next))
        .filter(Column::UpdatedAt.eq(row.updated_at));
    this(update, row).exec(conn).await?;
    Ok(())
}

/// Gives a store another rule; all its lines are compared at once.
pub async fn set_rule(
    conn: &impl ConnectionTrait,
    store: StoreId,
    rule: &PushRule,
    now: Time,
) -> Result<(), ChannelError> {
    Entity::update_many()
        .col_expr(Column::Rule, Expr::value(rule.stored()))
        .col_expr(Column::CheckAt, Expr::value(now))
        .col_expr(Column::CheckedTo, Expr::value(None::<StoreSkuId>))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::StoreId.eq(store))
        .exec(conn)
        .await?;
    Ok(())
}

async fn held(conn: &impl ConnectionTrait, update: UpdateMany<Entity>, row: &Model) -> Result<(), ChannelError> {
    let done = this(update, row).filter(Column::LeaseUntil.eq(row.lease_until)).exec(conn).await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(ChannelError::LeaseLost(row.store_id)) }
}

fn this(update: UpdateMany<Entity>, row: &Model) -> UpdateMany<Entity> {
    update.filter(Column::StoreId.eq(row.store_id))
}
