//! Platforms say that the stock of some items has changed: the items are read.

use std::collections::HashSet;

use chrono::Duration;
use gateways::marketplaces::Priority;
use kernel::Failure;
use kernel::id::StoreId;

use super::{look, orders};
use crate::app::App;
use crate::areas::channels::entity::line;
use crate::areas::channels::lines;
use crate::areas::stores::entity::store_hint;
use crate::areas::stores::state::{HintKind, StoreState};
use crate::areas::stores::{hints, query as stores};

/// Stores whose hints are followed in one round.
const STORES_AT_ONCE: u64 = 8;
/// Hints of one store.
const AT_ONCE: u64 = 20;
/// What a store was told this lately is what its message speaks of.
const OUR_OWN: Duration = Duration::minutes(1);

/// Follows hints about stock. Says of how many stores.
pub(super) async fn follow(app: &App) -> Result<u64, Failure> {
    let now = app.clock.now();
    let due = hints::stores_due(app.db.reader(), HintKind::Stock, now, STORES_AT_ONCE).await?;
    let count = u64::try_from(due.len()).unwrap_or(STORES_AT_ONCE);
    for store in due {
        let said = hints::due(app.db.reader(), store, HintKind::Stock, now, AT_ONCE).await?;
        if let Err(failure) = of_store(app, store, &said).await {
            tracing::warn!(%store, %failure, "what a platform said of its stock could not be followed");
        }
        // What could not be read now is found by the next reading of the store.
        app.db.write(async |tx| Ok(hints::done(tx, &said).await?)).await?;
    }
    Ok(count)
}

async fn of_store(app: &App, store: StoreId, said: &[store_hint::Model]) -> Result<(), Failure> {
    let row = stores::any(app.db.reader(), store).await?;
    let Some(row) = row.filter(|row| row.state == StoreState::Active) else { return Ok(()) };
    let now = app.clock.now();
    let named: HashSet<String> = said.iter().map(|hint| hint.external_id.clone()).filter(|id| !id.is_empty()).collect();
    let named: Vec<String> = named.into_iter().collect();
    let rows = lines::named(app.db.reader(), row.shop_id, store, &named).await?;
    let foreign = |row: &&line::Model| {
        row.sku_id.is_some() && row.is_settled() && row.shown_at.is_none_or(|at| at + OUR_OWN <= now)
    };
    let rows: Vec<&line::Model> = rows.iter().filter(foreign).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let shop = app.shops.by_id(row.shop_id)?;
    let opened = app.marketplaces.store(&shop, &row)?;
    let channel = opened.channel.clone().with_priority(Priority::Orders);
    match look::at(app, &opened, &channel, &rows, true).await? {
        Ok(found) => {
            let changed: Vec<_> = found.keys().copied().collect();
            // What was sold there is gone from what every other store may show.
            let sold = |line: &&line::Model| found.get(&line.id).filter(|one| one.unpulled > 0).and(line.sku_id);
            let sold: Vec<_> = rows.iter().filter_map(sold).collect();
            app.db
                .write(async |tx| {
                    lines::mark(tx, &sold, now).await?;
                    Ok(lines::mark_lines(tx, &changed, now).await?)
                })
                .await?;
            if !sold.is_empty() {
                orders::read_soon(app, &row).await?;
            }
        }
        Err(error) => tracing::info!(%store, %error, "the items a platform spoke of could not be read"),
    }
    Ok(())
}
