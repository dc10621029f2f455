//! News of stock become lines that are due.

use std::collections::BTreeMap;

use chrono::Duration;
use kernel::id::SkuId;
use kernel::{Failure, Time};

use crate::app::App;
use crate::areas::channels::lines;
use crate::areas::stock::news;

/// How long after its first change a SKU is told, with all that changes until then.
const DEBOUNCE: Duration = Duration::seconds(1);
/// News taken at a time.
const AT_ONCE: u64 = 1_000;

/// Marks the lines of every SKU that news tell of. Where there is none it is one look at an index.
pub(super) async fn news(app: &App) -> Result<(), Failure> {
    while news::any(app.db.reader()).await? {
        let full = app
            .db
            .write(async |tx| {
                let found = news::read(tx, AT_ONCE).await?;
                for (at, skus) in alike(&found.skus) {
                    lines::mark(tx, &skus, at + DEBOUNCE).await?;
                }
                news::forget(tx, &found).await?;
                Ok(found.is_full(AT_ONCE))
            })
            .await?;
        if !full {
            break;
        }
    }
    Ok(())
}

/// SKUs that changed within the same second, by the first change of that second: one statement marks them.
fn alike(skus: &BTreeMap<SkuId, Time>) -> BTreeMap<Time, Vec<SkuId>> {
    let mut seconds: BTreeMap<i64, (Time, Vec<SkuId>)> = BTreeMap::new();
    for (sku, at) in skus {
        let (first, of_second) = seconds.entry(at.timestamp()).or_insert((*at, Vec::new()));
        *first = (*first).min(*at);
        of_second.push(*sku);
    }
    seconds.into_values().collect()
}
