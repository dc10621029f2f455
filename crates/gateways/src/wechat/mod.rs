//! The mini-program platform: login, phone number, messages, codes, shipping, message push.
//!
//! A client for one mini-program. It keeps no token: access tokens live where the caller's
//! [`TokenStore`] puts them, once for all instances. Facts: the mini-program sheet, cited as "sheet §n".

mod access_token;
mod codes;
mod error;
mod login;
mod messages;
mod phone;
pub mod push;
mod push_message;
mod push_xml;
mod shipped_orders;
mod shipping;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::crypto::random;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, Request, Url};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use access_token::{AccessToken, TokenStore};
pub use codes::{CodeImage, CodeRequest, ImageFormat, ReleaseStage};
pub use error::{WechatError, WechatRefusal};
pub use login::LoginSession;
pub use messages::{MessageStage, SubscribeMessage};
pub use phone::PhoneNumber;
pub use push::PushDoor;
pub use push_message::PushMessage;
pub use shipped_orders::{Carrier, ShippedOrder, ShippedOrders, ShippedOrdersWanted, ShippingState};
pub use shipping::{
    Contact, LogisticsType, Parcel, PaymentKey, Shipping, ShippingOutcome, combined_shipping_body, shipping_body,
};

use crate::http::{self, ANSWER_CAP, Reply, SendError};

/// The pauses before a request is sent once more.
const AGAIN_AFTER: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];
/// Nothing is sent again after this long: somebody waits.
const QUICKLY: Duration = Duration::from_secs(4);

/// A client for one mini-program. Cheap to clone.
#[derive(Clone)]
pub struct MiniProgram(Arc<Inner>);

struct Inner {
    base: Url,
    appid: String,
    secret: SecretString,
    http: Client,
}

impl MiniProgram {
    /// `base` is `https://api.weixin.qq.com` or a stand-in; nothing is sent.
    #[must_use]
    pub fn new(base: Url, appid: String, secret: SecretString, http: Client) -> Self {
        Self(Arc::new(Inner { base, appid, secret, http }))
    }

    /// The mini-program's appid.
    #[must_use]
    pub fn appid(&self) -> &str {
        &self.0.appid
    }

    /// GET with a query, and the answer read as `T`; for the endpoints that take the app's secret.
    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, WechatError> {
        let request = Request::new(Method::GET, self.url(path, query)?);
        error::read(&self.send(request).await?, error::Uses::Secret)
    }

    /// POST of JSON without a token, for the token endpoint itself.
    async fn post_with_secret<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, WechatError> {
        let request = self.json_request(self.url(path, &[])?, body)?;
        error::read(&self.send_patiently(request).await?, error::Uses::Secret)
    }

    /// As [`MiniProgram::post`], sent again while the platform says that it is busy.
    async fn post_patiently<T: DeserializeOwned>(
        &self,
        path: &str,
        access_token: &str,
        body: &impl Serialize,
    ) -> Result<T, WechatError> {
        let request = self.json_request(self.url(path, &[("access_token", access_token)])?, body)?;
        error::read(&self.send_patiently(request).await?, error::Uses::Token)
    }

    /// POST of JSON under an access token, and the answer read as `T`.
    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        access_token: &str,
        body: &impl Serialize,
    ) -> Result<T, WechatError> {
        error::read(&self.post_raw(path, access_token, body).await?, error::Uses::Token)
    }

    /// As [`MiniProgram::post`], of JSON that was written before.
    async fn post_text<T: DeserializeOwned>(
        &self,
        path: &str,
        access_token: &str,
        body: &str,
    ) -> Result<T, WechatError> {
        let url = self.url(path, &[("access_token", access_token)])?;
        let request = self.0.http.post(url).header(CONTENT_TYPE, "application/json").body(body.to_owned()).build();
        let request = request.map_err(|_| WechatError::Invalid("the request cannot be written"))?;
        error::read(&self.send(request).await?, error::Uses::Token)
    }

    /// POST of JSON under an access token; the answer unread.
    async fn post_raw(&self, path: &str, access_token: &str, body: &impl Serialize) -> Result<Reply, WechatError> {
        let url = self.url(path, &[("access_token", access_token)])?;
        self.send(self.json_request(url, body)?).await
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, WechatError> {
        let address = format!("{}{path}", self.0.base.as_str().trim_end_matches('/'));
        let mut url = Url::parse(&address).map_err(|_| WechatError::Invalid("the address of WeChat is not a URL"))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    fn json_request(&self, url: Url, body: &impl Serialize) -> Result<Request, WechatError> {
        self.0.http.post(url).json(body).build().map_err(|_| WechatError::Invalid("the request cannot be written"))
    }

    /// Sends, and again at most twice when the platform was not reached or says that it is busy
    /// (sheet §0). An answer that was lost is not asked for again: a one-time code may be spent.
    async fn send_patiently(&self, request: Request) -> Result<Reply, WechatError> {
        let begun = Instant::now();
        for pause in AGAIN_AFTER {
            let Some(copy) = request.try_clone() else { break };
            let outcome = http::send("wechat", &self.0.http, copy, ANSWER_CAP).await;
            let busy = match &outcome {
                Ok(reply) => error::is_busy(reply),
                Err(error) => matches!(error, SendError::Connect(_)),
            };
            if !busy || begun.elapsed() > QUICKLY {
                return Ok(outcome?);
            }
            // Callers that failed together come back apart.
            let apart = Duration::from_millis(u8::from_be_bytes(random::bytes()).into());
            tokio::time::sleep(pause + apart).await;
        }
        self.send(request).await
    }

    async fn send(&self, request: Request) -> Result<Reply, WechatError> {
        Ok(http::send("wechat", &self.0.http, request, ANSWER_CAP).await?)
    }
}

impl std::fmt::Debug for MiniProgram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MiniProgram").field("appid", &self.0.appid).finish_non_exhaustive()
    }
}
