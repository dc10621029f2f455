//! The tables behind the sandbox's mutex: one value that can be written to a file and read again.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::catalogue::orders::MarketTables;
use crate::keys::KeysError;
use crate::pay::books::Purse;
use crate::pay::complaints::ComplaintTables;
use crate::pay::images::Images;
use crate::pay::notices::Notice;
use crate::pay::orders::Order;
use crate::pay::refunds::Refund;
use crate::pay::sharing::SharingTables;
use crate::pay::transfers::TransferTables;
use crate::stores::StoreTables;
use crate::wechat::WechatTables;

/// How many notices are remembered for the control page.
const NOTICES_KEPT: usize = 500;

/// Everything that happened in one sandbox. Keys of the tables are `account/number`.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct World {
    counter: u64,
    pub(crate) clock_offset_s: i64,
    pub(crate) orders: HashMap<String, Order>,
    /// What holds orders together that are paid at once.
    #[serde(default)]
    pub(crate) combinations: HashMap<String, crate::pay::combined::Combination>,
    /// prepay_id → key of its order, of a combined one the first.
    pub(crate) prepays: HashMap<String, String>,
    /// transaction_id → key of its order.
    pub(crate) transactions: HashMap<String, String>,
    pub(crate) refunds: HashMap<String, Refund>,
    pub(crate) purses: BTreeMap<String, Purse>,
    /// Received by each user, by openid, in fen.
    pub(crate) users: BTreeMap<String, crate::pay::books::UserPurse>,
    pub(crate) notices: BTreeMap<u64, Notice>,
    pub(crate) sharing: SharingTables,
    pub(crate) transfers: TransferTables,
    /// Differences put into the bills.
    #[serde(default)]
    pub(crate) bill_plants: Vec<crate::pay::bills::BillPlant>,
    pub(crate) market: MarketTables,
    pub(crate) wechat: WechatTables,
    #[serde(default)]
    pub(crate) complaints: ComplaintTables,
    /// Pictures in complaints.
    #[serde(default)]
    pub(crate) images: Images,
    /// Merchants' stores on the marketplaces.
    #[serde(default)]
    pub(crate) stores: StoreTables,
}

impl World {
    /// Reads the tables kept at `path`; a missing file is an empty world.
    pub(crate) fn load(path: &Path) -> Result<Self, KeysError> {
        match std::fs::read(path) {
            Ok(text) => Ok(serde_json::from_slice(&text)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// The next number of the one counter all ids come from, so that ids repeat from run to run.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Gives `mchid` an account, once.
    pub(crate) fn open_purse(&mut self, mchid: &str, operations_fen: i64) {
        self.purses.entry(mchid.to_owned()).or_insert_with(|| Purse { operations: operations_fen, ..Purse::default() });
    }

    /// Remembers a notice and forgets the oldest beyond the limit.
    pub(crate) fn keep_notice(&mut self, notice: Notice) {
        self.notices.insert(notice.seq, notice);
        while self.notices.len() > NOTICES_KEPT {
            self.notices.pop_first();
        }
    }
}

/// The key of a number within an account's tables.
pub(crate) fn key_of(account: &str, number: &str) -> String {
    format!("{account}/{number}")
}
