//! What of ours the lines of a bill are about.

use std::collections::HashMap;

use chrono::NaiveDate;
use kernel::clock::beijing_day;
use kernel::id::{PaymentId, RefundId, SharingId, SharingReturnId, ShopId, TransferId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use crate::areas::bills::entity::line;
use crate::areas::bills::rules::Ours;
use crate::areas::bills::state::{BillKind, Standing, Subject};
use crate::areas::payments::entity::{payment, refund};
use crate::areas::payments::state::{PaymentState, RefundState};
use crate::areas::payouts::entity::{sharing, sharing_part, sharing_return, transfer};
use crate::areas::payouts::state::{PartResult, ReturnState, TransferState};
use crate::areas::{payments, payouts};

/// What was found, by what it is and either side's number.
#[derive(Default)]
pub(super) struct Known {
    things: HashMap<(Subject, String), Ours>,
    shares: Vec<(sharing::Model, Vec<sharing_part::Model>)>,
}

impl Known {
    /// Finds what `lines` of a bill of the kind may be about.
    pub async fn of(
        conn: &impl ConnectionTrait,
        shop: ShopId,
        kind: BillKind,
        lines: &[line::Model],
    ) -> Result<Self, Failure> {
        let theirs: Vec<String> = lines.iter().filter_map(|line| line.platform_no.clone()).collect();
        let ours: Vec<&str> = lines.iter().filter_map(|line| line.our_no.as_deref()).collect();
        let mut known = Self::default();
        if matches!(kind, BillKind::Trade | BillKind::Basic) {
            let ids: Vec<PaymentId> = ours.iter().filter_map(|no| no.parse().ok()).collect();
            for row in payments::billed::payments(conn, shop, &theirs, &ids).await? {
                known.add(Subject::Payment, row.transaction_id.clone(), of_payment(&row));
            }
            let ids: Vec<RefundId> = ours.iter().filter_map(|no| no.parse().ok()).collect();
            for row in payments::billed::refunds(conn, shop, &theirs, &ids).await? {
                known.add(Subject::Refund, row.platform_refund_id.clone(), of_refund(&row));
            }
        }
        if matches!(kind, BillKind::Operation | BillKind::Basic) {
            let ids: Vec<TransferId> = ours.iter().filter_map(|no| TransferId::from_alphanumeric(no).ok()).collect();
            for row in payouts::billed::transfers(conn, shop, &theirs, &ids).await? {
                known.add(Subject::Transfer, row.platform_bill_no.clone(), of_transfer(&row));
            }
        }
        if matches!(kind, BillKind::Sharing | BillKind::Basic) {
            let ids: Vec<SharingId> = ours.iter().filter_map(|no| no.parse().ok()).collect();
            let (rows, parts) = payouts::billed::sharings(conn, shop, &theirs, &ids).await?;
            let with_parts = |row: sharing::Model| {
                let own = parts.iter().filter(|part| part.sharing_id == row.id).cloned().collect();
                (row, own)
            };
            known.shares = rows.into_iter().map(with_parts).collect();
            let ids: Vec<SharingReturnId> = ours.iter().filter_map(|no| no.parse().ok()).collect();
            for row in payouts::billed::returns(conn, shop, &theirs, &ids).await? {
                known.add(Subject::Return, row.platform_return_id.clone(), of_return(&row));
            }
        }
        Ok(known)
    }

    fn add(&mut self, subject: Subject, theirs: Option<String>, ours: Ours) {
        if let Some(theirs) = theirs {
            self.things.insert((subject, theirs), ours.clone());
        }
        self.things.insert((subject, ours.number.clone()), ours);
    }

    /// The thing a line is about: by the platform's number, else by ours.
    pub fn find(&self, line: &line::Model) -> Option<Ours> {
        if line.subject == Subject::Share {
            return self.part(line);
        }
        let by = |number: &Option<String>| self.things.get(&(line.subject, number.clone()?)).cloned();
        by(&line.platform_no).or_else(|| by(&line.our_no))
    }

    /// Whether a line belongs to a sharing request of ours, whatever part of it.
    pub fn is_shared(&self, line: &line::Model) -> bool {
        self.request(line).is_some()
    }

    /// Whether a line tells that the rest of a payment was unfrozen by a request of ours.
    pub fn is_unfreeze(&self, line: &line::Model) -> bool {
        self.request(line).is_some_and(|(_, parts)| parts.is_empty())
    }

    fn request(&self, line: &line::Model) -> Option<&(sharing::Model, Vec<sharing_part::Model>)> {
        self.shares.iter().find(|(row, _)| {
            let theirs = row.platform_order_id.is_some() && row.platform_order_id == line.platform_no;
            theirs || line.our_no.as_ref().is_some_and(|no| *no == row.id.to_string())
        })
    }

    /// The receiver's part; a bill that names him otherwise is read by what he got, if that tells.
    fn part(&self, line: &line::Model) -> Option<Ours> {
        let (row, parts) = self.request(line)?;
        let named = parts.iter().find(|part| Some(&part.account) == line.receiver.as_ref());
        let mut alike = parts.iter().filter(|part| part.amount_fen == line.amount_fen);
        let only = match (alike.next(), alike.next()) {
            (Some(one), None) => Some(one),
            _ => parts.first().filter(|_| parts.len() == 1),
        };
        named.or(only).map(|part| of_part(row, part))
    }
}

pub(super) fn of_payment(row: &payment::Model) -> Ours {
    let day = beijing_day(row.platform_paid_at.or(row.paid_at).unwrap_or(row.created_at));
    Ours {
        id: row.id.uuid(),
        number: row.id.to_string(),
        amount: row.amount_fen,
        standing: if row.state == PaymentState::Succeeded { Standing::Done } else { Standing::UnderWay },
        first_day: day,
        last_day: day,
    }
}

pub(super) fn of_refund(row: &refund::Model) -> Ours {
    let standing = match row.state {
        RefundState::Succeeded => Standing::Done,
        RefundState::Pending | RefundState::Processing => Standing::UnderWay,
        RefundState::Abnormal | RefundState::Closed | RefundState::Failed => Standing::Undone,
    };
    let (first_day, last_day) = days(row.created_at, row.finished_at);
    Ours { id: row.id.uuid(), number: row.id.to_string(), amount: row.wechat_fen, standing, first_day, last_day }
}

pub(super) fn of_transfer(row: &transfer::Model) -> Ours {
    let standing = match row.state {
        TransferState::Succeeded => Standing::Done,
        TransferState::Failed | TransferState::Cancelled => Standing::Undone,
        TransferState::Created | TransferState::Processing | TransferState::WaitingForUser => Standing::UnderWay,
    };
    let (first_day, last_day) = days(row.created_at, row.finished_at);
    Ours { id: row.id.uuid(), number: row.id.alphanumeric(), amount: row.amount_fen, standing, first_day, last_day }
}

pub(super) fn of_part(row: &sharing::Model, part: &sharing_part::Model) -> Ours {
    let standing = match part.result {
        PartResult::Succeeded => Standing::Done,
        PartResult::Pending => Standing::UnderWay,
        PartResult::Closed => Standing::Undone,
    };
    let (first_day, last_day) = days(row.created_at, row.finished_at);
    let number = format!("{}/{}", row.id, part.account);
    Ours { id: part.id.uuid(), number, amount: part.amount_fen, standing, first_day, last_day }
}

pub(super) fn of_return(row: &sharing_return::Model) -> Ours {
    let standing = match row.state {
        ReturnState::Succeeded => Standing::Done,
        ReturnState::Created | ReturnState::Processing => Standing::UnderWay,
        ReturnState::Failed => Standing::Undone,
    };
    let (first_day, last_day) = days(row.created_at, row.finished_at);
    Ours { id: row.id.uuid(), number: row.id.to_string(), amount: row.amount_fen, standing, first_day, last_day }
}

/// The days on which the platform may have booked what began and ended at these moments.
fn days(began: Time, ended: Option<Time>) -> (NaiveDate, NaiveDate) {
    (beijing_day(began), beijing_day(ended.unwrap_or(began)))
}
