//! Lines are judged some at a time; what they differ by becomes cases, and their fees are booked.

use std::collections::HashSet;

use chrono::NaiveDate;
use kernel::id::{PaymentId, RefundId};
use kernel::{Failure, Fen, Time};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::known::Known;
use crate::app::App;
use crate::areas::bills::cases::{self, Difference};
use crate::areas::bills::entity::{line, run};
use crate::areas::bills::rules::{self, Judgement, Ours};
use crate::areas::bills::runs::{self, Changes};
use crate::areas::bills::state::{BillKind, CaseCause, CaseClass, LineVerdict, RunEvent, Standing, Subject};
use crate::areas::bills::{fees, lines};
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::shops::query::Shop;
use crate::areas::{orders, payments};

/// Lines judged in one transaction.
const AT_ONCE: u64 = 200;

/// Judges the next lines of a run.
pub(super) async fn some(app: &App, shop: &Shop, row: &run::Model) -> Result<run::Model, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let some = lines::next(tx, shop.id, row.id, row.judged, AT_ONCE).await?;
            let Some(last) = some.last() else {
                return Ok(runs::advance(tx, row, RunEvent::AllJudged, Changes::default(), now).await?);
            };
            let moved = runs::judged(tx, row, last.no).await?;
            judge(tx, shop, row, &some, now).await?;
            Ok(moved)
        })
        .await
}

/// Judges lines of a run, whether for the first time or again.
pub(super) async fn judge(
    tx: &DatabaseTransaction,
    shop: &Shop,
    run: &run::Model,
    some: &[line::Model],
    now: Time,
) -> Result<(), Failure> {
    let known = Known::of(tx, shop.id, run.kind, some).await?;
    let things: Vec<Uuid> = some.iter().filter_map(|line| known.find(line)).map(|ours| ours.id).collect();
    let mut booked = fees::booked(tx, shop.id, &things).await?;
    let beside = Beside::of(tx, shop, run, some).await?;
    for line in some {
        let ours = known.find(line);
        let day = line.day.parse::<NaiveDate>().unwrap_or_default();
        let judgement = match run.kind {
            BillKind::Sharing if known.is_unfreeze(line) => Judgement::Agrees,
            BillKind::Trade | BillKind::Sharing => rules::judge(line, day, ours.as_ref(), shop.settings.payment_fee_bp),
            BillKind::Basic | BillKind::Operation => beside.judge(line, ours.as_ref(), &known, shop),
        };
        let fee = match &ours {
            Some(ours) if ours.standing == Standing::Done => fee_of(line),
            _ => None,
        };
        if let (Some(ours), Some(fee)) = (&ours, fee) {
            let before = booked.entry((line.subject, ours.id)).or_default();
            book_fee(tx, shop, line, ours, fee.minus(*before)?, now).await?;
            *before = fee;
        }
        let verdict = conclude(tx, shop, run, line, ours.as_ref(), judgement, now).await?;
        lines::mark(tx, line, verdict, ours.map(|ours| ours.id), fee).await?;
    }
    Ok(())
}

/// What the platform keeps by a line, in whole fen; below zero for what comes back with a refund.
fn fee_of(line: &line::Model) -> Option<Fen> {
    let exact = Fen::from_fen(line.fee_exact?);
    let fee = exact.scale_half_up(1, 1_000).ok()?;
    if line.subject == Subject::Refund && !fee.is_negative() { fee.negated().ok() } else { Some(fee) }
}

/// Books what a bill tells of a fee beyond what is booked: the platform has kept it out of what lies
/// there for the shop, or has given it back.
async fn book_fee(
    tx: &DatabaseTransaction,
    shop: &Shop,
    line: &line::Model,
    ours: &Ours,
    more: Fen,
    now: Time,
) -> Result<(), Failure> {
    if more == Fen::ZERO {
        return Ok(());
    }
    let booking = fees::add(tx, shop.id, (line.subject, ours.id), &line.day, more, now).await?;
    let mut draft = Draft::new(shop.id, "payment_fee", booking.id.uuid());
    draft.note = Some(ours.number.clone());
    // What a supplier's merchant collects, its own money bears.
    let whose = clearing_of(tx, shop, line.subject, ours.id).await?;
    draft.debit(AccountKind::PaymentFees, whose, more);
    draft.credit(AccountKind::Clearing, whose, more)?;
    Ok(ledger::service::post(tx, &draft, Floor::Zero, now).await?)
}

/// Whose clearing the money of a payment or a refund lies in.
async fn clearing_of(
    tx: &DatabaseTransaction,
    shop: &Shop,
    subject: Subject,
    thing: Uuid,
) -> Result<Option<Uuid>, Failure> {
    let order = match subject {
        Subject::Refund => {
            let refund = payments::refunds::by_id(tx, shop.id, RefundId::from_uuid(thing)).await?;
            refund.and_then(|refund| refund.order_id)
        }
        _ => {
            let payment = payments::service::by_id(tx, shop.id, PaymentId::from_uuid(thing)).await?;
            payment.and_then(|payment| payment.order_id)
        }
    };
    let Some(order) = order else { return Ok(None) };
    Ok(orders::query::by_id(tx, shop.id, order).await?.and_then(|order| order.clearing()))
}

/// What other lines say of the things that accounts' movements are about.
struct Beside {
    /// Numbers of the platform that the trade or sharing bill tells of: it judges them.
    told: HashSet<String>,
    /// Numbers under which money came back.
    came_back: HashSet<String>,
}

impl Beside {
    async fn of(
        tx: &DatabaseTransaction,
        shop: &Shop,
        run: &run::Model,
        some: &[line::Model],
    ) -> Result<Self, Failure> {
        let numbers: Vec<String> = some.iter().filter_map(|line| line.platform_no.clone()).collect();
        let (mut told, mut came_back) = (HashSet::new(), HashSet::new());
        if run.kind == BillKind::Basic {
            told = lines::numbers(tx, shop.id, BillKind::Trade, &numbers, false).await?;
        }
        if run.kind == BillKind::Operation {
            came_back = lines::numbers(tx, shop.id, BillKind::Operation, &numbers, true).await?;
        }
        Ok(Self { told, came_back })
    }

    /// Judges a movement. One that is about nothing of ours is a case unless another bill tells of it,
    /// or the merchant moved its own money.
    fn judge(&self, line: &line::Model, ours: Option<&Ours>, known: &Known, shop: &Shop) -> Judgement {
        let has = |numbers: &HashSet<String>| line.platform_no.as_ref().is_some_and(|no| numbers.contains(no));
        if line.subject == Subject::Share && known.is_shared(line) {
            // One movement may be several receivers' parts, which the sharing bill tells apart.
            return Judgement::Agrees;
        }
        match ours {
            Some(ours) => rules::judge_flow(line, ours, has(&self.came_back), shop.settings.payment_fee_bp),
            None if has(&self.told) || line.subject == Subject::Other => Judgement::Agrees,
            None => rules::judge(line, NaiveDate::default(), None, shop.settings.payment_fee_bp),
        }
    }
}

/// Opens, brings up to date or settles the case about a line, and says what became of the line.
async fn conclude(
    tx: &DatabaseTransaction,
    shop: &Shop,
    run: &run::Model,
    line: &line::Model,
    ours: Option<&Ours>,
    judgement: Judgement,
    now: Time,
) -> Result<LineVerdict, Failure> {
    let key = key_of(line, ours);
    let settled = format!("in the bill of {}", line.day);
    let settle = async || cases::settle(tx, shop.id, run.kind, line.subject, &key, &settled, now).await;
    match judgement {
        Judgement::Agrees => {
            settle().await?;
            let about_ours = ours.is_some() || line.subject == Subject::Share;
            Ok(if about_ours { LineVerdict::Matched } else { LineVerdict::Noted })
        }
        Judgement::DayBeside => {
            let found = difference(line, ours, key.clone(), CaseClass::Differs, CaseCause::RefundTiming);
            cases::open(tx, run, &found, now).await?;
            settle().await?;
            Ok(LineVerdict::Matched)
        }
        Judgement::Differs(class, cause) => {
            cases::open(tx, run, &difference(line, ours, key.clone(), class, cause), now).await?;
            Ok(LineVerdict::Differs)
        }
    }
}

fn key_of(line: &line::Model, ours: Option<&Ours>) -> String {
    if let Some(ours) = ours {
        return ours.number.clone();
    }
    let number = line.our_no.as_ref().or(line.platform_no.as_ref()).cloned();
    let number = number.unwrap_or_else(|| format!("{} {}", line.day, line.no));
    match &line.receiver {
        Some(receiver) => format!("{number}/{receiver}"),
        None => number,
    }
}

fn difference(line: &line::Model, ours: Option<&Ours>, key: String, class: CaseClass, cause: CaseCause) -> Difference {
    let is_fee = cause == CaseCause::Fee;
    let told_otherwise = line.settled_fen.filter(|settled| ours.is_some_and(|ours| *settled != ours.amount));
    Difference {
        subject: line.subject,
        key,
        subject_id: ours.map(|ours| ours.id),
        line: Some(line.id),
        class,
        cause,
        our_no: ours.map(|ours| ours.number.clone()).or_else(|| line.our_no.clone()),
        platform_no: line.platform_no.clone(),
        ours: ours.map(|ours| ours.amount),
        theirs: Some(if is_fee { line.amount_fen } else { told_otherwise.unwrap_or(line.amount_fen) }),
        detail: detail(line, ours, cause),
    }
}

/// What a case's amounts do not say.
fn detail(line: &line::Model, ours: Option<&Ours>, cause: CaseCause) -> Option<String> {
    match (cause, ours, line.fee_exact) {
        (CaseCause::Fee, _, Some(fee)) => {
            let sign = if fee < 0 { "-" } else { "" };
            Some(format!("a fee of {sign}{}.{:05} yuan, {}", fee.abs() / 100_000, fee.abs() % 100_000, line.words))
        }
        (CaseCause::RefundTiming, Some(ours), _) => {
            Some(format!("ours {} to {}, the bill's {}", ours.first_day, ours.last_day, line.day))
        }
        _ => Some(line.words.clone()).filter(|words| !words.is_empty()),
    }
}
