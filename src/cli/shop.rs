//! `tuanqiao shop apply FILE`.

use std::path::PathBuf;

use super::{open_app, told};
use crate::config::{Config, resolve_secret};
use crate::flows::shop_file;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Create the shop named by the file's code, or update it. Applying a file twice changes nothing.
    Apply {
        /// The shop file (TOML).
        file: PathBuf,
    },
}

pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let Action::Apply { file } = action;
    let text = std::fs::read_to_string(&file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
    let app = open_app(config).await?;
    let shop = shop_file::apply(&app, &text, resolve_secret).await.map_err(told)?;
    println!("{} {} ({})", shop.id, shop.name, shop.code);
    app.db.close().await;
    Ok(())
}
