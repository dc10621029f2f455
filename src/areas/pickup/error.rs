//! What can go wrong at pickup points.

use kernel::{Code, Coded};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum PickupError {
    /// No such point.
    #[error("the pickup point does not exist")]
    PointNotFound,
    /// The point is switched off, or its leader is frozen or resting.
    #[error("the pickup point takes no orders now")]
    PointClosed,
    /// No such verifier of this leader.
    #[error("the verifier does not exist")]
    VerifierNotFound,
    /// The member redeems for this leader or another already.
    #[error("the member is a verifier already")]
    VerifierExists,
    /// The database failed.
    #[error("pickup storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for PickupError {
    fn code(&self) -> Code {
        match self {
            PickupError::PointNotFound => Code::PickupPointNotFound,
            PickupError::PointClosed => Code::PickupPointClosed,
            PickupError::VerifierNotFound => Code::VerifierNotFound,
            PickupError::VerifierExists => Code::VerifierExists,
            PickupError::Db(_) => Code::Internal,
        }
    }
}
