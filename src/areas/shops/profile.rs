//! The shop file: what it may say, which of it is secret, and what it becomes at rest.

use std::collections::BTreeMap;

use kernel::FieldFault;
use kernel::crypto::push::PushKey;
use kernel::failure::Invalid;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::merchant::{AccountSecrets, EarlierKey, PayMode, PayProfile, TransferMerchantFile, WechatPayFile};
use super::payout::{Payout, PayoutMode};
use super::reading::Reading;
use super::settings::Settings;

/// A shop file as written (deploy/shop.example.toml), secrets still as references.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShopFile {
    /// `[a-z0-9-]{1,32}`: the `{shop}` of callback paths.
    pub code: String,
    /// For people.
    pub name: String,
    /// The mini-program.
    pub miniprogram: MiniProgramFile,
    /// The merchant account, where the shop takes money.
    pub wechat_pay: Option<WechatPayFile>,
    /// How leaders are paid.
    #[serde(default)]
    pub payout: Payout<TransferMerchantFile>,
    /// Accounts on marketplaces; keys are the platform's own words.
    #[serde(default)]
    pub marketplaces: BTreeMap<String, BTreeMap<String, toml::Value>>,
    /// Settings to begin with; a shop that exists keeps those not named here.
    pub settings: Option<toml::Table>,
}

/// The mini-program of a shop file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MiniProgramFile {
    /// Unique in the installation.
    pub appid: String,
    /// Its secret.
    pub secret: SecretString,
    /// Token of the message push.
    pub push_token: Option<SecretString>,
    /// EncodingAESKey of the message push.
    pub push_aes_key: Option<SecretString>,
    /// The company it is registered to (主体), to be compared with the stores'.
    pub legal_subject: Option<String>,
}

/// What of a shop file is not secret, as stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Profile {
    /// The merchant account without its keys.
    pub wechat_pay: Option<PayProfile>,
    /// How leaders are paid.
    pub payout: Payout,
    /// On which marketplaces the shop has an account.
    pub marketplaces: Vec<String>,
    /// The company the mini-program is registered to.
    #[serde(default)]
    pub legal_subject: Option<String>,
}

/// Which of a shop's accounts are still the merchants they were.
#[derive(Clone, Copy, Debug)]
pub(super) struct SameMerchants {
    receiver: bool,
    payer: bool,
}

impl Profile {
    /// Which accounts of `before` are the same merchants here, each judged by itself.
    pub(super) fn merchants_as_in(&self, before: &Profile) -> SameMerchants {
        let receiver = |profile: &Profile| profile.wechat_pay.as_ref().map(|pay| pay.mchid.clone());
        let payer = |profile: &Profile| profile.payout.transfer_merchant.as_ref().map(|payer| payer.mchid.clone());
        SameMerchants { receiver: receiver(self) == receiver(before), payer: payer(self) == payer(before) }
    }

    /// The merchant that pays transfers: the one configured apart, else a direct merchant itself.
    pub fn transfer_mchid(&self) -> Option<&str> {
        let apart = self.payout.transfer_merchant.as_ref().map(|merchant| merchant.mchid.as_str());
        let own = || self.wechat_pay.as_ref().filter(|pay| pay.mode == PayMode::Direct);
        apart.or_else(|| own().map(|pay| pay.mchid.as_str()))
    }
}

/// The secrets of a shop file: sealed at rest as one document, never printed.
#[derive(Clone, Default, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the shop file")]
pub struct ShopSecrets {
    pub app_secret: String,
    pub push_token: Option<String>,
    pub push_aes_key: Option<String>,
    pub merchant_key: Option<String>,
    pub api_v3_key: Option<String>,
    #[serde(default)]
    pub earlier_api_v3_key: Option<EarlierKey>,
    pub transfer_merchant: Option<AccountSecrets>,
    pub marketplaces: BTreeMap<String, serde_json::Value>,
}

impl ShopSecrets {
    /// The same, with APIv3 keys that `before` held of the `same` merchants and that still open what is
    /// under way at `now`, in Unix time.
    pub(super) fn following(mut self, before: &ShopSecrets, same: SameMerchants, now: i64) -> Self {
        if same.receiver {
            let (key, old) = (self.api_v3_key.as_deref(), before.api_v3_key.as_deref());
            self.earlier_api_v3_key = EarlierKey::after_change(key, old, before.earlier_api_v3_key.clone(), now);
        }
        if let (Some(payer), Some(old)) = (&mut self.transfer_merchant, &before.transfer_merchant)
            && same.payer
        {
            let earlier = old.earlier_api_v3_key.clone();
            payer.earlier_api_v3_key =
                EarlierKey::after_change(Some(&payer.api_v3_key), Some(&old.api_v3_key), earlier, now);
        }
        self
    }
}

impl std::fmt::Debug for ShopSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShopSecrets(…)")
    }
}

/// A checked shop file, secrets resolved.
#[derive(Debug)]
pub struct ShopDraft {
    /// The callback path's word.
    pub code: String,
    /// For people.
    pub name: String,
    /// The mini-program.
    pub appid: String,
    /// What is not secret.
    pub profile: Profile,
    /// What is.
    pub secrets: ShopSecrets,
    /// Settings named in the file.
    pub settings: Option<serde_json::Value>,
}

impl ShopFile {
    /// Reads a file's text; faults name their key.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        toml::from_str(text).map_err(|error| Invalid::field("shop file", "invalid", error.to_string()))
    }

    /// Checks the file and resolves its secrets with `resolve` (`env:NAME`, `file:PATH`);
    /// `marketplace_faults` judges each `[marketplaces.<id>]` whose secrets are there.
    pub fn into_draft(
        self,
        resolve: impl Fn(&str) -> Result<SecretString, String>,
        marketplace_faults: impl Fn(&str, &Map<String, Value>) -> Vec<FieldFault>,
    ) -> Result<ShopDraft, Invalid> {
        let mut reading = Reading::new(&resolve);
        let mut secrets = ShopSecrets {
            app_secret: reading.secret("miniprogram.secret", &self.miniprogram.secret),
            push_token: self.miniprogram.push_token.as_ref().map(|s| reading.secret("miniprogram.push_token", s)),
            push_aes_key: self.miniprogram.push_aes_key.as_ref().map(|s| reading.secret("miniprogram.push_aes_key", s)),
            ..ShopSecrets::default()
        };
        let of_push: Vec<FieldFault> =
            push_faults(&secrets).into_iter().filter(|fault| !reading.has_fault(&fault.field)).collect();
        reading.faults.extend(of_push);
        self.read_marketplaces(&mut secrets, &mut reading, marketplace_faults);
        let wechat_pay = self.wechat_pay.as_ref().and_then(|pay| {
            let (profile, keys) = pay.read(&self.miniprogram.appid, &mut reading);
            (secrets.merchant_key, secrets.api_v3_key) = (Some(keys.merchant_key), Some(keys.api_v3_key));
            profile
        });
        let transfer_merchant = self.payout.transfer_merchant.as_ref().map(|merchant| {
            let partner = wechat_pay.as_ref().filter(|pay| pay.mode == PayMode::Partner);
            let (merchant, keys) = merchant.read(partner, &mut reading);
            secrets.transfer_merchant = Some(keys);
            merchant
        });
        self.check(&mut reading.faults);
        Invalid::unless_empty(reading.faults)?;
        Ok(ShopDraft {
            code: self.code,
            name: self.name,
            appid: self.miniprogram.appid,
            profile: Profile {
                wechat_pay,
                payout: self.payout.paid_by(transfer_merchant),
                marketplaces: self.marketplaces.into_keys().collect(),
                legal_subject: self.miniprogram.legal_subject.map(|name| name.trim().to_owned()),
            },
            secrets,
            settings: self.settings.and_then(|table| serde_json::to_value(table).ok()),
        })
    }

    /// Resolves each marketplace's keys and has those judged that are all there.
    fn read_marketplaces(
        &self,
        secrets: &mut ShopSecrets,
        reading: &mut Reading<'_>,
        faults_of: impl Fn(&str, &Map<String, Value>) -> Vec<FieldFault>,
    ) {
        for (id, keys) in &self.marketplaces {
            let account = account(id, keys, reading);
            let unresolved = format!("marketplaces.{id}.");
            if !reading.faults.iter().any(|fault| fault.field.starts_with(&unresolved)) {
                reading.faults.extend(faults_of(id, &account));
            }
            secrets.marketplaces.insert(id.clone(), account.into());
        }
    }

    fn check(&self, faults: &mut Vec<FieldFault>) {
        let code_fits = (1..=32).contains(&self.code.len())
            && self.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !code_fits {
            faults.push(FieldFault::new("code", "invalid", "[a-z0-9-], 1 to 32 characters"));
        }
        if self.name.trim().is_empty() || self.name.chars().count() > 64 {
            faults.push(FieldFault::new("name", "invalid", "1 to 64 characters"));
        }
        if self.miniprogram.appid.trim().is_empty() || self.miniprogram.appid.len() > 32 {
            faults.push(FieldFault::new("miniprogram.appid", "invalid", "1 to 32 characters"));
        }
        if self.miniprogram.legal_subject.as_ref().is_some_and(|name| !(1..=100).contains(&name.trim().chars().count()))
        {
            faults.push(FieldFault::new("miniprogram.legal_subject", "invalid", "1 to 100 characters"));
        }
        if self.payout.transfer_remark.chars().count() > 32 {
            faults.push(FieldFault::new("payout.transfer_remark", "too_long", "at most 32 characters"));
        }
        if self.payout.supplier_transfer.remark.chars().count() > 32 {
            faults.push(FieldFault::new("payout.supplier_transfer.remark", "too_long", "at most 32 characters"));
        }
        let partner = self.wechat_pay.as_ref().is_some_and(|pay| pay.mode == PayMode::Partner);
        let no_payer = self.payout.transfer_merchant.is_none();
        if partner && self.payout.mode == PayoutMode::Transfer && no_payer {
            let detail = "merchant transfer is not open to service providers: name a direct merchant under \
                          [payout.transfer_merchant], or use \"profit_sharing\" or \"manual\"";
            faults.push(FieldFault::new("payout.mode", "not_offered", detail));
        }
        if let Some(settings) = &self.settings
            && let Err(error) = settings.clone().try_into::<Settings>()
        {
            faults.push(FieldFault::new("settings", "invalid", error.to_string()));
        }
    }
}

/// What message push cannot use. A token that anybody could guess would let anybody speak for WeChat.
fn push_faults(secrets: &ShopSecrets) -> Vec<FieldFault> {
    let token_fits =
        |token: &String| (3..=32).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut faults = Vec::new();
    if secrets.push_token.as_ref().is_some_and(|token| !token_fits(token)) {
        faults.push(FieldFault::new("miniprogram.push_token", "invalid", "3 to 32 letters and digits"));
    }
    if secrets.push_aes_key.is_some() && secrets.push_token.is_none() {
        faults.push(FieldFault::new("miniprogram.push_token", "required", "missing beside push_aes_key"));
    }
    if secrets.push_aes_key.as_ref().is_some_and(|key| PushKey::parse(key).is_err()) {
        faults.push(FieldFault::new("miniprogram.push_aes_key", "invalid", "the 43 characters of the console"));
    }
    faults
}

/// One marketplace's keys, every text of them resolved.
fn account(id: &str, keys: &BTreeMap<String, toml::Value>, reading: &mut Reading<'_>) -> Map<String, Value> {
    let read = |(key, value): (&String, &toml::Value)| {
        let value = match value {
            toml::Value::String(text) => {
                reading.secret(&format!("marketplaces.{id}.{key}"), &text.clone().into()).into()
            }
            other => serde_json::to_value(other).unwrap_or_default(),
        };
        (key.clone(), value)
    };
    keys.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FILE: &str = r#"
code = "demo"
name = "演示"
[miniprogram]
appid = "wx1"
secret = "env:S"
[wechat_pay]
mchid = "16"
merchant_serial = "AB"
merchant_key = "file:k"
api_v3_key = "0123"
[marketplaces.pinduoduo_affiliate]
client_id = "c"
client_secret = "env:S"
"#;

    #[test]
    fn secrets_are_resolved_and_kept_apart() {
        let draft = ShopFile::parse(FILE)
            .unwrap()
            .into_draft(|given| Ok(format!("<{given}>").into()), |_, _| Vec::new())
            .unwrap();
        assert_eq!(draft.secrets.app_secret, "<env:S>");
        assert!(!serde_json::to_string(&draft.profile).unwrap().contains("<"));
        assert!(!format!("{draft:?}").contains("<env:S>"));
    }

    #[test]
    fn message_push_wants_a_token_nobody_guesses_and_a_whole_key() {
        let with = |more: &str| {
            let text = FILE.replace("[wechat_pay]", &format!("{more}\n[wechat_pay]"));
            ShopFile::parse(&text).unwrap().into_draft(|given| Ok(given.to_owned().into()), |_, _| Vec::new())
        };
        let key = "a".repeat(43);
        assert!(with(&format!("push_token = \"abc123\"\npush_aes_key = \"{key}\"")).is_ok());
        for bad in ["push_token = \"\"", "push_token = \"a b c\"", "push_token = \"abc\"\npush_aes_key = \"short\""] {
            assert!(with(bad).unwrap_err().to_string().contains("miniprogram.push_"), "{bad}");
        }
        assert!(with(&format!("push_aes_key = \"{key}\"")).unwrap_err().to_string().contains("push_token"));
    }

    #[test]
    fn every_fault_is_named() {
        let unknown = ShopFile::parse(&FILE.replace("code =", "cod =")).unwrap_err().to_string();
        assert!(unknown.contains("shop file"), "{unknown}");
        let partner = FILE.replace("mchid = \"16\"", "mode = \"partner\"");
        let error =
            ShopFile::parse(&partner).unwrap().into_draft(|_| Err("no".to_owned()), |_, _| Vec::new()).unwrap_err();
        for field in ["miniprogram.secret", "wechat_pay.sp_mchid", "wechat_pay.sub_mchid", "payout.mode"] {
            assert!(error.0.iter().any(|f| f.field == field), "{field} is not named in {error}");
        }
    }

    fn partner_faults(pay: &str, payout: &str) -> Vec<(String, String)> {
        let text = FILE.replace("mchid = \"16\"", &format!("mode = \"partner\"\n{pay}"));
        let text = text.replace("[marketplaces", &format!("{payout}\n[marketplaces"));
        match ShopFile::parse(&text).unwrap().into_draft(|given| Ok(given.to_owned().into()), |_, _| Vec::new()) {
            Ok(_) => Vec::new(),
            Err(invalid) => invalid.0.iter().map(|f| (f.field.clone(), f.code.to_string())).collect(),
        }
    }

    #[test]
    fn a_service_providers_shop_names_both_sides_and_who_pays_its_leaders() {
        let both = "sp_appid = \"wxsp\"\nsp_mchid = \"17\"\nsub_mchid = \"18\"";
        let payer = |mchid: &str| {
            format!(
                "[payout.transfer_merchant]\nmchid = \"{mchid}\"\nmerchant_serial = \"CD\"\n\
                 merchant_key = \"file:t\"\napi_v3_key = \"env:T\""
            )
        };
        let sharing = "[payout]\nmode = \"profit_sharing\"";
        assert_eq!(partner_faults(both, sharing), []);
        assert_eq!(partner_faults(both, &payer("19")), []);
        assert_eq!(partner_faults(&format!("{both}\nsub_appid = \"wx1\""), sharing), []);
        let one = |field: &str, code: &str| [(field.to_owned(), code.to_owned())];
        assert_eq!(partner_faults(both, ""), one("payout.mode", "not_offered"));
        assert_eq!(partner_faults(both, &payer("17")), one("payout.transfer_merchant.mchid", "not_direct"));
        let other_app = format!("{both}\nsub_appid = \"wx2\"");
        assert_eq!(partner_faults(&other_app, sharing), one("wechat_pay.sub_appid", "invalid"));
        let other_number = format!("{both}\nmchid = \"20\"");
        assert_eq!(partner_faults(&other_number, sharing), one("wechat_pay.mchid", "unexpected"));
        assert_eq!(partner_faults(&both.replace("18", "17"), sharing), one("wechat_pay.sub_mchid", "invalid"));
        assert_eq!(partner_faults(&both.replace("18", "1 8"), sharing), one("wechat_pay.sub_mchid", "invalid"));
        assert_eq!(
            partner_faults(&both.replace("sp_appid = \"wxsp\"\n", ""), sharing),
            one("wechat_pay.sp_appid", "required")
        );
    }

    #[test]
    fn a_direct_merchant_with_keys_of_partner_mode_is_refused() {
        let text = FILE.replace("mchid = \"16\"", "mchid = \"16\"\nsub_mchid = \"18\"");
        let read = ShopFile::parse(&text).unwrap().into_draft(|given| Ok(given.to_owned().into()), |_, _| Vec::new());
        assert!(read.unwrap_err().0.iter().any(|f| f.field == "wechat_pay.sub_mchid"));
    }

    #[test]
    fn the_paying_merchants_secrets_are_kept_apart_too() {
        let more = "[payout.transfer_merchant]\nmchid = \"19\"\nmerchant_serial = \"CD\"\n\
                    merchant_key = \"file:t\"\napi_v3_key = \"env:T\"\n[marketplaces";
        let draft = ShopFile::parse(&FILE.replacen("[marketplaces", more, 1)).unwrap();
        let draft = draft.into_draft(|given| Ok(format!("<{given}>").into()), |_, _| Vec::new()).unwrap();
        assert_eq!(draft.profile.transfer_mchid(), Some("19"));
        assert_eq!(draft.secrets.transfer_merchant.as_ref().unwrap().merchant_key, "<file:t>");
        assert!(!serde_json::to_string(&draft.profile).unwrap().contains('<') && !format!("{draft:?}").contains('<'));
        let stored = serde_json::to_value(&draft.profile).unwrap();
        let read: Profile = serde_json::from_value(stored).unwrap();
        assert_eq!(read.payout, draft.profile.payout);
        assert_eq!(read.wechat_pay.unwrap().keys, draft.profile.wechat_pay.unwrap().keys);
    }

    /// The APIv3 keys that still open beside the present ones: the receiver's and the payer's.
    fn earlier_keys(secrets: &ShopSecrets) -> (Option<&str>, Option<&str>) {
        let payer = secrets.transfer_merchant.as_ref().and_then(|payer| payer.earlier_api_v3_key.as_ref());
        let receiver = secrets.earlier_api_v3_key.as_ref();
        (receiver.map(|earlier| earlier.key.as_str()), payer.map(|earlier| earlier.key.as_str()))
    }

    #[test]
    fn an_account_keeps_its_earlier_key_when_the_other_account_changes() {
        let draft = |mchid: &str, key: &str, payer: Option<(&str, &str)>| {
            let payer = payer.map(|(mchid, key)| {
                format!(
                    "[payout.transfer_merchant]\nmchid = \"{mchid}\"\nmerchant_serial = \"CD\"\n\
                     merchant_key = \"file:t\"\napi_v3_key = \"{key}\"\n"
                )
            });
            let text = FILE.replace("mchid = \"16\"", &format!("mchid = \"{mchid}\""));
            let text = text.replace("\"0123\"", &format!("\"{key}\""));
            let text = text.replacen("[marketplaces", &format!("{}[marketplaces", payer.unwrap_or_default()), 1);
            ShopFile::parse(&text).unwrap().into_draft(|given| Ok(given.to_owned().into()), |_, _| Vec::new()).unwrap()
        };
        let after = |before: &ShopDraft, mut draft: ShopDraft| {
            let same = draft.profile.merchants_as_in(&before.profile);
            draft.secrets = draft.secrets.following(&before.secrets, same, 1_000);
            draft
        };
        let changed = after(&draft("16", "a", None), draft("16", "b", None));
        assert_eq!(earlier_keys(&changed.secrets), (Some("a"), None));
        let payer_added = after(&changed, draft("16", "b", Some(("19", "x"))));
        assert_eq!(earlier_keys(&payer_added.secrets), (Some("a"), None));
        let payer_changed = after(&payer_added, draft("16", "b", Some(("19", "y"))));
        assert_eq!(earlier_keys(&payer_changed.secrets), (Some("a"), Some("x")));
        let receiver_changed = after(&payer_changed, draft("17", "c", Some(("19", "y"))));
        assert_eq!(earlier_keys(&receiver_changed.secrets), (None, Some("x")), "another merchant has other notices");
        let another_payer = after(&payer_changed, draft("16", "c", Some(("20", "z"))));
        assert_eq!(earlier_keys(&another_payer.secrets), (Some("b"), None));
        let payer_gone = after(&payer_changed, draft("16", "b", None));
        assert_eq!(earlier_keys(&payer_gone.secrets), (Some("a"), None));
    }

    #[test]
    fn a_certificate_tells_when_it_ends_and_must_be_the_one_the_serial_names() {
        let vectors: Value = serde_json::from_str(include_str!("../../../tests/vectors/wechat-pay.json")).unwrap();
        let part = |name: &str| vectors["platform_certificate"][name].as_str().unwrap().to_owned();
        let with = |serial: &str| {
            let more = format!("\nmerchant_certificate = \"{}\"", part("test_certificate_der_b64"));
            let text = FILE.replace("merchant_serial = \"AB\"", &format!("merchant_serial = \"{serial}\"{more}"));
            ShopFile::parse(&text).unwrap().into_draft(|given| Ok(given.to_owned().into()), |_, _| Vec::new())
        };
        let ends = with(&part("serial_no").to_lowercase()).unwrap().profile.wechat_pay.unwrap().keys.certificate_ends;
        assert!(ends.is_some_and(|at| at > 1_795_406_400));
        let error = with("AB").unwrap_err();
        assert_eq!(
            (error.0[0].field.as_str(), error.0[0].code.as_str()),
            ("wechat_pay.merchant_certificate", "another_serial")
        );
    }
}
