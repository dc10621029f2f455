//! One store's turn: its due lines are judged, looked at where that is needed, and told.

use std::collections::{HashMap, HashSet};

use chrono::Duration;
use gateways::marketplaces::{ApiError, Channel, ErrorClass, Priority, StockSink};
use kernel::id::StoreSkuId;
use kernel::{Failure, Time};

use super::board::Board;
use super::look::{self, ORDERS_COME_WITHIN};
use super::{LEASE, compare, orders, send};
use crate::app::{App, Store};
use crate::areas::channels::entity::{channel, line};
use crate::areas::channels::results::{self, Looked};
use crate::areas::channels::state::LineState;
use crate::areas::channels::{PushRule, channels, lines};
use crate::areas::market_accounts::rules::storable;
use crate::areas::stores::entity::store;
use crate::flows::marketplace_patience as patience;

/// Due lines judged in one step.
const JUDGED: u64 = 200;
/// Lines told in one step where each is a call of its own.
const SINGLE_CALLS: usize = 10;
/// Most lines told in one step.
const TOLD_MAX: usize = 200;
/// Items looked at in one step.
const LOOKS_MAX: usize = 20;
/// How long a store's turn is; the rest is for the next one.
const TURN: Duration = Duration::seconds(15);
/// The first rests after failures in a row, shorter than those of work that can wait.
const FIRST_RESTS: [Duration; 3] = [Duration::seconds(1), Duration::seconds(2), Duration::seconds(4)];
/// The rest where only an operator or the merchant can help, and nobody says that he did.
const HELPLESS_REST: Duration = Duration::hours(1);
/// The longest error kept, in characters.
const ERROR_LENGTH: usize = 300;
/// How often in one turn a platform may say that it shows something else than we think.
const CONFLICTS_MAX: u32 = 3;

/// One store at its turn.
pub(super) struct Turn<'a> {
    pub(super) app: &'a App,
    pub(super) row: &'a store::Model,
    pub(super) store: Store,
    pub(super) channel: Channel,
    rule: PushRule,
    most: Option<i64>,
    pub(super) compares: bool,
    step: usize,
    /// Lines that have been looked at.
    looked: HashSet<StoreSkuId>,
    /// Lines that show something else than we thought.
    stale: HashSet<StoreSkuId>,
    /// How often a line did.
    conflicts: HashMap<StoreSkuId, u32>,
}

/// What is to be done with lines.
#[derive(Default)]
struct Sorted {
    /// They show what they should.
    settled: Vec<line::Model>,
    /// They are not told.
    left_alone: Vec<line::Model>,
    /// Somebody else read what they show.
    known: Vec<Looked>,
    /// Told, with the number.
    told: Vec<(line::Model, i64)>,
    /// Looked at first.
    look: Vec<line::Model>,
}

/// Tells a store what is due, for as long as its turn lasts, and gives it back.
pub(super) async fn turn(app: &App, held: &channel::Model, row: &store::Model) -> Result<(), Failure> {
    let shop = app.shops.by_id(row.shop_id)?;
    let store = match app.marketplaces.store(&shop, row) {
        Ok(store) => store,
        Err(error) => return rest(app, held, app.clock.now() + HELPLESS_REST, &error.to_string()).await,
    };
    let Some(sink) = store.channel.connector().stock() else {
        return rest(app, held, app.clock.now() + HELPLESS_REST, "the platform takes no stock").await;
    };
    let mut turn = Turn::new(app, row, &store, sink, PushRule::read(&held.rule)?);
    let mut held = held.clone();
    let began = app.clock.wall();
    loop {
        compare::page(app, &mut held, turn.rule, turn.most).await?;
        let ended = turn.step().await?;
        if let Some(error) = ended {
            return turn.rest(&held, &error).await;
        }
        let wall = app.clock.wall();
        let now = app.clock.now();
        let more = held.check_at <= now || !lines::due(app.db.reader(), row.shop_id, row.id, now, 1).await?.is_empty();
        if !more || wall - began >= TURN {
            break;
        }
        app.db.write(async |tx| Ok(channels::prolong(tx, &held, wall + LEASE).await?)).await?;
        held.lease_until = Some(wall + LEASE);
    }
    app.db.write(async |tx| Ok(channels::release(tx, &held).await?)).await
}

impl<'a> Turn<'a> {
    fn new(app: &'a App, row: &'a store::Model, store: &Store, sink: &dyn StockSink, rule: PushRule) -> Self {
        let batch = store.market.descriptor.store.as_ref().map_or(1, |facts| facts.stock.max_batch);
        Turn {
            app,
            row,
            channel: store.channel.clone().with_priority(Priority::Stock),
            store: Store {
                market: store.market.clone(),
                channel: store.channel.clone(),
                setup: store.setup.clone(),
                keeper: store.keeper.clone(),
            },
            rule,
            most: sink.most_units(),
            compares: sink.compares(),
            step: batch.clamp(SINGLE_CALLS, TOLD_MAX),
            looked: HashSet::new(),
            stale: HashSet::new(),
            conflicts: HashMap::new(),
        }
    }

    /// One step: some due lines. What ends the turn is answered.
    async fn step(&mut self) -> Result<Option<ApiError>, Failure> {
        let now = self.app.clock.now();
        let mut rows = lines::due(self.app.db.reader(), self.row.shop_id, self.row.id, now, JUDGED).await?;
        let Some(rank) = rows.first().map(|row| row.push_rank) else { return Ok(None) };
        // What a comparison found waits until no change does, even where changes must be looked at first.
        rows.retain(|row| row.push_rank == rank);
        let board = Board::read(self.app.db.reader(), &rows, self.rule, self.most, now).await?;
        let mut sorted = self.sorted(rows, &board, now)?;
        self.put_away(&sorted, now).await?;
        // What must be told less is told before anything is looked at to be told more.
        sorted.told.truncate(self.step);
        if !sorted.told.is_empty() {
            return send::batch(self, &sorted.told).await;
        }
        if sorted.look.is_empty() {
            return Ok(None);
        }
        let looks: Vec<&line::Model> = sorted.look.iter().take(LOOKS_MAX).collect();
        self.look(&looks).await
    }

    fn sorted(&self, rows: Vec<line::Model>, board: &Board, now: Time) -> Result<Sorted, Failure> {
        let mut sorted = Sorted::default();
        for row in rows {
            let Some(wanted) = board.wanted(&row)? else {
                sorted.left_alone.push(row);
                continue;
            };
            if let Some(shown) = read_by_others(&row) {
                sorted.known.push(Looked::of(&row, shown, now));
            } else if row.shows(wanted) {
                sorted.settled.push(row);
            } else if self.needs_look(&row, wanted) {
                sorted.look.push(row);
            } else {
                sorted.told.push((row, wanted));
            }
        }
        Ok(sorted)
    }

    /// A number that would be raised is not told blindly where the platform does not compare: it may have
    /// sold in between, and the raise would sell those units again.
    fn needs_look(&self, row: &line::Model, wanted: i64) -> bool {
        if self.looked.contains(&row.id) {
            return false;
        }
        let taken_in = row.stock_state == LineState::Accepted && row.sent == Some(wanted);
        // Where an answer was lost it shows one of two numbers, and the lower one counts.
        let shows = row.told.map(|told| row.sent.map_or(told, |sent| sent.min(told)));
        let raised = !self.compares && shows.is_some_and(|shows| wanted > shows.saturating_sub(row.sold_since));
        taken_in || raised || self.stale.contains(&row.id)
    }

    async fn put_away(&self, sorted: &Sorted, now: Time) -> Result<(), Failure> {
        if sorted.settled.is_empty() && sorted.left_alone.is_empty() && sorted.known.is_empty() {
            return Ok(());
        }
        let (settled, alone): (Vec<_>, Vec<_>) = (sorted.settled.iter().collect(), sorted.left_alone.iter().collect());
        self.app
            .db
            .write(async |tx| {
                results::settled(tx, &settled).await?;
                results::left_alone(tx, &alone).await?;
                results::looked(tx, &sorted.known, now + ORDERS_COME_WITHIN, now, false).await?;
                Ok(())
            })
            .await?;
        self.ask_for_orders(&sorted.known).await
    }

    async fn look(&mut self, rows: &[&line::Model]) -> Result<Option<ApiError>, Failure> {
        let found = match look::at(self.app, &self.store, &self.channel, rows, false).await? {
            Ok(found) => found,
            // Where nobody can look, telling is better than waiting.
            Err(error) if cannot_be_asked(&error) => HashMap::new(),
            Err(error) => return Ok(Some(error)),
        };
        self.looked.extend(rows.iter().map(|row| row.id));
        for row in rows {
            self.stale.remove(&row.id);
        }
        let found: Vec<Looked> = found.into_values().collect();
        self.ask_for_orders(&found).await?;
        Ok(None)
    }

    /// Units are gone that no order told of: the orders are read at once.
    async fn ask_for_orders(&self, found: &[Looked]) -> Result<(), Failure> {
        if found.iter().any(|one| one.unpulled > 0) {
            orders::read_soon(self.app, self.row).await?;
        }
        Ok(())
    }

    /// Says that a line shows something else than we thought; `false`: too often, it is a refusal.
    pub(super) fn is_stale(&mut self, line: StoreSkuId) -> bool {
        self.looked.remove(&line);
        self.stale.insert(line);
        let times = self.conflicts.entry(line).or_default();
        *times += 1;
        *times <= CONFLICTS_MAX
    }

    async fn rest(&self, held: &channel::Model, error: &ApiError) -> Result<(), Failure> {
        let now = self.app.clock.now();
        let until = rest_until(error, held.failures, now);
        let labels = [("marketplace", self.row.marketplace.clone()), ("class", format!("{:?}", error.class))];
        metrics::counter!("stock_push_rests_total", &labels).increment(1);
        tracing::warn!(%until, %error, "telling a store its stock rests");
        rest(self.app, held, until, &error.to_string()).await
    }
}

/// Whether a platform has no such question, or the app no right to it.
fn cannot_be_asked(error: &ApiError) -> bool {
    matches!(error.class, ErrorClass::Unsupported | ErrorClass::NotPermitted | ErrorClass::Retired)
}

/// What somebody else, an import say, read of a line since it was told.
fn read_by_others(row: &line::Model) -> Option<i64> {
    let shown = row.shown.filter(|_| row.sent.is_none())?;
    (row.told != Some(shown)).then_some(shown)
}

/// Until when a store rests after `error`, the last of `failures` in a row.
fn rest_until(error: &ApiError, failures: i32, now: Time) -> Time {
    let first = usize::try_from(failures).ok().and_then(|nth| FIRST_RESTS.get(nth));
    match (error.class, first) {
        (ErrorClass::Upstream | ErrorClass::Malformed, Some(rest)) => now + *rest,
        (ErrorClass::RateLimited, Some(rest)) if error.retry_after.is_none() => now + *rest,
        _ => patience::until(error, failures.saturating_sub(3).max(0), now).unwrap_or(now + HELPLESS_REST),
    }
}

async fn rest(app: &App, held: &channel::Model, until: Time, why: &str) -> Result<(), Failure> {
    let now = app.clock.now();
    let why = storable(why, ERROR_LENGTH);
    app.db.write(async |tx| Ok(channels::rest(tx, held, until, &why, now).await?)).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_store_is_tried_again_soon_and_then_ever_later() {
        let now: Time = "2026-11-23T10:00:00Z".parse().unwrap();
        let down = ApiError::new(ErrorClass::Upstream, "x", "y");
        let rests: Vec<_> = (0..6).map(|nth| (rest_until(&down, nth, now) - now).num_seconds()).collect();
        assert_eq!(rests, [1, 2, 4, 10, 20, 40]);
        let refused = ApiError::new(ErrorClass::NotPermitted, "x", "y");
        assert_eq!(rest_until(&refused, 0, now), now + HELPLESS_REST);
        let told = ApiError::new(ErrorClass::RateLimited, "x", "y").after(Some(std::time::Duration::from_secs(30)));
        assert_eq!(rest_until(&told, 0, now), now + Duration::seconds(30));
    }
}
