//! Compares the gate with the database and mends the gate; the database is never touched.
//!
//! The two cannot be read at one moment, so a difference is believed only when a second look shows
//! the same one, and a counter is set only if it still is what that look saw. What is left out is
//! mended next time: a counter too high only lets more orders ask the database, and one too low
//! comes to rest at zero, where nothing moves it but this.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use kernel::id::{OrderId, ShopId, SkuId};
use sea_orm::ConnectionTrait;

use super::holds::{Correction, Record, Snapshot};
use super::state::HoldState;
use super::{Level, StockError, StockGate, query};

/// How long things in flight are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// An order this young may have units in the gate and no row yet, or a row and units not yet
    /// given back. Longer than any request runs.
    pub in_flight: Duration,
    /// Between the look that finds a difference and the one that confirms it.
    pub second_look: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { in_flight: Duration::from_secs(30), second_look: Duration::from_millis(200) }
    }
}

/// What a comparison found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// SKUs compared.
    pub compared: usize,
    /// The counters were missing and have been filled.
    pub rebuilt: bool,
    /// Counters that differed twice.
    pub differences: Vec<Difference>,
    /// Records of orders that ended without telling the gate; they are gone now.
    pub stale: Vec<OrderId>,
}

impl Drift {
    /// Whether gate and database agreed.
    pub fn is_clean(&self) -> bool {
        !self.rebuilt && self.differences.is_empty() && self.stale.is_empty()
    }
}

/// A counter that was wrong. The outer `None` is "no counter".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The SKU.
    pub sku: SkuId,
    /// What the gate had.
    pub gate: Option<Level>,
    /// What it should have had.
    pub expected: Option<Level>,
    /// Whether it has it now; otherwise an order moved the counter meanwhile, see the next run.
    pub mended: bool,
}

/// Compares a shop's counters with the database, and mends what differs. Two reads when nothing does.
///
/// # Errors
/// [`StockError::Gate`] when the gate cannot be reached, [`StockError::Db`].
pub async fn reconcile(conn: &impl ConnectionTrait, gate: &StockGate, shop: ShopId) -> Result<Drift, StockError> {
    reconcile_with(conn, gate, shop, Patience::default()).await
}

/// As [`reconcile`], with other waiting times.
///
/// # Errors
/// As [`reconcile`].
pub async fn reconcile_with(
    conn: &impl ConnectionTrait,
    gate: &StockGate,
    shop: ShopId,
    patience: Patience,
) -> Result<Drift, StockError> {
    let Some(first) = look(conn, gate, shop, patience).await? else {
        let levels = query::levels(conn, shop).await?;
        let rebuilt = gate.rebuild(shop, &levels).await?;
        if rebuilt {
            metrics::counter!("stock_gate_rebuilds_total").increment(1);
            tracing::info!(%shop, skus = levels.len(), "the stock gate is rebuilt from the database");
        }
        return Ok(Drift { compared: levels.len(), rebuilt, ..Drift::default() });
    };
    let mut drift = Drift { compared: first.compared, stale: end_stale(gate, shop, &first).await?, ..Drift::default() };
    if first.gaps.is_empty() {
        return Ok(drift);
    }
    tokio::time::sleep(patience.second_look).await;
    let Some(second) = look(conn, gate, shop, patience).await? else { return Ok(drift) };
    let confirmed: Vec<Correction> = second
        .gaps
        .iter()
        .filter(|(sku, gap)| first.gaps.get(sku).is_some_and(|was| was.same_as(gap)))
        .map(Gap::correction)
        .collect();
    if confirmed.is_empty() {
        return Ok(drift);
    }
    let mended = gate.correct(shop, &confirmed).await?;
    let difference = |(correction, mended): (&Correction, bool)| Difference {
        sku: correction.sku,
        gate: correction.seen,
        expected: correction.wanted,
        mended,
    };
    drift.differences = confirmed.iter().zip(mended).map(difference).collect();
    metrics::counter!("stock_gate_drift_total").increment(u64::try_from(confirmed.len()).unwrap_or(u64::MAX));
    for found in &drift.differences {
        tracing::warn!(%shop, sku = %found.sku, gate = ?found.gate, expected = ?found.expected, mended = found.mended,
            "the stock gate differed from the database");
    }
    Ok(drift)
}

/// One comparison.
struct Look {
    compared: usize,
    gaps: HashMap<SkuId, Gap>,
    /// Orders whose record has outlived them, and whether its units have to go back.
    stale: Vec<(OrderId, bool)>,
}

/// A counter that is not what it should be.
#[derive(Clone, Copy)]
struct Gap {
    gate: Option<Level>,
    expected: Option<Level>,
}

impl Gap {
    /// How much too high a counter is, when both sides are numbers.
    fn units(&self) -> Option<i64> {
        match (self.gate, self.expected) {
            (Some(Some(gate)), Some(Some(expected))) => Some(gate.saturating_sub(expected)),
            _ => None,
        }
    }

    /// Whether another look found the same fault, though both sides may have moved on together.
    fn same_as(&self, other: &Self) -> bool {
        let kind = |counter: Option<Level>| counter.map(|level| level.is_some());
        self.units() == other.units()
            && kind(self.gate) == kind(other.gate)
            && kind(self.expected) == kind(other.expected)
    }

    fn correction((sku, gap): (&SkuId, &Self)) -> Correction {
        Correction { sku: *sku, seen: gap.gate, wanted: gap.expected }
    }
}

/// Reads the gate first and the database after it; `None` when the gate has no counters.
async fn look(
    conn: &impl ConnectionTrait,
    gate: &StockGate,
    shop: ShopId,
    patience: Patience,
) -> Result<Option<Look>, StockError> {
    let Some(snapshot) = gate.snapshot(shop).await? else { return Ok(None) };
    let levels: HashMap<SkuId, Level> = query::levels(conn, shop).await?.into_iter().collect();
    let differs = |sku: &SkuId| snapshot.free.get(sku) != levels.get(sku);
    let doubtful: HashSet<SkuId> =
        levels.keys().chain(snapshot.free.keys()).copied().filter(|sku| differs(sku)).collect();

    // Only records that may explain a difference, or that are overdue, are worth a query.
    let asked = |record: &&Record| record.overdue || record.lines.iter().any(|(sku, _)| doubtful.contains(sku));
    let records: Vec<&Record> = snapshot.records.iter().filter(asked).collect();
    let orders: Vec<OrderId> = records.iter().map(|record| record.order).collect();
    let standing = query::standing(conn, shop, &orders).await?;

    let mut stale = Vec::new();
    // Units the gate has set aside and the database has not, or not any more.
    let mut in_flight = HashMap::<SkuId, i64>::new();
    for record in records {
        match standing.get(&record.order) {
            Some(HoldState::Held) => {}
            Some(HoldState::Deducted) => stale.extend(record.overdue.then_some((record.order, false))),
            Some(HoldState::Released) | None => {
                for (sku, units) in &record.lines {
                    *in_flight.entry(*sku).or_default() += units;
                }
                stale.extend((record.age > patience.in_flight).then_some((record.order, true)));
            }
        }
    }
    let gaps = doubtful.into_iter().filter_map(|sku| Some((sku, gap(&snapshot, &levels, &in_flight, sku)?))).collect();
    Ok(Some(Look { compared: levels.len(), gaps, stale }))
}

fn gap(
    snapshot: &Snapshot,
    levels: &HashMap<SkuId, Level>,
    in_flight: &HashMap<SkuId, i64>,
    sku: SkuId,
) -> Option<Gap> {
    let gate = snapshot.free.get(&sku).copied();
    let away = in_flight.get(&sku).copied().unwrap_or(0);
    let expected = levels.get(&sku).map(|level| level.map(|free| free - away));
    (gate != expected).then_some(Gap { gate, expected })
}

/// Ends the records of orders that died between the gate and the database, or forgot to tell it.
async fn end_stale(gate: &StockGate, shop: ShopId, look: &Look) -> Result<Vec<OrderId>, StockError> {
    for (order, give_back) in &look.stale {
        if *give_back {
            gate.release(shop, *order, &[]).await;
        } else {
            gate.settle(shop, *order).await;
        }
        tracing::warn!(%shop, %order, give_back, "an order ended without telling the stock gate");
    }
    Ok(look.stale.iter().map(|(order, _)| *order).collect())
}
