//! The marketplaces of each shop: connector, address, engine and the budget all processes share.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use gateways::marketplaces::{
    self as platforms, ApiError, Breakers, Channel, Connector, Descriptor, Engine, Entry, ErrorClass, LocalBudget,
    Priority, PromotionLink, RetryPolicy, SettingsError, Setup,
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use kernel::id::{GoodsId, LeaderId, MemberId, ShopId};
use kernel::{Clock, FieldFault};
use moka::future::Cache;
use reqwest::Client;
use sea_orm::DbErr;
use serde_json::{Map, Value};

use super::market_budget::{SharedBudget, Tally, scope};
use super::store_keeper::{StoreKeeper, callback_url, setup_of};
use crate::areas::market_accounts::MarketError;
use crate::areas::market_accounts::quota;
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store;
use crate::config::{Addresses, NoAddress};
use crate::platform::db::Db;
use crate::platform::seal::Sealer;

/// Our own key beside the platform's: calls a day, 0 for no limit. Left out, it is what the platform
/// grants an app in its test state.
const CALLS_PER_DAY: &str = "calls_per_day";
/// Our own key beside the platform's: calls a second of each kind, 0 for no limit. Left out, it is what the
/// connector knows of the platform; none where `calls_per_day` is 0, since then the platform alone says no.
const CALLS_PER_SECOND: &str = "calls_per_second";
/// How long a link at hand is given again.
const LINK_LIFE: Duration = Duration::from_secs(300);
/// Most links at hand.
const LINKS_MAX: u64 = 20_000;
/// How long a platform's public key is kept; platforms allow an hour and more.
const HOOK_KEY_LIFE: Duration = Duration::from_secs(3600);
/// Most such keys at hand.
const HOOK_KEYS_MAX: u64 = 1_000;
/// How many keys not at hand are asked for, whoever names them.
const KEY_QUESTIONS_A_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(11);
/// Patience of work in the background. All attempts end well before a run's lease does.
const PATIENT: RetryPolicy = RetryPolicy {
    attempts: 3,
    first_pause: Duration::from_millis(500),
    longest_wait: Duration::from_secs(8),
    timeout: Duration::from_secs(10),
};
/// Patience while somebody waits.
const HURRIED: RetryPolicy = RetryPolicy {
    attempts: 2,
    first_pause: Duration::from_millis(200),
    longest_wait: Duration::from_secs(2),
    timeout: Duration::from_secs(4),
};

/// A link at hand: whose, to what, and which leader it names.
type LinkKey = (ShopId, MemberId, GoodsId, Option<LeaderId>);

/// Where a shopper is sent.
#[derive(Clone, Debug)]
pub struct Jump {
    /// The way there.
    pub link: PromotionLink,
    /// Whether it leads to the filing that the platform wants first.
    pub filing: bool,
}

/// One shop's way to one marketplace.
pub struct Market {
    version: i64,
    /// What the marketplace is.
    pub descriptor: &'static Descriptor,
    /// The one that sends, patiently.
    pub engine: Engine,
    /// The same for a shopper who waits.
    pub hurried: Engine,
    /// Connector and address.
    pub channel: Channel,
    /// Calls a day; none is no limit.
    pub per_day: Option<u32>,
}

impl Market {
    /// Whose calls are counted together.
    pub fn quota_scope(&self) -> String {
        scope(self.descriptor.id, self.channel.connector().app())
    }
}

/// One store of a shop, and how it is called.
pub struct Store {
    /// The marketplace it is at.
    pub market: Arc<Market>,
    /// Connector, address and tokens.
    pub channel: Channel,
    /// What it is set up with.
    pub setup: Setup,
    /// Who holds its tokens.
    pub keeper: Arc<StoreKeeper>,
}

/// Every shop's marketplaces.
pub struct Marketplaces {
    addresses: Addresses,
    http: Client,
    db: Db,
    clock: Clock,
    sealer: Arc<Sealer>,
    /// What platforms call back, without a slash at the end.
    public_url: String,
    /// Calls a second and pauses, for all shops of this process.
    seconds: HashMap<&'static str, Arc<LocalBudget>>,
    /// Calls without a limit that are not written down yet.
    tally: Arc<Tally>,
    /// Platforms that are left alone because they do not answer.
    breakers: Breakers,
    open: ArcSwap<HashMap<(ShopId, &'static str), Arc<Market>>>,
    /// Links at hand, so that a shopper who taps twice costs one call.
    pub links: Cache<LinkKey, Arc<Jump>>,
    /// Public keys by which platforms sign their messages, by app and name; none where there is no such.
    hook_keys: Cache<(String, String), Option<Arc<str>>>,
    /// Names of keys come from whoever calls: they must not spend the app's calls.
    key_questions: DefaultDirectRateLimiter,
}

impl Marketplaces {
    /// No shop's yet.
    pub fn new(
        addresses: Addresses,
        http: Client,
        db: &Db,
        clock: &Clock,
        sealer: &Arc<Sealer>,
        public_url: &str,
    ) -> Self {
        let seconds = |entry: &Entry| {
            let budget = LocalBudget::new(entry.descriptor.calls_per_s, None);
            (entry.descriptor.id, Arc::new(budget))
        };
        Self {
            addresses,
            http,
            db: db.clone(),
            clock: clock.clone(),
            sealer: Arc::clone(sealer),
            public_url: public_url.trim_end_matches('/').to_owned(),
            seconds: platforms::REGISTRY.iter().map(seconds).collect(),
            tally: Arc::default(),
            breakers: Breakers::default(),
            open: ArcSwap::default(),
            links: Cache::builder().time_to_live(LINK_LIFE).max_capacity(LINKS_MAX).build(),
            hook_keys: Cache::builder().time_to_live(HOOK_KEY_LIFE).max_capacity(HOOK_KEYS_MAX).build(),
            key_questions: RateLimiter::direct(Quota::per_minute(KEY_QUESTIONS_A_MINUTE)),
        }
    }

    /// The way of `shop` to the marketplace `id`, built anew when the shop has changed.
    ///
    /// # Errors
    /// [`MarketError::Unknown`]; [`MarketError::NotConfigured`] names every fault of the settings.
    pub fn of(&self, shop: &Shop, id: &str) -> Result<Arc<Market>, MarketError> {
        let entry = platforms::find(id).ok_or_else(|| MarketError::Unknown(id.to_owned()))?;
        let key = (shop.id, entry.descriptor.id);
        if let Some(known) = self.open.load().get(&key)
            && known.version == shop.version
        {
            return Ok(Arc::clone(known));
        }
        let built = Arc::new(self.build(shop, entry)?);
        self.open.rcu(|known| {
            let mut markets = HashMap::clone(known);
            markets.insert(key, Arc::clone(&built));
            markets
        });
        Ok(built)
    }

    /// The way to one store of `shop`, with tokens that are renewed when they are due.
    ///
    /// # Errors
    /// As [`Self::of`]; [`MarketError::Unreadable`].
    pub fn store(&self, shop: &Shop, row: &store::Model) -> Result<Store, MarketError> {
        let market = self.of(shop, &row.marketplace)?;
        let setup = setup_of(row, &self.public_url)?;
        let keeper = StoreKeeper {
            account: setup.account(row.external_id.clone().unwrap_or_default()),
            setup: setup.clone(),
            store: row.id,
            engine: market.hurried.clone(),
            channel: market.channel.clone(),
            db: self.db.clone(),
            clock: self.clock.clone(),
            sealer: Arc::clone(&self.sealer),
        };
        let account = keeper.account_with(row)?;
        let keeper = Arc::new(StoreKeeper { account, ..keeper });
        Ok(Store { channel: market.channel.clone().kept_by(Arc::clone(&keeper) as _), market, setup, keeper })
    }

    /// Where the marketplace sends merchants back to, to be registered there.
    pub fn callback_url(&self, marketplace: &str) -> String {
        callback_url(&self.public_url, marketplace)
    }

    /// Where the marketplace sends its messages about one store, to be registered there.
    pub fn notify_url(&self, marketplace: &str, store: impl std::fmt::Display) -> String {
        format!("{}/notify/market/{marketplace}/{store}", self.public_url)
    }

    /// Writes down what was counted without a limit, so that it is seen.
    pub async fn note_calls(&self) -> Result<(), DbErr> {
        let rest = self.tally.rest();
        if rest.is_empty() { Ok(()) } else { quota::add(self.db.maintenance(), &rest, self.clock.now()).await }
    }

    /// Hosts of a marketplace that are left alone because they do not answer, as this process sees it.
    pub fn left_alone(&self, market: &Market) -> Vec<String> {
        self.breakers.open_hosts(market.descriptor.id, market.channel.connector().app())
    }

    /// The public key `id` by which the platform signs its messages; `None` where it has no such key.
    ///
    /// # Errors
    /// [`ErrorClass::RateLimited`] when too many unknown ones were asked for; what the platform answered.
    pub async fn hook_key(&self, market: &Market, id: &str) -> Result<Option<Arc<str>>, ApiError> {
        let key = (market.quota_scope(), id.to_owned());
        if let Some(known) = self.hook_keys.get(&key).await {
            return Ok(known);
        }
        let hooks = market.channel.connector().hooks();
        let Some(question) = hooks.and_then(|hooks| hooks.key(id)) else { return Ok(None) };
        if self.key_questions.check().is_err() {
            return Err(ApiError::new(ErrorClass::RateLimited, "hook_keys", "too many unknown keys were named"));
        }
        let channel = market.channel.clone().with_priority(Priority::Person);
        let found = match market.hurried.first(&channel, question).await {
            Ok(found) => found.map(Arc::from),
            Err(error) if matches!(error.class, ErrorClass::NotFound | ErrorClass::BadRequest) => None,
            Err(error) => return Err(error),
        };
        self.hook_keys.insert(key, found.clone()).await;
        Ok(found)
    }

    fn build(&self, shop: &Shop, entry: &'static Entry) -> Result<Market, MarketError> {
        let descriptor = entry.descriptor;
        let unusable = |detail: String| MarketError::NotConfigured { marketplace: descriptor.id.to_owned(), detail };
        let none = Map::new();
        let given = match shop.secrets.marketplaces.get(descriptor.id) {
            Some(Value::Object(given)) => given,
            // Where the app has no settings, each merchant brings his own key.
            _ if descriptor.settings.is_empty() => &none,
            _ => return Err(unusable(format!("the shop file has no [marketplaces.{}]", descriptor.id))),
        };
        let (connector, limits) = open(entry, given).map_err(|error| unusable(error.to_string()))?;
        let base = self.addresses.of(descriptor.platform, descriptor.default_base);
        let base = base.map_err(|error| unusable(error.to_string()))?;
        let mut channel = Channel::new(Arc::from(connector), base).map_err(|error| unusable(error.to_string()))?;
        for host in descriptor.hosts {
            match self.addresses.of(host.key, host.own) {
                Ok(address) => {
                    channel = channel.with_host(host.key, address).map_err(|error| unusable(error.to_string()))?;
                }
                // Left at the real one in sandbox mode: what stands in for the platform stands in for it.
                Err(NoAddress::SandboxMode(_)) => {}
                Err(error) => return Err(unusable(error.to_string())),
            }
        }
        let usual = self.seconds.get(descriptor.id).filter(|_| limits.per_second == descriptor.calls_per_s).cloned();
        let seconds = usual.unwrap_or_else(|| Arc::new(LocalBudget::new(limits.per_second, None)));
        let (db, clock, tally) = (self.db.clone(), self.clock.clone(), Arc::clone(&self.tally));
        let budget = SharedBudget { db, clock, seconds, per_day: limits.per_day, tally };
        let engine = Engine::new(self.http.clone(), Arc::new(budget)).with_breakers(self.breakers.clone());
        Ok(Market {
            version: shop.version,
            descriptor,
            hurried: engine.clone().with_retry(HURRIED),
            engine: engine.with_retry(PATIENT),
            channel,
            per_day: limits.per_day,
        })
    }
}

/// What is wrong with one `[marketplaces.<id>]` of a shop file; each fault names its key.
///
/// A marketplace that the contract names and this version does not offer yet is kept as it is.
pub fn faults_of(id: &str, given: &Map<String, Value>) -> Vec<FieldFault> {
    let Some(entry) = platforms::find(id) else {
        if platforms::PLANNED.contains(&id) {
            return Vec::new();
        }
        return vec![FieldFault::new(format!("marketplaces.{id}"), "unknown", "there is no such marketplace")];
    };
    let Err(error) = open(entry, given) else { return Vec::new() };
    let fault = |(key, what): (String, String)| FieldFault::new(format!("marketplaces.{id}.{key}"), "invalid", what);
    error.faults.into_iter().map(fault).collect()
}

/// How many calls we allow ourselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    /// `None` is no limit.
    per_day: Option<u32>,
    per_second: u32,
}

/// The connector and our own limits, or every fault of the settings, our own keys' among them.
fn open(entry: &'static Entry, given: &Map<String, Value>) -> Result<(Box<dyn Connector>, Limits), SettingsError> {
    let (mut settings, descriptor) = (given.clone(), entry.descriptor);
    let per_day = calls(&mut settings, CALLS_PER_DAY);
    let per_second = calls(&mut settings, CALLS_PER_SECOND);
    match ((entry.open)(&settings), per_day, per_second) {
        (Ok(connector), Ok(per_day), Ok(per_second)) => {
            let unlimited = per_day == Some(0);
            let limits = Limits {
                per_day: Some(per_day.unwrap_or(descriptor.test_calls_per_day)).filter(|calls| *calls > 0),
                per_second: match per_second {
                    Some(0) => u32::MAX,
                    Some(calls) => calls,
                    None if unlimited => u32::MAX,
                    None => descriptor.calls_per_s,
                },
            };
            Ok((connector, limits))
        }
        (opened, per_day, per_second) => {
            let mut faults = opened.err().map(|error| error.faults).unwrap_or_default();
            faults.extend(per_day.err());
            faults.extend(per_second.err());
            Err(SettingsError { marketplace: descriptor.id.to_owned(), faults })
        }
    }
}

/// Takes one of our own keys out of the platform's; the fault names it.
fn calls(settings: &mut Map<String, Value>, key: &str) -> Result<Option<u32>, (String, String)> {
    let Some(given) = settings.remove(key) else { return Ok(None) };
    let calls = given.as_u64().and_then(|calls| u32::try_from(calls).ok());
    calls.map(Some).ok_or_else(|| (key.to_owned(), "must be a whole number".to_owned()))
}
