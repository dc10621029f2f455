//! Whether a shop's books are right: journals balance, accounts equal their entries, and orders,
//! refunds and payouts agree with them. For the command, the console and the clock alike.

use chrono::Duration;
use kernel::Failure;
use uuid::Uuid;

use crate::app::App;
use crate::areas::ledger;
use crate::areas::ledger::query::Verdict;
use crate::areas::reports::books::{self, Fault};
use crate::areas::shops::query::Shop;
use crate::platform::leases;

/// Between two verifications by the clock, whichever process makes them.
const EVERY: Duration = Duration::hours(1);
/// The lease's name: who has it has verified for this hour.
const LEASE: &str = "verify_books";

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Within the books.
    pub verdict: Verdict,
    /// Between the books and the rows they book.
    pub faults: Vec<Fault>,
}

impl Report {
    /// In how many places the books are off.
    pub fn found(&self) -> usize {
        self.verdict.unbalanced.len() + self.verdict.drifted.len() + self.faults.len()
    }
}

/// Verifies a shop's books as they stand at one moment, however busy it is.
pub async fn verify(app: &App, shop: &Shop) -> Result<Report, Failure> {
    app.db
        .read(async |tx| {
            let verdict = ledger::query::verify(tx, shop.id).await?;
            Ok(Report { verdict, faults: books::faults(tx, shop.id).await? })
        })
        .await
}

/// Verifies every shop once an hour, in one process of all, and says how many; what is off is an
/// alarm and a figure in the metrics.
pub async fn verify_hourly(app: &App) -> Result<u64, Failure> {
    let holder = Uuid::new_v4().to_string();
    let wall = app.clock.wall();
    let ours = app.db.write(async |tx| Ok(leases::take(tx, LEASE, &holder, EVERY, wall).await?)).await?;
    if !ours {
        return Ok(0);
    }
    let verified = verify_all(app).await;
    if verified.is_err() {
        // The next run tries again, in whichever process it is.
        app.db.write(async |tx| Ok(leases::give_back(tx, LEASE, &holder).await?)).await?;
    }
    verified
}

async fn verify_all(app: &App) -> Result<u64, Failure> {
    let mut count = 0;
    for shop in app.shops.all().iter() {
        let report = verify(app, shop).await?;
        let found = u32::try_from(report.found()).unwrap_or(u32::MAX);
        metrics::gauge!("books_faults", "shop" => shop.code.clone()).set(f64::from(found));
        if found > 0 {
            tracing::error!(shop = %shop.id, found, ?report, "ALARM: the books are off; run `tuanqiao ledger verify`");
        }
        count += 1;
    }
    Ok(count)
}
