//! The shop file: what it may say, which of it is secret, and what it becomes at rest.

use std::collections::BTreeMap;

use kernel::crypto::push::PushKey;
use kernel::failure::Invalid;
use kernel::{Fen, FieldFault};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
    pub payout: Payout,
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
}

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
    /// The sub-merchant's app, where it differs from the mini-program.
    pub sub_appid: Option<String>,
    /// Serial of the merchant's API certificate, hex.
    pub merchant_serial: String,
    /// The merchant's private key, PEM.
    pub merchant_key: SecretString,
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

/// How leaders are paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Payout {
    /// The way.
    pub mode: PayoutMode,
    /// The scene granted to the merchant.
    pub transfer_scene_id: String,
    /// The texts the scene wants.
    pub transfer_scene_report: Vec<SceneReport>,
    /// What the leader sees, at most 32 characters.
    pub transfer_remark: String,
    /// The scene's limit; more is refused, never split.
    pub transfer_max_fen: Fen,
}

/// How leaders are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutMode {
    /// By merchant transfer, on withdrawal.
    Transfer,
    /// By profit sharing, at settlement.
    ProfitSharing,
    /// By hand.
    Manual,
}

/// One text a transfer scene wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneReport {
    /// The field's name, as the scene has it.
    pub info_type: String,
    /// What it says.
    pub info_content: String,
}

impl Default for Payout {
    fn default() -> Self {
        let report = |info_type: &str, info_content: &str| SceneReport {
            info_type: info_type.to_owned(),
            info_content: info_content.to_owned(),
        };
        Self {
            mode: PayoutMode::Transfer,
            transfer_scene_id: "1005".to_owned(),
            transfer_scene_report: vec![report("岗位类型", "团长"), report("报酬说明", "团购佣金")],
            transfer_remark: "团购佣金".to_owned(),
            transfer_max_fen: Fen::from_fen(2_000_000),
        }
    }
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
}

/// The merchant account without its keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the shop file")]
pub struct PayProfile {
    pub mode: PayMode,
    pub mchid: String,
    pub sp_appid: Option<String>,
    pub sub_mchid: Option<String>,
    pub sub_appid: Option<String>,
    pub merchant_serial: String,
    pub platform_public_key_id: Option<String>,
    pub platform_public_key: Option<String>,
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
    pub marketplaces: BTreeMap<String, serde_json::Value>,
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
        let mut faults = Vec::new();
        let mut secret = |field: &str, given: &SecretString| match resolve(given.expose_secret()) {
            Ok(value) => value.expose_secret().to_owned(),
            Err(detail) => {
                faults.push(FieldFault::new(field, "unresolved", detail));
                String::new()
            }
        };
        let mut secrets = ShopSecrets {
            app_secret: secret("miniprogram.secret", &self.miniprogram.secret),
            push_token: self.miniprogram.push_token.as_ref().map(|s| secret("miniprogram.push_token", s)),
            push_aes_key: self.miniprogram.push_aes_key.as_ref().map(|s| secret("miniprogram.push_aes_key", s)),
            ..ShopSecrets::default()
        };
        let mut public_key = None;
        if let Some(pay) = &self.wechat_pay {
            secrets.merchant_key = Some(secret("wechat_pay.merchant_key", &pay.merchant_key));
            secrets.api_v3_key = Some(secret("wechat_pay.api_v3_key", &pay.api_v3_key));
            public_key = pay.platform_public_key.as_ref().map(|s| secret("wechat_pay.platform_public_key", s));
        }
        let accounts: BTreeMap<String, Map<String, Value>> =
            self.marketplaces.iter().map(|(id, keys)| (id.clone(), account(id, keys, &mut secret))).collect();
        let unresolved = |fault: &FieldFault| faults.iter().any(|known| known.field == fault.field);
        let of_push: Vec<FieldFault> = push_faults(&secrets).into_iter().filter(|fault| !unresolved(fault)).collect();
        faults.extend(of_push);
        for (id, account) in accounts {
            let unresolved = format!("marketplaces.{id}.");
            if !faults.iter().any(|fault| fault.field.starts_with(&unresolved)) {
                faults.extend(marketplace_faults(&id, &account));
            }
            secrets.marketplaces.insert(id, account.into());
        }
        let wechat_pay = self.wechat_pay.as_ref().and_then(|pay| pay_profile(pay, public_key, &mut faults));
        self.check(&mut faults);
        Invalid::unless_empty(faults)?;
        Ok(ShopDraft {
            code: self.code,
            name: self.name,
            appid: self.miniprogram.appid,
            profile: Profile { wechat_pay, payout: self.payout, marketplaces: self.marketplaces.into_keys().collect() },
            secrets,
            settings: self.settings.and_then(|table| serde_json::to_value(table).ok()),
        })
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
        if self.payout.transfer_remark.chars().count() > 32 {
            faults.push(FieldFault::new("payout.transfer_remark", "too_long", "at most 32 characters"));
        }
        let partner = self.wechat_pay.as_ref().is_some_and(|pay| pay.mode == PayMode::Partner);
        if partner && self.payout.mode == PayoutMode::Transfer {
            let detail = "merchant transfer is not open to service providers; use \"profit_sharing\" or \"manual\"";
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

/// One marketplace's keys with `secret` applied to every text.
fn account(
    id: &str,
    keys: &BTreeMap<String, toml::Value>,
    secret: &mut impl FnMut(&str, &SecretString) -> String,
) -> Map<String, Value> {
    let read = |(key, value): (&String, &toml::Value)| {
        let value = match value {
            toml::Value::String(text) => secret(&format!("marketplaces.{id}.{key}"), &text.clone().into()).into(),
            other => serde_json::to_value(other).unwrap_or_default(),
        };
        (key.clone(), value)
    };
    keys.iter().map(read).collect()
}

fn pay_profile(pay: &WechatPayFile, public_key: Option<String>, faults: &mut Vec<FieldFault>) -> Option<PayProfile> {
    let mut missing = |field: &str| {
        faults.push(FieldFault::new(format!("wechat_pay.{field}"), "required", "missing"));
        None::<String>
    };
    let mchid = match pay.mode {
        PayMode::Direct => pay.mchid.clone().or_else(|| missing("mchid")),
        PayMode::Partner => pay.sp_mchid.clone().or_else(|| pay.mchid.clone()).or_else(|| missing("sp_mchid")),
    };
    if pay.mode == PayMode::Partner {
        pay.sub_mchid.clone().or_else(|| missing("sub_mchid"))?;
        pay.sp_appid.clone().or_else(|| missing("sp_appid"))?;
    }
    if pay.platform_public_key_id.is_some() != pay.platform_public_key.is_some() {
        missing("platform_public_key and platform_public_key_id go together:");
    }
    Some(PayProfile {
        mode: pay.mode,
        mchid: mchid?,
        sp_appid: pay.sp_appid.clone(),
        sub_mchid: pay.sub_mchid.clone(),
        sub_appid: pay.sub_appid.clone(),
        merchant_serial: pay.merchant_serial.clone(),
        platform_public_key_id: pay.platform_public_key_id.clone(),
        platform_public_key: public_key,
    })
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
}
