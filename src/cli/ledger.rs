//! `tuanqiao ledger verify`.

use super::{open_app, told};
use crate::config::Config;
use crate::flows::verify_books;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Prove that every journal balances, that accounts equal their entries, and that orders,
    /// refunds and payouts agree with the books. Ends with exit code 1 when anything is off.
    Verify {
        /// The code of one shop; every shop when left out.
        #[arg(long, value_name = "CODE")]
        shop: Option<String>,
    },
}

pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let Action::Verify { shop } = action;
    let app = open_app(config).await?;
    let shops = match shop {
        Some(code) => vec![app.shops.by_code(&code).map_err(|error| told(error.into()))?],
        None => app.shops.all().to_vec(),
    };
    let mut wrong = 0;
    for shop in shops {
        let report = verify_books::verify(&app, &shop).await.map_err(told)?;
        let (verdict, faults) = (&report.verdict, &report.faults);
        for journal in &verdict.unbalanced {
            println!("{}: journal {journal} does not balance", shop.code);
        }
        for (account, party, row, entries) in &verdict.drifted {
            println!("{}: {account:?} of {party} says {row}, its entries say {entries}", shop.code);
        }
        for fault in faults {
            let with: Vec<String> = fault.with.iter().map(ToString::to_string).collect();
            println!("{}: {}: {}", shop.code, fault.what, with.join(", "));
        }
        if report.found() == 0 {
            println!("{}: {} journals, everything adds up to zero", shop.code, verdict.journals);
        }
        wrong += report.found();
    }
    app.db.close().await;
    anyhow::ensure!(wrong == 0, "the books are off in {wrong} place(s)");
    Ok(())
}
