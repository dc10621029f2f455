//! The user who is to receive: says yes, lets the day pass, or cannot be paid.

use serde::Serialize;

use super::{Transfer, TransferState};
use crate::clock::rfc3339;
use crate::state::SandboxState;

/// One transfer as the control API lists it.
#[derive(Debug, Clone, Serialize)]
pub struct TransferView {
    /// The merchant.
    pub mchid: String,
    /// The shop's number.
    pub out_bill_no: String,
    /// WeChat's number.
    pub transfer_bill_no: String,
    /// The user.
    pub openid: String,
    /// Real name, when it was given.
    pub user_name: Option<String>,
    /// Fen.
    pub amount: i64,
    /// What the user reads.
    pub remark: String,
    /// Where it stands.
    pub state: TransferState,
    /// Why it came to nothing.
    pub fail_reason: Option<String>,
    /// What the mini-program hands to `wx.requestMerchantTransfer`.
    pub package_info: String,
    /// RFC 3339.
    pub create_time: String,
}

impl SandboxState {
    /// The user confirms; `false` when nothing waits under this number.
    pub fn confirms_transfer(&self, out_bill_no: &str) -> bool {
        self.end_waiting(out_bill_no, TransferState::Success, None)
    }

    /// The transfer comes to nothing with `reason` (`ACCOUNT_FROZEN`, `REAL_NAME_CHECK_FAIL`, …).
    pub fn fail_transfer(&self, out_bill_no: &str, reason: &str) -> bool {
        self.end_waiting(out_bill_no, TransferState::Fail, Some(reason))
    }

    /// The user's day is over.
    pub fn expire_transfer(&self, out_bill_no: &str) -> bool {
        self.end_waiting(out_bill_no, TransferState::Fail, Some("OVERDUE_CLOSE"))
    }

    fn end_waiting(&self, out_bill_no: &str, state: TransferState, reason: Option<&str>) -> bool {
        let now = self.now();
        let (late, found, event) = {
            let mut world = self.world();
            let keys = world.transfers.bills.iter();
            let key = keys.filter(|(_, bill)| bill.out_bill_no == out_bill_no).map(|(key, _)| key.clone()).next();
            let Some(key) = key else { return false };
            let late = world.settle_transfer(&key, now);
            let waits =
                world.transfers.bills.get(&key).is_some_and(|bill| bill.state == TransferState::WaitUserConfirm);
            let event = if waits { world.end_transfer(&key, state, reason, now) } else { None };
            (late, waits, event)
        };
        self.announce_some(late);
        self.announce_some(event);
        found
    }

    /// Ends every transfer whose day is over and tells the shops.
    pub(crate) fn expire_transfers(&self) {
        let now = self.now();
        let events: Vec<_> = {
            let mut world = self.world();
            let keys: Vec<String> = world.transfers.bills.keys().cloned().collect();
            keys.iter().filter_map(|key| world.settle_transfer(key, now)).collect()
        };
        events.into_iter().for_each(|event| self.announce_some(Some(event)));
    }

    /// Every transfer, newest first.
    pub fn transfers(&self) -> Vec<TransferView> {
        let world = self.world();
        let mut bills: Vec<&Transfer> = world.transfers.bills.values().collect();
        bills.sort_by_key(|bill| std::cmp::Reverse(bill.seq));
        let view = |bill: &Transfer| TransferView {
            mchid: bill.account.clone(),
            out_bill_no: bill.out_bill_no.clone(),
            transfer_bill_no: bill.transfer_bill_no.clone(),
            openid: bill.openid.clone(),
            user_name: bill.user_name.clone(),
            amount: bill.amount,
            remark: bill.remark.clone(),
            state: bill.state,
            fail_reason: bill.fail_reason.clone(),
            package_info: bill.package_info.clone(),
            create_time: rfc3339(bill.created_at),
        };
        bills.into_iter().map(view).collect()
    }
}
