//! `tuanqiao demo`: everything on the embedded default, with the sandbox for every platform and a
//! seeded shop. What it makes is kept in one folder and used again at the next start.

mod goods;
mod seed;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Instant;

use actix_web::web;
use anyhow::Context;
use kernel::Code;
use migrations::Migrator;
use sandbox::{Sandbox, SandboxConfig, SandboxKeys};
use sea_orm_migration::MigratorTrait;

use super::sandbox::{shop_text, write_private};
use super::told;
use crate::app::App;
use crate::areas::operators::role::Role as OperatorRole;
use crate::config::{Config, LogFormat, Platforms, StockBackend, Synchronous, resolve_secret};
use crate::flows::{business_time, operators, shop_file};
use crate::platform::db::Db;
use crate::platform::telemetry;
use crate::server::{Role, Server, start_metrics};

/// The operator's name.
pub(super) const OPERATOR: &str = "demo";
/// Where his password is kept, inside the folder.
pub(super) const PASSWORD_FILE: &str = "operator-password";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where database, keys and pictures are kept.
    #[arg(long, default_value = "data/demo")]
    folder: PathBuf,
}

pub(super) async fn run(mut config: Config, args: Args) -> anyhow::Result<()> {
    let begun = Instant::now();
    config.log.format = LogFormat::Pretty;
    if std::env::var_os("TUANQIAO__LOG__LEVEL").is_none() {
        config.log.level = "warn,sqlx=error".to_owned();
    }
    telemetry::start_logging(&config.log)?;
    let keys = SandboxKeys::load_or_generate(&args.folder.join("sandbox-keys.json"))?;
    let taken = |what: &str, bind: &str| format!("{what} cannot listen on {bind}; is a demo running already?");
    let sandbox = Sandbox::start(SandboxConfig {
        bind: config.sandbox.bind.clone(),
        data_file: Some(args.folder.join("sandbox-books.json")),
        // What a shop's bills are checked against by default.
        fee_bp: 60,
        ..SandboxConfig::new(keys.clone())
    })
    .with_context(|| taken("the sandbox", &config.sandbox.bind))?;
    let listener = TcpListener::bind(&config.server.bind).with_context(|| taken("the API", &config.server.bind))?;
    embed(&mut config, &args.folder, &sandbox, listener.local_addr()?)?;
    let metrics = start_metrics(&config.server.metrics_bind)?;

    let db = Db::connect(&config.database).await?;
    Migrator::up(db.maintenance(), None).await?;
    let app = web::Data::new(App::build(config, db).await?);
    business_time::catch_up(&app).await.map_err(told)?;
    let settings = if app.shops.by_code("demo").is_ok() { "" } else { "\n[settings]\nleader_rate_bp = 1000\n" };
    let text = format!("{}{settings}", shop_text("demo", &keys)?);
    let shop = shop_file::apply(&app, &text, resolve_secret).await.map_err(told)?;
    let password = kept_secret(&args.folder.join(PASSWORD_FILE))?;
    match operators::create(&app, shop.id, None, OPERATOR, password.clone(), OperatorRole::Owner).await {
        Err(failure) if failure.code() != Code::NameTaken => return Err(told(failure)),
        _ => {}
    }
    let server = Server::start_on(listener, app, Role::All)?;
    let base = format!("http://{}", server.address);
    seed::seed(&base, &sandbox, &password).await.context("the demo's shop could not be seeded")?;
    let program = std::env::current_exe().map_or_else(|_| "tuanqiao".to_owned(), |path| path.display().to_string());
    let metrics = metrics.map(|address| format!("http://{address}/metrics")).unwrap_or_default();
    println!(
        "Ready in {:.1} s. Press Ctrl-C to stop; everything is kept in {}.\n\n\
         Open\n  {base}/              start page\n  {base}/docs/         API documentation (Swagger UI)\n  \
         {}/              the sandbox's control page: pay, refuse, forge\n  {base}/healthz       health, \
         and {base}/readyz\n  {metrics}   metrics\n\n\
         Try\n  {program} tour\n                       \
         \x20                           the whole story, told step by step (make tour)\n  \
         curl -s {base}/api/v1/goods                      what is on sale\n  \
         curl -s {base}/api/v1/session -H 'Content-Type: application/json' -d '{{\"code\":\"code-anna.1\"}}'\n                       \
         \x20                           sign in as anna; each code works once: code-anna.2 …\n  \
         console operator: {OPERATOR}, password: {password}\n",
        begun.elapsed().as_secs_f64(),
        args.folder.display(),
        sandbox.base_url(),
    );
    server.run_until_asked_to_end().await?;
    Ok(sandbox.stop().await?)
}

/// Turns the configuration into the embedded default that talks to the sandbox alone.
fn embed(
    config: &mut Config,
    folder: &Path,
    sandbox: &sandbox::Running,
    address: std::net::SocketAddr,
) -> anyhow::Result<()> {
    // Whatever stood in [platforms] is left behind: no demo reaches another machine.
    config.platforms = Platforms {
        wechat: sandbox.base_url(),
        wechat_pay: sandbox.base_url(),
        wechat_pay_backup: sandbox.base_url(),
        pinduoduo: sandbox.pinduoduo_url(),
        taobao: sandbox.taobao_url(),
        jd: sandbox.jd_url(),
        ..Platforms::default()
    };
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

/// A secret of the demo: made once, readable by its owner alone, used again.
fn kept_secret(path: &Path) -> anyhow::Result<String> {
    if let Ok(text) = std::fs::read_to_string(path) {
        return Ok(text.trim().to_owned());
    }
    let secret = uuid::Uuid::new_v4().simple().to_string();
    write_private(path, &secret)?;
    Ok(secret)
}
