//! The walk: who takes part, what is known of their orders, and the dice that say what happens next.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tuanqiao::areas::members;

use super::carts::{CART_MOVES, Cart};
use super::member_moves::{KnownRecharge, MEMBER_MOVES};
use super::moves::{MOVES, Move};
use super::suppliers::{self, Suppliers};
use crate::answer::Answer;
use crate::app::{TestApp, shop_text};
use crate::combined;
use crate::fuzz::dice::Dice;
use crate::leaders;
use crate::setup::Setup;
use crate::shopper::Client;

/// The most orders the walk goes on with; of more, the oldest is left alone.
const KNOWN_MAX: usize = 40;

/// A leader's own merchant number.
pub const COMPANY: &str = "1900000109";

/// How leaders get their money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payout {
    /// They withdraw, and confirm a merchant transfer.
    Transfer,
    /// Each order is shared after its after-sale window.
    ProfitSharing,
    /// The same under a service provider, where suppliers collect their part of a cart themselves.
    Merchants,
}

/// What lies at WeChat of all merchants whose money the shop handles.
#[derive(Debug, Default)]
pub struct Purses {
    pub paid: i64,
    pub refunded: i64,
    pub shared_out: i64,
    pub transferred: i64,
}

/// How far the walk believes an order has come; time and refunds may have made it untrue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Ordered,
    Paid,
    Arrived,
    Collected,
    /// Closed or given back, as far as is known.
    Over,
}

/// An order the walk may go on with.
#[derive(Clone, Debug)]
pub struct Known {
    pub id: String,
    /// The shopper's place in [`Walk::shoppers`].
    pub who: usize,
    /// The place of its leader in [`Walk::leaders`].
    pub leader: usize,
    /// Line and units.
    pub lines: Vec<(String, i64)>,
    /// What WeChat's order is called, once the pay sheet was opened.
    pub number: Option<String>,
    pub stage: Stage,
}

/// A shop with people in it, and what they did so far.
pub struct Walk {
    pub app: TestApp,
    pub payout: Payout,
    pub dice: Dice,
    pub keeper: Client,
    pub leaders: Vec<Client>,
    pub leader_ids: Vec<String>,
    /// Of the leaders.
    pub openids: Vec<String>,
    pub points: Vec<String>,
    pub shoppers: Vec<Client>,
    /// SKU ids.
    pub skus: Vec<String>,
    /// Who provides some of the goods.
    pub suppliers: Suppliers,
    pub orders: Vec<Known>,
    /// Recharge plan ids.
    pub plans: Vec<String>,
    pub recharges: Vec<KnownRecharge>,
    pub carts: Vec<Cart>,
    /// Whose money is asked about at WeChat: those who collect it, and who pays transfers.
    pub sellers: Vec<String>,
    payer: String,
    /// The order the last step touched.
    pub touched: Option<String>,
    /// How often each move was made, and how often it was refused.
    counts: BTreeMap<&'static str, (u64, u64)>,
    /// What happened last, for whoever looks for a fault.
    trail: Vec<String>,
    seed: u64,
    steps: u64,
}

/// Applies the shop file; who collects its money, and who pays transfers.
async fn merchants_of(app: &TestApp, payout: Payout) -> (Vec<String>, String) {
    if payout == Payout::Merchants {
        let accounts = combined::merchants(app).await;
        let sellers = [accounts.sub.mchid.as_str(), combined::ORCHARD, combined::MILL];
        return (sellers.map(str::to_owned).to_vec(), accounts.payer.mchid);
    }
    let text = shop_text("demo", &app.keys().merchant, &app.keys());
    let mode = if payout == Payout::Transfer { "transfer" } else { "profit_sharing" };
    app.apply_shop(&format!("{text}\n[payout]\nmode = \"{mode}\"\n")).await;
    let own = app.keys().merchant.mchid;
    (vec![own.clone()], own)
}

impl Walk {
    /// Opens the shop.
    pub async fn begin(setup: Setup, payout: Payout, seed: u64) -> Self {
        // What WeChat decides later, it decides when the walk says so.
        let app = TestApp::beside(setup, |_| {}, |sandbox| sandbox.settle_after_ms = None).await;
        let (sellers, payer) = merchants_of(&app, payout).await;
        let keeper = app.operator().await;
        let settings = json!({
            "leader_rate_bp": 1000, "referral_levels": 1, "referral_rates_bp": [150], "withdraw_fee_bp": 60,
            "after_sale_window_s": 86_400, "withdraw_channels": ["wechat_transfer", "manual", "bank"],
            "auto_approve_after_hours": 20, "return_days": 1, "return_receipt_days": 1, "escalate_days": 1,
        });
        keeper.put("/console/api/v1/settings", settings).await.ok();
        let mut walk = Self {
            app,
            payout,
            dice: Dice::new(seed, &[]),
            keeper,
            leaders: Vec::new(),
            leader_ids: Vec::new(),
            openids: Vec::new(),
            points: Vec::new(),
            shoppers: Vec::new(),
            skus: Vec::new(),
            suppliers: Suppliers::default(),
            orders: Vec::new(),
            plans: Vec::new(),
            recharges: Vec::new(),
            carts: Vec::new(),
            sellers,
            payer,
            touched: None,
            counts: BTreeMap::new(),
            trail: Vec::new(),
            seed,
            steps: 0,
        };
        walk.people_come().await;
        walk.goods_come().await;
        walk.plans_come().await;
        walk.suppliers_come().await;
        walk.app.wechat().top_up(&walk.payer, 5_000_000);
        walk
    }

    async fn people_come(&mut self) {
        for (name, north) in [("lena", 23.1291), ("mia", 23.1391)] {
            let (leader, approved) = leaders::leader(&self.app, name, north, 113.2644).await;
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            self.leader_ids.push(text(&approved["leader"]["id"]));
            self.points.push(text(&approved["pickup_point_id"]));
            let member = leader.id().parse().unwrap();
            let row = members::query::by_id(self.app.app.db.reader(), self.app.shop().id, member).await;
            self.openids.push(row.unwrap().unwrap().openid);
            self.leaders.push(leader);
        }
        for place in 0..5 {
            self.shoppers.push(self.app.member(&format!("shopper{place}")).await);
        }
        if self.payout != Payout::Transfer {
            for id in &self.leader_ids {
                let path = format!("/console/api/v1/leaders/{id}/sharing-receiver");
                // The first is paid on her company's account, which can give back.
                let receiver = match *id == self.leader_ids[0] {
                    true => json!({"type": "MERCHANT_ID", "account": COMPANY, "name": "莉娜商贸"}),
                    false => json!({"type": "PERSONAL_OPENID"}),
                };
                self.keeper.put(&path, receiver).await.ok();
            }
        }
        self.app.run_due_jobs().await;
    }

    /// Prices that no rate divides, and stock that runs out now and then.
    async fn goods_come(&mut self) {
        for (price, stock) in [(999, 60), (1_333, 5_000), (10_001, 5_000), (7, 5_000)] {
            let goods = json!({
                "title": format!("货 {price}"), "pictures": ["https://example.com/a.jpg"], "on_shelf": true,
                "skus": [{"specs": {"规格": "份"}, "price_fen": price, "stock": stock}],
            });
            let made = self.keeper.post_new("/console/api/v1/goods", goods).await.ok();
            self.skus.push(made["skus"][0]["id"].as_str().unwrap().to_owned());
        }
    }

    /// Gifts that no amount divides.
    async fn plans_come(&mut self) {
        for (amount, gift) in [(1_000, 77), (3_333, 0), (501, 250)] {
            let plan = json!({"amount_fen": amount, "gift_fen": gift});
            let made = self.keeper.post_new("/console/api/v1/recharge-plans", plan).await.ok();
            self.plans.push(made["id"].as_str().unwrap().to_owned());
        }
    }

    /// Makes one move and judges what it touched.
    pub async fn step(&mut self) {
        self.steps += 1;
        self.touched = None;
        let carts = if self.payout == Payout::Merchants { CART_MOVES } else { &[] };
        let moves = || MOVES.iter().chain(MEMBER_MOVES).chain(suppliers::MOVES).chain(carts);
        let all: usize = moves().map(|each| each.weight).sum();
        let mut left = self.dice.below(all);
        let chosen = moves().find(|each| {
            let hit = left < each.weight;
            left = left.saturating_sub(each.weight);
            hit
        });
        let Move { name, run, .. } = chosen.unwrap();
        let done = run(self).await;
        let count = self.counts.entry(name).or_default();
        count.0 += 1;
        count.1 += u64::from(!done);
        let touched = self.touched.clone();
        self.remember(format!("{}: {name} {}", self.steps, touched.as_deref().unwrap_or("")));
        if let Some(order) = touched {
            self.order_adds_up(&order).await;
            self.means_add_up(&order).await;
        }
    }

    /// A known order by chance, most often one that has come to `stage`.
    pub fn order_at(&mut self, stage: Stage) -> Option<Known> {
        let fit: Vec<usize> = (0..self.orders.len()).filter(|place| self.orders[*place].stage == stage).collect();
        let place = match fit.is_empty() || self.dice.once_in(6) {
            true => self.dice.below(self.orders.len()),
            false => *self.dice.pick(&fit),
        };
        let order = self.orders.get(place)?.clone();
        self.touched = Some(order.id.clone());
        Some(order)
    }

    /// As [`Walk::order_at`], at any of these stages.
    pub fn order_at_any(&mut self, stages: &[Stage]) -> Option<Known> {
        let stage = *self.dice.pick(stages);
        self.order_at(stage)
    }

    /// An order has come on.
    pub fn comes_to(&mut self, order: &str, stage: Stage) {
        self.orders.iter_mut().filter(|known| known.id == order).for_each(|known| known.stage = stage);
    }

    /// Remembers a new order, and lets go of the oldest.
    pub fn knows(&mut self, order: Known) {
        self.touched = Some(order.id.clone());
        self.orders.push(order);
        if self.orders.len() > KNOWN_MAX {
            self.orders.remove(0);
        }
    }

    /// Whether an answer says yes. A refusal is a refusal by rule, or the platform being away; anything
    /// else ends the walk.
    pub fn taken(&mut self, answer: &Answer) -> bool {
        if answer.status < 300 {
            return true;
        }
        let fair = answer.status < 500 || answer.status == 503;
        self.remember(format!("  {} → {} {}", answer.request, answer.status, answer.code()));
        assert!(fair, "{} was answered {} {}\n{}", answer.request, answer.status, answer.text(), self.story());
        false
    }

    pub fn remember(&mut self, what: String) {
        self.trail.push(what);
        if self.trail.len() > 60 {
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
            self.counts.iter().map(|(name, (made, refused))| format!("{name} {}/{made}", made - refused)).collect();
        format!("{} steps in {took:?} ({rate:.0}/s): {}", self.steps, moves.join(", "))
    }

    /// What WeChat says.
    pub fn purses(&self) -> Purses {
        let mut all = Purses { transferred: self.app.wechat().purse(&self.payer).transferred, ..Purses::default() };
        for seller in &self.sellers {
            let purse = self.app.wechat().purse(seller);
            all.paid += purse.paid;
            all.refunded += purse.refunded;
            all.shared_out += purse.shared_out;
        }
        all
    }

    /// Fails unless money went every way there is: else the walk has proved nothing.
    pub fn went_every_way(&self) {
        let purse = self.purses();
        let out = if self.payout == Payout::Transfer { purse.transferred } else { purse.shared_out };
        assert!(purse.paid > 0 && purse.refunded > 0 && out > 0, "{purse:?}");
        let company = self.app.wechat().purse(COMPANY);
        let kept = company.available == company.shared_in;
        assert!(self.payout != Payout::ProfitSharing || company.shared_in > 0 && kept, "{company:?}");
    }

    /// Closes the shop.
    pub async fn end(self) {
        self.app.stop().await;
    }
}
