//! A shop of the tour's own: the sub-merchant of a service provider, on the embedded default.

use std::net::TcpListener;
use std::path::PathBuf;

use anyhow::Context;
use sandbox::{MerchantKeys, Sandbox, SandboxConfig, SandboxKeys, SubMerchant};

use crate::cli::embedded::{self, Embedded};
use crate::cli::sandbox::shop_text;
use crate::config::Config;

/// The leader's company, which receives his shares.
pub(super) const COMPANY: &str = "1900000109";
/// The sub-merchant of a supplier who collects himself.
pub(super) const ORCHARD: &str = "1709982801";

/// A product of the tour's own, which ends with it.
pub(super) struct Stage {
    pub(super) product: Embedded,
    pub(super) sandbox: sandbox::Running,
    folder: PathBuf,
    /// The service provider's number.
    pub(super) provider: String,
    /// The shop's own.
    pub(super) sub: String,
}

impl Stage {
    pub(super) async fn open(config: &Config) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("tuanqiao-tour-{}", uuid::Uuid::new_v4().simple()));
        let keys = SandboxKeys::generate()?;
        let (mut provider, sub) = (MerchantKeys::generate()?, MerchantKeys::generate()?);
        let under = |mchid: &str| SubMerchant { mchid: mchid.to_owned(), appid: Some(sub.appid.clone()) };
        provider.sub_merchants = vec![under(&sub.mchid), under(ORCHARD)];
        let sandbox = Sandbox::start(SandboxConfig { fee_bp: 60, ..SandboxConfig::new(keys.clone()) })?;
        for merchant in [&provider, &sub] {
            sandbox.state().add_merchant(merchant)?;
        }
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let shop = partner_shop(&keys, &provider, &sub)?;
        let product = embedded::start(config.clone(), &folder, &sandbox, listener, |_| Ok(shop)).await?;
        Ok(Self { product, sandbox, folder, provider: provider.mchid, sub: sub.mchid })
    }

    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.product.server.stop().await;
        self.sandbox.stop().await?;
        std::fs::remove_dir_all(&self.folder).with_context(|| format!("{} is left over", self.folder.display()))
    }

    /// Of the orders' money, what lies at the sub-merchant and what the leader's company got.
    pub(super) fn purses(&self) -> (i64, i64) {
        let purse = |mchid: &str| self.sandbox.state().purse(mchid);
        let sub = purse(&self.sub);
        (sub.frozen + sub.available, purse(COMPANY).shared_in)
    }
}

/// The file of a shop whose money is its own and whose calls are its service provider's.
fn partner_shop(keys: &SandboxKeys, provider: &MerchantKeys, sub: &MerchantKeys) -> anyhow::Result<String> {
    let mut signing = keys.clone();
    signing.merchant = provider.clone();
    signing.merchant.appid.clone_from(&sub.appid);
    signing.merchant.secret.clone_from(&sub.secret);
    signing.merchant.push_token.clone_from(&sub.push_token);
    signing.merchant.push_aes_key.clone_from(&sub.push_aes_key);
    let mut shop: toml::Table = toml::from_str(&shop_text("provided", &signing)?)?;
    let pay =
        shop.get_mut("wechat_pay").and_then(toml::Value::as_table_mut).context("the shop's file has no account")?;
    pay.remove("mchid");
    let words =
        [("mode", "partner"), ("sp_appid", &provider.appid), ("sp_mchid", &provider.mchid), ("sub_mchid", &sub.mchid)];
    for (key, value) in words {
        pay.insert(key.to_owned(), value.into());
    }
    // Who receives by sharing is named, and the shop receives its fee of what others collect.
    let onboarding = toml::Table::from_iter([("merchant_name".to_owned(), "阳光生鲜有限公司".into())]);
    pay.insert("onboarding".to_owned(), onboarding.into());
    let payout = toml::Table::from_iter([("mode".to_owned(), "profit_sharing".into())]);
    shop.insert("payout".to_owned(), payout.into());
    Ok(toml::to_string(&shop)?)
}
