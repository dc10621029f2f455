//! Pictures and proofs on their way in: announced by a caller we know, received at a signed address, once.
//!
//! The bytes are checked by their beginning and size and stored as they came; they are served as what
//! was announced alone. Re-encoding and content checks are not done here.

use std::path::PathBuf;

use chrono::{DateTime, Duration};
use kernel::crypto::random;
use kernel::id::{MemberId, UploadId};
use kernel::{Failure, Time};
use tokio::io::AsyncWriteExt;

use crate::app::App;
use crate::areas::content::entity::upload;
use crate::areas::content::files::FileKind;
use crate::areas::content::pictures::PictureKind;
use crate::areas::content::state::{UploadEvent, UploadState};
use crate::areas::content::{UploadError, query, service};
use crate::areas::shops::query::Shop;
use crate::platform::request_keys::Once;

/// How long an upload's address is good, wall time.
const LIFE: Duration = Duration::minutes(10);
const PURPOSE: &str = "upload-address";

/// An announced upload.
#[derive(Clone, Debug)]
pub struct Announced {
    /// The upload.
    pub id: UploadId,
    /// Where the file goes.
    pub upload_url: String,
    /// Until when, wall time.
    pub expires_at: Time,
    /// Where the file will be.
    pub url: String,
}

/// Announces a file; `member` is `None` for an operator's.
pub async fn announce(
    app: &App,
    shop: &Shop,
    member: Option<MemberId>,
    purpose: &str,
    kind: FileKind,
    size: i64,
    once: &Once<Announced>,
) -> Result<Announced, Failure> {
    let wall = app.clock.wall();
    app.db
        .write(async |tx| {
            let row = service::announce(tx, shop.id, member, purpose, kind, size, wall).await?;
            let announced = addressed(app, row, wall);
            once.keep(tx, &announced, wall).await?;
            Ok(announced)
        })
        .await
}

/// Where the file goes and will be.
fn addressed(app: &App, row: upload::Model, wall: Time) -> Announced {
    let expires = (wall + LIFE).timestamp();
    let signature = hex::encode(app.sealer.keyed_hash(PURPOSE, &signed_text(row.id, expires)));
    let base = &app.config.server.public_url;
    Announced {
        id: row.id,
        upload_url: format!("{base}/api/v1/uploads/{}/file?expires={expires}&sig={signature}", row.id),
        expires_at: DateTime::from_timestamp(expires, 0).unwrap_or(wall),
        url: format!("{base}/files/{}", row.path.unwrap_or_default()),
    }
}

fn signed_text(id: UploadId, expires: i64) -> Vec<u8> {
    format!("{id}.{expires}").into_bytes()
}

/// The upload that a signed address names, if the address is good and still unused.
///
/// # Errors
/// [`UploadError::NotFound`] for every reason alike.
pub async fn at_address(app: &App, id: UploadId, expires: i64, signature: &str) -> Result<upload::Model, Failure> {
    let signature = hex::decode(signature).map_err(|_| UploadError::NotFound)?;
    let ours = app.sealer.is_keyed_hash(PURPOSE, &signed_text(id, expires), &signature);
    if !ours || expires <= app.clock.wall().timestamp() {
        return Err(UploadError::NotFound.into());
    }
    let row = query::by_id(app.db.reader(), id).await?.ok_or(UploadError::NotFound)?;
    if row.state == UploadState::Waiting { Ok(row) } else { Err(UploadError::NotFound.into()) }
}

/// Takes an announced upload's file and returns where it is.
///
/// # Errors
/// [`UploadError::Invalid`] when it is no such file, [`UploadError::TooLarge`]; it may then be
/// sent again. [`UploadError::NotFound`] when it came before.
#[tracing::instrument(skip_all, fields(upload = %row.id))]
pub async fn receive(app: &App, row: &upload::Model, bytes: &[u8]) -> Result<String, Failure> {
    let kind = FileKind::of_content_type(&row.content_type).ok_or(UploadError::NotFound)?;
    let most = usize::try_from(row.size).unwrap_or_default();
    if bytes.len() > most {
        return Err(UploadError::TooLarge(most).into());
    }
    if !kind.begins(bytes) {
        return Err(UploadError::Invalid("the file is not of the announced type").into());
    }
    let name = row.path.as_deref().ok_or(UploadError::NotFound)?;
    let claimed = app.db.write(async |tx| Ok(service::advance(tx, row, UploadEvent::Claimed).await?)).await?;
    let written = write(app, name, bytes).await;
    let event = if written.is_ok() { UploadEvent::Written } else { UploadEvent::Failed };
    app.db.write(async |tx| Ok(service::advance(tx, &claimed, event).await?)).await?;
    written?;
    Ok(format!("{}/files/{name}", app.config.server.public_url))
}

/// Keeps a picture that we have fetched ourselves and tells its new name; the caller notes it.
///
/// # Errors
/// [`UploadError::Storage`].
pub(super) async fn keep(app: &App, kind: FileKind, bytes: &[u8]) -> Result<String, UploadError> {
    let name = kind.new_name();
    write(app, &name, bytes).await?;
    Ok(name)
}

/// Writes the file whole or not at all: a reader never sees half of it.
async fn write(app: &App, name: &str, bytes: &[u8]) -> Result<(), UploadError> {
    let path = path_of(app, name).ok_or(UploadError::NotFound)?;
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    let half = path.with_extension(random::nonce(8));
    let mut file = tokio::fs::File::create_new(&half).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    Ok(tokio::fs::rename(half, path).await?)
}

/// Where the file with this name lies; `None` unless the name is one of ours, so that no name leads
/// out of the folder.
fn path_of(app: &App, name: &str) -> Option<PathBuf> {
    FileKind::of_name(name)?;
    // Sub-folders keep a folder's list short after years.
    Some(PathBuf::from(&app.config.storage.folder).join(name.get(..2)?).join(name))
}

/// The picture with this name and its kind.
///
/// # Errors
/// [`UploadError::NotFound`].
pub async fn picture(app: &App, name: &str) -> Result<(PictureKind, Vec<u8>), Failure> {
    let kind = FileKind::of_name(name).and_then(FileKind::picture).ok_or(UploadError::NotFound)?;
    Ok((kind, file(app, name).await?.1))
}

/// The file with this name and its kind.
///
/// # Errors
/// [`UploadError::NotFound`].
pub async fn file(app: &App, name: &str) -> Result<(FileKind, Vec<u8>), Failure> {
    let kind = FileKind::of_name(name).ok_or(UploadError::NotFound)?;
    let path = path_of(app, name).ok_or(UploadError::NotFound)?;
    match tokio::fs::read(path).await {
        Ok(bytes) => Ok((kind, bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(UploadError::NotFound.into()),
        Err(error) => Err(UploadError::Storage(error).into()),
    }
}
