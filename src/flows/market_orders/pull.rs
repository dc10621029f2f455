//! Reading stores' orders: from the previous day on at first, then every hour, and at once when an
//! operator asks.

use chrono::Duration;
use futures::StreamExt;
use gateways::marketplaces::{ApiError, Capabilities, Cursor, Page, Priority, RemoteOrder, Window, WindowRules};
use kernel::id::{ShopId, StoreId};
use kernel::{Failure, Time};
use serde_json::json;

use super::record::Read;
use super::{fill, record, reread};
use crate::app::{App, Store};
use crate::areas::market_accounts::rules::storable;
use crate::areas::market_orders::entity::feed;
use crate::areas::market_orders::feeds::{self, Readable};
use crate::areas::market_orders::state::Oversold;
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store;
use crate::areas::stores::state::{HintKind, StoreState};
use crate::areas::stores::{StoreError, hints, query as stores};
use crate::flows::marketplace_patience as patience;
use crate::flows::order_windows::Reading;
use crate::flows::stores::Sight;

/// How long a worker has a feed to himself: longer than all attempts at a page take.
const LEASE: Duration = Duration::seconds(120);
/// Feeds read at once.
const FEEDS_AT_ONCE: u64 = 4;
/// Most stores of which somebody has said something that are looked at in one round.
const HINTED_MAX: u64 = 100;
/// The rest after a failure of our own.
const OWN_FAULT_REST: Duration = Duration::seconds(30);
/// The longest error kept, in characters.
const ERROR_LENGTH: usize = 300;

/// What becomes of a store's orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What the platform sold and we no longer had.
    pub oversold: Option<Oversold>,
    /// Whether the platform is told of parcels.
    pub push_shipments: Option<bool>,
}

/// The feed of a store; begun when the store works and has none yet.
///
/// # Errors
/// `store.wrong_state` for a store that never worked or is of a platform that tells of no orders.
pub async fn of_store(app: &App, shop: &Shop, row: &store::Model) -> Result<feed::Model, Failure> {
    if let Some(feed) = feeds::of_store(app.db.reader(), shop.id, row.id).await? {
        return Ok(feed);
    }
    if row.state != StoreState::Active || !tells_of_orders(&row.marketplace) {
        return Err(StoreError::WrongState(row.state).into());
    }
    open(app, shop.id, row).await?;
    let feed = feeds::of_store(app.db.maintenance(), shop.id, row.id).await?;
    Ok(feed.ok_or(StoreError::NotFound)?)
}

fn tells_of_orders(marketplace: &str) -> bool {
    gateways::marketplaces::find(marketplace)
        .is_some_and(|entry| entry.descriptor.capabilities.has(Capabilities::ORDERS))
}

async fn open(app: &App, shop: ShopId, row: &store::Model) -> Result<(), Failure> {
    let Some(entry) = gateways::marketplaces::find(&row.marketplace) else { return Ok(()) };
    let now = app.clock.now();
    let from = entry.descriptor.windows.first_watermark(app.clock.wall());
    app.db.write(async |tx| Ok(feeds::open(tx, shop, row.id, from, now).await?)).await
}

/// An operator wants a store's orders read now; the worker begins within seconds. Whoever asks while a
/// reading is under way has it go on until it has seen everything from his question on.
///
/// # Errors
/// `store.not_found`, `store.wrong_state`.
pub async fn hurry(app: &App, shop: &Shop, who: Sight, row: &store::Model) -> Result<feed::Model, Failure> {
    if row.state != StoreState::Active {
        return Err(StoreError::WrongState(row.state).into());
    }
    of_store(app, shop, row).await?;
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            feeds::hurry(tx, row.id, now).await?;
            audit::note(tx, shop.id, who.operator, "market_orders.pull", row.id, json!({}), now).await?;
            Ok(feeds::of_store(tx, shop.id, row.id).await?.ok_or(StoreError::NotFound)?)
        })
        .await
}

/// An operator says what becomes of a store's orders.
pub async fn set_rules(
    app: &App,
    shop: &Shop,
    who: Sight,
    row: &store::Model,
    rules: Rules,
) -> Result<feed::Model, Failure> {
    let before = of_store(app, shop, row).await?;
    let (oversold, push) =
        (rules.oversold.unwrap_or(before.oversold), rules.push_shipments.unwrap_or(before.push_shipments));
    app.db
        .write(async |tx| {
            feeds::set(tx, row.id, oversold, push).await?;
            let what = json!({ "oversold": oversold, "push_shipments": push });
            audit::note(tx, shop.id, who.operator, "market_orders.rules", row.id, what, app.clock.now()).await?;
            Ok(feeds::of_store(tx, shop.id, row.id).await?.ok_or(StoreError::NotFound)?)
        })
        .await
}

/// Reads what is due: one page of a few feeds, those that waited longest first. Tells how many.
pub async fn work(app: &App) -> Result<u64, Failure> {
    let stores = stores::active(app.db.reader()).await?;
    let stores: Vec<store::Model> = stores.into_iter().filter(|row| tells_of_orders(&row.marketplace)).collect();
    if stores.is_empty() {
        return Ok(0);
    }
    let known = feeds::known(app.db.reader()).await?;
    for row in stores.iter().filter(|row| !known.contains(&row.id)) {
        open(app, row.shop_id, row).await?;
    }
    let (now, wall) = (app.clock.now(), app.clock.wall());
    let readable = Readable {
        stores: stores.iter().map(|row| row.id).collect(),
        hinted: hints::stores_due(app.db.reader(), HintKind::Orders, now, HINTED_MAX).await?,
    };
    if !feeds::anything_due(app.db.reader(), &readable, now, wall).await? {
        return Ok(0);
    }
    let claim = async |tx: &_| Ok(feeds::claim(tx, &readable, FEEDS_AT_ONCE, LEASE, (now, wall)).await?);
    let claimed = app.db.write(claim).await?;
    let count = u64::try_from(claimed.len()).unwrap_or(FEEDS_AT_ONCE);
    futures::stream::iter(claimed)
        .for_each_concurrent(None, async |feed| {
            let Some(row) = stores.iter().find(|row| row.id == feed.store_id) else { return };
            if let Err(failure) = step(app, row, &feed).await {
                tracing::error!(store = %row.id, marketplace = row.marketplace, %failure, "orders could not be read");
            }
        })
        .await;
    Ok(count)
}

/// Reads one page of a feed whose lease the caller holds, or some open orders again.
///
/// What goes wrong at the platform is written into the feed: it rests, and says why.
#[tracing::instrument(skip_all, fields(store = %row.id, marketplace = row.marketplace))]
async fn step(app: &App, row: &store::Model, feed: &feed::Model) -> Result<(), Failure> {
    let now = app.clock.now();
    let opened = match app.shops.by_id(feed.shop_id) {
        Ok(shop) => app.marketplaces.store(&shop, row).map(|store| (shop, store)).map_err(Failure::from),
        Err(error) => Err(error.into()),
    };
    let (shop, store) = match opened {
        Ok(opened) => opened,
        // Taken out of the shop file: nothing to read until it comes back.
        Err(failure) => return rest(app, feed, now + Duration::hours(1), &failure.to_string()).await,
    };
    // A reading under way is not broken off: it may bring what the hints speak of.
    // Nor are hints followed while the feed rests after a failure, whatever else it was taken for: that
    // would ask the platform without a pause.
    let rests = feed.failures > 0 && feed.next_at > now;
    let hinted = match feed.began_at {
        Some(_) => Vec::new(),
        None if rests => Vec::new(),
        None => hints::due(app.db.reader(), feed.store_id, HintKind::Orders, now, reread::AT_ONCE).await?,
    };
    if !hinted.is_empty() {
        return reread::hinted(app, &shop, &store, feed, &hinted).await;
    }
    if feed.next_at > now {
        return reread::some(app, &shop, &store, feed).await;
    }
    window(app, &shop, &store, feed).await
}

async fn window(app: &App, shop: &Shop, store: &Store, feed: &feed::Model) -> Result<(), Failure> {
    let now = app.clock.now();
    let every = Duration::seconds(shop.settings.market_order_interval_s);
    let rules = store.market.descriptor.windows;
    let Some(window) = reading_of(feed).window(rules, app.clock.wall()) else {
        return save(app, feed, &caught_up(feed, now, every)).await;
    };
    let page = match fetch(store, feed, &window).await {
        Ok(page) => page,
        Err(error) => {
            let until = patience::until(&error, feed.failures, now);
            return rest(app, feed, until.unwrap_or(now + every), &error.to_string()).await;
        }
    };
    for skipped in &page.skipped {
        let (order, reason) = (skipped.external_id.as_deref().unwrap_or("?"), &skipped.reason);
        tracing::warn!(order, reason, "an order cannot be read and was passed over");
        metrics::counter!("market_orders_skipped_total", "marketplace" => store.market.descriptor.id).increment(1);
    }
    let next = after_page(feed, &page, window, rules, Clocks { now, wall: app.clock.wall(), every });
    let is_over = next.finished_at == Some(now) && next.began_at.is_none();
    if let Err(failure) = record::page(app, shop, feed, &Read { orders: page.rows, ..Read::default() }, &next).await {
        tracing::error!(%failure, "a page of orders could not be stored");
        let why = format!("the page could not be stored ({})", failure.code());
        return rest(app, feed, now + OWN_FAULT_REST, &why).await;
    }
    if is_over {
        fill::rematch(app, shop, feed).await?;
    }
    Ok(())
}

async fn fetch(store: &Store, feed: &feed::Model, window: &Window) -> Result<Page<RemoteOrder>, ApiError> {
    let somebody_waits = feed.asked_at.is_some_and(|asked| feed.finished_at.is_none_or(|done| done < asked));
    let priority = if somebody_waits { Priority::Person } else { Priority::Orders };
    let channel = store.channel.clone().with_priority(priority);
    let mut walk = store.market.engine.orders(&channel, window, feed.cursor.clone().map(Cursor))?;
    Ok(walk.next_page().await?.unwrap_or_else(|| Page::of(Vec::new())))
}

fn reading_of(feed: &feed::Model) -> Reading {
    Reading::of(feed.watermark, (feed.window_from, feed.window_until), feed.cursor.as_ref())
}

/// Both times of one moment, and the pause between two readings.
#[derive(Clone, Copy)]
struct Clocks {
    now: Time,
    wall: Time,
    every: Duration,
}

/// How far the feed is once `page` of `window` is stored.
fn after_page(
    feed: &feed::Model,
    page: &Page<RemoteOrder>,
    window: Window,
    rules: WindowRules,
    at: Clocks,
) -> feed::Model {
    let mut read = feed::Model { failures: 0, last_error: None, ..feed.clone() };
    if read.began_at.is_none() {
        (read.began_at, read.seen_new, read.seen_changed) = (Some(at.now), 0, 0);
    }
    let (reading, goes_on) = reading_of(feed).after(page, window, rules, at.wall);
    let watermark = reading.watermark;
    let (window_from, window_until, cursor) = reading.stored();
    let read = feed::Model { watermark, window_from, window_until, cursor, ..read };
    if goes_on {
        return feed::Model { next_at: at.now, ..read };
    }
    caught_up(&read, at.now, at.every)
}

fn caught_up(feed: &feed::Model, now: Time, every: Duration) -> feed::Model {
    feed::Model {
        next_at: now + every + jitter(feed.store_id, every),
        began_at: None,
        finished_at: Some(now),
        failures: 0,
        last_error: None,
        ..feed.clone()
    }
}

/// Stores are not all asked in the same minute: each has its own small part of the pause on top.
fn jitter(store: StoreId, every: Duration) -> Duration {
    let most = (every.num_seconds() / 30).max(1);
    let own = store.uuid().as_bytes().iter().fold(0_i64, |sum, byte| (sum * 31 + i64::from(*byte)) % 1_000_003);
    Duration::seconds(own % most)
}

pub(super) async fn rest(app: &App, feed: &feed::Model, until: Time, why: &str) -> Result<(), Failure> {
    tracing::warn!(%until, why, "reading orders rests");
    metrics::counter!("market_order_feed_failures_total").increment(1);
    let rested = feed::Model {
        next_at: until,
        failures: feed.failures.saturating_add(1),
        last_error: Some(storable(why, ERROR_LENGTH)),
        ..feed.clone()
    };
    save(app, feed, &rested).await
}

pub(super) async fn save(app: &App, feed: &feed::Model, next: &feed::Model) -> Result<(), Failure> {
    app.db.write(async |tx| Ok(feeds::save(tx, feed, next).await?)).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const RULES: WindowRules = WindowRules {
        longest: std::time::Duration::from_secs(1_800),
        overlap: std::time::Duration::from_secs(300),
        lag: std::time::Duration::from_secs(60),
        reach: std::time::Duration::from_secs(90 * 86_400),
    };

    fn feed(watermark: Time) -> feed::Model {
        feed::Model {
            store_id: StoreId::new(),
            shop_id: ShopId::new(),
            watermark,
            window_from: None,
            window_until: None,
            cursor: None,
            next_at: watermark,
            reread_at: watermark,
            lease_until: None,
            failures: 3,
            last_error: Some("before".to_owned()),
            asked_at: None,
            began_at: None,
            finished_at: None,
            seen_new: 7,
            seen_changed: 7,
            oversold: Oversold::Review,
            push_shipments: true,
            created_at: watermark,
        }
    }

    #[test]
    fn a_day_missed_is_read_window_by_window_and_then_every_hour() {
        let wall: Time = "2026-11-23T15:00:00Z".parse().unwrap();
        let every = Duration::hours(1);
        let at = Clocks { now: wall + Duration::days(8), wall, every };
        let mut feed = feed(wall - Duration::hours(24));
        let mut windows = 0;
        while feed.next_at <= at.now {
            let window = reading_of(&feed).window(RULES, wall).unwrap();
            let mut page = Page::of(Vec::new());
            page.next = feed.cursor.is_none().then(|| Cursor("2".to_owned()));
            if page.next.is_none() {
                assert_eq!((feed.window_from, feed.window_until), (Some(window.from), Some(window.until)));
                windows += 1;
            }
            feed = after_page(&feed, &page, window, RULES, at);
            assert_eq!(feed.seen_new, 0, "a reading counts its own");
        }
        assert!(windows > 48 && feed.next_at >= at.now + every && feed.next_at < at.now + every * 31 / 30);
        assert_eq!(
            (feed.watermark, feed.began_at, feed.finished_at),
            (wall - Duration::minutes(1), None, Some(at.now))
        );
        assert_eq!((feed.failures, feed.last_error.as_deref(), feed.cursor.as_deref()), (0, None, None));
    }

    #[test]
    fn stores_are_spread_over_a_small_part_of_the_pause() {
        let parts: std::collections::HashSet<i64> =
            (0..200).map(|_| jitter(StoreId::new(), Duration::hours(1)).num_seconds()).collect();
        assert!(parts.len() > 20 && parts.iter().all(|part| (0..120).contains(part)));
    }
}
