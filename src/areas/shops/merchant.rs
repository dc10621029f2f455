//! The merchant accounts of a shop file: whose number takes the money, and the direct merchant apart
//! that pays leaders where that number may not (WeChat Pay sheet §7).

use kernel::crypto::certificate::{Certificate, normal_serial};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::reading::Reading;

/// The merchant account of a shop file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatPayFile {
    /// `direct` or `partner`.
    #[serde(default)]
    pub mode: PayMode,
    /// The merchant; in partner mode the service provider's may stand in `sp_mchid` instead.
    pub mchid: Option<String>,
    /// The service provider's app.
    pub sp_appid: Option<String>,
    /// The service provider.
    pub sp_mchid: Option<String>,
    /// The sub-merchant.
    pub sub_mchid: Option<String>,
    /// The sub-merchant's app: the mini-program, unless that is the service provider's own.
    pub sub_appid: Option<String>,
    /// What is known of the sub-merchant from its onboarding.
    pub onboarding: Option<Onboarding>,
    /// Serial of the merchant's API certificate, hex.
    pub merchant_serial: String,
    /// The merchant's private key, PEM.
    pub merchant_key: SecretString,
    /// The merchant's API certificate, PEM; with it the end of its life is watched.
    pub merchant_certificate: Option<SecretString>,
    /// 32 characters.
    pub api_v3_key: SecretString,
    /// `PUB_KEY_ID_…`; without it platform certificates are fetched.
    pub platform_public_key_id: Option<String>,
    /// The platform's public key, PEM.
    pub platform_public_key: Option<SecretString>,
}

/// A direct merchant that pays leaders by transfer and takes no money.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferMerchantFile {
    /// The merchant, bound to the mini-program.
    pub mchid: String,
    /// Serial of its API certificate, hex.
    pub merchant_serial: String,
    /// Its private key, PEM.
    pub merchant_key: SecretString,
    /// Its API certificate, PEM; with it the end of its life is watched.
    pub merchant_certificate: Option<SecretString>,
    /// 32 characters.
    pub api_v3_key: SecretString,
    /// `PUB_KEY_ID_…`; without it platform certificates are fetched.
    pub platform_public_key_id: Option<String>,
    /// The platform's public key, PEM.
    pub platform_public_key: Option<SecretString>,
}

/// Whose merchant number takes the money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayMode {
    /// The shop's own.
    #[default]
    Direct,
    /// A sub-merchant under a service provider.
    Partner,
}

/// A sub-merchant's onboarding (进件), for whoever has to look it up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Onboarding {
    /// The company's full legal name.
    pub merchant_name: String,
    /// The application at WeChat Pay.
    pub applyment_id: Option<String>,
    /// Unified social credit code (统一社会信用代码).
    pub licence_no: Option<String>,
}

/// What of an account's keys is not secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the shop file")]
pub struct AccountKeys {
    pub merchant_serial: String,
    pub platform_public_key_id: Option<String>,
    pub platform_public_key: Option<String>,
    /// The last second of the API certificate, Unix time, where the file names the certificate.
    pub certificate_ends: Option<i64>,
}

/// The merchant account without its secrets.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the shop file")]
pub struct PayProfile {
    pub mode: PayMode,
    /// Who signs: the merchant or the service provider.
    pub mchid: String,
    pub sp_appid: Option<String>,
    pub sub_mchid: Option<String>,
    pub sub_appid: Option<String>,
    pub onboarding: Option<Onboarding>,
    #[serde(flatten)]
    pub keys: AccountKeys,
}

/// The merchant that pays leaders, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the shop file")]
pub struct TransferMerchant {
    pub mchid: String,
    #[serde(flatten)]
    pub keys: AccountKeys,
}

/// The secrets of one account; never printed.
#[derive(Clone, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the shop file")]
pub struct AccountSecrets {
    pub merchant_key: String,
    pub api_v3_key: String,
    #[serde(default)]
    pub earlier_api_v3_key: Option<EarlierKey>,
}

/// An APIv3 key that was changed: notices sealed with it are repeated for a day.
#[derive(Clone, Serialize, Deserialize)]
pub struct EarlierKey {
    /// The key.
    pub key: String,
    /// Until when it still opens, Unix time.
    pub until: i64,
}

impl EarlierKey {
    /// How long a changed key still opens; WeChat repeats a notice for one day and a little.
    const LIFE_S: i64 = 3 * 86_400;

    /// The key before `key`, where `before` was in use with `earlier` beside it, at `now` in Unix time.
    pub(super) fn after_change(
        key: Option<&str>,
        before: Option<&str>,
        earlier: Option<EarlierKey>,
        now: i64,
    ) -> Option<EarlierKey> {
        match (key, before) {
            (Some(key), Some(before)) if key != before => {
                Some(EarlierKey { key: before.to_owned(), until: now + Self::LIFE_S })
            }
            (Some(_), _) => earlier.filter(|earlier| earlier.until > now),
            (None, _) => None,
        }
    }
}

/// The keys of one table of the file, `table` being its name.
struct KeysFile<'a> {
    table: &'static str,
    serial: &'a str,
    key: &'a SecretString,
    certificate: Option<&'a SecretString>,
    api_v3_key: &'a SecretString,
    public_key_id: Option<&'a String>,
    public_key: Option<&'a SecretString>,
}

impl KeysFile<'_> {
    fn read(&self, reading: &mut Reading<'_>) -> (AccountKeys, AccountSecrets) {
        let table = self.table;
        let secrets = AccountSecrets {
            merchant_key: reading.secret(&format!("{table}.merchant_key"), self.key),
            api_v3_key: reading.secret(&format!("{table}.api_v3_key"), self.api_v3_key),
            earlier_api_v3_key: None,
        };
        let public_key = self.public_key.map(|key| reading.secret(&format!("{table}.platform_public_key"), key));
        if self.public_key_id.is_some() != self.public_key.is_some() {
            let absent = if self.public_key.is_some() { "platform_public_key_id" } else { "platform_public_key" };
            reading.fault(&format!("{table}.{absent}"), "required", "platform_public_key and its id go together");
        }
        let keys = AccountKeys {
            merchant_serial: self.serial.to_owned(),
            platform_public_key_id: self.public_key_id.cloned(),
            platform_public_key: public_key,
            certificate_ends: self.certificate_ends(reading),
        };
        (keys, secrets)
    }

    /// When the API certificate ends; one with another serial is not this account's.
    fn certificate_ends(&self, reading: &mut Reading<'_>) -> Option<i64> {
        let field = format!("{}.merchant_certificate", self.table);
        let text = reading.secret(&field, self.certificate?);
        if reading.has_fault(&field) {
            return None;
        }
        match Certificate::parse(&text) {
            Ok(found) if found.serial() == normal_serial(self.serial) => Some(found.not_after()),
            Ok(found) => {
                let detail = format!("its serial is {}, not merchant_serial", found.serial());
                reading.fault(&field, "another_serial", &detail);
                None
            }
            Err(error) => {
                reading.fault(&field, "invalid", &error.to_string());
                None
            }
        }
    }
}

impl WechatPayFile {
    /// The account and its secrets; `None` with its faults noted when somebody is not named.
    pub(super) fn read(&self, appid: &str, reading: &mut Reading<'_>) -> (Option<PayProfile>, AccountSecrets) {
        let keys = KeysFile {
            table: "wechat_pay",
            serial: &self.merchant_serial,
            key: &self.merchant_key,
            certificate: self.merchant_certificate.as_ref(),
            api_v3_key: &self.api_v3_key,
            public_key_id: self.platform_public_key_id.as_ref(),
            public_key: self.platform_public_key.as_ref(),
        };
        let (keys, secrets) = keys.read(reading);
        let mchid = match self.mode {
            PayMode::Direct => self.direct(reading),
            PayMode::Partner => self.partner(appid, reading),
        };
        let profile = mchid.map(|mchid| PayProfile {
            mode: self.mode,
            mchid,
            sp_appid: self.sp_appid.clone(),
            sub_mchid: self.sub_mchid.clone(),
            sub_appid: self.sub_appid.clone(),
            onboarding: self.onboarding.clone(),
            keys,
        });
        (profile, secrets)
    }

    /// The merchant of a shop that sells in its own name. A key of partner mode is no slip of the pen
    /// that may be passed over: it says that the money is somebody else's.
    fn direct(&self, reading: &mut Reading<'_>) -> Option<String> {
        let of_partner = [
            ("sp_appid", self.sp_appid.is_some()),
            ("sp_mchid", self.sp_mchid.is_some()),
            ("sub_mchid", self.sub_mchid.is_some()),
            ("sub_appid", self.sub_appid.is_some()),
            ("onboarding", self.onboarding.is_some()),
        ];
        for (field, _) in of_partner.into_iter().filter(|(_, given)| *given) {
            reading.fault(&format!("wechat_pay.{field}"), "unexpected", "goes with mode = \"partner\"");
        }
        reading.id("wechat_pay.mchid", self.mchid.as_ref())
    }

    /// The service provider, when both sides and the app are named.
    fn partner(&self, appid: &str, reading: &mut Reading<'_>) -> Option<String> {
        let provider = reading.id("wechat_pay.sp_mchid", self.sp_mchid.as_ref().or(self.mchid.as_ref()));
        let sub = reading.id("wechat_pay.sub_mchid", self.sub_mchid.as_ref());
        let app = reading.id("wechat_pay.sp_appid", self.sp_appid.as_ref());
        let (provider, sub) = (provider?, sub?);
        if provider == sub {
            reading.fault("wechat_pay.sub_mchid", "invalid", "a service provider is not its own sub-merchant");
        }
        if self.mchid.as_ref().is_some_and(|mchid| *mchid != provider && *mchid != sub) {
            reading.fault("wechat_pay.mchid", "unexpected", "names neither sp_mchid nor sub_mchid");
        }
        // Members are known under the mini-program's app; an order under another could not name its payer.
        if self.sub_appid.as_ref().is_some_and(|sub_appid| sub_appid != appid) {
            reading.fault("wechat_pay.sub_appid", "invalid", "is the mini-program's appid, or left out");
        }
        app.map(|_| provider)
    }
}

impl TransferMerchantFile {
    /// The account and its secrets. `partner` is the account that takes the money, in partner mode.
    pub(super) fn read(
        &self,
        partner: Option<&PayProfile>,
        reading: &mut Reading<'_>,
    ) -> (TransferMerchant, AccountSecrets) {
        let keys = KeysFile {
            table: "payout.transfer_merchant",
            serial: &self.merchant_serial,
            key: &self.merchant_key,
            certificate: self.merchant_certificate.as_ref(),
            api_v3_key: &self.api_v3_key,
            public_key_id: self.platform_public_key_id.as_ref(),
            public_key: self.platform_public_key.as_ref(),
        };
        let (keys, secrets) = keys.read(reading);
        let field = "payout.transfer_merchant.mchid";
        reading.id(field, Some(&self.mchid));
        if partner.is_some_and(|partner| partner.mchid == self.mchid) {
            reading.fault(field, "not_direct", "is the service provider, to whom merchant transfer is not open");
        }
        (TransferMerchant { mchid: self.mchid.clone(), keys }, secrets)
    }
}
