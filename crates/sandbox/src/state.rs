//! What one sandbox knows: its merchants, its books, its clock, its faults.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use crate::catalogue::{self, Listing};
use crate::clock::SandboxClock;
use crate::config::SandboxConfig;
use crate::courier::Courier;
use crate::crypto::{CryptoError, PrivateKey, PublicKey};
use crate::faults::Faults;
use crate::keys::{KeysError, MerchantKeys, SubMerchant};
use crate::request_log::RequestLog;
use crate::world::World;

/// A handle on one sandbox's state; cheap to clone, shared by the server and by tests in the same
/// process.
#[derive(Clone)]
pub struct SandboxState(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: SandboxConfig,
    pub(crate) clock: SandboxClock,
    pub(crate) platform: Platform,
    pub(crate) merchants: RwLock<HashMap<String, Arc<Merchant>>>,
    pub(crate) world: Mutex<World>,
    pub(crate) nonces: Mutex<HashMap<String, i64>>,
    pub(crate) faults: Faults,
    pub(crate) log: RequestLog,
    pub(crate) courier: Courier,
    pub(crate) bills: crate::pay::bills::BillFiles,
    pub(crate) catalogue: Vec<Listing>,
    /// Limits of calls to stores' platforms.
    pub(crate) buckets: crate::rest::bucket::Buckets,
    /// Answers to writes that came with a key.
    pub(crate) repeats: crate::rest::repeats::Repeats,
    /// Where this sandbox is reached, once it is served.
    pub(crate) base_url: OnceLock<String>,
}

/// The platform's key, parsed once.
pub(crate) struct Platform {
    pub(crate) key: PrivateKey,
    /// What `Wechatpay-Serial` says in answers and notices.
    pub(crate) serial: String,
}

/// A merchant as the platform knows it: names and the public key, parsed once.
pub(crate) struct Merchant {
    pub(crate) appid: String,
    pub(crate) secret: String,
    pub(crate) push_token: String,
    pub(crate) push_aes_key: String,
    pub(crate) mchid: String,
    pub(crate) serial: String,
    pub(crate) api_v3_key: String,
    bound_appids: Vec<String>,
    pub(crate) sub_merchants: Vec<SubMerchant>,
    pub(crate) key: Arc<PublicKey>,
    /// The certificate before: it signs until it ends, as the platform lets two live at once.
    pub(crate) earlier: Option<(String, Arc<PublicKey>)>,
}

impl SandboxState {
    /// Builds the state of a sandbox without serving it.
    pub fn new(config: SandboxConfig) -> Result<Self, KeysError> {
        let keys = &config.keys.platform;
        let serial = if config.certificate_mode { &keys.certificate_serial } else { &keys.public_key_id };
        let platform = Platform { key: keys.private_key()?, serial: serial.clone() };
        let world = match &config.data_file {
            Some(path) => World::load(path)?,
            None => World::default(),
        };
        let clock = SandboxClock::default();
        clock.set_offset(world.clock_offset_s);
        let first = config.keys.merchant.clone();
        let inner = Inner {
            clock,
            platform,
            merchants: RwLock::default(),
            world: Mutex::new(world),
            nonces: Mutex::default(),
            faults: Faults::default(),
            log: RequestLog::default(),
            courier: Courier::start()?,
            bills: crate::pay::bills::BillFiles::default(),
            catalogue: catalogue::listings(config.catalogue_size),
            buckets: crate::rest::bucket::Buckets::default(),
            repeats: crate::rest::repeats::Repeats::default(),
            base_url: OnceLock::new(),
            config,
        };
        let state = Self(Arc::new(inner));
        state.add_merchant(&first)?;
        Ok(state)
    }

    /// Registers another merchant, or replaces the one with the same number.
    pub fn add_merchant(&self, keys: &MerchantKeys) -> Result<(), KeysError> {
        let key = Arc::new(PublicKey::from_der(keys.private_key()?.public_der())?);
        if keys.api_v3_key.len() != 32 {
            return Err(CryptoError("APIv3 key").into());
        }
        let merchant = Merchant {
            appid: keys.appid.clone(),
            secret: keys.secret.clone(),
            push_token: keys.push_token.clone(),
            push_aes_key: keys.push_aes_key.clone(),
            mchid: keys.mchid.clone(),
            serial: keys.serial.clone(),
            api_v3_key: keys.api_v3_key.clone(),
            bound_appids: keys.bound_appids.clone(),
            sub_merchants: keys.sub_merchants.clone(),
            key,
            earlier: None,
        };
        {
            let mut world = self.world();
            for mchid in merchant.seller_numbers() {
                world.open_purse(mchid, self.config().operations_fen);
            }
        }
        let mut merchants = self.0.merchants.write().unwrap_or_else(PoisonError::into_inner);
        let before = merchants.get(&merchant.mchid).filter(|before| before.serial != merchant.serial);
        let earlier = before.map(|before| (before.serial.clone(), Arc::clone(&before.key)));
        merchants.insert(merchant.mchid.clone(), Arc::new(Merchant { earlier, ..merchant }));
        Ok(())
    }

    /// The keys this sandbox was started with.
    pub fn keys(&self) -> &crate::keys::SandboxKeys {
        &self.config().keys
    }

    /// The sandbox's clock.
    pub fn clock(&self) -> &SandboxClock {
        &self.0.clock
    }

    pub(crate) fn config(&self) -> &SandboxConfig {
        &self.0.config
    }

    pub(crate) fn now(&self) -> i64 {
        self.0.clock.now()
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn merchant(&self, mchid: &str) -> Option<Arc<Merchant>> {
        self.0.merchants.read().unwrap_or_else(PoisonError::into_inner).get(mchid).cloned()
    }

    pub(crate) fn merchants(&self) -> Vec<Arc<Merchant>> {
        let merchants = self.0.merchants.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = merchants.values().cloned().collect();
        all.sort_by(|a, b| a.mchid.cmp(&b.mchid));
        all
    }

    /// The mini-program of `appid`: a merchant's own or a sub-merchant's.
    pub(crate) fn merchant_of_app(&self, appid: &str) -> Option<Arc<Merchant>> {
        self.merchants().into_iter().find(|merchant| merchant.appid == appid)
    }

    /// Does `work` when accepted things are to be settled: at once, after the configured wait, or
    /// never when settling is left to the control API.
    pub(crate) fn settle_by_itself(&self, work: impl FnOnce(&Self) + Send + 'static) {
        match self.config().settle_after_ms {
            None => {}
            Some(0) => work(self),
            Some(wait) => {
                let state = self.clone();
                self.0.courier.run(async move {
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                    work(&state);
                });
            }
        }
    }

    /// Forgets orders, refunds, transfers, messages, faults and the log; merchants stay.
    pub fn reset(&self) {
        let mut fresh = World::default();
        for merchant in self.merchants() {
            for mchid in merchant.seller_numbers() {
                fresh.open_purse(mchid, self.config().operations_fen);
            }
        }
        self.0.clock.set_offset(0);
        *self.world() = fresh;
        self.0.faults.clear();
        self.0.log.clear();
    }

    /// Writes the books every other second when they changed, so that a demo that is killed finds
    /// them again.
    pub(crate) fn save_now_and_then(&self) {
        let watched = Arc::downgrade(&self.0);
        self.0.courier.run(async move {
            let mut written = Vec::new();
            loop {
                tokio::time::sleep(Duration::from_secs(2)).await;
                let Some(state) = watched.upgrade().map(Self) else { return };
                let saved = state.books_as_json().and_then(|books| {
                    if books != written {
                        state.write(&books)?;
                        written = books;
                    }
                    Ok(())
                });
                if let Err(error) = saved {
                    tracing::warn!(%error, "the sandbox's books were not written");
                }
            }
        });
    }

    /// Writes the books to the data file, when there is one.
    pub fn save(&self) -> Result<(), KeysError> {
        if self.config().data_file.is_some() {
            self.write(&self.books_as_json()?)?;
        }
        Ok(())
    }

    fn books_as_json(&self) -> Result<Vec<u8>, KeysError> {
        let mut world = self.world();
        world.clock_offset_s = self.0.clock.offset_s();
        Ok(serde_json::to_vec(&*world)?)
    }

    fn write(&self, books: &[u8]) -> Result<(), KeysError> {
        let Some(path) = &self.config().data_file else { return Ok(()) };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, books)?;
        std::fs::rename(fresh, path)?;
        Ok(())
    }
}

impl Merchant {
    /// Every merchant number that may sell under this account.
    pub(crate) fn seller_numbers(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.mchid.as_str()).chain(self.sub_merchants.iter().map(|sub| sub.mchid.as_str()))
    }

    /// Whether this is a service provider, who sells nothing and has sub-merchants that do.
    pub(crate) fn is_service_provider(&self) -> bool {
        !self.sub_merchants.is_empty()
    }

    /// Whether the mini-program `appid` is bound to this merchant number.
    pub(crate) fn binds(&self, appid: &str) -> bool {
        self.appid == appid || self.bound_appids.iter().any(|bound| bound == appid)
    }

    /// The sub-merchant `mchid` of this service provider.
    pub(crate) fn sub_merchant(&self, mchid: &str) -> Option<&SubMerchant> {
        self.sub_merchants.iter().find(|sub| sub.mchid == mchid)
    }
}
