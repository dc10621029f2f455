//! `tuanqiao stock reconcile`.

use super::{open_app, told};
use crate::areas::stock::{query, reconcile};
use crate::config::{Config, StockBackend};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Compare the stock gate with the database and mend the gate; check that the database's own
    /// units add up. Ends with exit code 1 when they do not.
    Reconcile {
        /// The code of one shop; every shop when left out.
        #[arg(long, value_name = "CODE")]
        shop: Option<String>,
    },
}

pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let Action::Reconcile { shop } = action;
    let embedded = config.stock.backend == StockBackend::Embedded;
    let app = open_app(config).await?;
    let shops = match shop {
        Some(code) => vec![app.shops.by_code(&code).map_err(|error| told(error.into()))?],
        None => app.shops.all().to_vec(),
    };
    let mut wrong = 0;
    for shop in shops {
        for (sku, gap) in query::imbalances(app.db.reader(), shop.id).await? {
            println!("{}: {sku} has {gap} unit(s) too many against its movements", shop.code);
            wrong += 1;
        }
        if embedded {
            println!("{}: the gate lives in the serving process, which mends it by itself", shop.code);
            continue;
        }
        let drift = reconcile::reconcile(app.db.reader(), &app.gate, shop.id).await?;
        for difference in &drift.differences {
            let outcome = if difference.mended { "mended" } else { "moved meanwhile; run again" };
            println!(
                "{}: {} in the gate {:?}, expected {:?}: {outcome}",
                shop.code, difference.sku, difference.gate, difference.expected
            );
        }
        for order in &drift.stale {
            println!("{}: the gate still held units for {order}, which has ended; given back", shop.code);
        }
        let how = if drift.rebuilt { "rebuilt from the database" } else { "compared" };
        println!("{}: {} SKU(s) {how}", shop.code, drift.compared);
    }
    app.db.close().await;
    anyhow::ensure!(wrong == 0, "stock does not add up for {wrong} SKU(s)");
    Ok(())
}
