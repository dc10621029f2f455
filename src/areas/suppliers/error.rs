//! What can go wrong with suppliers.

use kernel::failure::Invalid;
use kernel::id::{SupplierId, SupplierPartId, SupplierStatementId};
use kernel::words::wire;
use kernel::{Code, Coded, FieldFault};

use super::payee::TransferRefusal;
use super::state::{PaymentWay, StatementState};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum SupplierError {
    /// No supplier of this shop has the id.
    #[error("the supplier does not exist")]
    NotFound(SupplierId),
    /// The supplier sells nothing now.
    #[error("the supplier is frozen")]
    Frozen(SupplierId),
    /// Another supplier of the shop has the name.
    #[error("another supplier has this name")]
    NameTaken,
    /// No statement of this shop has the id.
    #[error("the statement does not exist")]
    StatementNotFound(SupplierStatementId),
    /// The statement's state does not allow it, or another was faster.
    #[error("the statement is {}", wire(.0))]
    StatementState(StatementState),
    /// A transfer pays it: the platform alone says how that ends.
    #[error("the statement is being paid by transfer")]
    BeingTransferred,
    /// It cannot be paid by transfer.
    #[error("the statement cannot be paid by transfer: {0}")]
    TransferRefused(#[from] TransferRefusal),
    /// Nothing moved since the last statement.
    #[error("nothing moved since the last statement")]
    NothingToState,
    /// Nothing is due, or refunds since have taken it.
    #[error("nothing is left to be paid")]
    NothingToPay,
    /// Another transaction changed the part between our look and our write.
    #[error("supplier part {0} was changed by another transaction")]
    Changed(SupplierPartId),
    /// The rule stored on an order line cannot be read.
    #[error("the supplier rule of an order line cannot be read: {0}")]
    Rule(serde_json::Error),
    /// An amount left the range.
    #[error(transparent)]
    Money(#[from] kernel::MoneyError),
    /// What was given is not valid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Its receiver cannot be stored or read.
    #[error("the receiver of a supplier failed")]
    Receiver(#[from] crate::platform::receiver::ReceiverError),
    /// Sealing failed.
    #[error("a sealed value of a supplier failed")]
    Seal(#[from] crate::platform::seal::SealError),
    /// The database failed.
    #[error("supplier storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for SupplierError {
    fn code(&self) -> Code {
        match self {
            Self::NotFound(_) => Code::SupplierNotFound,
            Self::Frozen(_) => Code::SupplierFrozen,
            Self::NameTaken => Code::NameTaken,
            Self::Invalid(_) => Code::ValidationFailed,
            Self::StatementNotFound(_) => Code::SupplierStatementNotFound,
            Self::StatementState(_) | Self::BeingTransferred => Code::SupplierStatementWrongState,
            Self::TransferRefused(_) => Code::SupplierStatementNotTransferable,
            Self::NothingToState => Code::SupplierStatementEmpty,
            Self::NothingToPay => Code::FundsNotEnough,
            Self::Changed(_) => Code::Busy,
            Self::Money(_) => Code::AmountOutOfRange,
            Self::Rule(_) | Self::Receiver(_) | Self::Seal(_) | Self::Db(_) => Code::Internal,
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Invalid(invalid) => invalid.fields(),
            _ => Vec::new(),
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            Self::StatementState(state) => Some(serde_json::json!({ "state": state })),
            Self::BeingTransferred => {
                Some(serde_json::json!({ "state": StatementState::Paying, "way": PaymentWay::Transfer }))
            }
            Self::TransferRefused(refusal) => Some(refusal.extra()),
            _ => None,
        }
    }
}
