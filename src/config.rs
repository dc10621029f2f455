//! Configuration: defaults, then a file, then the environment; checked at start, every fault at
//! once. `config/default.toml` holds every key there is, so an unknown one is a typing error.

use std::path::Path;

use config::{Config as Layers, Environment, File, FileFormat, Value, ValueKind};
use secrecy::SecretString;
use serde::Deserialize;

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

/// Base URLs of other people's systems, without a slash at the end.
#[derive(Clone, Debug, Deserialize)]
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
    /// The base address configured under `name`; `None` when the platform's own hosts are used.
    pub fn base(&self, name: &str) -> Option<&str> {
        self.all().into_iter().find(|(known, base)| *known == name && !base.is_empty()).map(|(_, base)| base)
    }

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
        Self::load_with(file, &[])
    }

    /// As [`Config::load`], with `overrides` (key, value) between the file and the environment.
    pub fn load_with(file: Option<&Path>, overrides: &[(&str, String)]) -> Result<Self, ConfigError> {
        let one = |error: config::ConfigError| ConfigError(vec![error.to_string()]);
        let known = Layers::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml)).build().map_err(one)?;
        let mut layers = Layers::builder().add_source(known.clone());
        if let Some(path) = file {
            layers = layers.add_source(File::from(path).format(FileFormat::Toml));
        }
        for (key, value) in overrides {
            layers = layers.set_override(*key, value.clone()).map_err(one)?;
        }
        let environment = Environment::with_prefix("TUANQIAO")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("limits.trusted_proxies")
            .with_list_parse_key("secrets.old_master_keys");
        let merged = layers.add_source(environment).build().map_err(one)?;
        let mut unknown = Vec::new();
        unknown_keys(&known.cache, &merged.cache, "", &mut unknown);
        if !unknown.is_empty() {
            return Err(ConfigError(unknown));
        }
        let config: Config = merged.try_deserialize().map_err(one)?;
        config.check()?;
        Ok(config)
    }

    /// Every fault of the values, at once.
    fn check(&self) -> Result<(), ConfigError> {
        let mut faults = Vec::new();
        let url = &self.database.url;
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            faults.push("database.url must begin with sqlite: or postgres:".to_owned());
        }
        if self.orders.payment_window_s < 60 {
            faults.push("orders.payment_window_s must be at least 60".to_owned());
        }
        if self.orders.after_sale_window_s < 0 {
            faults.push("orders.after_sale_window_s must not be negative".to_owned());
        }
        if url::Url::parse(&self.server.public_url).is_err() || self.server.public_url.ends_with('/') {
            faults.push("server.public_url must be a URL without a slash at the end".to_owned());
        }
        for (name, bind) in [("server.bind", &self.server.bind), ("server.metrics_bind", &self.server.metrics_bind)] {
            if bind.parse::<std::net::SocketAddr>().is_err() {
                faults.push(format!("{name} must be an address and a port"));
            }
        }
        for proxy in &self.limits.trusted_proxies {
            if proxy.parse::<std::net::IpAddr>().is_err() {
                faults.push(format!("limits.trusted_proxies: {proxy} is not an IP address"));
            }
        }
        self.check_platforms(&mut faults);
        if faults.is_empty() { Ok(()) } else { Err(ConfigError(faults)) }
    }

    fn check_platforms(&self, faults: &mut Vec<String>) {
        for (name, base) in self.platforms.all() {
            if base.is_empty() {
                continue;
            }
            let Ok(url) = url::Url::parse(base) else {
                faults.push(format!("platforms.{name} is not a URL"));
                continue;
            };
            let core = ["wechat", "wechat_pay", "wechat_pay_backup", "pinduoduo", "taobao"].contains(&name);
            if self.sandbox.enabled && core && !is_loopback(&url) {
                faults.push(format!("sandbox.enabled: platforms.{name} must then be a loopback address"));
            }
        }
    }
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
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

    #[test]
    fn the_master_key_never_prints() {
        let config = with("[secrets]\nmaster_key = \"a very secret thing\"\n").unwrap();
        assert!(!format!("{config:?}").contains("very secret"));
    }
}
