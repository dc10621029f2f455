//! A sandbox with one store of a platform, and the connector that works for its merchant.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use gateways::http;
use gateways::marketplaces::{
    Access, Account, ApiError, Callback, Channel, Connector, Engine, Grant, LocalBudget, RetryPolicy, Setup,
    TokenKeeper, TokenSet, Walk, Window, find,
};
use sandbox::stores::{Filling, StoreRef, Stores};
use sandbox::{Running, Sandbox, SandboxConfig, SandboxKeys};
use serde_json::{Map, Value};
use url::Url;

use crate::platforms::Row;

/// Goods of the store: more than a page of every platform.
pub const GOODS: u64 = 130;

pub const REDIRECT: &str = "http://127.0.0.1:9/oauth/callback";
pub const STATE: &str = "state-0123456789";

pub struct Stage {
    pub row: Row,
    pub sandbox: Running,
    pub store: StoreRef,
    pub engine: Engine,
}

fn keys() -> SandboxKeys {
    static KEYS: OnceLock<SandboxKeys> = OnceLock::new();
    KEYS.get_or_init(|| SandboxKeys::generate().unwrap()).clone()
}

/// An engine with a short patience.
pub fn engine() -> Engine {
    let retry = RetryPolicy {
        attempts: 2,
        first_pause: Duration::from_millis(5),
        longest_wait: Duration::from_millis(200),
        timeout: Duration::from_secs(20),
    };
    Engine::new(http::client().unwrap(), Arc::new(LocalBudget::new(1_000_000, None))).with_retry(retry)
}

impl Stage {
    pub fn of(row: Row) -> Stage {
        Stage::with(row, |_| {})
    }

    /// The same with a sandbox that behaves otherwise.
    pub fn with(row: Row, change: impl FnOnce(&mut SandboxConfig)) -> Stage {
        let mut config = SandboxConfig::new(keys());
        change(&mut config);
        let sandbox = Sandbox::start(config).unwrap();
        let stores = sandbox.state().stores();
        let mut store = StoreRef::new(row.platform, row.seller);
        if let Some(site) = row.site {
            store = store.on(site);
        }
        stores.open_in(&store, "邻里鲜生", row.currency);
        for (name, value) in row.facts {
            stores.set(&store, name, value).unwrap();
        }
        stores.fill(&store, &Filling::of(GOODS)).unwrap();
        stores.register_callback(row.platform, REDIRECT);
        Stage { row, sandbox, store, engine: engine() }
    }

    pub fn stores(&self) -> Stores {
        self.sandbox.state().stores()
    }

    pub fn connector(&self) -> Arc<dyn Connector> {
        let keys = keys();
        self.connector_with(self.row.settings_of(keys.stores.on(self.row.platform).unwrap()))
    }

    pub fn connector_with(&self, settings: Map<String, Value>) -> Arc<dyn Connector> {
        Arc::from((find(self.row.id).unwrap().open)(&settings).unwrap())
    }

    /// The connector with where it sends.
    pub fn channel_of(&self, connector: Arc<dyn Connector>) -> Channel {
        let url = |key: &str| Url::parse(&self.sandbox.platform_url(key)).unwrap();
        let hosts = connector.descriptor().hosts;
        let mut channel = Channel::new(connector, url(self.row.platform.id())).unwrap();
        for host in hosts {
            channel = channel.with_host(host.key, url(host.key)).unwrap();
        }
        channel
    }

    pub fn channel(&self) -> Channel {
        self.channel_of(self.connector())
    }

    pub fn setup(&self) -> Setup {
        Setup {
            kind: self.row.kind,
            site: self.row.site.map(str::to_owned),
            account_id: None,
            data: self.row.data_of(),
            redirect_uri: REDIRECT.to_owned(),
        }
    }

    /// What a browser brings back after the merchant has chosen the store named `choice` on the page.
    pub async fn browse(&self, channel: &Channel, setup: &Setup, choice: &str) -> Vec<(String, String)> {
        let auth = channel.connector().auth().unwrap();
        let page = channel.address(&auth.start(setup, STATE).unwrap()).unwrap();
        let browser = http::client().unwrap();
        let shown = browser.get(page.clone()).send().await.unwrap();
        assert_eq!(shown.status(), 200, "{page}: {}", shown.text().await.unwrap());
        let html = shown.text().await.unwrap();
        let link = html.split("href=\"").skip(1).find(|rest| rest.split("</a>").next().unwrap().contains(choice));
        let link = link.unwrap_or_else(|| panic!("no button {choice}: {html}")).split('"').next().unwrap();
        let chosen = page.join(&link.replace("&amp;", "&")).unwrap();
        let led = browser.get(chosen).send().await.unwrap();
        assert_eq!(led.status(), 302, "{}", led.text().await.unwrap());
        let back = Url::parse(led.headers()["location"].to_str().unwrap()).unwrap();
        assert!(back.as_str().starts_with(REDIRECT), "{back}");
        back.query_pairs().into_owned().collect()
    }

    /// What a browser brings back when somebody sits at the page who agrees at once.
    pub async fn led_back(&self, channel: &Channel, setup: &Setup) -> Vec<(String, String)> {
        let auth = channel.connector().auth().unwrap();
        let page = channel.address(&auth.start(setup, STATE).unwrap()).unwrap();
        let led = http::client().unwrap().get(page).send().await.unwrap();
        assert_eq!(led.status(), 302);
        let back = Url::parse(led.headers()["location"].to_str().unwrap()).unwrap();
        back.query_pairs().into_owned().collect()
    }

    /// The grant: by the consent page, or the one that needs none.
    pub async fn grant(&self, channel: &Channel, setup: &Setup) -> Result<Grant, ApiError> {
        if let Some(grant) = &self.row.grant {
            // A token of the merchant's own console, where the platform shows one.
            let shown = self.stores().console_token(&self.store);
            return Ok(shown.map_or_else(|| grant.clone(), |token| Grant::Pasted(token.into())));
        }
        let query = self.browse(channel, setup, self.row.seller).await;
        let callback = Callback { query: &query, state: STATE, now: chrono::Utc::now() };
        channel.connector().auth().unwrap().callback(setup, &callback)
    }

    /// The tokens of a merchant who has just consented.
    pub async fn tokens(&self) -> TokenSet {
        let (channel, setup) = (self.channel(), self.setup());
        let grant = self.grant(&channel, &setup).await.unwrap();
        self.engine.obtain(&channel, &setup, &grant, None).await.unwrap()
    }

    /// The account by asking whom the tokens speak for, where their answer does not say.
    async fn who_gave(&self, channel: &Channel, setup: &Setup, tokens: &TokenSet) -> Account {
        let access = Access { token: tokens.access.clone(), account: setup.account("") };
        let who = self.engine.who(&channel.clone().on_behalf_of(access)).await.unwrap();
        setup.account(who.unwrap().account_id)
    }

    /// The connector working for the merchant, with tokens that are renewed when they have run out.
    pub async fn authorised(&self) -> (Channel, Arc<Keeper>) {
        let (channel, setup, tokens) = (self.channel(), self.setup(), self.tokens().await);
        let account = match tokens.account(&setup) {
            Some(account) => account,
            None => self.who_gave(&channel, &setup, &tokens).await,
        };
        let keeper = Arc::new(Keeper {
            engine: self.engine.clone(),
            channel: channel.clone(),
            setup,
            account,
            tokens: Mutex::new(tokens),
        });
        (channel.kept_by(keeper.clone()), keeper)
    }
}

/// Holds the tokens of one account and renews them as the platform wants.
pub struct Keeper {
    engine: Engine,
    channel: Channel,
    setup: Setup,
    account: Account,
    tokens: Mutex<TokenSet>,
}

impl Keeper {
    pub fn tokens(&self) -> TokenSet {
        self.tokens.lock().unwrap().clone()
    }
}

#[async_trait]
impl TokenKeeper for Keeper {
    fn account(&self) -> &Account {
        &self.account
    }

    async fn access(&self) -> Result<Access, ApiError> {
        Ok(Access { token: self.tokens().access, account: self.account.clone() })
    }

    async fn renewed(&self, _: &Access) -> Result<Access, ApiError> {
        let former = self.tokens();
        let auth = self.channel.connector().auth().unwrap();
        let grant = auth.renewal(&self.setup, &former).unwrap();
        let fresh = self.engine.obtain(&self.channel, &self.setup, &grant, Some(&former)).await?;
        *self.tokens.lock().unwrap() = fresh;
        self.access().await
    }
}

/// All rows of a walk; refuses rows that could not be used.
pub async fn all<T>(mut walk: Walk<'_, T>) -> Vec<T> {
    let (mut rows, mut pages) = (Vec::new(), 0);
    while let Some(page) = walk.next_page().await.unwrap() {
        assert!(page.skipped.is_empty(), "{:?}", page.skipped);
        rows.extend(page.rows);
        pages += 1;
        assert!(pages < 10_000, "the walk does not end");
    }
    rows
}

/// The last ten minutes, and what happens now.
pub fn lately() -> Window {
    let now = chrono::Utc::now();
    Window { from: now - chrono::TimeDelta::minutes(10), until: now + chrono::TimeDelta::seconds(2) }
}
