//! Runs: one bill of one day each. Every step is a compare-and-set on the state and on how far it is
//! judged, so that of two workers one goes on.

use chrono::NaiveDate;
use kernel::id::{BillRunId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Time};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{QueryOrder, QuerySelect, UpdateMany, entity::prelude::*};

use super::entity::run::{self, Column, Entity};
use super::error::BillsError;
use super::state::{BillKind, RunEvent, RunState};

/// The longest error kept, in characters.
const ERROR_LENGTH: usize = 300;

/// Begins to wait for a bill; does nothing when there is a run of it already.
pub async fn open(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    day: NaiveDate,
    kind: BillKind,
    now: Time,
) -> Result<(), BillsError> {
    let row = run::Model {
        id: BillRunId::new(),
        shop_id: shop,
        day: day.to_string(),
        kind,
        state: RunState::Waiting,
        hash: None,
        lines: 0,
        judged: 0,
        matched: 0,
        cases: 0,
        failures: 0,
        last_error: None,
        next_at: now,
        created_at: now,
        finished_at: None,
    };
    let active: run::ActiveModel = row.into();
    let known = OnConflict::columns([Column::ShopId, Column::Day, Column::Kind]).do_nothing().to_owned();
    Entity::insert(active.reset_all()).on_conflict(known).try_insert().exec_without_returning(conn).await?;
    Ok(())
}

/// The runs of a shop from `day` on, in the order they are worked on.
pub async fn since(conn: &impl ConnectionTrait, shop: ShopId, day: NaiveDate) -> Result<Vec<run::Model>, BillsError> {
    let mut rows = run::in_shop(shop).filter(Column::Day.gte(day.to_string())).all(conn).await?;
    rows.sort_by_key(|row| (row.day.clone(), place_of(row.kind)));
    Ok(rows)
}

/// The runs of one day, in the order they are worked on.
pub async fn of_day(conn: &impl ConnectionTrait, shop: ShopId, day: NaiveDate) -> Result<Vec<run::Model>, BillsError> {
    let mut rows = run::in_shop(shop).filter(Column::Day.eq(day.to_string())).all(conn).await?;
    rows.sort_by_key(|row| place_of(row.kind));
    Ok(rows)
}

/// A payment is judged by the trade bill; what an account's movements say of it comes after.
fn place_of(kind: BillKind) -> u8 {
    match kind {
        BillKind::Trade => 0,
        BillKind::Basic => 1,
        BillKind::Operation => 2,
        BillKind::Sharing => 3,
    }
}

/// The run with this id.
pub async fn by_id(conn: &impl ConnectionTrait, shop: ShopId, id: BillRunId) -> Result<Option<run::Model>, BillsError> {
    Ok(run::in_shop(shop).filter(Column::Id.eq(id)).one(conn).await?)
}

/// Whether the bill of a kind and day has been reconciled to its end.
pub async fn is_done(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    day: NaiveDate,
    kind: BillKind,
) -> Result<bool, BillsError> {
    let rows = of_day(conn, shop, day).await?;
    Ok(rows.iter().any(|row| row.kind == kind && row.state == RunState::Done))
}

/// The runs of a shop, newest first, perhaps of one day or in one state.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    day: Option<NaiveDate>,
    state: Option<RunState>,
    page: &PageRequest,
) -> Result<Page<run::Model>, Failure> {
    let mut select = run::in_shop(shop).order_by_desc(Column::Id).limit(page.limit + 1);
    if let Some(day) = day {
        select = select.filter(Column::Day.eq(day.to_string()));
    }
    if let Some(state) = state {
        select = select.filter(Column::State.eq(state));
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(Column::Id.lt(decode_cursor::<BillRunId>(cursor)?));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// What a step writes beside the state.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The bill as read: its hash and how many lines it has.
    pub read: Option<(Option<String>, i64)>,
    /// How many lines are as ours, and how many cases the bill has.
    pub counts: Option<(i64, i64)>,
}

/// Moves a run on by `event`.
///
/// # Errors
/// [`BillsError::Moved`] when another worker was faster: roll back.
pub async fn advance(
    conn: &impl ConnectionTrait,
    row: &run::Model,
    event: RunEvent,
    changes: Changes,
    now: Time,
) -> Result<run::Model, BillsError> {
    let next = row.state.after(event).ok_or(BillsError::Moved(row.id))?;
    let mut update = as_seen(row).col_expr(Column::State, Expr::value(next));
    if let Some((hash, lines)) = changes.read {
        update = update
            .col_expr(Column::Hash, Expr::value(hash))
            .col_expr(Column::Lines, Expr::value(lines))
            .col_expr(Column::Judged, Expr::value(0_i64))
            .col_expr(Column::LastError, Expr::value(None::<String>));
    }
    if let Some((matched, cases)) = changes.counts {
        update = update.col_expr(Column::Matched, Expr::value(matched)).col_expr(Column::Cases, Expr::value(cases));
    }
    update = match event {
        RunEvent::Closed => update.col_expr(Column::FinishedAt, Expr::value(Some(now))),
        RunEvent::Repeated => update.col_expr(Column::NextAt, Expr::value(now)),
        RunEvent::Stored | RunEvent::AllJudged => update,
    };
    moved(conn, update, row).await
}

/// Notes that lines up to `judged` are judged.
pub async fn judged(conn: &impl ConnectionTrait, row: &run::Model, judged: i64) -> Result<run::Model, BillsError> {
    moved(conn, as_seen(row).col_expr(Column::Judged, Expr::value(judged)), row).await
}

/// Puts a run off until `next_at`, with why. A bill that is merely not written yet is no failure.
pub async fn put_off(
    conn: &impl ConnectionTrait,
    row: &run::Model,
    why: &str,
    is_failure: bool,
    next_at: Time,
) -> Result<run::Model, BillsError> {
    let why: String = why.chars().take(ERROR_LENGTH).collect();
    let update = as_seen(row)
        .col_expr(Column::LastError, Expr::value(why))
        .col_expr(Column::Failures, Expr::value(row.failures.saturating_add(i32::from(is_failure))))
        .col_expr(Column::NextAt, Expr::value(next_at));
    moved(conn, update, row).await
}

fn as_seen(row: &run::Model) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::ShopId.eq(row.shop_id))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(row.state))
        .filter(Column::Judged.eq(row.judged))
}

async fn moved(
    conn: &impl ConnectionTrait,
    update: UpdateMany<Entity>,
    row: &run::Model,
) -> Result<run::Model, BillsError> {
    if update.exec(conn).await?.rows_affected != 1 {
        return Err(BillsError::Moved(row.id));
    }
    by_id(conn, row.shop_id, row.id).await?.ok_or(BillsError::Moved(row.id))
}
