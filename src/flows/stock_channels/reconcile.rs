//! What a store really shows, read page by page once a day and by hand, and what is done about it.
//!
//! One page is read outside any transaction; then one transaction writes what it shows, the differences and
//! the cursor. A process that dies reads the page at hand again.

use chrono::Duration;
use futures::StreamExt;
use gateways::marketplaces::{ApiError, Cursor, Page, Priority, RemoteGoods};
use kernel::id::{OperatorId, StockDriftId, StoreSkuId};
use kernel::{Failure, Time};
use serde_json::json;

use super::board::Board;
use super::look::{self, ORDERS_COME_WITHIN};
use super::{channel_of, hints, orders};
use crate::app::{App, Store};
use crate::areas::channels::entity::{channel, drift, line};
use crate::areas::channels::results::{self, Looked};
use crate::areas::channels::state::Mending;
use crate::areas::channels::{ChannelError, PushRule, drifts, lines, reconciling};
use crate::areas::market_accounts::rules::storable;
use crate::areas::operators::audit;
use crate::areas::stores::entity::store;
use crate::areas::stores::query as stores;
use crate::areas::stores::state::StoreState;
use crate::flows::marketplace_patience as patience;

/// How often a store is read.
const EVERY: Duration = Duration::hours(24);
/// How long a worker has a reading to himself: longer than all attempts at a page take.
const LEASE: Duration = Duration::seconds(90);
/// Stores read at once.
const AT_ONCE: u64 = 4;
/// The rest of a store that cannot be read as it stands.
const HELPLESS_REST: Duration = Duration::hours(1);
/// The longest error kept, in characters.
const ERROR_LENGTH: usize = 300;

/// An operator wants to know what a store shows now; a worker begins within seconds.
///
/// # Errors
/// `channel.no_stock`.
pub async fn hurry(app: &App, by: OperatorId, row: &store::Model) -> Result<channel::Model, Failure> {
    let none = || ChannelError::NoStock(row.marketplace.clone());
    channel_of(app, row).await?.ok_or_else(none)?;
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            reconciling::hurry(tx, row.id, now).await?;
            audit::note(tx, row.shop_id, by, "stock.reconcile", row.id, json!({}), now).await?;
            Ok(())
        })
        .await?;
    Ok(channel_of(app, row).await?.ok_or_else(none)?)
}

/// Follows what platforms said of their stock, and reads one page of the stores that are due. Says how many.
pub async fn work(app: &App) -> Result<u64, Failure> {
    Ok(hints::follow(app).await? + read_due(app).await?)
}

async fn read_due(app: &App) -> Result<u64, Failure> {
    let (now, wall) = (app.clock.now(), app.clock.wall());
    if !reconciling::any_due(app.db.reader(), now, wall).await? {
        return Ok(0);
    }
    let taken = app.db.write(async |tx| Ok(reconciling::claim(tx, AT_ONCE, LEASE, now, wall).await?)).await?;
    let count = u64::try_from(taken.len()).unwrap_or(AT_ONCE);
    futures::stream::iter(taken)
        .for_each_concurrent(None, async |row| {
            if let Err(failure) = step(app, &row).await {
                tracing::error!(store = %row.store_id, %failure, "what a store shows could not be compared");
            }
        })
        .await;
    Ok(count)
}

#[tracing::instrument(skip_all, fields(store = %held.store_id))]
async fn step(app: &App, held: &channel::Model) -> Result<(), Failure> {
    let now = app.clock.now();
    let row = stores::any(app.db.reader(), held.store_id).await?;
    let Some(row) = row.filter(|row| row.state == StoreState::Active) else {
        return rest(app, held, now + HELPLESS_REST, "the store is not active").await;
    };
    let shop = app.shops.by_id(row.shop_id)?;
    let store = match app.marketplaces.store(&shop, &row) {
        Ok(store) => store,
        Err(error) => return rest(app, held, now + HELPLESS_REST, &error.to_string()).await,
    };
    match fetch(&store, held).await {
        Ok(page) => compare(app, &row, &store, held, &page).await,
        Err(error) => {
            let until = patience::until(&error, held.reconcile_failures, now).unwrap_or(now + HELPLESS_REST);
            rest(app, held, until, &error.to_string()).await
        }
    }
}

async fn fetch(store: &Store, held: &channel::Model) -> Result<Page<RemoteGoods>, ApiError> {
    let channel = store.channel.clone().with_priority(Priority::Refresh);
    let mut walk = store.market.engine.store_goods(&channel, None, held.reconcile_cursor.clone().map(Cursor))?;
    Ok(walk.next_page().await?.unwrap_or_else(|| Page::of(Vec::new())))
}

/// What a page of a reading found.
#[derive(Default)]
struct Found {
    looked: Vec<Looked>,
    drifts: Vec<drift::Model>,
    /// Lines to be told the right number.
    push: Vec<StoreSkuId>,
    compared: i64,
}

async fn compare(
    app: &App,
    row: &store::Model,
    store: &Store,
    held: &channel::Model,
    page: &Page<RemoteGoods>,
) -> Result<(), Failure> {
    let now = app.clock.now();
    let shown = look::shown_of(&page.rows);
    let items: Vec<String> = page.rows.iter().map(|item| item.external_id.clone()).collect();
    let most = store.channel.connector().stock().and_then(|sink| sink.most_units());
    let rule = PushRule::read(&held.rule)?;
    let missed = app
        .db
        .write(async |tx| {
            let rows = lines::of_items(tx, held.shop_id, held.store_id, &items).await?;
            let board = Board::read(tx, &rows, rule, most, now).await?;
            let mut found = Found::default();
            for line in &rows {
                if let (Some(units), Some(wanted)) = (look::units(&shown, line), board.wanted(line)?) {
                    judge(&mut found, line, units, wanted, held.reconcile_began_at.unwrap_or(now), now);
                }
            }
            let missed = found.looked.iter().any(|one| one.unpulled > 0);
            results::looked(tx, &found.looked, now + ORDERS_COME_WITHIN, now, true).await?;
            lines::mark_lines(tx, &found.push, now).await?;
            let next = after_page(held, page, &found, now);
            drifts::note(tx, found.drifts).await?;
            reconciling::save(tx, held, &next).await?;
            Ok(missed)
        })
        .await?;
    if missed {
        orders::read_soon(app, row).await?;
    }
    Ok(())
}

/// Judges one line. One that is about to be told something is compared another time.
fn judge(found: &mut Found, line: &line::Model, shown: i64, wanted: i64, run_at: Time, now: Time) {
    let Some(sku) = line.sku_id.filter(|_| line.is_settled()) else { return };
    found.compared += 1;
    let looked = Looked::of(line, shown, now);
    found.looked.push(looked);
    if shown == wanted {
        return;
    }
    let sold = looked.unpulled > 0;
    let mending = if sold { Mending::OrdersFirst } else { Mending::Pushed };
    if !sold {
        found.push.push(line.id);
    }
    found.drifts.push(drift::Model {
        id: StockDriftId::new(),
        shop_id: line.shop_id,
        store_id: line.store_id,
        store_sku_id: line.id,
        sku_id: sku,
        run_at,
        shown,
        wanted,
        mending,
        at: now,
    });
}

fn after_page(held: &channel::Model, page: &Page<RemoteGoods>, found: &Found, now: Time) -> channel::Model {
    let drifted = i64::try_from(found.drifts.len()).unwrap_or(i64::MAX);
    let read = channel::Model {
        reconcile_failures: 0,
        reconcile_error: None,
        goods_read: held.goods_read.saturating_add(found.compared),
        drifted: held.drifted.saturating_add(drifted),
        reconcile_cursor: page.next.as_ref().map(|next| next.0.clone()),
        reconcile_at: now,
        ..held.clone()
    };
    match page.next {
        Some(_) => read,
        None => channel::Model { reconcile_at: now + EVERY, reconciled_at: Some(now), ..read },
    }
}

async fn rest(app: &App, held: &channel::Model, until: Time, why: &str) -> Result<(), Failure> {
    tracing::warn!(%until, why, "reading what a store shows rests");
    let rested = channel::Model {
        reconcile_at: until,
        reconcile_failures: held.reconcile_failures.saturating_add(1),
        reconcile_error: Some(storable(why, ERROR_LENGTH)),
        ..held.clone()
    };
    app.db.write(async |tx| Ok(reconciling::save(tx, held, &rested).await?)).await
}
