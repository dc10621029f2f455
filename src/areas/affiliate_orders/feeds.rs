//! How far each marketplace has been read. Whoever reads holds the feed's lease, and what he writes
//! names it: a worker that was thought dead writes nothing.

use chrono::Duration;
use kernel::Time;
use kernel::id::ShopId;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, UpdateMany, entity::prelude::*};

use super::entity::feed::{self, Column, Entity};
use super::error::AffiliateError;

/// Begins to read a marketplace for a shop, from `watermark` on; does nothing when it is read already.
pub async fn open(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: &str,
    watermark: Time,
    now: Time,
) -> Result<(), AffiliateError> {
    let row = feed::ActiveModel {
        shop_id: Set(shop),
        marketplace: Set(marketplace.to_owned()),
        watermark: Set(watermark),
        window_from: Set(None),
        window_until: Set(None),
        cursor: Set(None),
        next_at: Set(now),
        lease_until: Set(None),
        failures: Set(0),
        last_error: Set(None),
        finished_at: Set(None),
        created_at: Set(now),
    };
    let known = OnConflict::columns([Column::ShopId, Column::Marketplace]).do_nothing().to_owned();
    Entity::insert(row).on_conflict(known).try_insert().exec_without_returning(conn).await?;
    Ok(())
}

/// Which marketplaces are read, for every shop.
pub async fn known(conn: &impl ConnectionTrait) -> Result<Vec<(ShopId, String)>, AffiliateError> {
    let columns = Entity::find().select_only().column(Column::ShopId).column(Column::Marketplace);
    Ok(columns.into_tuple().all(conn).await?)
}

/// The feeds of a shop.
pub async fn of_shop(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<feed::Model>, AffiliateError> {
    Ok(feed::in_shop(shop).order_by_asc(Column::Marketplace).all(conn).await?)
}

/// Whether a feed of any shop waits for a worker.
pub async fn anything_due(conn: &impl ConnectionTrait, now: Time, wall: Time) -> Result<bool, AffiliateError> {
    Ok(due(now, wall).one(conn).await?.is_some())
}

fn due(now: Time, wall: Time) -> Select<Entity> {
    Entity::find()
        .filter(Column::NextAt.lte(now))
        .filter(Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(wall)))
        .order_by_asc(Column::NextAt)
}

/// Takes up to `most` due feeds until `wall + life`, those that waited longest first.
pub async fn claim(
    conn: &impl ConnectionTrait,
    most: u64,
    life: Duration,
    now: Time,
    wall: Time,
) -> Result<Vec<feed::Model>, AffiliateError> {
    let until = wall + life;
    let mut taken = Vec::new();
    for row in due(now, wall).limit(most).all(conn).await? {
        let update = Entity::update_many().col_expr(Column::LeaseUntil, Expr::value(until));
        let free = Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(wall));
        if this(update, &row).filter(free).exec(conn).await?.rows_affected == 1 {
            taken.push(feed::Model { lease_until: Some(until), ..row });
        }
    }
    Ok(taken)
}

/// Writes how far a feed is after a page or a failure, and gives its lease back.
///
/// # Errors
/// [`AffiliateError::LeaseLost`]: roll back, what was read belongs to somebody else.
pub async fn save(conn: &impl ConnectionTrait, taken: &feed::Model, next: &feed::Model) -> Result<(), AffiliateError> {
    let update = Entity::update_many()
        .col_expr(Column::Watermark, Expr::value(next.watermark))
        .col_expr(Column::WindowFrom, Expr::value(next.window_from))
        .col_expr(Column::WindowUntil, Expr::value(next.window_until))
        .col_expr(Column::Cursor, Expr::value(next.cursor.clone()))
        .col_expr(Column::NextAt, unless_hurried(taken, next.next_at))
        .col_expr(Column::LeaseUntil, Expr::value(None::<Time>))
        .col_expr(Column::Failures, Expr::value(next.failures))
        .col_expr(Column::LastError, Expr::value(next.last_error.clone()))
        .col_expr(Column::FinishedAt, Expr::value(next.finished_at));
    let done = this(update, taken).filter(Column::LeaseUntil.eq(taken.lease_until)).exec(conn).await?;
    if done.rows_affected == 1 {
        return Ok(());
    }
    Err(AffiliateError::LeaseLost { shop: taken.shop_id, marketplace: taken.marketplace.clone() })
}

/// `next`, unless somebody asked for a reading since the feed was taken: his wish stands.
fn unless_hurried(taken: &feed::Model, next: Time) -> Expr {
    let as_taken = Expr::col(Column::NextAt).eq(taken.next_at);
    Expr::case(as_taken, Expr::value(next)).finally(Expr::col(Column::NextAt)).into()
}

/// Lets a feed be read at once. Tells whether there is one.
pub async fn hurry(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: &str,
    now: Time,
) -> Result<bool, AffiliateError> {
    let update = Entity::update_many()
        .col_expr(Column::NextAt, Expr::value(now))
        .filter(Column::ShopId.eq(shop))
        .filter(Column::Marketplace.eq(marketplace));
    Ok(update.exec(conn).await?.rows_affected == 1)
}

fn this(update: UpdateMany<Entity>, row: &feed::Model) -> UpdateMany<Entity> {
    update.filter(Column::ShopId.eq(row.shop_id)).filter(Column::Marketplace.eq(row.marketplace.clone()))
}
