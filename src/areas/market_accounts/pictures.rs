//! Pictures of imported goods on their way to our storage.

use std::collections::HashMap;

use chrono::Duration;
use kernel::Time;
use kernel::id::{GoodsId, ImportId, PictureCopyId, ShopId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, PaginatorTrait, QueryOrder, QuerySelect, TryInsertResult, entity::prelude::*};

use super::entity::picture_copy::{ActiveModel, Column, Entity, Model, in_shop};
use super::error::MarketError;
use super::rules::storable;
use super::state::CopyState;

/// How often a picture is tried before it is given up.
const ATTEMPTS_MAX: i32 = 5;
/// The wait after the first attempt; doubled after each.
const FIRST_WAIT: Duration = Duration::seconds(20);
/// Rows of one `INSERT`.
const ROWS_MAX: usize = 1_000;

/// Notes pictures to be copied; those noted before stay as they are.
pub async fn want(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    run: ImportId,
    pictures: &[(GoodsId, String)],
    wall: Time,
) -> Result<(), MarketError> {
    let row = |(goods, address): &(GoodsId, String)| ActiveModel {
        id: Set(PictureCopyId::new()),
        shop_id: Set(shop),
        run_id: Set(run),
        goods_id: Set(*goods),
        address: Set(address.clone()),
        state: Set(CopyState::Waiting),
        attempts: Set(0),
        due_at: Set(wall),
        stored: Set(None),
        trouble: Set(None),
        created_at: Set(wall),
        updated_at: Set(wall),
    };
    for some in pictures.chunks(ROWS_MAX) {
        let known = OnConflict::columns([Column::GoodsId, Column::Address]).do_nothing().to_owned();
        let rows = Entity::insert_many(some.iter().map(row)).on_conflict(known).try_insert();
        match rows.exec_without_returning(conn).await? {
            TryInsertResult::Empty | TryInsertResult::Conflicted | TryInsertResult::Inserted(_) => {}
        }
    }
    Ok(())
}

/// Takes up to `most` pictures that are due until `wall + life`, those that waited longest first. A
/// worker that dies leaves them due again after that.
pub async fn claim(
    conn: &impl ConnectionTrait,
    most: u64,
    life: Duration,
    wall: Time,
) -> Result<Vec<Model>, MarketError> {
    let due = Entity::find()
        .filter(Column::State.eq(CopyState::Waiting))
        .filter(Column::DueAt.lte(wall))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Id)
        .limit(most)
        .all(conn)
        .await?;
    let ids: Vec<PictureCopyId> = due.iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(due);
    }
    let taken = Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(wall + life))
        .filter(Column::Id.is_in(ids))
        .filter(Column::State.eq(CopyState::Waiting))
        .filter(Column::DueAt.lte(wall))
        .exec_with_returning(conn)
        .await?;
    Ok(taken)
}

/// Whether any picture is due.
pub async fn is_due(conn: &impl ConnectionTrait, wall: Time) -> Result<bool, MarketError> {
    let due = Entity::find().filter(Column::State.eq(CopyState::Waiting)).filter(Column::DueAt.lte(wall));
    Ok(due.one(conn).await?.is_some())
}

/// The picture lies at `address` of ours; `false` when another worker has ended it.
pub async fn stored(conn: &impl ConnectionTrait, row: &Model, address: &str, wall: Time) -> Result<bool, MarketError> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(CopyState::Stored))
        .col_expr(Column::Stored, Expr::value(address))
        .col_expr(Column::Trouble, Expr::value(None::<String>))
        .col_expr(Column::UpdatedAt, Expr::value(wall));
    let done = update.filter(Column::Id.eq(row.id)).filter(Column::State.eq(row.state)).exec(conn).await?;
    Ok(done.rows_affected == 1)
}

/// An attempt failed: the picture waits for another, or is given up. `for_good` says that no other can
/// end better.
pub async fn failed(
    conn: &impl ConnectionTrait,
    row: &Model,
    why: &str,
    for_good: bool,
    wall: Time,
) -> Result<(), MarketError> {
    let attempts = row.attempts.saturating_add(1);
    let over = for_good || attempts >= ATTEMPTS_MAX;
    let wait = FIRST_WAIT * 2_i32.pow(row.attempts.clamp(0, 10).unsigned_abs());
    Entity::update_many()
        .col_expr(Column::State, Expr::value(if over { CopyState::Failed } else { CopyState::Waiting }))
        .col_expr(Column::Attempts, Expr::value(attempts))
        .col_expr(Column::DueAt, Expr::value(wall + wait))
        .col_expr(Column::Trouble, Expr::value(storable(why, 200)))
        .col_expr(Column::UpdatedAt, Expr::value(wall))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(row.state))
        .exec(conn)
        .await?;
    Ok(())
}

/// Tries the given-up pictures of a run once more; tells how many.
pub async fn again(conn: &impl ConnectionTrait, shop: ShopId, run: ImportId, wall: Time) -> Result<u64, MarketError> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(CopyState::Waiting))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::DueAt, Expr::value(wall))
        .filter(Column::ShopId.eq(shop))
        .filter(Column::RunId.eq(run))
        .filter(Column::State.eq(CopyState::Failed));
    Ok(update.exec(conn).await?.rows_affected)
}

/// Pictures of goods that are ours already: goods → the platform's address → ours.
pub async fn stored_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    goods: &[GoodsId],
) -> Result<HashMap<GoodsId, HashMap<String, String>>, MarketError> {
    let mut found: HashMap<GoodsId, HashMap<String, String>> = HashMap::new();
    if goods.is_empty() {
        return Ok(found);
    }
    let rows = in_shop(shop)
        .filter(Column::GoodsId.is_in(goods.iter().copied()))
        .filter(Column::State.eq(CopyState::Stored))
        .all(conn)
        .await?;
    for row in rows {
        if let Some(stored) = row.stored {
            found.entry(row.goods_id).or_default().insert(row.address, stored);
        }
    }
    Ok(found)
}

/// How many pictures of a run are where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// To be fetched.
    pub waiting: u64,
    /// Ours.
    pub stored: u64,
    /// Given up.
    pub failed: u64,
}

/// How far the pictures of a run are.
pub async fn progress(conn: &impl ConnectionTrait, shop: ShopId, run: ImportId) -> Result<Copied, MarketError> {
    let count = async |state: CopyState| {
        in_shop(shop).filter(Column::RunId.eq(run)).filter(Column::State.eq(state)).count(conn).await
    };
    Ok(Copied {
        waiting: count(CopyState::Waiting).await?,
        stored: count(CopyState::Stored).await?,
        failed: count(CopyState::Failed).await?,
    })
}

/// The pictures of a run that were given up, at most `most`.
pub async fn failures(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    run: ImportId,
    most: u64,
) -> Result<Vec<Model>, MarketError> {
    Ok(in_shop(shop)
        .filter(Column::RunId.eq(run))
        .filter(Column::State.eq(CopyState::Failed))
        .order_by_asc(Column::Id)
        .limit(most)
        .all(conn)
        .await?)
}
