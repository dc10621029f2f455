//! The embedded default with the sandbox for every platform, in one folder.

use std::net::TcpListener;
use std::path::Path;

use actix_web::web;
use kernel::Code;
use migrations::Migrator;
use sea_orm_migration::MigratorTrait;

use super::sandbox::write_private;
use super::{store_apps, told};
use crate::app::App;
use crate::areas::operators::role::Role as OperatorRole;
use crate::config::{Config, LogFormat, StockBackend, Synchronous, resolve_secret};
use crate::flows::{business_time, operators, shop_file};
use crate::platform::db::Db;
use crate::platform::telemetry;
use crate::server::{Role, Server};

/// The operator's name.
pub(super) const OPERATOR: &str = "demo";
/// Where his password is kept, inside the folder.
pub(super) const PASSWORD_FILE: &str = "operator-password";

/// A running product with one shop and its operator.
pub(super) struct Embedded {
    pub(super) server: Server,
    /// Of [`OPERATOR`].
    pub(super) password: String,
}

impl Embedded {
    /// Where the API answers.
    pub(super) fn base(&self) -> String {
        format!("http://{}", self.server.address)
    }
}

/// Logs for people, from `level` on unless the environment says another.
pub(super) fn log_quietly(config: &mut Config, level: &str) -> anyhow::Result<()> {
    config.log.format = LogFormat::Pretty;
    if std::env::var_os("TUANQIAO__LOG__LEVEL").is_none() {
        config.log.level = format!("{level},sqlx=error");
    }
    telemetry::start_logging(&config.log)
}

/// Starts the product in `folder` with the shop that `shop_text` describes.
pub(super) async fn start(
    mut config: Config,
    folder: &Path,
    sandbox: &sandbox::Running,
    listener: TcpListener,
    shop_text: impl FnOnce(&App) -> anyhow::Result<String>,
) -> anyhow::Result<Embedded> {
    embed(&mut config, folder, sandbox, listener.local_addr()?)?;
    store_apps::furnish(sandbox, &config.server.public_url);
    let db = Db::connect(&config.database).await?;
    Migrator::up(db.maintenance(), None).await?;
    let app = web::Data::new(App::build(config, db).await?);
    business_time::catch_up(&app).await.map_err(told)?;
    let shop = shop_file::apply(&app, &shop_text(&app)?, resolve_secret).await.map_err(told)?;
    let password = kept_secret(&folder.join(PASSWORD_FILE))?;
    match operators::create(&app, shop.id, None, OPERATOR, password.clone(), OperatorRole::Owner).await {
        Err(failure) if failure.code() != Code::NameTaken => return Err(told(failure)),
        _ => {}
    }
    Ok(Embedded { server: Server::start_on(listener, app, Role::All)?, password })
}

/// Turns the configuration into the embedded default that talks to the sandbox alone.
fn embed(
    config: &mut Config,
    folder: &Path,
    sandbox: &sandbox::Running,
    address: std::net::SocketAddr,
) -> anyhow::Result<()> {
    // Whatever stood in [platforms] is left behind: no demo reaches another machine.
    config.platforms = store_apps::addresses(sandbox);
    config.sandbox.enabled = true;
    config.sandbox.bind = sandbox.addr.to_string();
    config.server.bind = address.to_string();
    config.server.public_url = format!("http://{address}");
    config.database.url = format!("sqlite://{}", folder.join("tuanqiao.db").display());
    config.database.synchronous = Synchronous::Full;
    config.stock.backend = StockBackend::Embedded;
    config.storage.folder = folder.join("files").display().to_string();
    config.secrets.master_key = kept_secret(&folder.join("master.key"))?.into();
    Ok(())
}

/// A secret of the folder: made once, readable by its owner alone, used again.
fn kept_secret(path: &Path) -> anyhow::Result<String> {
    if let Ok(text) = std::fs::read_to_string(path) {
        return Ok(text.trim().to_owned());
    }
    let secret = uuid::Uuid::new_v4().simple().to_string();
    write_private(path, &secret)?;
    Ok(secret)
}
