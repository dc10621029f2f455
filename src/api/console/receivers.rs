//! Receivers of shares in requests and answers, of leaders and suppliers alike.

use chrono::{DateTime, Utc};
use kernel::failure::Invalid;
use kernel::mask;
use serde::{Deserialize, Serialize};

use crate::api::fields::Fields;
use crate::platform::receiver::{Receiver, ReceiverKind};

/// Who receives a party's shares; masked.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ReceiverView {
    r#type: ReceiverKind,
    account: String,
    name: Option<String>,
    /// When WeChat accepted the receiver; null while that is to come.
    registered_at: Option<DateTime<Utc>>,
}

impl ReceiverView {
    pub(super) fn new(receiver: Receiver, registered_at: Option<DateTime<Utc>>) -> Self {
        Self {
            r#type: receiver.kind,
            account: match receiver.kind {
                ReceiverKind::Merchant => receiver.account,
                ReceiverKind::Person | ReceiverKind::SubPerson => mask::phone(&receiver.account),
            },
            name: receiver.name.as_deref().map(mask::name),
            registered_at,
        }
    }
}

/// Who receives a party's shares.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReceiver {
    r#type: ReceiverKind,
    /// Merchant number or openid; left out for a leader as a person, the leader's own openid is taken,
    /// with the type that it has under this shop's account.
    #[schema(min_length = 1, max_length = 64)]
    account: Option<String>,
    /// Full legal name; required for merchants.
    #[schema(max_length = 100)]
    name: Option<String>,
}

/// A receiver whose words are fit to be kept.
pub(super) struct Checked {
    pub(super) kind: ReceiverKind,
    pub(super) account: Option<String>,
    pub(super) name: Option<String>,
}

impl NewReceiver {
    pub(super) fn checked(self) -> Result<Checked, Invalid> {
        let mut fields = Fields::default();
        let account = self.account.map(|given| fields.line("account", &given, 1, 64));
        let name = fields.line_if("name", self.name.as_deref(), 100);
        if self.r#type == ReceiverKind::Merchant && name.is_none() {
            fields.fault("name", "required", "a merchant's full legal name");
        }
        fields.done()?;
        Ok(Checked { kind: self.r#type, account, name })
    }
}
