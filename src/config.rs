//! Configuration: defaults, then a file, then the environment; checked at start, every fault at
//! once. `config/default.toml` holds every key there is, so an unknown one is a typing error.

mod platforms;

use std::collections::BTreeSet;
use std::path::Path;

use config::{Config as Layers, Environment, File, FileFormat, Value, ValueKind};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

pub use platforms::{Addresses, NoAddress, Platforms};

/// The shortest master key accepted, in characters.
pub const MASTER_KEY_MIN: usize = 16;

const DEFAULTS: &str = include_str!("../config/default.toml");

/// Everything that can be configured.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    /// The HTTP server.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// The stock gate.
    pub stock: Stock,
    /// First values of a new shop.
    pub orders: Orders,
    /// Where files lie.
    pub storage: Storage,
    /// Base URLs of other people's systems.
    pub platforms: Platforms,
    /// The built-in stand-in.
    pub sandbox: SandboxSwitch,
    /// Limits of requests.
    pub limits: Limits,
    /// The master key.
    pub secrets: Secrets,
    /// Logging.
    pub log: Log,
}

/// The HTTP server.
#[derive(Clone, Debug, Deserialize)]
pub struct Server {
    /// Where the API listens.
    pub bind: String,
    /// Where metrics are shown; never public.
    pub metrics_bind: String,
    /// What platforms call back, without a slash at the end.
    pub public_url: String,
    /// HTTP worker threads; 0 is one a core.
    pub workers: usize,
    /// How long running requests and jobs may take at the end, in seconds.
    pub shutdown_s: u64,
}

/// The database.
#[derive(Clone, Debug, Deserialize)]
pub struct Database {
    /// `sqlite://…` or `postgres://…`.
    pub url: String,
    /// PostgreSQL's pool.
    pub max_connections: u32,
    /// SQLite's read-only pool.
    pub max_readers: u32,
    /// SQLite's durability.
    pub synchronous: Synchronous,
}

/// SQLite's durability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Synchronous {
    /// A commit survives a loss of power.
    Full,
    /// The last commits may be forgotten; nothing is damaged.
    Normal,
}

/// The stock gate.
#[derive(Clone, Debug, Deserialize)]
pub struct Stock {
    /// In the process, or in Redis.
    pub backend: StockBackend,
    /// `redis://…` or `redis+cluster://…`.
    pub redis_url: String,
    /// How often the gate is compared with the database, in seconds.
    pub reconcile_s: u64,
}

/// Where the stock gate lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockBackend {
    /// In the process.
    Embedded,
    /// In Redis, shared by many processes.
    Redis,
}

/// First values of a new shop.
#[derive(Clone, Debug, Deserialize)]
pub struct Orders {
    /// Seconds a member has to pay.
    pub payment_window_s: i64,
    /// Seconds after receipt in which a member may complain.
    pub after_sale_window_s: i64,
}

/// Where files lie.
#[derive(Clone, Debug, Deserialize)]
pub struct Storage {
    /// The folder of uploaded pictures.
    pub folder: String,
}

/// The built-in stand-in.
#[derive(Clone, Debug, Deserialize)]
pub struct SandboxSwitch {
    /// Whether business time may be moved and platform addresses are loopback ones.
    pub enabled: bool,
    /// Where `demo` and `sandbox` serve the stand-in.
    pub bind: String,
}

/// Limits of requests; 0 is off.
#[derive(Clone, Debug, Deserialize)]
pub struct Limits {
    /// Addresses that may set `X-Forwarded-For`.
    pub trusted_proxies: Vec<String>,
    /// Sign-in and other calls without a member, per address and second.
    pub anonymous_per_ip_per_s: u32,
    /// Signed-in calls, per member and second.
    pub member_per_s: u32,
    /// Calls of the console, per operator's session and second.
    pub operator_per_s: u32,
    /// The largest JSON body.
    pub json_body_bytes: usize,
    /// The largest picture.
    pub upload_bytes: usize,
}

/// The master key.
#[derive(Clone, Debug, Deserialize)]
pub struct Secrets {
    /// `env:NAME`, `file:PATH` or the key itself.
    pub master_key: SecretString,
    /// Earlier keys.
    pub old_master_keys: Vec<SecretString>,
}

/// Logging.
#[derive(Clone, Debug, Deserialize)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// A tracing filter.
    pub level: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// For eyes.
    Pretty,
}

/// What is wrong with the configuration, one sentence each.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is not valid:\n{}", .0.iter().map(|f| format!("  - {f}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the layers and checks them.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let one = |error: config::ConfigError| ConfigError(vec![error.to_string()]);
        let known = Layers::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml)).build().map_err(one)?;
        let mut given = Layers::builder();
        if let Some(path) = file {
            given = given.add_source(File::from(path).format(FileFormat::Toml));
        }
        let environment = Environment::with_prefix("TUANQIAO")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("limits.trusted_proxies")
            .with_list_parse_key("secrets.old_master_keys");
        let given = given.add_source(environment).build().map_err(one)?;
        let merged = Layers::builder().add_source(known.clone()).add_source(given.clone()).build().map_err(one)?;
        let mut unknown = Vec::new();
        unknown_keys(&known.cache, &merged.cache, "", &mut unknown);
        if !unknown.is_empty() {
            return Err(ConfigError(unknown));
        }
        let mut config: Config = merged.try_deserialize().map_err(one)?;
        let addresses = keys_of(&given.cache, "platforms");
        config.platforms.without_foreign_backup(&addresses);
        config.check(&addresses)?;
        Ok(config)
    }

    /// The addresses of other people's systems that may be called.
    pub fn addresses(&self) -> Addresses {
        Addresses::new(&self.platforms, self.sandbox.enabled)
    }

    /// Every fault of the values, at once; `addresses` are the keys of `[platforms]` somebody has set.
    fn check(&self, addresses: &BTreeSet<String>) -> Result<(), ConfigError> {
        let mut faults = Vec::new();
        let url = &self.database.url;
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            faults.push("database.url must begin with sqlite: or postgres:".to_owned());
        }
        let needs_redis = self.stock.backend == StockBackend::Redis || !self.stock.redis_url.is_empty();
        if needs_redis && !is_redis_address(&self.stock.redis_url) {
            faults.push("stock.redis_url must be redis://host:port or redis+cluster://host:port,host:port".to_owned());
        }
        if self.orders.payment_window_s < 60 {
            faults.push("orders.payment_window_s must be at least 60".to_owned());
        }
        if self.orders.after_sale_window_s < 0 {
            faults.push("orders.after_sale_window_s must not be negative".to_owned());
        }
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.log.level) {
            faults.push(format!("log.level is not a tracing filter: {error}"));
        }
        self.check_server(&mut faults);
        self.check_secrets(&mut faults);
        self.platforms.check(self.sandbox.enabled, addresses, &mut faults);
        if faults.is_empty() { Ok(()) } else { Err(ConfigError(faults)) }
    }

    fn check_server(&self, faults: &mut Vec<String>) {
        if url::Url::parse(&self.server.public_url).is_err() || self.server.public_url.ends_with('/') {
            faults.push("server.public_url must be a URL without a slash at the end".to_owned());
        }
        let binds = [
            ("server.bind", &self.server.bind),
            ("server.metrics_bind", &self.server.metrics_bind),
            ("sandbox.bind", &self.sandbox.bind),
        ];
        for (name, bind) in binds {
            if bind.parse::<std::net::SocketAddr>().is_err() {
                faults.push(format!("{name} must be an address and a port"));
            }
        }
        for proxy in &self.limits.trusted_proxies {
            if proxy.parse::<std::net::IpAddr>().is_err() {
                faults.push(format!("limits.trusted_proxies: {proxy} is not an IP address"));
            }
        }
    }

    /// Keys that are too short. One that is not there at all stops only what needs it: `sandbox`,
    /// `demo` and `tour` run without.
    fn check_secrets(&self, faults: &mut Vec<String>) {
        let short = |given: &SecretString| {
            resolve_secret(given.expose_secret()).is_ok_and(|key| key.expose_secret().chars().count() < MASTER_KEY_MIN)
        };
        let wanted = format!("must have at least {MASTER_KEY_MIN} characters");
        if short(&self.secrets.master_key) {
            faults.push(format!("secrets.master_key {wanted}"));
        }
        if self.secrets.old_master_keys.iter().any(short) {
            faults.push(format!("secrets.old_master_keys: each {wanted}"));
        }
    }
}

/// Whether every node of `url` is one of Redis. It is not repeated in a fault: it may hold a password.
fn is_redis_address(url: &str) -> bool {
    let is_one = |url: String| redis::IntoConnectionInfo::into_connection_info(url).is_ok();
    match url.split_once("+cluster://") {
        Some((scheme, nodes)) => nodes.split(',').all(|node| is_one(format!("{scheme}://{node}"))),
        None => is_one(url.to_owned()),
    }
}

/// The keys that stand in the table `name`.
fn keys_of(given: &Value, name: &str) -> BTreeSet<String> {
    let ValueKind::Table(tables) = &given.kind else { return BTreeSet::new() };
    match tables.get(name).map(|table| &table.kind) {
        Some(ValueKind::Table(keys)) => keys.keys().cloned().collect(),
        _ => BTreeSet::new(),
    }
}

fn unknown_keys(known: &Value, given: &Value, path: &str, unknown: &mut Vec<String>) {
    let (ValueKind::Table(known), ValueKind::Table(given)) = (&known.kind, &given.kind) else { return };
    let mut keys: Vec<_> = given.iter().collect();
    keys.sort_by_key(|(key, _)| key.as_str());
    for (key, value) in keys {
        let here = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match known.get(key) {
            Some(expected) => unknown_keys(expected, value, &here, unknown),
            None => unknown.push(format!("{here} is not a key; config/default.toml lists them all")),
        }
    }
}

/// Reads a secret given as `env:NAME`, `file:PATH` or itself.
pub fn resolve_secret(given: &str) -> Result<SecretString, String> {
    let text = if let Some(name) = given.strip_prefix("env:") {
        std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))?
    } else if let Some(path) = given.strip_prefix("file:") {
        std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?
    } else {
        given.to_owned()
    };
    Ok(text.trim().to_owned().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with(text: &str) -> Result<Config, ConfigError> {
        let file = tempfile(text);
        let result = Config::load(Some(&file));
        std::fs::remove_file(file).unwrap();
        result
    }

    fn tempfile(text: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("tuanqiao-config-{}.toml", uuid::Uuid::new_v4()));
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn the_defaults_are_valid() {
        let config = Config::load(None).unwrap();
        assert_eq!(config.orders.payment_window_s, 900);
        assert_eq!(config.stock.backend, StockBackend::Embedded);
    }

    #[test]
    fn an_unknown_key_and_a_bad_value_are_named() {
        let error = with("[server]\nbnid = \"x\"\n[nonsense]\na = 1\n").unwrap_err().to_string();
        assert!(error.contains("server.bnid") && error.contains("nonsense"), "{error}");
        let error = with("[orders]\npayment_window_s = 5\n[server]\nbind = \"x\"\n").unwrap_err().to_string();
        assert!(error.contains("payment_window_s") && error.contains("server.bind"), "{error}");
        let error = with("[stock]\nbackend = \"memcached\"\n").unwrap_err().to_string();
        assert!(error.contains("backend"), "{error}");
    }

    #[test]
    fn the_sandbox_is_refused_beside_real_platforms() {
        let error = with("[sandbox]\nenabled = true\n").unwrap_err().to_string();
        assert!(error.contains("platforms.wechat_pay"), "{error}");
    }

    /// Sandbox mode with stand-ins of what it needs, and `more` keys of `[platforms]`.
    fn sandbox_with(more: &str) -> Result<Config, ConfigError> {
        let stand_ins = "wechat = \"http://127.0.0.1:1\"\nwechat_pay = \"http://localhost:1\"";
        with(&format!("[sandbox]\nenabled = true\n[platforms]\n{stand_ins}\n{more}\n"))
    }

    #[test]
    fn in_sandbox_mode_every_address_given_is_of_this_machine() {
        for key in ["wechat_pay_backup", "pinduoduo", "taobao_auth", "jd", "jd_auth", "youzan", "shopify", "shoplazza"]
        {
            let error = sandbox_with(&format!("{key} = \"https://partner.example.com\"")).unwrap_err().to_string();
            assert!(error.contains(&format!("platforms.{key} ")), "{error}");
            sandbox_with(&format!("{key} = \"http://[::1]:9/x\"")).unwrap();
        }
        let real = sandbox_with("jd = \"https://api.jd.com/routerjson\"").unwrap_err().to_string();
        assert!(real.contains("platforms.jd "), "the real address, written down, is refused too: {real}");
    }

    #[test]
    fn in_sandbox_mode_a_real_default_counts_as_not_there() {
        let addresses = sandbox_with("jd = \"http://127.0.0.1:1/jd\"").unwrap().addresses();
        assert!(addresses.of("jd", "https://api.jd.com/routerjson").is_ok());
        for (key, own) in [("taobao", "https://eco.taobao.com/router/rest"), ("youzan", "https://open.youzanyun.com")] {
            assert_eq!(addresses.of(key, own), Err(NoAddress::SandboxMode(key.to_owned())));
        }
        let real = Config::load(None).unwrap().addresses();
        assert_eq!(real.of("taobao", "").unwrap().host_str(), Some("eco.taobao.com"));
        assert_eq!(real.of("youzan", "https://open.youzanyun.com").unwrap().host_str(), Some("open.youzanyun.com"));
    }

    #[test]
    fn wechat_pay_moved_elsewhere_has_no_backup_unless_one_is_named() {
        let moved = |more: &str| {
            let text = format!("[platforms]\nwechat_pay = \"https://proxy.example.com\"\n{more}");
            with(&text).unwrap().addresses().wechat_pay_backup()
        };
        assert_eq!(moved(""), None);
        assert!(moved("wechat_pay_backup = \"https://other.example.com\"").is_some());
        assert!(Config::load(None).unwrap().addresses().wechat_pay_backup().is_some());
        assert_eq!(sandbox_with("").unwrap().addresses().wechat_pay_backup(), None);
    }

    #[test]
    fn every_bad_value_is_named_by_its_key_and_all_at_once() {
        let text = "[log]\nlevel = \"a=b=c\"\n[stock]\nredis_url = \"localhost\"\n[platforms]\nwechat = \"\"\n\
             wechat_pay = \"\"\njd = \"nowhere\"\n[secrets]\nmaster_key = \"short\"\nold_master_keys = [\"short\"]\n\
             [sandbox]\nbind = \"8090\"\n";
        let error = with(text).unwrap_err().to_string();
        let keys = ["log.level", "stock.redis_url", "platforms.wechat ", "platforms.wechat_pay ", "platforms.jd "];
        for key in keys.into_iter().chain(["secrets.master_key", "secrets.old_master_keys", "sandbox.bind"]) {
            assert!(error.contains(key), "{key} is not named in {error}");
        }
        assert!(!error.contains("short\""), "{error}");
    }

    #[test]
    fn the_master_key_never_prints() {
        let config = with("[secrets]\nmaster_key = \"a very secret thing\"\n").unwrap();
        assert!(!format!("{config:?}").contains("very secret"));
    }
}
