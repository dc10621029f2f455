//! `wx.login` code → session (sheet §1.1).

use secrecy::SecretString;
use serde::Deserialize;

use super::{MiniProgram, WechatError};

/// Who logged in.
#[derive(Clone, Debug, Deserialize)]
pub struct LoginSession {
    /// The user in this mini-program; compare case-sensitively.
    pub openid: String,
    /// Never leaves the server; replaces the one stored before.
    pub session_key: SecretString,
    /// The user over all apps of one open-platform account, if there is one.
    pub unionid: Option<String>,
}

impl MiniProgram {
    /// Exchanges a login code, which works once and for 5 minutes.
    ///
    /// Never repeated with the same code: after [`WechatError::Busy`] the client logs in again.
    /// Errors also: [`WechatError::CodeInvalid`], [`WechatError::RateLimited`], [`WechatError::HighRisk`],
    /// [`WechatError::Config`].
    pub async fn login(&self, code: &str) -> Result<LoginSession, WechatError> {
        use secrecy::ExposeSecret as _;
        let query = [
            ("appid", self.appid()),
            ("secret", self.0.secret.expose_secret()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ];
        self.get("/sns/jscode2session", &query).await
    }
}
