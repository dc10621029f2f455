//! What can go wrong with uploads.

use kernel::{Code, Coded};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// No such upload, or its address is wrong, used or too old: all the same to whoever asks.
    #[error("the upload does not exist, was used or has expired")]
    NotFound,
    /// The file is not what was announced.
    #[error("{0}")]
    Invalid(&'static str),
    /// The file is larger than announced.
    #[error("the file is larger than {0} bytes")]
    TooLarge(usize),
    /// The disk failed.
    #[error("the file could not be kept")]
    Storage(#[from] std::io::Error),
    /// The database failed.
    #[error("upload storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for UploadError {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::UploadNotFound,
            Self::Invalid(_) => Code::UploadInvalid,
            Self::TooLarge(_) => Code::BodyTooLarge,
            Self::Storage(_) | Self::Db(_) => Code::Internal,
        }
    }
}
