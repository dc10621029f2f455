//! Pictures in complaints: the merchant's are uploaded before an answer names them, the payer's are
//! fetched from the addresses a complaint gives (sheet §1, §9).
//!
//! Names of fields, kinds and sizes are from public SDKs and unconfirmed; they stand in this file alone.

use kernel::Clock;
use kernel::crypto::digest::sha256_hex;
use kernel::crypto::random;
use serde::{Deserialize, Serialize};

use super::bill::target_of;
use super::call::{Form, Outgoing, read, to_json};
use super::error::classify;
use super::{PayError, WechatPay};
use crate::http;

const UPLOAD: &str = "/v3/merchant-service/images/upload";
/// Below it lie all pictures of complaints.
const PICTURES: &str = "/v3/merchant-service/images/";
/// Most bytes of an uploaded picture.
pub const PICTURE_MAX: usize = 2 * 1024 * 1024;
/// Pictures one answer may have.
pub const PICTURES_MAX: usize = 4;
/// Most bytes of a payer's picture.
const FETCH_CAP: usize = 10 * 1024 * 1024;
/// What may be uploaded, by the ending of the file's name.
const KINDS: [(&str, &str); 4] =
    [("jpg", "image/jpeg"), ("jpeg", "image/jpeg"), ("png", "image/png"), ("bmp", "image/bmp")];

/// Addresses of pictures, which come as one group or as several.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Media {
    Groups(Vec<Group>),
    One(Group),
    /// A complaint is worth more than its pictures.
    Other(serde_json::Value),
    #[default]
    None,
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Group {
    media_url: Vec<String>,
}

impl Media {
    /// All of them, in the platform's order.
    pub(super) fn addresses(&self) -> Vec<String> {
        match self {
            Self::Groups(groups) => groups.iter().flat_map(|group| group.media_url.clone()).collect(),
            Self::One(group) => group.media_url.clone(),
            Self::Other(_) | Self::None => Vec::new(),
        }
    }
}

#[derive(Serialize)]
struct Meta<'a> {
    filename: &'a str,
    sha256: &'a str,
}

#[derive(Deserialize)]
struct Uploaded {
    media_id: String,
}

impl WechatPay {
    /// Uploads a picture and gives the number an answer names it by. Each upload makes a new number.
    ///
    /// # Errors
    /// [`PayError::Invalid`] when the platform takes no such picture.
    pub async fn upload_complaint_picture(&self, filename: &str, bytes: &[u8]) -> Result<String, PayError> {
        let ending = filename.rsplit_once('.').map(|(_, ending)| ending);
        let kind = KINDS.iter().find(|(known, _)| ending == Some(*known)).map(|(_, kind)| *kind);
        let kind = kind.ok_or(PayError::Invalid("a picture is JPEG, PNG or BMP"))?;
        // The name stands between quotes in the form's head.
        if !filename.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
            return Err(PayError::Invalid("a picture's name has letters, digits, '.', '_' and '-'"));
        }
        if bytes.is_empty() || bytes.len() > PICTURE_MAX {
            return Err(PayError::Invalid("a picture has 1 byte to 2 MB"));
        }
        let meta = to_json(&Meta { filename, sha256: &sha256_hex(bytes) })?;
        let form = form(&meta, filename, kind, bytes);
        // A second copy of it does no harm.
        let outgoing = Outgoing { form: Some(&form), ..Outgoing::post(UPLOAD, Some(&meta)) };
        let uploaded: Uploaded = read(&self.call(&outgoing).await?)?;
        if uploaded.media_id.is_empty() {
            return Err(PayError::Malformed("an uploaded picture has no media_id".to_owned()));
        }
        Ok(uploaded.media_id)
    }

    /// Fetches a picture of a complaint from the address the complaint gives. Its path is asked of the
    /// configured host, which is the only one a request of ours is sent to; the answer has no signature.
    ///
    /// # Errors
    /// [`PayError::Invalid`] when the address is not that of a picture.
    pub async fn complaint_picture(&self, address: &str) -> Result<Vec<u8>, PayError> {
        let main = &self.shared.hosts.main;
        let target = target_of(address, main).filter(|target| target.starts_with(PICTURES));
        let target = target.ok_or(PayError::Invalid("the address is not that of a complaint's picture"))?;
        let request = self.request(main, &Outgoing::get(&target), Clock::default().wall().timestamp())?;
        let reply = http::send("wechat_pay", &self.shared.http, request, FETCH_CAP).await?;
        if reply.is_success() { Ok(reply.body) } else { Err(classify(&reply, false)) }
    }
}

/// The form of an upload: `meta`, which alone is signed, and the file.
fn form(meta: &[u8], filename: &str, kind: &str, bytes: &[u8]) -> Form {
    let boundary = random::nonce(32);
    let heads = [
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"meta\"\r\nContent-Type: application/json\r\n\r\n"
        ),
        format!(
            "\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n\
             Content-Type: {kind}\r\n\r\n"
        ),
        format!("\r\n--{boundary}--\r\n"),
    ];
    let [first, second, end] = heads.map(String::into_bytes);
    let body = [&first, meta, &second, bytes, &end].concat();
    Form { content_type: format!("multipart/form-data; boundary={boundary}"), body }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_are_read_however_they_are_grouped() {
        let read = |text: &str| serde_json::from_str::<Media>(text).unwrap().addresses();
        assert_eq!(read(r#"[{"media_type": "X", "media_url": ["a", "b"]}, {"media_url": ["c"]}]"#), ["a", "b", "c"]);
        assert_eq!(read(r#"{"media_type": "X", "media_url": ["a"]}"#), ["a"]);
        for nothing in ["null", "[]", "{}", "7", r#"[{"media_url": null}]"#] {
            assert!(read(nothing).is_empty(), "{nothing}");
        }
    }
}
