//! Whose money lies where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answer::Refusal;
use crate::state::SandboxState;
use crate::world::World;

/// The accounts of one seller, in fen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purse {
    /// Basic account: settled money that refunds are paid from.
    pub available: i64,
    /// Paid money of orders flagged for sharing that is neither shared, refunded nor unfrozen.
    pub frozen: i64,
    /// Operations account: what transfers are paid from, locked money already taken out.
    pub operations: i64,
    /// Locked in transfers that wait for their user.
    pub locked: i64,
    /// Ever paid by buyers.
    pub paid: i64,
    /// Ever given back to buyers.
    pub refunded: i64,
    /// Ever kept by WeChat Pay as its fee.
    pub fees: i64,
    /// Ever shared to others, less what came back.
    pub shared_out: i64,
    /// Ever received as a sharing receiver, less what was returned.
    pub shared_in: i64,
    /// Ever transferred to users.
    pub transferred: i64,
}

/// What one user paid and got, in fen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPurse {
    /// Paid for orders.
    pub paid: i64,
    /// Refunded.
    pub refunded: i64,
    /// Received by profit sharing.
    pub shared: i64,
    /// Received by merchant transfer.
    pub transferred: i64,
}

/// The books of a sandbox at one moment.
#[derive(Debug, Clone, Serialize)]
pub struct Books {
    /// By merchant number.
    pub sellers: BTreeMap<String, Purse>,
    /// By openid.
    pub users: BTreeMap<String, UserPurse>,
}

impl SandboxState {
    /// The books of everybody, or of one seller and all users.
    pub fn books(&self, mchid: Option<&str>) -> Books {
        let world = self.world();
        let wanted = |name: &&String| mchid.is_none_or(|only| only == name.as_str());
        let sellers = world.purses.iter().filter(|(name, _)| wanted(name)).map(|(n, p)| (n.clone(), p.clone()));
        Books { sellers: sellers.collect(), users: world.users.clone() }
    }

    /// The accounts of one seller.
    pub fn purse(&self, mchid: &str) -> Purse {
        self.world().purses.get(mchid).cloned().unwrap_or_default()
    }

    /// Whether a merchant has the account on its list of receivers.
    pub fn shares_with(&self, mchid: &str, account: &str) -> bool {
        let (seller, account) = (format!("{mchid}/"), format!("/{account}"));
        self.world().sharing.receivers.iter().any(|key| key.starts_with(&seller) && key.ends_with(&account))
    }

    /// What one user paid and got.
    pub fn user_purse(&self, openid: &str) -> UserPurse {
        self.world().users.get(openid).cloned().unwrap_or_default()
    }

    /// Puts `fen` into a seller's operations account (negative: takes them out).
    pub fn top_up(&self, mchid: &str, fen: i64) {
        let mut world = self.world();
        let purse = world.purse(mchid);
        purse.operations = purse.operations.saturating_add(fen);
    }

    /// A seller pays `fen` of his own into the balance that refunds are taken from.
    pub fn pays_in(&self, mchid: &str, fen: i64) {
        let mut world = self.world();
        let purse = world.purse(mchid);
        purse.available = purse.available.saturating_add(fen);
    }
}

impl World {
    /// The accounts of `mchid`, opened empty when it is a stranger (a receiver elsewhere).
    pub(crate) fn purse(&mut self, mchid: &str) -> &mut Purse {
        self.purses.entry(mchid.to_owned()).or_default()
    }

    /// What `openid` paid and got.
    pub(crate) fn user(&mut self, openid: &str) -> &mut UserPurse {
        self.users.entry(openid.to_owned()).or_default()
    }
}

/// The refusal for an empty account.
pub(super) fn not_enough() -> Refusal {
    Refusal::new(403, "NOT_ENOUGH", "账户余额不足，请充值后重试")
}
