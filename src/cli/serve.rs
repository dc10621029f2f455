//! `tuanqiao serve`.

use actix_web::web;

use super::open_app;
use crate::config::Config;
use crate::server::{Role, Server, start_metrics};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which part of the work this process does.
    #[arg(long, value_enum, default_value = "all")]
    role: Role,
}

pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<()> {
    let metrics_bind = config.server.metrics_bind.clone();
    let metrics = start_metrics(&metrics_bind)?;
    let app = web::Data::new(open_app(config).await?);
    let server = Server::start(app, args.role)?;
    tracing::info!(address = %server.address, metrics = ?metrics, role = ?args.role, "ready");
    server.run_until_asked_to_end().await?;
    Ok(())
}
