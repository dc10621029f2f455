//! The gate in this process: the same answers as in Redis, from maps behind one lock a shard. A
//! shop lives in one shard, so an order takes one lock, for about a microsecond.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kernel::id::{OrderId, ShopId, SkuId};

use super::{Correction, GateAnswer, Level, OVERDUE_MAX, Record, Snapshot};

/// Locks; shops spread over them by the random bits at the end of their ids.
const SHARDS: usize = 16;

/// The gate in this process. Cheap to clone; clones share the counters.
#[derive(Clone, Default)]
pub struct EmbeddedGate {
    shards: Arc<[Mutex<Shard>; SHARDS]>,
}

/// Shops without an entry have no counters: the gate is closed for them.
type Shard = HashMap<ShopId, Counters>;

#[derive(Default)]
struct Counters {
    free: HashMap<SkuId, Level>,
    held: HashMap<OrderId, Held>,
}

struct Held {
    lines: Vec<(SkuId, i64)>,
    since: Instant,
    due: Instant,
}

impl EmbeddedGate {
    pub(super) fn reserve(&self, shop: ShopId, order: OrderId, lines: &[(SkuId, i64)], ttl: Duration) -> GateAnswer {
        let mut shard = self.shard(shop);
        let Some(counters) = shard.get_mut(&shop) else { return GateAnswer::Closed };
        if counters.held.contains_key(&order) {
            return GateAnswer::Held;
        }
        if lines.iter().any(|(sku, _)| !counters.free.contains_key(sku)) {
            return GateAnswer::Closed;
        }
        let counted = |(sku, units): &&(SkuId, i64)| matches!(counters.free.get(sku), Some(Some(free)) if free < units);
        if let Some((sku, _)) = lines.iter().find(counted) {
            return GateAnswer::Short { sku: *sku };
        }
        let mut taken = Vec::with_capacity(lines.len());
        for (sku, units) in lines {
            if let Some(Some(free)) = counters.free.get_mut(sku) {
                *free -= units;
                taken.push((*sku, *units));
            }
        }
        let since = Instant::now();
        counters.held.insert(order, Held { lines: taken, since, due: since + ttl });
        GateAnswer::Held
    }

    pub(super) fn release(&self, shop: ShopId, order: OrderId, given_back: &[(SkuId, i64)]) {
        let mut shard = self.shard(shop);
        let Some(counters) = shard.get_mut(&shop) else { return };
        let record = counters.held.remove(&order);
        for (sku, units) in record.as_ref().map_or(given_back, |held| &held.lines) {
            if let Some(Some(free)) = counters.free.get_mut(sku) {
                *free = free.saturating_add(*units);
            }
        }
    }

    pub(super) fn settle(&self, shop: ShopId, order: OrderId) {
        if let Some(counters) = self.shard(shop).get_mut(&shop) {
            counters.held.remove(&order);
        }
    }

    pub(super) fn adjust(&self, shop: ShopId, sku: SkuId, delta: i64) {
        if let Some(Some(free)) = self.shard(shop).get_mut(&shop).and_then(|counters| counters.free.get_mut(&sku)) {
            *free = free.saturating_add(delta);
        }
    }

    pub(super) fn rebuild(&self, shop: ShopId, levels: &[(SkuId, Level)]) -> bool {
        let mut shard = self.shard(shop);
        let missing = !shard.contains_key(&shop);
        if missing {
            shard.insert(shop, Counters { free: levels.iter().copied().collect(), held: HashMap::new() });
        }
        missing
    }

    pub(super) fn snapshot(&self, shop: ShopId) -> Option<Snapshot> {
        let shard = self.shard(shop);
        let counters = shard.get(&shop)?;
        let now = Instant::now();
        let mut overdue = 0;
        let record = |(order, held): (&OrderId, &Held)| {
            let late = held.due <= now && overdue < OVERDUE_MAX;
            overdue += usize::from(late);
            Record { order: *order, lines: held.lines.clone(), age: now - held.since, overdue: late }
        };
        let records = counters.held.iter().map(record).collect();
        Some(Snapshot { free: counters.free.clone(), records })
    }

    pub(super) fn correct(&self, shop: ShopId, corrections: &[Correction]) -> Vec<bool> {
        let mut shard = self.shard(shop);
        let Some(counters) = shard.get_mut(&shop) else { return vec![false; corrections.len()] };
        let correct = |correction: &Correction| {
            let unchanged = counters.free.get(&correction.sku).copied() == correction.seen;
            match correction.wanted {
                _ if !unchanged => {}
                Some(level) => {
                    counters.free.insert(correction.sku, level);
                }
                None => {
                    counters.free.remove(&correction.sku);
                }
            }
            unchanged
        };
        corrections.iter().map(correct).collect()
    }

    pub(super) fn forget(&self, shop: ShopId) {
        self.shard(shop).remove(&shop);
    }

    fn shard(&self, shop: ShopId) -> MutexGuard<'_, Shard> {
        let [.., last] = shop.uuid().into_bytes();
        let [first, ..] = &*self.shards;
        let shard = self.shards.get(usize::from(last) % SHARDS).unwrap_or(first);
        // A panic elsewhere cannot leave counters half changed in a way the database would not mend.
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
