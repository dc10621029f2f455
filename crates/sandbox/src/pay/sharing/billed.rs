//! What the sharing bill tells: each receiver's part that ended, and what came back of it.

use super::returns::Return;
use super::share::{Part, PartResult, Sharing};
use crate::world::World;

/// One receiver's part, or a return of it.
pub(in crate::pay) struct BilledShare {
    pub(in crate::pay) at: i64,
    pub(in crate::pay) account: String,
    pub(in crate::pay) seller: String,
    pub(in crate::pay) transaction_id: String,
    pub(in crate::pay) order_id: String,
    pub(in crate::pay) detail_id: String,
    pub(in crate::pay) out_order_no: String,
    pub(in crate::pay) receiver: String,
    pub(in crate::pay) amount: i64,
    pub(in crate::pay) description: String,
    pub(in crate::pay) success: bool,
    pub(in crate::pay) is_return: bool,
}

impl World {
    /// Every part of an account's sharings that has a result, and every return that was paid. What a
    /// seller keeps itself moves nothing.
    pub(in crate::pay) fn billed_shares(&self, account: &str) -> Vec<BilledShare> {
        let mut billed = Vec::new();
        for sharing in self.sharing.shares.values().filter(|sharing| sharing.account == account) {
            let others = sharing.parts.iter().filter(|part| part.account != sharing.seller);
            billed.extend(others.filter(|part| part.result != PartResult::Pending).map(|part| of_part(sharing, part)));
        }
        let paid = |back: &&Return| back.account == account && back.is_paid();
        billed.extend(self.sharing.returns.values().filter(paid).map(|back| self.of_return(back)));
        billed
    }

    fn of_return(&self, back: &Return) -> BilledShare {
        let sharing = self.sharing.shares.get(&back.share_key);
        BilledShare {
            at: back.finished_at,
            account: back.account.clone(),
            seller: back.seller.clone(),
            transaction_id: sharing.map(|sharing| sharing.transaction_id.clone()).unwrap_or_default(),
            order_id: back.return_id.clone(),
            detail_id: String::new(),
            out_order_no: back.out_return_no.clone(),
            receiver: back.return_mchid.clone(),
            amount: back.amount,
            description: back.description.clone(),
            success: true,
            is_return: true,
        }
    }
}

fn of_part(sharing: &Sharing, part: &Part) -> BilledShare {
    BilledShare {
        at: part.finished_at,
        account: sharing.account.clone(),
        seller: sharing.seller.clone(),
        transaction_id: sharing.transaction_id.clone(),
        order_id: sharing.order_id.clone(),
        detail_id: part.detail_id.clone(),
        out_order_no: sharing.out_order_no.clone(),
        receiver: part.account.clone(),
        amount: part.amount,
        description: part.description.clone(),
        success: part.result == PartResult::Success,
        is_return: false,
    }
}
