//! [`TestApp`]: the product as `serve` runs it, with its own database, clock and sandbox.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::web::Data;
use migrations::Migrator;
use sandbox::{MerchantKeys, Sandbox, SandboxConfig, SandboxKeys, SandboxState, SubMerchant};
use sea_orm_migration::MigratorTrait;
use tuanqiao::app::App;
use tuanqiao::areas::operators::role::Role as OperatorRole;
use tuanqiao::areas::shops::query::Shop;
use tuanqiao::config::{Config, Synchronous, resolve_secret};
use tuanqiao::flows::{operators, shop_file};
use tuanqiao::jobs;
use tuanqiao::platform::db::Db;
use tuanqiao::server::{Role, Server};

use crate::setup::{Place, Setup};
use crate::shopper::Client;

/// The password of every operator in the tests.
pub const PASSWORD: &str = "a long password for tests";

/// The running product. Jobs run only when asked ([`TestApp::run_due_jobs`]), and business
/// time only jumps by [`TestApp::advance`], so a story tells the same every time.
pub struct TestApp {
    /// The inside, for what no call offers.
    pub app: Data<App>,
    /// The stand-in of every platform.
    pub sandbox: sandbox::Running,
    /// Where the API listens.
    pub address: SocketAddr,
    server: Option<Server>,
    _place: Place,
}

impl TestApp {
    /// Starts the product with one shop, `demo`, after `change` had a look at the configuration.
    pub async fn with(setup: Setup, change: impl FnOnce(&mut Config)) -> Self {
        Self::beside(setup, change, |_| {}).await
    }

    /// As [`TestApp::with`], beside a sandbox that behaves as `behave` says.
    pub async fn beside(
        setup: Setup,
        change: impl FnOnce(&mut Config),
        behave: impl FnOnce(&mut SandboxConfig),
    ) -> Self {
        let place = Place::make(setup).await;
        let mut sandbox_config = sandbox_config();
        behave(&mut sandbox_config);
        let sandbox = Sandbox::start(sandbox_config).unwrap();
        let listener = TcpListener::bind((own_loopback(), 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = config(&place, &sandbox, address);
        change(&mut config);
        let db = Db::connect(&config.database).await.unwrap();
        Migrator::up(db.maintenance(), None).await.unwrap();
        let app = Data::new(App::build(config, db).await.unwrap());
        let server = Server::start_on(listener, app.clone(), Role::Api).unwrap();
        let running = Self { app, sandbox, address, server: Some(server), _place: place };
        running.apply_shop(&shop_text("demo", &running.keys().merchant, &running.keys())).await;
        running
    }

    /// Ends the process gracefully.
    pub async fn stop(mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// Ends the serving part alone, so that another process can serve the same database and address.
    ///
    /// What is left has connections of its own: those that the server opened end with its threads.
    pub async fn leave_the_address(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
        let config = self.app.config.clone();
        let db = Db::connect(&config.database).await.unwrap();
        self.app = Data::new(App::build(config, db).await.unwrap());
    }

    /// Ends the process gracefully and starts another on the same database and address.
    pub async fn restart(&mut self) {
        self.leave_the_address().await;
        self.server = Some(Server::start(self.app.clone(), Role::Api).unwrap());
    }

    /// Applies a shop file.
    pub async fn apply_shop(&self, text: &str) -> Arc<Shop> {
        shop_file::apply(&self.app, text, resolve_secret).await.unwrap()
    }

    /// Another shop with its own mini-program and merchant.
    pub async fn second_shop(&self, code: &str) -> Arc<Shop> {
        let merchant = second_merchant();
        self.sandbox.state().add_merchant(&merchant).unwrap();
        self.apply_shop(&shop_text(code, &merchant, &self.keys())).await
    }

    /// Makes the first shop that of a sub-merchant; `payout` makes the end of its file.
    pub async fn under_provider(&self, payout: impl Fn(&UnderProvider, &SandboxKeys) -> String) -> UnderProvider {
        let accounts = UnderProvider::kept();
        for merchant in [&accounts.provider, &accounts.sub, &accounts.payer] {
            self.sandbox.state().add_merchant(merchant).unwrap();
        }
        let keys = self.keys();
        self.apply_shop(&accounts.shop_text("demo", &keys, &payout(&accounts, &keys))).await;
        accounts
    }

    /// The first shop.
    pub fn shop(&self) -> Arc<Shop> {
        self.app.shops.by_code("demo").unwrap()
    }

    /// The sandbox's keys.
    pub fn keys(&self) -> SandboxKeys {
        self.sandbox.state().keys().clone()
    }

    /// The users' side of WeChat and WeChat Pay.
    pub fn wechat(&self) -> &SandboxState {
        self.sandbox.state()
    }

    /// A caller who is nobody yet.
    pub fn anybody(&self) -> Client {
        Client::new(self.address)
    }

    /// A signed-in member of the only shop; the same name is the same member.
    pub async fn member(&self, name: &str) -> Client {
        self.anybody().signs_in(&self.wechat().login_code(name, false)).await
    }

    /// A signed-in operator of the first shop who may do everything.
    pub async fn operator(&self) -> Client {
        self.operator_called("keeper").await
    }

    /// As [`TestApp::operator`], by this name.
    pub async fn operator_called(&self, name: &str) -> Client {
        let created =
            operators::create(&self.app, self.shop().id, None, name, PASSWORD.to_owned(), OperatorRole::Owner).await;
        assert!(created.is_ok() || created.is_err_and(|failure| failure.code() == kernel::Code::NameTaken));
        self.anybody().signs_in_to_console(name, PASSWORD).await
    }

    /// Moves business time on. The platforms' time is wall time and stays.
    pub fn advance(&self, seconds: i64) {
        self.app.clock.advance(chrono::Duration::seconds(seconds));
    }

    /// Runs every job until nothing is due.
    pub async fn run_due_jobs(&self) {
        for _ in 0..20 {
            match jobs::run_due(&self.app).await {
                // The servers' stock store may be slow to answer on a busy machine.
                Err(failure) if failure.code() == kernel::Code::Busy => {
                    tokio::time::sleep(std::time::Duration::from_millis(250)).await;
                }
                other => {
                    other.unwrap();
                    return;
                }
            }
        }
        panic!("the stock store did not answer for five seconds");
    }
}

/// A loopback address of this test process alone: while a server is down between two lives, no test beside
/// it is given its port.
fn own_loopback() -> Ipv4Addr {
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 1, high, low)
}

pub fn sandbox_config() -> SandboxConfig {
    let mut config = SandboxConfig::new(kept_keys("sandbox.json", SandboxKeys::generate));
    // Notices are posted by hand, so that a story knows when they have arrived.
    config.notify = false;
    config.settle_after_ms = Some(0);
    config.workers = 1;
    config
}

/// A service provider, its sub-merchant with a mini-program, and a direct merchant bound to that
/// mini-program, which pays leaders.
pub struct UnderProvider {
    pub provider: MerchantKeys,
    pub sub: MerchantKeys,
    pub payer: MerchantKeys,
}

impl UnderProvider {
    fn kept() -> Self {
        let merchant = |file: &str| kept_keys(file, SandboxKeys::generate).merchant;
        let (mut provider, sub, mut payer) = (merchant("provider.json"), merchant("sub.json"), merchant("payer.json"));
        provider.sub_merchants = vec![SubMerchant { mchid: sub.mchid.clone(), appid: Some(sub.appid.clone()) }];
        payer.bound_appids = vec![sub.appid.clone()];
        Self { provider, sub, payer }
    }

    /// The sub-merchant's shop file; `payout` is what follows.
    pub fn shop_text(&self, code: &str, keys: &SandboxKeys, payout: &str) -> String {
        let mut signing = self.provider.clone();
        signing.appid = self.sub.appid.clone();
        signing.secret = self.sub.secret.clone();
        signing.push_token = self.sub.push_token.clone();
        signing.push_aes_key = self.sub.push_aes_key.clone();
        let both = format!(
            "mode = \"partner\"\nsp_appid = \"{}\"\nsp_mchid = \"{}\"\nsub_mchid = \"{}\"",
            self.provider.appid, self.provider.mchid, self.sub.mchid
        );
        let direct = format!("mchid = \"{}\"", self.provider.mchid);
        format!("{}\n{payout}", shop_text(code, &signing, keys).replacen(&direct, &both, 1))
    }

    /// `[payout]` in this mode, with the merchant that pays transfers.
    pub fn payout(&self, mode: &str, keys: &SandboxKeys) -> String {
        let (payer, platform) = (&self.payer, &keys.platform);
        format!(
            "[payout]\nmode = \"{mode}\"\n[payout.transfer_merchant]\nmchid = \"{}\"\nmerchant_serial = \"{}\"\n\
             merchant_key = \"\"\"{}\"\"\"\napi_v3_key = \"{}\"\nplatform_public_key_id = \"{}\"\n\
             platform_public_key = \"\"\"{}\"\"\"\n",
            payer.mchid,
            payer.serial,
            payer.private_key_pem().unwrap(),
            payer.api_v3_key,
            platform.public_key_id,
            platform.public_key_pem().unwrap(),
        )
    }
}

fn second_merchant() -> MerchantKeys {
    kept_keys("second.json", SandboxKeys::generate).merchant
}

/// Keys cost a while to make, so one set serves every run of the tests. Of several that make them at once
/// the first wins, and all have his: a test that asks twice gets the same.
fn kept_keys<E: std::fmt::Debug>(file: &str, make: impl Fn() -> Result<SandboxKeys, E>) -> SandboxKeys {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
    SandboxKeys::load(&path).unwrap_or_else(|_| {
        let fresh = path.with_extension(std::process::id().to_string());
        make().unwrap().save(&fresh).unwrap();
        // What an older version wrote cannot be read and makes room. Nobody reads half a file.
        if SandboxKeys::load(&path).is_err() {
            let _ = std::fs::remove_file(&path);
        }
        let first = std::fs::hard_link(&fresh, &path);
        assert!(first.is_ok() || path.exists(), "{first:?}");
        std::fs::remove_file(&fresh).unwrap();
        SandboxKeys::load(&path).unwrap()
    })
}

fn config(place: &Place, sandbox: &sandbox::Running, address: SocketAddr) -> Config {
    let mut config = Config::load(None).unwrap();
    config.server.bind = address.to_string();
    config.server.public_url = format!("http://{address}");
    config.server.workers = 2;
    config.server.shutdown_s = 5;
    config.database.url = place.database_url.clone();
    config.database.max_connections = 8;
    config.database.synchronous = Synchronous::Normal;
    config.stock.backend = place.stock;
    config.stock.redis_url = place.redis_url.clone();
    config.storage.folder = place.folder.join("files").display().to_string();
    config.platforms.wechat = sandbox.base_url();
    config.platforms.wechat_pay = sandbox.base_url();
    config.platforms.wechat_pay_backup = sandbox.base_url();
    config.platforms.pinduoduo = sandbox.pinduoduo_url();
    config.platforms.taobao = sandbox.taobao_url();
    config.platforms.jd = sandbox.jd_url();
    let platforms = &mut config.platforms;
    for (key, address) in [
        ("pinduoduo_auth", &mut platforms.pinduoduo_auth),
        ("taobao_auth", &mut platforms.taobao_auth),
        ("jd_auth", &mut platforms.jd_auth),
        ("youzan", &mut platforms.youzan),
        ("weimob", &mut platforms.weimob),
        ("shopify", &mut platforms.shopify),
        ("aliexpress", &mut platforms.aliexpress),
        ("ebay", &mut platforms.ebay),
        ("amazon", &mut platforms.amazon),
        ("dhgate", &mut platforms.dhgate),
        ("wish", &mut platforms.wish),
        ("wanliniu", &mut platforms.wanliniu),
        ("shoplazza", &mut platforms.shoplazza),
    ] {
        *address = sandbox.platform_url(key);
    }
    config.sandbox.enabled = true;
    config.limits.anonymous_per_ip_per_s = 0;
    config.limits.member_per_s = 0;
    config.limits.operator_per_s = 0;
    config.secrets.master_key = uuid::Uuid::new_v4().to_string().into();
    config
}

/// A shop file whose accounts are the sandbox's.
pub fn shop_text(code: &str, merchant: &MerchantKeys, keys: &SandboxKeys) -> String {
    let (pdd, taobao, jd) = (&keys.pinduoduo, &keys.taobao, &keys.jd);
    format!(
        r#"
code = "{code}"
name = "邻里团 {code}"

[miniprogram]
appid = "{appid}"
secret = "{secret}"
push_token = "{push_token}"
push_aes_key = "{push_aes_key}"

[wechat_pay]
mchid = "{mchid}"
merchant_serial = "{serial}"
merchant_key = """{merchant_key}"""
api_v3_key = "{api_v3_key}"
platform_public_key_id = "{public_key_id}"
platform_public_key = """{public_key}"""

[marketplaces.pinduoduo_affiliate]
client_id = "{client_id}"
client_secret = "{client_secret}"
pid = "{pid}"

[marketplaces.taobao_affiliate]
app_key = "{app_key}"
app_secret = "{app_secret}"
adzone_id = "{adzone_id}"
site_id = "{site_id}"

[marketplaces.jd_affiliate]
app_key = "{jd_key}"
app_secret = "{jd_secret}"
site_id = "{jd_site}"
union_id = "{jd_union}"
sub_union_id = "on"
"#,
        appid = merchant.appid,
        secret = merchant.secret,
        push_token = merchant.push_token,
        push_aes_key = merchant.push_aes_key,
        mchid = merchant.mchid,
        serial = merchant.serial,
        merchant_key = merchant.private_key_pem().unwrap(),
        api_v3_key = merchant.api_v3_key,
        public_key_id = keys.platform.public_key_id,
        public_key = keys.platform.public_key_pem().unwrap(),
        client_id = pdd.client_id,
        client_secret = pdd.client_secret,
        pid = pdd.pid,
        app_key = taobao.app_key,
        app_secret = taobao.app_secret,
        adzone_id = taobao.adzone_id,
        site_id = taobao.site_id,
        jd_key = jd.app_key,
        jd_secret = jd.app_secret,
        jd_site = jd.site_id,
        jd_union = jd.union_id,
    )
}
