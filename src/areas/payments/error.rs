//! What can go wrong with payments and refunds.

use kernel::id::{PaymentId, RefundId};
use kernel::words::wire;
use kernel::{Code, Coded};
use serde_json::json;

use super::state::{PaymentState, RefundState};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// The payment is not in a state that allows it; a lost race answers the same.
    #[error("payment {payment} is {}", wire(.state))]
    WrongState {
        /// The payment.
        payment: PaymentId,
        /// Where it stands.
        state: PaymentState,
    },
    /// The refund is not in a state that allows it.
    #[error("refund {refund} is {}", wire(.state))]
    RefundWrongState {
        /// The refund.
        refund: RefundId,
        /// Where it stands.
        state: RefundState,
    },
    /// No such refund.
    #[error("refund {0} does not exist")]
    RefundNotFound(RefundId),
    /// An amount left the range.
    #[error(transparent)]
    Money(#[from] kernel::MoneyError),
    /// The database failed.
    #[error("payment storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for PaymentError {
    fn code(&self) -> Code {
        match self {
            PaymentError::WrongState { .. } => Code::PaymentClosing,
            PaymentError::RefundWrongState { .. } => Code::OrderWrongState,
            PaymentError::RefundNotFound(_) => Code::RefundNotFound,
            PaymentError::Money(_) => Code::AmountOutOfRange,
            PaymentError::Db(_) => Code::Internal,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            PaymentError::WrongState { state, .. } => Some(json!({ "status": state })),
            PaymentError::RefundWrongState { state, .. } => Some(json!({ "status": state })),
            _ => None,
        }
    }
}
