//! Notifications: signature over the raw bytes first, then decryption, then reading (sheet §4).
//!
//! Nothing here is processed. The caller refuses with 4xx/5xx on any error, so that WeChat
//! repeats, and dispatches on `original_type` and its own URL; `event_type` is not trusted.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::WechatPay;
use super::combine::CombinedTransaction;
use super::sealed::Sealed;
use super::sign::{SignatureHeaders, Unverified};
use super::wire::{Refund, SharingNotice, Transaction, TransferBill};
use crate::lenient::null_is_default;

/// A verified, decrypted notification.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    /// The notification's own id; stays over redeliveries.
    pub id: String,
    /// Informative only: partly wrong in practice.
    pub event_type: String,
    /// `transaction`, `refund`, `profitsharing`, `mch_payment`, …
    pub original_type: String,
    /// Whom it names.
    pub parties: Parties,
    /// What it says.
    pub resource: NoticeResource,
}

/// The accounts a notification names, whatever they are called in its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parties {
    /// `mchid`, `sp_mchid`, `combine_mchid` or `mch_id`.
    pub mchid: Option<String>,
    /// `sub_mchid`.
    pub sub_mchid: Option<String>,
    /// The mini-program: `sub_appid`, else `appid` or `combine_appid`.
    pub appid: Option<String>,
    /// The service provider's app: `sp_appid`.
    pub sp_appid: Option<String>,
    /// A combined payment, whose orders name their sellers each.
    pub combined: bool,
}

/// Content of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeResource {
    /// A payment.
    Transaction(Transaction),
    /// A payment of several orders.
    Combined(CombinedTransaction),
    /// A refund.
    Refund(Refund),
    /// A share received or returned.
    Sharing(SharingNotice),
    /// A merchant transfer that became final.
    Transfer(TransferBill),
    /// Anything else: verified, but none of our kinds.
    Other(Value),
}

/// Why a notification is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// The message is not WeChat's.
    #[error(transparent)]
    Unverified(#[from] Unverified),
    /// WeChat's signature, but our key does not open it.
    #[error("cannot be decrypted")]
    DecryptFailed,
    /// Opened, but not the expected JSON.
    #[error("unreadable: {0}")]
    Malformed(&'static str),
    /// It names another merchant or app.
    #[error("meant for another merchant")]
    ForeignMerchant,
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(default, deserialize_with = "null_is_default")]
    event_type: String,
    resource: Sealed,
}

impl WechatPay {
    /// Opens a notification received at `now` (Unix seconds of wall time) with exactly these bytes.
    ///
    /// In certificate mode an unknown serial causes one fetch of the platform's certificates.
    /// Whether it is for this account says [`WechatPay::check_merchant`].
    pub async fn open_notice(
        &self,
        headers: &SignatureHeaders<'_>,
        body: &[u8],
        now: i64,
    ) -> Result<Notice, NoticeError> {
        self.verify(headers, body, now).await?;
        let envelope: Envelope =
            serde_json::from_slice(body).map_err(|_| NoticeError::Malformed("the envelope is not as documented"))?;
        let plain = self.opener().open(&envelope.resource, now).map_err(|_| NoticeError::DecryptFailed)?;
        let content: Value =
            serde_json::from_slice(&plain).map_err(|_| NoticeError::Malformed("the content is not JSON"))?;
        let original_type = envelope.resource.original_type.unwrap_or_default();
        Ok(Notice {
            id: envelope.id,
            event_type: envelope.event_type,
            parties: parties(&content),
            resource: read(&original_type, content)?,
            original_type,
        })
    }

    /// Refuses a notice that names another merchant, sub-merchant or app than this account's.
    /// A kind that names no app is judged by its merchant alone.
    pub fn check_merchant(&self, notice: &Notice) -> Result<(), NoticeError> {
        if self.account().is_named_by(&notice.parties) { Ok(()) } else { Err(NoticeError::ForeignMerchant) }
    }
}

fn parties(content: &Value) -> Parties {
    let first =
        |names: &[&str]| names.iter().find_map(|name| content.get(name).and_then(Value::as_str)).map(str::to_owned);
    Parties {
        mchid: first(&["mchid", "sp_mchid", "combine_mchid", "mch_id"]),
        sub_mchid: first(&["sub_mchid"]),
        appid: first(&["sub_appid", "appid", "combine_appid"]),
        sp_appid: first(&["sp_appid"]),
        combined: content.get("combine_out_trade_no").is_some(),
    }
}

fn read(original_type: &str, content: Value) -> Result<NoticeResource, NoticeError> {
    match original_type {
        "transaction" if content.get("combine_out_trade_no").is_some() => typed(content).map(NoticeResource::Combined),
        "transaction" => typed(content).map(NoticeResource::Transaction),
        "refund" => typed(content).map(NoticeResource::Refund),
        "profitsharing" => typed(content).map(NoticeResource::Sharing),
        "mch_payment" => typed(content).map(NoticeResource::Transfer),
        _ => Ok(NoticeResource::Other(content)),
    }
}

fn typed<T: DeserializeOwned>(content: Value) -> Result<T, NoticeError> {
    serde_json::from_value(content).map_err(|_| NoticeError::Malformed("the content lacks what identifies it"))
}

impl fmt::Debug for Notice {
    /// Leaves out the content, which holds openids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notice")
            .field("id", &self.id)
            .field("original_type", &self.original_type)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_service_providers_app_is_never_taken_for_the_mini_program() {
        let named = parties(&json!({"sp_appid": "wxsp", "sp_mchid": "1", "sub_mchid": "2"}));
        assert_eq!((named.appid, named.sp_appid.as_deref()), (None, Some("wxsp")));
        let both = parties(&json!({"sp_appid": "wxsp", "sub_appid": "wxsub", "sp_mchid": "1"}));
        assert_eq!(both.appid.as_deref(), Some("wxsub"));
    }

    #[test]
    fn an_envelope_may_say_null_where_it_says_nothing() {
        let text = r#"{"id":"1","event_type":null,"resource":{"algorithm":null,"nonce":"n","ciphertext":"c","associated_data":null}}"#;
        let envelope: Envelope = serde_json::from_str(text).unwrap();
        assert_eq!((envelope.event_type.as_str(), envelope.resource.algorithm.as_str()), ("", ""));
    }
}
