//! [`App`]: everything shared, built once. Flows, requests and jobs get a reference to it.

mod barred;
mod catalogue;
mod clients;
mod market_budget;
pub mod marketplaces;
pub mod pace;
mod shop_book;
mod sign_ins;
mod store_keeper;

use std::sync::Arc;

use kernel::{Clock, Failure};
use secrecy::ExposeSecret;
use tokio::sync::Notify;

pub use barred::Barred;
pub use catalogue::{Catalogue, Question, Rendered, Viewer};
pub use clients::{Clients, NoPay, ShopClients};
pub use marketplaces::{Jump, Market, Marketplaces, Store};
pub use shop_book::ShopBook;
pub use sign_ins::SignIns;

use crate::areas::members::sessions;
use crate::areas::stock::StockGate;
use crate::areas::stock::holds::{EmbeddedGate, RedisGate};
use crate::config::{Config, StockBackend, resolve_secret};
use crate::platform::db::Db;
use crate::platform::outbox::Bell;
use crate::platform::redis::{Redis, Timing};
use crate::platform::request_keys::RequestKeys;
use crate::platform::seal::Sealer;

/// Everything shared. One a process; several processes may serve one database.
pub struct App {
    /// The configuration, checked.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// Wall and business time.
    pub clock: Clock,
    /// Sheds the load in front of the stock; the database decides.
    pub gate: StockGate,
    /// Seals secrets and derives keys.
    pub sealer: Arc<Sealer>,
    /// Wakes the worker that delivers effects.
    pub bell: Bell,
    /// Wakes every job when business time was moved on.
    pub time_moved: Notify,
    /// What requests under an idempotency key were answered, and which of them run.
    pub request_keys: RequestKeys,
    /// The shops, opened.
    pub shops: ShopBook,
    /// The clients of other people's systems, one set a shop.
    pub clients: Clients,
    /// The marketplaces, one connection a shop and platform.
    pub marketplaces: Marketplaces,
    /// Sessions and members that may no longer act, though their tokens have not expired.
    pub barred: Barred,
    /// Attempts to sign in to the console.
    pub sign_ins: SignIns,
    /// What shoppers read most, rendered.
    pub catalogue: Catalogue,
}

impl App {
    /// Builds everything on a connected database.
    pub async fn build(config: Config, db: Db) -> anyhow::Result<Self> {
        let master = resolve_secret(config.secrets.master_key.expose_secret())
            .map_err(|detail| anyhow::anyhow!("secrets.master_key: {detail}"))?;
        let old = config
            .secrets
            .old_master_keys
            .iter()
            .map(|key| resolve_secret(key.expose_secret()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|detail| anyhow::anyhow!("secrets.old_master_keys: {detail}"))?;
        let clock = Clock::default();
        let addresses = config.addresses();
        let sealer = Arc::new(Sealer::new(&master, &old)?);
        let redis = match config.stock.backend {
            StockBackend::Embedded => None,
            StockBackend::Redis => {
                let redis = Redis::start(&config.stock.redis_url, Timing::default());
                Some(redis.map_err(|error| anyhow::anyhow!("stock.redis_url: {error}"))?)
            }
        };
        let turns = if config.sandbox.enabled { pace::unlimited() } else { pace::shared(redis.clone()) };
        let clients = Clients::new(&addresses, turns)?;
        let app = Self {
            marketplaces: Marketplaces::new(
                addresses,
                clients.http.clone(),
                &db,
                &clock,
                &sealer,
                &config.server.public_url,
            ),
            gate: gate_on(redis.clone()),
            clients,
            config,
            db,
            clock,
            bell: Bell::default(),
            time_moved: Notify::new(),
            request_keys: RequestKeys::new(redis, Arc::clone(&sealer)),
            sealer,
            shops: ShopBook::default(),
            barred: Barred::default(),
            sign_ins: SignIns::default(),
            catalogue: Catalogue::default(),
        };
        app.refresh_lists().await.map_err(|failure| anyhow::anyhow!("{failure}"))?;
        Ok(app)
    }

    /// Reads again what requests need without a database read: the shops, and who may no longer act.
    pub async fn refresh_lists(&self) -> Result<(), Failure> {
        self.shops.refresh(&self.db, &self.sealer).await?;
        // One more try is enough: who is barred meanwhile is on the list already.
        for _ in 0..2 {
            let mark = self.barred.mark();
            let (sessions, members) = sessions::barred(self.db.reader(), self.clock.wall()).await?;
            if self.barred.replace(mark, sessions, members) {
                break;
            }
        }
        Ok(())
    }
}

fn gate_on(redis: Option<Redis>) -> StockGate {
    match redis {
        Some(redis) => StockGate::Redis(RedisGate::new(redis)),
        None => StockGate::Embedded(EmbeddedGate::default()),
    }
}
