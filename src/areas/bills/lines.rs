//! Lines: stored as they came, marked with what became of them.

use std::collections::HashSet;

use chrono::NaiveDate;
use kernel::id::{BillLineId, BillRunId, ShopId};
use kernel::{Fen, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::line::{self, Column, Entity};
use super::entity::run;
use super::error::BillsError;
use super::state::{BillKind, LineVerdict, Standing, Subject};
use crate::platform::keyset::next_by;

/// Lines written by one statement; each has some twenty values.
const AT_ONCE: usize = 200;

/// A line to be stored.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// What it is about.
    pub subject: Subject,
    /// Our number.
    pub our_no: Option<String>,
    /// The platform's.
    pub platform_no: Option<String>,
    /// Who got it.
    pub receiver: Option<String>,
    /// When.
    pub at: Option<Time>,
    /// How much; below zero for what went out of an account.
    pub amount: Fen,
    /// Less the platform's coupons.
    pub net: Option<Fen>,
    /// Where no coupon was used.
    pub settled: Option<Fen>,
    /// Hundred-thousandths of a yuan.
    pub fee_exact: Option<i64>,
    /// Where it stands there.
    pub standing: Standing,
    /// In the platform's words.
    pub words: String,
}

/// Stores the lines of a bill in place of those it had.
pub async fn replace(conn: &impl ConnectionTrait, run: &run::Model, lines: &[NewLine]) -> Result<(), BillsError> {
    Entity::delete_many().filter(Column::RunId.eq(run.id)).exec(conn).await?;
    let mut no = 0;
    for some in lines.chunks(AT_ONCE) {
        let rows = some.iter().map(|line| {
            no += 1;
            let row: line::ActiveModel = row_of(run, line, no).into();
            row.reset_all()
        });
        Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    Ok(())
}

fn row_of(run: &run::Model, line: &NewLine, no: i64) -> line::Model {
    line::Model {
        id: BillLineId::new(),
        shop_id: run.shop_id,
        run_id: run.id,
        no,
        day: run.day.clone(),
        kind: run.kind,
        subject: line.subject,
        our_no: line.our_no.clone(),
        platform_no: line.platform_no.clone(),
        receiver: line.receiver.clone(),
        at: line.at,
        amount_fen: line.amount,
        net_fen: line.net,
        settled_fen: line.settled,
        fee_exact: line.fee_exact,
        standing: line.standing,
        words: line.words.clone(),
        verdict: LineVerdict::Unjudged,
        subject_id: None,
        fee_fen: None,
    }
}

/// The next lines of a run after number `after`.
pub async fn next(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    run: BillRunId,
    after: i64,
    limit: u64,
) -> Result<Vec<line::Model>, BillsError> {
    let rows = line::in_shop(shop).filter(Column::RunId.eq(run)).filter(Column::No.gt(after));
    Ok(rows.order_by_asc(Column::No).limit(limit).all(conn).await?)
}

/// The lines with these ids.
pub async fn by_ids(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[BillLineId],
) -> Result<Vec<line::Model>, BillsError> {
    Ok(line::in_shop(shop).filter(Column::Id.is_in(ids.iter().copied())).all(conn).await?)
}

/// Lines of the kind's bills since `day` that tell a fee of something of ours and had none booked when
/// they were judged, because it was under way, after one already given.
pub async fn fee_due(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    kind: BillKind,
    since: NaiveDate,
    after: Option<BillLineId>,
    limit: u64,
) -> Result<Vec<line::Model>, BillsError> {
    let due = line::in_shop(shop)
        .filter(Column::FeeFen.is_null())
        .filter(Column::FeeExact.is_not_null())
        .filter(Column::SubjectId.is_not_null())
        .filter(Column::Kind.eq(kind))
        .filter(Column::Day.gte(since.to_string()));
    Ok(next_by(due, Column::Id, after, limit).all(conn).await?)
}

/// Marks a line with what became of it and whose it is.
pub async fn mark(
    conn: &impl ConnectionTrait,
    line: &line::Model,
    verdict: LineVerdict,
    subject: Option<Uuid>,
    fee: Option<Fen>,
) -> Result<(), BillsError> {
    if (line.verdict, line.subject_id, line.fee_fen) == (verdict, subject, fee) {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::Verdict, Expr::value(verdict))
        .col_expr(Column::SubjectId, Expr::value(subject))
        .col_expr(Column::FeeFen, Expr::value(fee))
        .filter(Column::Id.eq(line.id))
        .exec(conn)
        .await?;
    Ok(())
}

/// Which of these things stand in a bill of one of the kinds, whatever its day.
pub async fn found(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    kinds: &[BillKind],
    things: &[Uuid],
) -> Result<HashSet<(Subject, Uuid)>, BillsError> {
    let found: Vec<(Subject, Option<Uuid>)> = line::in_shop(shop)
        .select_only()
        .columns([Column::Subject, Column::SubjectId])
        .filter(Column::Kind.is_in(kinds.iter().copied()))
        .filter(Column::SubjectId.is_in(things.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found.into_iter().filter_map(|(subject, thing)| Some((subject, thing?))).collect())
}

/// Which of these numbers of the platform stand in a bill of the kind, with what came in to an account
/// alone or with everything.
pub async fn numbers(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    kind: BillKind,
    numbers: &[String],
    came_in: bool,
) -> Result<HashSet<String>, BillsError> {
    let mut select = line::in_shop(shop)
        .select_only()
        .column(Column::PlatformNo)
        .filter(Column::Kind.eq(kind))
        .filter(Column::PlatformNo.is_in(numbers.iter().map(String::as_str)));
    if came_in {
        select = select.filter(Column::AmountFen.gt(Fen::ZERO));
    }
    let found: Vec<Option<String>> = select.into_tuple().all(conn).await?;
    Ok(found.into_iter().flatten().collect())
}

/// How many lines of a run are as ours.
pub async fn matched(conn: &impl ConnectionTrait, run: &run::Model) -> Result<i64, BillsError> {
    let matched = line::in_shop(run.shop_id)
        .filter(Column::RunId.eq(run.id))
        .filter(Column::Verdict.eq(LineVerdict::Matched))
        .count(conn)
        .await?;
    Ok(i64::try_from(matched).unwrap_or(i64::MAX))
}

/// A day's lines for an export, after one already given.
pub async fn of_day(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    day: NaiveDate,
    after: Option<BillLineId>,
    limit: u64,
) -> Result<Vec<line::Model>, BillsError> {
    let mut select = line::in_shop(shop).filter(Column::Day.eq(day.to_string())).order_by_asc(Column::Id).limit(limit);
    if let Some(after) = after {
        select = select.filter(Column::Id.gt(after));
    }
    Ok(select.all(conn).await?)
}
