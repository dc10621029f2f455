//! Who receives a party's shares: a kind, an account and a sealed name, kept in one JSON column of
//! whoever the party is.

use serde::{Deserialize, Serialize};

use super::seal::{SealError, Sealer};

/// What the receiver's account is, in WeChat Pay's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum ReceiverKind {
    /// A merchant number; can return money.
    #[serde(rename = "MERCHANT_ID")]
    Merchant,
    /// A person's openid under our appid; can never return money.
    #[serde(rename = "PERSONAL_OPENID")]
    Person,
    /// A person's openid under the sub-merchant's appid.
    #[serde(rename = "PERSONAL_SUB_OPENID")]
    SubPerson,
}

/// Who receives a party's shares.
#[derive(Clone, PartialEq, Eq)]
pub struct Receiver {
    /// Merchant or person.
    pub kind: ReceiverKind,
    /// Merchant number or openid.
    pub account: String,
    /// Full legal name; required for merchants.
    pub name: Option<String>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Why a receiver cannot be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum ReceiverError {
    /// What is stored is no receiver.
    #[error("a stored receiver cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The name cannot be sealed or opened.
    #[error("a receiver's name failed")]
    Seal(#[from] SealError),
}

#[derive(Serialize, Deserialize)]
struct Stored {
    r#type: ReceiverKind,
    account: String,
    sealed_name: Option<String>,
}

impl Receiver {
    /// The receiver as stored; its name is sealed for `place`.
    pub fn seal(&self, sealer: &Sealer, place: &str) -> Result<serde_json::Value, ReceiverError> {
        let sealed_name = self.name.as_deref().map(|name| sealer.seal(place, name.as_bytes())).transpose()?;
        Ok(serde_json::to_value(Stored { r#type: self.kind, account: self.account.clone(), sealed_name })?)
    }

    /// Reads what [`Receiver::seal`] made.
    pub fn open(sealer: &Sealer, place: &str, stored: &serde_json::Value) -> Result<Self, ReceiverError> {
        let stored = Stored::deserialize(stored)?;
        let name = stored.sealed_name.map(|name| sealer.open_text(place, &name)).transpose()?;
        Ok(Self { kind: stored.r#type, account: stored.account, name })
    }

    /// Whether a stored receiver is this account, whatever its name.
    pub fn is_at(stored: &serde_json::Value, kind: ReceiverKind, account: &str) -> bool {
        Stored::deserialize(stored).is_ok_and(|stored| stored.r#type == kind && stored.account == account)
    }
}
