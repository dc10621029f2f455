//! WeChat Pay's bills held against our books, line by line (WeChat Pay sheet §8).
//!
//! A run is one bill of one day and goes in steps: the bill is fetched and its lines are stored; they
//! are judged some at a time, and their fees booked in the transaction that judges them; at the end
//! what is only ours is found, and what had not been heard is asked of the platform. A process that
//! dies goes on with the step it was in, and a day that is reconciled twice changes nothing twice.

mod close;
mod export;
mod judge;
mod known;
mod read;

use chrono::{Days, Duration, NaiveDate, NaiveTime};
use kernel::clock::{beijing, beijing_day};
use kernel::id::{CaseId, OperatorId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use crate::app::App;
use crate::areas::bills::entity::{case, run};
use crate::areas::bills::state::{BillKind, RunEvent, RunState};
use crate::areas::bills::{BillsError, cases, runs};
use crate::areas::operators::audit;
use crate::areas::payouts::billed;
use crate::areas::shops::merchant::PayMode;
use crate::areas::shops::payout::PayoutMode;
use crate::areas::shops::query::Shop;
use crate::platform::leases;

pub use export::{csv, xlsx};

/// How many days the clock goes back for bills that are not reconciled yet.
const DAYS_BACK: u64 = 7;
/// How long one worker has a shop's bills to himself; each step prolongs it.
const LEASE: Duration = Duration::minutes(10);

/// The latest day whose bill exists: yesterday's from 10:00 on.
pub fn last_day(now: Time) -> NaiveDate {
    let local = now.with_timezone(&beijing());
    let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
    back(local.date_naive(), if local.time() < ten { 2 } else { 1 })
}

fn back(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

/// Which bills a shop has.
async fn kinds_of(conn: &impl ConnectionTrait, shop: &Shop) -> Result<Vec<BillKind>, Failure> {
    let Some(pay) = &shop.profile.wechat_pay else { return Ok(Vec::new()) };
    let mut kinds = vec![BillKind::Trade];
    // A sub-merchant's accounts are not shown to its service provider.
    if pay.mode == PayMode::Direct {
        kinds.push(BillKind::Basic);
    }
    // The account that transfers are paid from, perhaps of a merchant apart, is there for those who
    // asked for it.
    if shop.profile.transfer_mchid().is_some() && billed::transfers_at_all(conn, shop.id).await? {
        kinds.push(BillKind::Operation);
    }
    let shares = shop.profile.payout.mode == PayoutMode::ProfitSharing;
    if shares || billed::shares_at_all(conn, shop.id).await? {
        kinds.push(BillKind::Sharing);
    }
    Ok(kinds)
}

/// Who works on a shop's bills: nobody else does as long as he holds the lease.
pub struct Worker(String);

impl Worker {
    /// A worker, known by a name of its own.
    pub fn new() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// Takes the shop's bills, or prolongs the lease.
    ///
    /// # Errors
    /// [`BillsError::Taken`] while another has them.
    pub async fn take(&self, app: &App, shop: &Shop) -> Result<(), Failure> {
        let (name, wall) = (lease(shop), app.clock.wall());
        let taken = app.db.write(async |tx| Ok(leases::take(tx, &name, &self.0, LEASE, wall).await?)).await?;
        if taken { Ok(()) } else { Err(BillsError::Taken.into()) }
    }

    /// Gives the shop's bills back.
    pub async fn done(&self, app: &App, shop: &Shop) -> Result<(), Failure> {
        let name = lease(shop);
        app.db.write(async |tx| Ok(leases::give_back(tx, &name, &self.0).await?)).await
    }
}

impl Default for Worker {
    fn default() -> Self {
        Self::new()
    }
}

fn lease(shop: &Shop) -> String {
    format!("reconcile_bills:{}", shop.id)
}

/// Begins a day, or begins it once more when it is done, and gives its runs in the order of the work.
/// What was left half done goes on where it stopped.
///
/// # Errors
/// [`BillsError::DayNotOver`].
pub async fn begin(app: &App, shop: &Shop, day: NaiveDate) -> Result<Vec<run::Model>, Failure> {
    let now = app.clock.now();
    if day >= beijing_day(now) {
        return Err(BillsError::DayNotOver(day).into());
    }
    let kinds = kinds_of(app.db.reader(), shop).await?;
    app.db
        .write(async |tx| {
            for kind in &kinds {
                runs::open(tx, shop.id, day, *kind, now).await?;
            }
            let mut begun = Vec::new();
            for row in runs::of_day(tx, shop.id, day).await? {
                begun.push(match row.state {
                    RunState::Done => {
                        runs::advance(tx, &row, RunEvent::Repeated, runs::Changes::default(), now).await?
                    }
                    _ => row,
                });
            }
            Ok(begun)
        })
        .await
}

/// Does a run's next step; the worker must hold the shop's lease. A run that could not be read is put
/// off and says why.
#[tracing::instrument(skip_all, fields(run = %row.id, day = %row.day, kind = ?row.kind))]
pub async fn step(app: &App, shop: &Shop, worker: &Worker, row: run::Model) -> Result<run::Model, Failure> {
    worker.take(app, shop).await?;
    match row.state {
        RunState::Waiting => read::read(app, shop, &row).await,
        RunState::Read => judge::some(app, shop, &row).await,
        RunState::Judged => close::close(app, shop, &row).await,
        RunState::Done => Ok(row),
    }
}

/// Works on the bills that are due in every shop, one run a shop at the most. Tells how many were
/// worked on, so that more may follow.
pub async fn work(app: &App) -> Result<u64, Failure> {
    let mut worked = 0;
    for shop in app.shops.all().iter() {
        if app.clients.of(shop).pay().is_err() {
            continue;
        }
        let Some(row) = next_due(app, shop).await? else { continue };
        let worker = Worker::new();
        match worker.take(app, shop).await {
            Err(failure) if failure.code() == kernel::Code::Busy => continue,
            other => other?,
        }
        let outcome = work_on(app, shop, &worker, row).await;
        worker.done(app, shop).await?;
        outcome?;
        worked += 1;
    }
    Ok(worked)
}

async fn work_on(app: &App, shop: &Shop, worker: &Worker, mut row: run::Model) -> Result<(), Failure> {
    // What is put off has a time in the future, by which the loop ends too.
    while row.state != RunState::Done && row.next_at <= app.clock.now() {
        row = step(app, shop, worker, row).await?;
    }
    if row.state == RunState::Done {
        tracing::info!(run = %row.id, day = row.day, kind = ?row.kind, lines = row.lines, cases = row.cases, "a bill is reconciled");
    }
    Ok(())
}

/// The oldest run of a shop that is due, of the last days; runs that are missing are made.
async fn next_due(app: &App, shop: &Shop) -> Result<Option<run::Model>, Failure> {
    let now = app.clock.now();
    let last = last_day(now);
    let first = back(last, DAYS_BACK - 1).max(beijing_day(shop.created_at));
    if first > last {
        return Ok(None);
    }
    let known = runs::since(app.db.reader(), shop.id, first).await?;
    let kinds = kinds_of(app.db.reader(), shop).await?;
    let days = first.iter_days().take_while(|day| *day <= last);
    let wanted = days.flat_map(|day| kinds.iter().map(move |kind| (day, *kind)));
    let is_known = |day: NaiveDate, kind| known.iter().any(|row| row.kind == kind && row.day == day.to_string());
    let missing: Vec<(NaiveDate, BillKind)> = wanted.filter(|(day, kind)| !is_known(*day, *kind)).collect();
    let known = if missing.is_empty() { known } else { open_all(app, shop, &missing, (first, now)).await? };
    let is_due = |row: &run::Model| row.state != RunState::Done && row.next_at <= now && row.day <= last.to_string();
    Ok(known.into_iter().find(is_due))
}

async fn open_all(
    app: &App,
    shop: &Shop,
    missing: &[(NaiveDate, BillKind)],
    (first, now): (NaiveDate, Time),
) -> Result<Vec<run::Model>, Failure> {
    app.db
        .write(async |tx| {
            for (day, kind) in missing {
                runs::open(tx, shop.id, *day, *kind, now).await?;
            }
            Ok(runs::since(tx, shop.id, first).await?)
        })
        .await
}

/// An operator resolves a case with a note.
pub async fn resolve(app: &App, shop: &Shop, by: OperatorId, id: CaseId, note: &str) -> Result<case::Model, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let resolved = cases::resolve(tx, shop.id, id, by, note, now).await?;
            let detail = json!({"cause": resolved.cause, "note": note});
            audit::note(tx, shop.id, by, "bill_case.resolve", id, detail, now).await?;
            Ok(resolved)
        })
        .await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn yesterdays_bill_exists_from_ten_in_the_morning_in_beijing() {
        let at = |text: &str| last_day(text.parse().unwrap()).to_string();
        assert_eq!(at("2026-11-24T01:59:59Z"), "2026-11-22");
        assert_eq!(at("2026-11-24T02:00:00Z"), "2026-11-23");
        assert_eq!(at("2026-11-24T16:30:00Z"), "2026-11-23");
    }
}
