//! The day: who takes part, what is known, and the dice that say what happens next.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::LocalBoxFuture;
use kernel::id::{GoodsId, SkuId, StoreId};
use sandbox::SignedNotice;
use sandbox::stores::{StorePlatform, StoreRef};
use serde_json::{Value, json};

use super::{buyers, messages, shop, staff, trouble};
use crate::answer::Answer;
use crate::app::TestApp;
use crate::fuzz::dice::Dice;
use crate::shopper::Client;
use crate::stores::scene::Bound;

/// The part of the pool that a store shows.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    All,
    Share(i64),
    KeepBack(i64),
    Fixed(i64),
}

impl Part {
    pub fn rule(self) -> Value {
        match self {
            Part::All => json!({"mode": "all"}),
            Part::Share(percent) => json!({"mode": "share", "percent": percent}),
            Part::KeepBack(units) => json!({"mode": "keep_back", "units": units}),
            Part::Fixed(units) => json!({"mode": "fixed", "units": units}),
        }
    }

    /// What it is of a pool.
    pub fn of(self, free: i64) -> i64 {
        match self {
            Part::All => free,
            Part::Share(percent) => free * percent / 100,
            Part::KeepBack(units) => (free - units).max(0),
            Part::Fixed(units) => free.min(units),
        }
    }
}

/// A store.
pub struct Stall {
    pub bound: Bound,
    pub id: StoreId,
    pub part: Part,
}

impl Stall {
    pub fn of(&self) -> &StoreRef {
        &self.bound.of
    }

    pub fn platform(&self) -> StorePlatform {
        self.bound.of.platform
    }
}

/// An order of the shop's own that the day may go on with.
#[derive(Clone, Debug)]
pub struct Ours {
    pub id: String,
    /// The shopper's place in [`Day::shoppers`].
    pub who: usize,
    pub paid: bool,
}

/// One shop with its stores and the people in it.
pub struct Day {
    pub app: TestApp,
    pub dice: Dice,
    pub keeper: Client,
    pub shoppers: Vec<Client>,
    /// The pickup point.
    pub point: String,
    pub stalls: Vec<Stall>,
    pub skus: Vec<SkuId>,
    /// Units that came in of each SKU: its first stock, and what operators brought and took since.
    pub brought: BTreeMap<SkuId, i64>,
    pub ours: Vec<Ours>,
    /// Goods whose title the merchant has written himself.
    pub edited: BTreeMap<GoodsId, String>,
    /// Tracking numbers given out.
    pub parcels: u64,
    /// Messages that platforms have sent and that have not arrived yet, or may arrive again.
    pub post: Vec<SignedNotice>,
    counts: BTreeMap<&'static str, (u64, u64)>,
    trail: Vec<String>,
    seed: u64,
    steps: u64,
}

/// Something that can happen, and how often it does beside the others.
pub struct Move {
    pub name: &'static str,
    pub weight: usize,
    pub run: for<'a> fn(&'a mut Day) -> LocalBoxFuture<'a, bool>,
}

macro_rules! moves {
    ($($name:ident $weight:literal),* $(,)?) => {
        /// What can happen here.
        pub const MOVES: &[$crate::bridge_day::walk::Move] = &[$($crate::bridge_day::walk::Move {
            name: stringify!($name), weight: $weight, run: |day| Box::pin($name(day)),
        }),*];
    };
}
pub(crate) use moves;

impl Day {
    /// A day with nothing in it.
    pub fn of(app: TestApp, keeper: Client, point: String, seed: u64) -> Self {
        Self {
            app,
            dice: Dice::new(seed, &[]),
            keeper,
            shoppers: Vec::new(),
            point,
            stalls: Vec::new(),
            skus: Vec::new(),
            brought: BTreeMap::new(),
            ours: Vec::new(),
            edited: BTreeMap::new(),
            parcels: 0,
            post: Vec::new(),
            counts: BTreeMap::new(),
            trail: Vec::new(),
            seed,
            steps: 0,
        }
    }

    /// Makes one move.
    pub async fn step(&mut self) {
        self.steps += 1;
        let moves = || {
            let groups = [shop::MOVES, buyers::MOVES, staff::MOVES, trouble::MOVES, messages::MOVES];
            groups.into_iter().flatten()
        };
        let mut left = self.dice.below(moves().map(|each| each.weight).sum());
        let chosen = moves().find(|each| {
            let hit = left < each.weight;
            left = left.saturating_sub(each.weight);
            hit
        });
        let Move { name, run, .. } = chosen.unwrap();
        self.remember(format!("{}: {name}", self.steps));
        let done = run(self).await;
        let count = self.counts.entry(name).or_default();
        count.0 += 1;
        count.1 += u64::from(done);
    }

    /// The place of a store by chance.
    pub fn any_stall(&mut self) -> usize {
        self.dice.below(self.stalls.len())
    }

    /// Whether an answer says yes. A refusal is a refusal by rule, or a platform being away; anything else
    /// ends the day.
    pub fn taken(&mut self, answer: &Answer) -> bool {
        if answer.status < 300 {
            return true;
        }
        let fair = answer.status < 500 || matches!(answer.status, 502..=504);
        self.remember(format!("  {} → {} {}", answer.request, answer.status, answer.code()));
        assert!(fair, "{} was answered {} {}\n{}", answer.request, answer.status, answer.text(), self.story());
        false
    }

    pub fn remember(&mut self, what: String) {
        self.trail.push(what);
        if self.trail.len() > 120 {
            self.trail.remove(0);
        }
    }

    /// What led here.
    pub fn story(&self) -> String {
        format!("SEED={} after {} steps; the last:\n{}", self.seed, self.steps, self.trail.join("\n"))
    }

    /// What was done in how long.
    pub fn told(&self, took: Duration) -> String {
        let rate = self.steps as f64 / took.as_secs_f64();
        let moves: Vec<String> =
            self.counts.iter().map(|(name, (made, done))| format!("{name} {done}/{made}")).collect();
        let mut there = 0;
        for stall in &self.stalls {
            there += self.app.wechat().stores().orders(stall.of()).len();
        }
        format!("{} steps in {took:?} ({rate:.0}/s), {there} orders at platforms: {}", self.steps, moves.join(", "))
    }

    /// Fails unless every move came to something: else the day has proved nothing.
    pub fn went_every_way(&self) {
        for group in [shop::MOVES, buyers::MOVES, staff::MOVES, trouble::MOVES, messages::MOVES] {
            for each in group.iter().filter(|each| each.weight >= 6) {
                let done = self.counts.get(each.name).map_or(0, |count| count.1);
                assert!(done > 0, "{} never came to anything\n{}", each.name, self.story());
            }
        }
    }

    /// Closes the shop.
    pub async fn end(self) {
        self.app.stop().await;
    }
}
