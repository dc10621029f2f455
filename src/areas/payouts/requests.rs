//! What was asked of the platform, stored before it is sent so that a repeat is identical.

use kernel::Fen;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::PayoutError;

/// A transfer as asked for (WeChat Pay sheet §7); the number is the row's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferRequest {
    /// Granted to the merchant.
    pub scene_id: String,
    /// The receiver under the shop's mini-program.
    pub openid: String,
    /// Real name, from 2 000 yuan on.
    pub user_name: Option<String>,
    /// What arrives: the withdrawal less its fee.
    pub amount_fen: Fen,
    /// Seen by the leader.
    pub remark: String,
    /// Where the notice goes.
    pub notify_url: String,
    /// The texts the scene wants: name and content.
    pub reports: Vec<(String, String)>,
    /// What goes over the wire, from before the first sending on.
    #[serde(default)]
    pub wire: Option<Wire>,
}

/// The very bytes of a request that holds an encrypted field: no second encryption gives them again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// The body.
    pub body: String,
    /// For which of the platform's keys a field is encrypted, if one is.
    pub serial: Option<String>,
}

/// A sharing or unfreezing as asked for (WeChat Pay sheet §6); the number is the row's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharingRequest {
    /// Empty for an unfreeze.
    pub receivers: Vec<ReceiverShare>,
    /// Shown in bills.
    pub description: String,
}

/// One receiver's part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiverShare {
    /// The platform's word: `MERCHANT_ID`, `PERSONAL_OPENID` or `PERSONAL_SUB_OPENID`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Merchant number or openid.
    pub account: String,
    /// The part.
    pub amount_fen: Fen,
}

/// A request as stored text.
pub fn to_text(request: &impl Serialize) -> Result<String, PayoutError> {
    serde_json::to_string(request).map_err(|error| PayoutError::Unreadable(error.to_string()))
}

/// A stored request, read back.
pub fn from_text<T: DeserializeOwned>(stored: Option<&str>) -> Result<T, PayoutError> {
    let text = stored.ok_or_else(|| PayoutError::Unreadable("nothing is stored".to_owned()))?;
    serde_json::from_str(text).map_err(|error| PayoutError::Unreadable(error.to_string()))
}

/// A platform's words, short enough to be kept.
pub(super) fn cut(words: String) -> String {
    words.chars().take(500).collect()
}
