//! What can go wrong with recharges.

use kernel::id::{RechargeId, RechargePlanId};
use kernel::words::wire;
use kernel::{Code, Coded};
use serde_json::json;

use super::state::RechargeState;

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum RechargeError {
    /// No such recharge, or another member's.
    #[error("recharge {0} does not exist")]
    NotFound(RechargeId),
    /// No such plan.
    #[error("recharge plan {0} does not exist")]
    PlanNotFound(RechargePlanId),
    /// Neither a plan that is on nor an amount the shop lets members choose.
    #[error("this recharge is not offered")]
    NotOffered,
    /// The recharge is not in a state that allows it; a lost race answers the same.
    #[error("recharge {recharge} is {}", wire(.state))]
    WrongState {
        /// The recharge.
        recharge: RechargeId,
        /// Where it stands.
        state: RechargeState,
    },
    /// More than is left of its principal.
    #[error("more than is left of the recharge")]
    TooMuch,
    /// An amount left the range.
    #[error(transparent)]
    Money(#[from] kernel::MoneyError),
    /// The database failed.
    #[error("recharge storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for RechargeError {
    fn code(&self) -> Code {
        match self {
            RechargeError::NotFound(_) => Code::RechargeNotFound,
            RechargeError::PlanNotFound(_) => Code::RechargePlanNotFound,
            RechargeError::NotOffered => Code::RechargeNotOffered,
            RechargeError::WrongState { .. } => Code::RechargeWrongState,
            RechargeError::TooMuch => Code::RefundTooMuch,
            RechargeError::Money(_) => Code::AmountOutOfRange,
            RechargeError::Db(_) => Code::Internal,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            RechargeError::WrongState { state, .. } => Some(json!({ "status": state })),
            _ => None,
        }
    }
}
