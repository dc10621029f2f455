//! One page of a run: fetched, then written in one transaction.

use std::pin::pin;

use chrono::Duration;
use gateways::marketplaces::{Cursor, Page, Priority, RemoteGoods, Search};
use kernel::id::SkuId;
use kernel::{Failure, Time};

use super::own::{self, NoPage};
use super::{LEASE, affiliate};
use crate::app::App;
use crate::areas::market_accounts::entity::import_run;
use crate::areas::market_accounts::query;
use crate::areas::market_accounts::rules::{By, Wish};
use crate::areas::market_accounts::service;
use crate::areas::shops::query::Shop;
use crate::flows::marketplace_patience as patience;
use crate::platform::beside::beside;

/// How often a worker who waits for a platform prolongs his lease.
const PROLONG_EVERY: std::time::Duration = std::time::Duration::from_secs(10);
/// The rest after a failure of our own.
const OWN_FAULT_REST: Duration = Duration::seconds(30);

/// Works on one page of a run whose lease the caller holds, and returns the run as it then stands.
///
/// What goes wrong at the marketplace is written into the run: it rests, or it has failed.
#[tracing::instrument(skip_all, fields(shop = %shop.id, import = %run.id))]
pub async fn step(app: &App, shop: &Shop, run: import_run::Model) -> Result<import_run::Model, Failure> {
    let wish = query::wish_of(&run)?;
    let (asked, mut run) = (run.clone(), run);
    let mut fetching = pin!(fetch(app, shop, &asked, &wish));
    let fetched = loop {
        tokio::select! {
            fetched = &mut fetching => break fetched,
            () = tokio::time::sleep(PROLONG_EVERY) => {
                let until = app.clock.wall() + LEASE;
                let prolonging = app.db.write(async |tx| Ok(service::prolong(tx, &run, until).await?));
                let (prolonged, fetched) = beside(prolonging, fetching.as_mut()).await;
                run = prolonged?;
                if let Some(fetched) = fetched {
                    break fetched;
                }
            }
        }
    };
    let page = match fetched {
        Ok(page) => page,
        Err(NoPage::There(error)) => {
            let until = patience::until(&error, run.failures, app.clock.now());
            return rest(app, &run, until, &error.to_string()).await;
        }
        Err(NoPage::Here(error)) => return rest(app, &run, None, &error.to_string()).await,
    };
    let stored = match (run.store_id, &wish.own) {
        (Some(store), Some(terms)) => own::store(app, shop, &run, store, &wish, terms, &page).await,
        _ => affiliate::store(app, shop, &run, &wish, &page).await,
    };
    match stored {
        Ok(stored) => {
            if stored.touched {
                app.catalogue.changed(shop.id);
            }
            if !stored.opened.is_empty() {
                app.gate.set_levels(shop.id, &stored.opened).await;
            }
            Ok(stored.run)
        }
        Err(failure) => {
            tracing::error!(%failure, "a page of an import could not be stored");
            let until = app.clock.now() + OWN_FAULT_REST;
            rest(app, &run, Some(until), &format!("the page could not be stored ({})", failure.code())).await
        }
    }
}

async fn fetch(app: &App, shop: &Shop, run: &import_run::Model, wish: &Wish) -> Result<Page<RemoteGoods>, NoPage> {
    if let Some(store) = run.store_id {
        return own::next(app, shop, run, store, wish).await;
    }
    let market = app.marketplaces.of(shop, &run.marketplace).map_err(|error| NoPage::Here(error.into()))?;
    let priority = if run.renewal { Priority::Refresh } else { Priority::Import };
    let channel = market.channel.clone().with_priority(priority);
    let cursor = run.cursor.clone().map(Cursor);
    let page = match &wish.by {
        By::Query(words) => {
            let search = Search { query: words.clone(), ..Search::default() };
            let mut walk = market.engine.search(&channel, &search, cursor).map_err(NoPage::There)?;
            walk.next_page().await
        }
        By::Ids(ids) => {
            let mut walk = market.engine.by_ids(&channel, ids, cursor).map_err(NoPage::There)?;
            walk.next_page().await
        }
        By::Whole => Ok(None),
    };
    Ok(page.map_err(NoPage::There)?.unwrap_or_else(|| Page::of(Vec::new())))
}

async fn rest(
    app: &App,
    run: &import_run::Model,
    until: Option<Time>,
    why: &str,
) -> Result<import_run::Model, Failure> {
    let rested = app.db.write(async |tx| Ok(service::rest(tx, run, until, why, app.clock.now()).await?)).await?;
    match until {
        Some(until) => tracing::warn!(%until, why, "an import rests"),
        None => tracing::error!(why, "an import has failed; an operator must look"),
    }
    Ok(rested)
}

/// A page written.
pub(super) struct Stored {
    pub run: import_run::Model,
    /// Whether shoppers see anything new.
    pub touched: bool,
    /// New SKUs with their first counts; `None` is unlimited.
    pub opened: Vec<(SkuId, Option<i64>)>,
}
