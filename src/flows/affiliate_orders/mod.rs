//! What marketplaces sold through our links: their order lines are read window by window, attributed
//! to the member and leader the link was marked with, booked once the platform has settled, and the
//! leader's part is released after the shop's hold (domain.md §7).
//!
//! One page is read outside any transaction; then one transaction writes its lines, what they move in
//! the books, and how far the feed is. A process that dies reads the page at hand again, which changes
//! nothing: a line is known by its key, and what is booked is the difference to what was booked.

mod channels;
mod ours;
mod record;
mod release;

use chrono::Duration;
use futures::StreamExt;
use gateways::marketplaces::{
    AffiliateOrderLine, ApiError, Capabilities, Cursor, Descriptor, Page, Priority, REGISTRY, Window, WindowRules,
};
use kernel::id::OperatorId;
use kernel::{Failure, Time};
use serde_json::json;

use crate::app::{App, Market};
use crate::areas::affiliate_orders::entity::feed;
use crate::areas::affiliate_orders::feeds;
use crate::areas::market_accounts::MarketError;
use crate::areas::market_accounts::rules::storable;
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::flows::marketplace_patience as patience;
use crate::flows::order_windows::Reading;

pub use channels::name_leader;
pub use release::release_due;

/// How often a marketplace is asked for changes (domain.md §7).
const EVERY: Duration = Duration::hours(1);
/// How long a worker has a feed to himself: longer than all attempts at a page take.
const LEASE: Duration = Duration::seconds(90);
/// Feeds read at once.
const FEEDS_AT_ONCE: u64 = 4;
/// The rest after a failure of our own.
const OWN_FAULT_REST: Duration = Duration::seconds(30);
/// The longest error kept, in characters.
const ERROR_LENGTH: usize = 300;

/// Begins to read every marketplace that a shop has set up and that tells of orders. The first reading
/// starts with the previous day.
async fn open_feeds(app: &App) -> Result<(), Failure> {
    let known = feeds::known(app.db.reader()).await?;
    let told_of = || REGISTRY.iter().map(|entry| entry.descriptor).filter(|it| tells_of_orders(it));
    for shop in app.shops.all().iter() {
        for marketplace in told_of().filter(|it| shop.secrets.marketplaces.contains_key(it.id)) {
            if !known.iter().any(|(of, id)| *of == shop.id && id == marketplace.id) {
                open(app, shop, marketplace).await?;
            }
        }
    }
    Ok(())
}

fn tells_of_orders(marketplace: &Descriptor) -> bool {
    marketplace.capabilities.has(Capabilities::COMMISSIONS)
}

async fn open(app: &App, shop: &Shop, marketplace: &Descriptor) -> Result<(), Failure> {
    let now = app.clock.now();
    let from = marketplace.windows.first_watermark(app.clock.wall());
    app.db.write(async |tx| Ok(feeds::open(tx, shop.id, marketplace.id, from, now).await?)).await
}

/// An operator wants a marketplace's orders read now; the worker does it within seconds.
///
/// # Errors
/// `marketplace.unknown`; `marketplace.not_configured`, also where it tells of no orders.
pub async fn hurry(app: &App, shop: &Shop, by: OperatorId, marketplace: &str) -> Result<(), Failure> {
    let market = app.marketplaces.of(shop, marketplace)?;
    if !tells_of_orders(market.descriptor) {
        let detail = "it tells of no orders".to_owned();
        return Err(MarketError::NotConfigured { marketplace: marketplace.to_owned(), detail }.into());
    }
    open(app, shop, market.descriptor).await?;
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            feeds::hurry(tx, shop.id, marketplace, now).await?;
            audit::note(tx, shop.id, by, "affiliate_orders.pull", marketplace, json!({}), now).await?;
            Ok(())
        })
        .await
}

/// Reads what is due: one page of a few feeds, those that waited longest first. Tells how many.
pub async fn work(app: &App) -> Result<u64, Failure> {
    open_feeds(app).await?;
    let (now, wall) = (app.clock.now(), app.clock.wall());
    if !feeds::anything_due(app.db.reader(), now, wall).await? {
        return Ok(0);
    }
    let claimed = app.db.write(async |tx| Ok(feeds::claim(tx, FEEDS_AT_ONCE, LEASE, now, wall).await?)).await?;
    let count = u64::try_from(claimed.len()).unwrap_or(FEEDS_AT_ONCE);
    futures::stream::iter(claimed)
        .for_each_concurrent(None, async |feed| {
            if let Err(failure) = step(app, &feed).await {
                let marketplace = &feed.marketplace;
                tracing::error!(shop = %feed.shop_id, marketplace, %failure, "affiliate orders could not be read");
            }
        })
        .await;
    Ok(count)
}

/// Reads one page of a feed whose lease the caller holds.
///
/// What goes wrong at the marketplace is written into the feed: it rests, and says why.
#[tracing::instrument(skip_all, fields(shop = %feed.shop_id, marketplace = feed.marketplace))]
pub async fn step(app: &App, feed: &feed::Model) -> Result<(), Failure> {
    let now = app.clock.now();
    let opened = match app.shops.by_id(feed.shop_id) {
        Ok(shop) => app.marketplaces.of(&shop, &feed.marketplace).map(|market| (shop, market)).map_err(Failure::from),
        Err(error) => Err(error.into()),
    };
    let (shop, market) = match opened {
        Ok(opened) => opened,
        // Taken out of the shop file: nothing to read until it comes back.
        Err(failure) => return rest(app, feed, now + EVERY, &failure.to_string()).await,
    };
    let rules = market.descriptor.windows;
    let Some(window) = reading_of(feed).window(rules, app.clock.wall()) else {
        return save(app, feed, &caught_up(feed, now)).await;
    };
    let page = match fetch(&market, feed, &window).await {
        Ok(page) => page,
        Err(error) => {
            let until = patience::until(&error, feed.failures, now);
            return rest(app, feed, until.unwrap_or(now + EVERY), &error.to_string()).await;
        }
    };
    let next = after_page(feed, &page, window, rules, Clocks { now, wall: app.clock.wall() });
    match record::page(app, &shop, feed, &page, &next).await {
        Ok(()) => Ok(()),
        Err(failure) => {
            tracing::error!(%failure, "a page of affiliate orders could not be stored");
            rest(app, feed, now + OWN_FAULT_REST, &format!("the page could not be stored ({})", failure.code())).await
        }
    }
}

async fn fetch(market: &Market, feed: &feed::Model, window: &Window) -> Result<Page<AffiliateOrderLine>, ApiError> {
    let channel = market.channel.clone().with_priority(Priority::Orders);
    let cursor = feed.cursor.clone().map(Cursor);
    let mut walk = market.engine.commissions(&channel, window, cursor)?;
    Ok(walk.next_page().await?.unwrap_or_else(|| Page::of(Vec::new())))
}

fn reading_of(feed: &feed::Model) -> Reading {
    Reading::of(feed.watermark, (feed.window_from, feed.window_until), feed.cursor.as_ref())
}

/// Both times of one moment.
#[derive(Clone, Copy)]
struct Clocks {
    now: Time,
    wall: Time,
}

/// How far the feed is once `page` of `window` is stored.
fn after_page(
    feed: &feed::Model,
    page: &Page<AffiliateOrderLine>,
    window: Window,
    rules: WindowRules,
    at: Clocks,
) -> feed::Model {
    let (reading, goes_on) = reading_of(feed).after(page, window, rules, at.wall);
    let watermark = reading.watermark;
    let (window_from, window_until, cursor) = reading.stored();
    let read =
        feed::Model { watermark, window_from, window_until, cursor, failures: 0, last_error: None, ..feed.clone() };
    if goes_on {
        return feed::Model { next_at: at.now, ..read };
    }
    caught_up(&read, at.now)
}

fn caught_up(feed: &feed::Model, now: Time) -> feed::Model {
    feed::Model { next_at: now + EVERY, finished_at: Some(now), failures: 0, last_error: None, ..feed.clone() }
}

async fn rest(app: &App, feed: &feed::Model, until: Time, why: &str) -> Result<(), Failure> {
    tracing::warn!(%until, why, "reading affiliate orders rests");
    metrics::counter!("affiliate_feed_failures_total", "marketplace" => feed.marketplace.clone()).increment(1);
    let rested = feed::Model {
        next_at: until,
        failures: feed.failures.saturating_add(1),
        last_error: Some(storable(why, ERROR_LENGTH)),
        ..feed.clone()
    };
    save(app, feed, &rested).await
}

async fn save(app: &App, feed: &feed::Model, next: &feed::Model) -> Result<(), Failure> {
    app.db.write(async |tx| Ok(feeds::save(tx, feed, next).await?)).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use kernel::id::ShopId;

    const RULES: WindowRules = WindowRules {
        longest: std::time::Duration::from_secs(3 * 3600),
        overlap: std::time::Duration::from_secs(900),
        lag: std::time::Duration::from_secs(60),
        reach: std::time::Duration::from_secs(90 * 86_400),
    };

    fn feed(watermark: Time) -> feed::Model {
        feed::Model {
            shop_id: ShopId::new(),
            marketplace: "m".to_owned(),
            watermark,
            window_from: None,
            window_until: None,
            cursor: None,
            next_at: watermark,
            lease_until: None,
            failures: 3,
            last_error: Some("before".to_owned()),
            finished_at: None,
            created_at: watermark,
        }
    }

    #[test]
    fn a_day_missed_is_read_window_by_window_and_then_every_hour() {
        let wall: Time = "2026-11-23T15:00:00Z".parse().unwrap();
        // Business time may be ahead: it says when, never what.
        let at = Clocks { now: wall + Duration::days(8), wall };
        let mut feed = feed(wall - Duration::hours(24));
        let mut pages = 0;
        while feed.next_at <= at.now {
            let window = reading_of(&feed).window(RULES, wall).unwrap();
            let mut page = Page::of(Vec::new());
            // Every window has two pages; the second is asked for within the same window.
            page.next = feed.cursor.is_none().then(|| Cursor("2".to_owned()));
            if page.next.is_none() {
                assert_eq!((feed.window_from, feed.window_until), (Some(window.from), Some(window.until)));
            }
            feed = after_page(&feed, &page, window, RULES, at);
            pages += 1;
        }
        assert_eq!((pages, feed.next_at, feed.finished_at), (18, at.now + EVERY, Some(at.now)));
        assert_eq!(feed.watermark, wall - Duration::minutes(1));
        assert_eq!((feed.failures, feed.last_error.as_deref(), feed.cursor.as_deref()), (0, None, None));
    }

    #[test]
    fn a_platform_that_is_behind_is_asked_again_in_an_hour_and_never_takes_us_back() {
        let wall: Time = "2026-11-23T15:00:00Z".parse().unwrap();
        let feed = feed(wall - Duration::hours(24));
        let window = reading_of(&feed).window(RULES, wall).unwrap();
        let mut page = Page::of(Vec::new());
        page.watermark = Some(wall - Duration::hours(30));
        let after = after_page(&feed, &page, window, RULES, Clocks { now: wall, wall });
        assert_eq!((after.watermark, after.next_at), (feed.watermark, wall + EVERY));
    }
}
