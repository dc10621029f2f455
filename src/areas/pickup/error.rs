//! What can go wrong at pickup points.

use kernel::{Code, Coded};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum PickupError {
    /// No such point.
    #[error("the pickup point does not exist")]
    PointNotFound,
    /// The point takes no orders now.
    #[error("the pickup point takes no orders now")]
    PointClosed,
    /// The database failed.
    #[error("pickup storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for PickupError {
    fn code(&self) -> Code {
        match self {
            PickupError::PointNotFound => Code::PickupPointNotFound,
            PickupError::PointClosed => Code::PickupPointClosed,
            PickupError::Db(_) => Code::Internal,
        }
    }
}
