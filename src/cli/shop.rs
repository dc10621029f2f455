//! `tuanqiao shop apply FILE`, `tuanqiao shop pages`.

use std::path::PathBuf;

use super::{open_app, shop_called, told};
use crate::config::{Config, resolve_secret};
use crate::flows::{shipping, shop_file};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Create the shop named by the file's code, or update it. Applying a file twice changes nothing.
    Apply {
        /// The shop file (TOML).
        file: PathBuf,
    },
    /// Tell WeChat which pages of the mini-program its shipping messages and its order centre open.
    Pages {
        /// The shop's code; needed where there are several.
        #[arg(long)]
        shop: Option<String>,
        /// For shipping messages; WeChat adds transaction_id, merchant_id and merchant_trade_no.
        #[arg(long)]
        messages: Option<String>,
        /// For an order in the order centre, with ${商品订单号} where our number of the payment goes.
        #[arg(long)]
        orders: Option<String>,
    },
}

pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    match action {
        Action::Apply { file } => apply(config, file).await,
        Action::Pages { shop, messages, orders } => {
            let app = open_app(config).await?;
            let shop = shop_called(&app, shop.as_deref())?;
            shipping::set_pages(&app, &shop, messages.as_deref(), orders.as_deref()).await?;
            println!("WeChat opens these pages within some minutes");
            app.db.close().await;
            Ok(())
        }
    }
}

async fn apply(config: Config, file: PathBuf) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(&file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
    let app = open_app(config).await?;
    let shop = shop_file::apply(&app, &text, resolve_secret).await.map_err(told)?;
    println!("{} {} ({})", shop.id, shop.name, shop.code);
    app.db.close().await;
    Ok(())
}
