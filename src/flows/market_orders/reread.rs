//! Open orders are read again by their numbers now and then: a platform's increments may miss a change,
//! and an order that nobody changes is asked about as long as it may.

use std::time::Instant;

use chrono::Duration;
use gateways::marketplaces::{ApiError, Channel, ErrorClass, Priority};
use kernel::Failure;

use super::record::Read;
use super::{pull, record};
use crate::app::{App, Store};
use crate::areas::market_orders::entity::feed;
use crate::areas::market_orders::query;
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store_hint;
use crate::flows::marketplace_patience as patience;

/// How long an open order may stand without having been read.
const EVERY: Duration = Duration::hours(6);
/// How often it is looked whether any has.
const LOOK_EVERY: Duration = Duration::hours(1);
/// Orders of one step.
pub(super) const AT_ONCE: u64 = 20;
/// A step asks for no further order after this long: its lease ends.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(40);

/// Reads some of a store's open orders again; the caller holds the feed's lease.
pub(super) async fn some(app: &App, shop: &Shop, store: &Store, feed: &feed::Model) -> Result<(), Failure> {
    let now = app.clock.now();
    let due = query::to_reread(app.db.reader(), feed.store_id, now - EVERY, AT_ONCE).await?;
    if due.is_empty() {
        let later = feed::Model { reread_at: now + LOOK_EVERY, ..feed.clone() };
        return pull::save(app, feed, &later).await;
    }
    let numbers: Vec<String> = due.into_iter().map(|(_, number)| number).collect();
    let (asked, ended_by) = ask(store, &numbers, Priority::Refresh).await;
    let reread_at = match &ended_by {
        None => now,
        Some(error) => {
            tracing::warn!(%error, "reading open orders again rests");
            patience::until(error, feed.failures, now).unwrap_or(now + LOOK_EVERY).max(now + Duration::minutes(1))
        }
    };
    let next = feed::Model { reread_at, ..feed.clone() };
    record::page(app, shop, feed, &asked, &next).await
}

/// Reads what somebody has said changed: single orders, or with an empty number whatever did.
pub(super) async fn hinted(
    app: &App,
    shop: &Shop,
    store: &Store,
    feed: &feed::Model,
    hints: &[store_hint::Model],
) -> Result<(), Failure> {
    let now = app.clock.now();
    let numbers: Vec<String> =
        hints.iter().map(|hint| hint.external_id.clone()).filter(|number| !number.is_empty()).collect();
    let (mut asked, ended_by) = match numbers.is_empty() {
        true => (Read::default(), None),
        false => ask(store, &numbers, Priority::Orders).await,
    };
    if let Some(error) = ended_by {
        // They stay, and are followed with the next reading or before.
        let until = patience::until(&error, feed.failures, now).unwrap_or(now + LOOK_EVERY);
        return pull::rest(app, feed, until, &error.to_string()).await;
    }
    let next_at = if numbers.len() < hints.len() { now } else { feed.next_at };
    asked.hints = hints.to_vec();
    record::page(app, shop, feed, &asked, &feed::Model { next_at, ..feed.clone() }).await
}

/// What the platform says of some orders, and what ended its answer, if anything did. One number that it
/// does not want to hear does not keep it from telling of the others: that order counts as missing.
async fn ask(store: &Store, numbers: &[String], priority: Priority) -> (Read, Option<ApiError>) {
    let mut asked = Read::default();
    let began = Instant::now();
    let channel = store.channel.clone().with_priority(priority);
    match walk(store, &channel, numbers, began, &mut asked).await {
        Err(error) if concerns_orders(&error) => {}
        ended => return (asked, ended.err()),
    }
    let mut asked = Read::default();
    for number in numbers {
        match walk(store, &channel, std::slice::from_ref(number), began, &mut asked).await {
            Ok(()) => {}
            Err(error) if concerns_orders(&error) => asked.missing.push(number.clone()),
            Err(error) => return (asked, Some(error)),
        }
    }
    (asked, None)
}

/// Whether a refusal is about what was asked for and not about us or the platform.
fn concerns_orders(error: &ApiError) -> bool {
    use ErrorClass as E;
    matches!(error.class, E::Business | E::BadRequest | E::NotFound | E::Conflict | E::Unsupported)
}

async fn walk(
    store: &Store,
    channel: &Channel,
    numbers: &[String],
    began: Instant,
    asked: &mut Read,
) -> Result<(), ApiError> {
    let mut walk = store.market.hurried.orders_by_ids(channel, numbers, None)?;
    while began.elapsed() < PATIENCE {
        let Some(page) = walk.next_page().await? else { return Ok(()) };
        asked.orders.extend(page.rows);
        asked.missing.extend(page.missing);
    }
    Ok(())
}
