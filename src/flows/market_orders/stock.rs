//! Lines take their units from the pool and give them back, in the transaction that says they shall.
//!
//! Whoever waits longest is served first: units that older lines of other orders wait for are not there
//! for younger ones.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kernel::id::{MarketOrderId, ShopId, SkuId, StoreId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::areas::channels::sales::{self, Sold};
use crate::areas::market_orders::entity::{line, order};
use crate::areas::market_orders::query::{self, Waiting};
use crate::areas::market_orders::rules::Units;
use crate::areas::market_orders::state::Oversold;
use crate::areas::shops::query::Shop;
use crate::areas::stock::market::{self, Move};
use crate::areas::stock::{Level, warnings};

/// Who wants the units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// The platform's telling, or stock that came: what an operator has to decide about stays as it is.
    Itself,
    /// An operator: whatever is there is taken.
    Operator,
}

/// Units that moved, for the gate to follow after the commit.
#[derive(Clone, Debug, Default)]
pub(super) struct Moves(Vec<(SkuId, i64)>);

impl Moves {
    /// Adds units that moved.
    pub(super) fn add(&mut self, sku: SkuId, delta: i64) {
        if delta != 0 {
            self.0.push((sku, delta));
        }
    }

    /// The gate hears of it.
    pub(super) async fn tell_gate(&self, app: &App, shop: ShopId) {
        for (sku, delta) in &self.0 {
            app.gate.adjust(shop, *sku, *delta).await;
        }
    }
}

/// Makes every line hold what it shall, as far as the pool reaches; writes the movements, and changes the
/// lines for the caller to write. The caller holds their orders.
pub(super) async fn settle(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    (policy, ask): (Oversold, Ask),
    orders: &[order::Model],
    lines: &mut [line::Model],
    now: Time,
) -> Result<Moves, Failure> {
    let mut pool = Pool::look(conn, shop.id, ask, lines).await?;
    let open: HashSet<MarketOrderId> =
        orders.iter().filter(|order| order.state.is_before_shipping()).map(|order| order.id).collect();
    for line in lines.iter_mut() {
        pool.give_back(line);
    }
    let mut oldest_first: Vec<&mut line::Model> = lines.iter_mut().collect();
    oldest_first.sort_by_key(|line| line.id);
    let mut oversold = Vec::new();
    for line in oldest_first {
        if wants_now(line, ask) {
            pool.take(line);
        }
        let missing = Units::of(line).missing();
        let was = line.shortage;
        let is_short = missing > 0 && line.sku_id.is_some() && open.contains(&line.order_id);
        line.shortage = is_short.then(|| was.unwrap_or(policy));
        if let (Some(sku), None, Some(policy)) = (line.sku_id, was, line.shortage) {
            tracing::warn!(order = %line.order_id, %sku, missing, ?policy, "a marketplace sold what is not there");
            metrics::counter!("market_oversold_units_total").increment(missing.unsigned_abs());
            oversold.push((sku, pool.left(sku)));
        }
    }
    pool.write(conn, shop, &oversold, now).await
}

fn wants_now(line: &line::Model, ask: Ask) -> bool {
    ask == Ask::Operator || !matches!(line.shortage, Some(Oversold::Review | Oversold::Cancel))
}

/// The free units of the SKUs at hand, locked, and what moved of them.
struct Pool {
    ask: Ask,
    free: HashMap<SkuId, Level>,
    waiting: Vec<Waiting>,
    back: Vec<Move>,
    taken: Vec<Move>,
    /// The same by store: it shows fewer already.
    sold: BTreeMap<StoreId, Vec<Sold>>,
}

impl Pool {
    async fn look(conn: &impl ConnectionTrait, shop: ShopId, ask: Ask, lines: &[line::Model]) -> Result<Self, Failure> {
        let moves = |line: &&line::Model| {
            let units = Units::of(line);
            units.missing() > 0 || units.held() > units.wants
        };
        let skus: BTreeSet<SkuId> = lines.iter().filter(moves).filter_map(|line| line.sku_id).collect();
        let free = market::lock(conn, shop, &skus).await?;
        let ours: HashSet<MarketOrderId> = lines.iter().map(|line| line.order_id).collect();
        let waiting = if skus.is_empty() {
            Vec::new()
        } else {
            let skus: Vec<SkuId> = skus.into_iter().collect();
            query::waiting(conn, shop, Some(&skus)).await?
        };
        let waiting = waiting.into_iter().filter(|one| !ours.contains(&one.order)).collect();
        Ok(Self { ask, free, waiting, back: Vec::new(), taken: Vec::new(), sold: BTreeMap::new() })
    }

    fn give_back(&mut self, line: &mut line::Model) {
        let mut units = Units::of(line);
        let back = units.give_back();
        units.put(line);
        let Some(sku) = line.sku_id.filter(|_| back > 0) else { return };
        if let Some(Some(free)) = self.free.get_mut(&sku) {
            *free += back;
        }
        self.back.push(Move { order: line.order_id, sku, units: back });
    }

    fn take(&mut self, line: &mut line::Model) {
        let Some(sku) = line.sku_id else { return };
        let mut units = Units::of(line);
        if units.missing() == 0 {
            return;
        }
        // A SKU that is no longer sold has nothing.
        let there = self.free.get(&sku).copied().unwrap_or(Some(0));
        let ahead: i64 = match self.ask {
            Ask::Operator => 0,
            Ask::Itself => {
                self.waiting.iter().filter(|one| one.sku == sku && one.line < line.id).map(|one| one.missing).sum()
            }
        };
        let taken = units.take(there.map(|free| free.saturating_sub(ahead)));
        units.put(line);
        if taken > 0 {
            if let Some(Some(free)) = self.free.get_mut(&sku) {
                *free -= taken;
            }
            self.taken.push(Move { order: line.order_id, sku, units: taken });
            // What an operator gives out later left the store's shelf long ago.
            if self.ask == Ask::Itself {
                let (item, variant) = (line.external_item_id.clone(), line.external_sku_id.clone());
                self.sold.entry(line.store_id).or_default().push(Sold { sku, item, variant, units: taken });
            }
        }
    }

    fn left(&self, sku: SkuId) -> i64 {
        self.free.get(&sku).copied().flatten().unwrap_or(0)
    }

    async fn write(
        self,
        conn: &impl ConnectionTrait,
        shop: &Shop,
        oversold: &[(SkuId, i64)],
        now: Time,
    ) -> Result<Moves, Failure> {
        let threshold = shop.settings.low_stock_threshold;
        market::give_back(conn, shop.id, &self.back, now).await?;
        let taken = market::take(conn, shop.id, &self.taken, now).await?;
        warnings::note(conn, shop.id, threshold, &taken, now).await?;
        for (store, sold) in &self.sold {
            sales::sold_there(conn, *store, sold, now).await?;
        }
        warnings::note_oversold(conn, shop.id, threshold, oversold, now).await?;
        let mut moves = Moves::default();
        self.back.iter().for_each(|one| moves.add(one.sku, one.units));
        self.taken.iter().for_each(|one| moves.add(one.sku, -one.units));
        Ok(moves)
    }
}

/// Gives back all that a line holds, because it turns out to sell another SKU.
pub(super) async fn let_go(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    line: &mut line::Model,
    now: Time,
) -> Result<Moves, Failure> {
    let mut moves = Moves::default();
    let units = Units::of(line).held();
    if let Some(sku) = line.sku_id.filter(|_| units > 0) {
        market::give_back(conn, shop, &[Move { order: line.order_id, sku, units }], now).await?;
        moves.add(sku, units);
    }
    (line.taken, line.given_back, line.unlimited, line.shortage) = (0, 0, false, None);
    Ok(moves)
}

impl Moves {
    /// Both together.
    pub(super) fn and(mut self, other: Moves) -> Moves {
        self.0.extend(other.0);
        self
    }
}
