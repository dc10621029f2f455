//! Pictures in complaints (图片上传): taken as a form whose `meta` alone is signed, kept, and given to
//! whoever may see them.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::web::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Call;
use super::answer::{Answer, Refusal, Reply};
use crate::crypto;
use crate::state::SandboxState;

/// Where pictures are uploaded to.
pub(super) const UPLOAD: &str = "/v3/merchant-service/images/upload";
/// Largest body of an upload, in bytes: the picture and what is around it.
pub(super) const BODY_LIMIT: usize = 3 * 1024 * 1024;
/// Largest picture, in bytes.
const PICTURE_MAX: usize = 2 * 1024 * 1024;

/// Every picture, by its number.
pub(crate) type Images = BTreeMap<String, Image>;

/// A picture: of a merchant's upload, or of a payer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Image {
    pub(super) account: String,
    /// Whether the merchant uploaded it: a payer's cannot stand in an answer.
    pub(super) uploaded: bool,
    filename: String,
    /// Base64 of the file.
    content: String,
}

/// An uploaded picture as the control API lists it.
#[derive(Debug, Clone, Serialize)]
pub struct UploadedImage {
    /// WeChat's number of it.
    pub media_id: String,
    /// The file's name.
    pub filename: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
}

/// The two parts of an upload.
pub(super) struct Form {
    meta: Bytes,
    filename: String,
    kind: String,
    file: Bytes,
}

impl Form {
    /// What the signature covers.
    pub(super) fn signed(&self) -> &[u8] {
        &self.meta
    }

    /// Reads the form of an upload; `None` for every other call.
    pub(super) fn of(request: &HttpRequest, body: &Bytes) -> Option<Result<Self, Refusal>> {
        let upload = request.method() == "POST" && request.uri().path() == UPLOAD;
        let kind = request.headers().get("Content-Type").and_then(|value| value.to_str().ok()).unwrap_or("");
        let unread = || Refusal::param("/", "须为multipart/form-data，依次含meta与file两部分");
        upload.then(|| Self::read(kind, body).ok_or_else(unread))
    }

    /// Exactly `meta` as JSON and then `file`.
    fn read(kind: &str, body: &Bytes) -> Option<Self> {
        let boundary = kind.strip_prefix("multipart/form-data;")?.trim().strip_prefix("boundary=")?.trim_matches('"');
        if boundary.is_empty() || boundary.len() > 70 {
            return None;
        }
        let rest = after(body, format!("--{boundary}\r\n").as_bytes())?;
        let delimiter = format!("\r\n--{boundary}");
        let (first, rest) = cut(&rest, delimiter.as_bytes())?;
        let (second, rest) = cut(&after(&rest, b"\r\n")?, delimiter.as_bytes())?;
        if !matches!(rest.as_ref(), b"--" | b"--\r\n") {
            return None;
        }
        let (meta, file) = (Part::read(&first)?, Part::read(&second)?);
        let fits = meta.name == "meta" && meta.kind == "application/json" && file.name == "file";
        fits.then_some(Self { meta: meta.content, filename: file.filename?, kind: file.kind, file: file.content })
    }
}

struct Part {
    name: String,
    filename: Option<String>,
    kind: String,
    content: Bytes,
}

impl Part {
    fn read(bytes: &Bytes) -> Option<Self> {
        let (head, content) = cut(bytes, b"\r\n\r\n")?;
        let (mut name, mut filename, mut kind) = (None, None, None);
        for line in std::str::from_utf8(&head).ok()?.split("\r\n") {
            let (header, value) = line.split_once(':')?;
            match header.trim().to_ascii_lowercase().as_str() {
                "content-type" => kind = Some(value.trim().to_owned()),
                "content-disposition" => {
                    for part in value.trim().strip_prefix("form-data;")?.split(';') {
                        let (which, quoted) = part.trim().split_once('=')?;
                        let text = quoted.strip_prefix('"')?.strip_suffix('"')?.to_owned();
                        match which {
                            "name" => name = Some(text),
                            "filename" => filename = Some(text),
                            _ => return None,
                        }
                    }
                }
                _ => return None,
            }
        }
        Some(Self { name: name?, filename, kind: kind?, content })
    }
}

/// What follows `start`.
fn after(bytes: &Bytes, start: &[u8]) -> Option<Bytes> {
    bytes.starts_with(start).then(|| bytes.slice(start.len()..))
}

/// What stands before and after the first `mark`.
fn cut(bytes: &Bytes, mark: &[u8]) -> Option<(Bytes, Bytes)> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some((bytes.slice(..at), bytes.slice(at + mark.len()..)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    filename: String,
    sha256: String,
}

/// `POST /v3/merchant-service/images/upload`: JPEG, PNG and BMP of at most 2 MB.
pub(super) fn upload(call: &Call<'_>) -> Reply {
    let meta: Meta = call.json()?;
    let form = call.form.ok_or_else(|| Refusal::param("/file", "缺少文件"))?;
    if meta.filename != form.filename {
        return Err(Refusal::param("/filename", "meta与file的文件名不一致"));
    }
    if form.file.is_empty() || form.file.len() > PICTURE_MAX {
        return Err(Refusal::param("/file", "图片大小不能超过2M"));
    }
    let ending = meta.filename.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let kind: (&[u8], &[&str]) = match ending.as_str() {
        "jpg" | "jpeg" => (&[0xff, 0xd8, 0xff], &["image/jpeg", "image/jpg"]),
        "png" => (b"\x89PNG\r\n\x1a\n", &["image/png"]),
        "bmp" => (b"BM", &["image/bmp"]),
        _ => return Err(Refusal::param("/filename", "图片只支持JPG、BMP、PNG格式")),
    };
    if !form.file.starts_with(kind.0) || !kind.1.contains(&form.kind.as_str()) {
        return Err(Refusal::param("/file", "文件内容与格式不符"));
    }
    if crypto::sha256_hex_of(&form.file) != meta.sha256 {
        return Err(Refusal::param("/sha256", "文件摘要与内容不一致"));
    }
    let account = call.account.mchid.clone();
    let media_id = call.state.world().keeps_image(&account, true, meta.filename, &form.file);
    Ok(Answer::Body(json!({"media_id": media_id})))
}

/// `GET /v3/merchant-service/images/{media_id}`: the file, which WeChat does not sign.
pub(super) fn show(call: &Call<'_>, media_id: &str) -> Reply {
    call.no_body()?;
    let image = call.state.world().images.get(media_id).filter(|image| image.account == call.account.mchid).cloned();
    let missing = || Refusal::new(404, "RESOURCE_NOT_EXISTS", "图片不存在");
    let image = image.ok_or_else(missing)?;
    STANDARD.decode(image.content).map(Answer::File).map_err(|_| missing())
}

impl crate::world::World {
    /// Keeps a picture and gives its number, which needs encoding in a path as the platform's do.
    pub(super) fn keeps_image(&mut self, account: &str, uploaded: bool, filename: String, file: &[u8]) -> String {
        let media_id = format!("ChsyMDAx/{:020}==", self.next_number());
        let (account, content) = (account.to_owned(), STANDARD.encode(file));
        self.images.insert(media_id.clone(), Image { account, uploaded, filename, content });
        media_id
    }
}

impl SandboxState {
    /// The pictures merchants have uploaded, oldest first.
    pub fn uploaded_images(&self) -> Vec<UploadedImage> {
        let world = self.world();
        let uploaded = world.images.iter().filter(|(_, image)| image.uploaded);
        let view = |(media_id, image): (&String, &Image)| UploadedImage {
            media_id: media_id.clone(),
            filename: image.filename.clone(),
            sha256: crypto::sha256_hex_of(&STANDARD.decode(&image.content).unwrap_or_default()),
        };
        uploaded.map(view).collect()
    }
}

/// Where a picture is fetched from.
pub(super) fn address(media_id: &str) -> String {
    let path: String = url::form_urlencoded::byte_serialize(media_id.as_bytes()).collect();
    format!("https://api.mch.weixin.qq.com/v3/merchant-service/images/{path}")
}
