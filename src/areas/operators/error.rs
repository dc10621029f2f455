//! What can go wrong with operators.

use kernel::words::wire;
use kernel::{Code, Coded};

use super::passwords::FREE_ATTEMPTS;
use super::role::Permission;

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// Unknown user, wrong password, missing or wrong one-time code, or disabled: never says which.
    #[error("the user name, the password or the one-time code is wrong")]
    BadCredentials,
    /// Too many wrong attempts for this user name.
    #[error("too many wrong attempts; try again in {0} seconds")]
    TooManyAttempts(u64),
    /// No session, or one that has ended.
    #[error("the console session is missing or has ended")]
    NoSession,
    /// The header that proves the request came from the console's own page is missing or wrong.
    #[error("the X-CSRF-Token header does not belong to this session")]
    Csrf,
    /// The role does not allow it.
    #[error("this needs the permission {}", wire(.0))]
    Forbidden(Permission),
    /// A supplier's operator sees what is its supplier's alone.
    #[error("this is not for suppliers")]
    NotForSuppliers,
    /// What was given is not valid.
    #[error(transparent)]
    Invalid(#[from] kernel::failure::Invalid),
    /// No such operator.
    #[error("the operator does not exist")]
    NotFound,
    /// User names are unique in the installation.
    #[error("the user name is taken")]
    NameTaken,
    /// The shop would be left without an owner who can sign in.
    #[error("a shop keeps at least one owner")]
    LastOwner,
    /// Hashing failed.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    /// Sealing failed.
    #[error("a sealed value of an operator failed")]
    Seal(#[from] crate::platform::seal::SealError),
    /// The database failed.
    #[error("operator storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for OperatorError {
    fn code(&self) -> Code {
        match self {
            OperatorError::BadCredentials => Code::AuthBadCredentials,
            OperatorError::TooManyAttempts(_) => Code::RateLimited,
            OperatorError::NoSession => Code::AuthRequired,
            OperatorError::Csrf => Code::AuthCsrf,
            OperatorError::Forbidden(_) | OperatorError::NotForSuppliers => Code::AuthForbidden,
            OperatorError::Invalid(_) => Code::ValidationFailed,
            OperatorError::NotFound => Code::NotFound,
            OperatorError::NameTaken => Code::NameTaken,
            OperatorError::LastOwner => Code::OperatorLastOwner,
            OperatorError::Hash(_) | OperatorError::Seal(_) | OperatorError::Db(_) => Code::Internal,
        }
    }

    fn fields(&self) -> Vec<kernel::FieldFault> {
        match self {
            OperatorError::Invalid(invalid) => invalid.fields(),
            _ => Vec::new(),
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            OperatorError::TooManyAttempts(wait_s) => {
                Some(serde_json::json!({ "limit": FREE_ATTEMPTS, "retry_after_s": wait_s }))
            }
            _ => None,
        }
    }
}
