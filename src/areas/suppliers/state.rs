//! What a supplier is: whether it sells, on which terms, and how it is paid.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Whether a supplier's goods are sold.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum SupplierState {
    /// They are.
    Enabled,
    /// They are not, and nothing is paid out; orders made before go on.
    Frozen,
}

/// What a supplier gets for a line.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Terms {
    /// What is left of the line after the shop's fee and the commissions.
    ServiceFee,
    /// A price a unit, kept with the SKU.
    SettlementPrice,
}

/// How a supplier is paid.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Payout {
    /// Its part of each order is shared to its receiver, as far as the platform's ratio goes; the rest is
    /// paid by its statements.
    Sharing,
    /// Somebody pays a statement and shows the proof.
    Manual,
    /// A statement is paid by merchant transfer to a member it names, who confirms it in the mini-program.
    Transfer,
}

/// How one statement is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentWay {
    /// By merchant transfer to the supplier's payee.
    Transfer,
    /// Outside WeChat, with proof.
    Manual,
}

/// Where a supplier's part of a line stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// Created at payment, not final.
    Pending,
    /// The after-sale window ended.
    Released,
    /// All of it went back with a refund before that.
    Reversed,
}

/// What changes what a supplier has available.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// A line's after-sale window ended.
    Released,
    /// A refund after that.
    Reversed,
    /// What of a refund the supplier's merchant is asked to give back of its share.
    TakenBack,
    /// What a share that did not come back left owing, made good by a release.
    MadeGood,
    /// Shared to the supplier's account.
    Shared,
    /// It lies at the supplier's own merchant and is paid by nobody: WeChat settles it. Above zero what a
    /// refund took from there.
    Collected,
    /// Its own merchant paid for others: a refund took there what leaders or the shop had been given of the
    /// order, and the shop owes it.
    Advanced,
    /// A statement is being paid.
    Paying,
    /// A statement's payment failed.
    Unpaid,
}

/// Where a statement stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum StatementState {
    /// Made, and not looked at.
    Draft,
    /// The supplier, or an operator for it, found it right.
    Confirmed,
    /// Its money is set aside and on its way.
    Paying,
    /// The supplier has it; nothing is owed of one without an amount due.
    Paid,
    /// The payment failed and the money is the supplier's again; it may be paid anew.
    Failed,
}

/// What happens to a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum StatementEvent {
    /// Found right.
    Confirmed,
    /// Money was set aside for it.
    PaymentStarted,
    /// The money arrived.
    PaymentArrived,
    /// The money did not.
    PaymentFailed,
}

impl StatementState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: StatementEvent) -> Option<StatementState> {
        use StatementEvent as E;
        use StatementState as S;
        Some(match (self, event) {
            (S::Draft, E::Confirmed) => S::Confirmed,
            (S::Confirmed | S::Failed, E::PaymentStarted) => S::Paying,
            (S::Paying, E::PaymentArrived) => S::Paid,
            (S::Paying, E::PaymentFailed) => S::Failed,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        self == Self::Paid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn a_paid_statement_stays_paid_and_others_can_go_on() {
        let mut arrows = 0;
        for state in StatementState::iter() {
            let ways = StatementEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        assert_eq!(arrows, 5);
    }
}
