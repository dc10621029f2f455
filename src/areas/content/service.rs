//! Writing uploads.

use kernel::Time;
use kernel::id::{MemberId, ShopId, UploadId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use super::entity::upload;
use super::error::UploadError;
use super::files::FileKind;
use super::state::{UploadEvent, UploadState};

/// Announces a file of at most `size` bytes, under a new name.
pub async fn announce(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: Option<MemberId>,
    purpose: &str,
    kind: FileKind,
    size: i64,
    now: Time,
) -> Result<upload::Model, UploadError> {
    let row = upload::ActiveModel {
        id: Set(UploadId::new()),
        shop_id: Set(shop),
        member_id: Set(member),
        purpose: Set(purpose.to_owned()),
        content_type: Set(kind.content_type().to_owned()),
        size: Set(size),
        state: Set(UploadState::Waiting),
        path: Set(Some(kind.new_name())),
        created_at: Set(now),
    };
    Ok(upload::Entity::insert(row).exec_with_returning(conn).await?)
}

/// Notes pictures that are stored already: name, kind and bytes of each.
pub async fn keep_all(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    purpose: &str,
    files: &[(String, FileKind, i64)],
    now: Time,
) -> Result<(), UploadError> {
    let row = |(name, kind, size): &(String, FileKind, i64)| upload::ActiveModel {
        id: Set(UploadId::new()),
        shop_id: Set(shop),
        member_id: Set(None),
        purpose: Set(purpose.to_owned()),
        content_type: Set(kind.content_type().to_owned()),
        size: Set(*size),
        state: Set(UploadState::Stored),
        path: Set(Some(name.clone())),
        created_at: Set(now),
    };
    if !files.is_empty() {
        upload::Entity::insert_many(files.iter().map(row)).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// Moves an upload on by `event`; of two callers one wins.
///
/// # Errors
/// [`UploadError::NotFound`] for the other, and when it cannot happen.
pub async fn advance(
    conn: &impl ConnectionTrait,
    row: &upload::Model,
    event: UploadEvent,
) -> Result<upload::Model, UploadError> {
    let next = row.state.after(event).ok_or(UploadError::NotFound)?;
    let changed = upload::Entity::update_many()
        .col_expr(upload::Column::State, Expr::value(next))
        .filter(upload::Column::Id.eq(row.id))
        .filter(upload::Column::State.eq(row.state))
        .exec(conn)
        .await?;
    if changed.rows_affected == 0 {
        return Err(UploadError::NotFound);
    }
    Ok(upload::Model { state: next, ..row.clone() })
}
