//! The clients of other people's systems: built once a version of a shop, keys parsed once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use gateways::pace::Pace;
use gateways::pay::wechat_pay::{Credentials, Hosts, Mode, WechatPay};
use gateways::pictures::Pictures;
use gateways::wechat::{MiniProgram, PushDoor};
use kernel::id::ShopId;
use kernel::{BasisPoints, Code, Coded};
use reqwest::Client;
use url::Url;

use crate::areas::shops::merchant::{AccountKeys, AccountSecrets, PayMode, TransferMerchant};
use crate::areas::shops::profile::{Profile, ShopSecrets};
use crate::areas::shops::query::Shop;
use crate::config::Addresses;

/// The shop takes no money: nothing is configured, or what is cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
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
    /// How much may be shared of an order, as the platform last said of a merchant, and when it said so.
    pub sharing_ceiling: tokio::sync::Mutex<HashMap<Option<String>, (Instant, BasisPoints)>>,
    pay: Result<WechatPay, NoPay>,
    /// The direct merchant that pays leaders, where one is configured apart.
    transfer_merchant: Option<Result<WechatPay, NoPay>>,
}

impl ShopClients {
    /// The account that takes the money.
    pub fn pay(&self) -> Result<&WechatPay, NoPay> {
        self.pay.as_ref().map_err(Clone::clone)
    }

    /// The same where another sub-merchant receives the money; none names the shop's own.
    pub fn pay_for(&self, merchant_no: Option<&str>) -> Result<WechatPay, NoPay> {
        let pay = self.pay()?;
        Ok(merchant_no.map_or_else(|| pay.clone(), |merchant| pay.for_sub_merchant(merchant)))
    }

    /// The account that pays transfers: the merchant configured apart, else the one that takes the money.
    pub fn transfers(&self) -> Result<&WechatPay, NoPay> {
        self.transfer_merchant.as_ref().unwrap_or(&self.pay).as_ref().map_err(Clone::clone)
    }

    /// The account with the number `mchid`: what one has begun no other can go on with.
    pub fn of_merchant(&self, mchid: &str) -> Result<&WechatPay, NoPay> {
        let known = |pay: &&WechatPay| pay.mchid() == mchid;
        let apart = self.transfer_merchant.as_ref().and_then(|pay| pay.as_ref().ok());
        let found = apart.filter(known).or_else(|| self.pay.as_ref().ok().filter(known));
        found.ok_or_else(|| NoPay::Unusable(format!("none is the merchant {mchid}")))
    }

    /// Whether transfers are paid by an account of their own.
    pub fn pays_apart(&self) -> bool {
        self.transfer_merchant.is_some()
    }
}

/// Every shop's clients.
pub struct Clients {
    /// The shared HTTP client.
    pub http: Client,
    /// Fetches pictures from addresses that others wrote.
    pub pictures: Pictures,
    wechat: Url,
    hosts: Hosts,
    pace: Arc<dyn Pace>,
    by_shop: ArcSwap<HashMap<ShopId, Arc<ShopClients>>>,
}

impl Clients {
    /// No shop yet; the addresses are checked. `pace` hands out the turns of all accounts.
    pub fn new(addresses: &Addresses, pace: Arc<dyn Pace>) -> anyhow::Result<Self> {
        Ok(Self {
            http: gateways::http::client()?,
            pictures: Pictures::new(addresses.has_stand_ins())?,
            wechat: addresses.of("wechat", "")?,
            hosts: Hosts {
                main: addresses.of("wechat_pay", "")?,
                backup: addresses.wechat_pay_backup(),
                first_wait: Hosts::FIRST_WAIT,
            },
            pace,
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
        let (pay, transfer_merchant) = self.accounts(&shop.appid, &shop.profile, &shop.secrets);
        for error in [Some(&pay), transfer_merchant.as_ref()].into_iter().flatten().filter_map(|pay| pay.as_ref().err())
        {
            if matches!(error, NoPay::Unusable(_)) {
                tracing::error!(shop = %shop.id, %error, "a merchant account cannot be used");
            }
        }
        ShopClients {
            version: shop.version,
            miniprogram: MiniProgram::new(self.wechat.clone(), shop.appid.clone(), secret, self.http.clone()),
            push: push_door(shop),
            token_turn: Arc::default(),
            sharing_ceiling: tokio::sync::Mutex::default(),
            pay,
            transfer_merchant,
        }
    }

    /// Whether a shop's accounts can be used as written; nothing is sent.
    pub fn check(&self, appid: &str, profile: &Profile, secrets: &ShopSecrets) -> Result<(), NoPay> {
        let (pay, transfer_merchant) = self.accounts(appid, profile, secrets);
        match pay {
            Err(NoPay::NotConfigured) | Ok(_) => transfer_merchant.transpose().map(drop),
            Err(unusable) => Err(unusable),
        }
    }

    /// The account that takes the money, and the one that pays leaders where that is another.
    fn accounts(
        &self,
        appid: &str,
        profile: &Profile,
        secrets: &ShopSecrets,
    ) -> (Result<WechatPay, NoPay>, Option<Result<WechatPay, NoPay>>) {
        let open = |credentials: Option<Credentials>| {
            let credentials = credentials.ok_or(NoPay::NotConfigured)?;
            WechatPay::paced(&credentials, self.hosts.clone(), self.http.clone(), Arc::clone(&self.pace))
                .map_err(|error| NoPay::Unusable(error.to_string()))
        };
        let apart = profile.payout.transfer_merchant.as_ref();
        (
            open(credentials(appid, profile, secrets)),
            apart.map(|merchant| open(transfer_credentials(appid, merchant, secrets))),
        )
    }
}

fn push_door(shop: &Shop) -> Option<PushDoor> {
    let token = shop.secrets.push_token.clone()?;
    let key = shop.secrets.push_aes_key.clone().map(Into::into);
    let door = PushDoor::new(shop.appid.clone(), token.into(), key.as_ref());
    door.inspect_err(|error| tracing::error!(shop = %shop.id, %error, "message push cannot be used")).ok()
}

fn credentials(appid: &str, profile: &Profile, secrets: &ShopSecrets) -> Option<Credentials> {
    let pay = profile.wechat_pay.as_ref()?;
    let mode = match pay.mode {
        PayMode::Direct => Mode::Direct,
        PayMode::Partner => Mode::Partner {
            sp_appid: pay.sp_appid.clone()?,
            sp_mchid: pay.mchid.clone(),
            sub_mchid: pay.sub_mchid.clone()?,
        },
    };
    let key = AccountSecrets {
        merchant_key: secrets.merchant_key.clone()?,
        api_v3_key: secrets.api_v3_key.clone()?,
        earlier_api_v3_key: secrets.earlier_api_v3_key.clone(),
    };
    Some(account(mode, appid, &pay.mchid, &pay.keys, key))
}

fn transfer_credentials(appid: &str, merchant: &TransferMerchant, secrets: &ShopSecrets) -> Option<Credentials> {
    Some(account(Mode::Direct, appid, &merchant.mchid, &merchant.keys, secrets.transfer_merchant.clone()?))
}

fn account(mode: Mode, appid: &str, mchid: &str, keys: &AccountKeys, secrets: AccountSecrets) -> Credentials {
    Credentials {
        mode,
        appid: appid.to_owned(),
        mchid: mchid.to_owned(),
        merchant_serial: keys.merchant_serial.clone(),
        merchant_key: secrets.merchant_key.into(),
        api_v3_key: secrets.api_v3_key.into(),
        earlier_api_v3_key: secrets.earlier_api_v3_key.map(|earlier| (earlier.key.into(), earlier.until)),
        platform_public_key_id: keys.platform_public_key_id.clone(),
        platform_public_key: keys.platform_public_key.clone(),
    }
}
