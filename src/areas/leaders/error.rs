//! What can go wrong with leaders.

use kernel::{Code, Coded};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum LeaderError {
    /// No such leader.
    #[error("the leader does not exist")]
    NotFound,
    /// The leader is frozen.
    #[error("the leader is frozen")]
    Frozen,
    /// An application waits already.
    #[error("an application of this member is already waiting")]
    ApplicationPending,
    /// No such application.
    #[error("the application does not exist")]
    ApplicationNotFound,
    /// The application was decided before.
    #[error("the application was already decided: {0:?}")]
    ApplicationDecided(super::state::ApplicationState),
    /// Sealing failed.
    #[error("a sealed value of a leader failed")]
    Seal(#[from] crate::platform::seal::SealError),
    /// The database failed.
    #[error("leader storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for LeaderError {
    fn code(&self) -> Code {
        match self {
            LeaderError::NotFound => Code::LeaderNotFound,
            LeaderError::Frozen => Code::LeaderFrozen,
            LeaderError::ApplicationPending => Code::ApplicationPending,
            LeaderError::ApplicationNotFound => Code::ApplicationNotFound,
            LeaderError::ApplicationDecided(_) => Code::ApplicationDecided,
            LeaderError::Seal(_) | LeaderError::Db(_) => Code::Internal,
        }
    }
}
