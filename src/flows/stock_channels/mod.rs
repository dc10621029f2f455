//! One stock pool on every channel: what changes it is told to every store that lists it.
//!
//! A change leaves news in its own transaction ([`crate::areas::stock::news`]); [`gather`] turns news into
//! lines that are due a moment later, so that a burst of sales is one push; [`push`] tells each store its
//! due lines under a lease; [`compare`] walks over all lines now and then and finds what no news told of
//! (another rule, another match); [`reconcile`] reads what stores really show. `docs/channels.md` says
//! what follows when a platform sells meanwhile.

mod board;
mod compare;
mod gather;
mod hints;
mod look;
mod orders;
mod push;
mod reconcile;
mod report;
mod rules;
mod send;

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration as StdDuration;

use chrono::Duration;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use gateways::marketplaces::{Descriptor, find};
use kernel::id::StoreId;
use kernel::{Failure, Time};

use crate::app::App;
use crate::areas::channels::channels;
use crate::areas::channels::entity::channel;
use crate::areas::stores::entity::store;
use crate::areas::stores::query as stores;

pub use reconcile::{hurry as reconcile_now, work as reconcile};
pub use report::{ShownAt, drift_xlsx, shown_where};
pub use rules::{channel_of, replay, set_line_rule, set_rule};

/// How long a worker has a store to himself: longer than the calls of one batch take.
const LEASE: Duration = Duration::seconds(120);
/// Stores told at once.
const STORES_AT_ONCE: usize = 32;
/// How often news are looked for while a platform keeps a worker waiting.
const LOOK_EVERY: StdDuration = StdDuration::from_millis(500);
/// After how long a round takes no further store, so that whoever stops the process need not wait.
const ROUND: Duration = Duration::seconds(20);
/// The rest after a failure of our own.
const OWN_FAULT_REST: Duration = Duration::seconds(10);
/// The first reading of what a store shows, after it was bound.
const FIRST_READING: Duration = Duration::hours(24);

/// Tells stores what they are to be told by now. Says how many turns stores had.
///
/// A platform that answers slowly keeps its own store waiting and nobody else.
pub async fn work(app: &App) -> Result<u64, Failure> {
    open_channels(app).await?;
    let began = app.clock.wall();
    let mut turns = FuturesUnordered::new();
    let mut count = 0;
    loop {
        let may_take = STORES_AT_ONCE.saturating_sub(turns.len());
        let taken = match app.clock.wall() - began < ROUND {
            true => {
                // Turns under way go on meanwhile: they hold what taking waits for, the one writer's connection say.
                let mut taking = pin!(take(app, may_take));
                loop {
                    tokio::select! {
                        taken = &mut taking => break taken,
                        Some(()) = turns.next() => count += 1,
                    }
                }
            }
            false => Ok(Vec::new()),
        };
        match taken {
            Ok(taken) => turns.extend(taken.into_iter().map(|(row, store)| turn(app, row, store))),
            // Those under way come to their end first.
            Err(failure) if turns.is_empty() => return Err(failure),
            Err(failure) => tracing::error!(%failure, "no further store could be taken"),
        }
        if turns.is_empty() {
            return Ok(count);
        }
        tokio::select! {
            Some(()) = turns.next() => count += 1,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Marks what changed, and takes stores that have something to be told.
async fn take(app: &App, most: usize) -> Result<Vec<(channel::Model, store::Model)>, Failure> {
    gather::news(app).await?;
    let (now, wall) = (app.clock.now(), app.clock.wall());
    let ready = channels::ready(app.db.reader(), now, wall).await?;
    if ready.is_empty() || most == 0 {
        return Ok(Vec::new());
    }
    let active = stores::active(app.db.reader()).await?;
    let mut active: HashMap<StoreId, store::Model> = active.into_iter().map(|row| (row.id, row)).collect();
    let fit = ready.into_iter().filter_map(|row| {
        let store = active.remove(&row.store_id)?;
        may_go_on(&row, &store, now).then_some((row, store))
    });
    let fit: Vec<_> = fit.take(most).collect();
    if fit.is_empty() {
        return Ok(Vec::new());
    }
    app.db
        .write(async |tx| {
            let mut taken = Vec::new();
            for (row, store) in &fit {
                if let Some(held) = channels::claim(tx, row, LEASE, wall).await? {
                    taken.push((held, store.clone()));
                }
            }
            Ok(taken)
        })
        .await
}

/// A rest ends by time, or when something about the store has changed since: it was authorised again, or
/// an operator let it go on.
fn may_go_on(row: &channel::Model, store: &store::Model, now: Time) -> bool {
    row.rest_until.is_none_or(|until| until <= now) || row.rested_at.is_some_and(|since| store.updated_at > since)
}

#[tracing::instrument(skip_all, fields(store = %row.store_id, marketplace = store.marketplace))]
async fn turn(app: &App, row: channel::Model, store: store::Model) {
    let Err(failure) = push::turn(app, &row, &store).await else { return };
    tracing::error!(%failure, "a store could not be told its stock");
    let now = app.clock.now();
    let why = format!("a fault of ours ({})", failure.code());
    let rested = app.db.write(async |tx| Ok(channels::rest(tx, &row, now + OWN_FAULT_REST, &why, now).await?)).await;
    if let Err(failure) = rested {
        tracing::warn!(%failure, "the store is free again when its lease ends");
    }
}

/// Begins to tell stores their stock that are not told yet.
async fn open_channels(app: &App) -> Result<(), Failure> {
    let rows = stores::active(app.db.reader()).await?;
    let takers: Vec<_> = rows.iter().filter(|row| takes_stock(&row.marketplace)).collect();
    let ids: Vec<StoreId> = takers.iter().map(|row| row.id).collect();
    let open = channels::of_stores(app.db.reader(), &ids).await?;
    for row in takers.into_iter().filter(|row| open.iter().all(|known| known.store_id != row.id)) {
        open_one(app, row).await?;
    }
    Ok(())
}

async fn open_one(app: &App, row: &store::Model) -> Result<(), Failure> {
    let now = app.clock.now();
    app.db.write(async |tx| Ok(channels::open(tx, row.shop_id, row.id, now + FIRST_READING, now).await?)).await
}

/// Whether a platform can be told stock at all.
pub fn takes_stock(marketplace: &str) -> bool {
    let most = |it: &Descriptor| it.store.as_ref().map_or(0, |facts| facts.stock.max_batch);
    find(marketplace).is_some_and(|entry| most(entry.descriptor) > 0)
}
