//! The stock gate: a fast copy of every SKU's free units that refuses the losers of a race before
//! they reach the database.
//!
//! It may be wrong, stale or gone, and no order depends on it: [`GateAnswer::Held`] means "go and
//! ask the database", [`GateAnswer::Closed`] means the same without the gate. Only
//! [`GateAnswer::Short`] ends an order here, so a counter that is too low would leave units
//! unsold; `reconcile` compares the gate with the database every few seconds and mends it.
//!
//! Two implementations with one meaning: in this process, and in Redis for many processes.

mod embedded;
mod redis;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use kernel::id::{OrderId, ShopId, SkuId};

pub use self::embedded::EmbeddedGate;
pub use self::redis::RedisGate;
use crate::platform::redis::RedisFault;

/// Free units of one SKU; `None` is unlimited, as in the database.
pub type Level = Option<i64>;

/// Overdue orders named in one snapshot.
const OVERDUE_MAX: usize = 500;

/// The longest a record is kept for an order that nobody settles or releases.
const TTL_MAX: Duration = Duration::from_secs(24 * 3600);

/// What the gate says to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateAnswer {
    /// The units are set aside; the database decides.
    Held,
    /// This SKU has too few units: the first one short, by ascending id.
    Short {
        /// The SKU.
        sku: SkuId,
    },
    /// The gate cannot say (no counter yet, flushed, unreachable): go to the database alone. The
    /// question may have been heard though the answer was lost, so release and settle as usual.
    Closed,
}

impl GateAnswer {
    /// The answer as a metric's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Short { .. } => "short",
            Self::Closed => "closed",
        }
    }
}

/// One consistent look at a shop's part of the gate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Every counter.
    pub free: HashMap<SkuId, Level>,
    /// Every record of units set aside and not yet settled or given back.
    pub records: Vec<Record>,
}

/// What the gate remembers of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The order.
    pub order: OrderId,
    /// Counted units; SKUs without a count are not named.
    pub lines: Vec<(SkuId, i64)>,
    /// How long ago they were set aside.
    pub age: Duration,
    /// Whether it outlived the time it was given.
    pub overdue: bool,
}

/// A counter to be set if it still is what was seen. The outer `None` is "no counter".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The SKU.
    pub sku: SkuId,
    /// What a snapshot showed.
    pub seen: Option<Level>,
    /// What it should be.
    pub wanted: Option<Level>,
}

/// The gate, in one of its two forms.
#[derive(Clone)]
pub enum StockGate {
    /// In this process.
    Embedded(EmbeddedGate),
    /// In Redis.
    Redis(RedisGate),
}

impl StockGate {
    /// Whether each process has its own gate, which no other can keep for it.
    pub fn is_embedded(&self) -> bool {
        matches!(self, Self::Embedded(_))
    }

    /// Sets the units of every line aside, or of none, for `ttl` at least. Repeating it for the
    /// same order takes nothing more. Never fails: what it cannot do is [`GateAnswer::Closed`].
    pub async fn reserve(&self, shop: ShopId, order: OrderId, lines: &[(SkuId, i64)], ttl: Duration) -> GateAnswer {
        let (lines, ttl) = (merged(lines), ttl.min(TTL_MAX));
        // What makes no sense here makes none in the database either, which says so better.
        let answer = if lines.is_empty() || lines.iter().any(|(_, units)| *units <= 0) {
            GateAnswer::Closed
        } else {
            match self {
                Self::Embedded(gate) => gate.reserve(shop, order, &lines, ttl),
                Self::Redis(gate) => {
                    let answer = gate.reserve(shop, order, &lines, ttl).await;
                    told("reserve", answer).unwrap_or(GateAnswer::Closed)
                }
            }
        };
        metrics::counter!("stock_gate_answers_total", "answer" => answer.label()).increment(1);
        answer
    }

    /// Gives an order's units back, after its transaction failed or its close was committed.
    /// `given_back` is what the database gave back; it counts when the gate has no record of the
    /// order (rebuilt since, or closed when the order was made). Best effort.
    pub async fn release(&self, shop: ShopId, order: OrderId, given_back: &[(SkuId, i64)]) {
        match self {
            Self::Embedded(gate) => gate.release(shop, order, given_back),
            Self::Redis(gate) => {
                told("release", gate.release(shop, order, given_back).await);
            }
        }
    }

    /// Forgets a paid order; its units stay taken. Best effort.
    pub async fn settle(&self, shop: ShopId, order: OrderId) {
        match self {
            Self::Embedded(gate) => gate.settle(shop, order),
            Self::Redis(gate) => {
                told("settle", gate.settle(shop, order).await);
            }
        }
    }

    /// Follows a committed movement of `delta` units. Best effort.
    pub async fn adjust(&self, shop: ShopId, sku: SkuId, delta: i64) {
        match self {
            Self::Embedded(gate) => gate.adjust(shop, sku, delta),
            Self::Redis(gate) => {
                told("adjust", gate.adjust(shop, sku, delta).await);
            }
        }
    }

    /// Follows SKUs that are new or changed between counted and unlimited. Best effort: a counter
    /// that an order moves at the same moment is left to `reconcile`.
    pub async fn set_levels(&self, shop: ShopId, levels: &[(SkuId, Level)]) {
        let Some(Some(now)) = told("set levels", self.snapshot(shop).await) else { return };
        let correction = |(sku, level): &(SkuId, Level)| Correction {
            sku: *sku,
            seen: now.free.get(sku).copied(),
            wanted: Some(*level),
        };
        let corrections: Vec<_> = levels.iter().map(correction).collect();
        told("set levels", self.correct(shop, &corrections).await);
    }

    /// Fills the counters of a shop that has none; `false` when it has, and they stay.
    pub async fn rebuild(&self, shop: ShopId, levels: &[(SkuId, Level)]) -> Result<bool, RedisFault> {
        match self {
            Self::Embedded(gate) => seen(Ok(gate.rebuild(shop, levels))),
            Self::Redis(gate) => seen(gate.rebuild(shop, levels).await),
        }
    }

    /// A look at a shop; `None` when its counters are missing.
    pub async fn snapshot(&self, shop: ShopId) -> Result<Option<Snapshot>, RedisFault> {
        match self {
            Self::Embedded(gate) => seen(Ok(gate.snapshot(shop))),
            Self::Redis(gate) => seen(gate.snapshot(shop).await),
        }
    }

    /// Sets those counters that still are what was seen, and says of each whether it was set.
    pub async fn correct(&self, shop: ShopId, corrections: &[Correction]) -> Result<Vec<bool>, RedisFault> {
        match self {
            Self::Embedded(gate) => Ok(gate.correct(shop, corrections)),
            Self::Redis(gate) => seen(gate.correct(shop, corrections).await),
        }
    }

    /// Forgets a shop's counters and records, so that the gate is closed until it is rebuilt.
    pub async fn forget(&self, shop: ShopId) -> Result<(), RedisFault> {
        match self {
            Self::Embedded(gate) => {
                gate.forget(shop);
                Ok(())
            }
            Self::Redis(gate) => seen(gate.forget(shop).await),
        }
    }

    /// Whether the gate can be reached now, for `readyz`.
    pub async fn ready(&self) -> Result<(), RedisFault> {
        match self {
            Self::Embedded(_) => seen(Ok(())),
            Self::Redis(gate) => seen(gate.ready().await),
        }
    }
}

/// The lines by ascending SKU, each SKU once.
fn merged(lines: &[(SkuId, i64)]) -> Vec<(SkuId, i64)> {
    let mut by_sku = BTreeMap::<SkuId, i64>::new();
    for (sku, units) in lines {
        let sum = by_sku.entry(*sku).or_default();
        *sum = sum.saturating_add(*units);
    }
    by_sku.into_iter().collect()
}

/// Shows in the metrics whether the gate answers: 1 it does, 0 orders go to the database alone.
fn seen<T>(answer: Result<T, RedisFault>) -> Result<T, RedisFault> {
    metrics::gauge!("stock_gate_state").set(if answer.is_ok() { 1.0 } else { 0.0 });
    answer
}

/// Logs what failed; the caller goes on without it.
fn told<T>(what: &'static str, answer: Result<T, RedisFault>) -> Option<T> {
    match seen(answer) {
        Ok(value) => Some(value),
        // One line per outage is written where the connection is kept, not one per order.
        Err(RedisFault::Away) => None,
        Err(error) => {
            tracing::warn!(what, %error, "the stock gate failed; the database goes on alone");
            None
        }
    }
}
