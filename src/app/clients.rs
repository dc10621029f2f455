//! The clients of other people's systems: built once a version of a shop, keys parsed once.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use gateways::pay::wechat_pay::{Credentials, Hosts, Mode, WechatPay};
use gateways::wechat::{MiniProgram, PushDoor};
use kernel::id::ShopId;
use kernel::{Code, Coded};
use reqwest::Client;
use url::Url;

use crate::areas::shops::profile::PayMode;
use crate::areas::shops::query::Shop;
use crate::config::Addresses;

/// The shop takes no money: nothing is configured, or what is cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoPay {
    /// The shop file has no `[wechat_pay]`.
    #[error("the shop has no payment account")]
    NotConfigured,
    /// A key or id cannot be used.
    #[error("the shop's payment account cannot be used: {0}")]
    Unusable(String),
}

impl Coded for NoPay {
    fn code(&self) -> Code {
        Code::PaymentNotConfigured
    }
}

/// One shop's clients.
pub struct ShopClients {
    version: i64,
    /// The mini-program's server API.
    pub miniprogram: MiniProgram,
    /// Opens what the mini-program platform pushes; `None` where the shop file names no token.
    pub push: Option<PushDoor>,
    /// Held while an access token is fetched, so that this process fetches one at a time.
    pub token_turn: Arc<tokio::sync::Mutex<()>>,
    pay: Result<WechatPay, String>,
    has_account: bool,
}

impl ShopClients {
    /// The payment client.
    pub fn pay(&self) -> Result<&WechatPay, NoPay> {
        match &self.pay {
            Ok(client) => Ok(client),
            Err(_) if !self.has_account => Err(NoPay::NotConfigured),
            Err(detail) => Err(NoPay::Unusable(detail.clone())),
        }
    }
}

/// Every shop's clients.
pub struct Clients {
    /// The shared HTTP client.
    pub http: Client,
    wechat: Url,
    hosts: Hosts,
    by_shop: ArcSwap<HashMap<ShopId, Arc<ShopClients>>>,
}

impl Clients {
    /// No shop yet; the addresses are checked.
    pub fn new(addresses: &Addresses) -> anyhow::Result<Self> {
        Ok(Self {
            http: gateways::http::client()?,
            wechat: addresses.of("wechat", "")?,
            hosts: Hosts {
                main: addresses.of("wechat_pay", "")?,
                backup: addresses.wechat_pay_backup(),
                first_wait: Hosts::FIRST_WAIT,
            },
            by_shop: ArcSwap::default(),
        })
    }

    /// The clients of `shop`, built anew when the shop has changed.
    pub fn of(&self, shop: &Shop) -> Arc<ShopClients> {
        if let Some(known) = self.by_shop.load().get(&shop.id)
            && known.version == shop.version
        {
            return Arc::clone(known);
        }
        let built = Arc::new(self.build(shop));
        self.by_shop.rcu(|known| {
            let mut clients = HashMap::clone(known);
            clients.insert(shop.id, Arc::clone(&built));
            clients
        });
        built
    }

    fn build(&self, shop: &Shop) -> ShopClients {
        let secret = shop.secrets.app_secret.clone().into();
        let pay = credentials(shop).ok_or_else(|| "not configured".to_owned()).and_then(|credentials| {
            WechatPay::new(&credentials, self.hosts.clone(), self.http.clone()).map_err(|error| {
                tracing::error!(shop = %shop.id, %error, "the payment account cannot be used");
                error.to_string()
            })
        });
        ShopClients {
            version: shop.version,
            miniprogram: MiniProgram::new(self.wechat.clone(), shop.appid.clone(), secret, self.http.clone()),
            push: push_door(shop),
            token_turn: Arc::default(),
            pay,
            has_account: shop.profile.wechat_pay.is_some(),
        }
    }
}

fn push_door(shop: &Shop) -> Option<PushDoor> {
    let token = shop.secrets.push_token.clone()?;
    let key = shop.secrets.push_aes_key.clone().map(Into::into);
    let door = PushDoor::new(shop.appid.clone(), token.into(), key.as_ref());
    door.inspect_err(|error| tracing::error!(shop = %shop.id, %error, "message push cannot be used")).ok()
}

fn credentials(shop: &Shop) -> Option<Credentials> {
    let pay = shop.profile.wechat_pay.as_ref()?;
    let mode = match pay.mode {
        PayMode::Direct => Mode::Direct,
        PayMode::Partner => Mode::Partner {
            sp_appid: pay.sp_appid.clone()?,
            sp_mchid: pay.mchid.clone(),
            sub_mchid: pay.sub_mchid.clone()?,
        },
    };
    Some(Credentials {
        mode,
        appid: pay.sub_appid.clone().unwrap_or_else(|| shop.appid.clone()),
        mchid: pay.mchid.clone(),
        merchant_serial: pay.merchant_serial.clone(),
        merchant_key: shop.secrets.merchant_key.clone()?.into(),
        api_v3_key: shop.secrets.api_v3_key.clone()?.into(),
        platform_public_key_id: pay.platform_public_key_id.clone(),
        platform_public_key: pay.platform_public_key.clone(),
    })
}
