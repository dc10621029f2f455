//! The command line: one binary, one file a command.

mod backup;
mod bill;
mod caller;
mod contract;
mod demo;
mod doctor;
mod embedded;
mod import;
mod leader;
mod ledger;
mod migrate;
mod operator;
mod sandbox;
mod secrets;
mod serve;
mod shop;
mod stock;
mod store_apps;
mod tour;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::app::App;
use crate::areas::shops::query::Shop;
use crate::config::Config;
use crate::flows::business_time;
use crate::platform::db::Db;
use crate::platform::telemetry;

/// 团桥 Tuanqiao: the backend of a WeChat community-group-buy shop.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub struct Cli {
    /// A configuration file over the defaults; environment variables TUANQIAO__SECTION__KEY win.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API, the console and the jobs in one process.
    Serve(serve::Args),
    /// Run the product on its embedded default, with the sandbox for every platform and a seeded shop.
    Demo(demo::Args),
    /// Run the stand-in for WeChat, WeChat Pay and the marketplaces alone.
    Sandbox(sandbox::Args),
    /// Bring the database's schema up to date, or look at it.
    #[command(subcommand)]
    Migrate(migrate::Action),
    /// Import a marketplace's goods into a shop's catalogue; the same command again goes on where it
    /// was left.
    Import(import::Args),
    /// The public contract as files.
    #[command(subcommand)]
    Contract(contract::Action),
    /// Create or update a shop from a file.
    #[command(subcommand)]
    Shop(shop::Action),
    /// Approve applications to become a leader.
    #[command(subcommand)]
    Leader(leader::Action),
    /// Play the whole story against a running demo, over HTTP alone.
    Tour(tour::Args),
    /// Create console operators.
    #[command(subcommand)]
    Operator(operator::Action),
    /// Check configuration, database, stock store, clock and credentials, and say what to mend.
    Doctor,
    /// Hold WeChat Pay's bills against the books.
    #[command(subcommand)]
    Bill(bill::Action),
    /// Check the books.
    #[command(subcommand)]
    Ledger(ledger::Action),
    /// Check the stock.
    #[command(subcommand)]
    Stock(stock::Action),
    /// Write a consistent, checked copy of an SQLite database.
    Backup(backup::Args),
    /// Look after the stored secrets.
    #[command(subcommand)]
    Secrets(secrets::Action),
}

/// Runs a command; errors go to the standard error in one sentence.
pub fn run(cli: Cli) -> ExitCode {
    // The choice is made once; a second provider in the process would be a mistake of ours.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        eprintln!("another TLS provider was installed before ours");
    }
    let outcome = Config::load(cli.config.as_deref())
        .map_err(anyhow::Error::from)
        .and_then(|config| actix_web::rt::System::new().block_on(dispatch(cli.command, config)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(command: Command, config: Config) -> anyhow::Result<()> {
    // The demo and the tour choose their own way of logging.
    if !matches!(command, Command::Demo(_) | Command::Tour(_)) {
        telemetry::start_logging(&config.log)?;
    }
    match command {
        Command::Backup(args) => backup::run(config, args).await,
        Command::Bill(action) => bill::run(config, action).await,
        Command::Doctor => doctor::run(config).await,
        Command::Ledger(action) => ledger::run(config, action).await,
        Command::Secrets(action) => secrets::run(config, action).await,
        Command::Serve(args) => serve::run(config, args).await,
        Command::Demo(args) => demo::run(config, args).await,
        Command::Sandbox(args) => sandbox::run(config, args).await,
        Command::Tour(args) => tour::run(config, args).await,
        Command::Stock(action) => stock::run(config, action).await,
        Command::Migrate(action) => migrate::run(config, action).await,
        Command::Leader(action) => leader::run(config, action).await,
        Command::Import(args) => import::run(config, args).await,
        Command::Contract(action) => contract::run(&action),
        Command::Operator(action) => operator::run(config, action).await,
        Command::Shop(action) => shop::run(config, action).await,
    }
}

/// Opens the application on a database that is there and whose schema is the one this binary knows.
async fn open_app(config: Config) -> anyhow::Result<App> {
    let db = Db::open(&config.database).await?;
    migrate::expect_current(&db).await?;
    let app = App::build(config, db).await?;
    business_time::catch_up(&app).await.map_err(told)?;
    Ok(app)
}

/// The shop with this code, or the only one.
fn shop_called(app: &App, code: Option<&str>) -> anyhow::Result<Arc<Shop>> {
    if let Some(code) = code {
        return app.shops.by_code(code).map_err(|error| told(error.into()));
    }
    match app.shops.all().as_slice() {
        [only] => Ok(Arc::clone(only)),
        [] => anyhow::bail!("there is no shop yet; `tuanqiao shop apply FILE` makes one"),
        several => {
            let codes: Vec<&str> = several.iter().map(|shop| shop.code.as_str()).collect();
            anyhow::bail!("name the shop with --shop, one of: {}", codes.join(", "))
        }
    }
}

/// A failure as an error for the command line.
fn told(failure: kernel::Failure) -> anyhow::Error {
    let mut text = failure.to_string();
    for fault in failure.coded().fields() {
        text.push_str(&format!("\n  - {}: {} ({})", fault.field, fault.detail, fault.code));
    }
    anyhow::anyhow!(text)
}
