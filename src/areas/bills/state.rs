//! The words of bills, and how a run moves.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Which bill.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum BillKind {
    /// Payments and refunds.
    Trade,
    /// What moved on the account where payments arrive.
    Basic,
    /// What moved on the account transfers are paid from.
    Operation,
    /// Shares, and what came back of them.
    Sharing,
}

/// How far a run is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// The bill is to be asked for.
    Waiting,
    /// Its lines are stored and being judged.
    Read,
    /// Every line is judged; what is only ours is to be looked for.
    Judged,
    /// Nothing is left to do.
    Done,
}

/// What happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum RunEvent {
    /// The bill's lines were stored.
    Stored,
    /// The last line was judged.
    AllJudged,
    /// What is only ours was found.
    Closed,
    /// The same day is to be reconciled once more.
    Repeated,
}

impl RunState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: RunEvent) -> Option<RunState> {
        use RunEvent as E;
        use RunState as S;
        Some(match (self, event) {
            (S::Waiting, E::Stored) => S::Read,
            (S::Read, E::AllJudged) => S::Judged,
            (S::Judged, E::Closed) => S::Done,
            (S::Done, E::Repeated) => S::Waiting,
            _ => return None,
        })
    }
}

/// What a line or a case is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A payment.
    Payment,
    /// A refund.
    Refund,
    /// A transfer to a person.
    Transfer,
    /// One receiver's part of a payment.
    Share,
    /// A receiver's part that came back.
    Return,
    /// Anything else: fees beside their payment, money the merchant moved itself.
    Other,
}

/// Where the platform says a thing stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The money moved.
    Done,
    /// Not decided, or not told.
    UnderWay,
    /// The money did not move, or came back.
    Undone,
}

/// What became of a line.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LineVerdict {
    /// Not looked at yet.
    Unjudged,
    /// It is as ours.
    Matched,
    /// There is a case about it.
    Differs,
    /// It is about nothing that is held against ours.
    Noted,
}

/// On which side a difference stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum CaseClass {
    /// The bill does not have it.
    OnlyOurs,
    /// We do not have it.
    OnlyTheirs,
    /// Both have it, and not alike.
    Differs,
}

/// Why, as far as it can be told.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum CaseCause {
    /// The platform did it and we had not heard: it has been asked since.
    MissingNotification,
    /// A payment under a number that is none of ours.
    UnknownOrder,
    /// A refund we did not ask for.
    UnknownRefund,
    /// A transfer we did not ask for.
    UnknownTransfer,
    /// A share we did not ask for.
    UnknownShare,
    /// Another amount.
    Amount,
    /// Another fee than the shop's rate gives.
    Fee,
    /// The refund stands on another day than ours.
    RefundTiming,
    /// It stands otherwise there than here.
    PaymentState,
    /// It stands otherwise there than here.
    RefundState,
    /// It stands otherwise there than here.
    TransferState,
    /// It stands otherwise there than here.
    SharingState,
    /// The bill of its day does not have it, nor those beside it.
    NotInBill,
}

/// Where a case stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Somebody has to look.
    Open,
    /// It is settled: by a later bill, or by an operator with a note.
    Resolved,
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn a_run_goes_round_in_four_steps() {
        let arrows: usize =
            RunState::iter().map(|state| RunEvent::iter().filter(|event| state.after(*event).is_some()).count()).sum();
        assert_eq!(arrows, 4);
        let round = [RunEvent::Stored, RunEvent::AllJudged, RunEvent::Closed, RunEvent::Repeated];
        let end = round.into_iter().try_fold(RunState::Waiting, RunState::after);
        assert_eq!(end, Some(RunState::Waiting));
    }
}
