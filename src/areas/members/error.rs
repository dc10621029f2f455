//! What can go wrong with members.

use kernel::{Code, Coded};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// The token was not made by us, or was changed.
    #[error("the token is not one of ours")]
    TokenInvalid,
    /// The token's time is over.
    #[error("the token has expired")]
    TokenExpired,
    /// A refresh token came a second time, long after its first.
    #[error("the refresh token was used before; the session has been ended")]
    TokenReused,
    /// The member may not act.
    #[error("the member is banned")]
    Banned,
    /// No such member of this shop.
    #[error("the member does not exist")]
    NotFound,
    /// No such address in the member's book.
    #[error("the address book has no such entry")]
    AddressNotFound,
    /// The address book is full.
    #[error("an address book holds at most {0} entries")]
    AddressTooMany(u64),
    /// Sealing failed.
    #[error("a sealed value of a member failed")]
    Seal(#[from] crate::platform::seal::SealError),
    /// The database failed.
    #[error("member storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for MemberError {
    fn code(&self) -> Code {
        match self {
            MemberError::TokenInvalid | MemberError::TokenReused => Code::AuthInvalid,
            MemberError::TokenExpired => Code::AuthExpired,
            MemberError::NotFound => Code::NotFound,
            MemberError::Banned => Code::MemberBanned,
            MemberError::AddressNotFound => Code::AddressNotFound,
            MemberError::AddressTooMany(_) => Code::AddressTooMany,
            MemberError::Seal(_) | MemberError::Db(_) => Code::Internal,
        }
    }
}
