//! The end of a run: what is only ours is found, what had not been heard is asked of the platform, and
//! open cases are judged again.

use chrono::{Days, NaiveDate};
use kernel::clock::beijing_midnight;
use kernel::id::{PaymentId, RefundId};
use kernel::{Failure, Time};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::{judge, known};
use crate::app::App;
use crate::areas::bills::cases::{self, Difference};
use crate::areas::bills::entity::{case, line, run};
use crate::areas::bills::lines;
use crate::areas::bills::rules::Ours;
use crate::areas::bills::runs::{self, Changes};
use crate::areas::bills::state::{BillKind, CaseCause, CaseClass, RunEvent, Subject};
use crate::areas::payments::{billed, refunds, service as payments};
use crate::areas::payouts::billed as paid_out;
use crate::areas::payouts::entity::sharing_part;
use crate::areas::shops::query::Shop;
use crate::flows::{payment_received, refund};

/// Things looked at by one statement.
const AT_ONCE: u64 = 500;
/// How long a refund may be under way until its fee is no longer looked for.
const UNDER_WAY: Days = Days::new(90);
/// Cases looked at again by one run.
const CASES_AT_MOST: u64 = 500;

/// Ends a run.
pub(super) async fn close(app: &App, shop: &Shop, row: &run::Model) -> Result<run::Model, Failure> {
    let now = app.clock.now();
    let day = row.day.parse::<NaiveDate>().unwrap_or_default();
    only_ours(app, shop, row, day).await?;
    let open = cases::open_of(app.db.reader(), shop.id, row.kind, CASES_AT_MOST).await?;
    ask(app, shop, &open).await;
    if row.kind == BillKind::Trade {
        fees_due(app, shop, day).await?;
    }
    app.db
        .write(async |tx| {
            judge_again(tx, shop, row, &open, now).await?;
            if row.kind == BillKind::Trade {
                let before = day.pred_opt().unwrap_or(day);
                alarm(cases::give_up_timing(tx, shop.id, before).await?);
            }
            let matched = lines::matched(tx, row).await?;
            let found = cases::of_day(tx, shop.id, day).await?;
            let own = found.iter().filter(|case| case.kind == row.kind).count();
            let counts = Some((matched, i64::try_from(own).unwrap_or(i64::MAX)));
            Ok(runs::advance(tx, row, RunEvent::Closed, Changes { counts, read: None }, now).await?)
        })
        .await
}

fn alarm(given_up: u64) {
    if given_up > 0 {
        metrics::counter!("refunds_missing_in_bills_total").increment(given_up);
        tracing::error!(given_up, "ALARM: refunds stand in no bill of their day or the days beside");
    }
}

/// Asks the platform about what its bill has and we had not heard of: a payment is honoured then, a
/// refund booked. What cannot be asked now is asked with the next bill.
async fn ask(app: &App, shop: &Shop, open: &[case::Model]) {
    for case in open.iter().filter(|case| case.cause == CaseCause::MissingNotification) {
        let Some(id) = case.subject_id else { continue };
        let asked = match case.subject {
            Subject::Payment => ask_payment(app, shop, PaymentId::from_uuid(id)).await,
            Subject::Refund => ask_refund(app, shop, RefundId::from_uuid(id)).await,
            _ => Ok(()),
        };
        if let Err(failure) = asked {
            tracing::warn!(case = %case.id, %failure, "the platform could not be asked about what its bill has");
        }
    }
}

async fn ask_payment(app: &App, shop: &Shop, id: PaymentId) -> Result<(), Failure> {
    let Some(payment) = payments::by_id(app.db.reader(), shop.id, id).await? else { return Ok(()) };
    let clients = app.clients.of(shop);
    payment_received::ask(app, shop, clients.pay()?, &payment).await.map(drop)
}

async fn ask_refund(app: &App, shop: &Shop, id: RefundId) -> Result<(), Failure> {
    match refunds::by_id(app.db.reader(), shop.id, id).await? {
        Some(row) => refund::ask(app, shop, &row).await,
        None => Ok(()),
    }
}

/// Judges the lines of open cases again, each beside its own run.
async fn judge_again(
    tx: &DatabaseTransaction,
    shop: &Shop,
    row: &run::Model,
    open: &[case::Model],
    now: Time,
) -> Result<(), Failure> {
    let ids: Vec<_> = open.iter().filter_map(|case| case.line_id).collect();
    let rows = lines::by_ids(tx, shop.id, &ids).await?;
    let (ours, earlier): (Vec<_>, Vec<_>) = rows.into_iter().partition(|line| line.run_id == row.id);
    for case in open.iter().filter(|case| case.run_id == row.id && case.line_id.is_some()) {
        if !ours.iter().any(|line| Some(line.id) == case.line_id) {
            let gone = "no longer in the bill";
            cases::settle(tx, shop.id, row.kind, case.subject, &case.subject_key, gone, now).await?;
        }
    }
    judge::judge(tx, shop, row, &ours, now).await?;
    judge_of_others(tx, shop, &earlier, now).await
}

/// Judges lines again, those that stand together beside their run.
async fn judge_of_others(
    tx: &DatabaseTransaction,
    shop: &Shop,
    lines: &[line::Model],
    now: Time,
) -> Result<(), Failure> {
    for some in lines.chunk_by(|one, next| one.run_id == next.run_id) {
        let Some(first) = some.first() else { continue };
        if let Some(run) = runs::by_id(tx, shop.id, first.run_id).await? {
            judge::judge(tx, shop, &run, some, now).await?;
        }
    }
    Ok(())
}

/// A refund stands in the bill of the day it was asked for, perhaps before it has arrived: what its line
/// tells of the fee is booked once it has.
async fn fees_due(app: &App, shop: &Shop, day: NaiveDate) -> Result<(), Failure> {
    let since = day.checked_sub_days(UNDER_WAY).unwrap_or(day);
    let mut after = None;
    loop {
        let some = lines::fee_due(app.db.reader(), shop.id, BillKind::Trade, since, after, AT_ONCE).await?;
        let Some(last) = some.last() else { return Ok(()) };
        after = Some(last.id);
        let now = app.clock.now();
        app.db.write(async |tx| judge_of_others(tx, shop, &some, now).await).await?;
    }
}

/// What of ours is to be looked for in a bill.
struct Sought {
    subject: Subject,
    ours: Ours,
    platform_no: Option<String>,
}

/// Finds what moved on the day by our books and stands in no bill.
async fn only_ours(app: &App, shop: &Shop, row: &run::Model, day: NaiveDate) -> Result<(), Failure> {
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    let span = (beijing_midnight(day), beijing_midnight(next));
    match row.kind {
        BillKind::Trade => {
            seek_payments(app, shop, row, span).await?;
            seek_refunds(app, shop, row, span, next).await
        }
        // Money that is frozen for a while moves on another day; the trade bill has it on its own.
        BillKind::Basic => Ok(()),
        BillKind::Operation => seek_transfers(app, shop, row, span).await,
        BillKind::Sharing => {
            seek_shares(app, shop, row, span).await?;
            seek_returns(app, shop, row, span).await
        }
    }
}

async fn seek_payments(app: &App, shop: &Shop, row: &run::Model, span: (Time, Time)) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let some = billed::paid_between(app.db.reader(), shop.id, span, after, AT_ONCE).await?;
        let Some(last) = some.last() else { return Ok(()) };
        after = Some(last.id);
        let sought = some.iter().map(|payment| Sought {
            subject: Subject::Payment,
            ours: known::of_payment(payment),
            platform_no: payment.transaction_id.clone(),
        });
        missing(app, shop, row, sought.collect(), CaseCause::NotInBill).await?;
    }
}

/// A refund may stand in the bill of the next day: until that is read, its timing is all there is to
/// say.
async fn seek_refunds(
    app: &App,
    shop: &Shop,
    row: &run::Model,
    span: (Time, Time),
    next: NaiveDate,
) -> Result<(), Failure> {
    let is_late = runs::is_done(app.db.reader(), shop.id, next, BillKind::Trade).await?;
    let cause = if is_late { CaseCause::NotInBill } else { CaseCause::RefundTiming };
    let mut after = None;
    loop {
        let some = billed::refunded_between(app.db.reader(), shop.id, span, after, AT_ONCE).await?;
        let Some(last) = some.last() else { return Ok(()) };
        after = Some(last.id);
        let sought = some.iter().map(|refund| Sought {
            subject: Subject::Refund,
            ours: known::of_refund(refund),
            platform_no: refund.platform_refund_id.clone(),
        });
        missing(app, shop, row, sought.collect(), cause).await?;
    }
}

async fn seek_transfers(app: &App, shop: &Shop, row: &run::Model, span: (Time, Time)) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let some = paid_out::transferred_between(app.db.reader(), shop.id, span, after, AT_ONCE).await?;
        let Some(last) = some.last() else { return Ok(()) };
        after = Some(last.id);
        let sought = some.iter().map(|transfer| Sought {
            subject: Subject::Transfer,
            ours: known::of_transfer(transfer),
            platform_no: transfer.platform_bill_no.clone(),
        });
        missing(app, shop, row, sought.collect(), CaseCause::NotInBill).await?;
    }
}

async fn seek_shares(app: &App, shop: &Shop, row: &run::Model, span: (Time, Time)) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let (some, parts) = paid_out::shared_between(app.db.reader(), shop.id, span, after, AT_ONCE).await?;
        let Some(last) = some.last() else { return Ok(()) };
        after = Some(last.id);
        let of_part = |part: &sharing_part::Model| {
            let sharing = some.iter().find(|sharing| sharing.id == part.sharing_id)?;
            let platform_no = sharing.platform_order_id.clone();
            Some(Sought { subject: Subject::Share, ours: known::of_part(sharing, part), platform_no })
        };
        missing(app, shop, row, parts.iter().filter_map(of_part).collect(), CaseCause::NotInBill).await?;
    }
}

async fn seek_returns(app: &App, shop: &Shop, row: &run::Model, span: (Time, Time)) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let some = paid_out::returned_between(app.db.reader(), shop.id, span, after, AT_ONCE).await?;
        let Some(last) = some.last() else { return Ok(()) };
        after = Some(last.id);
        let sought = some.iter().map(|back| Sought {
            subject: Subject::Return,
            ours: known::of_return(back),
            platform_no: back.platform_return_id.clone(),
        });
        missing(app, shop, row, sought.collect(), CaseCause::NotInBill).await?;
    }
}

/// Opens a case for each thing that stands in no bill. One that began on an earlier day may stand in
/// that day's: where it was never read, nothing can be said.
async fn missing(
    app: &App,
    shop: &Shop,
    row: &run::Model,
    sought: Vec<Sought>,
    cause: CaseCause,
) -> Result<(), Failure> {
    let ids: Vec<Uuid> = sought.iter().map(|sought| sought.ours.id).collect();
    // Where a merchant has one account for both, its transfers stand among its payments.
    let both = [BillKind::Operation, BillKind::Basic];
    let kinds = if row.kind == BillKind::Operation { both.as_slice() } else { std::slice::from_ref(&row.kind) };
    let found = lines::found(app.db.reader(), shop.id, kinds, &ids).await?;
    let unfound = |it: &Sought| !found.contains(&(it.subject, it.ours.id));
    for Sought { subject, ours, platform_no } in sought.into_iter().filter(unfound) {
        let began_earlier = ours.first_day.to_string() < row.day;
        if began_earlier && !runs::is_done(app.db.reader(), shop.id, ours.first_day, row.kind).await? {
            continue;
        }
        let difference = Difference {
            subject,
            key: ours.number.clone(),
            subject_id: Some(ours.id),
            line: None,
            class: CaseClass::OnlyOurs,
            cause,
            our_no: Some(ours.number),
            platform_no,
            ours: Some(ours.amount),
            theirs: None,
            detail: None,
        };
        let now = app.clock.now();
        app.db.write(async |tx| Ok(cases::open(tx, row, &difference, now).await?)).await?;
    }
    Ok(())
}
