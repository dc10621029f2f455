//! WeChat Pay, APIv3, for a direct merchant or a service provider.
//!
//! One client an account: it signs, sends, verifies the answer and maps it. It keeps no state but
//! the platform's keys, writes no row and never retries by itself beyond the backup host; who may
//! repeat what, and when, is decided in the flows. Facts: the WeChat Pay sheet, cited as "sheet §n".

mod call;
mod certificates;
mod complaints;
mod error;
mod notice;
mod prepay;
mod profit_sharing;
mod refund;
mod sealed;
pub mod sign;
mod transfer;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use kernel::crypto::rsa::{PrivateKey, PublicKey};
use reqwest::{Client, Url};
use secrecy::{ExposeSecret as _, SecretString};

pub use complaints::{ANSWER_MAX, ComplainedOrder, Complaint, ComplaintState, Complaints, Negotiation, RefundProgress};
pub use error::{PayError, Refusal};
pub use notice::{Notice, NoticeError, NoticeResource, Parties};
pub use prepay::{GoodsLine, NewPrepay};
pub use profit_sharing::{NewReceiver, NewReturn, NewSharing, ReceiverKind, Share};
pub use refund::NewRefund;
pub use sign::{PaymentParams, SignatureHeaders};
pub use transfer::{NewTransfer, SceneReport, SealedTransfer};
pub use wire::{
    Amount, Payer, ReceiverResult, Refund, RefundAmount, RefundStatus, ReturnResult, SharingNotice, SharingOrder,
    SharingReceiver, SharingReturn, SharingState, TradeState, Transaction, TransferBill, TransferState,
};

use certificates::PlatformKeys;
use sealed::Opener;
use sign::Signer;

/// Whose money it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// An ordinary merchant: the shop's own mchid receives the money.
    Direct,
    /// A service provider acts for a sub-merchant, who receives the money.
    Partner {
        /// The service provider's appid.
        sp_appid: String,
        /// The service provider's mchid, which signs.
        sp_mchid: String,
        /// The sub-merchant's mchid.
        sub_mchid: String,
    },
}

/// What a merchant account consists of. `Debug` prints no secret.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Direct merchant or service provider.
    pub mode: Mode,
    /// The mini-program in which people pay.
    pub appid: String,
    /// The merchant; in partner mode `sp_mchid` takes its place.
    pub mchid: String,
    /// Serial of the merchant's API certificate, hex.
    pub merchant_serial: String,
    /// The merchant's private key: PKCS#8 or PKCS#1, PEM or Base64 of DER.
    pub merchant_key: SecretString,
    /// The APIv3 key, 32 characters.
    pub api_v3_key: SecretString,
    /// `PUB_KEY_ID_…`, when the account is in public-key mode.
    pub platform_public_key_id: Option<String>,
    /// The platform's public key as PEM, together with its id.
    pub platform_public_key: Option<String>,
}

/// Where the partner is.
#[derive(Clone, Debug)]
pub struct Hosts {
    /// Main address, without a trailing path of the API.
    pub main: Url,
    /// Asked once when the main address gives no whole answer.
    pub backup: Option<Url>,
    /// How long the main address may take where there is a backup.
    pub first_wait: Duration,
}

impl Hosts {
    /// Patience with the main address: enough for a slow answer, and the backup's still comes before
    /// whoever waits gives up.
    pub const FIRST_WAIT: Duration = Duration::from_secs(5);
}

/// A client for one merchant account. Cheap to clone.
#[derive(Clone)]
pub struct WechatPay(Arc<Inner>);

struct Inner {
    mode: Mode,
    appid: String,
    mchid: String,
    signer: Signer,
    opener: Opener,
    keys: PlatformKeys,
    hosts: Hosts,
    http: Client,
}

impl WechatPay {
    /// Checks the credentials and builds the client; nothing is sent.
    ///
    /// Errors: [`PayError::Credentials`] naming the first part that cannot be used.
    pub fn new(credentials: &Credentials, hosts: Hosts, http: Client) -> Result<Self, PayError> {
        let key = PrivateKey::parse(credentials.merchant_key.expose_secret())
            .map_err(|e| PayError::Credentials("merchant_key", e))?;
        let opener = Opener::new(&credentials.api_v3_key).map_err(|e| PayError::Credentials("api_v3_key", e))?;
        let public_key = match (&credentials.platform_public_key_id, &credentials.platform_public_key) {
            (Some(id), Some(pem)) => {
                let key = PublicKey::parse(pem).map_err(|e| PayError::Credentials("platform_public_key", e))?;
                Some((id.clone(), key))
            }
            (None, None) => None,
            _ => return Err(PayError::Invalid("platform_public_key and its id go together")),
        };
        let mchid = match &credentials.mode {
            Mode::Direct => credentials.mchid.clone(),
            Mode::Partner { sp_mchid, .. } => sp_mchid.clone(),
        };
        Ok(Self(Arc::new(Inner {
            mode: credentials.mode.clone(),
            appid: credentials.appid.clone(),
            signer: Signer::new(mchid.clone(), credentials.merchant_serial.clone(), key),
            mchid,
            opener,
            keys: PlatformKeys::new(public_key),
            hosts,
            http,
        })))
    }

    /// Signs requests for this account.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.0.signer
    }

    /// When the newest platform certificate expires (Unix seconds); `None` in public-key mode or
    /// before the first fetch. For `doctor`.
    #[must_use]
    pub fn certificate_expiry(&self) -> Option<i64> {
        self.keys().expiry()
    }

    fn keys(&self) -> &PlatformKeys {
        &self.0.keys
    }

    fn opener(&self) -> &Opener {
        &self.0.opener
    }

    /// The sub-merchant, in partner mode.
    fn sub_mchid(&self) -> Option<&str> {
        match &self.0.mode {
            Mode::Direct => None,
            Mode::Partner { sub_mchid, .. } => Some(sub_mchid),
        }
    }
}

impl std::fmt::Debug for WechatPay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WechatPay").field("mchid", &self.0.mchid).field("mode", &self.0.mode).finish_non_exhaustive()
    }
}
