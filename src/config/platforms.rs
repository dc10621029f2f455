//! The addresses of other people's systems, and which of them may be called.

use std::collections::BTreeSet;

use serde::Deserialize;
use url::Url;

/// The real WeChat Pay; the shipped backup is that of this host alone.
const WECHAT_PAY: &str = "https://api.mch.weixin.qq.com";

/// What must stand in for the real one in sandbox mode: without them nobody signs in or pays.
const NEEDED: [&str; 2] = ["wechat", "wechat_pay"];

/// Base URLs of other people's systems, without a slash at the end.
#[derive(Clone, Debug, Default, Deserialize)]
#[allow(missing_docs, reason = "each field is the platform it names")]
pub struct Platforms {
    pub wechat: String,
    pub wechat_pay: String,
    pub wechat_pay_backup: String,
    pub pinduoduo: String,
    pub pinduoduo_auth: String,
    pub taobao: String,
    pub taobao_auth: String,
    pub jd: String,
    pub jd_auth: String,
    pub youzan: String,
    pub weimob: String,
    pub shopify: String,
    pub aliexpress: String,
    pub ebay: String,
    pub amazon: String,
    pub dhgate: String,
    pub wish: String,
    pub wanliniu: String,
    pub shoplazza: String,
}

impl Platforms {
    fn all(&self) -> [(&'static str, &str); 19] {
        [
            ("wechat", &self.wechat),
            ("wechat_pay", &self.wechat_pay),
            ("wechat_pay_backup", &self.wechat_pay_backup),
            ("pinduoduo", &self.pinduoduo),
            ("pinduoduo_auth", &self.pinduoduo_auth),
            ("taobao", &self.taobao),
            ("taobao_auth", &self.taobao_auth),
            ("jd", &self.jd),
            ("jd_auth", &self.jd_auth),
            ("youzan", &self.youzan),
            ("weimob", &self.weimob),
            ("shopify", &self.shopify),
            ("aliexpress", &self.aliexpress),
            ("ebay", &self.ebay),
            ("amazon", &self.amazon),
            ("dhgate", &self.dhgate),
            ("wish", &self.wish),
            ("wanliniu", &self.wanliniu),
            ("shoplazza", &self.shoplazza),
        ]
    }

    /// Takes the shipped backup away when `given`, the keys somebody has set, move WeChat Pay
    /// elsewhere and name no backup: a call that fails there must not reach the real host.
    pub(super) fn without_foreign_backup(&mut self, given: &BTreeSet<String>) {
        if self.wechat_pay != WECHAT_PAY && !given.contains("wechat_pay_backup") {
            self.wechat_pay_backup.clear();
        }
    }

    /// What is wrong with the addresses. In sandbox mode every one that was `given` must be of this
    /// machine; a default that was left alone is never called then.
    pub(super) fn check(&self, sandbox: bool, given: &BTreeSet<String>, faults: &mut Vec<String>) {
        for (name, base) in self.all() {
            let needed = NEEDED.contains(&name);
            if base.is_empty() {
                if needed {
                    faults.push(format!("platforms.{name} must not be empty"));
                }
                continue;
            }
            match Url::parse(base) {
                Ok(url) if !url.has_host() => faults.push(format!("platforms.{name} is not a URL")),
                Ok(url) if sandbox && (needed || given.contains(name)) && !is_loopback(&url) => {
                    faults.push(format!("sandbox.enabled: platforms.{name} must then be a loopback address"));
                }
                Ok(_) => {}
                Err(_) => faults.push(format!("platforms.{name} is not a URL")),
            }
        }
    }
}

/// Why a platform is not called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// It would be the real one, or another machine.
    #[error("sandbox mode calls this machine alone: platforms.{0} has no loopback address")]
    SandboxMode(String),
    /// It cannot be read.
    #[error("platforms.{0} is not a URL")]
    NotAnAddress(String),
}

/// The one place where addresses to call come from: in sandbox mode those of this machine alone.
#[derive(Clone, Debug)]
pub struct Addresses {
    platforms: Platforms,
    loopback_only: bool,
}

impl Addresses {
    pub(super) fn new(platforms: &Platforms, loopback_only: bool) -> Self {
        Self { platforms: platforms.clone(), loopback_only }
    }

    /// The address under the key `name`; `own`, the platform's own, when the key is empty.
    pub fn of(&self, name: &str, own: &str) -> Result<Url, NoAddress> {
        let configured = self.platforms.all().into_iter().find(|(known, base)| *known == name && !base.is_empty());
        let base = configured.map_or(own, |(_, base)| base);
        let url = Url::parse(base).map_err(|_| NoAddress::NotAnAddress(name.to_owned()))?;
        if self.loopback_only && !is_loopback(&url) {
            return Err(NoAddress::SandboxMode(name.to_owned()));
        }
        Ok(url)
    }

    /// Whether something on this machine stands in for a platform.
    pub fn has_stand_ins(&self) -> bool {
        let here = |base: &str| Url::parse(base).is_ok_and(|url| is_loopback(&url));
        self.loopback_only || self.platforms.all().into_iter().any(|(_, base)| here(base))
    }

    /// WeChat Pay's second host; none when the key is empty, or when it may not be called.
    pub fn wechat_pay_backup(&self) -> Option<Url> {
        self.of("wechat_pay_backup", "").ok()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
