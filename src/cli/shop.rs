//! `tuanqiao shop apply FILE`.

use std::path::PathBuf;

use super::{open_app, told};
use crate::areas::shops::profile::ShopFile;
use crate::areas::shops::service;
use crate::areas::shops::settings::Settings;
use crate::config::{Config, resolve_secret};

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
    let draft = ShopFile::parse(&text)
        .and_then(|shop| shop.into_draft(resolve_secret))
        .map_err(|invalid| told(invalid.into()))?;
    let defaults = Settings {
        payment_window_s: config.orders.payment_window_s,
        after_sale_window_s: config.orders.after_sale_window_s,
        ..Settings::default()
    };
    let app = open_app(config).await?;
    let id = app
        .db
        .write(async |tx| service::apply(tx, &app.sealer, &draft, &defaults, app.clock.now()).await)
        .await
        .map_err(told)?;
    app.shops.refresh(&app.db, &app.sealer).await.map_err(told)?;
    let shop = app.shops.by_id(id).map_err(|error| told(error.into()))?;
    if draft.profile.wechat_pay.is_some() {
        app.clients.of(&shop).pay().map_err(|error| told(error.into()))?;
    }
    println!("{id} {} ({})", shop.name, shop.code);
    app.db.close().await;
    Ok(())
}
