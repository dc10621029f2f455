//! Mini-program codes without limit of number (sheet §3.1).

use serde::Serialize;

use super::error::{self, Uses};
use super::{MiniProgram, WechatError};

/// A code to draw. Keep the picture: codes never expire and 5 000 a minute may be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRequest {
    /// An opaque id of 1–32 letters, digits, `_` and `-`. The platform allows more characters,
    /// but some scanners cut them.
    pub scene: String,
    /// Without leading `/` and query; `None` is the home page.
    pub page: Option<String>,
    /// Refuse pages the released version lacks; off for test builds.
    pub check_page: bool,
    /// Which build opens.
    pub stage: ReleaseStage,
    /// Pixels, 280–1280.
    pub width: u32,
    /// Transparent background, as PNG.
    pub transparent: bool,
}

/// Which build of the mini-program a code opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReleaseStage {
    /// What everybody uses.
    #[default]
    Release,
    /// The trial build.
    Trial,
    /// A developer's build.
    Develop,
}

/// A drawn code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeImage {
    /// The picture.
    pub bytes: Vec<u8>,
    /// By its first bytes.
    pub format: ImageFormat,
}

/// Picture formats the platform draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    /// Opaque codes.
    Jpeg,
    /// Transparent codes.
    Png,
}

#[derive(Serialize)]
struct Body<'a> {
    scene: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a str>,
    check_path: bool,
    env_version: ReleaseStage,
    width: u32,
    is_hyaline: bool,
}

impl MiniProgram {
    /// Draws a code. A refusal comes as JSON with status 200, so the first bytes decide.
    ///
    /// Errors: [`WechatError::Invalid`] for a scene, page or width the platform never accepts.
    pub async fn unlimited_code(&self, access_token: &str, code: &CodeRequest) -> Result<CodeImage, WechatError> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if code.scene.is_empty() || code.scene.len() > 32 || !code.scene.bytes().all(legal) {
            return Err(WechatError::Invalid("a scene is 1-32 letters, digits, _ and -"));
        }
        if code.page.as_ref().is_some_and(|p| p.starts_with('/') || p.contains('?')) {
            return Err(WechatError::Invalid("a page has neither a leading / nor a query"));
        }
        if !(280..=1280).contains(&code.width) {
            return Err(WechatError::Invalid("a code is 280-1280 pixels wide"));
        }
        let body = Body {
            scene: &code.scene,
            page: code.page.as_deref(),
            check_path: code.check_page,
            env_version: code.stage,
            width: code.width,
            is_hyaline: code.transparent,
        };
        let reply = self.post_raw("/wxa/getwxacodeunlimit", access_token, &body).await?;
        match image_format(&reply.body) {
            Some(format) if reply.is_success() => Ok(CodeImage { bytes: reply.body, format }),
            _ => {
                error::check(&reply, Uses::Token)?;
                Err(WechatError::Malformed("no picture".to_owned()))
            }
        }
    }
}

fn image_format(bytes: &[u8]) -> Option<ImageFormat> {
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        Some(ImageFormat::Jpeg)
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(ImageFormat::Png)
    } else {
        None
    }
}
