//! Access tokens: fetched by `stable_token`, kept by the caller once for all instances (sheet §2).

use std::fmt;
use std::future::Future;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{MiniProgram, WechatError};

/// A token and how long it lives.
#[derive(Clone, Debug, Deserialize)]
pub struct AccessToken {
    /// Up to 512 characters.
    #[serde(rename = "access_token")]
    pub token: SecretString,
    /// Seconds from now, 300 to 7200. Store it with a margin of 300.
    #[serde(rename = "expires_in")]
    pub expires_in_s: i64,
}

/// Where the token of one mini-program is kept: a row all instances share. Its futures stay on
/// the thread they began on, as everything behind an HTTP worker does.
pub trait TokenStore {
    /// What can go wrong with the store.
    type Error: fmt::Display;

    /// The token in use, if there is one that has not run out.
    fn current(&self) -> impl Future<Output = Result<Option<String>, Self::Error>>;

    /// Keeps a fetched token.
    fn keep(&self, token: &AccessToken) -> impl Future<Output = Result<(), Self::Error>>;

    /// Drops the token, but only if it is still `token`: ten failing callers must not throw away
    /// the good one the first of them has fetched.
    fn forget(&self, token: &str) -> impl Future<Output = Result<(), Self::Error>>;

    /// Whether one of the 20 forced refreshes of the day may be spent now; at least 30 s lie
    /// between two.
    fn may_force(&self) -> impl Future<Output = Result<bool, Self::Error>>;
}

#[derive(Serialize)]
struct Body<'a> {
    grant_type: &'static str,
    appid: &'a str,
    secret: &'a str,
    force_refresh: bool,
}

impl MiniProgram {
    /// Fetches a token. In normal mode several callers get the same one, so no lock is needed;
    /// `force` kills the one before and is limited to 20 a day.
    pub async fn stable_token(&self, force: bool) -> Result<AccessToken, WechatError> {
        let body = Body {
            grant_type: "client_credential",
            appid: self.appid(),
            secret: self.0.secret.expose_secret(),
            force_refresh: force,
        };
        self.post_with_secret("/cgi-bin/stable_token", &body).await
    }

    /// Runs `call` under the stored token, fetching one where none is stored. When the platform
    /// rejects the token, another is fetched and `call` runs once more, no oftener.
    ///
    /// Errors: those of `call`, of the fetch, and [`WechatError::Store`].
    pub async fn with_token<S, T, F, R>(&self, store: &S, call: F) -> Result<T, WechatError>
    where
        S: TokenStore,
        F: Fn(String) -> R,
        R: Future<Output = Result<T, WechatError>>,
    {
        let token = match store.current().await.map_err(store_error)? {
            Some(token) => token,
            None => self.fetch_into(store, false).await?,
        };
        let rejected = match call(token.clone()).await {
            Err(WechatError::TokenRejected(why)) => why,
            outcome => return outcome,
        };
        tracing::warn!(errcode = rejected.errcode, "access token rejected; fetching another");
        store.forget(&token).await.map_err(store_error)?;
        let mut next = match store.current().await.map_err(store_error)? {
            Some(fetched_by_another) => fetched_by_another,
            None => self.fetch_into(store, false).await?,
        };
        if next == token {
            // The platform still hands out the token it rejects; only force helps.
            if !store.may_force().await.map_err(store_error)? {
                return Err(WechatError::TokenRejected(rejected));
            }
            next = self.fetch_into(store, true).await?;
        }
        call(next).await
    }

    async fn fetch_into<S: TokenStore>(&self, store: &S, force: bool) -> Result<String, WechatError> {
        let fetched = self.stable_token(force).await?;
        store.keep(&fetched).await.map_err(store_error)?;
        Ok(fetched.token.expose_secret().to_owned())
    }
}

fn store_error(error: impl fmt::Display) -> WechatError {
    WechatError::Store(error.to_string())
}
