//! [`App`]: everything shared, built once. Flows, requests and jobs get a reference to it.

mod barred;
mod catalogue;
mod clients;
pub mod marketplaces;
mod shop_book;
mod sign_ins;

use kernel::Clock;
use secrecy::ExposeSecret;

pub use barred::Barred;
pub use catalogue::{Catalogue, Rendered, Viewer};
pub use clients::{Clients, NoPay, ShopClients};
pub use marketplaces::{Jump, Market, Marketplaces};
pub use shop_book::ShopBook;
pub use sign_ins::SignIns;

use crate::areas::stock::StockGate;
use crate::areas::stock::holds::{EmbeddedGate, RedisGate};
use crate::config::{Config, StockBackend, resolve_secret};
use crate::platform::db::Db;
use crate::platform::outbox::Bell;
use crate::platform::redis::{Redis, Timing};
use crate::platform::request_keys::Running;
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
    pub sealer: Sealer,
    /// Wakes the worker that delivers effects.
    pub bell: Bell,
    /// Requests running under an idempotency key.
    pub running_keys: Running,
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
        let clients = Clients::new(&addresses)?;
        let app = Self {
            marketplaces: Marketplaces::new(addresses, clients.http.clone(), &db, &clock),
            sealer: Sealer::new(&master, &old)?,
            gate: gate_of(&config)?,
            clients,
            config,
            db,
            clock,
            bell: Bell::default(),
            running_keys: Running::default(),
            shops: ShopBook::default(),
            barred: Barred::default(),
            sign_ins: SignIns::default(),
            catalogue: Catalogue::default(),
        };
        app.shops.refresh(&app.db, &app.sealer).await.map_err(|failure| anyhow::anyhow!("{failure}"))?;
        Ok(app)
    }
}

fn gate_of(config: &Config) -> anyhow::Result<StockGate> {
    Ok(match config.stock.backend {
        StockBackend::Embedded => StockGate::Embedded(EmbeddedGate::default()),
        StockBackend::Redis => {
            let redis = Redis::start(&config.stock.redis_url, Timing::default());
            StockGate::Redis(RedisGate::new(redis.map_err(|error| anyhow::anyhow!("stock.redis_url: {error}"))?))
        }
    })
}
