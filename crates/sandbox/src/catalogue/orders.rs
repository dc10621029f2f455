//! Affiliate orders: what buyers bought on a marketplace through the shop's links.

use serde::{Deserialize, Serialize};

use super::Listing;
use crate::clock::beijing_digits;
use crate::state::SandboxState;

/// Where it was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marketplace {
    /// Duoduo Jinbao.
    Pinduoduo,
    /// Alimama.
    Taobao,
    /// JD Union.
    Jd,
}

/// Where an affiliate order stands, in words of neither platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AffiliateStage {
    /// Ordered, not paid (Taobao alone shows it).
    Unpaid,
    /// Paid.
    Paid,
    /// Received by the buyer.
    Received,
    /// Approved, not paid out (Pinduoduo alone shows it).
    Approved,
    /// The commission is settled.
    Settled,
    /// No commission.
    Invalid,
    /// Taken back by the platform as a punishment (Pinduoduo alone shows it).
    Punished,
}

/// One affiliate order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AffiliateOrder {
    /// The platform's number: `order_sn`, `trade_id` or `orderId`.
    pub number: String,
    /// Where it was bought.
    pub marketplace: Marketplace,
    /// Number of the listing in the catalogue.
    pub listing: u64,
    /// `custom_parameters` (Pinduoduo), `relation_id` (Taobao) or `subUnionId` (JD) of the link; may be empty.
    pub mark: String,
    /// Paid, in fen.
    pub paid_fen: i64,
    /// Commission, in fen.
    pub commission_fen: i64,
    /// Commission in thousandths.
    pub rate: i64,
    /// Where it stands.
    pub stage: AffiliateStage,
    /// Unix seconds, wall time.
    pub created_at: i64,
    /// Unix seconds, wall time: the last change.
    pub modified_at: i64,
    /// When it came to be settled.
    pub settled_at: Option<i64>,
}

/// What the marketplaces remember.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct MarketTables {
    pub(crate) orders: Vec<AffiliateOrder>,
    /// `pid/custom_parameters` of users whose filing is missing.
    pub(crate) unfiled: std::collections::BTreeSet<String>,
    /// Calls of the day: (application, day) → count.
    pub(crate) calls: std::collections::BTreeMap<String, (i64, u64)>,
}

impl SandboxState {
    /// A buyer buys listing `listing` through a link that carries `mark`; answers the platform's
    /// number, or `None` when there is no such listing.
    pub fn affiliate_buys(&self, marketplace: Marketplace, listing: u64, mark: &str) -> Option<String> {
        let listing = self.0.catalogue.iter().find(|known| known.number == listing)?;
        let now = self.clock().wall();
        let mut world = self.world();
        let seq = world.next_number();
        let day: String = beijing_digits(now).chars().skip(2).take(6).collect();
        let number = match marketplace {
            Marketplace::Pinduoduo => format!("{day}-{:015}", 100_000_000_000_000 + seq),
            Marketplace::Taobao => format!("{}", 2_300_000_000_000_000_000 + seq * 13),
            Marketplace::Jd => format!("{}", 290_000_000_000 + seq),
        };
        let order = AffiliateOrder { number: number.clone(), ..ordered(marketplace, listing, mark, now) };
        world.market.orders.push(order);
        Some(number)
    }

    /// Moves an affiliate order on; `false` when there is none.
    pub fn affiliate_moves(&self, number: &str, stage: AffiliateStage) -> bool {
        let now = self.clock().wall();
        let mut world = self.world();
        let Some(order) = world.market.orders.iter_mut().find(|order| order.number == number) else {
            return false;
        };
        order.stage = stage;
        order.modified_at = now.max(order.modified_at);
        if stage == AffiliateStage::Settled {
            order.settled_at = Some(order.modified_at);
        }
        true
    }

    /// All affiliate orders.
    pub fn affiliate_orders(&self) -> Vec<AffiliateOrder> {
        self.world().market.orders.clone()
    }

    /// Says whether a Pinduoduo user's filing (备案) is there; it is unless told otherwise.
    pub fn file_member(&self, pid: &str, custom_parameters: &str, filed: bool) {
        let key = format!("{pid}/{custom_parameters}");
        let unfiled = &mut self.world().market.unfiled;
        if filed {
            unfiled.remove(&key);
        } else {
            unfiled.insert(key);
        }
    }

    /// Counts a call of `app`; seconds until midnight when the day's calls are used up.
    pub(crate) fn count_call(&self, app: &str) -> Result<(), i64> {
        self.count_call_of(app, self.config().marketplace_calls_a_day)
    }

    /// As [`SandboxState::count_call`], of `limit` calls a day; 0 = no limit. The day is one of sandbox
    /// time, so that a test need not wait for midnight.
    pub(crate) fn count_call_of(&self, app: &str, limit: u64) -> Result<(), i64> {
        if limit == 0 {
            return Ok(());
        }
        let beijing = self.now() + 8 * 3_600;
        let day = beijing.div_euclid(86_400);
        let mut world = self.world();
        let count = world.market.calls.entry(app.to_owned()).or_insert((day, 0));
        if count.0 != day {
            *count = (day, 0);
        }
        if count.1 >= limit {
            return Err(86_400 - beijing.rem_euclid(86_400));
        }
        count.1 += 1;
        Ok(())
    }
}

fn ordered(marketplace: Marketplace, listing: &Listing, mark: &str, now: i64) -> AffiliateOrder {
    let paid_fen = listing.final_fen(now);
    AffiliateOrder {
        number: String::new(),
        marketplace,
        listing: listing.number,
        mark: mark.to_owned(),
        paid_fen,
        commission_fen: paid_fen * listing.rate / 1_000,
        rate: listing.rate,
        stage: AffiliateStage::Paid,
        created_at: now,
        modified_at: now,
        settled_at: None,
    }
}
