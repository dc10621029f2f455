//! Cases: what differs, until a later bill or an operator settles it.

use chrono::NaiveDate;
use kernel::id::{BillLineId, CaseId, OperatorId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Fen, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, QueryOrder, QuerySelect, UpdateMany, entity::prelude::*};

use super::entity::case::{self, Column, Entity};
use super::entity::run;
use super::error::BillsError;
use super::state::{BillKind, CaseCause, CaseClass, CaseState, Subject};

/// A difference that was found.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What it is about.
    pub subject: Subject,
    /// Our number where there is one, else the platform's.
    pub key: String,
    /// Which of ours.
    pub subject_id: Option<Uuid>,
    /// By which line, where there is one.
    pub line: Option<BillLineId>,
    /// On which side.
    pub class: CaseClass,
    /// Why.
    pub cause: CaseCause,
    /// Our number.
    pub our_no: Option<String>,
    /// The platform's.
    pub platform_no: Option<String>,
    /// What we have.
    pub ours: Option<Fen>,
    /// What the bill has.
    pub theirs: Option<Fen>,
    /// More of it, for people.
    pub detail: Option<String>,
}

/// Opens a case by the bill of `run`, or brings the one there is up to date. One that an operator has
/// resolved stays so, and what another bill tells of the same thing is the same case while it is open;
/// one that is settled opens again as the bill's that finds something now.
pub async fn open(
    conn: &impl ConnectionTrait,
    run: &run::Model,
    found: &Difference,
    now: Time,
) -> Result<(), BillsError> {
    let known = of(conn, run.shop_id, found.subject, &found.key).await?;
    let Some(known) = known else { return insert(conn, run, found, now).await };
    let stands = known.state == CaseState::Resolved && known.resolved_by.is_some();
    if stands || (known.kind != run.kind && known.state == CaseState::Open) {
        return Ok(());
    }
    let (run_id, day) = if known.kind == run.kind { (known.run_id, known.day) } else { (run.id, run.day.clone()) };
    Entity::update_many()
        .col_expr(Column::RunId, Expr::value(run_id))
        .col_expr(Column::Kind, Expr::value(run.kind))
        .col_expr(Column::Day, Expr::value(day))
        .col_expr(Column::LineId, Expr::value(found.line))
        .col_expr(Column::SubjectId, Expr::value(found.subject_id))
        .col_expr(Column::Class, Expr::value(found.class))
        .col_expr(Column::Cause, Expr::value(found.cause))
        .col_expr(Column::OurNo, Expr::value(found.our_no.clone()))
        .col_expr(Column::PlatformNo, Expr::value(found.platform_no.clone()))
        .col_expr(Column::OursFen, Expr::value(found.ours))
        .col_expr(Column::TheirsFen, Expr::value(found.theirs))
        .col_expr(Column::Detail, Expr::value(found.detail.clone()))
        .col_expr(Column::State, Expr::value(CaseState::Open))
        .col_expr(Column::Note, Expr::value(None::<String>))
        .col_expr(Column::ResolvedAt, Expr::value(None::<Time>))
        .filter(Column::Id.eq(known.id))
        .filter(Column::ResolvedBy.is_null())
        .exec(conn)
        .await?;
    Ok(())
}

async fn insert(
    conn: &impl ConnectionTrait,
    run: &run::Model,
    found: &Difference,
    now: Time,
) -> Result<(), BillsError> {
    let row = case::Model {
        id: CaseId::new(),
        shop_id: run.shop_id,
        run_id: run.id,
        line_id: found.line,
        day: run.day.clone(),
        kind: run.kind,
        subject: found.subject,
        subject_key: found.key.clone(),
        subject_id: found.subject_id,
        class: found.class,
        cause: found.cause,
        our_no: found.our_no.clone(),
        platform_no: found.platform_no.clone(),
        ours_fen: found.ours,
        theirs_fen: found.theirs,
        detail: found.detail.clone(),
        state: CaseState::Open,
        note: None,
        resolved_by: None,
        created_at: now,
        resolved_at: None,
    };
    let active: case::ActiveModel = row.into();
    Entity::insert(active.reset_all()).exec_without_returning(conn).await?;
    Ok(())
}

async fn of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    subject: Subject,
    key: &str,
) -> Result<Option<case::Model>, BillsError> {
    let one = case::in_shop(shop).filter(Column::Subject.eq(subject)).filter(Column::SubjectKey.eq(key));
    Ok(one.one(conn).await?)
}

/// Settles the open case about a thing, now that a bill of the kind it was found by agrees.
pub async fn settle(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    kind: BillKind,
    subject: Subject,
    key: &str,
    note: &str,
    now: Time,
) -> Result<(), BillsError> {
    end(note, None, now)
        .filter(Column::ShopId.eq(shop))
        .filter(Column::Kind.eq(kind))
        .filter(Column::Subject.eq(subject))
        .filter(Column::SubjectKey.eq(key))
        .filter(Column::State.eq(CaseState::Open))
        .exec(conn)
        .await?;
    Ok(())
}

/// An operator resolves a case.
pub async fn resolve(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: CaseId,
    by: OperatorId,
    note: &str,
    now: Time,
) -> Result<case::Model, BillsError> {
    let known = by_id(conn, shop, id).await?.ok_or(BillsError::NoCase(id))?;
    let update = end(note, Some(by), now).filter(Column::Id.eq(known.id)).filter(Column::State.eq(CaseState::Open));
    if update.exec(conn).await?.rows_affected != 1 {
        return Err(BillsError::Resolved(id));
    }
    by_id(conn, shop, id).await?.ok_or(BillsError::NoCase(id))
}

fn end(note: &str, by: Option<OperatorId>, now: Time) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(CaseState::Resolved))
        .col_expr(Column::Note, Expr::value(note))
        .col_expr(Column::ResolvedBy, Expr::value(by))
        .col_expr(Column::ResolvedAt, Expr::value(Some(now)))
}

/// Refunds of `day` that were to stand in the next day's bill and do not: the bills of both days are
/// read, so it is no matter of timing.
pub async fn give_up_timing(conn: &impl ConnectionTrait, shop: ShopId, day: NaiveDate) -> Result<u64, BillsError> {
    let given_up = Entity::update_many()
        .col_expr(Column::Cause, Expr::value(CaseCause::NotInBill))
        .filter(Column::ShopId.eq(shop))
        .filter(Column::Class.eq(CaseClass::OnlyOurs))
        .filter(Column::Cause.eq(CaseCause::RefundTiming))
        .filter(Column::State.eq(CaseState::Open))
        .filter(Column::Day.eq(day.to_string()))
        .exec(conn)
        .await?;
    Ok(given_up.rows_affected)
}

/// The case with this id.
pub async fn by_id(conn: &impl ConnectionTrait, shop: ShopId, id: CaseId) -> Result<Option<case::Model>, BillsError> {
    Ok(case::in_shop(shop).filter(Column::Id.eq(id)).one(conn).await?)
}

/// Open cases that bills of the kind have found, the newest first.
pub async fn open_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    kind: BillKind,
    limit: u64,
) -> Result<Vec<case::Model>, BillsError> {
    let open = case::in_shop(shop).filter(Column::State.eq(CaseState::Open)).filter(Column::Kind.eq(kind));
    Ok(open.order_by_desc(Column::Id).limit(limit).all(conn).await?)
}

/// Which cases are asked for; empty wishes ask for all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// In this state.
    pub state: Option<CaseState>,
    /// With this cause.
    pub cause: Option<CaseCause>,
    /// Found by bills of this day.
    pub day: Option<NaiveDate>,
}

/// The cases of a shop, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    wanted: Wanted,
    page: &PageRequest,
) -> Result<Page<case::Model>, Failure> {
    let mut select = case::in_shop(shop).order_by_desc(Column::Id).limit(page.limit + 1);
    if let Some(state) = wanted.state {
        select = select.filter(Column::State.eq(state));
    }
    if let Some(cause) = wanted.cause {
        select = select.filter(Column::Cause.eq(cause));
    }
    if let Some(day) = wanted.day {
        select = select.filter(Column::Day.eq(day.to_string()));
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(Column::Id.lt(decode_cursor::<CaseId>(cursor)?));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// Every case of a day, oldest first.
pub async fn of_day(conn: &impl ConnectionTrait, shop: ShopId, day: NaiveDate) -> Result<Vec<case::Model>, BillsError> {
    Ok(case::in_shop(shop).filter(Column::Day.eq(day.to_string())).order_by_asc(Column::Id).all(conn).await?)
}
