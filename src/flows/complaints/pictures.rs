//! Pictures in complaints. The shop's are uploads of ours, given to WeChat before the answer that names
//! them; the payer's lie at WeChat and are fetched for whoever looks at them, never kept.

use gateways::pay::wechat_pay::{PICTURE_MAX, PayError, WechatPay};
use kernel::crypto::digest::sha256_hex;
use kernel::id::{ComplaintId, UploadId};
use kernel::{Code, Coded, Failure};

use crate::app::App;
use crate::areas::complaints::entity::action;
use crate::areas::complaints::{actions, query};
use crate::areas::content::pictures::PictureKind;
use crate::areas::content::state::UploadState;
use crate::areas::content::{UploadError, query as uploads_query};
use crate::areas::shops::query::Shop;
use crate::flows::{complaints, uploads};

/// Why a picture of a complaint cannot be shown.
#[derive(Debug, thiserror::Error)]
enum PictureError {
    #[error("the complaint has no such picture")]
    NotFound,
    #[error("WeChat does not give the picture: {0}")]
    Unavailable(PayError),
}

impl Coded for PictureError {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::UploadNotFound,
            Self::Unavailable(_) => Code::PaymentUnavailable,
        }
    }
}

/// The files of uploads that operators have made for an answer, in order.
///
/// # Errors
/// `upload.not_found` where one of them is not there, `upload.invalid` where WeChat would not take it.
pub(super) async fn chosen(app: &App, shop: &Shop, uploads: &[UploadId]) -> Result<Vec<String>, Failure> {
    let mut names = Vec::with_capacity(uploads.len());
    for id in uploads {
        let row = uploads_query::by_id(app.db.reader(), *id).await?;
        let ours = row.filter(|row| row.shop_id == shop.id && row.member_id.is_none());
        let stored = ours.filter(|row| row.state == UploadState::Stored);
        let name = stored.and_then(|row| row.path).ok_or(UploadError::NotFound)?;
        let (kind, bytes) = uploads::picture(app, &name).await?;
        if kind == PictureKind::Webp || bytes.len() > PICTURE_MAX {
            return Err(UploadError::Invalid("in a complaint a picture is JPEG or PNG of at most 2 MB").into());
        }
        names.push(name);
    }
    Ok(names)
}

/// WeChat's numbers of an answer's pictures. Each is uploaded once and kept before the next, so that an
/// answer that is sent again uploads nothing again.
pub(super) async fn at_wechat(
    app: &App,
    pay: &WechatPay,
    row: &action::Model,
) -> Result<Result<Vec<String>, PayError>, Failure> {
    let (names, mut known) = (row.picture_names(), row.media());
    for name in names.iter().skip(known.len()) {
        let bytes = match uploads::picture(app, name).await {
            Ok((_, bytes)) => bytes,
            Err(failure) if failure.code() == Code::UploadNotFound => {
                return Ok(Err(PayError::Invalid("a picture of the answer is no longer there")));
            }
            Err(failure) => return Err(failure),
        };
        let media_id = match pay.upload_complaint_picture(name, &bytes).await {
            Ok(media_id) => media_id,
            Err(error) => return Ok(Err(error)),
        };
        let before = known.clone();
        known.push(media_id);
        if !app.db.write(async |tx| Ok(actions::uploaded(tx, row, &before, &known).await?)).await? {
            return Ok(Err(PayError::Unknown("somebody else is sending this answer".to_owned())));
        }
    }
    Ok(Ok(known))
}

/// What a picture of WeChat's is called in our addresses. Its own address may be signed anew each time
/// it is told, in the query.
pub fn key_of(address: &str) -> String {
    let path = address.split('?').next().unwrap_or_default();
    sha256_hex(path.as_bytes()).chars().take(32).collect()
}

/// A picture of a complaint, of the payer's filing or of the history.
///
/// # Errors
/// `complaint.not_found`, `upload.not_found`, `upload.invalid` where it is no picture,
/// `payment.unavailable` where WeChat does not give it.
#[tracing::instrument(skip_all, fields(complaint = %id))]
pub async fn shown(app: &App, shop: &Shop, id: ComplaintId, key: &str) -> Result<(PictureKind, Vec<u8>), Failure> {
    let complaint = query::by_id(app.db.reader(), shop.id, id).await?;
    let wanted = |address: &String| key_of(address) == key;
    let mut address = complaint.picture_addresses().into_iter().find(wanted);
    if address.is_none() {
        let said = complaints::history(app, shop, &complaint).await.unwrap_or_default();
        address = said.iter().flat_map(|entry| entry.pictures()).find(wanted);
    }
    let address = address.ok_or(PictureError::NotFound)?;
    let clients = app.clients.of(shop);
    let fetched = clients.pay()?.complaint_picture(&address).await;
    let bytes = fetched.map_err(|error| match error {
        PayError::NotFound(_) => PictureError::NotFound,
        error => PictureError::Unavailable(error),
    })?;
    let kind = PictureKind::of_bytes(&bytes);
    Ok((kind.ok_or(UploadError::Invalid("WeChat's file is no picture that can be shown"))?, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_name_when_its_address_is_signed_anew() {
        let key = key_of("https://a.example/v3/merchant-service/images/x%3D?sig=1");
        assert_eq!(key, key_of("https://a.example/v3/merchant-service/images/x%3D?sig=2"));
        assert_ne!(key, key_of("https://a.example/v3/merchant-service/images/y%3D"));
        assert_eq!(key.len(), 32);
    }
}
