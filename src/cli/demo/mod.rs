//! `tuanqiao demo`: everything on the embedded default, with the sandbox for every platform and a
//! seeded shop. What it makes is kept in one folder and used again at the next start.

mod goods;
mod seed;

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use sandbox::{Sandbox, SandboxConfig, SandboxKeys};

use super::embedded::{self, OPERATOR, log_quietly};
use super::sandbox::shop_text;
use crate::app::App;
use crate::config::Config;
use crate::server::start_metrics;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where database, keys and pictures are kept.
    #[arg(long, default_value = "data/demo")]
    folder: PathBuf,
}

pub(super) async fn run(mut config: Config, args: Args) -> anyhow::Result<()> {
    let begun = Instant::now();
    log_quietly(&mut config, "warn")?;
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
    let metrics = start_metrics(&config.server.metrics_bind)?;
    let shop = |app: &App| {
        let settings = if app.shops.by_code("demo").is_ok() { "" } else { "\n[settings]\nleader_rate_bp = 1000\n" };
        Ok(format!("{}{settings}", shop_text("demo", &keys)?))
    };
    let demo = embedded::start(config, &args.folder, &sandbox, listener, shop).await?;
    let (base, password) = (demo.base(), &demo.password);
    seed::seed(&base, &sandbox, password).await.context("the demo's shop could not be seeded")?;
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
    demo.server.run_until_asked_to_end().await?;
    Ok(sandbox.stop().await?)
}
