//! WeChat Pay, APIv3, for a direct merchant or a service provider.
//!
//! One client an account: it signs, sends, verifies the answer and maps it. It keeps no state but
//! the platform's keys, writes no row and never retries by itself beyond the backup host; who may
//! repeat what, and when, is decided in the flows. Facts: the WeChat Pay sheet, cited as "sheet §n".

mod account;
mod bill;
mod bill_lines;
mod bill_text;
mod call;
mod certificates;
mod combine;
mod complaint_pictures;
mod complaints;
mod error;
mod lanes;
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

pub use account::Mode;
pub use bill::{Bill, BillError, BillFile, FundAccount};
pub use bill_lines::{Fee, FlowLine, RefundPart, SharingLine, TradeLine, flow_lines, sharing_lines, trade_lines};
pub use combine::{CombinedPart, CombinedTransaction, NewCombined};
pub use complaint_pictures::{PICTURE_MAX, PICTURES_MAX};
pub use complaints::{ANSWER_MAX, ComplainedOrder, Complaint, ComplaintState, Complaints, Negotiation, RefundProgress};
pub use error::{PayError, Refusal};
pub use notice::{Notice, NoticeError, NoticeResource, Parties};
pub use prepay::{GoodsLine, NewPrepay};
pub use profit_sharing::{NewReceiver, NewReturn, NewSharing, ReceiverKind, Share};
pub use refund::{NewRefund, PayerCard, SealedAbnormal};
pub use sign::{PaymentParams, SignatureHeaders};
pub use transfer::{NewTransfer, SceneReport, SealedTransfer};
pub use wire::{
    Amount, Payer, ReceiverResult, Refund, RefundAmount, RefundStatus, ReturnResult, SharingNotice, SharingOrder,
    SharingReceiver, SharingReturn, SharingState, TradeState, Transaction, TransferBill, TransferState,
};

use crate::breaker::Breaker;
use crate::pace::{InProcess, Pace};
use account::Account;
use certificates::PlatformKeys;
use sealed::Opener;
use sign::Signer;

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
    /// The APIv3 key before it, and until when (Unix seconds) it still opens: a notice that was sealed
    /// before the change is repeated for a day.
    pub earlier_api_v3_key: Option<(SecretString, i64)>,
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
    /// Patience with the main address: enough for a slow answer. Whoever waits less for both says so
    /// with [`WechatPay::within`].
    pub const FIRST_WAIT: Duration = Duration::from_secs(5);
}

/// A client for one merchant account. Cheap to clone.
#[derive(Clone)]
pub struct WechatPay {
    shared: Arc<Inner>,
    account: Account,
    /// How long a call may take at both addresses together, where somebody waits for it.
    patience: Option<Duration>,
}

/// What all sub-merchants of one service provider have in common: who signs, and the way to the platform.
struct Inner {
    signer: Signer,
    opener: Opener,
    keys: PlatformKeys,
    hosts: Hosts,
    http: Client,
    pace: Arc<dyn Pace>,
    breaker: Breaker,
}

impl WechatPay {
    /// Checks the credentials and builds the client; nothing is sent.
    ///
    /// Errors: [`PayError::Credentials`] naming the first part that cannot be used.
    pub fn new(credentials: &Credentials, hosts: Hosts, http: Client) -> Result<Self, PayError> {
        Self::paced(credentials, hosts, http, Arc::new(InProcess::default()))
    }

    /// As [`WechatPay::new`], sharing the platform's limits with all that take their turns from `pace`.
    pub fn paced(credentials: &Credentials, hosts: Hosts, http: Client, pace: Arc<dyn Pace>) -> Result<Self, PayError> {
        let key = PrivateKey::parse(credentials.merchant_key.expose_secret())
            .map_err(|e| PayError::Credentials("merchant_key", e))?;
        let earlier = credentials.earlier_api_v3_key.as_ref().map(|(key, until)| (key, *until));
        let opener =
            Opener::new(&credentials.api_v3_key, earlier).map_err(|e| PayError::Credentials("api_v3_key", e))?;
        let public_key = match (&credentials.platform_public_key_id, &credentials.platform_public_key) {
            (Some(id), Some(pem)) => {
                let key = PublicKey::parse(pem).map_err(|e| PayError::Credentials("platform_public_key", e))?;
                Some((id.clone(), key))
            }
            (None, None) => None,
            _ => return Err(PayError::Invalid("platform_public_key and its id go together")),
        };
        let account = Account::new(credentials.mode.clone(), credentials.appid.clone(), credentials.mchid.clone());
        let shared = Arc::new(Inner {
            signer: Signer::new(account.mchid().to_owned(), credentials.merchant_serial.clone(), key),
            opener,
            keys: PlatformKeys::new(public_key),
            breaker: Breaker::new("wechat_pay", account.mchid().to_owned()),
            hosts,
            http,
            pace,
        });
        Ok(Self { shared, account, patience: None })
    }

    /// The same service provider acting for another of its sub-merchants: its calls name that one and
    /// take turns on that one's lanes, over the same keys and the same circuit. A direct merchant acts
    /// for nobody else and stays who it is.
    #[must_use]
    pub fn for_sub_merchant(&self, sub_mchid: &str) -> Self {
        Self { account: self.account.for_sub_merchant(sub_mchid), ..self.clone() }
    }

    /// The same for somebody who waits no longer than this for a whole answer. The main address has a
    /// third of it, so that the backup's answer still comes in time, and a call that nobody answers ends
    /// by itself: dropped by whoever waits, it would tell the circuit nothing.
    #[must_use]
    pub fn within(&self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self.clone() }
    }

    /// The merchant number that signs: the direct merchant's or the service provider's.
    #[must_use]
    pub fn mchid(&self) -> &str {
        self.account().mchid()
    }

    /// Direct merchant or service provider.
    #[must_use]
    pub fn mode(&self) -> &Mode {
        self.account().mode()
    }

    /// The sub-merchant whose money it is, in partner mode.
    #[must_use]
    pub fn sub_mchid(&self) -> Option<&str> {
        self.account().sub_mchid()
    }

    /// Who receives the money: the direct merchant or the sub-merchant.
    #[must_use]
    pub fn receiver(&self) -> &str {
        self.sub_mchid().unwrap_or(self.mchid())
    }

    /// What a sharing receiver is whose openid is that of the mini-program.
    #[must_use]
    pub fn person_kind(&self) -> ReceiverKind {
        self.account().person()
    }

    /// Signs requests for this account.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.shared.signer
    }

    /// When the newest platform certificate expires (Unix seconds); `None` in public-key mode or
    /// before the first fetch. For `doctor`.
    #[must_use]
    pub fn certificate_expiry(&self) -> Option<i64> {
        self.keys().expiry()
    }

    fn keys(&self) -> &PlatformKeys {
        &self.shared.keys
    }

    fn opener(&self) -> &Opener {
        &self.shared.opener
    }

    /// The circuit towards the platform for this account.
    #[must_use]
    pub fn breaker(&self) -> &Breaker {
        &self.shared.breaker
    }

    fn pace(&self) -> &dyn Pace {
        &*self.shared.pace
    }

    fn account(&self) -> &Account {
        &self.account
    }
}

impl std::fmt::Debug for WechatPay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WechatPay").field("mchid", &self.mchid()).field("mode", self.mode()).finish_non_exhaustive()
    }
}
