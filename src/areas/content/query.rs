//! Reading uploads.

use kernel::id::UploadId;
use sea_orm::entity::prelude::*;

use super::entity::upload;
use super::error::UploadError;

/// The upload with this id, of whichever shop: its signed address says that the caller may write it.
pub async fn by_id(conn: &impl ConnectionTrait, id: UploadId) -> Result<Option<upload::Model>, UploadError> {
    Ok(upload::Entity::find_by_id(id).one(conn).await?)
}
