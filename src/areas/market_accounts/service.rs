//! Writing runs. Whoever works on a run holds its lease, and what he writes names it: a worker that
//! was thought dead, or whose run an operator stopped, writes nothing.

use chrono::Duration;
use kernel::id::{ImportId, ShopId, StoreId};
use kernel::{ListingKind, Time};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, UpdateMany, entity::prelude::*};

use super::entity::import_run::{self, Column, Entity};
use super::error::MarketError;
use super::query;
use super::rules::{Refusals, Wish, storable};
use super::state::{RunEvent, RunState};

/// The longest error kept, in characters.
const ERROR_LENGTH: usize = 300;

/// A run to be begun.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Whose.
    pub shop: ShopId,
    /// From where.
    pub marketplace: String,
    /// Under which account there, when one was named.
    pub account: Option<String>,
    /// The store, for its own goods.
    pub store: Option<StoreId>,
    /// As what.
    pub listing: ListingKind,
    /// Whether it only looks again at goods imported before.
    pub renewal: bool,
    /// Which goods.
    pub wish: Wish,
}

/// Begins a run; a worker takes it up.
pub async fn begin(conn: &impl ConnectionTrait, new: &NewRun, now: Time) -> Result<import_run::Model, MarketError> {
    let row = import_run::ActiveModel {
        id: Set(ImportId::new()),
        shop_id: Set(new.shop),
        marketplace: Set(new.marketplace.clone()),
        account: Set(new.account.clone()),
        store_id: Set(new.store),
        listing: Set(new.listing),
        renewal: Set(new.renewal),
        query: Set(json("query", &new.wish)?),
        state: Set(RunState::Running),
        cursor: Set(None),
        fetched: Set(0),
        created: Set(0),
        updated: Set(0),
        linked: Set(0),
        refused: Set(0),
        last_error: Set(None),
        refusals: Set(json("refusals", &Refusals::default())?),
        lease_until: Set(None),
        resume_at: Set(None),
        waits_for_store: Set(false),
        failures: Set(0),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Ok(Entity::insert(row).exec_with_returning(conn).await?)
}

/// Forgets renewals that ended before `before`: every day brings others. Tells how many.
pub async fn sweep_renewals(conn: &impl ConnectionTrait, before: Time) -> Result<u64, MarketError> {
    let old = Entity::delete_many()
        .filter(Column::Renewal.eq(true))
        .filter(Column::State.eq(RunState::Done))
        .filter(Column::UpdatedAt.lt(before));
    Ok(old.exec(conn).await?.rows_affected)
}

/// Lets rested runs go on.
pub async fn wake(conn: &impl ConnectionTrait, now: Time) -> Result<(), MarketError> {
    let rested = query::rested(now).all(conn).await?;
    for row in rested {
        let Some(next) = row.state.after(RunEvent::Resumed) else { continue };
        moved(&row, next)
            .col_expr(Column::ResumeAt, Expr::value(None::<Time>))
            .filter(Column::ResumeAt.lte(now))
            .exec(conn)
            .await?;
    }
    Ok(())
}

/// Takes up to `most` free runs until `wall + life`, those that waited longest first.
pub async fn claim(
    conn: &impl ConnectionTrait,
    most: u64,
    life: Duration,
    wall: Time,
) -> Result<Vec<import_run::Model>, MarketError> {
    let free = query::free(wall).order_by_asc(Column::UpdatedAt).order_by_asc(Column::Id).limit(most);
    let mut taken = Vec::new();
    for row in free.all(conn).await? {
        taken.extend(take(conn, row, life, wall).await?);
    }
    Ok(taken)
}

/// Takes one run, unless it is not running or another works on it.
pub async fn claim_one(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: ImportId,
    life: Duration,
    wall: Time,
) -> Result<Option<import_run::Model>, MarketError> {
    let row = query::free(wall).filter(Column::ShopId.eq(shop)).filter(Column::Id.eq(id)).one(conn).await?;
    match row {
        Some(row) => take(conn, row, life, wall).await,
        None => Ok(None),
    }
}

async fn take(
    conn: &impl ConnectionTrait,
    row: import_run::Model,
    life: Duration,
    wall: Time,
) -> Result<Option<import_run::Model>, MarketError> {
    let until = wall + life;
    let taken = Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::value(until))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(RunState::Running))
        .filter(Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(wall)))
        .exec(conn)
        .await?;
    Ok((taken.rows_affected == 1).then_some(import_run::Model { lease_until: Some(until), ..row }))
}

/// Holds on to a run for longer.
///
/// # Errors
/// [`MarketError::LeaseLost`].
pub async fn prolong(
    conn: &impl ConnectionTrait,
    run: &import_run::Model,
    until: Time,
) -> Result<import_run::Model, MarketError> {
    let update = moved(run, run.state).col_expr(Column::LeaseUntil, Expr::value(until));
    under_lease(conn, update, run).await?;
    Ok(import_run::Model { lease_until: Some(until), ..run.clone() })
}

/// What one page came to.
#[derive(Clone, Debug)]
pub struct PageDone {
    /// Where the next page starts; `None` after the last.
    pub cursor: Option<String>,
    /// Goods looked at.
    pub fetched: i64,
    /// Goods new to the shop.
    pub created: i64,
    /// Goods that changed.
    pub updated: i64,
    /// Goods of a store that the shop had already.
    pub linked: i64,
    /// Those refused, of the whole run.
    pub refusals: Refusals,
    /// Whether the run has reached its end.
    pub finished: bool,
}

/// Adds a page to its run and gives the lease back, in the transaction that stores the page's goods.
///
/// # Errors
/// [`MarketError::LeaseLost`]: roll back, the page belongs to somebody else.
pub async fn save_page(
    conn: &impl ConnectionTrait,
    run: &import_run::Model,
    page: &PageDone,
    now: Time,
) -> Result<import_run::Model, MarketError> {
    let next = if page.finished { after(run, RunEvent::Finished)? } else { run.state };
    let row = import_run::Model {
        state: next,
        cursor: page.cursor.clone(),
        fetched: run.fetched + page.fetched,
        created: run.created + page.created,
        updated: run.updated + page.updated,
        linked: run.linked + page.linked,
        refused: page.refusals.count(),
        refusals: json("refusals", &page.refusals)?,
        last_error: None,
        lease_until: None,
        failures: 0,
        updated_at: now,
        ..run.clone()
    };
    let update = moved(run, next)
        .col_expr(Column::Cursor, Expr::value(row.cursor.clone()))
        .col_expr(Column::Fetched, Expr::value(row.fetched))
        .col_expr(Column::Created, Expr::value(row.created))
        .col_expr(Column::Updated, Expr::value(row.updated))
        .col_expr(Column::Linked, Expr::value(row.linked))
        .col_expr(Column::Refused, Expr::value(row.refused))
        .col_expr(Column::Refusals, Expr::value(row.refusals.clone()))
        .col_expr(Column::LastError, Expr::value(None::<String>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<Time>))
        .col_expr(Column::Failures, Expr::value(0))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    under_lease(conn, update, run).await.map(|()| row)
}

/// Until when a run rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// This moment (business time).
    Until(Time),
    /// Its store works again.
    ForTheStore,
    /// An operator lets it go on.
    ForAnOperator,
}

/// Lets a run rest, and says why.
///
/// # Errors
/// [`MarketError::LeaseLost`].
pub async fn rest(
    conn: &impl ConnectionTrait,
    run: &import_run::Model,
    rest: Rest,
    why: &str,
    now: Time,
) -> Result<import_run::Model, MarketError> {
    let (event, resume_at) = match rest {
        Rest::Until(time) => (RunEvent::Paused, Some(time)),
        Rest::ForTheStore | Rest::ForAnOperator => (RunEvent::Failed, None),
    };
    let next = after(run, event)?;
    let why = storable(why, ERROR_LENGTH);
    let row = import_run::Model {
        state: next,
        resume_at,
        waits_for_store: rest == Rest::ForTheStore,
        last_error: Some(why.clone()),
        failures: run.failures.saturating_add(1),
        lease_until: None,
        updated_at: now,
        ..run.clone()
    };
    let update = moved(run, next)
        .col_expr(Column::ResumeAt, Expr::value(resume_at))
        .col_expr(Column::WaitsForStore, Expr::value(row.waits_for_store))
        .col_expr(Column::LastError, Expr::value(why))
        .col_expr(Column::Failures, Expr::value(row.failures))
        .col_expr(Column::LeaseUntil, Expr::value(None::<Time>))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    under_lease(conn, update, run).await.map(|()| row)
}

/// An operator stops a run; it goes on when an operator says so. One that rests by itself, or waits for
/// its store, is kept from going on.
///
/// # Errors
/// [`MarketError::WrongState`] for a run that has ended or failed.
pub async fn pause(conn: &impl ConnectionTrait, run: &import_run::Model, now: Time) -> Result<(), MarketError> {
    let would_go_on = run.state == RunState::Paused || run.waits_for_store;
    let next = if would_go_on { RunState::Paused } else { after(run, RunEvent::Paused)? };
    let update = moved(run, next)
        .col_expr(Column::ResumeAt, Expr::value(None::<Time>))
        .col_expr(Column::WaitsForStore, Expr::value(false))
        .col_expr(Column::LeaseUntil, Expr::value(None::<Time>))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    written(conn, update, run).await
}

/// An operator lets a paused or failed run go on at its cursor.
///
/// # Errors
/// [`MarketError::WrongState`] for a run that is running or has ended.
pub async fn resume(conn: &impl ConnectionTrait, run: &import_run::Model, now: Time) -> Result<(), MarketError> {
    written(conn, going_on(moved(run, after(run, RunEvent::Resumed)?), now), run).await
}

/// Lets the runs go on, at their cursors, that waited for a store to work again. Tells how many.
pub async fn resume_of_store(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    now: Time,
) -> Result<u64, MarketError> {
    let Some(next) = RunState::Failed.after(RunEvent::Resumed) else { return Ok(0) };
    let waiting = Entity::update_many()
        .col_expr(Column::State, Expr::value(next))
        .filter(Column::ShopId.eq(shop))
        .filter(Column::StoreId.eq(store))
        .filter(Column::State.eq(RunState::Failed))
        .filter(Column::WaitsForStore.eq(true));
    Ok(going_on(waiting, now).exec(conn).await?.rows_affected)
}

/// What a run forgets as it goes on.
fn going_on(update: UpdateMany<Entity>, now: Time) -> UpdateMany<Entity> {
    update
        .col_expr(Column::ResumeAt, Expr::value(None::<Time>))
        .col_expr(Column::WaitsForStore, Expr::value(false))
        .col_expr(Column::LastError, Expr::value(None::<String>))
        .col_expr(Column::Failures, Expr::value(0))
        .col_expr(Column::LeaseUntil, Expr::value(None::<Time>))
        .col_expr(Column::UpdatedAt, Expr::value(now))
}

fn after(run: &import_run::Model, event: RunEvent) -> Result<RunState, MarketError> {
    run.state.after(event).ok_or(MarketError::WrongState { run: run.id, state: run.state })
}

/// The compare-and-set of every change.
fn moved(run: &import_run::Model, next: RunState) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(next))
        .filter(Column::ShopId.eq(run.shop_id))
        .filter(Column::Id.eq(run.id))
        .filter(Column::State.eq(run.state))
}

async fn under_lease(
    conn: &impl ConnectionTrait,
    update: UpdateMany<Entity>,
    run: &import_run::Model,
) -> Result<(), MarketError> {
    let done = update.filter(Column::LeaseUntil.eq(run.lease_until)).exec(conn).await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(MarketError::LeaseLost(run.id)) }
}

async fn written(
    conn: &impl ConnectionTrait,
    update: UpdateMany<Entity>,
    run: &import_run::Model,
) -> Result<(), MarketError> {
    let done = update.exec(conn).await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(MarketError::WrongState { run: run.id, state: run.state }) }
}

fn json(what: &'static str, value: &impl serde::Serialize) -> Result<serde_json::Value, MarketError> {
    serde_json::to_value(value).map_err(|error| MarketError::Unreadable { what, error })
}
