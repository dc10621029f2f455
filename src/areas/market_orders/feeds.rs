//! How far each store's orders have been read. Whoever reads holds the feed's lease, and what he writes
//! names it: a worker that was thought dead writes nothing.

use chrono::Duration;
use kernel::Time;
use kernel::id::{ShopId, StoreId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, UpdateMany, entity::prelude::*};

use super::entity::feed::{self, Column, Entity};
use super::error::MarketOrderError;
use super::state::Oversold;

/// Begins to read a store's orders, from `watermark` on; does nothing when they are read already.
pub async fn open(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    watermark: Time,
    now: Time,
) -> Result<(), MarketOrderError> {
    let row = feed::ActiveModel {
        store_id: Set(store),
        shop_id: Set(shop),
        watermark: Set(watermark),
        window_from: Set(None),
        window_until: Set(None),
        cursor: Set(None),
        next_at: Set(now),
        reread_at: Set(now + Duration::hours(1)),
        lease_until: Set(None),
        failures: Set(0),
        last_error: Set(None),
        asked_at: Set(None),
        began_at: Set(None),
        finished_at: Set(None),
        seen_new: Set(0),
        seen_changed: Set(0),
        oversold: Set(Oversold::Review),
        push_shipments: Set(true),
        created_at: Set(now),
    };
    let known = OnConflict::column(Column::StoreId).do_nothing().to_owned();
    Entity::insert(row).on_conflict(known).try_insert().exec_without_returning(conn).await?;
    Ok(())
}

/// The stores that are read.
pub async fn known(conn: &impl ConnectionTrait) -> Result<Vec<StoreId>, MarketOrderError> {
    Ok(Entity::find().select_only().column(Column::StoreId).into_tuple().all(conn).await?)
}

/// The feed of a store, if it has one.
pub async fn of_store(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
) -> Result<Option<feed::Model>, MarketOrderError> {
    Ok(feed::in_shop(shop).filter(Column::StoreId.eq(store)).one(conn).await?)
}

/// The stores that may be read, and those of them of which somebody has said that something changed.
#[derive(Clone, Debug, Default)]
pub struct Readable {
    /// All of them.
    pub stores: Vec<StoreId>,
    /// Read at once, unless their platform has just refused.
    pub hinted: Vec<StoreId>,
}

/// Whether a feed of these stores waits for a worker.
pub async fn anything_due(
    conn: &impl ConnectionTrait,
    readable: &Readable,
    now: Time,
    wall: Time,
) -> Result<bool, MarketOrderError> {
    Ok(!readable.stores.is_empty() && due(readable, now, wall).one(conn).await?.is_some())
}

fn due(readable: &Readable, now: Time, wall: Time) -> Select<Entity> {
    let hinted = Column::StoreId.is_in(readable.hinted.iter().copied()).and(Column::Failures.eq(0));
    Entity::find()
        .filter(Column::StoreId.is_in(readable.stores.iter().copied()))
        .filter(Column::NextAt.lte(now).or(Column::RereadAt.lte(now)).or(hinted))
        .filter(Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(wall)))
        .order_by_asc(Column::NextAt)
}

/// Takes up to `most` due feeds until `wall + life`, those that waited longest first.
pub async fn claim(
    conn: &impl ConnectionTrait,
    readable: &Readable,
    most: u64,
    life: Duration,
    (now, wall): (Time, Time),
) -> Result<Vec<feed::Model>, MarketOrderError> {
    let mut taken = Vec::new();
    if readable.stores.is_empty() {
        return Ok(taken);
    }
    for row in due(readable, now, wall).limit(most).all(conn).await? {
        if let Some(row) = lease(conn, row, life, wall).await? {
            taken.push(row);
        }
    }
    Ok(taken)
}

/// Takes one feed until `wall + life`; `None`: somebody else has it.
pub async fn lease(
    conn: &impl ConnectionTrait,
    row: feed::Model,
    life: Duration,
    wall: Time,
) -> Result<Option<feed::Model>, MarketOrderError> {
    let until = wall + life;
    let free = Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(wall));
    let update = Entity::update_many().col_expr(Column::LeaseUntil, Expr::value(until));
    let done = this(update, &row).filter(free).exec(conn).await?;
    Ok((done.rows_affected == 1).then_some(feed::Model { lease_until: Some(until), ..row }))
}

/// Writes how far a feed is after a page or a failure, and gives its lease back.
///
/// # Errors
/// [`MarketOrderError::LeaseLost`]: roll back, what was read belongs to somebody else.
pub async fn save(
    conn: &impl ConnectionTrait,
    taken: &feed::Model,
    next: &feed::Model,
) -> Result<(), MarketOrderError> {
    let update = Entity::update_many()
        .col_expr(Column::Watermark, Expr::value(next.watermark))
        .col_expr(Column::WindowFrom, Expr::value(next.window_from))
        .col_expr(Column::WindowUntil, Expr::value(next.window_until))
        .col_expr(Column::Cursor, Expr::value(next.cursor.clone()))
        .col_expr(Column::NextAt, unless_hurried(taken, next.next_at))
        .col_expr(Column::RereadAt, Expr::value(next.reread_at))
        .col_expr(Column::LeaseUntil, Expr::value(None::<Time>))
        .col_expr(Column::Failures, Expr::value(next.failures))
        .col_expr(Column::LastError, Expr::value(next.last_error.clone()))
        .col_expr(Column::BeganAt, Expr::value(next.began_at))
        .col_expr(Column::FinishedAt, Expr::value(next.finished_at))
        .col_expr(Column::SeenNew, Expr::value(next.seen_new))
        .col_expr(Column::SeenChanged, Expr::value(next.seen_changed));
    let done = this(update, taken).filter(Column::LeaseUntil.eq(taken.lease_until)).exec(conn).await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(MarketOrderError::LeaseLost(taken.store_id)) }
}

/// `next`, unless somebody asked for a reading since the feed was taken: his wish stands.
fn unless_hurried(taken: &feed::Model, next: Time) -> Expr {
    let as_taken = Expr::col(Column::NextAt).eq(taken.next_at);
    Expr::case(as_taken, Expr::value(next)).finally(Expr::col(Column::NextAt)).into()
}

/// Lets a store be read at once.
pub async fn hurry(conn: &impl ConnectionTrait, store: StoreId, now: Time) -> Result<(), MarketOrderError> {
    Entity::update_many()
        .col_expr(Column::NextAt, Expr::value(now))
        .col_expr(Column::AskedAt, Expr::value(now))
        .filter(Column::StoreId.eq(store))
        .exec(conn)
        .await?;
    Ok(())
}

/// Says what becomes of oversold units, and whether the platform is told of parcels.
pub async fn set(
    conn: &impl ConnectionTrait,
    store: StoreId,
    oversold: Oversold,
    push_shipments: bool,
) -> Result<(), MarketOrderError> {
    Entity::update_many()
        .col_expr(Column::Oversold, Expr::value(oversold))
        .col_expr(Column::PushShipments, Expr::value(push_shipments))
        .filter(Column::StoreId.eq(store))
        .exec(conn)
        .await?;
    Ok(())
}

fn this(update: UpdateMany<Entity>, row: &feed::Model) -> UpdateMany<Entity> {
    update.filter(Column::StoreId.eq(row.store_id)).filter(Column::ShopId.eq(row.shop_id))
}
