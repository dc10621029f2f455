//! One page of a run: fetched, then written in one transaction.

use std::pin::pin;

use chrono::Duration;
use gateways::marketplaces::{ApiError, Cursor, ErrorClass, Page, Priority, RemoteGoods, Search};
use kernel::id::SkuId;
use kernel::{Failure, Time};

use super::own::{self, NoPage};
use super::{LEASE, affiliate};
use crate::app::App;
use crate::areas::market_accounts::entity::import_run;
use crate::areas::market_accounts::query;
use crate::areas::market_accounts::rules::{By, Wish};
use crate::areas::market_accounts::service::{self, Rest};
use crate::areas::shops::query::Shop;
use crate::areas::stores;
use crate::areas::stores::state::StoreState;
use crate::flows::marketplace_patience as patience;
use crate::platform::beside::beside;

/// How often a worker who waits for a platform prolongs his lease.
const PROLONG_EVERY: std::time::Duration = std::time::Duration::from_secs(10);
/// How often in a row a store that works may say that its merchant's consent is gone.
const REFUSALS_MAX: i32 = 5;
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
            let how = after_refusal(&error, &run, app.clock.now());
            return pause(app, &run, how, &error.to_string()).await;
        }
        Err(NoPage::Shut(error)) => return pause(app, &run, Rest::ForTheStore, &error.to_string()).await,
        Err(NoPage::Here(error)) => return pause(app, &run, Rest::ForAnOperator, &error.to_string()).await,
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
            let how = Rest::Until(app.clock.now() + OWN_FAULT_REST);
            pause(app, &run, how, &format!("the page could not be stored ({})", failure.code())).await
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

/// How long a run rests that the marketplace has refused.
fn after_refusal(error: &ApiError, run: &import_run::Model, now: Time) -> Rest {
    // A consent that is gone shows in the store's state after a few refusals.
    let may_come_back = error.class == ErrorClass::ReauthorizeNeeded && run.store_id.is_some();
    match patience::until(error, run.failures, now) {
        Some(until) => Rest::Until(until),
        None if may_come_back && run.failures < REFUSALS_MAX => Rest::Until(patience::patient(run.failures, now)),
        None => Rest::ForAnOperator,
    }
}

async fn pause(app: &App, run: &import_run::Model, how: Rest, why: &str) -> Result<import_run::Model, Failure> {
    let (rested, how) = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            // Somebody may have brought the store back meanwhile, and would have found nothing waiting.
            let works = match run.store_id {
                Some(store) => stores::query::store(tx, run.shop_id, store).await?.state == StoreState::Active,
                None => false,
            };
            let how = if works && how == Rest::ForTheStore { Rest::Until(patience::patient(0, now)) } else { how };
            Ok((service::rest(tx, run, how, why, now).await?, how))
        })
        .await?;
    match how {
        Rest::Until(until) => tracing::warn!(%until, why, "an import rests"),
        Rest::ForTheStore => tracing::warn!(why, "an import waits for its store to work again"),
        Rest::ForAnOperator => tracing::error!(why, "an import has failed; an operator must look"),
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
