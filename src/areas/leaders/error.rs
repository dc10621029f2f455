//! What can go wrong with leaders.

use kernel::words::wire;
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
    #[error("the application was already decided: {}", wire(.0))]
    ApplicationDecided(super::state::ApplicationState),
    /// The member is a leader already.
    #[error("the member is a leader already")]
    AlreadyLeader,
    /// Who recommends must be an enabled leader of the shop.
    #[error("the recommender is not a leader of this shop")]
    NoRecommender,
    /// Recommendations never run in a circle.
    #[error("the recommender was himself recommended by this leader")]
    RecommendationCycle,
    /// No such level.
    #[error("the leader level does not exist")]
    LevelNotFound,
    /// Ranks are unique in a shop.
    #[error("another level has this rank")]
    RankTaken,
    /// What is stored cannot be read.
    #[error("a stored document of a leader cannot be read: {0}")]
    Unreadable(String),
    /// A receiver cannot be stored or read.
    #[error("the receiver of a leader failed")]
    Receiver(#[from] crate::platform::receiver::ReceiverError),
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
            LeaderError::NotFound | LeaderError::NoRecommender => Code::LeaderNotFound,
            LeaderError::Frozen => Code::LeaderFrozen,
            LeaderError::ApplicationPending => Code::ApplicationPending,
            LeaderError::ApplicationNotFound => Code::ApplicationNotFound,
            LeaderError::ApplicationDecided(_) | LeaderError::AlreadyLeader => Code::ApplicationDecided,
            LeaderError::RecommendationCycle => Code::LeaderCycle,
            LeaderError::LevelNotFound => Code::NotFound,
            LeaderError::RankTaken => Code::NameTaken,
            LeaderError::Unreadable(_) | LeaderError::Receiver(_) | LeaderError::Seal(_) | LeaderError::Db(_) => {
                Code::Internal
            }
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            LeaderError::ApplicationDecided(state) => Some(serde_json::json!({ "state": state })),
            _ => None,
        }
    }
}
